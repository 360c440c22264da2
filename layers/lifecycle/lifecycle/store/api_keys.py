"""The API keys of the table: one item each, found by the hash of the key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SORT_KEY = "KEY"


@dataclass(frozen=True, slots=True)
class ApiKeyRecord:
    """What is kept of an API key: whose it is, and never the key itself."""

    workspace: str
    name: str
    created_at: datetime


def put_api_key(client: DynamoDBClient, table: str, digest: str, record: ApiKeyRecord) -> None:
    """Keep an API key.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        digest: the SHA-256 of the key, in hexadecimal.
        record: whose it is.
    """
    client.put_item(
        TableName=table,
        Item={
            "pk": {"S": _partition_key(digest)},
            "sk": {"S": _SORT_KEY},
            "workspace": {"S": record.workspace},
            "name": {"S": record.name},
            "created_at": {"S": record.created_at.isoformat()},
        },
    )


def get_api_key(client: DynamoDBClient, table: str, digest: str) -> ApiKeyRecord | None:
    """Find an API key.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        digest: the SHA-256 of the key, in hexadecimal.

    Returns:
        Whose it is; ``None`` where there is no such key. Read consistently, so that a key works as soon as it is made,
        and is refused as soon as it is deleted.
    """
    answer = client.get_item(
        TableName=table, Key={"pk": {"S": _partition_key(digest)}, "sk": {"S": _SORT_KEY}}, ConsistentRead=True
    )
    item = answer.get("Item")
    if item is None:
        return None
    return ApiKeyRecord(
        workspace=item["workspace"]["S"],
        name=item["name"]["S"],
        created_at=datetime.fromisoformat(item["created_at"]["S"]),
    )


def _partition_key(digest: str) -> str:
    return f"K#{digest}"
