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


class EvidenceLog:
    """A log to hold criteria against.

    Arguments:
        events: in the order of the fold.
        covers: tells which of them are withdrawn.
        machine: what these events come to.
    """

    def __init__(self, events: Sequence[Event], covers: Callable[[Event], bool], machine: Machine) -> None:
        self._events = [event for event in events if not covers(event)]
        self._machine = machine

    def evidence(self, criterion: Criterion, line: Key | None) -> tuple[str, ...]:
        """The ids of the events newer than ``line`` that satisfy a criterion, in the order of the log.

        Of several ways to satisfy ``any``, the first that its sentence names.
        """
        return tuple(key.id for key in sorted(set(self._keys(criterion, line))))

    def report(self, criterion: Criterion, line: Key | None) -> CriterionReport:
        """Hold a criterion and its parts against the log."""
        parts: tuple[CriterionReport, ...] = ()
        if isinstance(criterion, AllCriterion | AnyCriterion):
            parts = tuple(self.report(part, line) for part in criterion.parts)
        met = self._met(criterion, line)
        return CriterionReport(
            sentence=criterion.sentence + ("" if met else self._progress(criterion, line)),
            met=met,
            evidence=self.evidence(criterion, line) if met else (),
            parts=parts,
        )

    def _met(self, criterion: Criterion, line: Key | None) -> bool:  # noqa: PLR0911 - one for each kind
        match criterion:
            case KnownCriterion():
                return self._machine.known is not None
            case ActivityCriterion(count=count):
                return len(self._matching(criterion, line)) >= count
            case ScoreCriterion(at_least):
                return self._score(line) >= at_least
            case DealCriterion():
                return any(deal.satisfies(criterion, line) for deal in self._machine.deals.values())
            case DecisionCriterion():
                return bool(self._decisions(criterion, line))
            case BelowCriterion(stage):
                return 0 <= self._machine.at.rank < self._machine.plan.by_key[stage].rank
            case AllCriterion(parts):
                return all(self._met(part, line) for part in parts)
            case AnyCriterion(parts):
                return any(self._met(part, line) for part in parts)
            case NotCriterion(part):
                return not self._met(part, None)

    def _keys(self, criterion: Criterion, line: Key | None) -> list[Key]:  # noqa: PLR0911 - one for each kind
        match criterion:
            case KnownCriterion():
                return [self._machine.known] if self._machine.known else []
            case ActivityCriterion(count=count):
                return [activity.key for activity in self._matching(criterion, line)[:count]]
            case ScoreCriterion(at_least):
                return self._fewest_for(at_least, line)
            case DealCriterion():
                deals = self._machine.deals.values()
                return [deal.entered for deal in deals if deal.entered and deal.satisfies(criterion, line)]
            case DecisionCriterion():
                return [decision.key for decision in self._decisions(criterion, line)[:1]]
            case AllCriterion(parts):
                return [key for part in parts for key in self._keys(part, line)]
            case AnyCriterion(parts):
                return next((self._keys(part, line) for part in parts if self._met(part, line)), [])
            case BelowCriterion() | NotCriterion():
                return []

    def _progress(self, criterion: Criterion, line: Key | None) -> str:
        if isinstance(criterion, ScoreCriterion):
            return f" (it is {self._score(line)})"
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

    def _decisions(self, criterion: DecisionCriterion, line: Key | None) -> list[Decision]:
        return [e for e in self._since(line) if isinstance(e, Decision) and e.action == criterion.action]

    def _points(self, line: Key | None) -> list[tuple[int, Key]]:
        points = self._machine.plan.points
        scored = ((points(activity.type, activity.direction), activity.key) for activity in self._counted(line))
        return [(number, key) for number, key in scored if number]

    def _score(self, line: Key | None) -> int:
        return sum(number for number, _ in self._points(line))

    def _fewest_for(self, threshold: int, line: Key | None) -> list[Key]:
        """The fewest activities whose points reach a threshold: the weightiest first, older ones before newer."""
        total, keys = 0, []
        for number, key in sorted(self._points(line), key=lambda point: (-point[0], point[1])):
            if total >= threshold:
                break
            total += number
            keys.append(key)
        return keys
