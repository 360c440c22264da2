"""What the store keeps of a prospect beside its log: the partition of each identity, and the transitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from lifecycle.events import Activity, Event, Key
from lifecycle.steps import Step
from lifecycle.store.audit_records import AuditEntry


class Binding(NamedTuple):
    """From a key on (``None``: from the beginning), a visitor's events belong to whom this partition belongs to."""

    start: Key | None
    owner: str


class Erasure(NamedTuple):
    """What erasing a prospect has done, and what is left to do. Kept on the partition that was the prospect.

    Attributes:
        own: partitions of which every event from before is to go; empty when that is done.
        shared: visitors that others share: of their events, those of the erased are to go.
        apart: prospects that a person parted from the erased one: their events may name its identities.
        removed: how much of what was removed so far.
    """

    own: tuple[str, ...]
    shared: tuple[str, ...]
    apart: tuple[str, ...]
    removed: Mapping[str, int]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do."""
        return not self.own


class Ruling(NamedTuple):
    """A person's last word on whether two partitions are one prospect."""

    key: Key
    apart: bool


@dataclass(slots=True)
class Partition:
    """The partition of one identity: a prospect itself, or a pointer to the prospect that it belongs to.

    Attributes:
        prospect_id: whose partition it is.
        version: how often it was written; 0 is not there yet.
        parent: the partition that it was joined to; ``None`` for a prospect.
        bindings: of a visitor that is known: whom its events belong to, in order of time.
        summary: of a prospect: its folded state, as ``engine.snapshot`` writes it.
        stage, since: of a prospect: what it is listed by.
        in_reports: of a prospect: whether reports know it.
        due: of a prospect: when to look at it without an event: the mere passing of time may move it, or traces are
            to be made.
        condense_at: of a prospect: when the next trace of one of its activities is to be made.
        retention: of a prospect: by which policy its activities expire; empty if that is not known of all.
        members: of a prospect: the partitions that belong to it; for a visitor the time from which all its events do
            (empty: always), ``None`` if they do no longer.
        rulings: merges and unmerges by decision, by the other partition.
        recent: marks of the events folded last, by which a repeated evaluation sees that there is nothing new.
        erased_at: when the person whose partition it was was erased; nothing of before may come back.
        marked: of a visitor of several people: some of its events were erased, and markers stand in their place.
        erasure: of a prospect that was erased: what that has done.
        arrival: of a prospect that came into the reports without moving: that step.
    """

    prospect_id: str
    version: int = 0
    parent: str | None = None
    bindings: tuple[Binding, ...] = ()
    summary: Mapping[str, Any] | None = None
    stage: str | None = None
    since: datetime | None = None
    in_reports: bool = False
    due: datetime | None = None
    condense_at: datetime | None = None
    retention: str | None = None
    members: dict[str, str | None] = field(default_factory=dict)
    rulings: dict[str, Ruling] = field(default_factory=dict)
    recent: tuple[str, ...] = ()
    erased_at: datetime | None = None
    marked: bool = False
    erasure: Erasure | None = None
    arrival: Step | None = None

    @property
    def is_erased(self) -> bool:
        """Whether the person whose partition it was was erased, and has not come back."""
        return self.erased_at is not None and self.summary is None and not self.is_pointer

    @property
    def is_being_erased(self) -> bool:
        """Whether an erasure has more to do."""
        return self.erasure is not None and not self.erasure.is_complete

    @property
    def is_pointer(self) -> bool:
        """Whether it belongs to another prospect."""
        return self.parent is not None or bool(self.bindings)


@dataclass(frozen=True, slots=True)
class TransitionRecord:
    """One move of a prospect, as the table keeps it (design, rule 13).

    ``sequence`` counts from 1 within the prospect. ``event_id`` is the event at which it became true. ``criterion`` is
    the condition that held, as a sentence. ``evidence`` holds the ids of the events that satisfied it.
    ``corrected_by`` is the id of the event that withdrew the evidence, ``None`` while the transition stands;
    ``restated_by`` that of the event whose withdrawals brought this move to light. ``qualification`` holds the answers
    to the checklist's questions as they stood then. ``actions`` names what entering the stage set off. ``pseudonymous``
    marks a move of somebody who was erased: it is kept for the counts, and says neither whose it was nor why. ``step``
    is what it is to a report; ``None`` for a correction, for what no longer stands, and while nobody is known.
    """

    sequence: int
    from_stage: str
    to_stage: str
    occurred_at: datetime
    recorded_at: datetime
    cause: str
    funnel_version: int
    criterion: str
    evidence: tuple[str, ...]
    actor: str | None
    reason: str | None
    cycle: int
    event_id: str
    corrected_by: str | None
    restated_by: str | None
    qualification: Mapping[str, Any] = field(default_factory=dict)
    actions: tuple[str, ...] = ()
    pseudonymous: bool = False
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class KeptLog:
    """The log of one partition as it is kept: its newer activities in full, the older ones as traces.

    Attributes:
        events: all of them, each once: in full where it is still there.
        transitions: of the prospect, in order.
        traces: the traces, also of activities that are still there in full.
        expiries: of the activities in full, by id, when they may go.
        chunks: behind which number further items with traces go.
    """

    events: list[Event]
    transitions: list[TransitionRecord]
    traces: Mapping[Key, Activity]
    expiries: Mapping[str, datetime | None]
    chunks: int


class NewTraces(NamedTuple):
    """Traces for the log of a partition, made for the prospect to whom their activities belong.

    ``chunk`` is the number of the first item with them, behind those that the log has. (A visitor's events may belong
    to several prospects, for each of whom traces are made when it is due.)
    """

    home: str
    prospect_id: str
    chunk: int
    traces: list[Activity]


@dataclass(slots=True)
class Change:
    """What one evaluation changes, all of it or nothing: partitions as they become, transitions and traces.

    ``written`` and ``erased`` map a prospect to its transitions and sequence numbers. ``days`` are those (UTC) of which
    the reports tell something else by it. ``audit`` is what the audit trail tells of it.
    """

    partitions: list[Partition]
    written: dict[str, list[TransitionRecord]] = field(default_factory=dict)
    erased: dict[str, list[int]] = field(default_factory=dict)
    traces: list[NewTraces] = field(default_factory=list)
    days: set[date] = field(default_factory=set)
    audit: AuditEntry | None = None
