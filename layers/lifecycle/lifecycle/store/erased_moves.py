"""The transitions of people who were erased: they belong to no prospect any more, so they are found by their days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from lifecycle.store.items import from_attributes, item_transition, to_attributes
from lifecycle.store.reads import get_items, query_items
from lifecycle.store.records import TransitionRecord
from lifecycle.store.schema import (
    BY_DAY,
    MARKED_DAY_PREFIX,
    TRANSITION_PREFIX,
    checked_workspace,
    day_pk,
    marked_days_pk,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ErasedMoves:
    """Those of one workspace.

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

    def days(self) -> list[date]:
        """The days (UTC) on which the workspace has transitions, in order."""
        pk, prefix = marked_days_pk(self.workspace), MARKED_DAY_PREFIX
        items = query_items(self._client, self._table, pk, prefix, prefix + "~")
        return [date.fromisoformat(item["sk"].removeprefix(prefix)) for item in items]

    def of_day(self, day: date, shard: int) -> Iterator[TransitionRecord]:
        """The transitions of erased people on one day, of those pseudonyms that are in one shard."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=BY_DAY.name,
            KeyConditionExpression=f"{BY_DAY.partition_key} = :pk",
            FilterExpression="pseudonymous = :yes",
            ExpressionAttributeValues=to_attributes({":pk": day_pk(self.workspace, day, shard), ":yes": True}),
        )
        for page in pages:
            found = map(from_attributes, page["Items"])
            keys = [{"pk": it["pk"], "sk": it["sk"]} for it in found if it["sk"].startswith(TRANSITION_PREFIX)]
            yield from map(item_transition, get_items(self._client, self._table, keys))
