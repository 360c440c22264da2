"""Erasure of a person: all that is held goes, the counts of the reports stay, and nothing of it comes back.

One commit makes the partitions of a prospect say that their person was erased, and nothing else; from then on nobody
finds anything, and whatever arrives is held against it (``Neighbourhood.screen``). The same commit moves the
transitions to a partition of a random name, so that no count of a report changes. Then the events are swept, batch by
batch: a sweep that is cut short is taken up again by the timers.
"""

from __future__ import annotations

import secrets
import time
from base64 import b32encode
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from lifecycle.events import Activity, DealFact, Event, Identity, Key, prospect_id
from lifecycle.services.audit_entries import prospect_erased
from lifecycle.services.deals import clear_deal
from lifecycle.services.errors import (
    ProspectAbsorbedError,
    ProspectErasedError,
    ProspectNotFoundError,
    TooBusyError,
)
from lifecycle.services.neighbourhood import Neighbourhood, is_of_before
from lifecycle.services.settle import MARKERS_KEPT, Settler, attempts, days_of
from lifecycle.steps import Entry, Step, Told
from lifecycle.store.audit_records import Origin
from lifecycle.store.protocol import Appended, Store
from lifecycle.store.records import Binding, Change, Erasure, Partition, Ruling, TransitionRecord
from lifecycle.store.transactions import TRANSACTION_LIMIT, chunks

#: When the timers look whether a sweep that a request began has ended: longer than a request takes.
_LATER = timedelta(minutes=2)
#: Events of one batch of a sweep: with their markers they fill one transaction.
_BATCH = TRANSACTION_LIMIT // 2
#: Stands for the events that corrected or restated a move: that there was one is what the reports ask.
_SOME_EVENT = "erased"

EventT = TypeVar("EventT", bound=Event)

#: Whether there is time for one more batch.
HasTime = Callable[[], bool]


