"""Does the steps of exports: plans one in segments that run side by side, and writes what each holds as Parquet.

A segment is one shard of the prospects, whatever their stage, or the transitions of all erased people. What a worker
has read it writes down in parts, as large as its time and its disk allow, for many small files are slow to query. A
part counts from the moment that the segment's record names it. Whoever finishes the last segment shows the
whole export in the place of the one before, and removes the files of that.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import BinaryIO, Protocol

from lifecycle.services.calendars import Calendars, CalendarSource, remembered
from lifecycle.services.job_changes import change_job, ended, is_wanted, plan_job
from lifecycle.services.job_steps import Send, Step, ask_for_the_rest, segment_step
from lifecycle.services.job_worker import Pace
from lifecycle.services.lake_rows import event_rows, transition_rows
from lifecycle.services.neighbourhood import Neighbourhood
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.funnels import FunnelStore
from lifecycle.store.job_records import JobRecord, JobStatus, SegmentRecord
from lifecycle.store.jobs import JobStore
from lifecycle.store.lake import lake
from lifecycle.store.lake_tables import EVENTS, TRANSITIONS, LakeRow, LakeTable
from lifecycle.store.parquet import Spool
from lifecycle.store.protocol import JobRecords, Store
from lifecycle.store.queue import export_queue
from lifecycle.store.schema import SHARDS
from lifecycle.store.workspace_clients import workspace_client

#: What a segment is of.
PROSPECTS, ERASED = "prospects", "erased"
#: How many prospects are listed, and read, at once.
PAGE = 100
#: With fewer seconds left, nothing further is read: what was read is to be turned into files and noted.
RESERVE = 120.0
#: With so many bytes read, they are turned into files: the function's disk has 512 MB.
LARGEST = 128 * 1024 * 1024


class Files(Protocol):
    """What exports need of a workspace's lake; ``store.lake.Lake`` describes each method."""

    def put_file(self, export: str, table: LakeTable, month: str, name: str, file: BinaryIO) -> None: ...
    def put_seen(self, export: str, part: str, prospect_ids: Sequence[str]) -> None: ...
    def seen(self, export: str, parts: Sequence[str]) -> set[str]: ...
    def remove_part(self, export: str, part: str) -> None: ...
    def publish(self, export: str, parts: Sequence[str]) -> None: ...
    def keep_only(self, exports: Sequence[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """What an export reads.

    Attributes:
        store: the workspace's store.
        calendars: tells which stages there are or were.
    """

    store: Store
    calendars: CalendarSource


class ExportWorker:
    """Works on the exports of one workspace.

    Arguments:
        records: what the store keeps of jobs.
        sources: what is exported.
        files: the workspace's lake.
        send: asks for a step.
        pace: how fast to go.
        largest: with so many bytes read, they are turned into files.
        now: tells the present.
    """

    def __init__(
        self,
        records: JobRecords,
        sources: Sources,
        files: Files,
        send: Send,
        pace: Pace,
        largest: int | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._records = records
        self._sources = sources
        self._files = files
        self._send = send
        self._pace = pace
        self._largest = LARGEST if largest is None else largest
        self._now = now

    @classmethod
    def connect(cls, table: str, workspace: str, per_second: float) -> ExportWorker:
        """A worker on the exports that a table keeps for a workspace."""
        client = workspace_client(workspace)
        return cls(
            records=JobStore(client, table, workspace),
            sources=Sources(
                DynamoStore(client, table, workspace),
                Calendars(FunnelStore(client, table, workspace), remembered(table, workspace)),
            ),
            files=lake(workspace),
            send=export_queue().send,
            pace=Pace(per_second),
        )

    def work(self, step: Step, remaining: Callable[[], float], *, again: bool = False) -> None:  # noqa: ARG002
        """Do a step, as far as the time allows; what is left of it is asked for anew.

        Arguments:
            step: as ``job_steps`` makes them. One of a job that has ended, or that does not exist any more, is nothing.
            remaining: tells how many seconds are left.
            again: it failed before, which makes no difference: nobody is passed over.
        """
        job = self._records.job(step["job_id"])
        if job is None or job.status not in ("queued", "running"):
            return
        if step["step"] == "plan":
            self._plan(job)
        elif job.status == "running":
            segment = self._records.segment(job.job_id, step["segment"])
            if segment is not None:
                self._go_through(job, segment, remaining)

    def give_up(self, step: Step, error: Exception) -> None:
        """Mark an export as failed after the last attempt at one of its steps. The one before is still shown."""
        where = f"segment {step['segment']}" if "segment" in step else "its plan"
        # The error's own words may hold what a prospect sent.
        failure = (
            f"Working on {where} failed at every attempt: {type(error).__name__}. The log of run_export says more."
        )
        self._end(step["job_id"], "failed", failure)

    # ---- planning ---------------------------------------------------------------------------------------------------

    def _plan(self, job: JobRecord) -> None:
        planned, segments = plan_job(self._records, job, lambda: self._segments(job))
        ask_for_the_rest(self._records.workspace, planned, segments, self._send)

    def _segments(self, job: JobRecord) -> Iterator[SegmentRecord]:
        stages = self._stages()
        for shard in range(SHARDS):
            total = sum(self._records.count(stage, shard) for stage in stages)
            yield SegmentRecord(job.job_id, shard, PROSPECTS, shard, total=total)
        yield SegmentRecord(job.job_id, SHARDS, ERASED, 0)

    def _stages(self) -> tuple[str, ...]:
        """Those of earlier versions too: a prospect that has not been settled since is still listed there."""
        plans = self._sources.calendars.calendar(self._now()).plans
        return tuple(dict.fromkeys(key for plan in plans for key in plan.funnel.stage_keys))

    # ---- going through a segment ------------------------------------------------------------------------------------

    def _go_through(self, job: JobRecord, segment: SegmentRecord, remaining: Callable[[], float]) -> None:
        while not segment.finished:
            if remaining() < RESERVE:
                self._send(segment_step(self._records.workspace, segment))
                return
            advanced = self._write_part(segment, remaining)
            if advanced is None or not is_wanted(self._records, job.job_id):
                return  # another worker is at it, or nobody wants it any more
            segment = advanced
        self._end_if_done(job)

    def _write_part(self, segment: SegmentRecord, remaining: Callable[[], float]) -> SegmentRecord | None:
        """Read as much of a segment as the time and the disk allow, and write it down; ``None`` if that is void."""
        with ExitStack() as stack:
            part = Part(*(stack.enter_context(closing(Spool(table))) for table in (EVENTS, TRANSITIONS)))
            read = self._read_prospects if segment.stage == PROSPECTS else self._read_erased
            finished = read(segment, part, lambda: part.size < self._largest and remaining() >= RESERVE)
            if finished is None:
                return None
            files = self._put(segment.job_id, part)
        becomes = replace(
            segment,
            position=part.position or segment.position,
            done=segment.done + len(part.seen),
            finished=finished,
            tallies={
                "parts": [*segment.tallies.get("parts", ()), part.name],
                "events": segment.tallies.get("events", 0) + part.events.count,
                "transitions": segment.tallies.get("transitions", 0) + part.transitions.count,
                "files": segment.tallies.get("files", 0) + files,
            },
        )
        if self._records.advance(becomes, []):
            return replace(becomes, revision=becomes.revision + 1)
        self._files.remove_part(segment.job_id, part.name)
        return None

    def _put(self, export: str, part: Part) -> int:
        """Write the files of a part; how many they are."""
        count = 0
        for spool in (part.events, part.transitions):
            for month, path in spool.files():
                with path.open("rb") as file:
                    self._files.put_file(export, spool.table, month, f"{part.name}-{count}", file)
                count += 1
        self._files.put_seen(export, part.name, part.seen)
        return count

    def _read_prospects(self, segment: SegmentRecord, part: Part, goes_on: Callable[[], bool]) -> bool | None:
        """Read prospects of a shard who are in no part yet; whether there are no more, ``None`` if nobody wants them.

        Who changes stage meanwhile may be listed twice or be passed by. So it is noted who was read, and the list is
        gone through again until it holds nobody new.
        """
        seen = self._files.seen(segment.job_id, segment.tallies.get("parts", ()))
        found = True
        while found:
            found = False
            for stage in self._stages():
                for page in self._pages(stage, segment.shard):
                    if not is_wanted(self._records, segment.job_id):
                        return None
                    news = [prospect_id for prospect_id in page if prospect_id not in seen]
                    if news and not goes_on():
                        return False
                    began = self._pace.clock()
                    self._read(news, part)
                    self._pace.keep(began, len(news), longest=RESERVE / 2)
                    seen.update(news)
                    found = found or bool(news)
        return True

    def _pages(self, stage: str, shard: int) -> Iterator[list[str]]:
        after, more = "", True
        while more:
            listed = self._records.prospects(stage, shard, after, PAGE)
            more = len(listed) == PAGE
            if listed:
                after = listed[-1][0]
                yield [prospect_id for _, prospect_id in listed]

    def _read(self, prospect_ids: Sequence[str], part: Part) -> None:
        """Read some prospects whole."""
        around = Neighbourhood(self._sources.store)
        around.load(prospect_ids)
        workspace = self._records.workspace
        for prospect_id in prospect_ids:
            part.seen.append(prospect_id)
            # Listed, and merged into another or erased since.
            if around[prospect_id].is_pointer or around[prospect_id].summary is None:
                continue
            events, transitions = around.whole_log(prospect_id)
            part.add(event_rows(workspace, prospect_id, events), transition_rows(workspace, prospect_id, transitions))

    def _read_erased(self, segment: SegmentRecord, part: Part, goes_on: Callable[[], bool]) -> bool | None:
        """Read the transitions of erased people; whether that is all, ``None`` if nobody wants them."""
        names = self._sources.store.pseudonyms(segment.position)
        while page := list(islice(names, PAGE)):
            if not is_wanted(self._records, segment.job_id):
                return None
            for name in page:
                if not goes_on():
                    return False
                moves = self._sources.store.transitions(name)
                part.add((), transition_rows(self._records.workspace, name, moves))
                part.position = name
        return True

    # ---- ending -----------------------------------------------------------------------------------------------------

    def _end_if_done(self, job: JobRecord) -> None:
        """Show an export whose last segment is finished. Whoever finishes one asks, so the last one sees them all."""
        segments = self._records.segments(job.job_id)
        if not all(segment.finished for segment in segments):
            return
        self._files.publish(job.job_id, [part for segment in segments for part in segment.tallies.get("parts", ())])
        self._end(job.job_id, "done")
        others = (other.job_id for other in self._records.jobs("export", 50) if other.status in ("queued", "running"))
        self._files.keep_only([job.job_id, *others])

    def _end(self, job_id: str, status: JobStatus, failure: str | None = None) -> None:
        now = self._now()
        change_job(self._records, job_id, lambda job: ended(job, status, now, failure))


class Part:
    """What a worker has read and not yet written down.

    Attributes:
        name: letters and digits that no other part has.
        seen: the prospects that it holds, those included of whom there is nothing.
        position: up to which name the segment of erased people is read.
    """

    def __init__(self, events: Spool, transitions: Spool) -> None:
        self.events = events
        self.transitions = transitions
        self.name = secrets.token_hex(8)
        self.seen: list[str] = []
        self.position = ""

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self.events.size + self.transitions.size

    def add(self, events: Iterable[LakeRow], transitions: Iterable[LakeRow]) -> None:
        """Take rows in."""
        for row in events:
            self.events.add(row)
        for row in transitions:
            self.transitions.add(row)
