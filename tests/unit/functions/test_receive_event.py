"""What a rule of an event bus hands over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from functions.receive_event import app
from lifecycle.contract.source_desk import Connected
from lifecycle.contract.source_examples import SOURCE_ID
from lifecycle.services.errors import SourceNotFoundError
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.salesforce import SOURCE
from lifecycle.sources.source import RefusedDeliveryError, Reply
from lifecycle.store.source_records import SourceRecord
from tests.unit.functions.conftest import FakeContext
from tests.unit.functions.fake_lifecycle import NOON

SAMPLE = json.loads((Path(__file__).parents[3] / "events" / "receive_event.salesforce.json").read_text())
ORGANISATION = SAMPLE["event"]["source"].split("/")[2]


class FakeReceiver:
    """Verifies as Salesforce's kind does, and notes what comes in."""

    def __init__(self, organisation: str) -> None:
        self._settings = {"organisation": organisation}
        self.said: list[Any] = []

    def receive(self, delivery: Delivery, secrets: tuple[str, ...]) -> Reply:
        SOURCE.verify(delivery, secrets, self._settings)
        self.said += SOURCE.translate(delivery, self._settings)
        return Reply(200)


def connect(monkeypatch: pytest.MonkeyPatch, organisation: str = ORGANISATION) -> FakeReceiver:
    receiver = FakeReceiver(organisation)

    def connected(source_id: str, _now: Any) -> Connected:
        if source_id != SOURCE_ID:
            raise SourceNotFoundError
        record = SourceRecord(SOURCE_ID, "salesforce", "CRM", {}, NOON, "key:laptop")
        return Connected("local", record, receiver, ())  # type: ignore[arg-type]

    monkeypatch.setattr(app, "connected", connected)
    return receiver


def test_an_event_of_the_bus_is_received_for_the_source_that_the_rule_names(
    monkeypatch: pytest.MonkeyPatch, context: FakeContext
) -> None:
    receiver = connect(monkeypatch)

    app.handler(SAMPLE, context)  # type: ignore[arg-type]

    assert [one.deal_id for one in receiver.said] == ["salesforce:0065f00000P1AAAAA3"]


def test_an_event_of_another_organisation_is_not_received_and_not_lost(
    monkeypatch: pytest.MonkeyPatch, context: FakeContext
) -> None:
    receiver = connect(monkeypatch, "00D000000000001AAA")

    with pytest.raises(RefusedDeliveryError):
        app.handler(SAMPLE, context)  # type: ignore[arg-type]
    assert receiver.said == []


def test_an_event_for_a_source_that_is_none_is_not_lost(monkeypatch: pytest.MonkeyPatch, context: FakeContext) -> None:
    connect(monkeypatch)

    with pytest.raises(SourceNotFoundError):
        app.handler({**SAMPLE, "source_id": "x" * 32}, context)  # type: ignore[arg-type]
