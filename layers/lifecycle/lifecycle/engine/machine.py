"""The machine that walks a log: where a prospect stands, and what it has earned since its line.

``Machine.step`` takes one event in order. It is the same for a whole log and for one more event on a stored state.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import inf, log2
from typing import Any, Literal, NamedTuple

from lifecycle.engine.plan import AUTOMATED, TALLIES, Counting, Plan, PlannedStage
from lifecycle.events import Activity, DealFact, DealStatus, Decision, Event, Identity, Key, Order
from lifecycle.funnel.checklist import is_met
from lifecycle.funnel.criteria import Criterion, DealCriterion
from lifecycle.funnel.definition import Recycling

Cause = Literal["rule", "decision", "correction", "funnel_published", "merge"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Decayed scores are compared after rounding, so that ten points are worth five after one half-life to the last digit.
SCORE_DIGITS = 9
_LAST_DIGIT = 10.0**-SCORE_DIGITS
_INSTANT = timedelta(microseconds=1)


class Grounds(NamedTuple):
    """Why somebody moves: the cause, in words, and the criterion that held where one did."""

    cause: Cause
    because: str
    criterion: Criterion | None = None


@dataclass(slots=True)
class Transition:
    """One move from a stage to another (design, rule 13).

    ``event`` is the key of the event (or of the publication or the moment of a timer) at which it became true.
    ``criterion`` is the condition that held, ``None`` for a move by decision; ``because`` says either in words.
    ``qualification`` holds the answers to the checklist that it rests on, ``actions`` the names of what the entry sets
    off. ``corrected_by`` is the id of the event that withdrew its evidence; ``restated_by`` that of the event whose
    withdrawals brought this move to light. ``line`` and ``stood_since`` tell what was before the move: the line, which
    evidence is newer than, and since when the prospect had stood where it left.
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
    qualification: Mapping[str, Any] = field(default_factory=dict)
    actions: tuple[str, ...] = ()
    corrected_by: str | None = None
    restated_by: str | None = None
    line: Key | None = field(default=None, compare=False, repr=False)
    stood_since: Key | None = field(default=None, compare=False, repr=False)

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
    pipeline: str | None = None
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
            and (criterion.pipelines is None or self.pipeline in criterion.pipelines)
            and (criterion.amount is None or criterion.amount.holds(self.amount, self.currency))
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
        self.pipeline = self.pipeline if fact.pipeline is None else fact.pipeline
        self.lost_reason = self.lost_reason if fact.lost_reason is None else fact.lost_reason


@dataclass(slots=True)
class Points:
    """What activities were worth, as of a time."""

    worth: float = 0
    at: datetime = _EPOCH

    def faded(self, moment: datetime, half_life: timedelta | None) -> float:
        """What they are worth at a later moment."""
        if half_life is None or not self.worth:
            return self.worth
        return self.worth * float(0.5 ** ((moment - self.at) / half_life))

    def reaches(self, worth: float, half_life: timedelta) -> datetime | None:
        """When, by fading towards nothing, they come to a worth; ``None``: never, or they are there already."""
        if worth and self.worth / worth > 1:
            return self.at + half_life * log2(self.worth / worth)
        return None


