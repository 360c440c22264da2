"""Flows: how many went from which stage to which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lifecycle.reports.adding_up import Buckets, Calendar, add_up, whole
from lifecycle.reports.asked import Asked, Report, ReportedStage, ValueFigures, by_period, reported_stages
from lifecycle.reports.cells import Thing
from lifecycle.reports.parts import CORRECTED_KNOWN_BY, Parts

_Flow = tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class FlowFigures:
    """A flow in a period.

    Attributes:
        from_stage: ``None`` for those who became known.
        count: how many went.
        corrected: how many transitions from here to there no longer stand; ``None`` where it is not known by what the
            slice is of.
    """

    from_stage: str | None
    to_stage: str
    count: int
    corrected: int | None


def flow_report(parts: Parts, asked: Asked) -> Report[FlowFigures]:
    """The flows between the stages that are reported, each that has a number in the span.

    Arguments:
        parts: of the days of the span.
        asked: of when and whom.
    """
    dimension, value = asked.slice
    anonymous = {stage.key for stage in asked.funnel.stages if stage.anonymous}
    periods = asked.periods
    flows = _Flows(parts, dimension, Calendar(periods), [value], anonymous)
    by_value = _Flows(parts, asked.break_down, whole(asked.span), None, anonymous) if asked.break_down else None
    stages = reported_stages(asked.funnel, flows.seen_stages())
    return Report(
        stages=stages,
        totals=flows.figures(stages, value, range(1, len(periods) + 1)),
        periods=by_period(periods, lambda place: flows.figures(stages, value, range(place + 1, place + 2))),
        break_down=tuple(ValueFigures(one, by_value.figures(stages, one, range(1, 2))) for one in by_value.values)
        if by_value
        else (),
    )


class _Flows:
    """Moves and corrected transitions, by value and bucket."""

    def __init__(
        self, parts: Parts, dimension: str, calendar: Calendar, values: Sequence[str] | None, anonymous: set[str]
    ) -> None:
        def from_and_to(thing: Thing) -> _Flow:
            return None if thing[1] in anonymous else thing[1], thing[2]

        self._knows_corrected = dimension in CORRECTED_KNOWN_BY
        tables = {"moves": from_and_to} | ({"corrected": from_and_to} if self._knows_corrected else {})
        added: Mapping[str, Buckets] = add_up(parts, ("flows", dimension), calendar, tables, values=values)
        self._moves, self._corrected = added["moves"], added.get("corrected", {})
        self._calendar = calendar
        self.values = sorted({*self._moves, *self._corrected})

    def seen_stages(self) -> set[str]:
        """The stages that a flow leads from or to in one of the periods."""
        return {
            stage
            for buckets in (*self._moves.values(), *self._corrected.values())
            for bucket in buckets[1:]
            for flow in bucket
            for stage in flow
            if stage is not None
        }

    def figures(self, stages: Sequence[ReportedStage], value: str, places: range) -> tuple[FlowFigures, ...]:
        """The flows over some buckets, in the order of the stages."""
        moves, corrected = self._sum(self._moves, value, places), self._sum(self._corrected, value, places)
        order = {stage.stage: place for place, stage in enumerate(stages)}
        listed = [
            (order.get(from_stage or "", -1), order[to_stage], (from_stage, to_stage))
            for from_stage, to_stage in moves.keys() | corrected.keys()
            if to_stage in order and (from_stage is None or from_stage in order)
        ]
        return tuple(
            FlowFigures(*flow, moves[flow], corrected[flow] if self._knows_corrected else None)
            for _, _, flow in sorted(listed, key=lambda entry: entry[:2])
        )

    @staticmethod
    def _sum(of: Buckets, value: str, places: range) -> Counter[_Flow]:
        total: Counter[_Flow] = Counter()
        if buckets := of.get(value):
            for place in places:
                total.update(buckets[place])
        return total
