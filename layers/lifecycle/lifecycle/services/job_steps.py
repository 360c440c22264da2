"""The steps of long work, as messages: plan a job, and go on with one of its segments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from lifecycle.store.job_records import JobRecord, SegmentRecord

Step = Mapping[str, Any]


class Send(Protocol):
    """Asks for a step, some seconds later if so told."""

    def __call__(self, message: Step, delay: int = 0) -> None: ...


def plan_step(workspace: str, job: JobRecord) -> Step:
    """The first step: find out what there is to do, and ask for it."""
    return {"workspace": workspace, "job_id": job.job_id, "step": "plan"}


def segment_step(workspace: str, segment: SegmentRecord) -> Step:
    """Begin or go on with a segment."""
    return {"workspace": workspace, "job_id": segment.job_id, "step": "segment", "segment": segment.number}


def day_step(workspace: str, day: date) -> Step:
    """Make the figures of a day for reports."""
    return {"workspace": workspace, "step": "day", "day": day.isoformat()}


def days_step(workspace: str) -> Step:
    """Make the figures of all days by the dates of another time zone."""
    return {"workspace": workspace, "step": "days"}


def ask_for_the_rest(workspace: str, job: JobRecord, segments: list[SegmentRecord], send: Send) -> None:
    """Ask for whatever a job still has to do. Asked twice, the second worker on a page is late, and stops."""
    if job.status == "queued":
        send(plan_step(workspace, job))
    elif job.status == "running":
        for segment in segments:
            if not segment.finished:
                send(segment_step(workspace, segment))
