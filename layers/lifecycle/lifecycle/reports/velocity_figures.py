"""Velocity: how long stays in a stage take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lifecycle.reports.adding_up import Calendar, add_up, since_ever, whole
from lifecycle.reports.asked import Asked, Report, ValueFigures, by_period, reported_stages
from lifecycle.reports.cells import Thing
from lifecycle.reports.dimensions import EVERYBODY, Slice
from lifecycle.reports.durations import Durations, bin_of
from lifecycle.reports.parts import Parts
from lifecycle.reports.periods import DAY, Span, local_date, midnight, noon

#: How far back stays are looked at to tell how long a stage takes as a rule.
RULE_FROM = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long ``count`` stays are: half of them no longer than ``median``, and so on; ``None`` without any."""

    count: int
    median: timedelta | None
    p75: timedelta | None
    p90: timedelta | None


@dataclass(frozen=True, slots=True)
class VelocityFigures:
    """How long the stays in a stage are.

    Attributes:
        ended: of those that ended in the period.
        with_open: of these and of those that had not ended by its end, as long as they were by then.
    """

    stage: str
    ended: Lengths
    with_open: Lengths


#: Of each stage, how many lengths there are in each bin.
_Bins = dict[str, Counter[int | None]]


def velocity_report(parts: Parts, asked: Asked, as_of: datetime, zone: ZoneInfo) -> Report[VelocityFigures]:
    """How long the stays in each stage are.

    Arguments:
        parts: of all days up to the last.
        asked: of when and whom.
        as_of: when a period that is not over ends.
        zone: of the workspace.
    """
    dimension, value = asked.slice
    periods = asked.periods
    ends = _Ends(as_of, zone)
    stays = _Stays(parts, dimension, Calendar(periods), [value])
    by_value = _Stays(parts, asked.break_down, whole(asked.span), None) if asked.break_down else None
    stages = reported_stages(asked.funnel, stays.seen_stages())
    keys = [stage.stage for stage in stages]

    def figures(of: _Stays, one: str, places: range, span: Span) -> tuple[VelocityFigures, ...]:
        ended = of.ended(one, places)
        still_open = ends.bins(of.open_at(one, places[-1]), span.last)
        return tuple(
            VelocityFigures(key, _lengths(ended.get(key, Counter())), _with_open(key, ended, still_open))
            for key in keys
        )

    return Report(
        stages=stages,
        totals=figures(stays, value, range(1, len(periods) + 1), asked.span),
        periods=by_period(periods, lambda at: figures(stays, value, range(at + 1, at + 2), periods[at].span)),
        break_down=tuple(ValueFigures(one, figures(by_value, one, range(1, 2), asked.span)) for one in by_value.values)
        if by_value
        else (),
    )


def usual_limits(parts: Parts, as_of: datetime, zone: ZoneInfo, sliced: Slice = EVERYBODY) -> dict[str, timedelta]:
    """For each stage that somebody left in the last 365 days, the time in which nine of ten did.

    Arguments:
        parts: of these days.
        as_of: when they end.
        zone: of the workspace.
        sliced: of whom.
    """
    today = local_date(as_of, zone)
    calendar = whole(Span(today - RULE_FROM + DAY, today))
    added = add_up(parts, ("stays", sliced.dimension), calendar, {"lengths": _stage_and_bin}, values=[sliced.value])
    bins = _by_stage(added["lengths"][sliced.value][1])
    limits = {stage: Durations.of_bins(counts).quantile(0.9) for stage, counts in bins.items()}
    return {stage: limit for stage, limit in limits.items() if limit is not None}


class _Stays:
    """Stays that began and ended, by value and bucket."""

    def __init__(self, parts: Parts, dimension: str, calendar: Calendar, values: Sequence[str] | None) -> None:
        days = since_ever(calendar)
        flows = add_up(parts, ("flows", dimension), calendar, {"moves": _entry}, values=values, days=days)
        tables = {"ended": _ended_entry, "lengths": _stage_and_bin}
        stays = add_up(parts, ("stays", dimension), calendar, tables, values=values, days=days)
        self._lengths = stays["lengths"]
        self._open = {value: _running(flows["moves"][value], stays["ended"].get(value)) for value in flows["moves"]}
        self.values = sorted(self._open)

    def seen_stages(self) -> set[str]:
        """The stages with a stay that ended in one of the periods, or had not ended by its end."""
        return {
            stage
            for of in (self._lengths, self._open)
            for buckets in of.values()
            for bucket in buckets[1:]
            for (stage, _), count in bucket.items()
            if count
        }

    def ended(self, value: str, places: range) -> _Bins:
        """The lengths of the stays that ended in some buckets."""
        total: Counter[Any] = Counter()
        if buckets := self._lengths.get(value):
            for place in places:
                total.update(buckets[place])
        return _by_stage(total)

    def open_at(self, value: str, place: int) -> Counter[tuple[str, int]]:
        """How many stays had not ended by the end of a bucket, by stage and day of entry."""
        return self._open[value][place]


class _Ends:
    """How long stays that had not ended by the end of a period were by then: as if begun at noon of their day."""

    def __init__(self, as_of: datetime, zone: ZoneInfo) -> None:
        self._as_of = as_of
        self._zone = zone
        self._noons: dict[int, datetime] = {}

    def bins(self, stays: Counter[tuple[str, int]], last: date) -> _Bins:
        """The bins of their lengths by the end of a day."""
        end = min(midnight(last + DAY, self._zone), self._as_of)
        days = {day for _, day in stays}
        of_day = {day: bin_of(end - self._noon(day)) for day in days}
        total: Counter[Any] = Counter()
        for (stage, day), count in stays.items():
            total[stage, of_day[day]] += count
        return _by_stage(total)

    def _noon(self, day: int) -> datetime:
        found = self._noons.get(day)
        if found is None:
            found = self._noons[day] = noon(date.fromordinal(day), self._zone)
        return found


def _running(entered: Sequence[Counter[Any]], ended: Sequence[Counter[Any]] | None) -> list[Counter[Any]]:
    """By the end of each bucket, what had come in and not gone out."""
    still: Counter[Any] = Counter()
    running = []
    for place, came in enumerate(entered):
        still.update(came)
        if ended:
            still.subtract(ended[place])
        running.append(Counter({stay: count for stay, count in still.items() if count}))
    return running


def _by_stage(counts: Counter[Any]) -> _Bins:
    bins: _Bins = {}
    for (stage, place), count in counts.items():
        bins.setdefault(stage, Counter())[place] += count
    return bins


def _with_open(stage: str, ended: _Bins, still_open: _Bins) -> Lengths:
    return _lengths(ended.get(stage, Counter()) + still_open.get(stage, Counter()))


def _lengths(bins: Counter[int | None]) -> Lengths:
    durations = Durations.of_bins(bins)
    return Lengths(durations.count, *map(durations.quantile, (0.5, 0.75, 0.9)))


def _entry(thing: Thing) -> tuple[str, int]:
    """Of a move: the stage that is entered, and the day."""
    return thing[2], thing[0]


def _ended_entry(thing: Thing) -> tuple[str, int]:
    _, stage, entered = thing
    return stage, entered


def _stage_and_bin(thing: Thing) -> tuple[str, int | None]:
    _, stage, place = thing
    return stage, place
