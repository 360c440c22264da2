"""Long work over all prospects of a workspace, as those see it who ask for it: start, watch, cancel."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from itertools import islice

from lifecycle.reports.moves import MoveTally
from lifecycle.services.calendars import Calendars, CalendarSource, remembered
from lifecycle.services.errors import JobNotFoundError
from lifecycle.services.job_changes import change_job, ended, resumed
from lifecycle.services.job_results import Histories, JobView, MovesPage, Progress
from lifecycle.services.job_steps import Send, ask_for_the_rest
from lifecycle.services.simulation import SimulationTally, draft_funnel
from lifecycle.store.funnel_records import DraftRecord, VersionRecord
from lifecycle.store.funnels import FunnelStore
from lifecycle.store.job_records import JobKind, JobRecord, SegmentRecord
from lifecycle.store.jobs import JobStore
from lifecycle.store.protocol import JobRecords
from lifecycle.store.queue import job_queue
from lifecycle.store.workspace_clients import workspace_client

#: How long a simulation can be looked at.
KEPT = timedelta(days=30)


def reevaluation_id(version: int) -> str:
    """The id of the job that re-evaluates everybody by a version: one for each version, so that it is started once."""
    return f"reevaluation-{version}"


class Jobs:
    """The long work of one workspace.

    Arguments:
        records: what the store keeps of jobs.
        calendars: tells which version of the funnel is in force when.
        send: asks for a step.
    """

    def __init__(self, records: JobRecords, calendars: CalendarSource, send: Send) -> None:
        self._records = records
        self._calendars = calendars
        self._send = send

    @classmethod
    def connect(cls, table: str, workspace: str) -> Jobs:
        """The long work that a table keeps for a workspace."""
        client = workspace_client(workspace)
        calendars = Calendars(FunnelStore(client, table, workspace), remembered(table, workspace))
        # The queue's client is made when a step is asked for: most who look at jobs ask for none.
        return cls(JobStore(client, table, workspace), calendars, lambda step, delay=0: job_queue().send(step, delay))

    # ---- starting ---------------------------------------------------------------------------------------------------

    def start_simulation(self, draft: DraftRecord, by: str, now: datetime) -> JobRecord:
        """Try a draft on the workspace's prospects, as if it were published now.

        Arguments:
            draft: what to try; later changes of it do not matter.
            by: who asks.
            now: the present.

        Returns:
            The job, which runs in the background.
        """
        return self._start(
            JobRecord(
                job_id=f"simulation-{secrets.token_hex(8)}",
                kind="simulation",
                status="queued",
                revision=0,
                subject=draft.draft_id,
                content_hash=draft.content_hash,
                as_of=now,
                created_by=by,
                created_at=now,
                definition=draft.definition,
                expires_at=now + KEPT,
            )
        )

    def start_reevaluation(self, record: VersionRecord, now: datetime) -> JobRecord:
        """Judge all prospects by a version that was published, once it is in force for some seconds.

        Started again it answers with the same job: one that failed goes on from where it was, and one that runs is
        asked once more for whatever it has left to do.
        """
        return self._start(
            JobRecord(
                job_id=reevaluation_id(record.version),
                kind="reevaluation",
                status="queued",
                revision=0,
                subject=str(record.version),
                content_hash=record.content_hash,
                as_of=record.effective_at,
                created_by=record.published_by,
                created_at=now,
            )
        )

    def _start(self, job: JobRecord) -> JobRecord:
        self._records.create(job)
        started = change_job(self._records, job.job_id, resumed)
        ask_for_the_rest(self._records.workspace, started, self._records.segments(job.job_id), self._send)
        return started

    # ---- while it runs ----------------------------------------------------------------------------------------------

    def cancel(self, job_id: str, kind: JobKind, now: datetime) -> JobRecord:
        """End a job. Its workers stop within a page; one that has ended stays as it is.

        Raises:
            JobNotFoundError: there is no such job.
        """
        self._find(job_id, kind)
        return change_job(self._records, job_id, lambda job: ended(job, "cancelled", now))

    # ---- looking at it ----------------------------------------------------------------------------------------------

    def all(self, kind: JobKind, limit: int = 50) -> tuple[JobRecord, ...]:
        """The jobs of a kind, newest first."""
        return tuple(self._records.jobs(kind, limit))

    def view(self, job_id: str, kind: JobKind, now: datetime) -> JobView:
        """A job, how far it is, and what it has found so far.

        Raises:
            JobNotFoundError: there is no such job.
        """
        job = self._find(job_id, kind)
        segments = self._records.segments(job_id)
        moves, histories = MoveTally(), None
        if job.kind == "simulation":
            tally = self._tally(job, segments, now)
            moves, histories = tally.moves, Histories(tally.draft.report(), tally.in_force.report())
        else:
            for segment in segments:
                moves.merge(segment.tallies)
        return JobView(
            job=job,
            progress=Progress.of(job, segments),
            moves=moves.matrix,
            moved=moves.moved,
            stayed=moves.stayed,
            actions=dict(sorted(moves.actions.items())),
            histories=histories,
        )

    def moves(
        self,
        job_id: str,
        kind: JobKind,
        stages: tuple[str | None, str | None],
        position: tuple[str, ...] | None,
        limit: int,
    ) -> MovesPage:
        """The moves that a job has found, a page at a time; while it runs, more may come before the place of a page.

        Arguments:
            job_id, kind: of the job.
            stages: the stage left and the stage entered; ``None``: any.
            position: where the page starts, as the page before it told.
            limit: at most so many.

        Raises:
            JobNotFoundError: there is no such job.
        """
        self._find(job_id, kind)
        (after,) = position or ("",)
        found = list(islice(self._records.moves(job_id, after, *stages), limit + 1))
        more = len(found) > limit
        return MovesPage(tuple(move for _, move in found[:limit]), position=(found[limit - 1][0],) if more else None)

    def _find(self, job_id: str, kind: JobKind) -> JobRecord:
        job = self._records.job(job_id)
        if job is None or job.kind != kind:
            raise JobNotFoundError
        return job

    def _tally(self, job: JobRecord, segments: list[SegmentRecord], now: datetime) -> SimulationTally:
        calendar = self._calendars.calendar(now)
        tally = SimulationTally(draft_funnel(job, calendar), calendar.at(job.as_of).funnel)
        for segment in segments:
            tally.merge(segment.tallies)
        return tally
