"""Settle: bring the stored state of some prospects up to their logs. Idempotent, convergent, safe at any time.

A request calls it right after its append, the stream calls it again for the same event: whoever comes second finds the
event's mark in the state and writes nothing. Read, connect, fold, commit; on a conflict all of it again.
"""

from __future__ import annotations

import random
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import Advance, advance, catch_up, fold
from lifecycle.engine.journey import is_in_reports, journey
from lifecycle.engine.machine import Machine, Transition
from lifecycle.engine.snapshot import dump, load, version_of
from lifecycle.events import DealFact, Event, Key
from lifecycle.services.calendars import CalendarSource
from lifecycle.services.deals import clear_deal
from lifecycle.services.errors import TooBusyError
from lifecycle.services.neighbourhood import Neighbourhood
from lifecycle.services.retaining import Keeper, Upkeep
from lifecycle.steps import Step
from lifecycle.store.items import MARK_LENGTH
from lifecycle.store.protocol import Appended, Store
from lifecycle.store.records import Change, Partition, TransitionRecord

#: How many events a state remembers to have folded: enough that the stream, seconds later, still finds its own.
RECENT = 24
ATTEMPTS = 12
#: How long an erased event is recognised that comes again and says of itself that it happened just now. (One that says
#: when it happened is recognised for ever.) Longer than any sender repeats, and than most keep what they sent.
MARKERS_KEPT = timedelta(days=400)
_LONGEST_PAUSE = 0.4


@dataclass(slots=True)
class Settled:
    """Where a prospect stands now, and the moves that came to light by settling.

    ``erased`` says that it is nobody: the event was about somebody who was erased, and is no more.
    """

    prospect_id: str
    machine: Machine
    moves: list[TransitionRecord]
    erased: bool = False


