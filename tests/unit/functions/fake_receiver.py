"""A stand-in for what receives the deliveries of a source."""

from __future__ import annotations

from datetime import datetime

from lifecycle.contract.source_desk import Connected
from lifecycle.contract.source_examples import SOURCE_ID
from lifecycle.services.errors import SourceNotFoundError
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.source import RefusedDeliveryError, Reply
from lifecycle.store.source_records import SourceRecord
from tests.unit.functions.fake_lifecycle import NOON


class FakeReceiver:
    """Notes what comes in. ``refuses_with`` is raised instead of an answer; ``record`` is the only source."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.refuses_with: RefusedDeliveryError | None = None
        self.record = SourceRecord(SOURCE_ID, "segment", "website", {}, NOON, "key:laptop")

    def receive(self, delivery: Delivery, secrets: tuple[str, ...]) -> Reply:
        assert secrets == ("sesame",)
        if self.refuses_with is not None:
            raise self.refuses_with
        self.deliveries.append(delivery)
        return Reply(202, "<Ack/>", "text/xml", {"X-Kept": "1"})

    def connected(self, source_id: str, _now: datetime) -> Connected:
        """What ``source_desk.connected`` finds."""
        if source_id != self.record.source_id:
            raise SourceNotFoundError
        return Connected("local", self.record, self, ("sesame",))  # type: ignore[arg-type]  # as far as handlers ask
