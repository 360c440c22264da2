"""The sessions of browsers: found by the hash of what the cookie holds, deleted at sign-out or when they expire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lifecycle.store.items import Item, from_attributes, to_attributes
from lifecycle.store.schema import EXPIRES_AT, SESSION, session_pk
from lifecycle.store.transactions import put_absent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """What is kept of a session, and never what opens it.

    Attributes:
        workspace: whose data it opens.
        actor: who signed in, as the author of decisions.
        scopes: what it may do.
        expires_at: from when on it is refused, to the second.
        key_digest: the SHA-256 of the API key that it was opened with, with which it ends; ``None`` for a token's.
    """

    workspace: str
    actor: str
    scopes: tuple[str, ...]
    expires_at: datetime
    key_digest: str | None = None


def put_session(client: DynamoDBClient, table: str, digest: str, record: SessionRecord) -> bool:
    """Keep a session.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        digest: the SHA-256 of what the cookie holds, in hexadecimal.
        record: whose it is.

    Returns:
        Whether it was kept; ``False`` where there is one with this hash.
    """
    item = {
        **_address(digest),
        "workspace": record.workspace,
        "actor": record.actor,
        "scopes": list(record.scopes),
        "key_digest": record.key_digest,
        EXPIRES_AT: int(record.expires_at.timestamp()),
    }
    return put_absent(client, table, [item])[0]


def get_session(client: DynamoDBClient, table: str, digest: str) -> SessionRecord | None:
    """Find a session; ``None`` where there is none. Read consistently, so that one that was closed is closed at once.

    An expired one may still be found, for the table takes days to delete it.
    """
    answer = client.get_item(TableName=table, Key=to_attributes(_address(digest)), ConsistentRead=True)
    if "Item" not in answer:
        return None
    item = from_attributes(answer["Item"])
    return SessionRecord(
        item["workspace"],
        item["actor"],
        tuple(item["scopes"]),
        datetime.fromtimestamp(int(item[EXPIRES_AT]), UTC),
        item.get("key_digest"),
    )


def delete_session(client: DynamoDBClient, table: str, digest: str) -> None:
    """Forget a session, if there is one."""
    client.delete_item(TableName=table, Key=to_attributes(_address(digest)))


def _address(digest: str) -> Item:
    return {"pk": session_pk(digest), "sk": SESSION}