class Machine:
    """A prospect on its way through a funnel.

    Attributes:
        at: the stage it stands in.
        since: the key of the moment that took it there; ``None`` before the first event.
        ruled: a decision led straight to where it stands.
        status: the status within the stage, where a decision set one.
        entry: the transition that took it there, where this machine has seen it.
        first, last: the keys of the first event and of the last moment walked.
        last_event: when the last event occurred.
        now: the time of the last moment walked.
        due: when, without any further event, a criterion may become true; ``None``: never.
        known: the key of the first event that named an email.
        identities: every identity that the log names, in order of appearance.
        traits: of the traits that the funnel reads, what was last told.
        answers: to the questions of the checklist, what was last told; ``stale`` those from before the line.
        cycle: which pass through the funnel this is, from 1.
        line: the baseline: the key of the last move back or exit; what is not newer earns nothing.
        counts: per gauge of the plan, how many events.
        windows: per gauge of a period, the times of its last events, at most as many as it asks for.
        points: of activities since the line, as of the time beside them; ``lasting`` those of the whole log.
        fit: points of traits.
        tally: activities by direction, and automated ones apart, over the whole log.
        deals: every deal that the log speaks of, by id.
        awaited: ids of events that are withdrawn already and have not been seen yet.
        pending: the criteria are to be asked at the next event, though no gauge may pass its threshold: at the first,
            after a ruling, and after a move that the criteria might undo.
        stirred: something changed that may set another moment as due.
    """

    __slots__ = (
        "answers", "at", "awaited", "counts", "cycle", "deals", "due", "entry", "first", "fit", "floor", "goal",
        "identities", "known", "last", "last_event", "lasting", "line", "now", "pending", "plan", "points", "ruled",
        "since", "stale", "status", "stirred", "tally", "traits", "windows",
    )  # fmt: skip

    def __init__(self, plan: Plan) -> None:
        self.at: PlannedStage = plan.ladder[0]
        self.since: Key | None = None
        self.ruled = False
        self.status: str | None = None
        self.entry: Transition | None = None
        self.first: Key | None = None
        self.last: Key | None = None
        self.last_event: datetime | None = None
        self.now = _EPOCH
        self.due: datetime | None = None
        self.known: Key | None = None
        self.identities: dict[Identity, None] = {}
        self.answers: dict[str, Any] = {}
        self.stale: set[str] = set()
        self.cycle = 1
        self.line: Key | None = None
        self.tally = [0] * len(TALLIES)
        self.deals: dict[str, Deal] = {}
        self.awaited: set[str] = set()
        self.pending = True
        self.stirred = True
        self._take_up(plan)

    def _take_up(self, plan: Plan) -> None:
        """Begin to count under a plan."""
        self.plan = plan
        self.counts = [0] * len(plan.gauges)
        self.windows: dict[int, list[datetime]] = {}
        self.points, self.lasting = Points(), Points()
        self.traits: dict[str, Any] = {}
        self.fit = self._fitting()
        self.set_goal()

    # ---- walking ----------------------------------------------------------------------------------------------------

    def step(self, event: Event) -> Sequence[Transition]:
        """Walk one event that is newer than all before it and does not withdraw any.

        Returns:
            The moves that it caused, without their evidence.
        """
        self._begin(event.key)
        if isinstance(event, Activity):
            moved = self._activity(event)
        elif isinstance(event, DealFact):
            moved = self._deal_fact(event)
        elif isinstance(event, Decision):
            moved = self._decision(event)
        else:
            moved = ()
        if moved or self.stirred:
            self.set_due()
        return moved

    def identify(self, event: Event) -> Sequence[Transition]:
        """Walk a withdrawn event: nothing of it counts but the identities that it names.

        Who is who is a fact apart from the evidence: it is undone by ``unmerge``, not by a withdrawal.
        """
        self._begin(event.key)
        named = isinstance(event, Activity | DealFact) and self._name(event.identities, event.key)
        moved = self._judge(event.key) if named else ()
        if self.plan.timed:
            self.set_due()
        return moved

    def tick(self) -> Sequence[Transition]:
        """Walk the moment that is due: ask the criteria again, for time has passed."""
        assert self.due is not None  # noqa: S101 - the caller has looked
        key = Key(self.due, Order.TIMER, f"timer@{self.due.isoformat()}")
        # What held at the last moment, too, and was not entered, waits for the next event.
        onward = self.plan.onward[self.at.stage.key]
        before = {stage.stage.key for stage in onward if stage.meets(self)}
        self.last, self.now = key, self.due
        came_true = any(stage.holds(self) for stage in onward if stage.stage.key not in before)
        moved = self._judge(key) if came_true else ()
        self.set_due()
        return moved

    def adopt(self, plan: Plan, effective_at: datetime, past: Iterable[Event]) -> Sequence[Transition]:
        """Walk the moment at which another version of the funnel comes into force (design, rule 11).

        Arguments:
            plan: the version.
            effective_at: the moment.
            past: the events walked so far that count, in order, for they are counted anew.

        Returns:
            The moves that it caused: of a stage that is no more, up to what the new criteria give, and back only where
            the version says so.
        """
        key = Key(effective_at, Order.PUBLICATION, f"version@{plan.funnel.version}")
        before, old = self.at, self.plan
        self._take_up(plan)
        line = self.line
        for event in past:
            if line is not None and event.key > line:
                self._forget()
                line = None
            self._recount(event)
        if line is not None:
            self._forget()
        self.last, self.now = key, effective_at
        to = plan.heir(before.stage) or plan.nearest(old, before.stage)
        moved: list[Transition] = []
        if to.stage.key != before.stage.key:
            because = f"{to.stage.label} takes the place of {before.stage.label}"
            # Nobody ruled otherwise: a ruling stands, by another name or for the next best stage.
            ruled = self.ruled
            renamed = self._stand(to, key, Grounds("funnel_published", because))
            renamed.actions = ()  # it is the stage that changed, not the prospect
            moved.append(renamed)
            self.ruled = ruled
        self.at = to
        if plan.funnel.on_publication == "by_criteria":
            moved += self._fall_back(key)
        moved += self._judge(key, "funnel_published")
        self.set_due()
        return moved

    def resume(self) -> None:
        """Work out what follows from the rest, after the rest was restored."""
        self.fit = self._fitting()
        self.set_goal()
        self.set_due()

    def _begin(self, key: Key) -> None:
        self.last = key
        self.last_event = self.now = key.occurred_at
        if self.first is None:
            self.first = self.since = key

    # ---- counting ---------------------------------------------------------------------------------------------------

    def _name(self, identities: tuple[Identity, ...], key: Key) -> bool:
        """Remember identities; whether an email became known by them that a criterion may ask about."""
        news = False
        for identity in identities:
            if identity not in self.identities:
                self.identities[identity] = None
                if identity.kind == "email":
                    news = news or self.known is None or self.plan.reads_mail
                    self.known = self.known or key
        if news and self.plan.reads_mail:
            self.stirred = True
            self.fit = self._fitting()
            self.set_goal()
        return news

    def _activity(self, event: Activity) -> Sequence[Transition]:
        became_known = self._name(event.identities, event.key)
        if event.automated:
            self.tally[AUTOMATED] += 1
            return self._judge(event.key) if became_known or self.pending else ()
        plan = self.plan
        counting = plan.countings.get((event.type, event.direction)) or plan.counting(event.type, event.direction)
        self.tally[counting.tally] += 1
        changed = self._count(event, counting)
        moved = self._judge(event.key) if changed or became_known or self.pending else ()
        return self._revert(event) if plan.reverting and not moved else moved

    def _count(self, event: Activity, counting: Counting) -> bool:
        """Add an activity to the gauges, the score and the traits; whether a criterion may hold by it that did not."""
        changed = False
        counts, thresholds = self.counts, self.plan.thresholds
        for index in counting.always:
            counts[index] += 1
            if counts[index] == thresholds[index]:
                changed = True
        if counting.tested and self._gauge(event, counting):
            changed = True
        points = counting.points
        for test, given in counting.rules:
            if test is None or test(event.properties):
                points = given
                break
        if points and self._earn(points):
            changed = True
        if event.traits and self.plan.trait_names and self._learn(event.traits):
            changed = True
        return changed

    def _gauge(self, event: Activity, counting: Counting) -> bool:
        """Add an activity to the gauges that look at more than its kind; whether one passed its threshold."""
        changed = False
        counts, thresholds = self.counts, self.plan.thresholds
        for index, holds in counting.when:
            if holds(event.properties):
                counts[index] += 1
                if counts[index] == thresholds[index]:
                    changed = True
        for index, test in counting.windows:
            if (test is None or test(event.properties)) and self._open_window(index):
                changed = True
        return changed

    def _open_window(self, index: int) -> bool:
        """Add the present to a gauge of a period; whether it is full now and was not before."""
        gauge, times, now = self.plan.gauges[index], self.windows.setdefault(index, []), self.now
        assert gauge.length is not None  # noqa: S101 - only these have windows
        self.stirred = self.stirred or index in self.plan.expiring
        was_full = len(times) == gauge.threshold and now - times[0] < gauge.length
        times.append(now)
        if len(times) > gauge.threshold:
            del times[0]
        return not was_full and len(times) == gauge.threshold and now - times[0] < gauge.length

    def _earn(self, points: int) -> bool:
        """Add points to the score; whether it passed a threshold, up or down."""
        plan = self.plan
        if plan.half_life is None and not plan.lasting_scores:
            self.points.worth += points
            if self.floor <= self.points.worth + self.fit < self.goal:
                return False
            self.set_goal()
            return True
        self.stirred = True
        now, half_life = self.now, plan.half_life
        before = self.points.faded(now, half_life)
        self.points = Points(before + points, now)
        changed = _passes(plan.scores, before + self.fit, before + points + self.fit)
        if plan.lasting_scores:
            lasting = self.lasting.faded(now, half_life)
            self.lasting = Points(lasting + points, now)
            changed = changed or _passes(plan.lasting_scores, lasting + self.fit, lasting + points + self.fit)
        if half_life is None:
            self.set_goal()
        return changed

    def _learn(self, traits: Mapping[str, Any]) -> bool:
        """Remember traits that the funnel reads; whether that is news."""
        changed = False
        for name in self.plan.trait_names.intersection(traits):
            value = traits[name]
            if repr(value) != repr(self.traits.get(name)):  # for Python takes 1 and True for equal
                changed = True
                self.traits[name] = value
                if value is None:
                    del self.traits[name]
        if changed and self.plan.fit:
            self.stirred = True
            self.fit = self._fitting()
            self.set_goal()
        return changed

    def _fitting(self) -> int:
        return sum(points for test, points in self.plan.fit if test(self))

    def _recount(self, event: Event) -> None:
        """Count an event of the past under another plan, without a judgement."""
        self.now = event.key.occurred_at
        if isinstance(event, Activity) and not event.automated:
            self._count(event, self.plan.counting(event.type, event.direction))
        elif isinstance(event, Decision):
            for index in self.plan.decisions.get(event.action, ()):
                self.counts[index] += 1

    def _forget(self) -> None:
        """Empty every gauge but those that last over the whole log."""
        for index, gauge in enumerate(self.plan.gauges):
            if not gauge.lasting:
                self.counts[index] = 0
                self.windows.pop(index, None)
        self.points = Points()
        self.set_goal()

    def set_goal(self) -> None:
        """Set between which scores no threshold is passed."""
        total = self.points.worth + self.fit
        place = bisect(self.plan.scores, total)
        self.floor = self.plan.scores[place - 1] if place else -inf
        self.goal = self.plan.scores[place] if place < len(self.plan.scores) else inf

    # ---- asking -----------------------------------------------------------------------------------------------------

    @property
    def emails(self) -> list[str]:
        """The emails by which the prospect is known."""
        return [identity.value for identity in self.identities if identity.kind == "email"]

    @property
    def score(self) -> float:
        """The score at the last moment walked."""
        return self.score_at(self.now)

    def score_at(self, moment: datetime, *, lasting: bool = False) -> float:
        """The score at a moment that is not before the last one walked.

        Arguments:
            moment: when.
            lasting: of the whole log, not only since the line.
        """
        earned = self.lasting if lasting else self.points
        if self.plan.half_life is None:
            return earned.worth + self.fit
        return round(earned.faded(moment, self.plan.half_life) + self.fit, SCORE_DIGITS)

    def met_questions(self) -> set[str]:
        """The questions of the checklist that are met: by an answer since the line, or by the prospect's traits."""
        answered = {key for key, answer in self.answers.items() if key not in self.stale and is_met(answer)}
        return answered | {key for key, test in self.plan.questions if test is not None and test(self)}

    def sub_status(self) -> str | None:
        """The status within the stage: what a decision set, else the last whose condition holds, else the first."""
        statuses = self.plan.statuses[self.at.stage.key]
        if self.status is not None or not statuses:
            return self.status
        return next((key for key, test in reversed(statuses) if test is not None and test(self)), statuses[0][0])

    def set_due(self) -> None:
        """Set the next moment at which a criterion may become true without an event."""
        self.stirred = False
        if self.plan.timed and self.since is not None:
            self.due = min((moment for moment in self._dues() if moment > self.now), default=None)
        else:
            self.due = None

    def _dues(self) -> Iterable[datetime]:
        plan = self.plan
        if self.since is not None:
            for length in plan.durations.get(self.at.stage.key, ()):
                yield self.since.occurred_at + length
        for index in plan.expiring:
            gauge, times = plan.gauges[index], self.windows.get(index, [])
            if len(times) == gauge.threshold and gauge.length is not None:
                yield times[0] + gauge.length
        for fading in plan.fading:
            points = self.lasting if fading.lasting else self.points
            if (points.worth > 0) is fading.odd and plan.half_life is not None:
                # What fades downwards is below the threshold only when it is so after rounding.
                threshold = fading.threshold - self.fit - (_LAST_DIGIT if fading.odd else 0)
                reached = points.reaches(threshold, plan.half_life)
                if reached is not None:
                    yield reached + _INSTANT

    # ---- moving -----------------------------------------------------------------------------------------------------

    def _deal_fact(self, fact: DealFact) -> Sequence[Transition]:
        self._name(fact.identities, fact.key)
        before = self.deals.get(fact.deal_id)
        lost = before is not None and before.counts and before.status == "lost"
        if fact.deleted:
            self.deals.pop(fact.deal_id, None)
        else:
            self.deals.setdefault(fact.deal_id, Deal()).learn(fact)
        return (not lost and self._recycle(fact)) or self._judge(fact.key)

    def _decision(self, decision: Decision) -> Sequence[Transition]:
        for index in self.plan.decisions.get(decision.action, ()):
            self.counts[index] += 1
        self.answers |= decision.qualification
        self.stale.difference_update(decision.qualification)
        straight = self.plan.by_decision.get(decision.action)
        if decision.action == "set_stage" and decision.stage is not None:
            straight = self.plan.by_key.get(decision.stage)
        if straight is None:
            return self._decided(self._judge(decision.key), decision)
        # A ruling stands at its moment: the criteria are asked again at the next event.
        self.pending = True
        if straight.stage.anonymous and self.known is not None:
            return ()
        moved: Sequence[Transition] = ()
        if straight is not self.at:
            grounds = Grounds("decision", f"a decision to {decision.action}")
            moved = self._decided([self._move(straight, decision.key, grounds)], decision)
        self.ruled, self.status = True, decision.status
        return moved

    def _decided(self, moved: Sequence[Transition], decision: Decision) -> Sequence[Transition]:
        """Moves that a decision caused, with who took it and why."""
        if decision.action == "set_stage" or decision.action in {*self.plan.decisions, *self.plan.by_decision}:
            for transition in moved:
                transition.cause, transition.actor, transition.reason = "decision", decision.by, decision.reason
                transition.qualification = self._fresh_answers()
        return moved

    def _judge(self, key: Key, cause: Cause = "rule") -> Sequence[Transition]:
        """Ask the criteria, and once more after each move, for it may make another possible; no stage twice."""
        self.pending = False
        moved: list[Transition] = []
        entered: set[str] = set()
        while (stage := self._candidate(entered)) is not None:
            moved.append(self._move(stage, key, _grounds(stage, cause)))
            entered.add(stage.stage.key)
        # What was not entered for the second time may be at the next event.
        self.pending = bool(moved) and self._candidate(()) is not None
        return moved

    def _candidate(self, entered: Container[str]) -> PlannedStage | None:
        """Where criteria lead from here, but for stages entered already."""
        for stage in self.plan.onward[self.at.stage.key]:
            if stage.holds(self) and stage.stage.key not in entered:
                return stage
        return None

    def _revert(self, event: Activity) -> Sequence[Transition]:
        """A stage that allows reversion takes a prospect back on an event that is itself evidence for it."""
        fed = self.plan.feeds(event)
        for stage in self.plan.reverting:
            below = 0 <= stage.rank < self.at.rank
            if below and stage.gauges & fed and stage.admits(self.at.stage.key) and stage.holds(self):
                self.pending = True
                return [self._move(stage, event.key, _grounds(stage, "rule"))]
        return ()

    def _recycle(self, fact: DealFact) -> Sequence[Transition]:
        """Once every linked deal is lost, the funnel may name a stage to go to, by lost reason (design, rule 5)."""
        deal = self.deals.get(fact.deal_id)
        linked = [other for other in self.deals.values() if other.counts]
        if deal is None or not deal.counts or any(other.status != "lost" for other in linked):
            return ()
        for recycling in self.plan.funnel.recycling:
            to = self.plan.by_key[recycling.to_stage]
            if self._fits(recycling, to, deal):
                because = "every linked deal is lost" + (f" ({deal.lost_reason})" if deal.lost_reason else "")
                self.pending = True
                return [self._move(to, fact.key, Grounds("rule", because))]
        return ()

    def _fits(self, recycling: Recycling, to: PlannedStage, deal: Deal) -> bool:
        """Whether a rule of recycling is for this lost deal, and takes the prospect back or beside the ladder."""
        origins, at = recycling.from_stages, self.at
        return (
            (recycling.reasons is None or deal.lost_reason in recycling.reasons)
            and (at.rank >= 0 if origins is None else at.stage.key in origins)
            and to is not at
            and (to.rank < 0 or to.rank < at.rank)
        )

    def _fall_back(self, key: Key) -> Sequence[Transition]:
        """Take back who does not meet the stage any more, as a version may say of its publication."""
        at = self.at
        if at.rank <= 0 or self.ruled or at.stage.enter_when is None or at.meets(self):
            return ()
        lower = (stage for stage in reversed(self.plan.ladder[: at.rank]) if stage.holds(self))
        to = next(lower, self.plan.ladder[0])
        because = f"what {at.stage.label} asks for does not hold any more"
        self.cycle += 1
        return [self._stand(to, key, Grounds("funnel_published", because, to.stage.enter_when))]

    def _move(self, to: PlannedStage, key: Key, grounds: Grounds) -> Transition:
        """Move, and draw the line where that is a move back or an exit."""
        at, line = self.at, self.line
        back = at.rank >= 0 and 0 <= to.rank < at.rank
        if back or (at.rank < 0 <= to.rank):
            self.cycle += 1
        transition = self._stand(to, key, grounds)
        if back or to.rank < 0:
            self.line = key
            self._forget()
            self.stale = set(self.answers)
        transition.line = line
        return transition

    def _stand(self, to: PlannedStage, key: Key, grounds: Grounds) -> Transition:
        """Stand in a stage from a moment on."""
        self.entry = Transition(
            from_stage=self.at.stage.key,
            to_stage=to.stage.key,
            event=key,
            cause=grounds.cause,
            because=grounds.because,
            criterion=grounds.criterion,
            funnel_version=self.plan.funnel.version,
            cycle=self.cycle,
            qualification=self._fresh_answers() if to.stage.requires else {},
            actions=to.stage.actions,
            line=self.line,
            stood_since=self.since,
        )
        self.at, self.since = to, key
        self.ruled, self.status = False, None
        return self.entry

    def _fresh_answers(self) -> Mapping[str, Any]:
        return {key: answer for key, answer in self.answers.items() if key not in self.stale}

    # ---- the sales view ---------------------------------------------------------------------------------------------

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


def _passes(thresholds: Sequence[int], before: float, after: float) -> bool:
    """Whether a score passes a threshold, up or down."""
    return bisect(thresholds, round(before, SCORE_DIGITS)) != bisect(thresholds, round(after, SCORE_DIGITS))


def _grounds(stage: PlannedStage, cause: Cause) -> Grounds:
    """The grounds of a move by the criterion of the stage that it leads to."""
    criterion = stage.stage.enter_when
    return Grounds(cause, criterion.sentence if criterion else "", criterion)
