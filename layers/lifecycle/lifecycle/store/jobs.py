"""The store of one workspace's long work in DynamoDB: each page of a segment is done once, whoever works on it.

A segment's place, its tallies and the moves that a page found are written in one transaction, on the condition that
the segment is as it was read. So a worker that crashed leaves whole pages behind, and of two on one page one is late.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lifecycle.store.audit import audit_put
from lifecycle.store.audit_records import AuditEntry
from lifecycle.store.items import to_attributes
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
    part_of,
    segment_item,
)
from lifecycle.store.job_records import FoundMove, JobKind, JobRecord, SegmentRecord
from lifecycle.store.reads import get_item, get_items, query_items
from lifecycle.store.schema import (
    BY_STAGE,
    JOB,
    MOVES_PREFIX,
    SEGMENT_PREFIX,
    checked_workspace,
    job_pk,
    jobs_pk,
    segment_sk,
    stage_pk,
)
from lifecycle.store.transactions import NOT_THERE, chunks, put, put_absent, transact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryOutputTypeDef

#: The item is as it was read: integers, never clocks.
SAME_REVISION = "revision = :read"


class JobStore:
    """The jobs of one workspace. It cannot be asked without a workspace, and reaches no other.

    Arguments:
        client: a DynamoDB client.
        table: the table's name.
        workspace: the workspace's id.

    Raises:
        ValueError: that is no workspace.
    """

    def __init__(self, client: DynamoDBClient, table: str, workspace: str) -> None:
        self._client = client
        self._table = table
        self.workspace = checked_workspace(workspace)

    # ---- jobs -------------------------------------------------------------------------------------------------------

    def create(self, job: JobRecord, audit: AuditEntry | None = None) -> bool:
        """Make a job, its ``revision`` 0, and enter it in the list, and in the audit trail what is told of that.

        Returns:
            Whether it is this one that is stored, made by this call or by an earlier one with the same record.
            ``False`` if there was another of its id, or it has already been worked on.
        """
        becomes = replace(job, revision=1)
        item = job_item(self.workspace, becomes)
        writes = [put(self._table, item, NOT_THERE), put(self._table, listed_item(self.workspace, job))]
        if audit is not None:
            writes.append(audit_put(self._table, self.workspace, audit))
        if transact(self._client, writes):
            return True
        stored = self.job(job.job_id)
        return stored is not None and job_item(self.workspace, stored) == item

    def job(self, job_id: str) -> JobRecord | None:
        """One job, strongly consistent; ``None`` if there is none of that id."""
        item = get_item(self._client, self._table, job_pk(self.workspace, job_id), JOB)
        return item_job(item) if item else None

    def jobs(self, kind: JobKind, limit: int) -> list[JobRecord]:
        """The jobs of a kind, newest first, at most ``limit``."""
        found: list[JobRecord] = []
        for ids in chunks(self._listed(kind), limit):
            keys = [{"pk": job_pk(self.workspace, job_id), "sk": JOB} for job_id in ids]
            jobs = {job.job_id: job for job in map(item_job, get_items(self._client, self._table, keys))}
            # One may be missing: expired items do not go all at once.
            found += [jobs[job_id] for job_id in ids if job_id in jobs]
            if len(found) >= limit:
                break
        return found[:limit]

    def _listed(self, kind: JobKind) -> Iterator[str]:
        prefix = listed_prefix(kind)
        items = query_items(
            self._client, self._table, jobs_pk(self.workspace), prefix, prefix + "~", ScanIndexForward=False
        )
        return map(listed_job_id, items)

    def update(self, job: JobRecord) -> bool:
        """Write a job as its next revision.

        Arguments:
            job: as it becomes, its ``revision`` the one that was read.

        Returns:
            Whether it was written by this call; ``False`` if another writer changed it since it was read.
        """
        item = job_item(self.workspace, replace(job, revision=job.revision + 1))
        return transact(self._client, [put(self._table, item, SAME_REVISION, read=job.revision)])

    # ---- segments and what they find --------------------------------------------------------------------------------

    def put_segments(self, segments: Sequence[SegmentRecord]) -> None:
        """Plan the segments of a job; one that is planned already stays as it is. They expire when the job does."""
        jobs = {job_id: self.job(job_id) for job_id in {segment.job_id for segment in segments}}
        planned = []
        for segment in segments:
            job = jobs[segment.job_id]
            planned.append(replace(segment, revision=1, expires_at=job.expires_at if job else None))
        put_absent(self._client, self._table, [segment_item(self.workspace, segment) for segment in planned])

    def segments(self, job_id: str) -> list[SegmentRecord]:
        """The segments of a job in the order of their numbers, strongly consistent."""
        pk = job_pk(self.workspace, job_id)
        items = query_items(self._client, self._table, pk, SEGMENT_PREFIX, SEGMENT_PREFIX + "~")
        return [item_segment(item) for item in items]

    def segment(self, job_id: str, number: int) -> SegmentRecord | None:
        """One segment, strongly consistent; ``None`` if it is not planned."""
        item = get_item(self._client, self._table, job_pk(self.workspace, job_id), segment_sk(number))
        return item_segment(item) if item else None

    def advance(self, segment: SegmentRecord, moves: Sequence[FoundMove]) -> bool:
        """Note that a page of a segment is done, with what it found: both or neither.

        Arguments:
            segment: as it becomes, its ``revision`` the one that was read.
            moves: what the page found, in the order in which they are to be listed.

        Returns:
            Whether it was noted; ``False`` if another worker was faster: read the segment again, go on from its place.

        Raises:
            ValueError: there are more moves than one page may find (``job_items.MOVES_OF_A_PAGE``).
        """
        becomes = replace(segment, revision=segment.revision + 1)
        found = [put(self._table, item) for item in moves_items(self.workspace, becomes, moves)]
        item = segment_item(self.workspace, becomes)
        return transact(self._client, [put(self._table, item, SAME_REVISION, read=segment.revision), *found])

    def moves(
        self, job_id: str, after: str, from_stage: str | None, to_stage: str | None
    ) -> Iterator[tuple[str, FoundMove]]:
        """The moves that a job found, read page by page, segment by segment in the order in which they were found.

        Arguments:
            job_id: the job's id.
            after: start after this position (empty: at the start), one that an earlier answer named.
            from_stage, to_stage: only moves from and to these stages; ``None``: from or to any.

        Returns:
            (position, move) of each.
        """
        wanted = {"from_stages": from_stage, "to_stages": to_stage}
        values = {name: stage for name, stage in wanted.items() if stage is not None}
        options = {"FilterExpression": " AND ".join(f"contains({name}, :{name})" for name in values)} if values else {}
        pk = job_pk(self.workspace, job_id)
        for item in query_items(
            self._client, self._table, pk, part_of(after), MOVES_PREFIX + "~", values=values, **options
        ):
            for position, move in item_moves(item):
                if position > after and is_from_to(move, from_stage, to_stage):
                    yield position, move

    # ---- whom a segment is about ------------------------------------------------------------------------------------

    def prospects(self, stage: str, shard: int, after: str, limit: int) -> list[tuple[str, str]]:
        """The prospects of a stage in one shard, in the order of their entry.

        Arguments:
            stage: the stage's key.
            shard: which of ``schema.SHARDS``.
            after: start after this position (empty: at the start), one that an earlier answer named.
            limit: at most so many; fewer are all that there are.

        Returns:
            (position, prospect id) of each. An index follows its table within moments, so a prospect may be missing
            or still be listed just after it moved.
        """
        found: list[tuple[str, str]] = []
        for page in self._stage_pages(stage, shard, after, PaginationConfig={"PageSize": limit}):
            positions = [item[BY_STAGE.sort_key]["S"] for item in page["Items"]]
            found += [(position, position.rpartition("#")[2]) for position in positions]
            if len(found) >= limit:
                break
        return found[:limit]

    def count(self, stage: str, shard: int) -> int:
        """How many prospects of a stage one shard lists."""
        return sum(page["Count"] for page in self._stage_pages(stage, shard, "", Select="COUNT"))

    def _stage_pages(self, stage: str, shard: int, after: str, **options: Any) -> Iterator[QueryOutputTypeDef]:
        condition, values = f"{BY_STAGE.partition_key} = :pk", {":pk": stage_pk(self.workspace, stage, shard)}
        if after:
            condition, values = f"{condition} AND {BY_STAGE.sort_key} > :after", values | {":after": after}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=BY_STAGE.name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=to_attributes(values),
            **options,
        )
        yield from pages
