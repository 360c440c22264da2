"""Long work in memory, that tests of the use cases stand on, keeps the contract of every store of jobs."""

from __future__ import annotations

import pytest

from tests.builders import WORKSPACE
from tests.fakes.memory_jobs import MemoryJobs
from tests.fakes.memory_store import MemoryStore
from tests.job_store_contract import JobStoreContract


class TestMemoryJobs(JobStoreContract):
    """Every test of the contract."""

    @pytest.fixture
    def store(self) -> MemoryStore:
        """The prospects."""
        return MemoryStore(WORKSPACE)

    @pytest.fixture
    def jobs(self, store: MemoryStore) -> MemoryJobs:
        """An empty store."""
        return MemoryJobs(store)