def within(seconds: float) -> HasTime:
    """There is time until so many seconds from now."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


@dataclass(frozen=True, slots=True)
class Erased:
    """What erasing a prospect has done. ``removed`` counts it, without what a sweep had done when it died half-way."""

    prospect_id: str
    erased_at: datetime
    removed: dict[str, int]
    is_complete: bool


class Leftovers(Protocol):
    """What is held of people beside their logs: what outside systems sent that could not be read, and what waits."""

    def forget(self, identities: Collection[Identity]) -> None: ...


class Eraser:
    """Erases the prospects of one workspace.

    Arguments:
        store: the workspace's store.
        settler: settles prospects whose logs named an erased one.
        origin: who asks, and from where: for the audit trail.
        leftovers: what else may name a person; ``None`` where there is nothing beside the logs.
    """

    def __init__(self, store: Store, settler: Settler, origin: Origin, leftovers: Leftovers | None = None) -> None:
        self._store = store
        self._leftovers = leftovers
        self._origin = origin
        self._settler = settler

    def erase(self, prospect_id: str, now: datetime, has_time: HasTime) -> Erased:
        """Erase a prospect, or go on with its erasure. Asked again, it answers with the erasure that was.

        Arguments:
            prospect_id: of the prospect itself.
            now: when it is erased.
            has_time: whether to go on; what is not reached, the timers see to.

        Raises:
            ProspectNotFoundError: there is no such prospect.
            ProspectAbsorbedError: it was merged into another one.
            ProspectErasedError: it was erased as a part of another one.
            TooBusyError: others changed it at every attempt. Nothing was erased.
        """
        for _ in attempts():
            around = Neighbourhood(self._store)
            if around[prospect_id].is_pointer:
                raise ProspectAbsorbedError(prospect_id, around.root(prospect_id))
            if around[prospect_id].summary is None:
                _refuse_what_is_nobody(around[prospect_id])
                return self.sweep(prospect_id, now, has_time)
            if self._entomb(around, prospect_id, now):
                return self.sweep(prospect_id, now, has_time)
        raise TooBusyError

    # ---- the commit -------------------------------------------------------------------------------------------------

    def _entomb(self, around: Neighbourhood, root: str, now: datetime) -> bool:
        """Make every partition of a prospect say that its person was erased; whether no other writer was faster."""
        own, shared = _belongings(around, root)
        transitions = {id_: self._store.transitions(id_) for id_ in own}
        names = {id_: _pseudonym() for id_ in own if transitions[id_] or around[id_].arrival}
        kept = {names[id_]: records for id_, records in transitions.items() if records}
        arrivals = {names[id_]: around[id_].arrival for id_ in names}
        counts = {
            "events": 0,
            "identities": len(own),
            "deal_entries": 0,
            "transitions_kept": sum(map(len, kept.values())),
        }
        apart = _parted(around, root, own)
        tombs = {id_: Partition(id_, version=around[id_].version, erased_at=now) for id_ in own}
        for visitor in shared:
            for _, owner in around[visitor].bindings:
                if owner in tombs:
                    # Whoever comes back by this visitor has its events from then on.
                    tombs[owner].members[visitor] = None
        tombs[root].erasure = _with_the_rest(Erasure(tuple(own), tuple(shared), tuple(apart), counts), around)
        tombs[root].due = now + _LATER
        others = _forget(around, own, shared)
        change = Change(
            [
                *others,
                *(Partition(name, arrival=_nobodys(arrival)) for name, arrival in arrivals.items() if arrival),
                *(tomb for id_, tomb in tombs.items() if id_ != root),
                tombs[root],
            ],
            {name: [_pseudonymous(record) for record in records] for name, records in kept.items()},
            {id_: [record.sequence for record in records] for id_, records in transitions.items() if records},
            days=set().union(*(days_of(transitions[id_], around[id_].arrival) for id_ in names)),
            audit=prospect_erased(
                self._origin,
                root,
                around[root].stage,
                {what: counts[what] for what in ("identities", "transitions_kept")},
                now,
            ),
        )
        return all(self._store.commit([part])[0] for part in _whole(change))

    # ---- the sweep --------------------------------------------------------------------------------------------------

    def sweep(self, prospect_id: str, now: datetime, has_time: HasTime) -> Erased:
        """Delete the events of a prospect that was erased, as far as there is time. Doing it twice is doing it once."""
        removed: Counter[str] = Counter()
        partition = self._read(prospect_id)
        erasure = partition.erasure
        if erasure is not None and not erasure.is_complete:
            is_done = self._sweep(erasure, now, has_time, removed)
            partition = self._note(prospect_id, removed, is_done=is_done)
        return _erased(partition)

    def _sweep(self, erasure: Erasure, now: datetime, has_time: HasTime, removed: Counter[str]) -> bool:
        """Whether all is done."""
        around = Neighbourhood(self._store)
        around.load([*erasure.own, *erasure.shared])
        deals: set[str] = set()
        named: set[Identity] = set()
        for home in (*erasure.own, *erasure.shared):
            events = [event for event in self._store.log(home)[0] if around.is_gone(home, event)]
            for batch in chunks(events, _BATCH):
                if not has_time():
                    return False
                self._forget_leftovers(batch, erasure.own, named)
                # First the deals, for without these events nobody knows which they are.
                for deal_id in {event.deal_id for event in batch if isinstance(event, DealFact)} - deals:
                    removed["deal_entries"] += clear_deal(self._store, deal_id, around)
                    deals.add(deal_id)
                self._store.bury([(home, event.id) for event in batch], now + MARKERS_KEPT)
                removed["events"] += len(batch)
            # Last: a trace is what an event is found by that is there no more.
            self._store.change_traces(home, partial(_unless_gone, around, home))
        for root in erasure.apart:
            if not has_time():
                return False
            self._clear_other(root, erasure.own, now)
        return True

    def _forget_leftovers(self, batch: Iterable[Event], own: Sequence[str], named: set[Identity]) -> None:
        """Forget what is held beside the logs of the identities that events name, but for those that are ``named``: it
        is forgotten already. Before the events go, for without them nobody knows the identities."""
        new = {
            identity
            for event in batch
            if isinstance(event, Activity | DealFact)
            for identity in event.identities
            if identity not in named and self._id_of(identity) in own
        }
        if new and self._leftovers is not None:
            self._leftovers.forget(new)
        named |= new

    def _clear_other(self, root: str, own: Sequence[str], now: datetime) -> None:
        """Take identities that were erased out of the log of somebody whom a person had parted from the erased."""
        around = Neighbourhood(self._store)
        is_changed = False
        for home in [root, *around[root].members]:
            kept = self._store.kept(home)
            for event in kept.events:
                cleared = self._cleared(event, home, own, around[own[0]].erased_at)
                if cleared is not event:
                    expires_at = kept.expiries.get(event.id)
                    self._store.rewrite_event(Appended(home, cleared, root, expires_at))
                    is_changed = True
            self._store.change_traces(
                home, partial(self._cleared, home=home, own=own, erased_at=around[own[0]].erased_at)
            )
        if is_changed:
            self._settler.refresh([root], now, anew=True)

    def _cleared(self, event: EventT, home: str, own: Sequence[str], erased_at: datetime | None) -> EventT:
        """An event of somebody else's log without the identities that were erased."""
        if not isinstance(event, Activity | DealFact) or not is_of_before(event, erased_at):
            return event
        identities = self._without(event.identities, [id_ for id_ in own if id_ != home])
        return event if identities == event.identities else replace(event, identities=identities)

    def _without(self, identities: tuple[Identity, ...], own: Iterable[str]) -> tuple[Identity, ...]:
        return tuple(identity for identity in identities if self._id_of(identity) not in own)

    def _id_of(self, identity: Identity) -> str:
        return prospect_id(self._store.workspace, identity)

    def _note(self, prospect_id: str, removed: Counter[str], *, is_done: bool) -> Partition:
        """Note on a partition how far the sweep got.

        Raises:
            TooBusyError: others changed it at every attempt. What is noted is less than what is done.
        """
        for _ in attempts():
            partition = self._read(prospect_id)
            erasure = partition.erasure
            if erasure is None or erasure.is_complete:
                return partition
            counts = {what: count + removed[what] for what, count in erasure.removed.items()}
            partition.erasure = Erasure((), (), (), counts) if is_done else erasure._replace(removed=counts)
            if is_done and partition.summary is None:
                partition.due = None
            if self._store.commit([Change([partition])])[0]:
                return partition
        raise TooBusyError

    def _read(self, prospect_id: str) -> Partition:
        return self._store.partitions([prospect_id])[prospect_id]


