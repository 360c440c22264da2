"""What a funnel did over time: who entered each stage, who went on, and how long they stayed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from lifecycle.funnel.definition import Funnel, Stage
from lifecycle.reports.durations import Durations

#: A stay in a stage: which, from when, and until when (``None``: still there).
Passage = tuple[str, datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class TimeInStage:
    """How long stays in a stage are: half of them no longer than ``median``, and so on."""

    median: timedelta
    p75: timedelta
    p90: timedelta


@dataclass(frozen=True, slots=True)
class StageHistory:
    """One stage's figures.

    Attributes:
        entered: how many prospects ever were in it.
        now: how many are.
        went_on: how many of those who entered were in a higher stage later; beside the ladder, in any stage on it.
        time: of all stays, those that go on counted up to the moment of the report; ``None`` without any.
    """

    stage: str
    label: str
    beside: bool
    entered: int
    now: int
    went_on: int
    time: TimeInStage | None


@dataclass(frozen=True, slots=True)
class Conversion:
    """Of ``entered`` prospects in one stage of the ladder, how many ``reached`` another, or one above it, later."""

    from_stage: str
    to_stage: str
    entered: int
    reached: int

    @property
    def rate(self) -> float | None:
        """The part that reached it; ``None`` where nobody entered."""
        return self.reached / self.entered if self.entered else None


@dataclass(frozen=True, slots=True)
class FunnelHistory:
    """The stages that are reported, in order, and of those on the ladder the conversion to the next and to the last."""

    stages: tuple[StageHistory, ...]
    conversions: tuple[Conversion, ...]


@dataclass(slots=True)
class _StageTally:
    entered: int = 0
    now: int = 0
    went_on: int = 0
    reached_last: int = 0
    stays: Durations = field(default_factory=Durations)


class HistoryTally:
    """The figures of a funnel's stages, from the stays of one prospect after the other. Tallies add up.

    Arguments:
        funnel: says which stages are reported, and their order.
    """

    def __init__(self, funnel: Funnel) -> None:
        ladder = [stage.key for stage in funnel.ladder]
        self._reported = [stage for stage in funnel.stages if stage.reported and not stage.anonymous]
        self._ranks = {stage.key: -1 if stage.beside else ladder.index(stage.key) for stage in self._reported}
        self._top = max(self._ranks.values(), default=-1)
        self._stages: dict[str, _StageTally] = {}

    def take(self, passages: Sequence[Passage], as_of: datetime) -> None:
        """Count the stays of one prospect.

        Arguments:
            passages: in order; one without an end goes on.
            as_of: up to when a stay that goes on is counted.
        """
        reached: dict[str, int] = {}
        highest = -1
        for stage, start, end in reversed(passages):
            if stage in self._ranks:
                tally = self._of(stage)
                tally.stays.take((end or as_of) - start)
                tally.now += end is None
                # Walked backwards: what is left here in the end is the highest rank after the first stay.
                reached[stage] = highest
                highest = max(highest, self._ranks[stage])
        for stage, rank in reached.items():
            tally = self._of(stage)
            tally.entered += 1
            tally.went_on += rank > self._ranks[stage]
            tally.reached_last += rank == self._top > self._ranks[stage]

    def _of(self, stage: str) -> _StageTally:
        return self._stages.setdefault(stage, _StageTally())

    def dump(self) -> dict[str, Any]:
        """Plain JSON values, which ``merge`` takes."""
        return {
            stage: {
                "entered": tally.entered,
                "now": tally.now,
                "went_on": tally.went_on,
                "reached_last": tally.reached_last,
                "stays": tally.stays.dump(),
            }
            for stage, tally in sorted(self._stages.items())
        }

    def merge(self, values: Mapping[str, Any]) -> None:
        """Add what ``dump`` gave of others in the same funnel."""
        for stage, counts in values.items():
            tally = self._of(stage)
            tally.entered += int(counts["entered"])
            tally.now += int(counts["now"])
            tally.went_on += int(counts["went_on"])
            tally.reached_last += int(counts["reached_last"])
            tally.stays.merge(counts["stays"])

    def report(self) -> FunnelHistory:
        """The figures."""
        ladder = [stage.key for stage in self._reported if not stage.beside]
        conversions = []
        for stage, following in pairwise(ladder):
            tally = self._of(stage)
            conversions.append(Conversion(stage, following, tally.entered, tally.went_on))
            if following != ladder[-1]:
                conversions.append(Conversion(stage, ladder[-1], tally.entered, tally.reached_last))
        return FunnelHistory(tuple(map(self._stage_history, self._reported)), tuple(conversions))

    def _stage_history(self, stage: Stage) -> StageHistory:
        tally = self._of(stage.key)
        return StageHistory(
            stage=stage.key,
            label=stage.label,
            beside=stage.beside,
            entered=tally.entered,
            now=tally.now,
            went_on=tally.went_on,
            time=_time_in_stage(tally.stays),
        )


def _time_in_stage(stays: Durations) -> TimeInStage | None:
    median, p75, p90 = (stays.quantile(part) for part in (0.5, 0.75, 0.9))
    return None if median is None or p75 is None or p90 is None else TimeInStage(median, p75, p90)
