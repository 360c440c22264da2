"""Who belongs to whom: the partitions around some events, and how links join and part them (design, rule 10).

A prospect is a tree of partitions: each identity has one, joined ones point to the partition that they were joined to,
and the root is the prospect. A visitor's partition points to whom an event named together with it, from that event's
time on. Logs are never moved, so whatever was joined can be parted again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import Advance, catch_up, fold
from lifecycle.engine.machine import Machine
from lifecycle.engine.snapshot import first_and_known, load, names_only_visitors
from lifecycle.events import (
    Activity,
    Contact,
    DealFact,
    DealUpdate,
    Decision,
    Event,
    Identity,
    Key,
    home_identity,
    prospect_id,
)
from lifecycle.services.hints import Hints
from lifecycle.store.protocol import Appended, Store
from lifecycle.store.records import Binding, KeptLog, Partition, Ruling, TransitionRecord

#: Before all events: where the first binding of a visitor begins.
_FIRST = Key(datetime.min.replace(tzinfo=UTC), 0, "")


class Neighbourhood:
    """The partitions around some events, as read, and as the events' links change them.

    Arguments:
        store: where partitions and logs are read.
        hints: guesses that save reading pointers.

    Attributes:
        touched: the partitions that changed.
        refold: the prospects whose logs changed by joining or parting, so that they are folded anew.
    """

    def __init__(self, store: Store, hints: Hints | None = None) -> None:
        self._store = store
        self._hints = hints
        self._proven: dict[str, str] = {}
        self._partitions: dict[str, Partition] = {}
        self._logs: dict[str, KeptLog] = {}
        self._policies: dict[str, set[str | None]] = {}
        self._emails: set[str] = set()
        self._clusters: dict[str, str] = {}
        self.touched: set[str] = set()
        self.refold: set[str] = set()

    # ---- reading ----------------------------------------------------------------------------------------------------

    def load(self, prospect_ids: Iterable[str]) -> None:
        """Read partitions, and those that they point to, unless they are here already."""
        missing = [id_ for id_ in dict.fromkeys(prospect_ids) if id_ not in self._partitions]
        while missing:
            found = self._store.partitions(missing)
            self._partitions |= {id_: found.get(id_) or Partition(id_) for id_ in missing}
            targets = [target for id_ in missing for target in _targets(self._partitions[id_])]
            missing = [id_ for id_ in dict.fromkeys(targets) if id_ not in self._partitions]

    def locate(self, homed: Iterable[tuple[str, Event]]) -> None:
        """Read the prospects of some events: by hints where the prospect's own record proves them, else by pointers."""
        homed = list(homed)
        hinted = {home: root for home, _ in homed if self._hints and (root := self._hints.get(home))}
        self.load([hinted.get(home, home) for home, _ in homed])
        for home, event in homed:
            if home in hinted and _surely_bound(self[hinted[home]], home, event.occurred_at):
                self._proven[home] = hinted[home]
            else:
                self._proven.pop(home, None)
                hinted.pop(home, None)
        self.load(home for home, _ in homed if home not in self._proven)

    def learn(self) -> None:
        """Remember whom the pointers point to that were read or made."""
        for id_, partition in self._partitions.items():
            if self._hints and partition.is_pointer:
                self._hints.learn(id_, self.root(id_))

    def __getitem__(self, prospect_id: str) -> Partition:
        """A partition; version 0 if it is not there yet."""
        self.load([prospect_id])
        return self._partitions[prospect_id]

    def log(self, prospect_id: str) -> tuple[list[Event], list[TransitionRecord]]:
        """The log and the transitions of one partition."""
        kept = self._kept(prospect_id)
        return kept.events, kept.transitions

    def _kept(self, prospect_id: str) -> KeptLog:
        if prospect_id not in self._logs:
            self._logs[prospect_id] = self._store.kept(prospect_id)
        return self._logs[prospect_id]

    def root(self, prospect_id: str, key: Key | None = None) -> str:
        """The prospect that a partition belongs to; for a visitor's event of that key (default: its next)."""
        partition = self[self._proven.get(prospect_id, prospect_id)]
        while partition.is_pointer:
            partition = self[partition.parent or _bound(partition, key)]
        return partition.prospect_id

    def whole_log(self, root: str) -> tuple[list[Event], list[TransitionRecord]]:
        """The union of the logs of a prospect's partitions, and the transitions of the prospect itself."""
        return [event for _, event in self.stored_log(root)], self.log(root)[1]

    def stored_log(self, root: str) -> list[tuple[str, Event]]:
        """The same events, each with the partition that holds it."""
        return [(home, event) for home, _, events in self.kept_logs(root) for event in events]

    def kept_logs(self, root: str) -> Iterator[tuple[str, KeptLog, list[Event]]]:
        """Each partition of a prospect with its log as it is kept, and the events in it that belong to the prospect."""
        members = self[root].members
        self._proven.clear()  # A proof is for the time of its event, and a whole log is of all times.
        self.load(members)
        yield root, self._kept(root), self._spared(root, self._kept(root).events)
        for member in members:
            kept = self._kept(member)
            mine = [event for event in kept.events if self.root(member, event.key) == root]
            yield member, kept, self._spared(member, mine)

    def policies(self, root: str) -> set[str | None]:
        """By which policies the activities of a prospect expire, those counted in that others brought with them."""
        own = {self[root].retention} if self[root].version else set[str | None]()
        return own | self._policies.get(root, set())

    def machine(self, root: str, calendar: Calendar, now: datetime) -> Machine:
        """Where a prospect stands: as stored, or folded from its log where what is stored is out of date."""
        machine = self.stored_machine(root, calendar)
        if machine is not None and catch_up(machine, now, calendar) is Advance.STILL:
            return machine
        return fold(self.whole_log(root)[0], calendar, now).machine

    def stored_machine(self, root: str, calendar: Calendar) -> Machine | None:
        """The state of a prospect as it was stored last; ``None`` where it cannot be had without the log."""
        summary = self[root].summary
        return load(summary, calendar) if summary else None

    def stored_transitions(self, prospect_id: str) -> list[TransitionRecord]:
        """The transitions that a partition holds from the time when it was a prospect of its own, or is one."""
        return self.log(prospect_id)[1] if self[prospect_id].version else []

    def cluster(self, prospect_id: str) -> str:
        """A name of the group that a partition must change together with."""
        while prospect_id in self._clusters:
            prospect_id = self._clusters[prospect_id]
        return prospect_id

    # ---- the erased -------------------------------------------------------------------------------------------------

    def screen(self, homed: Iterable[tuple[str, Event]]) -> list[Event | None]:
        """Hold events that are to be appended against who was erased. To be called after ``locate``.

        Returns:
            Each event as it may be kept: without the identities of somebody else who was erased and does not come back
            by it; ``None`` where it is itself about somebody who was.
        """
        homed = list(homed)
        gone = self.gone(homed)
        self.foresee(
            Appended(home, event, self.root(home, event.key)) for home, event in homed if (home, event.id) not in gone
        )
        return [None if (home, event.id) in gone else self._cleared(home, event) for home, event in homed]

    def gone(self, homed: Iterable[tuple[str, Event]]) -> set[tuple[str, str]]:
        """Those of some events, as (partition, event id), that are about somebody who was erased.

        Markers are asked for only where the partition says that there are some.
        """
        homed = list(homed)
        gone = {(home, event.id) for home, event in homed if self.is_gone(home, event)}
        others = [(home, event.id) for home, event in homed if (home, event.id) not in gone and self._is_marked(home)]
        return gone | (self._store.erased(others) if others else set())

    def is_gone(self, home: str, event: Event | DealUpdate) -> bool:
        """Whether an event is about somebody who was erased: it is of before, or nothing that brings a person back."""
        return any(_leaves_erased(self[holder], event) for holder in self._holders(home, event.key))

    def cleared_update(self, update: DealUpdate) -> DealUpdate:
        """A deal update without the contacts who were erased, and without the name where none is left beside them."""
        if not update.named:
            return update
        homed = [(self._home(contact), contact) for contact in update.named]
        self.load(home for home, _ in homed)
        self.load(linked for home, contact in homed for linked in self._unlisted(home, contact.identities, update))
        contacts = None if update.contacts is None else self._cleared_contacts(update.contacts, update)
        joined, left = self._cleared_contacts(update.joined, update), self._cleared_contacts(update.left, update)
        stays = bool(contacts or joined or not (update.contacts or update.joined))
        return replace(update, contacts=contacts, joined=joined, left=left, name=update.name if stays else None)

    def _cleared_contacts(self, contacts: tuple[Contact, ...], update: DealUpdate) -> tuple[Contact, ...]:
        homed = [(self._home(contact), contact) for contact in contacts]
        return tuple(
            contact._replace(identities=self._remaining(home, contact.identities, update))
            for home, contact in homed
            if not self.is_gone(home, update)
        )

    def _home(self, contact: Contact) -> str:
        return prospect_id(self._store.workspace, home_identity(contact.identities))

    def _cleared(self, home: str, event: Event) -> Event | None:
        if not isinstance(event, Activity | DealFact):
            return event
        identities = self._remaining(home, event.identities, event)
        if identities == event.identities:
            return event
        strong = any(identity.is_strong for identity in event.identities if identity not in identities)
        if strong and isinstance(event, Activity) and self[home].version == 0:
            return None
        # Of a deal's contact its home stays, as in the deal's own log (``cleared_update``).
        return replace(event, identities=identities)

    def _remaining(
        self, home: str, identities: tuple[Identity, ...], event: Activity | DealFact | DealUpdate
    ) -> tuple[Identity, ...]:
        """The identities that an event may name: those of whoever was erased only where it brings them back."""
        if len(identities) == 1:
            return identities
        named = {identity: prospect_id(self._store.workspace, identity) for identity in identities}
        erased = {id_ for id_ in named.values() if id_ != home and self._is_known_erased(id_)}
        return tuple(
            identity
            for identity, linked in named.items()
            if linked not in erased or not _leaves_erased(self[linked], event)
        )

    def _is_known_erased(self, prospect_id: str) -> bool:
        """Whether a partition that is here was erased. One that need not be read is listed by its prospect as its own,
        and what was erased is never listed so that it need not be read."""
        partition = self._partitions.get(prospect_id)
        return partition is not None and partition.erased_at is not None

    def _holders(self, home: str, key: Key) -> Iterator[str]:
        """The partitions that say whether an event was erased: its own, and that which a visitor was bound to then."""
        if home not in self._proven:
            yield home
            if self[home].bindings:
                yield _bound(self[home], key)

    def _is_marked(self, home: str) -> bool:
        return home not in self._proven and (self[home].marked or self[home].erased_at is not None)

    def _spared(self, home: str, events: Iterable[Event]) -> list[Event]:
        """Those of some events that are not of before their person was erased: they are about to be deleted."""
        return [
            event
            for event in events
            if not any(is_of_before(event, self[holder].erased_at) for holder in self._holders(home, event.key))
        ]

    # ---- linking ----------------------------------------------------------------------------------------------------

    def foresee(self, entries: Iterable[Appended]) -> None:
        """Read at once what connecting some events will ask for one by one."""
        self.load(
            linked
            for entry in entries
            if isinstance(entry.event, Activity | DealFact)
            for linked in self._unlinked(entry.home, entry.event)
        )

    def _unlinked(self, home: str, event: Activity | DealFact) -> Iterator[str]:
        """The partitions that an event names beside its home, where the prospect does not list them as its own."""
        yield from self._unlisted(home, event.identities, event)

    def _unlisted(
        self, home: str, identities: tuple[Identity, ...], event: Activity | DealFact | DealUpdate
    ) -> Iterator[str]:
        if len(identities) > 1:
            root = self[self.root(home, event.key)]
            for identity in identities:
                linked = prospect_id(self._store.workspace, identity)
                if linked != home and not _surely_bound(root, linked, event.occurred_at):
                    yield linked

    def connect(self, home: str, event: Event) -> None:
        """Join and part what an event says belongs together or apart.

        Arguments:
            home: the partition whose log has the event.
            event: the event.
        """
        if isinstance(event, Decision):
            if event.action == "merge" and event.other:
                self._merge(home, event.other, event)
            elif event.action == "unmerge" and event.other:
                self._unmerge(home, event.other, event)
        elif isinstance(event, Activity | DealFact):
            for identity in event.identities:
                self._link(home, identity, event)

    def _link(self, home: str, identity: Identity, event: Activity | DealFact) -> None:
        linked = prospect_id(self._store.workspace, identity)
        if identity.kind == "email":
            self._emails.add(linked)
        if linked == home:
            return
        root = self[self.root(home, event.key)]
        if identity.is_strong:
            if linked not in root.members and linked != root.prospect_id:
                self._join(home, linked, event.key)
        elif not _surely_bound(root, linked, event.occurred_at):
            self._bind(linked, home, event.key)

    def _join(self, one: str, other: str, key: Key) -> None:
        """Join two prospects: known beats anonymous, else the older survives; a bare cookie never does."""
        first, second = self.root(one), self.root(other)
        if first == second or self._ruled_apart(first, second):
            return
        if self._seniority(first, key) <= self._seniority(second, key):
            self._absorb(second, into=first, at=one)
        else:
            self._absorb(first, into=second, at=other)

    def _seniority(self, root: str, key: Key) -> tuple[bool, bool, datetime, str]:
        summary = self[root].summary
        first, known = first_and_known(summary) if summary else (key.occurred_at, False)
        return names_only_visitors(summary), not (known or root in self._emails), first, root

    def _absorb(self, absorbed: str, into: str, at: str) -> None:
        loser, survivor = self[absorbed], self[into]
        for member, since in loser.members.items():
            survivor.members[member] = self._opened(member, {absorbed, into}) if member in survivor.members else since
        survivor.members[absorbed] = self._always(absorbed)
        survivor.rulings = loser.rulings | survivor.rulings
        self._become_pointer(loser, into)
        loser.parent = at
        self._change(into, absorbed)

    def _bind(self, visitor: str, home: str, key: Key) -> None:
        """A visitor joins whom it is first seen with; seen with another, its later events go there."""
        self._proven.pop(visitor, None)  # A proof is for the time of another event.
        partition, root = self[visitor], self.root(home, key)
        if partition.parent is not None or self._ruled_apart(visitor, root):
            return  # a person said whose it is, or whose it is not
        if partition.bindings:
            if self.root(visitor, key) != root:
                self._rebind(visitor, {root})
        else:
            self[root].members[visitor] = self._always(visitor)
            rulings = partition.rulings
            self._become_pointer(partition, root)
            partition.rulings = rulings  # whom a person parted it from, an erasure has to know
            partition.bindings = (Binding(None, home),)
            self._change(root, visitor)

    def _rebind(self, visitor: str, roots: set[str]) -> None:
        """Work out anew whom a visitor's events belong to, from every event that names it with somebody.

        Arguments:
            visitor: the visitor's partition.
            roots: prospects to look through besides those that it belongs to already.
        """
        partition = self[visitor]
        roots = roots | {self.root(owner) for _, owner in partition.bindings}
        bindings: list[Binding] = []
        for key, owner in sorted([*self._namings(visitor, roots), *self._erased_namings(partition)]):
            if self._ruled_apart(visitor, self.root(owner)):
                continue
            if not bindings or self.root(bindings[-1].owner) != self.root(owner):
                bindings.append(Binding(key if bindings else None, owner))
        partition.bindings = tuple(bindings)
        for root in roots:
            self[root].members.pop(visitor, None)
            self._change(root, visitor)
        owners = {self.root(owner) for _, owner in bindings}
        brought = set[str | None]().union(*map(self.policies, roots))
        for root in owners:
            self[root].members[visitor] = self._opened(visitor, {root})
            self._policies.setdefault(root, set()).update(brought)
        if not bindings:
            self._policies.setdefault(visitor, set()).update(brought)
            self._change(visitor, visitor)

    def _namings(self, visitor: str, roots: set[str]) -> Iterator[tuple[Key, str]]:
        """The events that name a visitor together with somebody: when, and in whose log."""
        for root in roots:
            for member in [root, *self[root].members]:
                for event in self.log(member)[0] if member != visitor else ():
                    if isinstance(event, Activity | DealFact) and self._names(event, visitor):
                        yield event.key, member

    def _erased_namings(self, partition: Partition) -> Iterator[tuple[Key, str]]:
        """Since when a visitor belonged to people who were erased: the events that told so are no more."""
        for start, owner in partition.bindings:
            if self[owner].erased_at is not None:
                yield start or _FIRST, owner

    def _names(self, event: Activity | DealFact, visitor: str) -> bool:
        return any(
            identity.kind == "visitor" and prospect_id(self._store.workspace, identity) == visitor
            for identity in event.identities
        )

    def _opened(self, visitor: str, roots: set[str]) -> str | None:
        """From when on all of a visitor's events belong to some prospects: empty is always, ``None`` never."""
        if self._always(visitor) is None:
            return None
        opened: str | None = None
        for start, owner in reversed(self[visitor].bindings):
            if self.root(owner) not in roots:
                break
            opened = start.occurred_at.isoformat() if start else ""
        return opened

    def _always(self, member: str) -> str | None:
        """What a prospect lists a member with whose events are all its own; with ``None`` the member is read each time,
        for only its own partition tells what of it was erased."""
        partition = self[member]
        return None if partition.marked or partition.erased_at is not None else ""

    # ---- decisions --------------------------------------------------------------------------------------------------

    def _merge(self, home: str, other: str, decision: Decision) -> None:
        self.load([home, other])
        one, two = self.root(home), self.root(other)
        if one == two or self._ruled_since(one, two, decision.key):
            return
        self._rule(one, two, Ruling(decision.key, apart=False))
        self._join(one, two, decision.key)

    def _unmerge(self, home: str, other: str, decision: Decision) -> None:
        """Part a partition, and those that were joined to it, from the prospect. The logs are still apart."""
        root = self.root(home)
        self.load([other, *self[root].members])
        if other == root or self.root(other) != root or self._ruled_since(root, other, decision.key):
            return
        self._rule(root, other, Ruling(decision.key, apart=True))
        parted, survivor = self[other], self[root]
        if parted.bindings:
            self._rebind(other, {root})
            return
        branch = [member for member in survivor.members if other in self._ancestors(member)]
        parted.parent, parted.retention = None, survivor.retention
        parted.members = {member: survivor.members.pop(member) for member in branch}
        survivor.members.pop(other, None)
        self._change(root, other)
        self.refold.add(other)
        for visitor in [*survivor.members, *parted.members]:
            if self[visitor].bindings:
                self._rebind(visitor, {root, other})

    def _ancestors(self, member: str) -> set[str]:
        """The partitions that one was joined to, directly or through others."""
        found: set[str] = set()
        while (parent := self[member].parent) is not None:
            found.add(parent)
            member = parent
        return found

    def _rule(self, one: str, other: str, ruling: Ruling) -> None:
        """Keep a person's last word on two partitions, in place of earlier ones on the same prospects."""
        for mine, theirs in ((one, other), (other, one)):
            for ruled in {theirs, *self[theirs].members} & set(self[mine].rulings):
                del self[mine].rulings[ruled]
            self[mine].rulings[theirs] = ruling
            self.touched.add(mine)
        self._change(one, other)

    def _rulings(self, one: str, other: str) -> Iterator[Ruling]:
        for mine, theirs in ((self[one], self[other]), (self[other], self[one])):
            for ruled, ruling in mine.rulings.items():
                if ruled == theirs.prospect_id or ruled in theirs.members:
                    yield ruling

    def _ruled_apart(self, one: str, other: str) -> bool:
        return any(ruling.apart for ruling in self._rulings(one, other))

    def _ruled_since(self, one: str, other: str, key: Key) -> bool:
        return any(ruling.key >= key for ruling in self._rulings(one, other))

    # ---- bookkeeping ------------------------------------------------------------------------------------------------

    def _become_pointer(self, partition: Partition, into: str) -> None:
        self._policies.setdefault(into, set()).update(self.policies(partition.prospect_id))
        partition.summary = partition.stage = partition.since = None
        partition.due = partition.due if partition.is_being_erased else None
        partition.condense_at = partition.retention = None
        partition.members, partition.rulings, partition.recent = {}, {}, ()

    def _change(self, root: str, other: str) -> None:
        """Two partitions changed together, and the prospect's log with them."""
        self.touched |= {root, other}
        self.refold.add(root)
        one, two = self.cluster(root), self.cluster(other)
        if one != two:
            self._clusters[two] = one


