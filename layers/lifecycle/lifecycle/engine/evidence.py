"""Criteria held against a log: which events satisfy them, and what is still missing.

Slower than the machine's counters and needed seldom: at a move, and when somebody asks why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from lifecycle.engine.machine import SCORE_DIGITS, Machine, Points, Transition
from lifecycle.engine.plan import counts_kind, tells
from lifecycle.events import Activity, Decision, Event, Key, Order
from lifecycle.funnel.criteria import (
    ActivityCriterion,
    AllCriterion,
    AnyCriterion,
    AtLeastCriterion,
    AttributeCriterion,
    BelowCriterion,
    Criterion,
    DealCriterion,
    DecisionCriterion,
    KnownCriterion,
    MailDomainCriterion,
    NotCriterion,
    ScoreCriterion,
    StageCriterion,
    parts_of,
)
from lifecycle.funnel.mail_domains import are_at


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
        return tuple(key.id for key in sorted(set(self.keys)) if key.order >= Order.ACTIVITY)

    @property
    def held(self) -> str:
        """What held, in words: of several ways to satisfy ``any``, the one that stands for it."""
        if isinstance(self.criterion, AllCriterion):
            return " and ".join(part.held for part in self.parts)
        if isinstance(self.criterion, AnyCriterion):
            return next(part for part in self.parts if part.met).held
        if isinstance(self.criterion, AtLeastCriterion):
            return " and ".join(part.held for part in self.parts if part.met)
        return self.criterion.sentence


class Standing(NamedTuple):
    """Where a prospect stands, or stood, when a criterion is held against its log.

    ``moment`` is the time of asking, ``since`` that of its entry; ``machine`` is what the log comes to by then.
    """

    machine: Machine
    stage: str
    since: Key | None
    moment: datetime

    @classmethod
    def of(cls, machine: Machine, moment: datetime) -> Standing:
        """Where a machine stands, asked at a moment."""
        return cls(machine, machine.at.stage.key, machine.since, moment)

    @classmethod
    def before(cls, transition: Transition, machine: Machine) -> Standing:
        """Where a prospect stood right before a move."""
        return cls(machine, transition.from_stage, transition.stood_since, transition.occurred_at)


class EvidenceLog:
    """A log to hold criteria against.

    Arguments:
        events: in the order of the fold.
        covers: tells which of them are withdrawn.
        standing: what these events come to, and when it is asked.
    """

    def __init__(self, events: Sequence[Event], covers: Callable[[Event], bool], standing: Standing) -> None:
        self._events = [event for event in events if not covers(event)]
        self._machine = standing.machine
        self._standing = standing

    def report(self, criterion: Criterion, line: Key | None) -> CriterionReport:
        """Hold a criterion and all its parts against the events newer than ``line``."""
        inner = None if isinstance(criterion, NotCriterion) else line
        parts = tuple(self.report(part, inner) for part in parts_of(criterion))
        found = self.find(criterion, line)
        return CriterionReport(
            sentence=criterion.sentence + ("" if found.met else self._progress(criterion, line)),
            met=found.met,
            evidence=found.evidence if found.met else (),
            parts=parts,
        )

    def find(self, criterion: Criterion, line: Key | None) -> Finding:
        """What a log newer than ``line`` holds for a criterion, as far as it takes to see whether it is met."""
        match criterion:
            case AllCriterion():
                parts = tuple(self.find(part, line) for part in criterion.parts)
                met = all(part.met for part in parts)
                return Finding(criterion, met, tuple(key for part in parts for key in part.keys), parts)
            case AnyCriterion():
                return self._find_any(criterion, line)
            case AtLeastCriterion(count):
                parts = tuple(self.find(part, line) for part in criterion.parts)
                found = [part for part in parts if part.met]
                return Finding(criterion, len(found) >= count, tuple(key for part in found for key in part.keys), parts)
            case NotCriterion(part):
                return Finding(criterion, not self.find(part, None).met, ())
        return self._find_leaf(criterion, line)

    def _find_leaf(self, leaf: Criterion, line: Key | None) -> Finding:
        machine = self._machine
        match leaf:
            case ActivityCriterion(count=count):
                matching = self._matching(leaf, line)
                return Finding(leaf, len(matching) >= count, tuple(event.key for event in matching[:count]))
            case ScoreCriterion(at_least):
                points = self._points(line)
                met = self._score(points) >= at_least
                return Finding(leaf, met, _fewest_for(at_least - machine.fit, points))
            case DealCriterion():
                deals = [deal for deal in machine.deals.values() if deal.satisfies(leaf, line)]
                return Finding(leaf, bool(deals), tuple(deal.entered for deal in deals if deal.entered))
            case DecisionCriterion(action):
                taken = [e.key for e in self._since(line) if isinstance(e, Decision) and e.action == action]
                return Finding(leaf, bool(taken), tuple(taken[:1]))
        return self._find_standing(leaf)

    def _find_standing(self, leaf: Criterion) -> Finding:
        """Of a criterion that asks who the prospect is and where it stands."""
        machine, standing = self._machine, self._standing
        known = (machine.known,) if machine.known else ()
        match leaf:
            case KnownCriterion():
                return Finding(leaf, bool(known), known)
            case AttributeCriterion(condition):
                told = [event.key for event in self._counted(None) if tells(condition.name, event.traits)]
                return Finding(leaf, condition.compiled()(machine.traits), tuple(told[-1:]))
            case MailDomainCriterion(domain):
                return Finding(leaf, are_at(machine.emails, domain, machine.plan.funnel.competitor_domains), known)
            case StageCriterion(stages, duration):
                if standing.since is None:
                    return Finding(leaf, False, ())
                stood = standing.moment - standing.since.occurred_at >= duration.length
                return Finding(leaf, stood and standing.stage in stages, (standing.since,))
            case BelowCriterion(stage):
                by_key = machine.plan.by_key
                rank = by_key[standing.stage].rank if standing.stage in by_key else -1
                return Finding(leaf, 0 <= rank < by_key[stage].rank, ())
        raise TypeError(f"{leaf} cannot be held against a log")

    def _find_any(self, criterion: AnyCriterion, line: Key | None) -> Finding:
        parts: list[Finding] = []
        for part in criterion.parts:
            parts.append(self.find(part, line))
            if parts[-1].met:
                return Finding(criterion, True, parts[-1].keys, tuple(parts))
        return Finding(criterion, False, (), tuple(parts))

    def _progress(self, criterion: Criterion, line: Key | None) -> str:
        if isinstance(criterion, ScoreCriterion):
            return f" (it is {_number(self._score(self._points(line)))})"
        if isinstance(criterion, ActivityCriterion) and criterion.count > 1:
            return f" ({len(self._matching(criterion, line))} so far)"
        return ""

    def _since(self, line: Key | None) -> Iterable[Event]:
        return self._events if line is None else (event for event in self._events if event.key > line)

    def _counted(self, line: Key | None) -> Iterable[Activity]:
        return (event for event in self._since(line) if isinstance(event, Activity) and not event.automated)

    def _matching(self, criterion: ActivityCriterion, line: Key | None) -> list[Activity]:
        oldest = self._standing.moment - criterion.within.length if criterion.within else None
        holds = [condition.compiled() for condition in criterion.where]
        return [
            activity
            for activity in self._counted(line)
            if counts_kind(criterion, activity.type, activity.direction)
            and (oldest is None or activity.occurred_at > oldest)
            and all(test(activity.properties) for test in holds)
        ]

    def _points(self, line: Key | None) -> list[tuple[float, Key]]:
        """What each activity is worth now, and its key."""
        plan, moment = self._machine.plan, self._standing.moment
        earned = (
            (Points(plan.points(activity), activity.occurred_at), activity.key) for activity in self._counted(line)
        )
        return [(points.faded(moment, plan.half_life), key) for points, key in earned if points.worth]

    def _score(self, points: Sequence[tuple[float, Key]]) -> float:
        return round(sum(worth for worth, _ in points) + self._machine.fit, SCORE_DIGITS)


def _number(score: float) -> str:
    return f"{score:.1f}".removesuffix(".0")


def _fewest_for(threshold: float, points: Sequence[tuple[float, Key]]) -> tuple[Key, ...]:
    """The fewest activities whose points reach a threshold: the weightiest first, older ones before newer."""
    total, keys = 0.0, []
    for number, key in sorted(points, key=lambda point: (-point[0], point[1])):
        if total >= threshold:
            break
        total += number
        keys.append(key)
    return tuple(keys)
