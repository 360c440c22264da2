"""Does the steps of long work: plans a job in segments that run side by side, and goes through one page by page.

A segment is the prospects of one stage in one shard of the index by stage. Each page is noted in one transaction with
what it found, so a crash costs the page that was under way, and of two workers on one segment the later one stops.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import ceil

from lifecycle.engine.plan import Plan
from lifecycle.services.calendars import Calendars, CalendarSource, remembered
from lifecycle.services.job_changes import change_job, ended, is_wanted, plan_job
from lifecycle.services.job_steps import Send, Step, ask_for_the_rest, segment_step
from lifecycle.services.job_work import Lenient, Work
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.reevaluation import GRACE, Reevaluation, Refresh
from lifecycle.services.simulation import Simulation, draft_funnel
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.funnels import FunnelStore
from lifecycle.store.job_records import FoundMove, JobRecord, JobStatus, SegmentRecord
from lifecycle.store.jobs import JobStore
from lifecycle.store.protocol import JobRecords, Store
from lifecycle.store.queue import job_queue
from lifecycle.store.schema import SHARDS
from lifecycle.store.workspace_clients import workspace_client

#: How many prospects are noted as done at once, and how many are read and worked on at once.
PAGE = 100
CHUNK = 25
#: With fewer seconds left, no further chunk is begun.
RESERVE = 10.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one worker goes, so that live traffic does not suffer.

    Attributes:
        per_second: prospects a second, at most.
        clock: tells seconds; ``sleep`` lets some pass.
    """

    per_second: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def keep(self, began: float, count: int, longest: float) -> None:
        """Wait until so many prospects since a time are not too many, but no longer than told."""
        ahead = began + count / self.per_second - self.clock()
        if ahead > 0 and longest > 0:
            self.sleep(min(ahead, longest))


