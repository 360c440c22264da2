"""What a report is asked for, and the form of every answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from lifecycle.funnel.definition import Funnel
from lifecycle.reports.dimensions import EVERYBODY, Dimension, Slice
from lifecycle.reports.periods import Granularity, Period, Span, before, periods

#: The figures of one line of a report: of a stage, a flow, a pair of stages, a reason.
Figures = TypeVar("Figures")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked for.

    Attributes:
        funnel: in force, whose stages are reported.
        span: of which days.
        by: in which periods.
        slice: of whom.
        break_down: by which dimension everybody's totals are told as well; with it the slice is everybody.
    """

    funnel: Funnel
    span: Span
    by: Granularity
    slice: Slice = EVERYBODY
    break_down: Dimension | None = None

    @property
    def periods(self) -> list[Period]:
        """The periods of the span."""
        return periods(self.span, self.by)

    def of_the_period_before(self) -> Asked:
        """The same for the period before.

        Raises:
            OverflowError: there were no such days.
        """
        return replace(self, span=before(self.span))


@dataclass(frozen=True, slots=True)
class ReportedStage:
    """A stage as reports name it; one that the funnel in force has no longer goes by its key."""

    stage: str
    label: str
    colour: str | None
    beside: bool


@dataclass(frozen=True, slots=True)
class PeriodFigures(Generic[Figures]):
    """The lines of a period."""

    span: Span
    partial: bool
    figures: tuple[Figures, ...]


@dataclass(frozen=True, slots=True)
class ValueFigures(Generic[Figures]):
    """The lines of one value of the dimension by which a report is broken down."""

    value: str
    figures: tuple[Figures, ...]


@dataclass(frozen=True, slots=True)
class Report(Generic[Figures]):
    """A report.

    Attributes:
        stages: that are reported: the funnel's in order, then those that it has no longer and that have numbers.
        totals: the lines of the whole span.
        periods: those of each period.
        break_down: those of the whole span for each value, the values sorted.
    """

    stages: tuple[ReportedStage, ...]
    totals: tuple[Figures, ...]
    periods: tuple[PeriodFigures[Figures], ...]
    break_down: tuple[ValueFigures[Figures], ...]


def reported_stages(funnel: Funnel, seen: Iterable[str]) -> tuple[ReportedStage, ...]:
    """The stages of a report.

    Arguments:
        funnel: in force.
        seen: the stages that have numbers.
    """
    known = set(funnel.stage_keys)
    return (
        *(
            ReportedStage(stage.key, stage.label, stage.colour, stage.beside)
            for stage in funnel.stages
            if stage.reported and not stage.anonymous
        ),
        *(ReportedStage(stage, stage, None, beside=False) for stage in sorted({*seen} - known)),
    )


def by_period(
    periods: Sequence[Period], figures: Callable[[int], tuple[Figures, ...]]
) -> tuple[PeriodFigures[Figures], ...]:
    """The lines of each period; ``figures`` gives those of the period at a place."""
    return tuple(PeriodFigures(period.span, period.partial, figures(place)) for place, period in enumerate(periods))
