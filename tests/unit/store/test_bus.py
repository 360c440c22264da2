"""The event bus: ten entries a request, and an answer for each."""

from __future__ import annotations

import json
from typing import Any

from lifecycle.store.bus import BusEvent, EventBus


class FakeClient:
    """EventBridge, as far as the bus asks; it refuses the events whose number it is given."""

    def __init__(self, *refused: int) -> None:
        self.requests: list[list[dict[str, Any]]] = []
        self._refused = refused

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - EventBridge's own name
        self.requests.append(Entries)
        numbers = [json.loads(entry["Detail"])["n"] for entry in Entries]
        return {
            "Entries": [
                {"ErrorCode": "ThrottlingException"} if n in self._refused else {"EventId": "e"} for n in numbers
            ]
        }


def test_events_go_out_in_tens_and_each_has_its_answer() -> None:
    client = FakeClient(3, 11)

    taken = EventBus(client, "the-bus").put([BusEvent("a.type", {"n": n}) for n in range(12)])  # type: ignore[arg-type]

    assert [len(request) for request in client.requests] == [10, 2]
    assert [n for n, went in enumerate(taken) if not went] == [3, 11]
    assert client.requests[0][0] == {
        "EventBusName": "the-bus", "Source": "prospect-lifecycle", "DetailType": "a.type", "Detail": '{"n":0}',
    }  # fmt: skip
