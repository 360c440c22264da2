"""The function behind the queue of records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from functions.enrich_record import app
from lifecycle.services.outside import OutsideError
from tests.unit.functions.conftest import FakeContext

SAMPLE = json.loads((Path(__file__).parents[3] / "events" / "enrich_record.contact.json").read_text())


class FakeHook:
    """What enriching does, or fails with."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked: list[Mapping[str, str]] = []

    def enrich(self, question: Mapping[str, str], _now: datetime) -> bool:
        if self.error is not None:
            raise self.error
        self.asked.append(question)
        return True


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> FakeHook:
    hook = FakeHook()
    monkeypatch.setattr(app, "enrich", hook.enrich)
    return hook


def test_every_record_that_a_message_names_is_asked_for(hook: FakeHook, context: FakeContext) -> None:
    answer: Any = app.handler(SAMPLE, context)  # type: ignore[arg-type]

    assert answer == {"batchItemFailures": []}
    assert [question["name"] for question in hook.asked] == ["crm:hubspot:151"]


def test_a_message_whose_hook_fails_is_delivered_again_and_the_log_names_nobody(
    hook: FakeHook, context: FakeContext, caplog: pytest.LogCaptureFixture
) -> None:
    hook.error = OutsideError("it answered 500")

    answer = app.handler(SAMPLE, context)  # type: ignore[arg-type]

    assert answer == {"batchItemFailures": [{"itemIdentifier": SAMPLE["Records"][0]["messageId"]}]}
    (line,) = caplog.records
    assert (line.message, vars(line)["error"]) == ("hook failed", "OutsideError")
    assert "151" not in json.dumps({name: value for name, value in vars(line).items() if isinstance(value, str)})
