"""The rules of a stage (design, section 3), walked moment by moment, with every criterion asked anew at each.

The reference against which the engine is held: see ``criteria`` for what it asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from lifecycle.events import Activity, DealFact, Decision, Event, Key, Order, Withdrawal
from lifecycle.funnel.criteria import (
    ActivityCriterion,
    Criterion,
    DecisionCriterion,
    ScoreCriterion,
    StageCriterion,
    leaves_of,
)
from lifecycle.funnel.definition import Funnel, Recycling, Stage
from tests.reference.criteria import Moment, satisfies

#: The versions of a funnel with the moments from which they are in force, ascending; the first ``None``.
Terms = Sequence[tuple[datetime | None, Funnel]]

_INSTANT = timedelta(microseconds=1)


class Move(NamedTuple):
    """One transition."""

    from_stage: str
    to_stage: str
    occurred_at: datetime
    cause: str
    cycle: int
    version: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a log comes to, and how.

    ``kinds`` are those of the criteria on whose answer a move hung, ``rules`` the names of the rules that moved, and
    ``entered`` the stages that criteria led to. ``moment`` is the last one, of which more can be asked. ``made_by`` are
    the keys of the events that made the moves, or of the moments that did.
    """

    moves: list[Move]
    made_by: list[Key]
    stage: str
    cycle: int
    kinds: list[str]
    rules: list[str]
    entered: list[str]
    moment: Moment


def walk(log: Iterable[Event], terms: Terms, until: datetime | None = None) -> Outcome:
    """What a log without withdrawals comes to.

    Arguments:
        log: events of one prospect, at least one, in any order, with any repeats.
        terms: the versions of the funnel.
        until: the moment as of which; that of the last event where it is left out.
    """
    events = sorted({event.key: event for event in log}.values(), key=lambda event: event.key)
    walker = _Walker(terms, events[0].occurred_at)
    walker.walk(events, until or events[-1].occurred_at)
    return walker.outcome()


def never_withdrawn(log: Iterable[Event]) -> list[Event]:
    """A log as if what it withdraws had never happened (design, rule 9), which withdrawals are not part of.

    For logs in which nobody is known by a withdrawn event alone: who is who is not withdrawn with it.
    """
    events = list(log)
    rulings = [event for event in events if isinstance(event, Withdrawal)]
    named = {ruling.event_id for ruling in rulings}
    gone = {ruling.event_id for ruling in rulings if ruling.id not in named}
    facts = [event for event in events if isinstance(event, DealFact)]
    return [
        _without_link(event, facts) if isinstance(event, DealFact) else event
        for event in events
        if not (isinstance(event, Withdrawal) or event.id in gone or _is_of_deleted_deal(event, facts))
    ]


def _is_of_deleted_deal(event: Event, facts: Iterable[DealFact]) -> bool:
    # A deletion withdraws what was said of the deal; that there was one is no part of it.
    return (isinstance(event, DealFact) and not event.deleted) and any(
        fact.deleted and fact.deal_id == event.deal_id and fact.key > event.key for fact in facts
    )


def _without_link(event: DealFact, facts: Iterable[DealFact]) -> DealFact:
    """A fact without its link where the contact was taken off the deal later."""
    place = event.deal_id, event.contact
    removed = [fact for fact in facts if fact.linked is False and (fact.deal_id, fact.contact) == place]
    return replace(event, linked=None) if any(fact.key > event.key for fact in removed) else event


