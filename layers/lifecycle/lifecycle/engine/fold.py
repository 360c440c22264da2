"""The fold: the pure function from (log, funnel versions, moment) to (state, transitions).

Same set of events, any order of arrival, any repeats: same result. A whole log is folded by ``fold``; ``advance``
takes one more event on a state that has folded all the others, ``catch_up`` lets time pass on it, and both say when
that is not enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from operator import attrgetter

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.evidence import CriterionReport, EvidenceLog, Standing
from lifecycle.engine.machine import Machine, Transition
from lifecycle.events import Activity, DealFact, Event, Identity, Key, Order, Withdrawal


@dataclass(slots=True)
class Withdrawn:
    """What counts as if it had never happened (design, rule 9).

    ``events`` are ids. ``deals`` maps a deal to its deletion: all said of it before is void. ``links`` maps (deal,
    contact) to the removal: that the contact was on it before is void. ``rulings`` are the withdrawals by their own ids
    and those that they name; one that another names, whenever it does, withdraws nothing.
    """

    events: set[str] = field(default_factory=set)
    deals: dict[str, Key] = field(default_factory=dict)
    links: dict[tuple[str, str], Key] = field(default_factory=dict)
    rulings: set[tuple[str, str]] = field(default_factory=set)

    def take(self, event: Event) -> None:
        """Take in an event that withdraws others."""
        if isinstance(event, Withdrawal):
            self.rulings.add((event.id, event.event_id))
            named = {event_id for _, event_id in self.rulings}
            self.events = {event_id for id_, event_id in self.rulings if id_ not in named}
        elif isinstance(event, DealFact) and event.deleted:
            self.deals[event.deal_id] = event.key
        elif isinstance(event, DealFact):
            self.links[event.deal_id, event.contact] = event.key

    def covers(self, event: Event) -> bool:
        """Whether an event is withdrawn as a whole.

        An earlier deletion is not: it said nothing of the deal that could be void, and was an occasion to ask the
        criteria whatever came after it.
        """
        if isinstance(event, DealFact):
            deletion = self.deals.get(event.deal_id)
            return deletion is not None and event.key < deletion and not event.deleted
        return event.id in self.events

    def unlinks(self, event: Event) -> bool:
        """Whether the link that a fact states is withdrawn, the rest of it not."""
        if not isinstance(event, DealFact) or not event.linked:
            return False
        removal = self.links.get((event.deal_id, event.contact))
        return removal is not None and event.key < removal


@dataclass(slots=True)
class Folded:
    """What a log comes to: the machine at its end, every transition in order, and the log without repeats."""

    machine: Machine
    transitions: list[Transition]
    log: list[Event]
    withdrawn: Withdrawn
    calendar: Calendar
    until: datetime | None

    def true_moves(self) -> list[Transition]:
        """The moves in order as they truly were: what was withdrawn later never happened."""
        if not any(move.corrected_by or move.restated_by or move.cause == "correction" for move in self.transitions):
            return self.transitions
        walk = Walk(self.log, self.withdrawn, self.calendar)
        walk.all()
        if self.until is not None:
            walk.pass_time(self.until)
        return walk.transitions

    def evidence_log(self, moment: datetime | None = None) -> EvidenceLog:
        """What of the log is not withdrawn, as evidence at a moment (``None``: the last one walked)."""
        return EvidenceLog(self.log, self.withdrawn.covers, Standing.of(self.machine, moment or self.machine.now))

    def entry_report(self) -> CriterionReport | None:
        """The criterion that took the prospect to its stage, held against the log as it stood at that moment."""
        entry = self.machine.entry
        if entry is None or entry.criterion is None:
            return None
        log = [event for event in self.log if event.key <= entry.event]
        walk = Walk(log, self.withdrawn, self.calendar)
        walk.all()
        walk.pass_time(entry.occurred_at)
        return EvidenceLog(log, self.withdrawn.covers, Standing.before(entry, walk.machine)).report(
            entry.criterion, entry.line
        )


class Walk:
    """A walk through a log as if what is withdrawn had never happened.

    Arguments:
        events: in the order of the fold, each once.
        withdrawn: what counts as if it had never happened; it may change during the walk.
        calendar: which version of the funnel is in force when.
    """

    def __init__(self, events: Sequence[Event], withdrawn: Withdrawn, calendar: Calendar) -> None:
        self.events = events
        self.withdrawn = withdrawn
        self.calendar = calendar
        self.transitions: list[Transition] = []
        self.position = 0
        self.machine = Machine(calendar.at(events[0].key.occurred_at) if events else calendar.latest)
        self._next_term = calendar.after(self.machine.plan.funnel.version)

    def all(self) -> None:
        """Walk every event that is left."""
        while self.position < len(self.events):
            self.pass_time(self.events[self.position].key.occurred_at)
            self.event()

    def event(self) -> None:
        """Walk the next event, as far as it is not withdrawn."""
        event = self.events[self.position]
        self.position += 1
        if self.withdrawn.covers(event):
            self._prove(self.machine.identify(event))
        elif isinstance(event, DealFact) and self.withdrawn.unlinks(event):
            self._prove(self.machine.step(replace(event, linked=None)))
        elif moved := self.machine.step(event):
            self._prove(moved)

    def pass_time(self, moment: datetime) -> None:
        """Walk what happens without an event up to a moment, and at it: publications, and criteria that fall due."""
        machine = self.machine
        while machine.first is not None:
            term, due = self._next_term, machine.due
            if term is not None and term.effective_at <= moment and (due is None or term.effective_at <= due):
                self._prove(machine.adopt(term.plan, term.effective_at, self._counted()))
                self._next_term = self.calendar.after(term.plan.funnel.version)
            elif due is not None and due <= moment:
                self._prove(machine.tick())
            else:
                return

    def _counted(self) -> Iterable[Event]:
        return (event for event in self.events[: self.position] if not self.withdrawn.covers(event))

    def _prove(self, moved: Sequence[Transition]) -> None:
        """Keep moves, each with its evidence, and with those parts of its criterion in words that held."""
        for transition in moved:
            transition.evidence = _ids([transition.event])
            if transition.criterion is not None and transition.cause in ("rule", "funnel_published"):
                log = EvidenceLog(
                    self.events[: self.position], self.withdrawn.covers, Standing.before(transition, self.machine)
                )
                found = log.find(transition.criterion, transition.line)
                if found.met:
                    transition.because = found.held
                    transition.evidence = found.evidence or transition.evidence
            self.transitions.append(transition)


def in_order(log: Iterable[Event]) -> list[Event]:
    """The events of a log in the order of the fold, each once.

    Two partitions of one prospect may hold an event of the same id and time, told with different identities: the one
    that names more of them stands for both.
    """
    events: dict[Key, Event] = {}
    for event in log:
        other = events.setdefault(event.key, event)
        if other is not event and _named(event) > _named(other):
            events[event.key] = event
    return sorted(events.values(), key=attrgetter("key"))


def _named(event: Event) -> tuple[int, tuple[Identity, ...]]:
    identities = event.identities if isinstance(event, Activity | DealFact) else ()
    return len(identities), identities


def fold(log: Iterable[Event], calendar: Calendar, until: datetime | None = None) -> Folded:
    """Fold a whole log.

    Arguments:
        log: events of one prospect, in any order, with any repeats.
        calendar: which version of the funnel is in force when: an event is judged by the one of its own time.
        until: the moment as of which to tell where the prospect stands; ``None``, or one before it: that of the last
            event.

    Returns:
        The state and the transitions. A transition whose evidence was withdrawn later stands in its place, marked by
        ``corrected_by``; where the stage changed by that, a transition of cause ``correction`` follows.
    """
    events = in_order(log)
    walk = Walk(events, Withdrawn(), calendar)
    for position, event in enumerate(events):
        walk.pass_time(event.key.occurred_at)
        if withdrawing := _withdrawing(events, position, walk.machine):
            for one in withdrawing:
                walk.withdrawn.take(one)
            # Dated before all that it withdraws, it has nothing to correct.
            if position:
                _correct(walk, position, event)
        walk.event()
    if until is not None:
        walk.pass_time(until)
    walk.machine.awaited = walk.withdrawn.events.difference(event.id for event in events)
    return Folded(walk.machine, walk.transitions, events, walk.withdrawn, calendar, until)


class Advance(Enum):
    """What one more event, or the passing of time, did to a state."""

    STILL = "it moved nobody"
    MOVED = "it moved the prospect: fold the whole log for the evidence"
    NEEDS_LOG = "it is older than the last moment walked, withdraws others or meets another version: fold the whole log"


def advance(machine: Machine, event: Event, calendar: Calendar) -> Advance:
    """Take one more event on a state that has folded all other events of the log.

    After anything but ``STILL`` the machine is of no further use.
    """
    late = machine.last is not None and event.key <= machine.last
    if late or event.id in machine.awaited or _withdraws(event, machine):
        return Advance.NEEDS_LOG
    passed = catch_up(machine, event.key.occurred_at, calendar)
    if passed is not Advance.STILL:
        return passed
    return Advance.MOVED if machine.step(event) else Advance.STILL


def catch_up(machine: Machine, moment: datetime, calendar: Calendar) -> Advance:
    """Let time pass on a state that has folded every event of the log.

    After anything but ``STILL`` the machine is of no further use.
    """
    if machine.first is not None:
        term = calendar.after(machine.plan.funnel.version)
        if term is not None and term.effective_at <= moment:
            return Advance.NEEDS_LOG
    while machine.due is not None and machine.due <= moment:
        if machine.tick():
            return Advance.MOVED
    return Advance.STILL


def _withdraws(event: Event, machine: Machine) -> bool:
    """Whether an event withdraws others: a withdrawal, a deal's deletion, or the removal of a contact from it."""
    if isinstance(event, Activity):
        return False
    if isinstance(event, DealFact):
        deal = machine.deals.get(event.deal_id)
        if deal is None:
            return False
        return event.deleted or (event.linked is False and event.contact in deal.contacts)
    return isinstance(event, Withdrawal)


