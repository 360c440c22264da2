"""The machine that walks a log: where a prospect stands, and what it has earned since its line.

``Machine.step`` takes one event in order. It is the same for a whole log and for one more event on a stored state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from lifecycle.engine.plan import AUTOMATED, TALLIES, Plan, PlannedStage
from lifecycle.events import Activity, DealFact, DealStatus, Decision, Event, Identity, Key
from lifecycle.funnel.criteria import Criterion, DealCriterion

Cause = Literal["rule", "decision", "correction", "funnel_published", "merge"]


@dataclass(slots=True)
class Transition:
    """One move from a stage to another (design, rule 13).

    ``event`` is the key of the event at which it became true. ``criterion`` is the condition that held, ``None`` for
    a move by decision; ``because`` says either in words. ``corrected_by`` is the id of the event that withdrew its
    evidence; ``restated_by`` that of the event whose withdrawals brought this move to light. ``line`` is the line that
    stood before the move: evidence is newer than it.
    """

    from_stage: str
    to_stage: str
    event: Key
    cause: Cause
    because: str
    criterion: Criterion | None
    funnel_version: int
    cycle: int
    actor: str | None = None
    reason: str | None = None
    evidence: tuple[str, ...] = ()
    corrected_by: str | None = None
    restated_by: str | None = None
    line: Key | None = field(default=None, compare=False, repr=False)

    @property
    def occurred_at(self) -> datetime:
        """When it became true."""
        return self.event.occurred_at


@dataclass(slots=True)
class Deal:
    """A deal as the prospect's log tells it. ``entered`` is the event at which it entered its status.

    ``contacts`` maps the partitions by which the prospect is linked to their roles (empty: not linked).
    """

    status: DealStatus | None = None
    entered: Key | None = None
    contacts: dict[str, str | None] = field(default_factory=dict)
    name: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    lost_reason: str | None = None

    @property
    def counts(self) -> bool:
        """Whether the prospect is linked and the status is known."""
        return bool(self.contacts) and self.status is not None

    def satisfies(self, criterion: DealCriterion, line: Key | None) -> bool:
        """Whether it meets a criterion by a status that it entered after the line."""
        return (
            self.counts
            and criterion.status in (None, self.status)
            and (line is None or (self.entered is not None and self.entered > line))
            and (criterion.roles is None or any(role in criterion.roles for role in self.contacts.values()))
        )

    def learn(self, fact: DealFact) -> None:
        """Take in what a fact says; what it does not mention stays."""
        if fact.status is not None and fact.status != self.status:
            self.status, self.entered, self.lost_reason = fact.status, fact.key, None
        if fact.linked:
            self.contacts[fact.contact] = fact.role
        elif fact.linked is False:
            self.contacts.pop(fact.contact, None)
        self.name = self.name if fact.name is None else fact.name
        self.amount = self.amount if fact.amount is None else fact.amount
        self.currency = self.currency if fact.currency is None else fact.currency
        self.lost_reason = self.lost_reason if fact.lost_reason is None else fact.lost_reason


class Machine:
    """A prospect on its way through a funnel.

    Attributes:
        at: the stage it stands in.
        since: the key of the event that took it there; ``None`` before the first event.
        entry: the transition that took it there, where this machine has seen it.
        first, last: the keys of the first and the last event walked.
        known: the key of the first event that named an email.
        identities: every identity that the log names, in order of appearance.
        cycle: which pass through the funnel this is, from 1.
        line: the baseline: the key of the last move back or exit; what is not newer earns nothing.
        counts: per counter of the plan, how many events since the line.
        score: points since the line.
        tally: activities by direction, and automated ones apart, over the whole log.
        deals: every deal that the log speaks of, by id.
        awaited: ids of events that are withdrawn already and have not been seen yet.
        pending: the criteria are to be asked at the next event, though no counter may change.
    """

    __slots__ = (
        "at", "awaited", "counts", "cycle", "deals", "entry", "first", "goal", "identities", "known", "last", "line",
        "pending", "plan", "score", "since", "tally",
    )  # fmt: skip

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.at: PlannedStage = plan.ladder[0]
        self.since: Key | None = None
        self.entry: Transition | None = None
        self.first: Key | None = None
        self.last: Key | None = None
        self.known: Key | None = None
        self.identities: dict[Identity, None] = {}
        self.cycle = 1
        self.line: Key | None = None
        self.counts = [0] * plan.counters
        self.score = 0
        self.goal = self.next_goal()
        self.tally = [0] * len(TALLIES)
        self.deals: dict[str, Deal] = {}
        self.awaited: set[str] = set()
        self.pending = False

    def next_goal(self) -> float:
        """The lowest score, above today's, that a criterion asks for."""
        return next((score for score in self.plan.scores if score > self.score), float("inf"))

    def step(self, event: Event) -> Transition | None:
        """Walk one event that is newer than all before it and does not withdraw any.

        Returns:
            The move that it caused, without its evidence; ``None`` if it moved nobody.
        """
        key = event.key
        self.last = key
        if self.first is None:
            self.first = self.since = key
        if isinstance(event, Activity):
            return self._activity(event, key)
        if isinstance(event, DealFact):
            return self._deal_fact(event)
        if isinstance(event, Decision):
            return self._decision(event)
        return None

    def identify(self, event: Event) -> Transition | None:
        """Walk a withdrawn event: nothing of it counts but the identities that it names.

        Who is who is a fact apart from the evidence: it is undone by ``unmerge``, not by a withdrawal.
        """
        self.last = event.key
        if self.first is None:
            self.first = self.since = event.key
        named = isinstance(event, Activity | DealFact) and self._name(event.identities, event.key)
        return self._judge(event.key) if named else None

    def _name(self, identities: tuple[Identity, ...], key: Key) -> bool:
        """Remember identities; whether an email became known by them."""
        became_known = False
        for identity in identities:
            if identity not in self.identities:
                self.identities[identity] = None
                if self.known is None and identity.kind == "email":
                    self.known = key
                    became_known = True
        return became_known

    def _activity(self, event: Activity, key: Key) -> Transition | None:
        became_known = self._name(event.identities, key)
        if event.automated:
            self.tally[AUTOMATED] += 1
            return self._judge(key) if became_known else None
        changed = became_known or self.pending
        plan = self.plan
        counting = plan.countings.get((event.type, event.direction)) or plan.counting(event.type, event.direction)
        self.tally[counting.tally] += 1
        counts, thresholds = self.counts, plan.thresholds
        for index in counting.always:
            counts[index] += 1
            if counts[index] == thresholds[index]:
                changed = True
        for index, holds in counting.when:
            if holds(event.properties):
                counts[index] += 1
                if counts[index] == thresholds[index]:
                    changed = True
        if counting.points:
            self.score += counting.points
            if self.score >= self.goal:
                self.goal = self.next_goal()
                changed = True
        if plan.reverting and (back := self._revert(event, counting.always, key)):
            return back
        return self._judge(key) if changed else None

    def _deal_fact(self, fact: DealFact) -> Transition | None:
        self._name(fact.identities, fact.key)
        if fact.deleted:
            self.deals.pop(fact.deal_id, None)
        else:
            self.deals.setdefault(fact.deal_id, Deal()).learn(fact)
        return self._recycle(fact) or self._judge(fact.key)

    def _decision(self, decision: Decision) -> Transition | None:
        for index in self.plan.decisions.get(decision.action, ()):
            self.counts[index] += 1
        straight = self.plan.by_decision.get(decision.action)
        if decision.action == "set_stage" and decision.stage is not None:
            straight = self.plan.by_key.get(decision.stage)
        if straight is None:
            moved = self._judge(decision.key)
            if moved is not None and decision.action in self.plan.decisions:
                moved.cause, moved.actor, moved.reason = "decision", decision.by, decision.reason
            return moved
        # A ruling stands at its moment: the criteria are asked again at the next event.
        self.pending = True
        if straight is self.at or (straight.stage.anonymous and self.known is not None):
            return None
        transition = self._move(straight, decision.key, "decision", f"a decision to {decision.action}", None)
        transition.actor, transition.reason = decision.by, decision.reason
        return transition

    def _judge(self, key: Key) -> Transition | None:
        """Ask the criteria: exits first, then the highest stage that holds and may be entered from here."""
        self.pending = False
        at = self.at
        if at.rank < 0:
            candidates = self.plan.reopening
        else:
            for stage in self.plan.exits:
                if stage.holds(self):
                    return self._enter(stage, key)
            candidates = self.plan.ladder_down
        for stage in candidates:
            if stage.rank <= at.rank:
                return None
            if stage.holds(self):
                return self._enter(stage, key)
        return None

    def _revert(self, event: Activity, always: tuple[int, ...], key: Key) -> Transition | None:
        """A stage that allows reversion takes a prospect back on an event that is itself evidence for it."""
        counting = self.plan.counting(event.type, event.direction)
        fed = {*always, *(index for index, holds in counting.when if holds(event.properties))}
        for stage in self.plan.reverting:
            if 0 <= stage.rank < self.at.rank and stage.counters & fed and stage.holds(self):
                return self._enter(stage, key)
        return None

    def _recycle(self, fact: DealFact) -> Transition | None:
        """Once every linked deal is lost, the funnel may name a stage to go back to, by lost reason (rule 5)."""
        deal = self.deals.get(fact.deal_id)
        linked = [other for other in self.deals.values() if other.counts]
        just_lost = deal is not None and deal.counts and fact.status == "lost" and deal.entered == fact.key
        if deal is None or not just_lost or any(other.status != "lost" for other in linked):
            return None
        for recycling in self.plan.funnel.recycling:
            to = self.plan.by_key[recycling.to_stage]
            fits = recycling.reason in (None, deal.lost_reason) and self.at.stage.key in recycling.from_stages
            if fits and to is not self.at and (to.rank < 0 or to.rank < self.at.rank):
                because = "every linked deal is lost" + (f" ({deal.lost_reason})" if deal.lost_reason else "")
                return self._move(to, fact.key, "rule", because, None)
        return None

    def _enter(self, stage: PlannedStage, key: Key) -> Transition:
        criterion = stage.stage.enter_when
        return self._move(stage, key, "rule", criterion.sentence if criterion else "", criterion)

    def _move(self, to: PlannedStage, key: Key, cause: Cause, because: str, criterion: Criterion | None) -> Transition:
        at, line = self.at, self.line
        back = at.rank >= 0 and 0 <= to.rank < at.rank
        if back or (at.rank < 0 <= to.rank):
            self.cycle += 1
        if back or to.rank < 0:
            self._draw_line(key)
        self.at, self.since = to, key
        self.entry = Transition(
            at.stage.key, to.stage.key, key, cause, because, criterion, self.plan.funnel.version, self.cycle, line=line
        )
        return self.entry

    def _draw_line(self, key: Key) -> None:
        self.line = key
        self.counts = [0] * self.plan.counters
        self.score = 0
        self.goal = self.next_goal()

    @property
    def lead_status(self) -> str | None:
        """The sales view: the linked deals first (any won > any open), then the stage's own, with lost deals last."""
        statuses = {deal.status for deal in self.deals.values() if deal.counts}
        if "won" in statuses:
            return "Closed-Won"
        if "open" in statuses:
            return "Opportunity"
        if self.at.stage.decision == "disqualify":
            return self.at.stage.lead_status
        if "lost" in statuses:
            return "Closed-Lost"
        return self.at.stage.lead_status

    @property
    def lost_reason(self) -> str | None:
        """The reason of the deal that was lost last, while the lead status is Closed-Lost."""
        if self.lead_status != "Closed-Lost":
            return None
        lost = [(deal.entered, deal.lost_reason) for deal in self.deals.values() if deal.counts and deal.entered]
        return max(lost, key=lambda one: one[0])[1]