class JobWorker:
    """Works on the jobs of one workspace.

    Arguments:
        records: what the store keeps of jobs.
        store: the workspace's store, for simulations, which only read.
        calendars: tells which version of the funnel is in force when.
        refresh: settles prospects, for re-evaluations.
        send: asks for a step.
        pace: how fast to go.
        now: tells the present.
    """

    def __init__(
        self,
        records: JobRecords,
        store: Store,
        calendars: CalendarSource,
        refresh: Refresh,
        send: Send,
        pace: Pace,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._records = records
        self._store = store
        self._calendars = calendars
        self._refresh = refresh
        self._send = send
        self._pace = pace
        self._now = now

    @classmethod
    def connect(cls, table: str, workspace: str, per_second: float) -> JobWorker:
        """A worker on the jobs that a table keeps for a workspace."""
        client = workspace_client(workspace)
        return cls(
            records=JobStore(client, table, workspace),
            store=DynamoStore(client, table, workspace),
            calendars=Calendars(FunnelStore(client, table, workspace), remembered(table, workspace)),
            refresh=Lifecycle.connect(table, workspace).refresh,
            send=job_queue().send,
            pace=Pace(per_second),
        )

    def work(self, step: Step, remaining: Callable[[], float], *, again: bool = False) -> None:
        """Do a step, as far as the time allows; what is left of it is asked for anew.

        Arguments:
            step: as ``job_steps`` makes them. One of a job that has ended, or that does not exist any more, is nothing.
            remaining: tells how many seconds are left.
            again: it failed before, so a prospect that it fails on is passed over: one bad log holds up no other.
        """
        job = self._records.job(step["job_id"])
        if job is None or job.status not in ("queued", "running"):
            return
        if step["step"] == "plan":
            self._plan(job, step)
        elif job.status == "running":
            segment = self._records.segment(job.job_id, step["segment"])
            if segment is not None:
                self._go_through(job, segment, remaining, again=again)

    def give_up(self, step: Step, error: Exception) -> None:
        """Mark a job as failed after the last attempt at one of its steps. Others of its workers then stop too."""
        where = f"segment {step['segment']}" if "segment" in step else "its plan"
        # The error's own words may hold what a prospect sent.
        failure = f"Working on {where} failed at every attempt: {type(error).__name__}. The log of run_job says more."
        self._end(step["job_id"], "failed", failure)

    # ---- planning ---------------------------------------------------------------------------------------------------

    def _plan(self, job: JobRecord, step: Step) -> None:
        early = self._earliest(job) - self._now()
        if early.total_seconds() > 0:
            self._send(step, delay=ceil(early.total_seconds()))
            return
        planned, segments = plan_job(self._records, job, lambda: self._segments(job))
        ask_for_the_rest(self._records.workspace, planned, segments, self._send)
        self._end_if_done(planned)

    def _earliest(self, job: JobRecord) -> datetime:
        return job.as_of + GRACE if job.kind == "reevaluation" else job.as_of

    def _segments(self, job: JobRecord) -> Iterator[SegmentRecord]:
        """The segments that hold anybody. Their numbers are the same whenever they are planned.

        Stages of earlier versions count too: a prospect that has not been settled since is still listed there.
        """
        plans = self._calendars.calendar(self._now()).plans
        stages = dict.fromkeys(key for plan in plans for key in plan.funnel.stage_keys)
        places = [(stage, shard) for stage in stages for shard in range(SHARDS)]
        for number, (stage, shard) in enumerate(places):
            if total := self._records.count(stage, shard):
                yield SegmentRecord(job.job_id, number, stage, shard, total=total)

    # ---- going through a segment ------------------------------------------------------------------------------------

    def _go_through(
        self, job: JobRecord, segment: SegmentRecord, remaining: Callable[[], float], *, again: bool
    ) -> None:
        work = Lenient(self._work_of(job), self._records.workspace) if again else self._work_of(job)
        work.tally.merge(segment.tallies)
        while not segment.finished:
            if remaining() < RESERVE:
                self._send(segment_step(self._records.workspace, segment))
                return
            began = self._pace.clock()
            page = self._page(work, segment, remaining)
            if page is None:
                return  # another worker is at it
            segment, worked_on = page
            self._pace.keep(began, worked_on, longest=remaining() - RESERVE)
            if not segment.finished and not is_wanted(self._records, job.job_id):
                return
        self._end_if_done(job)

    def _work_of(self, job: JobRecord) -> Work:
        if job.kind == "reevaluation":
            return Reevaluation(self._refresh, job.as_of)
        calendar = self._calendars.calendar(self._now())
        return Simulation(self._store, calendar, Plan(draft_funnel(job, calendar)), job.as_of)

    def _page(
        self, work: Work, segment: SegmentRecord, remaining: Callable[[], float]
    ) -> tuple[SegmentRecord, int] | None:
        """Do one page of a segment, or as much of it as the time allows.

        Returns:
            The segment as it is now, and how many prospects were worked on; ``None`` if another worker was faster.
        """
        listed = self._records.prospects(segment.stage, segment.shard, segment.position, PAGE)
        moves: list[FoundMove] = []
        worked_on = counted = 0
        while worked_on < len(listed) and (worked_on == 0 or remaining() >= RESERVE):
            chunk = listed[worked_on : worked_on + CHUNK]
            taken = work.take([prospect_id for _, prospect_id in chunk])
            moves += taken.moves
            counted += taken.counted
            worked_on += len(chunk)
        becomes = replace(
            segment,
            position=listed[worked_on - 1][0] if worked_on else segment.position,
            done=segment.done + counted,
            finished=worked_on == len(listed) < PAGE,
            tallies=work.tally.dump(),
        )
        if not self._records.advance(becomes, moves):
            return None
        return replace(becomes, revision=becomes.revision + 1), worked_on

    # ---- ending -----------------------------------------------------------------------------------------------------

    def _end_if_done(self, job: JobRecord) -> None:
        """End a job whose last segment is finished. Whoever finishes one asks, so the last one sees them all."""
        segments = self._records.segments(job.job_id)
        if all(segment.finished for segment in segments):
            passed_over = sum(segment.tallies.get("passed_over", 0) for segment in segments)
            self._end(job.job_id, "done", _passed_over(passed_over) if passed_over else None)

    def _end(self, job_id: str, status: JobStatus, failure: str | None = None) -> None:
        now = self._now()
        change_job(self._records, job_id, lambda job: ended(job, status, now, failure))


def _passed_over(count: int) -> str:
    who = "1 prospect was" if count == 1 else f"{count:,} prospects were"
    return f"{who} passed over, for working on them failed time and again. The log of run_job names them."
