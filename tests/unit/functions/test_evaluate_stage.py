"""The function behind the table's stream."""

from __future__ import annotations

from typing import Any

import pytest

from functions.evaluate_stage import app
from tests.unit.functions.conftest import FakeContext


def records(*numbers: str) -> dict[str, Any]:
    return {"Records": [{"eventName": "INSERT", "dynamodb": {"SequenceNumber": number}} for number in numbers]}


@pytest.mark.parametrize("failed", [[], ["2"], ["1", "2", "3"]])
def test_the_records_that_failed_are_named(monkeypatch: pytest.MonkeyPatch, failed: list[str]) -> None:
    calls: list[tuple[str, list[dict[str, Any]]]] = []

    def evaluate(table: str, given: list[dict[str, Any]]) -> list[str]:
        calls.append((table, given))
        return failed

    monkeypatch.setenv("TABLE_NAME", "table")
    monkeypatch.setattr(app, "evaluate_stream", evaluate)
    event = records("1", "2", "3")

    answer = app.handler(event, FakeContext())  # type: ignore[arg-type]

    assert answer == {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
    assert calls == [("table", event["Records"])]
