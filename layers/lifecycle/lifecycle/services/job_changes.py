"""Changes of a job's record by whoever works on it or asks for it, each on what the record says at that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from lifecycle.services.errors import JobNotFoundError, TooBusyError
from lifecycle.store.job_records import JobRecord, JobStatus, SegmentRecord
from lifecycle.store.protocol import JobRecords

#: Few write a job's record, and each only once or twice.
ATTEMPTS = 20


def change_job(records: JobRecords, job_id: str, change: Callable[[JobRecord], JobRecord | None]) -> JobRecord:
    """Change a job, again and again until nobody else was faster.

    Arguments:
        records: what the store keeps of jobs.
        job_id: the job's id.
        change: makes of the job what it becomes; ``None`` to leave it as it is.

    Returns:
        The job as it is now.

    Raises:
        JobNotFoundError: there is no such job.
        TooBusyError: others were faster every time.
    """
    for _ in range(ATTEMPTS):
        job = records.job(job_id)
        if job is None:
            raise JobNotFoundError
        changed = change(job)
        if changed is None:
            return job
        if records.update(changed):
            return replace(changed, revision=changed.revision + 1)
    raise TooBusyError


def plan_job(
    records: JobRecords, job: JobRecord, segments: Callable[[], Iterable[SegmentRecord]]
) -> tuple[JobRecord, list[SegmentRecord]]:
    """Keep the segments of a queued job, and have it under way. Doing it twice is doing it once.

    Arguments:
        records: what the store keeps of jobs.
        job: the job, as it was read.
        segments: makes its segments, the same each time.

    Returns:
        The job as it is now, and its segments.
    """
    if job.status == "queued":
        records.put_segments(list(segments()))
    kept = records.segments(job.job_id)
    total = sum(segment.total for segment in kept)
    planned = change_job(
        records,
        job.job_id,
        lambda job: replace(job, status="running", segments=len(kept), total=total) if job.status == "queued" else None,
    )
    return planned, kept


def is_wanted(records: JobRecords, job_id: str) -> bool:
    """Whether a job has been neither cancelled nor given up meanwhile."""
    job = records.job(job_id)
    return job is not None and job.status == "running"


def ended(job: JobRecord, status: JobStatus, now: datetime, failure: str | None = None) -> JobRecord | None:
    """A job as it ends; ``None`` if it has ended already."""
    if job.status not in ("queued", "running"):
        return None
    return replace(job, status=status, finished_at=now, failure=failure)


def resumed(job: JobRecord) -> JobRecord | None:
    """A failed job as it goes on; ``None`` if it has not failed. One that failed before it was planned starts anew."""
    if job.status != "failed":
        return None
    return replace(job, status="running" if job.segments else "queued", finished_at=None, failure=None)
