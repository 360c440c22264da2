"""Conversion: how many of those who were in one stage of the ladder got to a higher one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from lifecycle.reports.adding_up import Buckets, Calendar, CountedAs, Sums, add_up, add_up_keyed, whole
from lifecycle.reports.asked import Asked, Report, ValueFigures, by_period, reported_stages
from lifecycle.reports.cells import Thing
from lifecycle.reports.funnel_figures import move_of
from lifecycle.reports.numbers import MOVE_NUMBERS, MoveNumber
from lifecycle.reports.parts import Parts
from lifecycle.reports.periods import DAY, Span, first_of, midnight, number_of
from lifecycle.reports.windows import WINDOWS

Basis = Literal["period", "cohort"]


@dataclass(frozen=True, slots=True)
class PairFigures:
    """The conversion from one stage of the ladder to a higher one.

    Attributes:
        adjacent: no other stage is between them.
        entered: how many entered ``from_stage``; of a cohort, those for whom it was the first time in a cycle.
        reached: how many reached ``to_stage`` or passed it.
        ripe: ``reached`` cannot grow by time alone: everybody has had the time that was asked about.
    """

    from_stage: str
    to_stage: str
    adjacent: bool
    entered: int
    reached: int
    ripe: bool = True

    @property
    def rate(self) -> float | None:
        """The part that reached it; ``None`` where nobody entered. By period it may exceed 1."""
        return self.reached / self.entered if self.entered else None


def conversion_by_period(parts: Parts, asked: Asked) -> Report[PairFigures]:
    """Who got on in each period, held against who entered in it.

    Arguments:
        parts: of the days of the span.
        asked: of when and whom.
    """

    def pairs(dimension: str, calendar: Calendar, values: Sequence[str] | None) -> _Pairs:
        tables: dict[str, CountedAs] = {"moves": _stage_by("entered"), "reached": _pair}
        added = add_up(parts, ("flows", dimension), calendar, tables, values=values)
        return _Pairs(added["moves"], added["reached"])

    return _report(asked, pairs, lambda _: True)


def conversion_by_cohort(
    parts: Parts, asked: Asked, within: int | None, as_of: datetime, zone: ZoneInfo
) -> Report[PairFigures]:
    """Of those who entered a stage for the first time in a cycle, how many got on, in whichever period that was.

    Arguments:
        parts: of the days of the span, and all later ones.
        asked: of when and whom.
        within: the place of a window among ``WINDOWS``: how soon; ``None`` for however late.
        as_of: up to when the parts go.
        zone: of the workspace.
    """
    whole_periods = not any(period.partial for period in asked.periods)
    granularity = asked.by if whole_periods else "day"

    def in_time(thing: Thing) -> tuple[str, str] | None:
        (stage, higher), window = thing
        return (stage, higher) if within is None or window <= within else None

    def pairs(dimension: str, calendar: Calendar, values: Sequence[str] | None) -> _Pairs:
        entries = add_up(parts, ("flows", dimension), calendar, {"moves": _stage_by("entered_first")}, values=values)
        later = Span(calendar.span.in_utc.first, max(as_of.astimezone(UTC).date(), calendar.span.in_utc.last))
        earliest, latest = number_of(calendar.span.first, granularity), number_of(later.last, granularity) + 1
        added = add_up_keyed(
            parts,
            (f"cohorts_by_{granularity}", dimension),
            later,
            {"cohorts": in_time},
            latest=latest,
            earliest=earliest,
            values=values,
        )
        last = number_of(calendar.span.last, granularity)
        places = [
            calendar.bucket(first_of(number, granularity).toordinal()) if number <= last else None
            for number in range(latest, earliest - 1, -1)
        ]
        reached = {value: _buckets(sums, places, calendar.size) for value, sums in added["cohorts"].items()}
        return _Pairs(entries["moves"], reached)

    def ripe(span: Span) -> bool:
        return within is not None and midnight(span.last + DAY, zone) + WINDOWS[within] * DAY <= as_of

    return _report(asked, pairs, ripe)


def _buckets(cohorts: Sums, places: Sequence[int | None], size: int) -> list[Counter[Any]]:
    """The pairs of each bucket, from pairs by cohort, of each of which the bucket is told."""
    buckets: list[Counter[Any]] = [Counter() for _ in range(size)]
    for pair, counts in cohorts.items():
        for place, count in zip(places, counts, strict=False):
            if count and place is not None:
                buckets[place][pair] += count
    return buckets


class _Pairs(NamedTuple):
    """Who entered stages, and which pairs of stages were gone through, by value and bucket."""

    entered: Buckets
    reached: Buckets

    def figures(self, ladder: Sequence[str], value: str, places: range, *, ripe: bool) -> tuple[PairFigures, ...]:
        """The pairs of the ladder over some buckets."""

        def number(of: Buckets, thing: Any) -> int:
            buckets = of.get(value)
            return sum(buckets[place][thing] for place in places) if buckets else 0

        return tuple(
            PairFigures(
                from_stage=stage,
                to_stage=higher,
                adjacent=rank == 0,
                entered=number(self.entered, stage),
                reached=number(self.reached, (stage, higher)),
                ripe=ripe,
            )
            for place, stage in enumerate(ladder)
            for rank, higher in enumerate(ladder[place + 1 :])
        )


def _report(
    asked: Asked,
    pairs_of: Callable[[str, Calendar, Sequence[str] | None], _Pairs],
    ripe: Callable[[Span], bool],
) -> Report[PairFigures]:
    dimension, value = asked.slice
    periods = asked.periods
    stages = reported_stages(asked.funnel, ())
    ladder = [stage.stage for stage in stages if not stage.beside]
    pairs = pairs_of(dimension, Calendar(periods), [value])
    by_value = pairs_of(asked.break_down, whole(asked.span), None) if asked.break_down else _Pairs({}, {})

    def figures(places: range, span: Span) -> tuple[PairFigures, ...]:
        return pairs.figures(ladder, value, places, ripe=ripe(span))

    return Report(
        stages=stages,
        totals=figures(range(1, len(periods) + 1), asked.span),
        periods=by_period(periods, lambda place: figures(range(place + 1, place + 2), periods[place].span)),
        break_down=tuple(
            ValueFigures(one, by_value.figures(ladder, one, range(1, 2), ripe=ripe(asked.span)))
            for one in sorted(by_value.entered.keys() | by_value.reached.keys())
        ),
    )


def _pair(thing: Thing) -> tuple[str, str]:
    _, stage, higher = thing
    return stage, higher


def _stage_by(number: MoveNumber) -> CountedAs:
    """The stage that a move counts for by a number that counts at most for the one it leads to."""
    holds = MOVE_NUMBERS[number]

    def stage(thing: Thing) -> str | None:
        move = move_of(thing)
        return move.to_stage if holds(move, move.to_stage) else None

    return stage
