"""The funnel in memory, that tests of the use cases stand on, keeps the contract of every store of a funnel."""

from __future__ import annotations

import pytest

from tests.builders import WORKSPACE
from tests.fakes.memory_funnels import MemoryFunnels
from tests.funnel_store_contract import FunnelStoreContract
from tests.store_contract import Due


class TestMemoryFunnels(FunnelStoreContract):
    """Every test of the contract."""

    @pytest.fixture
    def funnels(self) -> MemoryFunnels:
        """An empty store."""
        return MemoryFunnels(WORKSPACE)

    @pytest.fixture
    def due(self, funnels: MemoryFunnels) -> Due:
        """What is due in it."""
        return funnels.due_until
