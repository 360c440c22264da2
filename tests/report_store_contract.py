"""What every store of reports must do: one set of tests that is run against each."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lifecycle.services.audit_entries import SYSTEM, report_settings_changed
from lifecycle.steps import DayRow, Entry, LostDeal, Step, Told
from lifecycle.store import report_items, schema
from lifecycle.store.audit_records import AuditEntry
from lifecycle.store.due import DueTimer
from lifecycle.store.protocol import ReportRecords, Store
from lifecycle.store.records import Change, Partition, TransitionRecord
from lifecycle.store.report_items import MOST_BYTES
from lifecycle.store.report_records import DayRecord, ReportSettings
from lifecycle.store.schema import SHARDS
from tests.builders import at
from tests.job_store_contract import ids_of_shard
from tests.listed import steps_of
from tests.store_contract import prospect, transition

DAY = date(2026, 1, 1)
Mark = Callable[[date, datetime], None]
Due = Callable[[datetime, int], list[DueTimer]]


def done(minute: float = 10, day: date = DAY, **changes: Any) -> DayRecord:
    """A day whose rows were read at some minute."""
    return replace(DayRecord(day, done_at=at(minute), zone="UTC", cost=0.25), **changes)


def told(after: ReportSettings) -> AuditEntry:
    """The entry of the audit trail of a change of settings."""
    return report_settings_changed(SYSTEM, ReportSettings(), after, at(0))


def step(minute: float, to_stage: str = "engaged") -> Step:
    """A step into a stage."""
    return Step(None, to_stage, Entry(at(minute), 1, 1, Told("google", None, "kim")), opened=(to_stage,))


def moved(prospect_id: str, *minutes: float) -> Change:
    """A change that moves a prospect at some minutes."""
    records: list[TransitionRecord] = [
        transition(number, occurred_at=at(minute), step=step(minute)) for number, minute in enumerate(minutes, 1)
    ]
    return Change([prospect(prospect_id)], {prospect_id: records})


class ReportStoreContract:
    """The tests. A subclass gives the fixtures ``reports``, an empty store, ``store``, its workspace's prospects,
    ``mark``, which marks a day, and ``due``, which tells what is due."""

    # ---- settings ---------------------------------------------------------------------------------------------------

    def test_where_nobody_has_set_anything_days_part_at_midnight_utc(self, reports: ReportRecords) -> None:
        assert reports.settings() == ReportSettings("UTC", {}, 0)

    def test_settings_come_back_as_they_were_set_in_the_next_revision(self, reports: ReportRecords) -> None:
        first = ReportSettings("Asia/Kolkata", {"engaged": 100, "customer": 0})
        assert reports.put_settings(first, told(first))
        assert reports.settings() == replace(first, revision=1)

        second = ReportSettings("Europe/Berlin", {}, revision=1)
        assert reports.put_settings(second, told(second))
        assert reports.settings() == replace(second, revision=2)

    @pytest.mark.parametrize("read", [0, 2])
    def test_settings_that_were_changed_since_are_not_changed(self, reports: ReportRecords, read: int) -> None:
        first = ReportSettings("Asia/Kolkata")
        reports.put_settings(first, told(first))

        assert not reports.put_settings(ReportSettings("UTC", revision=read), told(first))
        assert reports.settings() == replace(first, revision=1)

    # ---- days -------------------------------------------------------------------------------------------------------

    def test_where_nothing_is_known_there_are_no_days(self, reports: ReportRecords) -> None:
        assert reports.days() == []
        assert reports.day(DAY) == DayRecord(DAY)
        assert steps_of(reports.columns(DAY)) == []
        assert list(reports.listed(DAY)) == []
        assert list(reports.read("flows:all", date.min, date.max)) == []

    def test_a_day_tells_its_mark_and_its_figures(self, reports: ReportRecords, mark: Mark) -> None:
        marked, made, both = DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)
        mark(marked, at(5))
        mark(both, at(6))
        assert reports.put_figures(done(day=made), {})
        assert reports.put_figures(done(day=both), {})

        expected = [DayRecord(marked, at(5)), done(day=made), done(day=both, marked_at=at(6))]
        assert reports.days() == expected
        assert [reports.day(record.day) for record in expected] == expected

    def test_a_mark_leaves_the_figures(self, reports: ReportRecords, mark: Mark) -> None:
        reports.put_figures(done(), {"flows:all": [1]})
        mark(DAY, at(20))

        assert reports.day(DAY) == done(marked_at=at(20))
        assert list(reports.read("flows:all", DAY, DAY)) == [(DAY, [1])]

    def test_a_mark_is_due_until_it_is_taken_away(self, reports: ReportRecords, mark: Mark, due: Due) -> None:
        mark(DAY, at(5))
        assert due(at(5), 10) == []
        assert due(at(6), 10) == [DueTimer(reports.workspace, "day", "2026-01-01", at(6))]

        reports.clear(reports.day(DAY))
        assert due(at(60), 10) == []
        assert reports.days() == []

    def test_a_mark_that_was_renewed_stays(self, reports: ReportRecords, mark: Mark) -> None:
        mark(DAY, at(5))
        read = reports.day(DAY)
        mark(DAY, at(6))

        reports.clear(read)
        reports.clear(DayRecord(DAY))
        assert reports.day(DAY) == DayRecord(DAY, at(6))

    def test_a_mark_is_put_off_and_stays(self, reports: ReportRecords, mark: Mark, due: Due) -> None:
        mark(DAY, at(5))

        assert reports.postpone(reports.day(DAY), at(20))
        assert due(at(19), 10) == []
        assert due(at(20), 10) == [DueTimer(reports.workspace, "day", "2026-01-01", at(20))]
        assert reports.day(DAY) == DayRecord(DAY, at(5))

    def test_a_mark_that_was_renewed_or_is_not_there_is_not_put_off(
        self, reports: ReportRecords, mark: Mark, due: Due
    ) -> None:
        assert not reports.postpone(reports.day(DAY), at(20))
        assert not reports.postpone(DayRecord(DAY, at(5)), at(20))
        mark(DAY, at(6))
        assert not reports.postpone(DayRecord(DAY, at(5)), at(20))
        assert due(at(7), 10) == [DueTimer(reports.workspace, "day", "2026-01-01", at(7))]

    # ---- figures ----------------------------------------------------------------------------------------------------

    def test_figures_come_back_as_they_were_put_day_by_day(self, reports: ReportRecords) -> None:
        values: dict[date, Any] = {
            DAY + timedelta(days=number): {"ü": [number, 1.5, None], "": {}} for number in (2, 0, 1)
        }
        for day, value in values.items():
            reports.put_figures(done(day=day), {"flows:all": value, "stays:owner": []})

        assert list(reports.read("flows:all", DAY, DAY + timedelta(days=1))) == sorted(values.items())[:2]
        assert [value for _, value in reports.read("stays:owner", date.min, date.max)] == [[], [], []]
        assert list(reports.read("flows:owner", date.min, date.max)) == []
        assert list(reports.read("flows:all", DAY, DAY - timedelta(days=1))) == []

    def test_figures_of_another_form_are_none_and_their_day_is_known_all_the_same(
        self, reports: ReportRecords, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reports.put_figures(done(), {"flows:all": [1]})
        for module in (schema, report_items):
            monkeypatch.setattr(module, "FIGURES_FORM", schema.FIGURES_FORM + 1)

        assert reports.days() == [DayRecord(DAY)]
        assert list(reports.read("flows:all", DAY, DAY)) == []

    def test_figures_of_a_later_reading_take_the_place_of_the_former_whole(self, reports: ReportRecords) -> None:
        reports.put_figures(done(10), {"flows:all": [1], "stays:all": [1]})

        assert reports.put_figures(done(11, zone="Asia/Kolkata"), {"flows:all": [2], "stays:all": [2]})
        assert reports.day(DAY) == done(11, zone="Asia/Kolkata")
        assert [list(reports.read(name, DAY, DAY)) for name in ("flows:all", "stays:all")] == [[(DAY, [2])]] * 2

    @pytest.mark.parametrize("minute", [9, 10])
    def test_figures_of_an_earlier_reading_come_too_late(self, reports: ReportRecords, minute: float) -> None:
        reports.put_figures(done(10), {"flows:all": [1]})

        assert not reports.put_figures(done(minute), {"flows:all": [2]})
        assert reports.day(DAY) == done(10)
        assert list(reports.read("flows:all", DAY, DAY)) == [(DAY, [1])]

    def test_figures_that_fill_many_items_come_back_whole_and_so_do_the_few_that_follow(
        self, reports: ReportRecords
    ) -> None:
        # What chance made cannot be packed, and three of these fill a transaction.
        many = {name: os.urandom(3 * MOST_BYTES).hex() for name in ("stays:all", "stays:source", "stays:owner")}
        reports.put_figures(done(day=DAY + timedelta(days=1)), {"stays:all": "next"})

        assert reports.put_figures(done(10), many)
        assert reports.day(DAY) == done(10)
        assert {name: list(reports.read(name, DAY, DAY)) for name in many} == {
            name: [(DAY, text)] for name, text in many.items()
        }
        assert reports.put_figures(done(11), dict.fromkeys(many, "few"))
        assert [value for _, value in reports.read("stays:all", DAY, date.max)] == ["few", "next"]

    def test_figures_without_a_reading_are_refused(self, reports: ReportRecords) -> None:
        with pytest.raises(ValueError, match="a reading that has begun"):
            reports.put_figures(DayRecord(DAY), {})

    # ---- rows -------------------------------------------------------------------------------------------------------

    def test_the_rows_of_a_day_are_listed_in_the_order_of_time_from_all_shards(
        self, reports: ReportRecords, store: Store
    ) -> None:
        people = [ids_of_shard(shard, 1)[0] for shard in range(SHARDS)]
        for number, id_ in enumerate(people):
            assert store.commit([moved(id_, number, number + 30, number + 24 * 60)]) == [True]

        expected = [
            DayRow(id_, sequence, at(number + offset), "suspect", "engaged", "rule", 1, 1, False, step(number + offset))
            for sequence, offset in ((1, 0), (2, 30))
            for number, id_ in enumerate(people)
        ]
        listed = list(reports.listed(DAY))
        assert [row for _, row in listed] == expected
        assert sorted(map(repr, steps_of(reports.columns(DAY)))) == sorted(
            repr((row.cause, row.step)) for row in expected
        )
        for place, (position, _) in enumerate(listed):
            assert list(reports.listed(DAY, position)) == listed[place + 1 :]

    def test_who_came_in_without_moving_and_lost_deals_are_among_the_rows(
        self, reports: ReportRecords, store: Store
    ) -> None:
        arrival = step(7, "suspect")
        partition: Partition = replace(prospect("p1", "suspect"), arrival=arrival)
        lost = LostDeal("D-1", at(8), "price", None, Decimal("12.50"), "EUR")
        assert store.commit([Change([partition])]) == [True]
        store.note_loss("D-1", 1, lost)

        assert [row for _, row in reports.listed(DAY)] == [
            DayRow("p1", 0, at(7), "suspect", "suspect", "known", 1, 1, False, arrival),
            lost,
        ]
        columns = reports.columns(DAY)
        assert (steps_of(columns), columns.lost, columns.corrected) == ([("known", arrival)], [lost], [])

    def test_what_no_longer_stands_is_among_the_rows_and_a_correction_is_not_counted(
        self, reports: ReportRecords, store: Store
    ) -> None:
        records = [transition(1, occurred_at=at(3), corrected_by="w"), transition(2, occurred_at=at(4), step=None)]
        assert store.commit([Change([prospect("p1")], {"p1": records})]) == [True]

        columns = reports.columns(DAY)
        assert steps_of(columns) == []
        assert columns.corrected == [DayRow("p1", 1, at(3), "suspect", "engaged", "rule", 1, 1, True, None)]

    def test_reading_a_day_is_given_up_between_pages(self, reports: ReportRecords, store: Store) -> None:
        assert store.commit([moved("p1", 1)]) == [True]

        def stop() -> None:
            raise TimeoutError

        with pytest.raises(TimeoutError):
            reports.columns(DAY, stop)
