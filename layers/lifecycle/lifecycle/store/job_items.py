"""Items of long work: how jobs, their segments and the moves that they found are spelled in the table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lifecycle.store.items import Item, format_time, from_seconds, parse_time, to_seconds
from lifecycle.store.job_records import FoundMove, JobKind, JobRecord, SegmentRecord
from lifecycle.store.json_text import from_json, to_json
from lifecycle.store.schema import (
    EXPIRES_AT,
    JOB,
    MOVES_PREFIX,
    job_pk,
    jobs_pk,
    moves_sk,
    segment_sk,
)

#: How many moves one item keeps: some 15 KB.
MOVES_OF_A_PART = 100
#: How many moves one page of a segment may find: what a transaction carries with room to spare, at 400 bytes each.
MOVES_OF_A_PAGE = 5000


def job_item(workspace: str, job: JobRecord) -> Item:
    """A job."""
    return {
        "pk": job_pk(workspace, job.job_id),
        "sk": JOB,
        "kind": job.kind,
        "status": job.status,
        "revision": job.revision,
        "subject": job.subject,
        "content_hash": job.content_hash,
        "as_of": format_time(job.as_of),
        "created_by": job.created_by,
        "created_at": format_time(job.created_at),
        "definition": None if job.definition is None else to_json(job.definition),
        "segments": job.segments,
        "total": job.total,
        "finished_at": None if job.finished_at is None else format_time(job.finished_at),
        "failure": job.failure,
        EXPIRES_AT: to_seconds(job.expires_at),
    }


def item_job(item: Item) -> JobRecord:
    """The job that an item keeps."""
    return JobRecord(
        job_id=item["pk"].split("#", 3)[3],
        kind=item["kind"],
        status=item["status"],
        revision=int(item["revision"]),
        subject=item["subject"],
        content_hash=item["content_hash"],
        as_of=parse_time(item["as_of"]),
        created_by=item["created_by"],
        created_at=parse_time(item["created_at"]),
        definition=from_json(item["definition"]) if "definition" in item else None,
        segments=int(item["segments"]),
        total=int(item["total"]) if "total" in item else None,
        finished_at=parse_time(item["finished_at"]) if "finished_at" in item else None,
        failure=item.get("failure"),
        expires_at=from_seconds(item.get(EXPIRES_AT)),
    )


def listed_prefix(kind: JobKind) -> str:
    """How the sort keys of a kind's jobs in the list begin."""
    return f"{kind}#"


def listed_item(workspace: str, job: JobRecord) -> Item:
    """A job's entry in the list of jobs: what never changes, so that it is written once."""
    return {
        "pk": jobs_pk(workspace),
        "sk": f"{listed_prefix(job.kind)}{format_time(job.created_at)}#{job.job_id}",
        EXPIRES_AT: to_seconds(job.expires_at),
    }


def listed_job_id(item: Item) -> str:
    """The id of the job that an entry lists."""
    _, _, job_id = item["sk"].split("#", 2)
    return str(job_id)


def segment_item(workspace: str, segment: SegmentRecord) -> Item:
    """A segment of a job."""
    return {
        "pk": job_pk(workspace, segment.job_id),
        "sk": segment_sk(segment.number),
        "stage": segment.stage,
        "shard": segment.shard,
        "revision": segment.revision,
        "position": segment.position or None,
        "total": segment.total,
        "done": segment.done,
        "finished": segment.finished,
        "tallies": _tallies_text(segment.tallies),
        EXPIRES_AT: to_seconds(segment.expires_at),
    }


def item_segment(item: Item) -> SegmentRecord:
    """The segment that an item keeps."""
    return SegmentRecord(
        job_id=item["pk"].split("#", 3)[3],
        number=int(item["sk"].partition("#")[2]),
        stage=item["stage"],
        shard=int(item["shard"]),
        revision=int(item["revision"]),
        position=item.get("position", ""),
        total=int(item["total"]),
        done=int(item["done"]),
        finished=item["finished"],
        tallies=json.loads(item.get("tallies", "{}")),
        expires_at=from_seconds(item.get(EXPIRES_AT)),
    )


def _tallies_text(tallies: Mapping[str, Any]) -> str | None:
    return json.dumps(tallies, separators=(",", ":"), ensure_ascii=False, allow_nan=False) if tallies else None


def moves_items(workspace: str, segment: SegmentRecord, moves: Sequence[FoundMove]) -> list[Item]:
    """The moves that one page of a segment found, in items of a hundred.

    Arguments:
        workspace: the workspace's id.
        segment: as it becomes with this page: its revision, which no other page has, names the page.
        moves: what was found.

    Raises:
        ValueError: they are more than one page may find.
    """
    if len(moves) > MOVES_OF_A_PAGE:
        raise ValueError(
            f"a page found {len(moves)} moves; it may find {MOVES_OF_A_PAGE}: read fewer prospects at once"
        )
    parts = [moves[start : start + MOVES_OF_A_PART] for start in range(0, len(moves), MOVES_OF_A_PART)]
    return [
        {
            "pk": job_pk(workspace, segment.job_id),
            "sk": moves_sk(segment.number, segment.revision, number),
            # By these the service leaves out whole items when somebody asks for some moves only.
            "from_stages": sorted({move.from_stage for move in part}),
            "to_stages": sorted({move.to_stage for move in part}),
            "rows": to_json([list(move) for move in part]),
            EXPIRES_AT: to_seconds(segment.expires_at),
        }
        for number, part in enumerate(parts)
    ]


def item_moves(item: Item) -> Iterator[tuple[str, FoundMove]]:
    """The moves that an item keeps, each with its position among all moves of the job."""
    place = item["sk"].removeprefix(MOVES_PREFIX)
    for row, move in enumerate(json.loads(item["rows"])):
        yield f"{place}#{row:02d}", FoundMove(*move)


def is_from_to(move: FoundMove, from_stage: str | None, to_stage: str | None) -> bool:
    """Whether a move is from and to these stages; ``None``: from or to any."""
    return from_stage in (None, move.from_stage) and to_stage in (None, move.to_stage)


def part_of(position: str) -> str:
    """The sort key of the item in which a position is; before all of them for none."""
    return MOVES_PREFIX + position.rpartition("#")[0]
