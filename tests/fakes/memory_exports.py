"""What a workspace has said about its exports, in memory, and exports with nothing but memory behind them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lifecycle.services.exports import Exports
from lifecycle.store.audit_records import AuditEntry
from tests.fakes.memory_jobs import MemoryJobs


class MemoryExportSettings:
    """The settings of one workspace; ``audit`` is what was told of their changes."""

    def __init__(self) -> None:
        self.due: datetime | None = None
        self.audit: list[AuditEntry] = []

    def next_at(self) -> datetime | None:
        return self.due

    def set_next(self, at: datetime | None, audit: AuditEntry) -> None:
        self.due = at
        self.audit.append(audit)

    def postpone(self, due: datetime, at: datetime) -> bool:
        if self.due != due:
            return False
        self.due = at
        return True


class MemoryExports:
    """The use cases of exports, and what they are told and ask for."""

    def __init__(self, records: MemoryJobs | None = None, hour: int | None = 2) -> None:
        self.records = records or MemoryJobs()
        self.settings = MemoryExportSettings()
        self.sent: list[Mapping[str, Any]] = []
        self.exports = Exports(self.records, self.settings, self._send, hour)

    def _send(self, message: Mapping[str, Any], delay: int = 0) -> None:
        self.sent.append(message)