class Settler:
    """Settles the prospects of one workspace.

    Arguments:
        store: the workspace's store.
        calendars: where to find which version of the funnel is in force when.
    """

    def __init__(self, store: Store, calendars: CalendarSource) -> None:
        self._store = store
        self._calendars = calendars

    def settle(
        self, entries: Sequence[Appended], now: datetime, neighbourhood: Neighbourhood | None = None
    ) -> list[Settled]:
        """Bring the prospects of some events up to their logs.

        Arguments:
            entries: events that are in a log, as the log has them.
            now: recorded as the moment at which moves came to light.
            neighbourhood: the partitions of the events' homes, if the caller has read them before it appended.

        Returns:
            For each entry, in its order, the prospect that it belongs to.

        Raises:
            TooBusyError: others changed the same prospects at every attempt. The events are in their logs, and the
                stream settles them.
        """
        settled: dict[int, Settled] = {}
        open_places = list(range(len(entries)))
        for attempt in attempts():
            around = neighbourhood if neighbourhood is not None and not attempt else Neighbourhood(self._store)
            settled |= self._attempt({place: entries[place] for place in open_places}, around, now)
            open_places = [place for place in open_places if place not in settled]
            if not open_places:
                return [settled[place] for place in range(len(entries))]
        raise TooBusyError

    def refresh(self, prospect_ids: Sequence[str], now: datetime, *, anew: bool = False) -> list[Refreshed]:
        """Bring prospects up to the present whom no event concerns: a version of the funnel came into force, or what
        a criterion waited for has come to pass.

        Arguments:
            prospect_ids: prospects; those that are none any more are passed over.
            now: the present.
            anew: fold their whole logs, for these were changed.

        Returns:
            The prospects that are somewhere, in the order given.

        Raises:
            TooBusyError: others changed the same prospects at every attempt. Asked again, it goes on with these.
        """
        refreshed: dict[str, Refreshed] = {}
        left = list(dict.fromkeys(prospect_ids))
        for _ in attempts():
            around = Neighbourhood(self._store)
            around.load(left)
            around.refold.update(left if anew else ())
            stored = {id_: around[id_].stage for id_ in left if around[id_].summary is not None}
            outcomes = {id_: self._fold(around, id_, [], now, tend=True) for id_ in stored}
            self._set_expiries(outcomes.values())
            lost = self._commit(around, outcomes, now)
            for id_ in stored.keys() - lost:
                told = _refreshed(id_, stored[id_], outcomes[id_].settled)
                if told is not None:
                    refreshed[id_] = told
            left = [id_ for id_ in left if id_ in lost]
            if not left:
                return [refreshed[id_] for id_ in dict.fromkeys(prospect_ids) if id_ in refreshed]
        raise TooBusyError

    def _attempt(self, entries: dict[int, Appended], around: Neighbourhood, now: datetime) -> dict[int, Settled]:
        """One try; the places of the entries that are settled by it."""
        around.locate((entry.home, entry.event) for entry in entries.values())
        unfolded = {place: entry for place, entry in entries.items() if not _is_folded(entry, around)}
        fresh = self._screen(unfolded, around, now)
        settled = {place: self._nobody(unfolded[place], around, now) for place in unfolded.keys() - fresh.keys()}
        for entry in sorted(fresh.values(), key=lambda entry: entry.event.key):
            around.connect(entry.home, entry.event)
        changed = around.refold | around.touched
        works: dict[str, list[Appended]] = {root: [] for root in changed if not around[root].is_pointer}
        for entry in fresh.values():
            works.setdefault(around.root(entry.home, entry.event.key), []).append(entry)
        outcomes = {root: self._fold(around, root, work, now) for root, work in works.items()}
        lost = self._commit(around, outcomes, now)
        for place, entry in entries.items():
            root = around.root(entry.home, entry.event.key)
            if root not in lost and place not in settled:
                outcome = outcomes.get(root)
                settled[place] = outcome.settled if outcome else self._as_stored(around, root, entry.event, now)
        around.learn()
        return settled

    def _screen(self, entries: dict[int, Appended], around: Neighbourhood, now: datetime) -> dict[int, Appended]:
        """Put right what was appended while somebody was being erased whom it is about, or whom it names.

        Returns:
            The entries that remain, as the logs have them now.
        """
        screened = around.screen([(entry.home, entry.event) for entry in entries.values()])
        kept = {place: event for place, event in zip(entries, screened, strict=True) if event is not None}
        gone = [entry for place, entry in entries.items() if place not in kept]
        # First the deals, for without these events nobody knows which they are.
        for deal_id in {entry.event.deal_id for entry in gone if isinstance(entry.event, DealFact)}:
            clear_deal(self._store, deal_id, around)
        if gone:
            self._store.bury([(entry.home, entry.event.id) for entry in gone], now + MARKERS_KEPT)
        keeper = Keeper(self._calendars.calendar(now), now)
        for place, event in kept.items():
            if event is not entries[place].event:
                self._store.rewrite_event(entries[place]._replace(event=event, expires_at=keeper.expires_at(event)))
        return {place: entries[place]._replace(event=event) for place, event in kept.items()}

    def _nobody(self, entry: Appended, around: Neighbourhood, now: datetime) -> Settled:
        return self.nobody(around.root(entry.home, entry.event.key), now)

    def nobody(self, prospect_id: str, now: datetime) -> Settled:
        """Where somebody stands of whom nothing is known."""
        return Settled(prospect_id, fold([], self._calendars.calendar(now), now).machine, [], erased=True)

    def _fold(
        self, around: Neighbourhood, root: str, entries: list[Appended], now: datetime, *, tend: bool = False
    ) -> Outcome:
        partition, events = around[root], [entry.event for entry in entries]
        calendar = self._calendar(partition, now)
        keeper = Keeper(calendar, now)
        needs_log = root in around.refold or (tend and keeper.is_due(partition))
        if not needs_log and (machine := _advanced(partition, events, calendar, now)) is not None:
            upkeep = keeper.with_more(partition, events)
            return Outcome(Settled(root, machine, []), _marks(partition, entries), upkeep, partition.arrival)
        is_new = partition.version == 0 and all(around[member].version == 0 for member in partition.members)
        log, stored = (events, []) if is_new else around.whole_log(root)
        folded = fold(log, calendar, now)
        known = stored + [record for member in partition.members for record in around.stored_transitions(member)]
        way = journey(folded)
        records = _records(folded.transitions, way.steps, known, now)
        seen = {_signature(record) for record in known}
        moves = [record for record in records if _signature(record) not in seen]
        written, replaced = _differing(records, stored), _differing(stored, records)
        days = days_of([*written, *replaced])
        if way.arrival != partition.arrival:
            days |= days_of([], way.arrival) | days_of([], partition.arrival)
        upkeep = keeper.of_new(events) if is_new else keeper.of_all(around, root, tend=tend)
        return Outcome(
            settled=Settled(root, folded.machine, moves),
            recent=_marks(partition, entries),
            upkeep=upkeep,
            arrival=way.arrival,
            written=written,
            erased=[record.sequence for record in stored[len(records) :]],
            days=days,
        )

    def _set_expiries(self, outcomes: Iterable[Outcome]) -> None:
        """Have activities go at the time that the policy in force tells, now that the log could be folded."""
        for outcome in outcomes:
            for home, expiries in outcome.upkeep.expiries.items():
                self._store.set_expiries(home, expiries)

    def _calendar(self, partition: Partition, now: datetime) -> Calendar:
        """The calendar; read anew where another process has judged by a version that is not in it."""
        calendar = self._calendars.calendar(now)
        if partition.summary is not None and calendar.plan(version_of(partition.summary)) is None:
            calendar = self._calendars.refresh(now)
        return calendar

    def _commit(self, around: Neighbourhood, outcomes: dict[str, Outcome], now: datetime) -> set[str]:
        """Write what changed; the prospects for which another writer was faster."""
        changes: dict[str, Change] = {}
        roots: dict[str, list[str]] = {}
        for root, outcome in outcomes.items():
            roots.setdefault(around.cluster(root), []).append(root)
            if self._update(around[root], outcome, now) or root in around.touched:
                change = changes.setdefault(around.cluster(root), Change([]))
                change.partitions.append(around[root])
                change.written[root], change.erased[root] = outcome.written, outcome.erased
                change.traces += outcome.upkeep.traces
                change.days |= outcome.days
        for id_ in around.touched - outcomes.keys():
            change = changes.setdefault(around.cluster(id_), Change([]))
            stored = around.stored_transitions(id_)
            change.partitions.append(around[id_])
            change.erased[id_] = [record.sequence for record in stored]
            change.days |= days_of(stored, around[id_].arrival)
            around[id_].arrival = None
        done = self._store.commit(list(changes.values())) if changes else []
        lost = [cluster for cluster, made in zip(changes, done, strict=True) if not made]
        return {root for cluster in lost for root in roots.get(cluster, ())}

    def _update(self, partition: Partition, outcome: Outcome, now: datetime) -> bool:
        """Make a partition say what its log came to; whether that is news."""
        machine, upkeep = outcome.settled.machine, outcome.upkeep
        # An identity whose own log is empty, as after it was parted, is nobody until something happens.
        summary = dump(machine) if machine.since else None
        due = partition.due if partition.is_being_erased else _due(partition, machine, upkeep, now)
        before = (partition.summary, partition.due, partition.condense_at, partition.retention)
        is_news = (summary, due, upkeep.condense_at, upkeep.retention) != before or outcome.writes
        partition.summary, partition.recent, partition.due = summary, outcome.recent, due
        partition.condense_at, partition.retention = upkeep.condense_at, upkeep.retention
        partition.arrival = outcome.arrival
        partition.stage = machine.at.stage.key if machine.since else None
        partition.since = machine.since.occurred_at if machine.since else None
        partition.in_reports = machine.since is not None and is_in_reports(machine)
        return is_news

    def _as_stored(self, around: Neighbourhood, root: str, event: Event, now: datetime) -> Settled:
        """A prospect that somebody else settled already, with the moves that the event caused."""
        caused = [record for record in self._store.transitions(root) if record.event_id == event.id]
        return Settled(root, self.machine(around, root, now), caused)

    def is_folded(self, around: Neighbourhood, entry: Appended) -> bool:
        """Whether the prospect that an event belonged to when it was appended has folded it, as far as it remembers."""
        return mark_of(entry) in around[entry.root].recent

    def standing(self, around: Neighbourhood, home: str, event: Event, now: datetime) -> Settled:
        """Where the prospect of an event stands."""
        root = around.root(home, event.key)
        return Settled(root, self.machine(around, root, now), [])

    def machine(self, around: Neighbourhood, root: str, now: datetime) -> Machine:
        """Where a prospect stands at present: as stored, or folded where time has passed it by."""
        return around.machine(root, self._calendar(around[root], now), now)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A prospect that was brought up to the present without an event.

    Attributes:
        from_stage, to_stage: where it stood, and where it stands now.
        because: why it moved; empty where it did not.
        since: the key of the moment that took it to where it stands.
    """

    prospect_id: str
    from_stage: str
    to_stage: str
    because: str = ""
    since: Key | None = None

    @property
    def moved(self) -> bool:
        """Whether it did not stay where it was."""
        return self.from_stage != self.to_stage


@dataclass(slots=True)
class Outcome:
    """What folding a prospect came to: the state, the marks, what becomes of its activities, how it came into the
    reports if not by moving, the transitions to write and the numbers to erase, and the days that reports tell else of.
    """

    settled: Settled
    recent: tuple[str, ...]
    upkeep: Upkeep
    arrival: Step | None
    written: list[TransitionRecord] = field(default_factory=list)
    erased: list[int] = field(default_factory=list)
    days: set[date] = field(default_factory=set)

    @property
    def writes(self) -> bool:
        """Whether there is more to write than the state."""
        return bool(self.written or self.erased or self.days or self.upkeep.traces)


def _advanced(partition: Partition, events: list[Event], calendar: Calendar, now: datetime) -> Machine | None:
    """The state with some more events and as of now, where it can be had without the log."""
    machine = load(partition.summary, calendar) if partition.summary else None
    if machine is None:
        return None
    was_in_reports = is_in_reports(machine)
    for event in sorted(events, key=lambda event: event.key):
        if advance(machine, event, calendar) is not Advance.STILL:
            return None
    is_still = catch_up(machine, now, calendar) is Advance.STILL and is_in_reports(machine) is was_in_reports
    return machine if is_still else None


def _due(partition: Partition, machine: Machine, upkeep: Upkeep, now: datetime) -> datetime | None:
    """When to look at a prospect next without an event.

    What is stored stays where it is sooner: looking once in vain is cheaper than to write the index with every event
    that puts the moment off.
    """
    stored = partition.due
    wanted = min((moment for moment in (machine.due, upkeep.condense_at) if moment is not None), default=None)
    if wanted is None or stored is None or stored > wanted or stored <= now:
        return wanted
    return stored


def _refreshed(prospect_id: str, stored: str | None, settled: Settled) -> Refreshed | None:
    if stored is None:
        return None
    machine, stage = settled.machine, settled.machine.at.stage.key
    because = settled.moves[-1].criterion if settled.moves and stored != stage else ""
    return Refreshed(prospect_id, stored, stage, because, machine.since)


def attempts() -> Iterator[int]:
    """Count the tries, with a pause before each but the first: by chance, so that rivals part, and longer each time."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.02 * 2**attempt)))  # noqa: S311 - spreads retries
        yield attempt


