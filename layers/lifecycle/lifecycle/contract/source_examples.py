"""Examples of the contract about outside systems, as the OpenAPI document shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SOURCE_ID = "u5Hh2mQw8xT0bR4nLcK7yVfZ1sJ9eDgA"
PART_ID = "0b1946ac92492d2347c6235b4d261118"
_NOON = "2026-05-04T12:00:00Z"

#: Bodies of requests, by the name of their type: each with a title.
REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "SourceBody": {
        "HubSpot": {
            "kind": "hubspot",
            "label": "HubSpot, main portal",
            "secret": "the client secret of the app",
        },
        "A website that has the Segment SDK": {"kind": "segment", "label": "website"},
    },
    "SourceChangeBody": {"Another name": {"label": "website, all domains", "settings": {}}},
    "RotationBody": {"With two days to change over": {"secret": "the new client secret", "keep_for_hours": 48}},
    "PreviewBody": {
        "A call of the Segment SDK": {
            "kind": "segment",
            "call": "track",
            "payload": {
                "type": "track",
                "event": "Trial Started",
                "messageId": "m-1",
                "userId": "u-7",
                "timestamp": _NOON,
            },
        },
    },
    "ReplayBody": {"As it came": {}, "Mended": {"fixed": {"email": "ann@example.com", "event": "open"}}},
}

_SOURCE: Mapping[str, Any] = {
    "source_id": SOURCE_ID,
    "kind": "segment",
    "label": "website",
    "url": f"https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/api/webhooks/{SOURCE_ID}",
    "settings": {},
    "version": 1,
    "created_at": _NOON,
    "created_by": "key:web site",
    "last_received_at": "2026-05-04T12:31:08Z",
    "last_refused_at": None,
    "quarantined": 1,
}

#: Answers, by the name of their type.
ANSWERS: Mapping[str, Any] = {
    "SourceKindsAnswer": {
        "kinds": [
            {
                "kind": "typeform",
                "title": "Typeform",
                "connecting": "Add a webhook with the address, and give it a secret.",
                "secret": "The secret of the webhook, as it was entered at Typeform.",
                "settings": {"type": "object", "properties": {}, "additionalProperties": False},
            }
        ]
    },
    "SourcesAnswer": {"sources": [_SOURCE]},
    "ConnectedSourceAnswer": _SOURCE,
    "RotationAnswer": {"previous_valid_until": "2026-05-06T12:00:00Z"},
    "QuarantineAnswer": {
        "parts": [
            {
                "part_id": PART_ID,
                "received_at": _NOON,
                "why": "it names nobody: no email, no id of a person or visitor",
                "content_type": "application/json",
                "part": {"type": "page", "messageId": "m-2"},
            }
        ],
        "next_cursor": None,
    },
    "ReplayAnswer": {"accepted": 1, "duplicates": 0},
    "UnresolvedAnswer": {
        "waiting": [{"what": "contact", "name": "crm:hubspot:151", "since": _NOON, "source_id": SOURCE_ID}],
        "next_cursor": None,
    },
    "PreviewAnswer": {
        "said": [
            {
                "becomes": "activity",
                "content": {
                    "id": "segment:m-1",
                    "type": "trial_started",
                    "direction": "inbound",
                    "occurred_at": _NOON,
                    "identities": ["user:u-7"],
                    "automated": False,
                    "properties": {},
                    "traits": {},
                },
            }
        ]
    },
}
