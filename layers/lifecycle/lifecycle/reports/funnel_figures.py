"""The funnel: how many were in each stage, came in, and went out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from lifecycle.reports.adding_up import Calendar, add_up, since_ever, whole
from lifecycle.reports.asked import Asked, Report, ValueFigures, by_period, reported_stages
from lifecycle.reports.cells import Thing
from lifecycle.reports.goals import goal_of
from lifecycle.reports.numbers import MOVE_NUMBERS, Move
from lifecycle.reports.parts import CORRECTED_KNOWN_BY, Parts
from lifecycle.reports.periods import Span


@dataclass(frozen=True, slots=True)
class StageFigures:
    """A stage's figures in a period. What each means: ``definitions``.

    Attributes:
        stock_before: ``stock`` at the beginning of the period.
        corrected: ``None`` where it is not known by what the slice is of.
        goal: ``None`` where there is none, and for slices.
    """

    stage: str
    stock_before: int
    stock: int
    entered: int
    left: int
    entered_again: int
    skipped: int
    corrected: int | None
    goal: float | None


def funnel_report(parts: Parts, asked: Asked, goals: Mapping[str, int]) -> Report[StageFigures]:
    """The figures of each stage.

    Arguments:
        parts: of all days up to the last.
        asked: of when and whom.
        goals: for stages, how many are to enter it in a month.
    """
    dimension, value = asked.slice
    periods = asked.periods
    ledger = _Ledger(parts, dimension, Calendar(periods), [value])
    by_value = _Ledger(parts, asked.break_down, whole(asked.span), None) if asked.break_down else None
    stages = reported_stages(asked.funnel, ledger.seen_stages() | (by_value.seen_stages() if by_value else set()))

    def figures(places: range, span: Span) -> tuple[StageFigures, ...]:
        return tuple(
            ledger.figures(
                stage.stage, value, places, goal_of(span, goals[stage.stage]) if sets_goals(stage.stage) else None
            )
            for stage in stages
        )

    def sets_goals(stage: str) -> bool:
        return dimension == "all" and stage in goals

    return Report(
        stages=stages,
        totals=figures(range(1, len(periods) + 1), asked.span),
        periods=by_period(periods, lambda place: figures(range(place + 1, place + 2), periods[place].span)),
        break_down=tuple(
            ValueFigures(one, tuple(by_value.figures(stage.stage, one, range(1, 2), None) for stage in stages))
            for one in by_value.values
        )
        if by_value
        else (),
    )


class _Ledger:
    """What came in and went out, by value and bucket."""

    def __init__(self, parts: Parts, dimension: str, calendar: Calendar, values: Sequence[str] | None) -> None:
        tables = {"moves": _counts_of_move, "left": _counts_of_left}
        self._knows_corrected = dimension in CORRECTED_KNOWN_BY
        if self._knows_corrected:
            tables["corrected"] = _counts_of_corrected
        added = add_up(parts, ("flows", dimension), calendar, tables, values=values, days=since_ever(calendar))
        self._counts: dict[str, list[Counter[tuple[str, str]]]] = {}
        self._stock: dict[str, list[Counter[str]]] = {}
        self.values = sorted({value for buckets in added.values() for value in buckets})
        for value in self.values:
            self._counts[value] = [Counter() for _ in range(calendar.size)]
            for buckets in added.values():
                for total, counted in zip(self._counts[value], buckets.get(value, ()), strict=False):
                    for named, count in counted.items():
                        for number_and_stage in named:
                            total[number_and_stage] += count
            self._stock[value] = _running_stock(self._counts[value])

    def seen_stages(self) -> set[str]:
        """The stages with a number in one of the periods."""
        counts, stock = self._counts.values(), self._stock.values()
        return {
            stage for buckets in counts for counted in buckets[1:] for (_, stage), count in counted.items() if count
        } | {stage for buckets in stock for counted in buckets for stage, count in counted.items() if count}

    def figures(self, stage: str, value: str, places: range, goal: float | None) -> StageFigures:
        """The figures over some buckets."""
        buckets, stock = self._counts[value], self._stock[value]

        def number(name: str) -> int:
            return sum(buckets[place][name, stage] for place in places)

        return StageFigures(
            stage=stage,
            stock_before=stock[places[0] - 1][stage],
            stock=stock[places[-1]][stage],
            entered=number("entered"),
            left=number("left"),
            entered_again=number("entered_again"),
            skipped=number("skipped"),
            corrected=number("corrected") if self._knows_corrected else None,
            goal=goal,
        )


def _running_stock(buckets: Sequence[Counter[tuple[str, str]]]) -> list[Counter[str]]:
    stock: Counter[str] = Counter()
    running = []
    for bucket in buckets:
        for (number, stage), count in bucket.items():
            if number == "entered":
                stock[stage] += count
            elif number == "left":
                stock[stage] -= count
        running.append(stock.copy())
    return running


_Named = tuple[tuple[str, str], ...]


def _counts_of_move(thing: Thing) -> _Named:
    return _numbers_of(move_of(thing))


@cache
def _numbers_of(move: Move) -> _Named:
    stages = {move.to_stage, *move.opened}
    return tuple((name, stage) for stage in stages for name, holds in MOVE_NUMBERS.items() if holds(move, stage))


def move_of(thing: Thing) -> Move:
    """The move that a thing of the table ``moves`` is."""
    _, from_stage, to_stage, cause, again, first, opened = thing
    return Move(from_stage, to_stage, cause, again, first, tuple(opened))


def _counts_of_left(thing: Thing) -> _Named:
    return (("left", thing[1]),)


def _counts_of_corrected(thing: Thing) -> _Named:
    return (("corrected", thing[2]),)
