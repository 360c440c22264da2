"""The audit trail of the table: appended to, read, and never changed.

No code updates or deletes an entry, every put is on the condition that nothing is there, and no role allows the rest
(template.yaml, ``WorkspaceRole``). The trail has partition keys of its own beginning, so that the policies can tell it
from everything else of a workspace.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lifecycle.store.audit_records import Actor, AuditEntry, Difference, Document, Origin, Subject
from lifecycle.store.items import Item, format_time, parse_time
from lifecycle.store.json_text import from_json, to_json
from lifecycle.store.reads import query_items
from lifecycle.store.schema import audit_pk, audit_sk
from lifecycle.store.transactions import NOT_THERE, put, put_absent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

#: Entries that are read at once: a page of the API most of the time, and not a megabyte.
_PAGE = 200


def audit_put(table: str, workspace: str, entry: AuditEntry) -> TransactWriteItemTypeDef:
    """An entry as part of the transaction that does what it tells of: then neither is there without the other.

    Arguments:
        table: the table's name.
        workspace: whose trail it is in.
        entry: what is done.
    """
    return put(table, audit_item(workspace, entry), NOT_THERE)


class AuditStore:
    """The audit trail of one workspace. It cannot be asked without a workspace, and reaches no other.

    Arguments:
        client: a DynamoDB client.
        table: the table's name.
        workspace: the workspace's id.
    """

    def __init__(self, client: DynamoDBClient, table: str, workspace: str) -> None:
        self._client = client
        self._table = table
        self.workspace = workspace

    def record(self, entry: AuditEntry) -> bool:
        """Append an entry of its own: of what changes nothing in the table, such as an export.

        Returns:
            Whether it is new; ``False`` for one that was recorded already.
        """
        return put_absent(self._client, self._table, [audit_item(self.workspace, entry)])[0]

    def newest_first(self, first: str, last: str) -> Iterator[tuple[str, AuditEntry]]:
        """(Position, entry) of the entries between two positions, the newest first, read page by page.

        Arguments:
            first, last: bounds of the position, inclusive; a time as ``format_time`` writes it stands before the
                entries of that time.
        """
        items = query_items(
            self._client,
            self._table,
            audit_pk(self.workspace),
            first,
            last,
            ScanIndexForward=False,
            PaginationConfig={"PageSize": _PAGE},
        )
        return ((item["sk"], item_audit(item)) for item in items)


def audit_item(workspace: str, entry: AuditEntry) -> Item:
    """An entry of the trail."""
    origin = entry.origin
    return {
        "pk": audit_pk(workspace),
        "sk": audit_sk(format_time(entry.at), entry.entry_id),
        "action": entry.action,
        "subject_kind": entry.subject.kind,
        "subject": entry.subject.id,
        "actor_kind": origin.actor.kind,
        "actor": origin.actor.name,
        "address": origin.address,
        "user_agent": origin.user_agent,
        "request_id": origin.request_id,
        "by": entry.by,
        "before": _text(entry.difference.before),
        "after": _text(entry.difference.after),
        "details": _text(entry.details),
    }


def item_audit(item: Item) -> AuditEntry:
    """The entry that an item keeps."""
    time, _, entry_id = item["sk"].partition("#")
    return AuditEntry(
        entry_id=entry_id,
        at=parse_time(time),
        action=item["action"],
        subject=Subject(item["subject_kind"], item["subject"]),
        origin=Origin(
            Actor(item["actor_kind"], item["actor"]),
            item.get("address"),
            item.get("user_agent"),
            item.get("request_id"),
        ),
        difference=Difference(_document(item.get("before")), _document(item.get("after"))),
        by=item.get("by"),
        details=_document(item.get("details")),
    )


def _text(document: Document | None) -> str | None:
    return None if document is None else to_json(document)


def _document(text: Any) -> Document | None:
    return None if text is None else from_json(text)
