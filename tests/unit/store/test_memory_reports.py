"""Reports in memory, that tests of the use cases stand on, keep the contract of every store of reports."""

from __future__ import annotations

import pytest

from tests.builders import WORKSPACE
from tests.fakes.memory_reports import MemoryReports
from tests.fakes.memory_store import MemoryStore
from tests.report_store_contract import Due, Mark, ReportStoreContract


class TestMemoryReports(ReportStoreContract):
    """Every test of the contract."""

    @pytest.fixture
    def store(self) -> MemoryStore:
        """The prospects."""
        return MemoryStore(WORKSPACE)

    @pytest.fixture
    def reports(self, store: MemoryStore) -> MemoryReports:
        """An empty store."""
        return MemoryReports(store)

    @pytest.fixture
    def mark(self, reports: MemoryReports) -> Mark:
        """Marks a day."""
        return reports.mark

    @pytest.fixture
    def due(self, reports: MemoryReports) -> Due:
        """What is due in it."""
        return reports.due
