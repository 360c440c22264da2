"""Every number of every report against a count over all logs: of the demo's own kind of half-year, under two versions
of the funnel, with late events, corrections, merges, moves back and deals that come in the wrong order."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.plan import Plan
from lifecycle.funnel.definition import Funnel
from lifecycle.funnel.parsing import default_funnel, parse_funnel
from lifecycle.funnel.ready_made import ready_made
from lifecycle.reports.aggregate import aggregate_day
from lifecycle.reports.asked import Asked
from lifecycle.reports.conversion_figures import PairFigures, conversion_by_cohort, conversion_by_period
from lifecycle.reports.dimensions import DIMENSIONS, Dimension, Slice
from lifecycle.reports.durations import ACCURACY
from lifecycle.reports.flow_figures import flow_report
from lifecycle.reports.funnel_figures import StageFigures, funnel_report
from lifecycle.reports.periods import Granularity, Span
from lifecycle.reports.reason_figures import reason_report
from lifecycle.reports.velocity_figures import Lengths, velocity_report
from lifecycle.reports.windows import WINDOWS
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.steps import DayRow, LostDeal
from lifecycle.store.day_items import item_day_row
from lifecycle.store.items import from_attributes
from lifecycle.store.schema import BY_DAY
from local.generator import generate
from local.request import Delivery
from local.second_version import with_webinars
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_store import MemoryStore
from tests.half_year import deal_logs, logs, take_in
from tests.listed import columns_of
from tests.random_stories import random_stories
from tests.reference.reports import History, Reports, history, ladder_pairs, lost_deals

DAY = timedelta(days=1)
UNTIL = date(2026, 7, 1)
#: When somebody asks: the day after the half-year, at noon.
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


class KeptParts:
    """The parts of days, as they come back from where they are kept."""

    def __init__(self) -> None:
        self._parts: dict[str, dict[date, str]] = defaultdict(dict)

    def keep(self, day: date, parts: Mapping[str, Any]) -> None:
        """Keep the parts of a day."""
        for name, part in parts.items():
            self._parts[name][day] = json.dumps(part)

    def read(self, name: str, first: date, last: date) -> Iterator[tuple[date, Any]]:
        """The parts of a name."""
        yield from ((day, json.loads(text)) for day, text in self._parts[name].items() if first <= day <= last)


def rows_of(store: MemoryStore) -> list[DayRow | LostDeal]:
    """What the index by day lists, in the same order however often it is asked."""
    listed = (from_attributes(item) for item in store.items.values() if BY_DAY.partition_key in item)
    return sorted(map(item_day_row, listed), key=repr)


def parts_of(rows: Iterable[DayRow | LostDeal], zone: ZoneInfo) -> dict[date, Mapping[str, Any]]:
    """The parts of all days that something is listed of."""
    days: dict[date, list[DayRow | LostDeal]] = defaultdict(list)
    for row in rows:
        days[(row.lost_at if isinstance(row, LostDeal) else row.occurred_at).date()].append(row)
    return {day: aggregate_day(columns_of(of_day), zone) for day, of_day in days.items()}


@dataclass
class Organisation:
    """A workspace in which something has happened, as reports see it and as its logs tell it: between the first day and
    `UNTIL`, with a second version of the funnel in between."""

    deliveries: Sequence[Delivery]
    first: date
    zone: ZoneInfo
    store: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        first = default_funnel()
        self.funnel = parse_funnel(with_webinars(dict(ready_made("default"))), version=2)
        published_at = datetime.combine(self.first + (UNTIL - self.first) / 2, time(11), UTC)
        self.terms: list[tuple[datetime | None, Funnel]] = [(None, first), (published_at, self.funnel)]
        calendar = Calendar([(None, Plan(first)), (published_at, Plan(self.funnel))])
        lifecycle = Lifecycle(self.store, FixedCalendar(calendar))
        take_in(lifecycle, self.deliveries)
        lifecycle.refresh(list(self.logs))

    @cached_property
    def logs(self) -> dict[str, Any]:
        """The log of every prospect."""
        return dict(logs(self.store, self.funnel.stage_keys))

    @cached_property
    def histories(self) -> list[History]:
        """What the logs come to."""
        return [history(prospect, log, self.terms, NOW) for prospect, log in self.logs.items()]

    @cached_property
    def rows(self) -> list[DayRow | LostDeal]:
        """What the index by day lists."""
        return rows_of(self.store)

    @cached_property
    def parts(self) -> KeptParts:
        """The parts of all days."""
        kept = KeptParts()
        for day, parts in parts_of(self.rows, self.zone).items():
            kept.keep(day, parts)
        return kept

    @property
    def span(self) -> Span:
        """All days on which something happened, and some around them."""
        return Span(self.first - 3 * DAY, UNTIL)

    @property
    def stages(self) -> list[str]:
        """The stages that are in reports."""
        return [stage.key for stage in self.funnel.stages if not stage.anonymous]

    def asked(
        self, by: Granularity = "month", slice_: Slice | None = None, break_down: Dimension | None = None
    ) -> Asked:
        """A question about all days."""
        return Asked(self.funnel, self.span, by, slice_ or Slice(), break_down)

    def counted(self, dimension: str | None = None, value: str | None = None) -> Reports:
        """The reference."""
        return Reports(self.histories, self.zone, dimension, value)

    def slices(self) -> Iterator[tuple[Dimension, str]]:
        """Every slice that there is anybody in."""
        everybody = self.counted()
        for dimension in DIMENSIONS:
            for value in sorted(everybody.values(dimension)):
                yield dimension, value


@pytest.fixture(
    scope="module",
    params=[(15, 250, "Europe/Berlin"), (12, 200, "America/St_Johns")],
    ids=lambda param: f"seed {param[0]} in {param[2]}",
)
def organisation(request: pytest.FixtureRequest) -> Organisation:
    seed, prospects, zone = request.param
    half_year = generate(UNTIL, seed, prospects)
    return Organisation(half_year.deliveries, half_year.window.start.date(), ZoneInfo(zone))


# ---- what is there to count -----------------------------------------------------------------------------------------


def test_there_is_something_of_everything(organisation: Organisation) -> None:
    passages = [each for one in organisation.histories for each in one.passages]

    assert {each.begun.stage for each in passages} >= set(organisation.stages) - {"evangelist", "other"}
    assert any(each.again for each in passages)
    assert {each.begun.cycle for each in passages} > {1}
    assert {each.begun.told["version"] for each in passages} == {"1", "2"}
    assert any(one.corrected for one in organisation.histories)
    assert any(each.cause == "funnel_published" for each in passages)


def test_the_steps_are_the_history_that_the_logs_tell(organisation: Organisation) -> None:
    assert_steps(organisation)


def assert_steps(organisation: Organisation) -> None:
    told = Counter(
        (one.prospect, each.begun.since, each.before.stage if each.before else None, each.begun.stage, each.opened)
        for one in organisation.histories
        for each in one.passages
    )
    kept = Counter(
        (row.prospect_id, row.step.entry.at, row.step.from_stage, row.step.to_stage, tuple(row.step.opened))
        for row in organisation.rows
        if isinstance(row, DayRow) and row.step is not None
    )
    assert kept == told


def test_whatever_comes_late_only_the_days_that_are_marked_tell_something_else() -> None:
    half_year, zone, store = generate(UNTIL, 9, 120), ZoneInfo("Europe/Berlin"), MemoryStore()
    lifecycle = Lifecycle(store, FixedCalendar(Calendar.always(Plan(default_funnel()))))
    known: dict[date, Mapping[str, Any]] = {}
    again = 0

    for place in range(0, len(half_year.deliveries), 40):
        store.marked.clear()
        take_in(lifecycle, half_year.deliveries[place : place + 40])
        true = parts_of(rows_of(store), zone)
        again += len(store.marked & known.keys())
        known = {day: parts for day, parts in known.items() if day not in store.marked}
        known |= {day: true[day] for day in store.marked & true.keys()}
        assert known == true

    assert again > 5, "some came late, or were corrected"


# ---- the funnel -----------------------------------------------------------------------------------------------------


def figures_of(counted: Reports, stage: str, span: Span) -> dict[str, int]:
    first, last = span.first, span.last
    return {
        "stock_before": counted.stock(stage, first - DAY),
        "stock": counted.stock(stage, last),
        "entered": counted.entered(stage, first, last),
        "left": counted.left(stage, first, last),
        "entered_again": counted.entered_again(stage, first, last),
        "skipped": counted.skipped(stage, first, last),
    }


def plain(figures: StageFigures) -> dict[str, int]:
    names = ("stock_before", "stock", "entered", "left", "entered_again", "skipped")
    return {name: getattr(figures, name) for name in names}


@pytest.mark.parametrize("by", get_args(Granularity))
def test_the_funnel_of_every_period(organisation: Organisation, by: Granularity) -> None:
    assert_funnel(organisation, by)


def assert_funnel(organisation: Organisation, by: Granularity) -> None:
    report = funnel_report(organisation.parts, organisation.asked(by), {})
    counted = organisation.counted()

    for period in report.periods:
        for figures in period.figures:
            assert plain(figures) == figures_of(counted, figures.stage, period.span), (figures.stage, period.span)
            assert figures.corrected == counted.corrected(figures.stage, period.span.first, period.span.last)
    for figures in report.totals:
        assert plain(figures) == figures_of(counted, figures.stage, organisation.span)
    assert sum(figures.entered for figures in report.totals) == sum(len(one.passages) for one in organisation.histories)


def test_of_every_stage_and_day_the_stock_is_that_of_the_day_before_with_in_and_without_out(
    organisation: Organisation,
) -> None:
    for slice_ in [Slice(), *(Slice(dimension, value) for dimension, value in organisation.slices())]:
        report = funnel_report(organisation.parts, organisation.asked("day", slice_), {})
        before = {figures.stage: 0 for figures in report.totals}
        for period in report.periods:
            for figures in period.figures:
                assert figures.stock_before == before[figures.stage]
                assert figures.stock == figures.stock_before + figures.entered - figures.left
                assert figures.stock >= 0
                before[figures.stage] = figures.stock


def test_the_funnel_of_every_slice(organisation: Organisation) -> None:
    for dimension, value in organisation.slices():
        report = funnel_report(organisation.parts, organisation.asked("month", Slice(dimension, value)), {})
        counted = organisation.counted(dimension, value)
        for period in report.periods:
            for figures in period.figures:
                assert plain(figures) == figures_of(counted, figures.stage, period.span), (dimension, value)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_the_funnel_broken_down(organisation: Organisation, dimension: Dimension) -> None:
    report = funnel_report(organisation.parts, organisation.asked(break_down=dimension), {})

    assert {one.value for one in report.break_down} >= organisation.counted().values(dimension)
    for one in report.break_down:
        counted = organisation.counted(dimension, one.value)
        for figures in one.figures:
            assert plain(figures) == figures_of(counted, figures.stage, organisation.span)
    for place, stage in enumerate(report.totals):
        assert sum(one.figures[place].entered for one in report.break_down) == stage.entered
        assert sum(one.figures[place].stock for one in report.break_down) == stage.stock


# ---- flows, exits, lost deals ---------------------------------------------------------------------------------------


def test_the_flows_of_every_period(organisation: Organisation) -> None:
    assert_flows(organisation)


def assert_flows(organisation: Organisation) -> None:
    report = flow_report(organisation.parts, organisation.asked("month"))

    for period in report.periods:
        found = {(flow.from_stage, flow.to_stage): flow.count for flow in period.figures if flow.count}
        assert found == organisation.counted().flows(period.span.first, period.span.last)


def test_the_flows_broken_down(organisation: Organisation) -> None:
    span = organisation.span
    report = flow_report(organisation.parts, organisation.asked(break_down="campaign"))

    for one in report.break_down:
        found = {(flow.from_stage, flow.to_stage): flow.count for flow in one.figures if flow.count}
        assert found == organisation.counted("campaign", one.value).flows(span.first, span.last)


def test_exits_by_reason(organisation: Organisation) -> None:
    report = reason_report(organisation.parts, organisation.asked("month"))

    for period in report.exits.periods:
        counted = organisation.counted().exits(period.span.first, period.span.last)
        by_stage = Counter({stage: 0 for stage, _ in counted})
        for (stage, _), count in counted.items():
            by_stage[stage] += count
        assert by_stage == _sum_by_stage(period.figures)
        # What a criterion did has its words for a reason, of which the log knows nothing.
        given = {(exit_.stage, exit_.reason): exit_.count for exit_ in period.figures}
        for (stage, reason), count in counted.items():
            if reason is not None:
                assert given[stage, reason] == count


def _sum_by_stage(exits: Any) -> Counter[str]:
    total: Counter[str] = Counter()
    for exit_ in exits:
        total[exit_.stage] += exit_.count
    return total


def test_lost_deals_by_reason_and_currency(organisation: Organisation) -> None:
    report = reason_report(organisation.parts, organisation.asked("month"))
    assert report.deals
    assert_lost_deals(organisation)


def assert_lost_deals(organisation: Organisation) -> None:
    report = reason_report(organisation.parts, organisation.asked("month"))
    deals = deal_logs(organisation.store, [delivery.request for delivery in organisation.deliveries])
    for period in report.deals_by_period or ():
        counted = lost_deals(deals, organisation.zone, period.span.first, period.span.last)
        reasons = Counter({one.reason: 0 for one in counted})
        for one, (count, _) in counted.items():
            reasons[one.reason] += count
        assert {figures.reason: figures.count for figures in period.figures} == reasons
        amounts = {(figures.reason, one[0]): one[1] for figures in period.figures for one in figures.amounts}
        assert amounts == {tuple(one): amount for one, (_, amount) in counted.items() if one.currency}


# ---- conversion -----------------------------------------------------------------------------------------------------


def pairs(figures: tuple[PairFigures, ...]) -> dict[tuple[str, str], tuple[int, int]]:
    return {(each.from_stage, each.to_stage): (each.entered, each.reached) for each in figures}


@pytest.mark.parametrize("by", ["week", "month"])
def test_conversion_by_period(organisation: Organisation, by: Granularity) -> None:
    report = conversion_by_period(organisation.parts, organisation.asked(by))
    counted = organisation.counted()

    for period in report.periods:
        first, last = period.span.first, period.span.last
        assert pairs(period.figures) == {
            (stage, higher): (counted.entered(stage, first, last), counted.reached(stage, higher, first, last))
            for stage, higher in ladder_pairs(organisation.funnel)
        }


@pytest.mark.parametrize("by", get_args(Granularity))
@pytest.mark.parametrize("within", [0, 1, 3, None])
def test_conversion_by_cohort(organisation: Organisation, by: Granularity, within: int | None) -> None:
    assert_cohorts(organisation, by, within)


def assert_cohorts(organisation: Organisation, by: Granularity, within: int | None) -> None:
    report = conversion_by_cohort(organisation.parts, organisation.asked(by), within, NOW, organisation.zone)
    counted, window = organisation.counted(), None if within is None else WINDOWS[within] * DAY

    for period in report.periods[:: 5 if by == "day" else 1]:
        first, last = period.span.first, period.span.last
        assert pairs(period.figures) == {
            (stage, higher): (
                counted.entered_first(stage, first, last),
                counted.cohort_reached(stage, higher, first, last, window),
            )
            for stage, higher in ladder_pairs(organisation.funnel)
        }


def test_conversion_broken_down(organisation: Organisation) -> None:
    span = organisation.span
    report = conversion_by_cohort(
        organisation.parts, organisation.asked(break_down="owner"), None, NOW, organisation.zone
    )

    for one in report.break_down:
        counted = organisation.counted("owner", one.value)
        assert pairs(one.figures) == {
            (stage, higher): (
                counted.entered_first(stage, span.first, span.last),
                counted.cohort_reached(stage, higher, span.first, span.last, None),
            )
            for stage, higher in ladder_pairs(organisation.funnel)
        }


# ---- time in stage --------------------------------------------------------------------------------------------------


def holds_for(lengths: Lengths, counted: list[timedelta]) -> bool:
    """Whether quantiles are right to two per cent: each lies at most so far from the length at its place."""
    if lengths.count != len(counted):
        return False
    told = ((lengths.median, 0.5), (lengths.p75, 0.75), (lengths.p90, 0.9))
    return all(
        (not counted and quantile is None)
        or (quantile is not None and _is_near(quantile, counted[int(part * (len(counted) - 1))]))
        for quantile, part in told
    )


def _is_near(quantile: timedelta, exact: timedelta) -> bool:
    return abs(quantile - exact) <= ACCURACY * exact + timedelta(seconds=1)


def test_time_in_stage(organisation: Organisation) -> None:
    assert_velocity(organisation)


def assert_velocity(organisation: Organisation) -> None:
    report = velocity_report(organisation.parts, organisation.asked("month"), NOW, organisation.zone)
    counted = organisation.counted()

    for period in report.periods:
        first, last = period.span.first, period.span.last
        midnight = datetime.combine(last + DAY, datetime.min.time(), organisation.zone)
        for figures in period.figures:
            ended = counted.ended(figures.stage, first, last)
            still_open = counted.still_inside(figures.stage, last, min(midnight, NOW))
            assert holds_for(figures.ended, ended), (figures, ended)
            assert holds_for(figures.with_open, sorted([*ended, *still_open])), (figures, ended, still_open)


# ---- random histories -----------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia"]))
def test_random_histories(seed: int, zone: str) -> None:
    """Some people to whom everything happens, in any order of arrival."""
    first = date(2026, 3, 20)
    organisation = Organisation(random_stories(seed, datetime.combine(first, time(), UTC)), first, ZoneInfo(zone))

    assert_steps(organisation)
    assert_funnel(organisation, "week")
    assert_flows(organisation)
    assert_cohorts(organisation, "month", 2)
    assert_velocity(organisation)
    assert_lost_deals(organisation)
