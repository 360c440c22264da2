"""Every process knows a version before it comes into force."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from lifecycle.engine.calendar import Calendar
from lifecycle.services.calendars import PUBLICATION_LEAD, REMEMBERED, Calendars, Memory, default_plan
from lifecycle.store.funnel_records import VersionRecord
from tests.builders import at
from tests.fakes.memory_funnels import MemoryFunnels

NOW = at(0)
DEFINITION: dict[str, Any] = {"stages": [{"key": "only"}]}


def published(records: MemoryFunnels, version: int, effective_at: datetime) -> None:
    record = VersionRecord(version, f"sha256:{version}", DEFINITION, (), effective_at, NOW, "sam")
    assert records.publish(records.head(), record, None)


def versions(calendar: Calendar) -> list[int]:
    return [plan.funnel.version for plan in calendar.plans]


def test_a_workspace_starts_with_the_default_funnel() -> None:
    calendar = Calendars(MemoryFunnels()).calendar(NOW)

    assert calendar.plans == (default_plan(),)


def test_a_version_is_in_the_calendar_from_its_time_on() -> None:
    records = MemoryFunnels()
    published(records, 2, NOW + timedelta(hours=1))

    calendar = Calendars(records).calendar(NOW)

    assert versions(calendar) == [1, 2]
    assert [calendar.at(NOW + timedelta(minutes=minutes)).funnel.version for minutes in (0, 59, 60, 90)] == [1, 1, 2, 2]


def test_what_was_read_a_moment_ago_is_not_read_again() -> None:
    records = MemoryFunnels()
    calendars = Calendars(records)
    first = calendars.calendar(NOW)
    reads = records.reads

    assert calendars.calendar(NOW + REMEMBERED - timedelta(milliseconds=1)) is first
    assert records.reads == reads


@pytest.mark.parametrize("later", [REMEMBERED, timedelta(seconds=-1)], ids=["later", "a clock set back"])
def test_what_was_read_longer_ago_is_read_again(later: timedelta) -> None:
    records = MemoryFunnels()
    calendars = Calendars(records)
    calendars.calendar(NOW)
    published(records, 2, NOW + timedelta(hours=1))

    assert versions(calendars.calendar(NOW + later)) == [1, 2]


def test_nobody_judges_by_an_older_version_once_a_newer_one_is_in_force() -> None:
    """Whatever a process remembers, and whenever it read it, it knows the version that is in force."""
    for seconds in (0.0, 0.5, 1.0, 1.9, 2.0, 2.5, 2.99):
        records = MemoryFunnels()
        calendars = Calendars(records)
        calendars.calendar(NOW - timedelta(seconds=seconds))
        published(records, 2, NOW + PUBLICATION_LEAD)

        in_force = calendars.calendar(NOW + PUBLICATION_LEAD).at(NOW + PUBLICATION_LEAD)

        assert in_force.funnel.version == 2


def test_a_version_that_is_called_off_leaves_the_calendar() -> None:
    records = MemoryFunnels()
    published(records, 2, NOW + timedelta(hours=1))
    calendars = Calendars(records)
    assert versions(calendars.calendar(NOW)) == [1, 2]

    record = records.version(2)
    assert record is not None
    assert records.cancel(records.head(), record, NOW)

    assert versions(calendars.refresh(NOW)) == [1]


def test_a_version_is_compiled_once_in_the_life_of_a_process() -> None:
    records, memory = MemoryFunnels(), Memory()
    published(records, 2, NOW + timedelta(hours=1))
    first = Calendars(records, memory).calendar(NOW).latest
    published(records, 3, NOW + timedelta(hours=2))

    calendar = Calendars(records, memory).refresh(NOW)

    assert versions(calendar) == [1, 2, 3]
    assert calendar.plan(2) is first
