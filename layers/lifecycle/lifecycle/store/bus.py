"""The event bus on which stage changes go out. The only place that knows EventBridge."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "prospect-lifecycle"
#: Entries of one request (AWS, "Amazon EventBridge quotas").
PUT_EVENTS_LIMIT = 10


class BusEvent(NamedTuple):
    """One event for the bus: its type and its content, plain JSON values."""

    detail_type: str
    detail: Mapping[str, Any]


class EventBus:
    """Puts events on a bus.

    Arguments:
        client: of EventBridge.
        name: of the bus.
    """

    def __init__(self, client: EventBridgeClient, name: str) -> None:
        self._client = client
        self._name = name

    def put(self, events: Sequence[BusEvent]) -> list[bool]:
        """Put some events; for each whether the bus has taken it."""
        taken: list[bool] = []
        for start in range(0, len(events), PUT_EVENTS_LIMIT):
            answer = self._client.put_events(
                Entries=[
                    {
                        "EventBusName": self._name,
                        "Source": SOURCE,
                        "DetailType": event.detail_type,
                        "Detail": json.dumps(event.detail, separators=(",", ":")),
                    }
                    for event in events[start : start + PUT_EVENTS_LIMIT]
                ]
            )
            taken += ["ErrorCode" not in entry for entry in answer["Entries"]]
        return taken


@lru_cache(maxsize=1)
def event_bus() -> EventBus:
    """The bus of this deployment, which the environment variable ``EVENT_BUS_NAME`` names."""
    config = Config(retries={"mode": "standard", "max_attempts": 3}, connect_timeout=2, read_timeout=5)
    return EventBus(boto3.client("events", config=config), os.environ["EVENT_BUS_NAME"])
