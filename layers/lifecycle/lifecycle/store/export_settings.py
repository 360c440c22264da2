"""What a workspace has said about its exports to the lake: whether there is one each night, and when the next is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from lifecycle.store.audit import audit_put
from lifecycle.store.audit_records import AuditEntry
from lifecycle.store.items import Item, due_attributes, parse_time
from lifecycle.store.reads import get_item
from lifecycle.store.schema import BY_DUE, EXPORT_SETTINGS, checked_workspace, export_settings_pk
from lifecycle.store.transactions import put, transact, transact_in_time

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: It is due when it was when it was read: of two that see to it, or one that does and one that switches it off, the
#: later one does nothing.
_STILL_DUE = f"{BY_DUE.sort_key} = :read"


class ExportSettings:
    """The settings of one workspace.

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

    def next_at(self) -> datetime | None:
        """When the next nightly export is due; ``None`` if there is none."""
        item = get_item(self._client, self._table, export_settings_pk(self.workspace), EXPORT_SETTINGS)
        if item is None or BY_DUE.sort_key not in item:
            return None
        return parse_time(item[BY_DUE.sort_key].partition("#")[0])

    def set_next(self, at: datetime | None, audit: AuditEntry) -> None:
        """Switch nightly exports on, the next one at a time, or off (``None``); the audit trail tells of it."""
        writes = [put(self._table, self._item(at)), audit_put(self._table, self.workspace, audit)]
        transact_in_time(self._client, writes)

    def postpone(self, due: datetime, at: datetime) -> bool:
        """Have the next export at another time than it was due; whether it was due then, and so is now then."""
        read = self._item(due)[BY_DUE.sort_key]
        return transact(self._client, [put(self._table, self._item(at), _STILL_DUE, read=read)])

    def _item(self, at: datetime | None) -> Item:
        item: Item = {"pk": export_settings_pk(self.workspace), "sk": EXPORT_SETTINGS}
        return item if at is None else item | due_attributes(at, self.workspace, "X", self.workspace)
