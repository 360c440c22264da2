"""An audit trail in memory, kept as the real store keeps it. For tests of the use cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lifecycle.store.audit import audit_item, item_audit
from lifecycle.store.audit_records import AuditEntry
from lifecycle.store.items import from_attributes, to_attributes


class MemoryAudit:
    """The entries of one workspace, by their sort keys. ``reads`` counts those that were read."""

    def __init__(self, workspace: str = "acme") -> None:
        self.workspace = workspace
        self.items: dict[str, dict[str, Any]] = {}
        self.reads = 0

    def record(self, entry: AuditEntry) -> bool:
        item = audit_item(self.workspace, entry)
        if item["sk"] in self.items:
            return False
        self.items[item["sk"]] = to_attributes(item)
        return True

    def newest_first(self, first: str, last: str) -> Iterator[tuple[str, AuditEntry]]:
        for position in sorted(self.items, reverse=True):
            if first <= position <= last:
                self.reads += 1
                yield position, item_audit(from_attributes(self.items[position]))
