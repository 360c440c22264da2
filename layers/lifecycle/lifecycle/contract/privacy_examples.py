"""Examples of the contract about privacy, as the OpenAPI document shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lifecycle.contract.examples import ANSWERS as PROSPECTS
from lifecycle.contract.examples import PROSPECT_ID

#: Answers, by the name of their type.
ANSWERS: Mapping[str, Any] = {
    "ExportAnswer": {
        "prospect_id": PROSPECT_ID,
        "prospect": PROSPECTS["ProspectAnswer"],
        "partitions": [PROSPECT_ID],
        "entries": [
            {
                "kind": "event",
                "partition": PROSPECT_ID,
                "identities": [{"kind": "email", "value": "ann@example.com"}],
                "event": {
                    "kind": "activity",
                    "event_id": "form-2041",
                    "occurred_at": "2026-05-04T09:30:00Z",
                    "recorded_at": "2026-05-04T09:30:01.250000Z",
                    "type": "form_submission",
                    "direction": "inbound",
                    "automated": False,
                    "identities": {"email": "ann@example.com"},
                    "properties": {"form": "demo"},
                    "traits": {"first_name": "Ann"},
                    "source": "web",
                    "condensed": False,
                },
            },
            {
                "kind": "deal_mention",
                "deal_id": "D-77",
                "event_id": "0c1f3c5c8f7e4b0a9d2e6a1b3c4d5e6f",
                "occurred_at": "2026-05-05T10:00:00Z",
                "recorded_at": "2026-05-05T10:00:00.410000Z",
                "deal_name": "40 seats",
                "role": "decision_maker",
                "identities": [{"kind": "email", "value": "ann@example.com"}],
            },
        ],
        "next_cursor": None,
    },
    "ErasureAnswer": {
        "prospect_id": PROSPECT_ID,
        "erased_at": "2026-06-01T12:00:00Z",
        "removed": {"events": 7, "identities": 3, "deal_entries": 1, "transitions_kept": 3},
        "complete": True,
    },
}