def _withdrawing(events: Sequence[Event], position: int, machine: Machine) -> Sequence[Event]:
    """What withdraws others now: the event at a position, or none.

    A person may be on a deal by several contacts, and one update takes them off by an event for each. They withdraw
    together, at the first of them: nobody ever believed what the log comes to in between.
    """
    first = events[position]
    if isinstance(first, Activity):
        return ()
    together = [first]
    if isinstance(first, DealFact) and first.linked is False:
        for event in events[position + 1 :]:
            if not isinstance(event, DealFact) or event.occurred_at != first.occurred_at:
                break
            if event.deal_id == first.deal_id and event.linked is False:
                together.append(event)
    return [event for event in together if _withdraws(event, machine)]


def _correct(walk: Walk, position: int, event: Event) -> None:
    """Recompute what the log came to before an event that withdraws others, and record the correction."""
    machine, transitions = walk.machine, walk.transitions
    again = Walk(walk.events[:position], walk.withdrawn, walk.calendar)
    again.all()
    again.pass_time(event.key.occurred_at)
    valid = {_move_of(transition): transition for transition in again.transitions}
    for place, transition in enumerate(transitions):
        if _stands(transition):
            still = valid.pop(_move_of(transition), None)
            if still is None:
                transition.corrected_by = event.id
            else:
                # The move stands, perhaps on other evidence and in another cycle.
                transitions[place] = replace(still, restated_by=transition.restated_by)
    transitions.extend(replace(transition, restated_by=event.id) for transition in valid.values())
    if again.machine.at is not machine.at:
        transitions.append(_correction(machine, again.machine, event))
    walk.machine = again.machine


def _correction(machine: Machine, corrected: Machine, event: Event) -> Transition:
    ruling = event if isinstance(event, Withdrawal) else None
    return Transition(
        from_stage=machine.at.stage.key,
        to_stage=corrected.at.stage.key,
        event=event.key,
        cause="correction",
        because=corrected.entry.because if corrected.entry else "no criterion holds",
        criterion=corrected.entry.criterion if corrected.entry else None,
        funnel_version=machine.plan.funnel.version,
        cycle=corrected.cycle,
        actor=ruling.by if ruling else None,
        reason=ruling.reason if ruling else None,
        evidence=(event.id,),
    )


def _stands(transition: Transition) -> bool:
    return transition.corrected_by is None and transition.cause != "correction"


def _move_of(transition: Transition) -> tuple[str, str, Key, str]:
    return transition.from_stage, transition.to_stage, transition.event, transition.cause


def _ids(keys: Iterable[Key]) -> tuple[str, ...]:
    """The ids of events; a publication and the moment of a timer are none."""
    return tuple(key.id for key in keys if key.order >= Order.ACTIVITY)
