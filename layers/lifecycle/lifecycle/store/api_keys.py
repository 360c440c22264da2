"""The API keys of the table.

A key has two items that come and go in one transaction, with the entry of the audit trail that tells of it: one that is
found by the hash of the key, for the authorizer, and one in its workspace's list, which holds the hash and so leads
back. Keys that were made before there was a list have the first one only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from lifecycle.store.audit import audit_put
from lifecycle.store.audit_records import AuditEntry
from lifecycle.store.items import Item, format_time, from_attributes, parse_time, to_attributes
from lifecycle.store.schema import API_KEY, api_key_pk, api_keys_pk
from lifecycle.store.transactions import NOT_THERE, put, transact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_THERE = "attribute_exists(pk)"
#: Not again as long as somebody noted it lately, whatever this process has read.
_LONG_AGO = "(attribute_not_exists(last_used_at) OR last_used_at < :since)"


@dataclass(frozen=True, slots=True)
class ApiKeyRecord:
    """What is kept of an API key: whose it is and what it may do, and never the key itself.

    Attributes:
        workspace: whose data it opens.
        name: what people call it.
        created_at: when it was made.
        key_id: names it in the list, and is no secret; ``None`` for a key from before there was a list.
        scopes: what it was given; ``None`` for a key from before there were any.
        created_by: who made it.
        expires_at: from when on it is refused; ``None``: never.
        last_used_at: when it was last seen, to within the hour; ``None``: never yet.
        requests_per_second: how many requests it may make; ``None``: as many as other keys.
    """

    workspace: str
    name: str
    created_at: datetime
    key_id: str | None = None
    scopes: tuple[str, ...] | None = None
    created_by: str | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    requests_per_second: int | None = None


def put_api_key(client: DynamoDBClient, table: str, digest: str, record: ApiKeyRecord, audit: AuditEntry) -> bool:
    """Keep an API key, and list it in its workspace.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        digest: the SHA-256 of the key, in hexadecimal.
        record: whose it is, with its ``key_id``.
        audit: the entry that tells of it.

    Returns:
        Whether it was kept; ``False`` where the workspace has a key with this id, or other writes are in the way.
    """
    entry = {**_address_in_list(record.workspace, str(record.key_id)), **_item(record), "digest": digest}
    return transact(
        client,
        [
            put(table, {**_address(digest), **_item(record)}, NOT_THERE),
            put(table, entry, NOT_THERE),
            audit_put(table, record.workspace, audit),
        ],
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
    answer = client.get_item(TableName=table, Key=to_attributes(_address(digest)), ConsistentRead=True)
    item = answer.get("Item")
    return None if item is None else _record(from_attributes(item))


def note_use(
    client: DynamoDBClient, table: str, digest: str, place: tuple[str, str | None], at: datetime, since: datetime
) -> None:
    """Note that a key was used, unless that was noted lately; a key that is gone stays gone.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        digest: the SHA-256 of the key, in hexadecimal.
        place: its workspace, and its id in the list there, if it has one.
        at: when it was used.
        since: a use that was noted at this time or later is enough.
    """
    workspace, key_id = place
    items = [_address(digest), *([] if key_id is None else [_address_in_list(workspace, key_id)])]
    values = to_attributes({":at": format_time(at), ":since": format_time(since)})
    writes: list[TransactWriteItemTypeDef] = [
        {
            "Update": {
                "TableName": table,
                "Key": to_attributes(item),
                "UpdateExpression": "SET last_used_at = :at",
                "ConditionExpression": f"{_THERE} AND {_LONG_AGO}",
                "ExpressionAttributeValues": values,
            }
        }
        for item in items
    ]
    transact(client, writes)


def list_api_keys(client: DynamoDBClient, table: str, workspace: str) -> Iterator[ApiKeyRecord]:
    """The API keys in a workspace's list, those that have expired included, in no particular order."""
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=to_attributes({":pk": api_keys_pk(workspace)}),
        ConsistentRead=True,
    )
    for page in pages:
        for item in page["Items"]:
            yield _record(from_attributes(item))


def listed_api_key(client: DynamoDBClient, table: str, workspace: str, key_id: str) -> tuple[str, ApiKeyRecord] | None:
    """The hash of a key in a workspace's list, and what is kept of it; ``None`` where the list has no such key."""
    place = to_attributes(_address_in_list(workspace, key_id))
    attributes = client.get_item(TableName=table, Key=place, ConsistentRead=True).get("Item")
    if attributes is None:
        return None
    item = from_attributes(attributes)
    return str(item["digest"]), _record(item)


def delete_api_key(client: DynamoDBClient, table: str, digest: str, record: ApiKeyRecord, audit: AuditEntry) -> bool:
    """Forget an API key: what finds it, and its place in the list of its workspace.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        digest: the SHA-256 of the key, in hexadecimal.
        record: what is kept of it.
        audit: the entry that tells of it.

    Returns:
        Whether this call deleted it; ``False`` where it is gone already, or another transaction has it in hand.
    """
    found_by: TransactWriteItemTypeDef = {"Delete": {"TableName": table, "Key": to_attributes(_address(digest))}}
    # Only while it is there: of two who withdraw it at once, one does, and the trail says so once.
    listed: TransactWriteItemTypeDef = {
        "Delete": {
            "TableName": table,
            "Key": to_attributes(_address_in_list(record.workspace, str(record.key_id))),
            "ConditionExpression": _THERE,
        }
    }
    return transact(client, [found_by, listed, audit_put(table, record.workspace, audit)])


def _address(digest: str) -> Item:
    return {"pk": api_key_pk(digest), "sk": API_KEY}


def _address_in_list(workspace: str, key_id: str) -> Item:
    return {"pk": api_keys_pk(workspace), "sk": key_id}


def _item(record: ApiKeyRecord) -> Item:
    return {
        "workspace": record.workspace,
        "name": record.name,
        "created_at": format_time(record.created_at),
        "key_id": record.key_id,
        "scopes": None if record.scopes is None else list(record.scopes),
        "created_by": record.created_by,
        # Not expires_at: an item with that attribute is the table's to delete, and an expired key stays in the list.
        "valid_until": record.expires_at and format_time(record.expires_at),
        "last_used_at": record.last_used_at and format_time(record.last_used_at),
        "requests_per_second": record.requests_per_second,
    }


def _record(item: Item) -> ApiKeyRecord:
    record = ApiKeyRecord(item["workspace"], item["name"], datetime.fromisoformat(item["created_at"]))
    scopes: list[str] | None = item.get("scopes")
    rate = item.get("requests_per_second")
    return replace(
        record,
        key_id=item.get("key_id"),
        scopes=None if scopes is None else tuple(scopes),
        created_by=item.get("created_by"),
        expires_at=_time(item, "valid_until"),
        last_used_at=_time(item, "last_used_at"),
        requests_per_second=None if rate is None else int(rate),
    )


def _time(item: Item, name: str) -> datetime | None:
    return parse_time(item[name]) if name in item else None
