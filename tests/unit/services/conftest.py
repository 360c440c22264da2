"""The use cases on a store in memory."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from lifecycle.services import settle
from lifecycle.services.lifecycle import Lifecycle
from tests.builders import DEFAULT, WORKSPACE
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_store import MemoryStore


@pytest.fixture(scope="package", autouse=True)
def _no_pauses() -> Iterator[None]:
    """Retries follow at once: nobody else is there to wait for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settle, "time", SimpleNamespace(sleep=lambda _: None))
        yield


@pytest.fixture
def store() -> MemoryStore:
    """An empty store."""
    return MemoryStore(WORKSPACE)


@pytest.fixture
def lifecycle(store: MemoryStore) -> Lifecycle:
    """The use cases on the store."""
    return Lifecycle(store, FixedCalendar(DEFAULT))