def _unless_gone(around: Neighbourhood, home: str, trace: Activity) -> Activity | None:
    return None if around.is_gone(home, trace) else trace


def _refuse_what_is_nobody(partition: Partition) -> None:
    if partition.erased_at is None:
        raise ProspectNotFoundError("id")
    if partition.erasure is None:
        raise ProspectErasedError


def _belongings(around: Neighbourhood, root: str) -> tuple[list[str], list[str]]:
    """The partitions that belong to a prospect alone, itself the first; and the visitors that others share."""
    own, shared = [root], []
    around.load(around[root].members)
    for member in around[root].members:
        owners = _owners(around, member)
        # Nobody's is what an attempt with more partitions than a transaction holds has entombed before it failed.
        if owners <= {root}:
            own.append(member)
        elif root in owners:
            shared.append(member)
    return own, shared


def _owners(around: Neighbourhood, member: str) -> set[str]:
    """The prospects that a partition's events belong to, but for those that were erased."""
    bindings = around[member].bindings
    roots = {around.root(owner) for _, owner in bindings} if bindings else {around.root(member)}
    return {root for root in roots if not around[root].is_erased}


def _with_the_rest(erasure: Erasure, around: Neighbourhood) -> Erasure:
    """An erasure with what is left to do of earlier ones, of a person who came back meanwhile."""
    earlier = [around[id_].erasure for id_ in erasure.own if around[id_].is_being_erased]
    for rest in earlier:
        if rest is not None:
            erasure = erasure._replace(
                own=tuple(dict.fromkeys(erasure.own + rest.own)),
                shared=tuple(dict.fromkeys(erasure.shared + rest.shared)),
                apart=tuple(dict.fromkeys(erasure.apart + rest.apart)),
            )
    return erasure


