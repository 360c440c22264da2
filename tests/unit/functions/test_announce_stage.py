"""The function that announces stage changes."""

from __future__ import annotations

import pytest

from functions.announce_stage import app
from tests.unit.functions.conftest import FakeContext


class FakeBus:
    """Stands for the bus; nothing is put on it here."""

    put = "put"


@pytest.mark.parametrize("failed", [[], ["2"]])
def test_the_records_that_the_bus_did_not_take_are_named(monkeypatch: pytest.MonkeyPatch, failed: list[str]) -> None:
    calls: list[tuple[object, object]] = []

    def announce(records: object, put: object) -> list[str]:
        calls.append((records, put))
        return failed

    monkeypatch.setattr(app, "announce_stream", announce)
    monkeypatch.setattr(app, "event_bus", FakeBus)

    answer = app.handler({"Records": [1, 2]}, FakeContext())  # type: ignore[arg-type]

    assert answer == {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
    assert calls == [([1, 2], "put")]
