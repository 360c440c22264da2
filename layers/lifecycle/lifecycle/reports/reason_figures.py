"""Why prospects leave the ladder, and why deals are lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from lifecycle.reports.adding_up import Buckets, Calendar, add_up, whole
from lifecycle.reports.asked import (
    Asked,
    PeriodFigures,
    Report,
    ReportedStage,
    ValueFigures,
    by_period,
    reported_stages,
)
from lifecycle.reports.cells import Thing
from lifecycle.reports.dimensions import ALL
from lifecycle.reports.parts import Parts, part_name


@dataclass(frozen=True, slots=True)
class ExitFigures:
    """How many entered a stage beside the ladder for a reason; ``None``: for none that was told."""

    stage: str
    reason: str | None
    count: int


@dataclass(frozen=True, slots=True)
class LostFigures:
    """Deals that were lost for a reason.

    Attributes:
        reason: ``None``: for none that was told.
        count: how many deals.
        amounts: what they were worth, by currency; ``None`` for amounts without one. Deals without an amount add none.
    """

    reason: str | None
    count: int
    amounts: tuple[tuple[str | None, Decimal], ...]


@dataclass(frozen=True, slots=True)
class ReasonReport:
    """Exits, and lost deals.

    Attributes:
        exits: from the ladder, the most frequent reason of each stage first.
        deals: lost ones, the most frequent reason first; ``None`` for slices, for a deal has no source.
        deals_by_period: the same for each period.
    """

    exits: Report[ExitFigures]
    deals: tuple[LostFigures, ...] | None
    deals_by_period: tuple[PeriodFigures[LostFigures], ...] | None


def reason_report(parts: Parts, asked: Asked) -> ReasonReport:
    """The reasons.

    Arguments:
        parts: of the days of the span.
        asked: of when and whom.
    """
    exits = _exit_report(parts, asked)
    if asked.slice.dimension != ALL:
        return ReasonReport(exits, None, None)
    periods = asked.periods
    lost = _lost(parts, Calendar(periods))
    return ReasonReport(
        exits=exits,
        deals=_lost_figures(lost[1:]),
        deals_by_period=by_period(periods, lambda place: _lost_figures(lost[place + 1 : place + 2])),
    )


def _exit_report(parts: Parts, asked: Asked) -> Report[ExitFigures]:
    dimension, value = asked.slice
    periods = asked.periods
    stages = tuple(stage for stage in reported_stages(asked.funnel, ()) if stage.beside)
    exits = _exits(parts, dimension, Calendar(periods), [value])
    by_value = _exits(parts, asked.break_down, whole(asked.span), None) if asked.break_down else {}
    return Report(
        stages=stages,
        totals=_exit_figures(stages, exits[value][1:]),
        periods=by_period(periods, lambda place: _exit_figures(stages, exits[value][place + 1 : place + 2])),
        break_down=tuple(
            ValueFigures(one, figures)
            for one, buckets in sorted(by_value.items())
            if (figures := _exit_figures(stages, buckets[1:]))
        ),
    )


def _exits(parts: Parts, dimension: str, calendar: Calendar, values: Sequence[str] | None) -> Buckets:
    """Of each stage and reason how many entered it; those whose reason was not told have ``None``."""

    def entered(thing: Thing) -> tuple[str, None]:
        return thing[2], None

    def told(thing: Thing) -> tuple[str, str]:
        return thing[1], thing[2]

    added = add_up(parts, ("flows", dimension), calendar, {"moves": entered, "exits": told}, values=values)
    exits = added["moves"]
    for value, buckets in added["exits"].items():
        for all_, with_reason in zip(exits[value], buckets, strict=True):
            for (stage, reason), count in with_reason.items():
                all_[stage, reason] += count
                all_[stage, None] -= count
    return exits


def _exit_figures(stages: Sequence[ReportedStage], buckets: Sequence[Counter[Any]]) -> tuple[ExitFigures, ...]:
    total: Counter[Any] = Counter()
    for bucket in buckets:
        total.update(bucket)
    order = {stage.stage: place for place, stage in enumerate(stages)}
    figures = [
        ExitFigures(stage, reason, count) for (stage, reason), count in total.items() if stage in order and count
    ]
    return tuple(sorted(figures, key=lambda one: (order[one.stage], -one.count, one.reason or "")))


@dataclass(slots=True)
class _Lost:
    count: int = 0
    amounts: dict[str | None, Decimal] = field(default_factory=dict)

    def add(self, count: int, currency: str | None, amount: Decimal | None) -> None:
        self.count += count
        if amount is not None:
            self.amounts[currency] = self.amounts.get(currency, Decimal(0)) + amount


#: Of each reason.
_LostDeals = dict[str | None, _Lost]


def _lost(parts: Parts, calendar: Calendar) -> list[_LostDeals]:
    """The lost deals of each bucket."""
    buckets: list[_LostDeals] = [{} for _ in range(calendar.size)]
    days = calendar.span.in_utc
    for _, part in parts.read(part_name("flows", ALL), days.first, days.last):
        for day, reason, currency, count, amount in part["lost"]:
            bucket = calendar.bucket(day)
            if bucket is not None:
                deals = buckets[bucket].setdefault(reason, _Lost())
                deals.add(count, currency, None if amount is None else Decimal(amount))
    return buckets


def _lost_figures(buckets: Sequence[_LostDeals]) -> tuple[LostFigures, ...]:
    total: _LostDeals = {}
    for bucket in buckets:
        for reason, deals in bucket.items():
            together = total.setdefault(reason, _Lost())
            together.add(deals.count, None, None)
            for currency, amount in deals.amounts.items():
                together.add(0, currency, amount)
    figures = [
        LostFigures(reason, deals.count, tuple(sorted(deals.amounts.items(), key=lambda one: one[0] or "")))
        for reason, deals in total.items()
    ]
    return tuple(sorted(figures, key=lambda one: (-one.count, one.reason is not None, one.reason or "")))
