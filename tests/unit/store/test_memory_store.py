"""The store in memory, that tests of the use cases stand on, keeps the contract of every store."""

from __future__ import annotations

import pytest

from tests.builders import WORKSPACE
from tests.fakes.memory_store import MemoryStore
from tests.store_contract import DayRows, Due, Marked, StoreContract
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

    @pytest.fixture
    def day_rows(self, store: MemoryStore) -> DayRows:
        """What its index lists of a day."""
        return store.day_rows

    @pytest.fixture
    def marked(self, store: MemoryStore) -> Marked:
        """Its marked days."""
        return lambda: store.marked
