"""What every store of an audit trail must do: one set of tests that is run against each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from lifecycle.store.audit_records import Actor, AuditEntry, Difference, Origin, Subject
from lifecycle.store.items import format_time
from lifecycle.store.protocol import AuditRecords
from tests.builders import at

FIRST, LAST = "0", "~"


def told(entry_id: str, moment: datetime, **changes: Any) -> AuditEntry:
    """An entry with little in it, and what a test cares about changed."""
    entry = AuditEntry(
        entry_id=entry_id,
        at=moment,
        action="settings.changed",
        subject=Subject("settings", "funnel"),
        origin=Origin(Actor("system", "prospect-lifecycle")),
        difference=Difference(None, None),
    )
    return replace(entry, **changes)


ENTRIES = {
    "a bare entry": told("e", at(1)),
    "an entry with everything": AuditEntry(
        entry_id="0f1e",
        at=at(1) + timedelta(microseconds=1),
        action="key.issued",
        subject=Subject("key", "3f9a1c7e5b2d"),
        origin=Origin(Actor("api_key", "laptop #1"), "2001:db8::1", "Mozilla/5.0 (ü 🚀)", "request-1"),
        difference=Difference(
            {"signatures": [{"team": "sales", "by": "Šárka"}], "none": None, "no": False}, {"version": 3, "empty": []}
        ),
        by="Ann Müller",
        details={"action": "accept", "other": {}},
    ),
}


class AuditStoreContract:
    """A subclass gives the store."""

    @pytest.fixture
    def trail(self) -> AuditRecords:
        """An empty store."""
        raise NotImplementedError

    @pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
    def test_an_entry_comes_back_as_it_was_recorded(self, trail: AuditRecords, entry: AuditEntry) -> None:
        assert trail.record(entry)

        ((_, found),) = trail.newest_first(FIRST, LAST)
        assert found == entry

    def test_an_entry_is_recorded_once_and_stays_as_it_was(self, trail: AuditRecords) -> None:
        entry = told("e", at(1))

        assert trail.record(entry)
        assert not trail.record(entry)
        assert not trail.record(replace(entry, by="Sam"))
        assert [found.by for _, found in trail.newest_first(FIRST, LAST)] == [None]

    def test_the_newest_comes_first_whatever_came_first(self, trail: AuditRecords) -> None:
        moments = [at(2), at(2) + timedelta(microseconds=1), at(1), at(12), at(9.5)]
        for number, moment in enumerate(moments):
            trail.record(told(f"e{number}", moment))

        assert [entry.at for _, entry in trail.newest_first(FIRST, LAST)] == sorted(moments, reverse=True)

    def test_what_happened_at_one_moment_is_all_there(self, trail: AuditRecords) -> None:
        for entry_id in ("b", "a", "c"):
            trail.record(told(entry_id, at(1)))

        assert [entry.entry_id for _, entry in trail.newest_first(FIRST, LAST)] == ["c", "b", "a"]

    def test_a_time_stands_before_what_was_done_then(self, trail: AuditRecords) -> None:
        for minute in (1, 2, 3):
            trail.record(told(f"e{minute}", at(minute)))

        found = trail.newest_first(format_time(at(2)), format_time(at(3)))
        assert [entry.entry_id for _, entry in found] == ["e2"]
        assert list(trail.newest_first(format_time(at(3)), format_time(at(1)))) == []

    def test_a_position_is_that_of_its_entry(self, trail: AuditRecords) -> None:
        for minute in (1, 2, 3):
            trail.record(told(f"e{minute}", at(minute)))
        _, (position, entry), _ = trail.newest_first(FIRST, LAST)

        assert [(position, entry)] == list(trail.newest_first(position, position))
