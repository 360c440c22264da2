"""Strongly consistent reads of the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lifecycle.store.items import Item, from_attributes, to_attributes
from lifecycle.store.transactions import chunks

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: Items of one BatchGetItem (AWS, "Quotas in Amazon DynamoDB").
BATCH_GET_LIMIT = 100


def get_item(client: DynamoDBClient, table: str, pk: str, sk: str) -> Item | None:
    """One item, or ``None`` where there is none."""
    answer = client.get_item(TableName=table, Key=to_attributes({"pk": pk, "sk": sk}), ConsistentRead=True)
    return from_attributes(answer["Item"]) if "Item" in answer else None


def get_items(client: DynamoDBClient, table: str, keys: Sequence[Mapping[str, str]]) -> Iterator[Item]:
    """Those items of some keys, each given once, that are there; in no order."""
    if len(keys) == 1:
        item = get_item(client, table, keys[0]["pk"], keys[0]["sk"])
        if item is not None:
            yield item
        return
    for chunk in chunks(keys, BATCH_GET_LIMIT):
        request: Any = {table: {"Keys": [to_attributes(key) for key in chunk], "ConsistentRead": True}}
        while request:
            page = client.batch_get_item(RequestItems=request)
            yield from map(from_attributes, page["Responses"].get(table, ()))
            request = page.get("UnprocessedKeys")


def query_items(
    client: DynamoDBClient,
    table: str,
    pk: str,
    first: str,
    last: str,
    *,
    values: Mapping[str, str] | None = None,
    **options: Any,
) -> Iterator[Item]:
    """The items of a partition whose sort keys are from ``first`` to ``last``, in their order, page by page.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        pk: the partition.
        first, last: bounds of the sort key, inclusive.
        values: further values of expressions in ``options``, by name without the colon.
        options: more of what Query takes.
    """
    # The service refuses bounds in the wrong order instead of finding nothing between them.
    if first > last:
        return
    more = {f":{name}": value for name, value in (values or {}).items()}
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
        ExpressionAttributeValues=to_attributes({":pk": pk, ":first": first, ":last": last, **more}),
        ConsistentRead=True,
        **options,
    )
    for page in pages:
        yield from map(from_attributes, page["Items"])
