"""A workspace's funnel in memory, kept as the real store keeps it, with the same conditions. For tests of use cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from lifecycle.store.audit_records import AuditEntry
from lifecycle.store.due import DueTimer
from lifecycle.store.funnel_items import draft_item, head_item, item_draft, item_head, item_version, version_item
from lifecycle.store.funnel_records import DraftRecord, FunnelHead, Term, VersionRecord
from lifecycle.store.items import from_attributes, to_attributes
from lifecycle.store.schema import BY_DUE, CURRENT, DRAFT_PREFIX, VERSION_PREFIX, draft_sk, version_sk
from tests.fakes.memory_store import due_among


class MemoryFunnels:
    """The funnel's items by sort key. ``before_write`` is called before each write, for tests that interleave them.
    ``audit`` is the trail of what was done."""

    def __init__(self, workspace: str = "acme") -> None:
        self.workspace = workspace
        self.items: dict[str, dict[str, Any]] = {}
        self.before_write: list[Callable[[], Any]] = []
        self.audit: list[AuditEntry] = []
        self.reads = 0

    def head(self) -> FunnelHead:
        item = self._get(CURRENT)
        return item_head(item) if item else FunnelHead()

    def versions(self) -> list[VersionRecord]:
        return [item_version(item) for item in self._with_prefix(VERSION_PREFIX)]

    def version(self, version: int) -> VersionRecord | None:
        item = self._get(version_sk(version))
        return item_version(item) if item else None

    def publish(
        self, head: FunnelHead, record: VersionRecord, draft: DraftRecord | None, audit: AuditEntry | None = None
    ) -> bool:
        self._about_to_write()
        stored = self.version(record.version)
        if stored is not None:
            return stored == record
        if not self._stands(head) or (draft is not None and not self._is_open(draft)):
            return False
        self._put(version_item(self.workspace, record))
        term = Term(record.version, record.effective_at)
        self._put_head(replace(head, terms=(*head.terms, term), last_version=record.version))
        if draft is not None:
            kept = item_draft(from_attributes(self.items[draft_sk(draft.draft_id)]))
            published = replace(kept, revision=kept.revision + 1, published_as=record.version)
            self._put(draft_item(self.workspace, published))
        self._tell(audit)
        return True

    def cancel(self, head: FunnelHead, record: VersionRecord, at: datetime, audit: AuditEntry | None = None) -> bool:
        self._about_to_write()
        stored = self.version(record.version)
        if stored is None or stored.cancelled_at is not None:
            return stored is not None and stored.cancelled_at == at
        if not self._stands(head):
            return False
        self._put(version_item(self.workspace, replace(stored, cancelled_at=at)))
        self._put_head(replace(head, terms=tuple(term for term in head.terms if term.version != record.version)))
        self._tell(audit)
        return True

    def require_signatures(self, head: FunnelHead, required: bool, audit: AuditEntry | None = None) -> bool:
        self._about_to_write()
        if not self._stands(head):
            return False
        self._put_head(replace(head, signatures_required=required))
        self._tell(audit)
        return True

    def clear_due(self, version: int) -> bool:
        self._about_to_write()
        item = self.items.get(version_sk(version), {})
        return [item.pop(name, None) for name in (BY_DUE.partition_key, BY_DUE.sort_key)] != [None, None]

    def due_until(self, moment: datetime, limit: int) -> list[DueTimer]:
        """The versions that are due at a moment or have been before, as ``store.due.due_until`` lists them."""
        return due_among(self.items.values(), moment, limit)

    def put_draft(self, draft: DraftRecord, audit: AuditEntry | None = None) -> bool:
        self._about_to_write()
        stored = self.draft(draft.draft_id)
        becomes = replace(draft, revision=draft.revision + 1)
        if not (self._is_open(draft) if draft.revision else stored is None):
            return stored == becomes
        self._put(draft_item(self.workspace, becomes))
        self._tell(audit)
        return True

    def draft(self, draft_id: str) -> DraftRecord | None:
        item = self._get(draft_sk(draft_id))
        return item_draft(item) if item else None

    def drafts(self) -> list[DraftRecord]:
        found = [item_draft(item) for item in self._with_prefix(DRAFT_PREFIX)]
        return sorted(found, key=lambda draft: (draft.created_at, draft.draft_id), reverse=True)

    def delete_draft(self, draft: DraftRecord, audit: AuditEntry | None = None) -> bool:
        self._about_to_write()
        stored = self.draft(draft.draft_id)
        if stored is None or stored.revision != draft.revision:
            return False
        del self.items[draft_sk(draft.draft_id)]
        self._tell(audit)
        return True

    def _tell(self, audit: AuditEntry | None) -> None:
        """In the same transaction as what it tells of, so only where that was done."""
        if audit is not None:
            self.audit.append(audit)

    def _stands(self, head: FunnelHead) -> bool:
        return self.head().revision == head.revision

    def _is_open(self, draft: DraftRecord) -> bool:
        """Whether a draft is as it was read, and not published."""
        stored = self.draft(draft.draft_id)
        return stored is not None and stored.revision == draft.revision and stored.published_as is None

    def _put_head(self, becomes: FunnelHead) -> None:
        self._put(head_item(self.workspace, replace(becomes, revision=becomes.revision + 1)))

    def _about_to_write(self) -> None:
        if self.before_write:
            self.before_write.pop()()

    def _put(self, item: dict[str, Any]) -> None:
        self.items[item["sk"]] = to_attributes(item)

    def _get(self, sk: str) -> dict[str, Any] | None:
        self.reads += 1
        item = self.items.get(sk)
        return from_attributes(item) if item else None

    def _with_prefix(self, prefix: str) -> list[dict[str, Any]]:
        return [from_attributes(item) for sk, item in sorted(self.items.items()) if sk.startswith(prefix)]
