"""The fold: the pure function from (log, funnel) to (state, transitions).

Same set of events, any order of arrival, any repeats: same result. A whole log is folded by ``fold``; ``advance``
takes one more event on a state that has folded all the others, and says when that is not enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from operator import attrgetter

from lifecycle.engine.evidence import CriterionReport, EvidenceLog
from lifecycle.engine.machine import Machine, Transition
from lifecycle.engine.plan import Plan
from lifecycle.events import Activity, DealFact, Event, Identity, Key, Withdrawal


@dataclass(slots=True)
class Withdrawn:
    """What counts as if it had never happened (design, rule 9).

    ``events`` are ids. ``deals`` maps a deal to its deletion: all said of it before is void. ``links`` maps (deal,
    contact) to the removal: that the contact was on it before is void.
    """

    events: set[str] = field(default_factory=set)
    deals: dict[str, Key] = field(default_factory=dict)
    links: dict[tuple[str, str], Key] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Take in an event that withdraws others."""
        if isinstance(event, Withdrawal):
            self.events.add(event.event_id)
        elif isinstance(event, DealFact) and event.deleted:
            self.deals[event.deal_id] = event.key
        elif isinstance(event, DealFact):
            self.links[event.deal_id, event.contact] = event.key

    def covers(self, event: Event) -> bool:
        """Whether an event is withdrawn as a whole."""
        if isinstance(event, DealFact):
            deletion = self.deals.get(event.deal_id)
            return deletion is not None and event.key < deletion
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

    def evidence_log(self) -> EvidenceLog:
        """The log as evidence: what is not withdrawn."""
        return EvidenceLog(self.log, self.withdrawn.covers, self.machine, self.machine.at.stage.key)

    def entry_report(self) -> CriterionReport | None:
        """The criterion that took the prospect to its stage, held against the log as it stood at that moment."""
        entry = self.machine.entry
        if entry is None or entry.criterion is None:
            return None
        log = [event for event in self.log if event.key <= entry.event]
        machine, _ = _replay(log, self.withdrawn, self.machine.plan)
        then = EvidenceLog(log, self.withdrawn.covers, machine, entry.from_stage)
        return then.report(entry.criterion, entry.line)


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


def fold(log: Iterable[Event], plan: Plan) -> Folded:
    """Fold a whole log.

    Arguments:
        log: events of one prospect, in any order, with any repeats.
        plan: the compiled funnel in force.

    Returns:
        The state and the transitions. A transition whose evidence was withdrawn later stands in its place, marked by
        ``corrected_by``; where the stage changed by that, a transition of cause ``correction`` follows.
    """
    events = in_order(log)
    withdrawn = Withdrawn()
    machine = Machine(plan)
    transitions: list[Transition] = []
    for position, event in enumerate(events):
        if _withdraws(event, machine):
            withdrawn.take(event)
            machine = _correct(events[:position], event, withdrawn, machine, transitions)
        if moved := _walk(machine, events, position, withdrawn):
            transitions.append(moved)
    machine.awaited = withdrawn.events.difference(event.id for event in events)
    return Folded(machine, transitions, events, withdrawn)


class Advance(Enum):
    """What one more event did to a state."""

    STILL = "it moved nobody"
    MOVED = "it moved the prospect: fold the whole log for the evidence"
    NEEDS_LOG = "it is older than the last event, or withdraws others: fold the whole log"


def advance(machine: Machine, event: Event) -> Advance:
    """Take one more event on a state that has folded all other events of the log.

    After anything but ``STILL`` the machine is of no further use.
    """
    late = machine.last is not None and event.key <= machine.last
    if late or event.id in machine.awaited or _withdraws(event, machine):
        return Advance.NEEDS_LOG
    return Advance.STILL if machine.step(event) is None else Advance.MOVED


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


def _walk(machine: Machine, log: Sequence[Event], position: int, withdrawn: Withdrawn) -> Transition | None:
    """Walk the event at a position of a log, as far as it is not withdrawn; the move that it caused, with evidence."""
    event = log[position]
    if withdrawn.covers(event):
        moved = machine.identify(event)
    elif isinstance(event, DealFact) and withdrawn.unlinks(event):
        moved = machine.step(replace(event, linked=None))
    else:
        moved = machine.step(event)
    return moved and _proven(moved, log[: position + 1], withdrawn, machine)


def _correct(
    before: Sequence[Event], event: Event, withdrawn: Withdrawn, machine: Machine, transitions: list[Transition]
) -> Machine:
    """Recompute what the log came to before an event that withdraws others, and record the correction.

    Returns:
        The machine as it would stand had the withdrawn events never happened.
    """
    corrected, standing = _replay(before, withdrawn, machine.plan)
    valid = {_move_of(transition): transition for transition in standing}
    for position, transition in enumerate(transitions):
        if _stands(transition):
            still = valid.pop(_move_of(transition), None)
            if still is None:
                transition.corrected_by = event.id
            else:
                # The move stands, perhaps on other evidence and in another cycle.
                transitions[position] = replace(still, restated_by=transition.restated_by)
    transitions.extend(replace(transition, restated_by=event.id) for transition in valid.values())
    if corrected.at is not machine.at:
        transitions.append(_correction(machine, corrected, event))
    return corrected


def _replay(events: Sequence[Event], withdrawn: Withdrawn, plan: Plan) -> tuple[Machine, list[Transition]]:
    """Walk a log as if what is withdrawn had never happened."""
    machine = Machine(plan)
    walked = (_walk(machine, events, position, withdrawn) for position in range(len(events)))
    return machine, [moved for moved in walked if moved]


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


def _proven(moved: Transition, log: Sequence[Event], withdrawn: Withdrawn, machine: Machine) -> Transition:
    """A move with its evidence, and with those parts of its criterion in words that held."""
    moved.evidence = (moved.event.id,)
    if moved.criterion is not None and moved.cause == "rule":
        found = EvidenceLog(log, withdrawn.covers, machine, moved.from_stage).find(moved.criterion, moved.line)
        moved.because = found.held
        moved.evidence = found.evidence or moved.evidence
    return moved