def _parted(around: Neighbourhood, root: str, own: Sequence[str]) -> list[str]:
    """The prospects that a person parted from one."""
    rulings = around[root].rulings
    roots = dict.fromkeys(around.root(other) for other, ruling in rulings.items() if ruling.apart)
    return [other for other in roots if other not in own and around[other].summary is not None]


def _forget(around: Neighbourhood, own: Sequence[str], shared: Sequence[str]) -> list[Partition]:
    """The partitions of others as they become: without ids of events, and reading a shared visitor each time."""
    touched: dict[str, None] = {}
    for visitor in shared:
        partition = around[visitor]
        partition.marked = True
        partition.bindings = tuple(
            Binding(_without_id(start), owner) if owner in own else Binding(start, owner)
            for start, owner in partition.bindings
        )
        touched[visitor] = None
        for other in _owners(around, visitor).difference(own):
            around[other].members[visitor] = None
            touched[other] = None
    for ruled in around[own[0]].rulings:
        other = around.root(ruled)
        rulings = around[other].rulings
        for mine in set(rulings).intersection(own):
            rulings[mine] = Ruling(rulings[mine].key._replace(id=""), rulings[mine].apart)
            touched[other] = None
    return [around[id_] for id_ in touched if id_ not in own]


def _without_id(key: Key | None) -> Key | None:
    """A key by time alone: what ties with it to the microsecond may go to the erased."""
    return None if key is None else key._replace(id="")


def _pseudonym() -> str:
    """A name like a prospect's, and nobody's."""
    return "p" + b32encode(secrets.token_bytes(17))[:26].decode().lower()


def _nobodys(step: Step) -> Step:
    """A step as the reports count it, without what was told of somebody: a source may have been of nobody else."""
    return replace(
        step,
        entry=_untold(step.entry),
        left=step.left and _untold(step.left),
        reached={stage: _untold(entry) for stage, entry in step.reached.items()},
        why=None,
    )


def _untold(entry: Entry) -> Entry:
    return entry._replace(told=Told())


def _pseudonymous(record: TransitionRecord) -> TransitionRecord:
    """A move as the reports count it. Its criterion is left out, for it may quote why a deal was lost."""
    return replace(
        record,
        criterion="",
        evidence=(),
        actor=None,
        reason=None,
        event_id="",
        corrected_by=record.corrected_by and _SOME_EVENT,
        restated_by=record.restated_by and _SOME_EVENT,
        qualification={},
        actions=(),
        pseudonymous=True,
        step=record.step and _nobodys(record.step),
    )


def _whole(change: Change) -> Iterator[Change]:
    """A change in parts, each of which is made whole, and none of which changes a count; the tombs come last."""
    moves = [
        (old, new, sequence, record)
        for (old, sequences), (new, records) in zip(change.erased.items(), change.written.items(), strict=True)
        for sequence, record in zip(sequences, records, strict=True)
    ]
    if len(change.partitions) + 2 * len(moves) < TRANSACTION_LIMIT:
        yield change
        return
    for part in chunks(moves, TRANSACTION_LIMIT // 2):
        moved = Change([])
        for old, new, sequence, record in part:
            moved.erased.setdefault(old, []).append(sequence)
            moved.written.setdefault(new, []).append(record)
        moved.days = change.days
        yield moved
    yield Change(change.partitions, days=change.days, audit=change.audit)


def _erased(partition: Partition) -> Erased:
    erased_at = partition.erased_at
    if erased_at is None:
        raise ProspectNotFoundError("id")
    erasure = partition.erasure
    return Erased(
        partition.prospect_id,
        erased_at.astimezone(UTC),
        dict(erasure.removed) if erasure else {},
        not partition.is_being_erased,
    )
