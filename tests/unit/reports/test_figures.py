"""Every number of every report, held against a recomputation that looks at each prospect's way, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from lifecycle.reports.asked import Asked, Report
from lifecycle.reports.conversion_figures import conversion_by_cohort, conversion_by_period
from lifecycle.reports.dimensions import ALL, DIMENSIONS, EVERYBODY, NOT_TOLD, Slice
from lifecycle.reports.durations import Durations
from lifecycle.reports.flow_figures import flow_report
from lifecycle.reports.funnel_figures import StageFigures, funnel_report
from lifecycle.reports.numbers import Question, counts_as, inside, origins
from lifecycle.reports.periods import Period, Span
from lifecycle.reports.reason_figures import reason_report
from lifecycle.reports.velocity_figures import Lengths, usual_limits, velocity_report
from lifecycle.reports.windows import WINDOWS
from lifecycle.steps import DayRow, Entry, Step
from tests.random_ways import FUNNEL, LADDER, STAGES, STARTS, ZONES, histories, parts_of

LATER = datetime(2026, 1, 1, tzinfo=UTC)

VALUES = {
    "source": (NOT_TOLD, "ads", "fair"),
    "campaign": (NOT_TOLD, "spring"),
    "owner": (NOT_TOLD, "ann", "bob"),
    "version": ("1", "2"),
    "cycle": ("1", "2"),
}


@st.composite
def slices(draw: st.DrawFn) -> Slice:
    dimension = draw(st.sampled_from(DIMENSIONS))
    return draw(st.sampled_from((EVERYBODY, Slice(dimension, draw(st.sampled_from(VALUES[dimension]))))))


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    first = draw(st.sampled_from(STARTS)).date() + timedelta(days=draw(st.integers(-3, 60)))
    span = Span(first, first + timedelta(days=draw(st.integers(0, 70))))
    if draw(st.booleans()):
        span = Span(date(2018, draw(st.integers(1, 11)), 1), date(2018, 11, 30))
    return Asked(FUNNEL, span, draw(st.sampled_from(("day", "week", "month"))), draw(slices()))


def told(entry: Entry, dimension: str) -> str:
    """Under which value a stay is, by the words of the definition."""
    if dimension in ("version", "cycle"):
        return str(getattr(entry, dimension))
    return getattr(entry.told, dimension) or NOT_TOLD


def is_in(entry: Entry, sliced: Slice) -> bool:
    return sliced.dimension == ALL or told(entry, sliced.dimension) == sliced.value


@dataclass(frozen=True)
class Stay:
    """A stay in a stage: by whom, from when, and the entry that ended it."""

    prospect: str
    stage: str
    entry: Entry
    ended_by: Entry | None


class World:
    """The ways of some prospects, looked at one by one, in one slice and time zone."""

    def __init__(self, rows: Iterable[DayRow], zone: ZoneInfo, sliced: Slice) -> None:
        self.zone, self.slice = zone, sliced
        self.rows = list(rows)
        ways: dict[str, list[DayRow]] = {}
        for row in sorted((row for row in self.rows if row.step), key=lambda row: (row.prospect_id, row.sequence)):
            ways.setdefault(row.prospect_id, []).append(row)
        self.ways: list[list[Step]] = [[row.step for row in way if row.step] for way in ways.values()]
        self.stays = [
            Stay(prospect, one.to_stage, one.entry, following.entry if following else None)
            for prospect, way in zip(ways, self.ways, strict=True)
            for one, following in pairwise([*way, None])
            if one
        ]

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def within(self, entry: Entry, span: Span) -> bool:
        return span.first <= self.day(entry.at) <= span.last

    def here(self, entry: Entry | None) -> bool:
        return entry is not None and is_in(entry, self.slice)

    def stock(self, stage: str, by: date) -> int:
        return sum(
            stay.stage == stage
            and self.here(stay.entry)
            and self.day(stay.entry.at) <= by
            and (stay.ended_by is None or self.day(stay.ended_by.at) > by)
            for stay in self.stays
        )

    def entered(self, stage: str, span: Span) -> int:
        return sum(
            stay.stage == stage and self.here(stay.entry) and self.within(stay.entry, span) for stay in self.stays
        )

    def left(self, stage: str, span: Span) -> int:
        return sum(
            stay.stage == stage
            and self.here(stay.entry)
            and stay.ended_by is not None
            and self.within(stay.ended_by, span)
            for stay in self.stays
        )

    def entered_again(self, stage: str, span: Span) -> int:
        return sum(
            step.to_stage == stage
            and self.here(step.entry)
            and self.within(step.entry, span)
            and any(before.to_stage == stage for before in way[:place])
            for way in self.ways
            for place, step in enumerate(way)
        )

    def cycles(self) -> Iterator[list[Step]]:
        for way in self.ways:
            for cycle in sorted({step.entry.cycle for step in way}):
                yield [step for step in way if step.entry.cycle == cycle]

    def openings(self) -> Iterator[tuple[str, Step, dict[str, Entry]]]:
        """A stage of the ladder reached or passed for the first time in a cycle, by which step, after which stays."""
        for cycle in self.cycles():
            highest = -1
            been: dict[str, Entry] = {}
            for step in cycle:
                if step.to_stage in LADDER:
                    rank = LADDER.index(step.to_stage)
                    for stage in LADDER[highest + 1 : rank + 1]:
                        yield stage, step, dict(been)
                    highest = max(highest, rank)
                been.setdefault(step.to_stage, step.entry)

    def skipped(self, stage: str, span: Span) -> int:
        return sum(
            opened == stage and step.to_stage != stage and self.here(step.entry) and self.within(step.entry, span)
            for opened, step, _ in self.openings()
        )

    def corrected(self, stage: str, span: Span) -> int | None:
        if self.slice.dimension in ("source", "campaign", "owner"):
            return None
        values: dict[str, Callable[[DayRow], Any]] = {
            ALL: lambda row: ALL,
            "version": lambda row: row.funnel_version,
            "cycle": lambda row: row.cycle,
        }
        return sum(
            row.corrected
            and row.to_stage == stage
            and str(values[self.slice.dimension](row)) == self.slice.value
            and span.first <= self.day(row.occurred_at) <= span.last
            for row in self.rows
        )

    def flow(self, from_stage: str | None, to_stage: str, span: Span) -> int:
        return sum(
            (step.from_stage, step.to_stage) == (from_stage, to_stage)
            and self.here(step.entry)
            and self.within(step.entry, span)
            for way in self.ways
            for step in way
        )

    def reached(self, stage: str, higher: str, holds: Callable[[Entry, Step], bool]) -> int:
        return sum(
            opened == higher and stage in been and self.here(been[stage]) and holds(been[stage], step)
            for opened, step, been in self.openings()
        )

    def entered_first(self, stage: str, span: Span) -> int:
        firsts = (next((step.entry for step in cycle if step.to_stage == stage), None) for cycle in self.cycles())
        return sum(first is not None and self.here(first) and self.within(first, span) for first in firsts)

    def lengths(self, stage: str, span: Span, end: datetime | None) -> Lengths:
        """Of the stays that ended; with ``end`` of those too that had not ended by then."""
        found = Durations()
        for stay in self.stays:
            if stay.stage != stage or not self.here(stay.entry) or self.day(stay.entry.at) > span.last:
                continue
            if stay.ended_by and self.day(stay.ended_by.at) <= span.last:
                if self.within(stay.ended_by, span):
                    found.take(stay.ended_by.at - stay.entry.at)
            elif end is not None:
                noon = datetime.combine(self.day(stay.entry.at), datetime.min.time().replace(hour=12), self.zone)
                found.take(end.astimezone(UTC) - noon.astimezone(UTC))
        return Lengths(found.count, *map(found.quantile, (0.5, 0.75, 0.9)))

    def end(self, span: Span) -> datetime:
        """The first moment that has a later date: looked for from far away, minute by minute when near."""
        moment = datetime.combine(span.last, datetime.min.time(), UTC)
        while self.day(moment) <= span.last:
            moment += timedelta(hours=1)
        while self.day(moment - timedelta(minutes=1)) > span.last:
            moment -= timedelta(minutes=1)
        return moment


def every_period(asked: Asked, report: Report[Any]) -> Iterator[tuple[Span, tuple[Any, ...]]]:
    """The figures of each period and of the whole span."""
    assert [Period(one.span, one.partial) for one in report.periods] == asked.periods
    yield asked.span, report.totals
    for period in report.periods:
        yield period.span, period.figures


@given(histories(), st.sampled_from(ZONES), questions())
def test_the_funnel_is_what_the_ways_say(rows: list[DayRow], zone: ZoneInfo, asked: Asked) -> None:
    world = World(rows, zone, asked.slice)
    report = funnel_report(parts_of(rows, zone), asked, {})

    for span, figures in every_period(asked, report):
        assert [one.stage for one in figures] == list(STAGES)
        for one in figures:
            assert one == StageFigures(
                stage=one.stage,
                stock_before=world.stock(one.stage, span.first - timedelta(days=1)),
                stock=world.stock(one.stage, span.last),
                entered=world.entered(one.stage, span),
                left=world.left(one.stage, span),
                entered_again=world.entered_again(one.stage, span),
                skipped=world.skipped(one.stage, span),
                corrected=world.corrected(one.stage, span),
                goal=None,
            )


@given(histories(), st.sampled_from(ZONES), questions())
def test_stock_plus_in_minus_out_is_the_next_stock(rows: list[DayRow], zone: ZoneInfo, asked: Asked) -> None:
    days = Asked(FUNNEL, asked.span, "day", asked.slice)
    report = funnel_report(parts_of(rows, zone), days, {})

    for period in report.periods:
        assert all(one.stock_before + one.entered - one.left == one.stock for one in period.figures)
    for one, following in pairwise(report.periods):
        assert [of.stock for of in one.figures] == [of.stock_before for of in following.figures]


@given(histories(), st.sampled_from(ZONES), questions(), st.sampled_from(DIMENSIONS))
def test_a_break_down_is_the_slices_and_adds_up_to_the_whole(
    rows: list[DayRow], zone: ZoneInfo, asked: Asked, dimension: Any
) -> None:
    parts = parts_of(rows, zone)
    broken_down = Asked(FUNNEL, asked.span, asked.by, break_down=dimension)
    of_reports: list[Callable[[Asked], Report[Any]]] = [
        lambda asked: funnel_report(parts, asked, {}),
        lambda asked: flow_report(parts, asked),
        lambda asked: conversion_by_period(parts, asked),
        lambda asked: conversion_by_cohort(parts, asked, 3, LATER, zone),
        lambda asked: velocity_report(parts, asked, LATER, zone),
        lambda asked: reason_report(parts, asked).exits,
    ]

    for of_report in of_reports:
        for one in of_report(broken_down).break_down:
            assert one.figures == of_report(Asked(FUNNEL, asked.span, "month", Slice(dimension, one.value))).totals
    funnel = funnel_report(parts, broken_down, {})
    for place, total in enumerate(funnel.totals):
        of_values = [one.figures[place] for one in funnel.break_down]
        assert sum(one.stock for one in of_values) == total.stock
        assert sum(one.entered for one in of_values) == total.entered
        assert sum(one.left for one in of_values) == total.left


@given(histories(), st.sampled_from(ZONES), questions())
def test_the_flows_are_what_the_ways_say(rows: list[DayRow], zone: ZoneInfo, asked: Asked) -> None:
    world = World(rows, zone, asked.slice)
    report = flow_report(parts_of(rows, zone), asked)

    for span, figures in every_period(asked, report):
        counted = {(one.from_stage, one.to_stage): one.count for one in figures}
        assert counted == {
            (from_stage, to_stage): count
            for from_stage in (None, *STAGES)
            for to_stage in STAGES
            if (count := world.flow(from_stage, to_stage, span)) or (from_stage, to_stage) in counted
        }
        for stage in STAGES:
            corrected = [one.corrected for one in figures if one.to_stage == stage]
            assert sum(one or 0 for one in corrected) == (world.corrected(stage, span) or 0)


@given(histories(), st.sampled_from(ZONES), questions())
def test_conversion_by_period_is_what_the_ways_say(rows: list[DayRow], zone: ZoneInfo, asked: Asked) -> None:
    world = World(rows, zone, asked.slice)
    report = conversion_by_period(parts_of(rows, zone), asked)

    for span, figures in every_period(asked, report):

        def in_span(first: Entry, step: Step, span: Span = span) -> bool:
            return world.within(step.entry, span)

        assert [(one.from_stage, one.to_stage) for one in figures if one.adjacent] == list(pairwise(LADDER))
        assert len(figures) == 6
        for one in figures:
            reached = world.reached(one.from_stage, one.to_stage, in_span)
            assert (one.entered, one.reached) == (world.entered(one.from_stage, span), reached)
            assert one.rate == (reached / one.entered if one.entered else None)


@given(histories(), st.sampled_from(ZONES), questions(), st.sampled_from([*range(len(WINDOWS)), None]))
def test_conversion_by_cohort_is_what_the_ways_say(
    rows: list[DayRow], zone: ZoneInfo, asked: Asked, within: int | None
) -> None:
    world = World(rows, zone, asked.slice)
    longest = timedelta(days=10**6 if within is None else WINDOWS[within])
    report = conversion_by_cohort(parts_of(rows, zone), asked, within, LATER, zone)

    for span, figures in every_period(asked, report):

        def in_cohort(first: Entry, step: Step, span: Span = span) -> bool:
            return world.within(first, span) and step.entry.at - first.at <= longest

        for one in figures:
            reached = world.reached(one.from_stage, one.to_stage, in_cohort)
            assert (one.entered, one.reached) == (world.entered_first(one.from_stage, span), reached)
            assert one.reached <= one.entered
            assert one.ripe == (within is not None)


@given(histories(), st.sampled_from(ZONES), questions())
def test_velocity_is_what_the_ways_say(rows: list[DayRow], zone: ZoneInfo, asked: Asked) -> None:
    world = World(rows, zone, asked.slice)
    report = velocity_report(parts_of(rows, zone), asked, LATER, zone)

    for span, figures in every_period(asked, report):
        for one in figures:
            assert one.ended == world.lengths(one.stage, span, None)
            assert one.with_open == world.lengths(one.stage, span, world.end(span))
            assert one.ended.count == world.left(one.stage, span)
            assert one.with_open.count == world.left(one.stage, span) + world.stock(one.stage, span.last)


@given(histories(), st.sampled_from(ZONES))
def test_what_is_usual_is_what_the_stays_of_a_year_took(rows: list[DayRow], zone: ZoneInfo) -> None:
    as_of = datetime(2019, 3, 1, 9, tzinfo=UTC)
    world = World(rows, zone, EVERYBODY)
    today = world.day(as_of)
    year = Span(today - timedelta(days=364), today)

    assert usual_limits(parts_of(rows, zone), as_of, zone) == {
        stage: p90 for stage in STAGES if (p90 := world.lengths(stage, year, None).p90) is not None
    }


@given(histories(), st.sampled_from(ZONES), questions())
def test_reasons_are_what_the_ways_say(rows: list[DayRow], zone: ZoneInfo, asked: Asked) -> None:
    world = World(rows, zone, asked.slice)
    report = reason_report(parts_of(rows, zone), asked).exits

    for span, figures in every_period(asked, report):
        assert {(one.stage, one.reason): one.count for one in figures} == Counter(
            (step.to_stage, step.why)
            for way in world.ways
            for step in way
            if step.to_stage == "lost" and world.here(step.entry) and world.within(step.entry, span)
        )


class Listing:
    """How many rows are behind numbers."""

    def __init__(self, rows: list[DayRow], zone: ZoneInfo, sliced: Slice) -> None:
        self._rows, self._zone, self._slice = rows, zone, sliced

    def of(self, number: Any, stage: str, span: Span, **more: Any) -> int:
        return sum(map(counts_as(Question(number, stage, span, slice=self._slice, **more), self._zone), self._rows))


@given(histories(), st.sampled_from(ZONES), questions())
def test_behind_every_number_of_the_funnel_are_as_many_rows(rows: list[DayRow], zone: ZoneInfo, asked: Asked) -> None:
    listed = Listing(rows, zone, asked.slice)

    for span, figures in every_period(asked, funnel_report(parts_of(rows, zone), asked, {})):
        until = [row for row in rows if row.occurred_at.astimezone(zone).date() <= span.last]
        for one in figures:
            for number in ("entered", "left", "entered_again", "skipped", "corrected"):
                assert listed.of(number, one.stage, span) == (getattr(one, number) or 0)
            assert len(inside(until, one.stage, asked.slice)) == one.stock


@given(histories(), st.sampled_from(ZONES), questions())
def test_behind_every_flow_and_exit_are_as_many_rows(rows: list[DayRow], zone: ZoneInfo, asked: Asked) -> None:
    listed = Listing(rows, zone, asked.slice)
    parts = parts_of(rows, zone)

    for span, figures in every_period(asked, flow_report(parts, asked)):
        for one in figures:
            froms = origins(FUNNEL, one.from_stage)
            assert listed.of("flow", one.to_stage, span, from_stages=froms) == one.count
            assert listed.of("corrected", one.to_stage, span, from_stages=froms) == (one.corrected or 0)
    for span, figures in every_period(asked, reason_report(parts, asked).exits):
        for one in figures:
            assert listed.of("exits", one.stage, span, reason=one.reason) == one.count


@given(histories(), st.sampled_from(ZONES), questions(), st.sampled_from([3, None]))
def test_behind_every_conversion_are_as_many_rows(
    rows: list[DayRow], zone: ZoneInfo, asked: Asked, within: int | None
) -> None:
    listed = Listing(rows, zone, asked.slice)
    parts = parts_of(rows, zone)

    for span, figures in every_period(asked, conversion_by_period(parts, asked)):
        for one in figures:
            assert listed.of("entered", one.from_stage, span) == one.entered
            assert listed.of("reached", one.to_stage, span, from_stages={one.from_stage}) == one.reached
    for span, figures in every_period(asked, conversion_by_cohort(parts, asked, within, LATER, zone)):
        for one in figures:
            more = {"from_stages": {one.from_stage}, "within": within}
            assert listed.of("entered_first", one.from_stage, span) == one.entered
            assert listed.of("cohort_reached", one.to_stage, span, **more) == one.reached
