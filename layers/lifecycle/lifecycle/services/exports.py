"""Exports of all events and transitions to the lake, as those see them who ask for one: start, watch, cancel."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zlib import crc32

from lifecycle.services.audit_entries import SYSTEM, nightly_changed, workspace_exported
from lifecycle.services.errors import ExportNotFoundError
from lifecycle.services.job_changes import change_job, ended
from lifecycle.services.job_results import Progress
from lifecycle.services.job_steps import Send, ask_for_the_rest
from lifecycle.store.audit_records import AuditEntry, Origin
from lifecycle.store.export_settings import ExportSettings
from lifecycle.store.job_records import JobRecord
from lifecycle.store.jobs import JobStore
from lifecycle.store.protocol import JobRecords
from lifecycle.store.queue import export_queue
from lifecycle.store.workspace_clients import workspace_client

#: How long an export can be looked at.
KEPT = timedelta(days=30)
#: Those who are not exported at the hour itself follow within this, so that not all begin at once.
_SPREAD = timedelta(hours=1)


class Settings(Protocol):
    """What exports need of a workspace's settings; ``store.export_settings.ExportSettings`` describes each method."""

    def next_at(self) -> datetime | None: ...
    def set_next(self, at: datetime | None, audit: AuditEntry) -> None: ...
    def postpone(self, due: datetime, at: datetime) -> bool: ...


@dataclass(frozen=True, slots=True)
class ExportView:
    """An export: how far it is, and what it has written so far."""

    job: JobRecord
    progress: Progress
    events: int
    transitions: int
    files: int


class Exports:
    """The exports of one workspace.

    Arguments:
        records: what the store keeps of jobs.
        settings: what it keeps of the workspace's wishes.
        send: asks for a step.
        hour: at which (UTC) nightly exports begin; ``None``: this deployment makes none.
        origin: who asks, and from where: for the audit trail.
    """

    def __init__(
        self, records: JobRecords, settings: Settings, send: Send, hour: int | None, origin: Origin = SYSTEM
    ) -> None:
        self._records = records
        self._settings = settings
        self._send = send
        self._hour = hour
        self._origin = origin

    @classmethod
    def connect(cls, table: str, workspace: str, origin: Origin = SYSTEM) -> Exports:
        """The exports of a workspace that a table keeps."""
        client = workspace_client(workspace)
        return cls(
            JobStore(client, table, workspace),
            ExportSettings(client, table, workspace),
            # The queue's client is made when a step is asked for: most who look at exports ask for none.
            lambda step, delay=0: export_queue().send(step, delay),
            _hour(os.environ["NIGHTLY_EXPORT_HOUR"]),
            origin,
        )

    # ---- starting ---------------------------------------------------------------------------------------------------

    def start(self, by: str, now: datetime) -> JobRecord:
        """Start an export. While one is under way, that one is it, and is asked once more for what it has left to do.

        Arguments:
            by: who asks.
            now: the present.

        Returns:
            The job, which runs in the background.
        """
        return self._start("asked", by, now)

    def start_nightly(self, due: datetime, now: datetime) -> None:
        """Start the export that was due, if this deployment makes any, and set when the next one is.

        Started before the next one is set, so that a crash in between starts it once more, which finds it under way.
        """
        if self._hour is not None and self._settings.next_at() == due:
            self._start("nightly", "system", now)
        self._settings.postpone(due, self._next(now))

    def _start(self, subject: str, by: str, now: datetime) -> JobRecord:
        job = self._under_way()
        if job is None:
            job = JobRecord(
                job_id=f"export-{secrets.token_hex(8)}",
                kind="export",
                status="queued",
                revision=0,
                subject=subject,
                content_hash="",
                as_of=now,
                created_by=by,
                created_at=now,
                expires_at=now + KEPT,
            )
            told = workspace_exported(self._origin, job.job_id, now) if subject == "asked" else None
            self._records.create(job, told)
        ask_for_the_rest(self._records.workspace, job, self._records.segments(job.job_id), self._send)
        return job

    def _under_way(self) -> JobRecord | None:
        # Of several that were created at one instant, the list does not tell the newest.
        newest = self._records.jobs("export", 10)
        return next((job for job in newest if job.status in ("queued", "running")), None)

    # ---- every night ------------------------------------------------------------------------------------------------

    def next_at(self) -> datetime | None:
        """When the next nightly export is due; ``None`` if the workspace has none, or this deployment."""
        return None if self._hour is None else self._settings.next_at()

    @property
    def nightly(self) -> bool:
        """Whether the workspace wants an export each night."""
        return self._settings.next_at() is not None

    def set_nightly(self, wanted: bool, now: datetime) -> None:
        """Have the workspace exported each night from now on, or no longer."""
        if wanted != self.nightly:
            told = nightly_changed(self._origin, wanted, now)
            self._settings.set_next(self._next(now) if wanted else None, told)

    def _next(self, now: datetime) -> datetime:
        """The next time for a nightly export: each workspace has its own minute after the hour."""
        late = _SPREAD * (crc32(self._records.workspace.encode()) % 60) / 60
        today = now.astimezone(UTC).replace(hour=self._hour or 0, minute=0, second=0, microsecond=0) + late
        return today if today > now else today + timedelta(days=1)

    # ---- looking at them --------------------------------------------------------------------------------------------

    def cancel(self, export_id: str, now: datetime) -> ExportView:
        """End an export. Its workers stop within a page; one that has ended stays as it is.

        Raises:
            ExportNotFoundError: there is no such export.
        """
        self._find(export_id)
        return self._view(change_job(self._records, export_id, lambda job: ended(job, "cancelled", now)))

    def all(self, limit: int = 50) -> tuple[JobRecord, ...]:
        """The exports, newest first."""
        return tuple(self._records.jobs("export", limit))

    def view(self, export_id: str) -> ExportView:
        """An export, and how far it is.

        Raises:
            ExportNotFoundError: there is no such export.
        """
        return self._view(self._find(export_id))

    def _find(self, export_id: str) -> JobRecord:
        job = self._records.job(export_id)
        if job is None or job.kind != "export":
            raise ExportNotFoundError
        return job

    def _view(self, job: JobRecord) -> ExportView:
        segments = self._records.segments(job.job_id)
        written = {
            name: sum(segment.tallies.get(name, 0) for segment in segments)
            for name in ("events", "transitions", "files")
        }
        return ExportView(job, Progress.of(job, segments), **written)


def _hour(text: str) -> int | None:
    """The hour that an environment variable names; ``None`` for ``-1``."""
    return None if text == "-1" else int(text)
