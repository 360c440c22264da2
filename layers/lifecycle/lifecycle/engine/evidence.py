"""Criteria held against a log: which events satisfy them, and what is still missing.

Slower than the machine's counters and needed seldom: at a move, and when somebody asks why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from lifecycle.engine.machine import Machine
from lifecycle.engine.plan import counts_kind
from lifecycle.events import Activity, Decision, Event, Key
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
)


@dataclass(frozen=True, slots=True)
class CriterionReport:
    """One criterion held against a log: a sentence, whether it is met, by which events, and its parts."""

    sentence: str
    met: bool
    evidence: tuple[str, ...]
    parts: tuple[CriterionReport, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One criterion held against a log: whether it is met, by which events, and what was found of its parts.

    Where a part of ``any`` is met, the first such part stands for it.
    """

    criterion: Criterion
    met: bool
    keys: tuple[Key, ...]
    parts: tuple[Finding, ...] = ()

    @property
    def evidence(self) -> tuple[str, ...]:
        """The ids of the events, in the order of the log."""
        return tuple(key.id for key in sorted(set(self.keys)))

    @property
    def held(self) -> str:
        """What held, in words: of several ways to satisfy ``any``, the one that stands for it."""
        if isinstance(self.criterion, AllCriterion):
            return " and ".join(part.held for part in self.parts)
        if isinstance(self.criterion, AnyCriterion):
            return next(part for part in self.parts if part.met).held
        return self.criterion.sentence


class EvidenceLog:
    """A log to hold criteria against.

    Arguments:
        events: in the order of the fold.
        covers: tells which of them are withdrawn.
        machine: what these events come to.
        stage: where the prospect stands, or stood before the move that is to be explained.
    """

    def __init__(self, events: Sequence[Event], covers: Callable[[Event], bool], machine: Machine, stage: str) -> None:
        self._events = [event for event in events if not covers(event)]
        self._machine = machine
        self._rank = machine.plan.by_key[stage].rank

    def report(self, criterion: Criterion, line: Key | None) -> CriterionReport:
        """Hold a criterion and all its parts against the events newer than ``line``."""
        parts: tuple[CriterionReport, ...] = ()
        if isinstance(criterion, AllCriterion | AnyCriterion):
            parts = tuple(self.report(part, line) for part in criterion.parts)
        found = self.find(criterion, line)
        return CriterionReport(
            sentence=criterion.sentence + ("" if found.met else self._progress(criterion, line)),
            met=found.met,
            evidence=found.evidence if found.met else (),
            parts=parts,
        )

    def find(self, criterion: Criterion, line: Key | None) -> Finding:  # noqa: PLR0911 - one for each kind
        """What a log newer than ``line`` holds for a criterion, as far as it takes to see whether it is met."""
        machine = self._machine
        match criterion:
            case KnownCriterion():
                return Finding(criterion, machine.known is not None, (machine.known,) if machine.known else ())
            case ActivityCriterion(count=count):
                matching = self._matching(criterion, line)
                return Finding(criterion, len(matching) >= count, tuple(event.key for event in matching[:count]))
            case ScoreCriterion(at_least):
                points = self._points(line)
                met = sum(number for number, _ in points) >= at_least
                return Finding(criterion, met, _fewest_for(at_least, points))
            case DealCriterion():
                deals = [deal for deal in machine.deals.values() if deal.satisfies(criterion, line)]
                return Finding(criterion, bool(deals), tuple(deal.entered for deal in deals if deal.entered))
            case DecisionCriterion(action):
                taken = [e.key for e in self._since(line) if isinstance(e, Decision) and e.action == action]
                return Finding(criterion, bool(taken), tuple(taken[:1]))
            case BelowCriterion(stage):
                return Finding(criterion, 0 <= self._rank < machine.plan.by_key[stage].rank, ())
            case AllCriterion():
                parts = tuple(self.find(part, line) for part in criterion.parts)
                met = all(part.met for part in parts)
                return Finding(criterion, met, tuple(key for part in parts for key in part.keys), parts)
            case AnyCriterion():
                return self._find_any(criterion, line)
            case NotCriterion(part):
                return Finding(criterion, not self.find(part, None).met, ())

    def _find_any(self, criterion: AnyCriterion, line: Key | None) -> Finding:
        parts: list[Finding] = []
        for part in criterion.parts:
            parts.append(self.find(part, line))
            if parts[-1].met:
                return Finding(criterion, True, parts[-1].keys, tuple(parts))
        return Finding(criterion, False, (), tuple(parts))

    def _progress(self, criterion: Criterion, line: Key | None) -> str:
        if isinstance(criterion, ScoreCriterion):
            return f" (it is {sum(number for number, _ in self._points(line))})"
        if isinstance(criterion, ActivityCriterion) and criterion.count > 1:
            return f" ({len(self._matching(criterion, line))} so far)"
        return ""

    def _since(self, line: Key | None) -> Iterable[Event]:
        return self._events if line is None else (event for event in self._events if event.key > line)

    def _counted(self, line: Key | None) -> Iterable[Activity]:
        return (event for event in self._since(line) if isinstance(event, Activity) and not event.automated)

    def _matching(self, criterion: ActivityCriterion, line: Key | None) -> list[Activity]:
        return [
            activity
            for activity in self._counted(line)
            if counts_kind(criterion, activity.type, activity.direction)
            and all(condition.holds(activity.properties) for condition in criterion.where)
        ]

    def _points(self, line: Key | None) -> list[tuple[int, Key]]:
        points = self._machine.plan.points
        scored = ((points(activity.type, activity.direction), activity.key) for activity in self._counted(line))
        return [(number, key) for number, key in scored if number]


def _fewest_for(threshold: int, points: Sequence[tuple[int, Key]]) -> tuple[Key, ...]:
    """The fewest activities whose points reach a threshold: the weightiest first, older ones before newer."""
    total, keys = 0, []
    for number, key in sorted(points, key=lambda point: (-point[0], point[1])):
        if total >= threshold:
            break
        total += number
        keys.append(key)
    return tuple(keys)
