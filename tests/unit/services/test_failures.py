"""A log line says what failed and where, and nothing of the data that it failed on."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from lifecycle.services.failures import failure
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.stream import evaluate_stream
from lifecycle.store.items import event_item, to_attributes
from tests.builders import ANN_ID, WORKSPACE, visit

SECRET = "ann@example.com"


def broken(_: object) -> None:
    raise ValueError(f"cannot deal with {SECRET}")


def test_a_failure_tells_its_kind_and_its_place_and_not_its_message() -> None:
    with pytest.raises(ValueError, match=SECRET) as raised:
        broken(None)

    told = failure(raised.value)

    assert told["error"] == "ValueError"
    assert "in broken" in told["stack"][-1]
    assert SECRET not in str(told)


def test_the_stream_logs_no_message_of_a_failure(
    lifecycle: Lifecycle, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lifecycle, "settle_stream", broken)
    item = to_attributes(event_item(WORKSPACE, ANN_ID, visit("v", 1), ANN_ID))
    records: list[dict[str, Any]] = [{"dynamodb": {"SequenceNumber": "7", "NewImage": item}}]

    with caplog.at_level(logging.DEBUG):
        assert evaluate_stream("table", records, lambda _: lifecycle) == ["7"]

    assert "evaluation of stream records failed" in caplog.text
    assert [record for record in caplog.records if SECRET in str(record.__dict__)] == []