@dataclass
class _Walker:
    terms: Terms
    began: datetime

    def __post_init__(self) -> None:
        self.funnel = self._in_force(self.began)
        self.stage = self.funnel.ladder[0]
        self.since = self.began
        self.line: Key | None = None
        self.cycle = 1
        self.by_decision = False
        self.seen: list[Event] = []
        self.moves: list[Move] = []
        self.made_by: list[Key] = []
        self.kinds: list[str] = []
        self.rules: list[str] = []
        self.entered: list[str] = []

    def outcome(self) -> Outcome:
        moment = self._moment(self.clock.occurred_at)
        return Outcome(
            self.moves, self.made_by, self.stage.key, self.cycle, self.kinds, self.rules, self.entered, moment
        )

    def _in_force(self, moment: datetime) -> Funnel:
        return [funnel for start, funnel in self.terms if start is None or start <= moment][-1]

    # ---- the moments ----------------------------------------------------------------------------------------------

    def walk(self, events: Sequence[Event], until: datetime) -> None:
        """Publications, timers and events, in the order of their times and, at one instant, in this order."""
        publications = [
            (start, funnel) for start, funnel in self.terms if start is not None and self.began < start <= until
        ]
        waiting = list(events)
        self.clock = Key(self.began, Order.TIMER, "")
        while waiting or publications:
            if publications and (not waiting or publications[0][0] <= waiting[0].occurred_at):
                start, funnel = publications.pop(0)
                self._wait(Key(start, Order.PUBLICATION, ""))
                self._publish(funnel)
            else:
                event = waiting.pop(0)
                self._wait(event.key)
                self._take(event)
        self._wait(Key(until, Order.ACTIVITY, ""))

    def _wait(self, end: Key) -> None:
        """Let time pass up to a moment, and move where a criterion becomes true by that alone."""
        while dues := [due for due in self._turning_points(end.occurred_at) if self.clock < due < end]:
            self.clock = min(dues)
            if any(self._becomes_true(stage) for stage in self.funnel.stages):
                self.rules.append("time")
                self._ask("rule")
        self.clock = end

    def _turning_points(self, end: datetime) -> Iterator[Key]:
        """The moments at which the answer to some criterion may change by itself."""
        leaves = [leaf for stage in self.funnel.stages if stage.enter_when for leaf in leaves_of(stage.enter_when)]
        for leaf, negated in leaves:
            for moment in self._turns_of(leaf, negated, end):
                yield Key(moment, Order.TIMER, "")

    def _turns_of(self, leaf: Criterion, negated: bool, end: datetime) -> Iterator[datetime]:
        match leaf:
            case StageCriterion(_, duration):
                yield self.since + duration.length
            case ActivityCriterion(within=duration) if duration is not None:
                yield from (event.occurred_at + duration.length for event in self.seen)
            case ScoreCriterion() if self.funnel.scoring.half_life is not None:
                yield from self._crossings(leaf, negated, end)

    def _crossings(self, leaf: Criterion, negated: bool, end: datetime) -> Iterator[datetime]:
        """The moment at which the score crosses a threshold: between two events it only rises or only falls."""
        before, after = self.clock.occurred_at, end
        answer = self._moment(after).holds(leaf, whole=negated)
        if self._moment(before).holds(leaf, whole=negated) is not answer:
            while after - before > _INSTANT:
                middle = before + (after - before) // 2
                if self._moment(middle).holds(leaf, whole=negated) is answer:
                    after = middle
                else:
                    before = middle
            yield after

    def _becomes_true(self, stage: Stage) -> bool:
        before = self._moment(self.clock.occurred_at - _INSTANT)
        return (
            stage.enter_when is not None
            and self._is_onward(stage)
            and self._lets_in(stage)
            and not before.holds(stage.enter_when)
        )

    def _moment(self, now: datetime) -> Moment:
        return Moment(self.funnel, self.seen, now, self.stage.key, self.since, self.line)

    # ---- events ---------------------------------------------------------------------------------------------------

    def _take(self, event: Event) -> None:
        """Where a decision, a recycling or a reversion led, there the prospect stands until the next event."""
        lost = self._lost_deals()
        self.seen.append(event)
        if isinstance(event, Decision):
            self._decide(event)
        elif isinstance(event, DealFact):
            newly = event.deal_id in self._lost_deals() - lost
            if not (newly and self._recycle(event.deal_id)):
                self._ask("rule")
        elif not self._ask("rule") and isinstance(event, Activity):
            self._revert(event)

    def _decide(self, decision: Decision) -> None:
        stages = self.funnel.stages
        if decision.action == "set_stage":
            wanted = [stage for stage in stages if stage.key == decision.stage]
        else:
            wanted = [stage for stage in stages if stage.decision == decision.action]
        if not wanted:
            self._ask("decision" if self._is_asked_about(decision) else "rule")
        elif not (wanted[0].anonymous and self._moment(decision.occurred_at).emails()):
            if wanted[0].key != self.stage.key:
                self._enter(wanted[0], "decision")
            self.by_decision = True

    def _is_asked_about(self, decision: Decision) -> bool:
        leaves = [leaf for stage in self.funnel.stages if stage.enter_when for leaf, _ in leaves_of(stage.enter_when)]
        return decision.action == "set_stage" or DecisionCriterion(decision.action) in leaves

    def _lost_deals(self) -> set[str]:
        """The deals that are lost and that the prospect is on."""
        deals = self._moment(self.clock.occurred_at).deals()
        return {deal_id for deal_id, deal in deals.items() if deal.links and deal.status == "lost"}

    def _revert(self, activity: Activity) -> None:
        """Where nothing leads on: the highest lower stage that takes back and that this very activity speaks for."""
        for stage in reversed(self._below(self.stage)):
            if stage.allow_reversion and self._speaks_for(activity, stage) and self._lets_in(stage):
                self.rules.append("reversion")
                self._note(stage)
                self._enter(stage, "rule")
                return

    def _speaks_for(self, activity: Activity, stage: Stage) -> bool:
        leaves = leaves_of(stage.enter_when) if stage.enter_when else ()
        return (self.line is None or activity.key > self.line) and any(
            isinstance(leaf, ActivityCriterion) and not negated and satisfies(activity, leaf)
            for leaf, negated in leaves
        )

    def _recycle(self, deal_id: str) -> bool:
        """Once every linked deal is lost, the first rule that fits the one that was lost now; whether there is one."""
        deals = self._moment(self.clock.occurred_at).deals()
        if any(deal.links and deal.status not in {None, "lost"} for deal in deals.values()):
            return False
        for rule in self.funnel.recycling:
            target = self.funnel.stage(rule.to_stage)
            if self._fits(rule, target, deals[deal_id].reason):
                self.rules.append("recycling")
                self._enter(target, "rule")
                return True
        return False

    def _fits(self, rule: Recycling, target: Stage, reason: str | None) -> bool:
        return (
            (rule.reasons is None or reason in rule.reasons)
            and (not self.stage.beside if rule.from_stages is None else self.stage.key in rule.from_stages)
            and target.key != self.stage.key
            and (target.beside or target in self._below(self.stage))
        )

    # ---- the criteria ---------------------------------------------------------------------------------------------

    def _ask(self, cause: str) -> list[str]:
        """Enter what the criteria lead to, and ask again, until they lead nowhere; the stages entered, none twice."""
        entered: list[str] = []
        while (target := self._next(entered)) is not None:
            self._note(target)
            self._enter(target, cause)
            entered.append(target.key)
        return entered

    def _next(self, entered: Sequence[str]) -> Stage | None:
        """The first stage beside the ladder that the criteria lead to, else the highest on it."""
        exits = [stage for stage in self.funnel.stages if stage.beside]
        climbs = list(reversed(self.funnel.ladder))
        for stage in [*exits, *climbs]:
            if stage.key not in entered and self._is_onward(stage) and self._lets_in(stage):
                return stage
        return None

    def _lets_in(self, stage: Stage) -> bool:
        """Whether a stage's criterion holds, from where the prospect stands and with what is answered."""
        moment = self._moment(self.clock.occurred_at)
        return (
            stage.enter_when is not None
            and (stage.origins is None or self.stage.key in stage.origins)
            and moment.answered(stage.requires)
            and moment.holds(stage.enter_when)
        )

    def _is_onward(self, stage: Stage) -> bool:
        if self.stage.beside:
            return stage.reopens and not stage.beside
        return stage.beside or self.stage in self._below(stage)

    def _below(self, stage: Stage) -> list[Stage]:
        """The stages below one on the ladder; below one beside it there are none."""
        ladder = self.funnel.ladder
        return [] if stage.beside else [one for one in ladder if ladder.index(one) < ladder.index(stage)]

    def _note(self, target: Stage) -> None:
        """Note that criteria lead to a stage, and on which kinds of them it hangs that its own holds."""
        self.entered.append(target.key)
        moment = self._moment(self.clock.occurred_at)
        if target.requires:
            self.rules.append("checklist")
        if self.stage.beside:
            self.rules.append("reopening")
        if target.enter_when is None:
            return
        for leaf, negated in leaves_of(target.enter_when):
            if not replace(moment, inverted=leaf).holds(target.enter_when):
                self.kinds.append(("not " if negated else "") + _kind(leaf))

    def _enter(self, target: Stage, cause: str) -> None:
        """Move: an exit and a move back draw the line, a return and a move back start a new cycle."""
        back = target in self._below(self.stage)
        if back or target.beside:
            self.line = self.clock
        if back or (self.stage.beside and not target.beside):
            self.cycle += 1
        self._record(target, cause)
        self.by_decision = False

    def _record(self, target: Stage, cause: str) -> None:
        now = self.clock.occurred_at
        self.moves.append(Move(self.stage.key, target.key, now, cause, self.cycle, self.funnel.version))
        self.made_by.append(self.clock)
        self.stage, self.since = target, now

    # ---- publications ---------------------------------------------------------------------------------------------

    def _publish(self, funnel: Funnel) -> None:
        """A decision goes on standing: whoever it put into a stage keeps to what has taken its place."""
        old, self.funnel = self.funnel, funnel
        target = _heir(old, self.stage, funnel) or _nearest(old, self.stage, funnel)
        if target.key != self.stage.key:
            self.rules.append("mapping")
            self._record(target, "funnel_published")
        self.stage = target
        if funnel.on_publication == "by_criteria" and not self.by_decision:
            self._fall_back()
        self.rules += ["publication" for _ in self._ask("funnel_published")]

    def _fall_back(self) -> None:
        """Who does not meet the stage any more goes to the highest lower one that holds, else to the first."""
        moment = self._moment(self.clock.occurred_at)
        lower = self._below(self.stage)
        if not lower or self.stage.enter_when is None or moment.holds(self.stage.enter_when):
            return
        held = [
            one for one in lower if one.enter_when and moment.answered(one.requires) and moment.holds(one.enter_when)
        ]
        self.cycle += 1
        self.rules.append("fall back")
        self._record([lower[0], *held][-1], "funnel_published")


def _heir(old: Funnel, stage: Stage, new: Funnel) -> Stage | None:
    """The stage of a new version that is, or replaces, an old one; or that the old one had replaced itself."""
    by_key = {one.key: one for one in new.stages}
    heirs = [one for one in new.stages if stage.key in one.replaces]
    return by_key.get(stage.key) or next(
        iter([*heirs, *(by_key[key] for key in stage.replaces if key in by_key)]), None
    )


def _nearest(old: Funnel, stage: Stage, new: Funnel) -> Stage:
    """The nearest lower stage of the old ladder that is on the new one, too, else the first."""
    lower = [] if stage.beside else [one.key for one in old.ladder[: old.stage_keys.index(stage.key)]]
    kept = [new.stage(key) for key in lower if key in new.stage_keys]
    return [new.ladder[0], *(one for one in kept if not one.beside)][-1]


def _kind(leaf: Criterion) -> str:
    name = type(leaf).__name__.removesuffix("Criterion").lower()
    return f"{name} within" if isinstance(leaf, ActivityCriterion) and leaf.within else name
