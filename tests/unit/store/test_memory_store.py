"""The store in memory, that tests of the use cases stand on, keeps the contract of every store."""

from __future__ import annotations

import pytest

from tests.builders import WORKSPACE
from tests.fakes.memory_store import MemoryStore
from tests.store_contract import Due, StoreContract
from tests.traces_contract import TracesContract


class TestMemoryStore(StoreContract, TracesContract):
    """Every test of the contract."""

    @pytest.fixture
    def store(self) -> MemoryStore:
        """An empty store."""
        return MemoryStore(WORKSPACE)

    @pytest.fixture
    def due(self, store: MemoryStore) -> Due:
        """What is due in it."""
        return store.due_until