def mark_of(entry: Appended) -> str:
    """A short mark of an entry of a log. Two of one prospect's last few share one once in a billion times."""
    text = f"{entry.home} {entry.event.id}"
    return b64encode(sha256(text.encode()).digest()[:6])[:MARK_LENGTH].decode()


def _marks(partition: Partition, entries: Iterable[Appended]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*partition.recent, *map(mark_of, entries)]))[-RECENT:]


def _is_folded(entry: Appended, around: Neighbourhood) -> bool:
    partition = around[around.root(entry.home, entry.event.key)]
    return mark_of(entry) in partition.recent


def _signature(record: TransitionRecord) -> tuple[str, str, str, str]:
    return record.from_stage, record.to_stage, record.event_id, record.cause


def _differing(records: Sequence[TransitionRecord], others: Sequence[TransitionRecord]) -> list[TransitionRecord]:
    """Those records in whose places the others are different."""
    return [record for place, record in enumerate(records) if others[place : place + 1] != [record]]


def days_of(records: Iterable[TransitionRecord], arrival: Step | None = None) -> set[date]:
    """The days (UTC) of transitions, and of somebody's coming into the reports."""
    moments = [record.occurred_at for record in records] + ([arrival.entry.at] if arrival else [])
    return {moment.astimezone(UTC).date() for moment in moments}


def _records(
    transitions: Sequence[Transition],
    steps: Mapping[int, Step],
    known: Iterable[TransitionRecord],
    now: datetime,
) -> list[TransitionRecord]:
    """The transitions of a fold as records; one that was known before keeps the moment at which it was recorded."""
    recorded = {_signature(record): record.recorded_at for record in known}
    records = []
    for sequence, transition in enumerate(transitions, start=1):
        record = TransitionRecord(
            sequence=sequence,
            from_stage=transition.from_stage,
            to_stage=transition.to_stage,
            occurred_at=transition.occurred_at,
            recorded_at=now,
            cause=transition.cause,
            funnel_version=transition.funnel_version,
            criterion=transition.because,
            evidence=transition.evidence,
            actor=transition.actor,
            reason=transition.reason,
            cycle=transition.cycle,
            event_id=transition.event.id,
            corrected_by=transition.corrected_by,
            restated_by=transition.restated_by,
            qualification=transition.qualification,
            actions=transition.actions,
            step=steps.get(sequence - 1),
        )
        records.append(replace(record, recorded_at=recorded.get(_signature(record), now)))
    return records
