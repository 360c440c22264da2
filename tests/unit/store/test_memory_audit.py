"""The audit trail in memory does what every store of one must do."""

from __future__ import annotations

import pytest

from tests.audit_store_contract import AuditStoreContract
from tests.fakes.memory_audit import MemoryAudit


class TestMemoryAudit(AuditStoreContract):
    """Every test of the contract."""

    @pytest.fixture
    def trail(self) -> MemoryAudit:
        """An empty store."""
        return MemoryAudit()
