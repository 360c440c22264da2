"""What is due at a time, in all workspaces: the one thing that is asked without a workspace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Literal, NamedTuple

from lifecycle.store.items import format_time, parse_time, to_attributes
from lifecycle.store.schema import BY_DUE, SHARDS, due_pk

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DueKind = Literal["prospect", "erasure", "funnel", "day"]

_KINDS: dict[str, DueKind] = {"P": "prospect", "E": "erasure", "F": "funnel", "D": "day"}


class DueTimer(NamedTuple):
    """Something that is due: a prospect that the passing of time may move, an erasure that is not complete, a
    version that comes into force, or a day that reports are to aggregate anew.

    ``id`` is the prospect's id, the version's number as text or the day, ``at`` the time at which it is due.
    """

    workspace: str
    kind: DueKind
    id: str
    at: datetime


def due_until(client: DynamoDBClient, table: str, moment: datetime, limit: int) -> list[DueTimer]:
    """What is due at a moment or has been before, whatever the workspace.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        moment: usually now.
        limit: at most so many.

    Returns:
        What has been due longest first. An index follows its table within moments, so what has just been seen to may
        be listed once more. What nobody sees to is listed each time, before what is due later.
    """
    shards = (_shard(client, table, shard, moment, limit) for shard in range(SHARDS))
    return [timer_of(position) for position in islice(merge(*shards), limit)]


def timer_of(position: str) -> DueTimer:
    """The timer that a sort key of the index names."""
    at, workspace, kind, id_ = position.split("#", 3)
    return DueTimer(workspace, _KINDS[kind], id_, parse_time(at))


def due_before(moment: datetime) -> str:
    """What sorts after all that is due at a moment, and before all that is due later."""
    return format_time(moment + timedelta(microseconds=1))


def _shard(client: DynamoDBClient, table: str, shard: int, moment: datetime, limit: int) -> Iterator[str]:
    pages = client.get_paginator("query").paginate(
        TableName=table,
        IndexName=BY_DUE.name,
        KeyConditionExpression=f"{BY_DUE.partition_key} = :pk AND {BY_DUE.sort_key} < :before",
        ExpressionAttributeValues=to_attributes({":pk": due_pk(shard), ":before": due_before(moment)}),
        PaginationConfig={"PageSize": limit},
    )
    for page in pages:
        for item in page["Items"]:
            yield item[BY_DUE.sort_key]["S"]
