"""What is told of long work: how far it is, and what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lifecycle.reports.funnel_history import FunnelHistory
from lifecycle.store.job_records import FoundMove, JobRecord, SegmentRecord


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: prospects and segments done, and how many there are (``None``: not counted yet).

    Prospects come and go while it goes on. So ``total`` is what was counted at the beginning, but of a segment that has
    turned out to hold more, or is finished, what was done there.
    """

    done: int
    total: int | None
    segments_done: int
    segments_total: int

    @classmethod
    def of(cls, job: JobRecord, segments: Sequence[SegmentRecord]) -> Progress:
        """The progress of a job with its segments."""
        return cls(
            done=sum(segment.done for segment in segments),
            total=None if job.total is None else sum(map(_total, segments)),
            segments_done=sum(segment.finished for segment in segments),
            segments_total=job.segments,
        )

    @property
    def percent(self) -> int:
        """How far, rounded down. Only the segments tell that all is done."""
        if self.total is None:
            return 0
        if self.segments_done == self.segments_total:
            return 100
        return min(99, self.done * 100 // max(self.total, 1))


def _total(segment: SegmentRecord) -> int:
    """How many prospects a segment has, by all that is known of it by now."""
    return segment.done if segment.finished else max(segment.total, segment.done)


@dataclass(frozen=True, slots=True)
class Histories:
    """What history would have looked like under the draft alone, and under the version in force alone."""

    draft: FunnelHistory
    in_force: FunnelHistory


@dataclass(frozen=True, slots=True)
class JobView:
    """A job: how far it is, and what it has found so far.

    Attributes:
        moves: how many move, by the stage they leave and the stage they enter.
        moved, stayed: how many do, and how many do not.
        actions: how often the moves set off each action.
        histories: of a simulation; ``None`` for a re-evaluation.
    """

    job: JobRecord
    progress: Progress
    moves: Mapping[str, Mapping[str, int]]
    moved: int
    stayed: int
    actions: Mapping[str, int]
    histories: Histories | None


@dataclass(frozen=True, slots=True)
class MovesPage:
    """One page of the moves that a job found; ``position`` is where the next one starts, ``None`` at the end."""

    moves: tuple[FoundMove, ...]
    position: tuple[str, ...] | None
