"""A stand-in for long work, and a workspace whose funnel has one version, one draft and one simulation."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from lifecycle.contract.funnel_examples import CONTENT_HASH, DRAFT_ID, SIMULATION_ID
from lifecycle.funnel.form.document import content_hash
from lifecycle.reports.funnel_history import Conversion, FunnelHistory, StageHistory, TimeInStage
from lifecycle.services.errors import JobNotFoundError
from lifecycle.services.job_results import Histories, JobView, MovesPage, Progress
from lifecycle.store.funnel_records import DraftRecord, Signature
from lifecycle.store.job_records import FoundMove, JobKind, JobRecord
from tests.fakes.reception import ANN, SAM, Reception, funnel
from tests.unit.functions.fake_lifecycle import ANNS_ID, NOON


def job(**changes: Any) -> JobRecord:
    """A simulation, with what a test cares about changed."""
    values: dict[str, Any] = {
        "job_id": SIMULATION_ID,
        "kind": "simulation",
        "status": "running",
        "revision": 3,
        "subject": DRAFT_ID,
        "content_hash": CONTENT_HASH,
        "as_of": NOON,
        "created_by": ANN,
        "created_at": NOON,
    }
    return JobRecord(**{**values, **changes})


def history() -> FunnelHistory:
    """A history of two stages, one of which nobody entered."""
    hour = timedelta(hours=1)
    return FunnelHistory(
        (
            StageHistory("contact", "Contact", False, 10, 6, 4, TimeInStage(hour, 2 * hour, 3 * hour)),
            StageHistory("won", "Won", False, 0, 0, 0, None),
        ),
        (Conversion("contact", "won", 3, 1), Conversion("in_talks", "won", 0, 0)),
    )


class FakeJobs:
    """The long work of one workspace: one simulation and one re-evaluation, which never get on."""

    def __init__(self) -> None:
        self.records = {SIMULATION_ID: job()}
        self.records["reevaluation-2"] = job(job_id="reevaluation-2", kind="reevaluation", subject="2")
        self.calls: list[tuple[Any, ...]] = []
        self.pages = 1

    def all(self, kind: JobKind, limit: int = 50) -> tuple[JobRecord, ...]:
        return tuple(record for record in self.records.values() if record.kind == kind)

    def view(self, job_id: str, kind: JobKind, now: datetime) -> JobView:
        record = self._find(job_id, kind)
        return JobView(
            job=record,
            progress=Progress(done=30, total=120, segments_done=1, segments_total=8),
            moves={"contact": {"in_talks": 3}},
            moved=3,
            stayed=27,
            actions={"notify_owner": 3},
            histories=Histories(history(), history()) if kind == "simulation" else None,
        )

    def moves(
        self,
        job_id: str,
        kind: JobKind,
        stages: tuple[str | None, str | None],
        position: tuple[str, ...] | None,
        limit: int,
    ) -> MovesPage:
        self._find(job_id, kind)
        self.calls.append((stages, position, limit))
        page = int(position[0]) + 1 if position else 1
        move = FoundMove(ANNS_ID, "contact", "in_talks", "one meeting")
        return MovesPage((move,), (str(page),) if page < self.pages else None)

    def cancel(self, job_id: str, kind: JobKind, now: datetime) -> JobRecord:
        self.records[job_id] = replace(self._find(job_id, kind), status="cancelled", finished_at=now)
        return self.records[job_id]

    def _find(self, job_id: str, kind: JobKind) -> JobRecord:
        record = self.records.get(job_id)
        if record is None or record.kind != kind:
            raise JobNotFoundError
        return record


def furnished_reception() -> Reception:
    """A desk with version 2 in force, and a draft of version 3 that both owners have signed."""
    reception = Reception()
    reception.publish_new()
    definition = funnel(name="To be")
    hash_, now = content_hash(definition), reception.now
    draft = DraftRecord(
        draft_id=DRAFT_ID,
        revision=0,
        content_hash=hash_,
        definition=definition,
        signatures=(Signature("marketing", ANN, now, hash_), Signature("sales", SAM, now, hash_)),
        based_on=2,
        created_by=ANN,
        created_at=now,
        updated_at=now,
    )
    assert reception.records.put_draft(draft)
    reception.waited.clear()
    reception.reevaluated.clear()
    return reception
