"""A workspace's long work in memory, kept as by the real store, with the same conditions. For tests of use cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from lifecycle.store.audit_records import AuditEntry
from lifecycle.store.items import Item, from_attributes, to_attributes
from lifecycle.store.job_items import (
    is_from_to,
    item_job,
    item_moves,
    item_segment,
    job_item,
    listed_item,
    listed_job_id,
    listed_prefix,
    moves_items,
    segment_item,
)
from lifecycle.store.job_records import FoundMove, JobKind, JobRecord, SegmentRecord
from lifecycle.store.schema import JOB, MOVES_PREFIX, SEGMENT_PREFIX, job_pk, jobs_pk, segment_sk
from tests.fakes.memory_store import MemoryStore


class MemoryJobs:
    """The items of jobs by key, beside the prospects of a store in memory.

    ``before_write`` is called before each write, for tests that interleave workers or crash them.
    """

    def __init__(self, store: MemoryStore | None = None) -> None:
        self._store = store or MemoryStore()
        self.workspace = self._store.workspace
        self.items: dict[tuple[str, str], Item] = {}
        self.before_write: list[Callable[[], Any]] = []

    def create(self, job: JobRecord, audit: AuditEntry | None = None) -> bool:
        self._about_to_write()
        item = job_item(self.workspace, replace(job, revision=1))
        stored = self.items.get((item["pk"], JOB))
        if stored is not None:
            return stored == to_attributes(item)
        if audit is not None:
            self._store.record(audit)
        self._put(item)
        self._put(listed_item(self.workspace, job))
        return True

    def job(self, job_id: str) -> JobRecord | None:
        item = self._get(job_pk(self.workspace, job_id), JOB)
        return item_job(item) if item else None

    def jobs(self, kind: JobKind, limit: int) -> list[JobRecord]:
        listed = self._with_prefix(jobs_pk(self.workspace), listed_prefix(kind))[::-1]
        found = (self.job(listed_job_id(item)) for item in listed)
        return [job for job in found if job][:limit]

    def update(self, job: JobRecord) -> bool:
        self._about_to_write()
        stored = self.job(job.job_id)
        if stored is None or stored.revision != job.revision:
            return False
        self._put(job_item(self.workspace, replace(job, revision=job.revision + 1)))
        return True

    def put_segments(self, segments: Sequence[SegmentRecord]) -> None:
        self._about_to_write()
        for segment in segments:
            job = self.job(segment.job_id)
            planned = replace(segment, revision=1, expires_at=job.expires_at if job else None)
            if self.segment(segment.job_id, segment.number) is None:
                self._put(segment_item(self.workspace, planned))

    def segments(self, job_id: str) -> list[SegmentRecord]:
        return [item_segment(item) for item in self._with_prefix(job_pk(self.workspace, job_id), SEGMENT_PREFIX)]

    def segment(self, job_id: str, number: int) -> SegmentRecord | None:
        item = self._get(job_pk(self.workspace, job_id), segment_sk(number))
        return item_segment(item) if item else None

    def advance(self, segment: SegmentRecord, moves: Sequence[FoundMove]) -> bool:
        self._about_to_write()
        becomes = replace(segment, revision=segment.revision + 1)
        items = [segment_item(self.workspace, becomes), *moves_items(self.workspace, becomes, moves)]
        stored = self.segment(segment.job_id, segment.number)
        if stored is None or stored.revision != segment.revision:
            return False
        for item in items:
            self._put(item)
        return True

    def moves(
        self, job_id: str, after: str, from_stage: str | None, to_stage: str | None
    ) -> Iterator[tuple[str, FoundMove]]:
        for item in self._with_prefix(job_pk(self.workspace, job_id), MOVES_PREFIX):
            for position, move in item_moves(item):
                if position > after and is_from_to(move, from_stage, to_stage):
                    yield position, move

    def prospects(self, stage: str, shard: int, after: str, limit: int) -> list[tuple[str, str]]:
        return [entry for entry in self._store.in_shard(stage, shard) if entry[0] > after][:limit]

    def count(self, stage: str, shard: int) -> int:
        return len(self._store.in_shard(stage, shard))

    def _about_to_write(self) -> None:
        if self.before_write:
            self.before_write.pop()()

    def _put(self, item: Item) -> None:
        self.items[item["pk"], item["sk"]] = to_attributes(item)

    def _get(self, pk: str, sk: str) -> Item | None:
        item = self.items.get((pk, sk))
        return from_attributes(item) if item else None

    def _with_prefix(self, pk: str, prefix: str) -> list[Item]:
        keys = sorted(key for key in self.items if key[0] == pk and key[1].startswith(prefix))
        return [from_attributes(self.items[key]) for key in keys]
