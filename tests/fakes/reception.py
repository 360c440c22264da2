"""The desk of a workspace's funnel in memory, with counted prospects, noted long work and a clock that tests turn."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lifecycle.services.funnel_results import Publication
from lifecycle.services.funnels import FunnelDesk
from lifecycle.services.publishing import When
from lifecycle.store.funnel_records import DraftRecord, VersionRecord
from lifecycle.store.job_records import JobRecord
from tests.builders import at
from tests.fakes.memory_funnels import MemoryFunnels

ANN, SAM = "Ann Miller", "Sam Lee"


@dataclass
class Reception:
    """A desk, and everything around it that a test may look at or turn.

    Attributes:
        standing: how many prospects stand in each stage.
        now: the present; waiting moves it on.
        waited: how long was waited, in seconds.
        reevaluated: the versions whose re-evaluation was started, with the time.
        simulated: the drafts that were tried.
    """

    standing: dict[str, int] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: at(0))
    waited: list[float] = field(default_factory=list)
    reevaluated: list[tuple[int, datetime]] = field(default_factory=list)
    simulated: list[DraftRecord] = field(default_factory=list)
    fails_with: Exception | None = None

    def __post_init__(self) -> None:
        self.records = MemoryFunnels()
        self.desk = FunnelDesk(self.records, self, self, self._wait)

    # ---- what the desk needs ----------------------------------------------------------------------------------------

    def count(self, stage: str, shard: int) -> int:
        return self.standing.get(stage, 0) if shard == 1 else 0

    def _wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += timedelta(seconds=seconds)

    def start_reevaluation(self, record: VersionRecord, now: datetime) -> JobRecord:
        if self.fails_with is not None:
            raise self.fails_with
        self.reevaluated.append((record.version, now))
        return _job(f"reevaluation-{record.version}", record.content_hash, now)

    def start_simulation(self, draft: DraftRecord, by: str, now: datetime) -> JobRecord:
        self.simulated.append(draft)
        return _job("simulation-1", draft.content_hash, now)

    # ---- what tests do often ----------------------------------------------------------------------------------------

    def draft(self, definition: Mapping[str, Any] | None = None) -> str:
        """A draft's id."""
        return self.desk.create_draft(definition or funnel(), ANN, self.now).draft.draft_id

    def signed_draft(self, definition: Mapping[str, Any] | None = None) -> str:
        """The id of a draft that both owners have signed."""
        draft_id = self.draft(definition)
        self.desk.sign(draft_id, "marketing", ANN, None, self.now)
        self.desk.sign(draft_id, "sales", SAM, None, self.now)
        return draft_id

    def publish(self, draft_id: str, effective_at: datetime | None = None) -> Publication:
        """Publish a draft, by Ann."""
        return self.desk.publish(draft_id, None, ANN, When(self.now, effective_at))

    def publish_new(self, definition: Mapping[str, Any] | None = None, effective_at: datetime | None = None) -> int:
        """The number of a version with a definition."""
        return self.publish(self.signed_draft(definition), effective_at).version

    def roll_back(self, version: int, effective_at: datetime | None = None) -> Publication:
        """Bring a version back, by Ann."""
        return self.desk.roll_back(version, ANN, "a mistake", When(self.now, effective_at))

    def in_force(self) -> int:
        """The number of the version in force."""
        return self.desk.in_force(self.now).in_force.version


_FUNNEL: Mapping[str, Any] = {
    "name": "Three steps",
    "stages": [
        {"key": "contact", "label": "Contact", "enter_when": {"known": "email"}, "replaces": ["anonymous", "suspect"]},
        {
            "key": "in_talks",
            "label": "In talks",
            "enter_when": {"all": [{"known": "email"}, {"activity": {"type": "meeting"}}]},
            "replaces": ["engaged", "marketing_qualified", "sales_qualified", "opportunity"],
        },
        {
            "key": "won",
            "label": "Won",
            "enter_when": {"deal": {"status": "won"}},
            "replaces": ["customer", "evangelist", "disqualified", "other"],
        },
    ],
}


def funnel(**changes: Any) -> dict[str, Any]:
    """A good definition, with fields changed."""
    return {**deepcopy(dict(_FUNNEL)), **changes}


def without_stage(key: str) -> dict[str, Any]:
    """The same without one of its stages, nor anything that replaces it."""
    return funnel(stages=[stage for stage in deepcopy(_FUNNEL["stages"]) if stage["key"] != key])


def _job(job_id: str, content_hash: str, now: datetime) -> JobRecord:
    return JobRecord(
        job_id=job_id,
        kind="reevaluation" if job_id.startswith("r") else "simulation",
        status="queued",
        revision=1,
        subject=job_id,
        content_hash=content_hash,
        as_of=now,
        created_by=ANN,
        created_at=now,
    )
