"""What the store keeps of long work: a job, its segments that run side by side, and the moves that it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

JobKind = Literal["simulation", "reevaluation", "export"]
JobStatus = Literal["queued", "running", "done", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One piece of long work over all prospects of a workspace.

    Attributes:
        job_id: of a re-evaluation ``reevaluation-<version>``, so that it is started once.
        revision: how often it was written; a write replaces the revision that was read.
        as_of: the moment that a simulation speaks of; of a re-evaluation, when its version came into force.
        definition: what a simulation tries; ``None`` for other kinds.
        subject: the draft's id, or the version's number as text; of an export, what asked for it.
        content_hash: of what is tried or was published; of an export empty.
        segments: how many segments it has; 0 until they are planned.
        total: how many prospects there are; ``None`` until they are counted.
        failure: what went wrong, in words: all of it (``failed``), or some prospects had to be passed over.
        expires_at: when the record may go; ``None``: never. Given from the start, since its segments, moves and entry
            in the list go when the job was created to go. Kept to the second.
    """

    job_id: str
    kind: JobKind
    status: JobStatus
    revision: int
    subject: str
    content_hash: str
    as_of: datetime
    created_by: str
    created_at: datetime
    definition: Mapping[str, Any] | None = None
    segments: int = 0
    total: int | None = None
    finished_at: datetime | None = None
    failure: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """One part of a job: the prospects of one stage in one shard of the index, or what an export takes in one go.

    Attributes:
        number: from 0, unique within the job.
        stage: the stage's key; of an export, of what the segment is.
        revision: how often it was written; a write replaces the revision that was read.
        position: the place in the index up to which the work is done (empty: nothing is).
        total, done: how many prospects it has, and how many of them are dealt with.
        finished: all of them are.
        tallies: what the finished pages add up to, as plain JSON values (numbers, strings, lists, maps).
        expires_at: when the record may go; ``put_segments`` takes it from the job.
    """

    job_id: str
    number: int
    stage: str
    shard: int
    revision: int = 0
    position: str = ""
    total: int = 0
    done: int = 0
    finished: bool = False
    tallies: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None


class FoundMove(NamedTuple):
    """A prospect that a job moves, or would move: from where to where, and why."""

    prospect_id: str
    from_stage: str
    to_stage: str
    because: str
