"""Writes of several items that happen whole or not at all, and what their refusals mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from lifecycle.store.items import Item, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

T = TypeVar("T")

#: Items of one transaction (AWS, "Quotas in Amazon DynamoDB").
TRANSACTION_LIMIT = 100

#: The item is not there yet.
NOT_THERE = "attribute_not_exists(pk)"

#: The item is there.
THERE = "attribute_exists(pk)"

#: How often to try writes without conditions before the failure is the caller's.
_ATTEMPTS = 4

#: Reasons of a cancelled transaction after which the same transaction may succeed.
_PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


def transact(client: DynamoDBClient, writes: Sequence[TransactWriteItemTypeDef]) -> bool:
    """Make all writes or none.

    The SDK sends one token with each of its own attempts, so an attempt whose answer was lost is not taken for another
    writer's by the next one. That is why even a single conditional write may go this way.

    Returns:
        Whether they were made; ``False`` where a condition failed, or another transaction or a throttle was in the
        way: read again, then decide.
    """
    try:
        client.transact_write_items(TransactItems=list(writes))
    except client.exceptions.TransactionCanceledException as cancelled:
        codes = {reason.get("Code") for reason in cancelled.response["CancellationReasons"]}
        if codes <= {"None", "ConditionalCheckFailed", *_PASSING}:
            return False
        raise
    return True


def transact_in_time(client: DynamoDBClient, writes: Sequence[TransactWriteItemTypeDef]) -> None:
    """Make all of some writes that have no conditions, whatever passes by in between.

    Raises:
        TransactionCanceledException: other writers were in the way at every attempt.
    """
    for _ in range(_ATTEMPTS):
        if transact(client, writes):
            return
    client.transact_write_items(TransactItems=list(writes))


def put_absent(client: DynamoDBClient, table: str, items: Sequence[Item]) -> list[bool]:
    """Put those of some items that are not there yet.

    Returns:
        For each whether it is new; ``False`` for one that was there already, or whose key came before in the list.
    """
    if len(items) == 1:
        return [_put_one(client, table, items[0])]
    news = [False] * len(items)
    places: dict[tuple[str, str], int] = {}
    for place, item in enumerate(items):
        places.setdefault((item["pk"], item["sk"]), place)
    for chunk in chunks(list(places.values()), TRANSACTION_LIMIT):
        for place in _put_chunk(client, table, items, chunk):
            news[place] = True
    return news


def _put_one(client: DynamoDBClient, table: str, item: Item) -> bool:
    try:
        client.put_item(TableName=table, Item=to_attributes(item), ConditionExpression=NOT_THERE)
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def _put_chunk(client: DynamoDBClient, table: str, items: Sequence[Item], places: Sequence[int]) -> Sequence[int]:
    """Put what is absent in one transaction; the places of what was new.

    A transaction because one request then carries a hundred conditional puts, where BatchWriteItem knows no conditions.
    What is there already cancels it, and is left out of the next try.
    """
    return [places[made] for made in transact_possible(client, [put(table, items[at], NOT_THERE) for at in places])]


def transact_possible(client: DynamoDBClient, writes: Sequence[TransactWriteItemTypeDef]) -> Sequence[int]:
    """Make those of some writes, as many as one transaction takes, whose conditions hold; their places."""
    places = list(range(len(writes)))
    while places:
        try:
            client.transact_write_items(TransactItems=[writes[place] for place in places])
        except client.exceptions.TransactionCanceledException as cancelled:
            codes = [reason.get("Code") for reason in cancelled.response["CancellationReasons"]]
            left = [place for place, code in zip(places, codes, strict=True) if code != "ConditionalCheckFailed"]
            if len(left) == len(places) and not _PASSING.intersection(codes):
                raise
            places = left
        else:
            return places
    return ()


def put(table: str, item: Item, condition: str | None = None, **values: object) -> TransactWriteItemTypeDef:
    """A put of a transaction.

    Arguments:
        table: the table's name.
        item: what to put.
        condition: on what condition, ``None`` for none.
        values: what the condition compares with, by name without the colon.
    """
    write: TransactWriteItemTypeDef = {"Put": {"TableName": table, "Item": to_attributes(item)}}
    if condition is not None:
        write["Put"]["ConditionExpression"] = condition
    if values:
        write["Put"]["ExpressionAttributeValues"] = to_attributes({f":{name}": it for name, it in values.items()})
    return write


def set_or_remove(table: str, pk: str, sk: str, name: str, value: object) -> TransactWriteItemTypeDef:
    """An update of a transaction that sets an attribute of an item, or removes it (``None``), if the item is there."""
    update: TransactWriteItemTypeDef = {
        "Update": {
            "TableName": table,
            "Key": to_attributes({"pk": pk, "sk": sk}),
            "UpdateExpression": f"REMOVE {name}" if value is None else f"SET {name} = :value",
            "ConditionExpression": "attribute_exists(pk)",
        }
    }
    if value is not None:
        update["Update"]["ExpressionAttributeValues"] = to_attributes({":value": value})
    return update


def delete(table: str, pk: str, sk: str) -> TransactWriteItemTypeDef:
    """A deletion of a transaction; of what is not there, nothing."""
    return {"Delete": {"TableName": table, "Key": to_attributes({"pk": pk, "sk": sk})}}


def chunks(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Values in lists of at most ``size``, in order."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk
