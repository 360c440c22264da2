"""Long work in memory: jobs, a queue whose messages come in the order that a test wants, and a worker without clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.plan import Plan
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.services.job_results import JobView
from lifecycle.services.job_steps import Step
from lifecycle.services.job_worker import JobWorker, Pace
from lifecycle.services.jobs import Jobs
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.settle import Refreshed, Settler
from lifecycle.store.funnel_records import DraftRecord, VersionRecord
from lifecycle.store.job_records import FoundMove, JobRecord
from tests.builders import DEFAULT, at, default_definition
from tests.fakes.memory_jobs import MemoryJobs
from tests.fakes.memory_store import MemoryStore


def plenty() -> float:
    """The seconds left of an invocation that is never pressed for time."""
    return 60.0


@dataclass
class Workshop:
    """The long work of one workspace.

    Attributes:
        store: its prospects.
        calendar: its funnel; a test that publishes puts another one here.
        now: the present; a test that waits puts a later one here.
        queue: the steps asked for, with the seconds for which they are held back.
    """

    store: MemoryStore
    calendar: Calendar = DEFAULT
    now: datetime = field(default_factory=lambda: at(1_000))
    queue: list[tuple[Step, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.records = MemoryJobs(self.store)
        self.calendars = _Changing(self)
        self.jobs = Jobs(self.records, self.calendars, self._send)
        self.lifecycle = Lifecycle(self.store, self.calendars)

    def _send(self, message: Step, delay: int = 0) -> None:
        self.queue.append((message, delay))

    def refresh(self, prospect_ids: Sequence[str]) -> list[Refreshed]:
        """Settle prospects as of the present."""
        return Settler(self.store, self.calendars).refresh(prospect_ids, self.now)

    def worker(self, pace: Pace | None = None) -> JobWorker:
        """A worker; each message may meet another one."""
        return JobWorker(
            records=self.records,
            store=self.store,
            calendars=self.calendars,
            refresh=self.refresh,
            send=self._send,
            pace=pace or Pace(per_second=1_000_000, clock=lambda: 0.0, sleep=lambda _: None),
            now=lambda: self.now,
        )

    def next(self, remaining: Callable[[], float] = plenty) -> None:
        """Let a worker do the step at the head of the queue; if it crashes, the step is asked for again at the end."""
        step, delay = self.queue.pop(0)
        try:
            self.worker().work(step, remaining)
        except BaseException:
            self.queue.append((step, delay))
            raise

    def run(self, random: Random | None = None) -> None:
        """Let workers do whatever is asked for, in order or in any order, until nothing is."""
        while self.queue:
            if random is not None:
                random.shuffle(self.queue)
            self.next()

    def simulated(self, definition: dict[str, Any], random: Random | None = None) -> JobRecord:
        """A simulation that was run to its end."""
        job = self.jobs.start_simulation(draft_of(definition), "ann", self.now)
        self.run(random)
        return job

    def view(self, job: JobRecord) -> JobView:
        """A job as it is told of."""
        return self.jobs.view(job.job_id, job.kind, self.now)

    def found(self, job: JobRecord) -> dict[str, FoundMove]:
        """The moves that a job found, by prospect."""
        moves = self.jobs.moves(job.job_id, job.kind, (None, None), None, 10_000).moves
        found = {move.prospect_id: move for move in moves}
        assert len(found) == len(moves), "a prospect is listed twice"
        return found

    def publish(self, definition: dict[str, Any], version: int) -> None:
        """Bring a definition into force at this very moment."""
        self.calendar = self.calendar.followed_by(Plan(parse_funnel(definition, version)), self.now)

    def everybody(self) -> list[str]:
        """The ids of all prospects that are listed."""
        stages = {key for plan in self.calendar.plans for key in plan.funnel.stage_keys}
        return sorted(
            prospect_id
            for stage in stages
            for shard in range(4)
            for _, prospect_id in self.store.in_shard(stage, shard)
        )

    def stages(self) -> dict[str, str | None]:
        """Where everybody is listed."""
        ids = self.everybody()
        return {id_: partition.stage for id_, partition in self.store.partitions(ids).items()}


@dataclass(frozen=True)
class _Changing:
    """Tells the calendar that the workshop has at the moment."""

    workshop: Workshop

    def calendar(self, now: datetime) -> Calendar:
        return self.workshop.calendar

    def refresh(self, now: datetime) -> Calendar:
        return self.workshop.calendar


def eager_default() -> dict[str, Any]:
    """The default funnel, in which a visit makes a marketing qualified."""
    definition = default_definition()
    stages = {stage["key"]: stage for stage in definition["stages"]}
    stages["marketing_qualified"] |= {
        "enter_when": {"all": [{"known": "email"}, {"activity": {"type": "website_visit"}}]},
        "actions": ["call"],
    }
    return definition


def draft_of(definition: dict[str, Any], draft_id: str = "d1") -> DraftRecord:
    """A draft with a definition."""
    return DraftRecord(
        draft_id=draft_id,
        revision=1,
        content_hash="sha256:draft",
        definition=definition,
        signatures=(),
        based_on=1,
        created_by="ann",
        created_at=at(0),
        updated_at=at(0),
    )


def version_of(definition: dict[str, Any], effective_at: datetime, version: int = 2) -> VersionRecord:
    """A published version with a definition."""
    return VersionRecord(
        version=version,
        content_hash="sha256:version",
        definition=definition,
        signatures=(),
        effective_at=effective_at,
        published_at=effective_at,
        published_by="ann",
    )