def _targets(partition: Partition) -> list[str]:
    return [partition.parent] if partition.parent else [owner for _, owner in partition.bindings]


def _bound(partition: Partition, key: Key | None) -> str:
    """Whom a visitor's event belongs to: the last binding that starts no later."""
    owner = partition.bindings[0].owner
    for binding in partition.bindings[1:]:
        if key is None or (binding.start is not None and binding.start <= key):
            owner = binding.owner
    return owner


def is_of_before(event: Event | DealUpdate, erased_at: datetime | None) -> bool:
    """Whether an event is of before somebody was erased. What was received before then is, whenever it occurred."""
    return erased_at is not None and min(event.occurred_at, event.recorded_at) <= erased_at


def _leaves_erased(partition: Partition, event: Event | DealUpdate) -> bool:
    """Whether whoever was erased stays so, whatever the event says: it is of before, or it is not their own act."""
    if is_of_before(event, partition.erased_at):
        return True
    is_own_act = isinstance(event, Activity) and event.direction == "inbound" and not event.automated
    return partition.is_erased and not is_own_act


def _surely_bound(root: Partition, visitor: str, at: datetime) -> bool:
    """Whether the prospect's own record tells that a visitor's events of that time belong to it."""
    since = root.members.get(visitor)
    return since is not None and (since == "" or at > datetime.fromisoformat(since))
