"""The store of one workspace's funnel in DynamoDB: what is in force is changed by one writer at a time, or not at all.

What somebody answers for is written with its entry of the audit trail, in one transaction (``audit``).

Every write replaces the revision that its caller read, an integer. Where a write is refused although it had been made,
because the answer to it was lost and it came again, what is stored tells: it then is exactly what was to be written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lifecycle.store.audit import audit_put
from lifecycle.store.audit_records import AuditEntry
from lifecycle.store.funnel_items import draft_item, head_item, item_draft, item_head, item_version, version_item
from lifecycle.store.funnel_records import DraftRecord, FunnelHead, Term, VersionRecord
from lifecycle.store.items import Item, format_time, to_attributes
from lifecycle.store.reads import get_item, query_items
from lifecycle.store.schema import (
    BY_DUE,
    CURRENT,
    DRAFT_PREFIX,
    VERSION_PREFIX,
    checked_workspace,
    draft_sk,
    funnel_pk,
    version_sk,
)
from lifecycle.store.transactions import NOT_THERE, put, transact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

#: The item is as it was read: integers, never clocks.
SAME_REVISION = "revision = :read"
#: What became a version is not changed any more.
NOT_PUBLISHED = "attribute_not_exists(published_as)"
#: A version is called off once.
NOT_CANCELLED = "attribute_exists(pk) AND attribute_not_exists(cancelled_at)"
#: Its timer still runs.
IS_DUE = f"attribute_exists({BY_DUE.sort_key})"


class FunnelStore:
    """The funnel of one workspace. It cannot be asked without a workspace, and reaches no other.

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

    # ---- what is in force -------------------------------------------------------------------------------------------

    def head(self) -> FunnelHead:
        """Which version is in force when, strongly consistent: one small item, whatever the size of the definitions."""
        item = self._get(CURRENT)
        return item_head(item) if item else FunnelHead()

    def versions(self) -> list[VersionRecord]:
        """All versions that were ever published, cancelled ones too, in the order of their numbers."""
        return [item_version(item) for item in self._query(VERSION_PREFIX)]

    def version(self, version: int) -> VersionRecord | None:
        """One version; ``None`` for the first, which is not stored, and for one that was never published."""
        item = self._get(version_sk(version))
        return item_version(item) if item else None

    def publish(
        self, head: FunnelHead, record: VersionRecord, draft: DraftRecord | None, audit: AuditEntry | None = None
    ) -> bool:
        """Put a version into force from its ``effective_at`` on, and list it as due then.

        Arguments:
            head: as it was read; the version becomes its last term.
            record: the version, its number the one after ``head.last_version``.
            draft: what it was made of, as it was read, or ``None`` for a rollback; it is marked as published.
            audit: the entry that tells of it.

        Returns:
            Whether this version is published, by this call or by an earlier one with the same record. ``False`` if
            another writer changed the head or the draft since it was read, or took the number.
        """
        becomes = replace(
            head,
            terms=(*head.terms, Term(record.version, record.effective_at)),
            last_version=record.version,
        )
        writes = [put(self._table, version_item(self.workspace, record), NOT_THERE), self._head_put(becomes)]
        if draft is not None:
            writes.append(self._mark_published(draft, record.version))
        return self._transact(writes, audit) or self.version(record.version) == record

    def cancel(self, head: FunnelHead, record: VersionRecord, at: datetime, audit: AuditEntry | None = None) -> bool:
        """Call off a version before it comes into force, which is for the caller to see to.

        Arguments:
            head: as it was read; the version's term is taken out of it.
            record: the version.
            at: when it is called off.
            audit: the entry that tells of it.

        Returns:
            Whether it is cancelled, by this call or by an earlier one at the same time ``at``. ``False`` if another
            writer changed the head since it was read, or cancelled the version.
        """
        becomes = replace(head, terms=tuple(term for term in head.terms if term.version != record.version))
        mark: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": self._key(version_sk(record.version)),
                "UpdateExpression": f"SET cancelled_at = :at REMOVE {BY_DUE.partition_key}, {BY_DUE.sort_key}",
                "ConditionExpression": NOT_CANCELLED,
                "ExpressionAttributeValues": to_attributes({":at": format_time(at)}),
            }
        }
        if self._transact([mark, self._head_put(becomes)], audit):
            return True
        stored = self.version(record.version)
        return stored is not None and stored.cancelled_at == at

    def require_signatures(self, head: FunnelHead, required: bool, audit: AuditEntry | None = None) -> bool:
        """Set whether publishing takes both owners' signatures.

        Arguments:
            head: as it was read.
            required: whether it does.
            audit: the entry that tells of it.

        Returns:
            Whether it was set; ``False`` if another writer changed the head since it was read.
        """
        return self._transact([self._head_put(replace(head, signatures_required=required))], audit)

    def clear_due(self, version: int) -> bool:
        """Note that what a version sets off has been started, so that it is listed as due no longer.

        Returns:
            Whether it was listed; ``False`` if that was cleared already, or there is no such version.
        """
        try:
            self._client.update_item(
                TableName=self._table,
                Key=self._key(version_sk(version)),
                UpdateExpression=f"REMOVE {BY_DUE.partition_key}, {BY_DUE.sort_key}",
                ConditionExpression=IS_DUE,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    # ---- drafts -----------------------------------------------------------------------------------------------------

    def put_draft(self, draft: DraftRecord, audit: AuditEntry | None = None) -> bool:
        """Write a draft as its next revision.

        Arguments:
            draft: as it becomes, its ``revision`` the one that was read (0: it is not there yet).
            audit: the entry that tells of it, where its signatures change.

        Returns:
            Whether it is stored, by this call or by an earlier one with the same draft. ``False`` if another writer
            changed, published or deleted it since it was read.
        """
        becomes = replace(draft, revision=draft.revision + 1)
        item = draft_item(self.workspace, becomes)
        if draft.revision == 0:
            write = put(self._table, item, NOT_THERE)
        else:
            write = put(self._table, item, f"{SAME_REVISION} AND {NOT_PUBLISHED}", read=draft.revision)
        return self._transact([write], audit) or self.draft(draft.draft_id) == becomes

    def draft(self, draft_id: str) -> DraftRecord | None:
        """One draft, strongly consistent; ``None`` if there is none of that id."""
        item = self._get(draft_sk(draft_id))
        return item_draft(item) if item else None

    def drafts(self) -> list[DraftRecord]:
        """All drafts, those that were made last first."""
        found = [item_draft(item) for item in self._query(DRAFT_PREFIX)]
        return sorted(found, key=lambda draft: (draft.created_at, draft.draft_id), reverse=True)

    def delete_draft(self, draft: DraftRecord, audit: AuditEntry | None = None) -> bool:
        """Delete a draft.

        Arguments:
            draft: as it was read.
            audit: the entry that tells of it.

        Returns:
            Whether this call deleted it; ``False`` if another writer changed, published or deleted it since it was
            read.
        """
        write: TransactWriteItemTypeDef = {
            "Delete": {
                "TableName": self._table,
                "Key": self._key(draft_sk(draft.draft_id)),
                "ConditionExpression": SAME_REVISION,
                "ExpressionAttributeValues": to_attributes({":read": draft.revision}),
            }
        }
        return self._transact([write], audit)

    # ---- reads and writes of the table ------------------------------------------------------------------------------

    def _transact(self, writes: Sequence[TransactWriteItemTypeDef], audit: AuditEntry | None) -> bool:
        """Make all writes or none, and the entry that tells of them with them."""
        told = [] if audit is None else [audit_put(self._table, self.workspace, audit)]
        return transact(self._client, [*writes, *told])

    def _head_put(self, becomes: FunnelHead) -> TransactWriteItemTypeDef:
        """A put of the next revision of the head, on the condition that the revision that was read still stands."""
        item = head_item(self.workspace, replace(becomes, revision=becomes.revision + 1))
        if becomes.revision == 0:
            return put(self._table, item, NOT_THERE)
        return put(self._table, item, SAME_REVISION, read=becomes.revision)

    def _mark_published(self, draft: DraftRecord, version: int) -> TransactWriteItemTypeDef:
        return {
            "Update": {
                "TableName": self._table,
                "Key": self._key(draft_sk(draft.draft_id)),
                "UpdateExpression": "SET published_as = :version, revision = :next",
                "ConditionExpression": f"{SAME_REVISION} AND {NOT_PUBLISHED}",
                "ExpressionAttributeValues": to_attributes(
                    {":version": version, ":read": draft.revision, ":next": draft.revision + 1}
                ),
            }
        }

    def _key(self, sk: str) -> dict[str, Any]:
        return to_attributes({"pk": funnel_pk(self.workspace), "sk": sk})

    def _get(self, sk: str) -> Item | None:
        return get_item(self._client, self._table, funnel_pk(self.workspace), sk)

    def _query(self, prefix: str) -> Iterator[Item]:
        return query_items(self._client, self._table, funnel_pk(self.workspace), prefix, prefix + "\U0010ffff")
