"""How much of a window of time a workspace and its keys have used: counted in one item for each window, and only so far
as their limits allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from lifecycle.store.items import Item, from_attributes, to_attributes
from lifecycle.store.schema import EXPIRES_AT, counters_pk, window_sk

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: For how many seconds after its window an item may be of interest to a person; then the service may delete it.
_KEPT = 3600


class Counter(NamedTuple):
    """What is counted under a name, and how far."""

    name: str
    limit: int


class CountersUnreachableError(Exception):
    """The table could not be asked."""


class Counters:
    """The counters of one workspace.

    Arguments:
        client: makes a DynamoDB client, whose failure is the table's.
        table: the table's name.
        workspace: the workspace's id.
    """

    def __init__(self, client: Callable[[], DynamoDBClient], table: str, workspace: str) -> None:
        self._client = client
        self._table = table
        self._pk = counters_pk(workspace)

    def add(self, window: int, ends: int, amount: int, counters: tuple[Counter, ...]) -> Mapping[str, int] | None:
        """Add an amount to some counters of a window: to all of them, or to none.

        One write for all of them, so that none is used up for a request that another refuses.

        Arguments:
            window: which.
            ends: when it does, in seconds since 1970.
            amount: how much.
            counters: which, each with its limit, at least ``amount``.

        Returns:
            ``None`` where it was added. Where one of them would go beyond its limit: how far each stands that has been
            begun; nothing is added then.

        Raises:
            CountersUnreachableError: the table could not be asked.
        """
        names = {f"#c{place}": counter.name for place, counter in enumerate(counters)}
        rooms = {f":c{place}": counter.limit - amount for place, counter in enumerate(counters)}
        fits = [f"(attribute_not_exists({name}) OR {name} <= {room})" for name, room in zip(names, rooms, strict=True)]
        try:
            client = self._client()
            try:
                client.update_item(
                    TableName=self._table,
                    Key=to_attributes({"pk": self._pk, "sk": window_sk(window)}),
                    UpdateExpression=f"ADD {', '.join(f'{name} :amount' for name in names)} SET #expires = :expires",
                    ConditionExpression=" AND ".join(fits),
                    ExpressionAttributeNames={**names, "#expires": EXPIRES_AT},
                    ExpressionAttributeValues=to_attributes({**rooms, ":amount": amount, ":expires": ends + _KEPT}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except client.exceptions.ConditionalCheckFailedException as refused:
                stored: Any = refused.response.get("Item", {})
                return _standing(from_attributes(stored), counters)
        except (BotoCoreError, ClientError) as error:
            raise CountersUnreachableError from error
        return None


def _standing(item: Item, counters: tuple[Counter, ...]) -> Mapping[str, int]:
    return {counter.name: int(item[counter.name]) for counter in counters if counter.name in item}
