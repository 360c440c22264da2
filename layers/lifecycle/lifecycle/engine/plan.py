"""A funnel made ready for the fold: every condition becomes a counter, every criterion a function of the counters.

Compiled once per funnel version. An activity then costs the additions of its own type and direction; the criteria are
asked only when a counter reached its threshold, which is the only time that their answer can change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from lifecycle.events import Direction
from lifecycle.funnel.criteria import (
    ActivityCriterion,
    AllCriterion,
    AnyCriterion,
    BelowCriterion,
    Criterion,
    DealCriterion,
    DecisionCriterion,
    KnownCriterion,
    NotCriterion,
    ScoreCriterion,
    leaves_of,
)
from lifecycle.funnel.definition import Funnel, Stage

if TYPE_CHECKING:
    from lifecycle.engine.machine import Machine

Test = Callable[["Machine"], bool]

#: Where the tallies of a machine keep each direction; automated activities have a place of their own.
TALLIES = ("inbound", "outbound", "internal", "automated")
AUTOMATED = TALLIES.index("automated")


class Counting(NamedTuple):
    """What one activity of a given type and direction adds.

    ``always`` holds the counters it adds to whatever its properties; ``when`` those with a test of the properties.
    """

    tally: int
    points: int
    always: tuple[int, ...]
    when: tuple[tuple[int, Callable[[Mapping[str, Any]], bool]], ...]


class PlannedStage(NamedTuple):
    """A stage with its compiled criterion. ``rank`` is its place on the ladder, -1 beside it."""

    rank: int
    stage: Stage
    holds: Test
    counters: frozenset[int]


class Plan:
    """A compiled funnel."""

    def __init__(self, funnel: Funnel) -> None:
        self.funnel = funnel
        self._criteria: list[ActivityCriterion | DecisionCriterion] = []
        for stage in funnel.stages:
            for leaf in leaves_of(stage.enter_when) if stage.enter_when else ():
                if isinstance(leaf, ActivityCriterion | DecisionCriterion) and leaf not in self._criteria:
                    self._criteria.append(leaf)
        self.counters = len(self._criteria)
        self.thresholds = tuple(
            criterion.count if isinstance(criterion, ActivityCriterion) else 1 for criterion in self._criteria
        )
        self.scores = tuple(sorted({leaf.at_least for leaf in self._leaves() if isinstance(leaf, ScoreCriterion)}))
        self.decisions: Mapping[str, tuple[int, ...]] = {
            leaf.action: (index,) for index, leaf in enumerate(self._criteria) if isinstance(leaf, DecisionCriterion)
        }
        self.stages = tuple(self._planned(index, stage) for index, stage in enumerate(funnel.stages))
        self.ladder = tuple(stage for stage in self.stages if stage.rank >= 0)
        self.ladder_down = tuple(reversed(self.ladder))
        self.exits = tuple(stage for stage in self.stages if stage.rank < 0 and stage.stage.enter_when)
        self.reopening = tuple(stage for stage in self.ladder_down if stage.stage.reopens)
        self.reverting = tuple(stage for stage in self.ladder_down if stage.stage.allow_reversion)
        self.by_key = {stage.stage.key: stage for stage in self.stages}
        self.by_decision = {stage.stage.decision: stage for stage in self.stages if stage.stage.decision}
        self.countings: dict[tuple[str, Direction], Counting] = {}

    def _leaves(self) -> tuple[Criterion, ...]:
        return tuple(leaf for stage in self.funnel.stages if stage.enter_when for leaf in leaves_of(stage.enter_when))

    def _planned(self, index: int, stage: Stage) -> PlannedStage:
        criterion = stage.enter_when
        leaves = leaves_of(criterion) if criterion else ()
        counters = frozenset(self._criteria.index(leaf) for leaf in leaves if isinstance(leaf, ActivityCriterion))
        holds = self._compile(criterion, present=False) if criterion else _never
        return PlannedStage(-1 if stage.beside else index, stage, holds, counters)

    def counting(self, type_: str, direction: Direction) -> Counting:
        """What an activity of this type and direction adds (computed once, then remembered)."""
        found = self.countings.get((type_, direction))
        if found is None:
            found = self.countings[type_, direction] = self._counting(type_, direction)
        return found

    def _counting(self, type_: str, direction: Direction) -> Counting:
        always: list[int] = []
        when: list[tuple[int, Callable[[Mapping[str, Any]], bool]]] = []
        for index, leaf in enumerate(self._criteria):
            if isinstance(leaf, ActivityCriterion) and counts_kind(leaf, type_, direction):
                if leaf.where:
                    when.append((index, _conditions(leaf)))
                else:
                    always.append(index)
        points = self.points(type_, direction)
        return Counting(TALLIES.index(direction), points, tuple(always), tuple(when))

    def points(self, type_: str, direction: Direction) -> int:
        """The points of an activity: inbound ones only."""
        return self.funnel.weights.get(type_, self.funnel.other_weight) if direction == "inbound" else 0

    def _compile(self, criterion: Criterion, *, present: bool) -> Test:  # noqa: PLR0911 - one for each kind
        match criterion:
            case KnownCriterion():
                return _known
            case ActivityCriterion() | DecisionCriterion():
                return _reached(self._criteria.index(criterion), self.thresholds[self._criteria.index(criterion)])
            case ScoreCriterion(at_least):
                return lambda machine: machine.score >= at_least
            case DealCriterion():
                return _deal(criterion, present=present)
            case BelowCriterion(stage):
                rank = self.funnel.stage_keys.index(stage)
                return lambda machine: 0 <= machine.at.rank < rank
            case AllCriterion(parts):
                tests = tuple(self._compile(part, present=present) for part in parts)
                return lambda machine: all(test(machine) for test in tests)
            case AnyCriterion(parts):
                options = tuple(self._compile(part, present=present) for part in parts)
                return lambda machine: any(test(machine) for test in options)
            case NotCriterion(part):
                test = self._compile(part, present=True)
                return lambda machine: not test(machine)


def counts_kind(criterion: ActivityCriterion, type_: str, direction: Direction) -> bool:
    """Whether an activity of this type and direction is of the kind that a criterion counts."""
    return criterion.type in (None, type_) and criterion.direction in (None, direction)


def _conditions(criterion: ActivityCriterion) -> Callable[[Mapping[str, Any]], bool]:
    if len(criterion.where) == 1:
        return criterion.where[0].holds
    return lambda properties: all(condition.holds(properties) for condition in criterion.where)


def _reached(index: int, threshold: int) -> Test:
    return lambda machine: machine.counts[index] >= threshold


def _deal(criterion: DealCriterion, *, present: bool) -> Test:
    def holds(machine: Machine) -> bool:
        return any(deal.satisfies(criterion, None if present else machine.line) for deal in machine.deals.values())

    return holds


def _known(machine: Machine) -> bool:
    return machine.known is not None


def _never(_: Machine) -> bool:
    return False
