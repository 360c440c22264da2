"""A workspace with one export that is done, and the real use cases on it, all in memory."""

from __future__ import annotations

from lifecycle.contract.export_examples import EXPORT_ID
from lifecycle.store.job_records import JobRecord
from tests.fakes.memory_exports import MemoryExports
from tests.fakes.memory_jobs import MemoryJobs
from tests.fakes.memory_store import MemoryStore
from tests.unit.functions.fake_lifecycle import NOON


def furnished_exports() -> MemoryExports:
    """The exports of the workspace "local"."""
    made = MemoryExports(MemoryJobs(MemoryStore("local")))
    made.records.create(
        JobRecord(EXPORT_ID, "export", "done", 0, "asked", "", NOON, "key:laptop", NOON, finished_at=NOON, total=0)
    )
    return made
