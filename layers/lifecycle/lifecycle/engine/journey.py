"""The journey: a prospect's way through the funnel as reports see it, from what its log comes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import Folded
from lifecycle.engine.machine import Deal, Machine, Transition
from lifecycle.engine.plan import Plan
from lifecycle.events import Activity, DealFact, Event, Key
from lifecycle.funnel.definition import Stage
from lifecycle.steps import Entry, Step, Told

#: The names of an activity's properties and of a trait that reports break down by. What is kept of an activity for
#: ever has these.
SOURCE_PROPERTY = "utm_source"
CAMPAIGN_PROPERTIES = ("utm_campaign", "campaign")
OWNER_TRAIT = "owner"
#: Longer names are cut: they are keys of figures.
LONGEST_NAME = 100


class Journey(NamedTuple):
    """The steps of a prospect.

    Attributes:
        arrival: its coming into the reports, where it became known without moving.
        steps: of the transitions that are steps, by their place among those of the fold.
    """

    arrival: Step | None
    steps: Mapping[int, Step]


def journey(folded: Folded) -> Journey:
    """The journey of a prospect. Of its steps, the arrival first, each begins where the one before ended.

    Arguments:
        folded: what the whole log comes to.
    """
    moves = folded.true_moves()
    arrived = _arrival(folded, moves)
    if arrived is None:
        return Journey(None, {})
    places = _places(folded)
    way = _Way(folded)
    steps: dict[int, Step] = {}
    arrival: Step | None = None
    for move in moves:
        if arrival is None and not steps and move.event > arrived:
            arrival = way.arrive(move.from_stage, arrived)
        if move.event >= arrived:
            steps[places[_signature(move)].pop(0)] = way.move(move)
        else:
            way.cycle = move.cycle
    if arrival is None and not steps:
        arrival = way.arrive(folded.machine.at.stage.key, arrived)
    return Journey(arrival, steps)


def is_in_reports(machine: Machine) -> bool:
    """Whether a prospect is anybody to a report: an email is known, or a deal, and it stands in no stage of the
    anonymous."""
    is_known = machine.known is not None or any(deal.counts for deal in machine.deals.values())
    return is_known and not machine.at.stage.anonymous


def _arrival(folded: Folded, moves: Sequence[Transition]) -> Key | None:
    """When the prospect comes into the reports: as soon as it is known, and in no stage of the anonymous."""
    arrived = _known(folded)
    if arrived is None:
        return None
    for stage, until in _stays(folded, moves):
        if until is None or until > arrived:
            if not stage.anonymous:
                return arrived
            arrived = until or arrived
    return None


def _known(folded: Folded) -> Key | None:
    deals: dict[str, Deal] = {}
    for event in folded.log:
        if isinstance(event, Activity | DealFact) and any(identity.kind == "email" for identity in event.identities):
            return event.key
        if isinstance(event, DealFact) and not folded.withdrawn.covers(event):
            deal = deals.setdefault(event.deal_id, Deal())
            deal.learn(replace(event, linked=None) if folded.withdrawn.unlinks(event) else event)
            if deal.counts:
                return event.key
    return None


def _stays(folded: Folded, moves: Sequence[Transition]) -> Iterator[tuple[Stage, Key | None]]:
    """The stages that the prospect stood in, in order, each with the moment at which it left it."""
    plan = folded.calendar.at(folded.log[0].key.occurred_at)
    stage = plan.ladder[0].stage
    for move in moves:
        yield stage, move.event
        stage = _plan(folded.calendar, move.funnel_version).by_key[move.to_stage].stage
    yield stage, None


def _plan(calendar: Calendar, version: int) -> Plan:
    plan = calendar.plan(version)
    assert plan is not None  # noqa: S101 - the calendar that it was folded by has it
    return plan


def _places(folded: Folded) -> dict[tuple[str, str, Key, str], list[int]]:
    """The places of the transitions that stand, by what they are."""
    places: dict[tuple[str, str, Key, str], list[int]] = {}
    for place, move in enumerate(folded.transitions):
        if move.corrected_by is None and move.cause != "correction":
            places.setdefault(_signature(move), []).append(place)
    return places


def _signature(move: Transition) -> tuple[str, str, Key, str]:
    return move.from_stage, move.to_stage, move.event, move.cause


class _Telling:
    """What the log told by a moment, read on as the moments pass."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = iter(events)
        self._next = next(self._events, None)
        self._told = Told()

    def by(self, moment: Key) -> Told:
        while self._next is not None and self._next.key <= moment:
            if isinstance(self._next, Activity):
                self._told = _with_more(self._told, self._next)
            self._next = next(self._events, None)
        return self._told


