"""The outside systems of one workspace in DynamoDB: the list, the quarantine, links of CRMs, and what waits.

A source has two items that come and go in one transaction: one that is found by its address alone and names the
workspace, and the record in the workspace's list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from lifecycle.events import Identity
from lifecycle.sources.said import LinkUpdate
from lifecycle.store.audit import audit_put
from lifecycle.store.audit_records import AuditEntry
from lifecycle.store.items import Item, format_time, parse_time, to_attributes
from lifecycle.store.reads import get_item, query_items
from lifecycle.store.schema import (
    DEALS_LINK_PREFIX,
    EXPIRES_AT,
    LINK_PREFIX,
    QUARANTINE_PREFIX,
    SOURCE_ADDRESS,
    SPENT_PREFIX,
    link_pk,
    source_address_pk,
    source_pk,
    sources_pk,
    unresolved_pk,
)
from lifecycle.store.source_records import QuarantinedPart, SourceRecord, Waiting
from lifecycle.store.transactions import NOT_THERE, put, put_absent, transact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

#: How long a part stays in quarantine, and a nonce is remembered.
QUARANTINE = timedelta(days=30)
SPENT = timedelta(days=2)

_SAME_VERSION = "version = :read"
_LAST = "\U0010ffff"


def workspace_of(client: DynamoDBClient, table: str, source_id: str) -> str | None:
    """The workspace of an address; ``None`` where nobody has it."""
    item = get_item(client, table, source_address_pk(source_id), SOURCE_ADDRESS)
    return None if item is None else str(item["workspace"])


class SourceStore:
    """The sources of one workspace.

    Arguments:
        client: a DynamoDB client.
        table: the table's name.
        workspace: the workspace's id.
        writer: another client, which may also write what a source's address is found by, and what goes with it. That
            is no workspace's: whose an address is, is not known before it is found. Nothing but connecting and
            disconnecting takes it.
    """

    def __init__(
        self, client: DynamoDBClient, table: str, workspace: str, writer: DynamoDBClient | None = None
    ) -> None:
        self._client = client
        self._writer = writer or client
        self._table = table
        self.workspace = workspace

    # ---- the list ---------------------------------------------------------------------------------------------------

    def connect(self, record: SourceRecord, audit: AuditEntry) -> bool:
        """Keep a new source, with the entry of the audit trail that tells of it.

        Returns:
            Whether it was kept; ``False`` where its address is taken, or other writes are in the way.
        """
        address = {"pk": source_address_pk(record.source_id), "sk": SOURCE_ADDRESS, "workspace": self.workspace}
        return transact(
            self._writer,
            [
                put(self._table, address, NOT_THERE),
                put(self._table, self._item(record), NOT_THERE),
                audit_put(self._table, self.workspace, audit),
            ],
        )

    def all(self) -> list[SourceRecord]:
        """Every source, in no particular order."""
        return [
            _record(item) for item in query_items(self._client, self._table, sources_pk(self.workspace), " ", _LAST)
        ]

    def get(self, source_id: str) -> SourceRecord | None:
        """A source; ``None`` where the workspace has none of this id."""
        item = get_item(self._client, self._table, sources_pk(self.workspace), source_id)
        return None if item is None else _record(item)

    def change(self, record: SourceRecord, audit: AuditEntry) -> bool:
        """Keep a source's new label and settings, with the entry of the audit trail that tells of it.

        Arguments:
            record: the source, with the version that was read.
            audit: the entry.

        Returns:
            Whether it was kept; ``False`` where somebody else has changed it, or it is gone.
        """
        values = {
            ":label": record.label,
            ":settings": _dump(record.settings),
            ":next": record.version + 1,
            ":read": record.version,
        }
        update: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": to_attributes({"pk": sources_pk(self.workspace), "sk": record.source_id}),
                "UpdateExpression": "SET label = :label, settings = :settings, version = :next",
                "ConditionExpression": _SAME_VERSION,
                "ExpressionAttributeValues": to_attributes(values),
            }
        }
        return transact(self._client, [update, audit_put(self._table, self.workspace, audit)])

    def record(self, audit: AuditEntry) -> bool:
        """Append to the audit trail what changes nothing in the table."""
        return transact(self._client, [audit_put(self._table, self.workspace, audit)])

    def disconnect(self, source_id: str, audit: AuditEntry) -> bool:
        """Forget a source, with the entry of the audit trail that tells of it; its quarantine goes by itself, in time.

        Returns:
            Whether it is gone; ``False`` where other writes are in the way.
        """
        places = [
            {"pk": source_address_pk(source_id), "sk": SOURCE_ADDRESS},
            {"pk": sources_pk(self.workspace), "sk": source_id},
        ]
        deletions = [self._deletion(place) for place in places]
        return transact(self._writer, [*deletions, audit_put(self._table, self.workspace, audit)])

    def note(self, source_id: str, what: Literal["last_received_at", "last_refused_at"], at: datetime) -> None:
        """Note when something came in; a source that is gone stays gone."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": sources_pk(self.workspace), "sk": source_id}),
                UpdateExpression=f"SET {what} = :at",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues=to_attributes({":at": format_time(at)}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    # ---- quarantine -------------------------------------------------------------------------------------------------

    def quarantine(self, source_id: str, parts: Sequence[QuarantinedPart]) -> None:
        """Keep parts that could not be read; one that is there already stays."""
        items = [
            {
                "pk": source_pk(self.workspace, source_id),
                "sk": QUARANTINE_PREFIX + part.part_id,
                "received_at": format_time(part.received_at),
                "why": part.why,
                "body": part.body,
                "content_type": part.content_type,
                "call": part.call or None,
                "alone": part.alone or None,
                EXPIRES_AT: int((part.received_at + QUARANTINE).timestamp()),
            }
            for part in parts
        ]
        put_absent(self._client, self._table, items)

    def quarantined(self, source_id: str, after: str = "") -> Iterator[QuarantinedPart]:
        """The parts in quarantine, oldest first, after one of that id."""
        first = QUARANTINE_PREFIX + (f"{after}!" if after else "")
        pk = source_pk(self.workspace, source_id)
        return map(_part, query_items(self._client, self._table, pk, first, QUARANTINE_PREFIX + _LAST))

    def count_quarantined(self, source_id: str) -> int:
        """How many parts are in quarantine."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=to_attributes(
                {":pk": source_pk(self.workspace, source_id), ":prefix": QUARANTINE_PREFIX}
            ),
            Select="COUNT",
        )
        return sum(page["Count"] for page in pages)

    def quarantined_part(self, source_id: str, part_id: str) -> QuarantinedPart | None:
        """A part in quarantine; ``None`` where there is none of this id."""
        pk = source_pk(self.workspace, source_id)
        item = get_item(self._client, self._table, pk, QUARANTINE_PREFIX + part_id)
        return None if item is None else _part(item)

    def release(self, source_id: str, part_id: str, audit: AuditEntry | None = None) -> bool:
        """Take a part out of quarantine, with the entry of the audit trail that tells of it, where somebody does it.

        Returns:
            Whether it is out; ``False`` where other writes are in the way.
        """
        deletion = self._deletion({"pk": source_pk(self.workspace, source_id), "sk": QUARANTINE_PREFIX + part_id})
        told = [] if audit is None else [audit_put(self._table, self.workspace, audit)]
        return transact(self._client, [deletion, *told])

    # ---- nonces -----------------------------------------------------------------------------------------------------

    def spent_on(self, source_id: str, digest: str) -> str | None:
        """What a nonce was used for before; ``None`` where it was not."""
        item = get_item(self._client, self._table, source_pk(self.workspace, source_id), SPENT_PREFIX + digest)
        return None if item is None else str(item["used_for"])

    def spend(self, source_id: str, digest: str, used_for: str, at: datetime) -> bool:
        """Note what a nonce is used for; ``False`` where it was used before."""
        item = {
            "pk": source_pk(self.workspace, source_id),
            "sk": SPENT_PREFIX + digest,
            "used_for": used_for,
            EXPIRES_AT: int((at + SPENT).timestamp()),
        }
        (is_new,) = put_absent(self._client, self._table, [item])
        return is_new

    # ---- links ------------------------------------------------------------------------------------------------------

    def append_link(self, update: LinkUpdate) -> bool:
        """Append to what was said of a link; ``False`` where it was said before."""
        contact = None if update.contact is None else list(update.contact)
        item = {
            "pk": link_pk(self.workspace, update.link_id),
            "sk": LINK_PREFIX + update.id,
            "occurred_at": format_time(update.occurred_at),
            "recorded_at": format_time(update.recorded_at),
            "link_id": update.link_id,
            "deal_id": update.deal_id,
            "contact": contact,
            "role": update.role,
            "deleted": update.deleted or None,
        }
        # The place in the deal's list first: a piece that is there is found by way of its deal, too.
        places = [] if update.deal_id is None else [self._place_of(update.link_id, update.deal_id)]
        *_, is_new = put_absent(self._client, self._table, [*places, item])
        return is_new

    def _place_of(self, link_id: str, deal_id: str) -> Item:
        return {"pk": link_pk(self.workspace, deal_id), "sk": DEALS_LINK_PREFIX + link_id}

    def links_of(self, deal_id: str) -> list[str]:
        """The ids of the links that ever named a deal as theirs."""
        pk = link_pk(self.workspace, deal_id)
        found = query_items(self._client, self._table, pk, DEALS_LINK_PREFIX, DEALS_LINK_PREFIX + _LAST)
        return [item["sk"].removeprefix(DEALS_LINK_PREFIX) for item in found]

    def link_log(self, link_id: str) -> list[LinkUpdate]:
        """All that was said of a link, in no order."""
        pk = link_pk(self.workspace, link_id)
        return [_link(item) for item in query_items(self._client, self._table, pk, LINK_PREFIX, LINK_PREFIX + _LAST)]

    # ---- what waits -------------------------------------------------------------------------------------------------

    def await_more(self, waiting: Sequence[Waiting]) -> None:
        """Note what waits; what is noted already keeps its time."""
        items = [
            {
                "pk": unresolved_pk(self.workspace),
                "sk": f"{one.what}#{one.name}",
                "since": format_time(one.since),
                "source_id": one.source_id,
            }
            for one in waiting
        ]
        if items:
            put_absent(self._client, self._table, items)

    def waiting(self, after: str = "") -> Iterator[Waiting]:
        """What waits, in the order of its names, after the position of one (``position_of``)."""
        first = f"{after}!" if after else " "
        for item in query_items(self._client, self._table, unresolved_pk(self.workspace), first, _LAST):
            yield _waiting(item)

    def waiting_for(self, what: str, name: str) -> Waiting | None:
        """One entry of the list; ``None`` where it does not wait (any more)."""
        item = get_item(self._client, self._table, unresolved_pk(self.workspace), f"{what}#{name}")
        return None if item is None else _waiting(item)

    def asked(self, waiting: Waiting, at: datetime) -> None:
        """Note when a hook was asked for something; what waits no more stays off the list."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": unresolved_pk(self.workspace), "sk": position_of(waiting)}),
                UpdateExpression="SET asked_at = :at",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues=to_attributes({":at": format_time(at)}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def resolve(self, waiting: Waiting) -> None:
        """Take something off the list of what waits."""
        place = {"pk": unresolved_pk(self.workspace), "sk": position_of(waiting)}
        self._client.delete_item(TableName=self._table, Key=to_attributes(place))

    # ---- erasure ----------------------------------------------------------------------------------------------------

    def forget(self, identities: Collection[Identity]) -> None:
        """Forget what names a person: parts in quarantine that hold one of the identities, and what waits of them."""
        for identity in identities:
            if identity.kind.startswith("crm:"):
                place = {"pk": unresolved_pk(self.workspace), "sk": f"contact#{identity.kind}:{identity.value}"}
                self._client.delete_item(TableName=self._table, Key=to_attributes(place))
        values = {form for identity in identities for form in (identity.value, quote(identity.value, safe=""))}
        # As a whole word: an id of few digits is a part of many numbers.
        mention = re.compile("|".join(rf"(?<![\w-]){re.escape(value)}(?![\w-])" for value in sorted(values)), re.I)
        for record in self.all():
            for part in self.quarantined(record.source_id):
                if mention.search(part.body.decode("utf-8", "replace")):
                    self.release(record.source_id, part.part_id)

    def _deletion(self, place: Mapping[str, str]) -> TransactWriteItemTypeDef:
        return {"Delete": {"TableName": self._table, "Key": to_attributes(place)}}

    def _item(self, record: SourceRecord) -> Item:
        return {
            "pk": sources_pk(self.workspace),
            "sk": record.source_id,
            "kind": record.kind,
            "label": record.label,
            "settings": _dump(record.settings),
            "created_at": format_time(record.created_at),
            "created_by": record.created_by,
            "version": record.version,
        }


def position_of(waiting: Waiting) -> str:
    """Where something stands in the list of what waits."""
    return f"{waiting.what}#{waiting.name}"


def _record(item: Item) -> SourceRecord:
    return SourceRecord(
        source_id=item["sk"],
        kind=item["kind"],
        label=item["label"],
        settings=json.loads(item["settings"], parse_float=Decimal),
        created_at=parse_time(item["created_at"]),
        created_by=item["created_by"],
        version=int(item["version"]),
        last_received_at=_time(item, "last_received_at"),
        last_refused_at=_time(item, "last_refused_at"),
    )


def _part(item: Item) -> QuarantinedPart:
    return QuarantinedPart(
        part_id=item["sk"].removeprefix(QUARANTINE_PREFIX),
        received_at=parse_time(item["received_at"]),
        why=item["why"],
        body=bytes(item["body"].value),
        content_type=item["content_type"],
        call=item.get("call", ""),
        alone=item.get("alone", False),
    )


def _waiting(item: Item) -> Waiting:
    what, _, name = item["sk"].partition("#")
    return Waiting(what, name, parse_time(item["since"]), item["source_id"], _time(item, "asked_at"))


def _link(item: Item) -> LinkUpdate:
    return LinkUpdate(
        id=item["sk"].removeprefix(LINK_PREFIX),
        occurred_at=parse_time(item["occurred_at"]),
        recorded_at=parse_time(item["recorded_at"]),
        link_id=item["link_id"],
        deal_id=item.get("deal_id"),
        contact=Identity(*item["contact"]) if "contact" in item else None,
        role=item.get("role"),
        deleted=item.get("deleted", False),
    )


def _time(item: Item, name: str) -> datetime | None:
    return parse_time(item[name]) if name in item else None


def _dump(settings: Mapping[str, Any]) -> str:
    return json.dumps(settings, separators=(",", ":"), ensure_ascii=False, default=float)
