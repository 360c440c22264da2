"""Velocity: how long stays in a stage take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from lifecycle.reports.adding_up import (
    Calendar,
    CountedAs,
    Sums,
    add_up_keyed,
    latest_entry,
    minus,
    plus,
    since_ever,
    whole,
)
from lifecycle.reports.asked import Asked, Report, ValueFigures, by_period, reported_stages
from lifecycle.reports.cells import Thing
from lifecycle.reports.dimensions import EVERYBODY, Slice
from lifecycle.reports.durations import bin_of_seconds, quantiles_of
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
_Bins = dict[str, Sequence[int]]


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
        still_open = ends.bins(of.open_at(one, places[-1]), of.latest, span.last)
        return tuple(
            VelocityFigures(key, _lengths(ended.get(key, ())), _with_open(key, ended, still_open)) for key in keys
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
    year = Span(today - RULE_FROM + DAY, today)

    def counted_as(thing: Thing) -> str | None:
        day, stage = thing
        return stage if date.fromordinal(day) in year else None

    tables: dict[str, CountedAs] = {"lengths": counted_as}
    added = add_up_keyed(parts, ("stays", sliced.dimension), year.in_utc, tables, values=[sliced.value])
    bins = added["lengths"][sliced.value]
    limits = {stage: quantiles_of(counts, (0.9,))[0] for stage, counts in bins.items()}
    return {stage: limit for stage, limit in limits.items() if limit is not None}


class _Stays:
    """Stays that began and ended, by value and bucket."""

    def __init__(self, parts: Parts, dimension: str, calendar: Calendar, values: Sequence[str] | None) -> None:
        def in_bucket(thing: Thing) -> tuple[str, int] | None:
            day, stage = thing
            bucket = calendar.bucket(day)
            return None if bucket is None else (stage, bucket)

        def in_period(thing: Thing) -> tuple[str, int] | None:
            return in_bucket(thing) if calendar.bucket(thing[0]) else None

        tables: dict[str, CountedAs] = {"entered": in_bucket, "ended": in_bucket, "lengths": in_period}
        days, self.latest = since_ever(calendar), latest_entry(calendar)
        stays = add_up_keyed(parts, ("stays", dimension), days, tables, latest=self.latest, values=values)
        self._lengths = {value: _by_bucket(sums) for value, sums in stays["lengths"].items()}
        self._open = {
            value: _running(entered, stays["ended"].get(value, {}), calendar.size)
            for value, entered in stays["entered"].items()
        }
        self.values = sorted(self._open)

    def seen_stages(self) -> set[str]:
        """The stages with a stay that ended in one of the periods, or had not ended by its end."""
        lengths = self._lengths.values()
        ended = {stage for buckets in lengths for of in buckets.values() for stage, bins in of.items() if any(bins)}
        return ended | {
            stage
            for buckets in self._open.values()
            for stays in buckets[1:]
            for stage, days in stays.items()
            if stage not in ended and any(days)
        }

    def ended(self, value: str, places: range) -> _Bins:
        """The lengths of the stays that ended in some buckets."""
        total: _Bins = {}
        buckets = self._lengths.get(value, {})
        for place in places:
            for stage, bins in buckets.get(place, {}).items():
                total[stage] = plus(total[stage], bins) if stage in total else bins
        return total

    def open_at(self, value: str, place: int) -> Mapping[str, Sequence[int]]:
        """How many stays had not ended by the end of a bucket, by stage and by how long before ``latest`` they
        began, in days."""
        return self._open[value][place]


class _Ends:
    """How long stays that had not ended by the end of a period were by then: as if begun at noon of their day."""

    def __init__(self, as_of: datetime, zone: ZoneInfo) -> None:
        self._as_of = as_of
        self._zone = zone
        self._noons: dict[int, int] = {}

    def bins(self, stays: Mapping[str, Sequence[int]], latest: int, last: date) -> _Bins:
        """The bins of their lengths by the end of a day; for each stage, the stays by how long before ``latest``."""
        end = int(min(midnight(last + DAY, self._zone), self._as_of).timestamp())
        soonest = latest - last.toordinal()
        of_day = [
            bin_of_seconds(end - self._noon(latest - place))
            for place in range(soonest, max(map(len, stays.values()), default=0))
        ]
        bins: _Bins = {}
        for stage, days in stays.items():
            counted = bins[stage] = [0] * (max(of_day, default=0) + 1)
            for place, count in zip(of_day, days[soonest:], strict=False):
                # While a day is counted anew, another may not yet tell of the same stays.
                if count > 0:
                    counted[place] += count
        return bins

    def _noon(self, day: int) -> int:
        found = self._noons.get(day)
        if found is None:
            found = self._noons[day] = int(noon(date.fromordinal(day), self._zone).timestamp())
        return found


def _by_bucket(sums: Sums) -> dict[int, _Bins]:
    """The lengths in each bucket, from those by stage and bucket."""
    buckets: dict[int, _Bins] = {}
    for (stage, bucket), bins in sums.items():
        buckets.setdefault(bucket, {})[stage] = bins
    return buckets


def _running(
    entered: Mapping[tuple[str, int], Sequence[int]], ended: Mapping[tuple[str, int], Sequence[int]], size: int
) -> list[dict[str, Sequence[int]]]:
    """By the end of each bucket, the stays that had begun and not ended, by stage and day of entry."""
    still: dict[str, Sequence[int]] = {}
    stages = {stage for stage, _ in (*entered, *ended)}
    running = []
    for bucket in range(size):
        for stage in stages:
            for change, stays in ((plus, entered.get((stage, bucket))), (minus, ended.get((stage, bucket)))):
                if stays:
                    still[stage] = change(still.get(stage, ()), stays)
        running.append(still.copy())
    return running


def _with_open(stage: str, ended: _Bins, still_open: _Bins) -> Lengths:
    return _lengths(plus(ended.get(stage, ()), still_open.get(stage, ())))


def _lengths(bins: Sequence[int]) -> Lengths:
    return Lengths(sum(bins), *quantiles_of(bins, (0.5, 0.75, 0.9)))