def _with_more(told: Told, activity: Activity) -> Told:
    if told.source is None:
        told = told._replace(source=_name(activity.properties.get(SOURCE_PROPERTY)) or _name(activity.source))
    if told.campaign is None:
        told = told._replace(campaign=_first_name(activity.properties, CAMPAIGN_PROPERTIES))
    owner = _name(activity.traits.get(OWNER_TRAIT))
    return told if owner is None else told._replace(owner=owner)


def _first_name(properties: Mapping[str, Any], names: Iterable[str]) -> str | None:
    return next(filter(None, (_name(properties.get(name)) for name in names)), None)


def _name(value: Any) -> str | None:
    """A name as it is told; what is none, as a number or a list, is not told."""
    return (value.strip()[:LONGEST_NAME] or None) if isinstance(value, str) else None


class _Way:
    """Makes the steps of a prospect, one after the other.

    Attributes:
        cycle: of the last move.
    """

    def __init__(self, folded: Folded) -> None:
        self.cycle = 1
        self._calendar = folded.calendar
        self._telling = _Telling(
            event for event in folded.log if not (folded.withdrawn.covers(event) or _is_automated(event))
        )
        self._at: str | None = None
        self._entry: Entry | None = None
        self._been: set[str] = set()
        self._passed: set[str] = set()
        self._reached: dict[str, Entry] = {}

    def move(self, move: Transition) -> Step:
        """The step that a move is."""
        self.cycle = move.cycle
        return self._step(move.to_stage, move.event, move.funnel_version, move.reason or move.because)

    def arrive(self, stage: str, moment: Key) -> Step:
        """The step into the reports, where it is no move."""
        return self._step(stage, moment, self._calendar.at(moment.occurred_at).funnel.version, None)

    def _step(self, to_stage: str, moment: Key, version: int, why: str | None) -> Step:
        plan = _plan(self._calendar, version)
        entry = Entry(moment.occurred_at, self.cycle, version, self._telling.by(moment))
        is_return = self._entry is not None and self._entry.cycle != self.cycle
        if is_return:
            self._passed, self._reached = set(), {}
        is_beside = plan.by_key[to_stage].rank < 0
        opened = {to_stage} - self._passed if is_return or is_beside else self._opened(plan, to_stage)
        step = Step(
            from_stage=self._at,
            to_stage=to_stage,
            entry=entry,
            left=self._entry,
            again=to_stage in self._been,
            opened=tuple(opened),
            reached=dict(self._reached),
            why=why[:LONGEST_NAME] if why and is_beside else None,
        )
        self._at, self._entry = to_stage, entry
        self._been.add(to_stage)
        self._passed.update(opened)
        self._reached.setdefault(to_stage, entry)
        return step

    def _opened(self, plan: Plan, to_stage: str) -> list[str]:
        """The stages of the ladder that a step up reaches or passes for the first time in its cycle."""
        behind = self._passed if self._at is None else self._passed | {self._at}
        lowest = max((plan.by_key[stage].rank for stage in behind & plan.by_key.keys()), default=-1)
        passed = [stage.stage for stage in plan.ladder if lowest < stage.rank <= plan.by_key[to_stage].rank]
        return [stage.key for stage in passed if not stage.anonymous]


def _is_automated(event: Event) -> bool:
    return isinstance(event, Activity) and event.automated
