"""The store in memory, that tests of the use cases stand on, keeps the contract of every store."""

from __future__ import annotations

import pytest

from lifecycle.store.protocol import Store
from tests.builders import WORKSPACE
from tests.fakes.memory_store import MemoryStore
from tests.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    """Every test of the contract."""

    @pytest.fixture
    def store(self) -> Store:
        """An empty store."""
        return MemoryStore(WORKSPACE)
