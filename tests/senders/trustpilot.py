"""Trustpilot: reviews, with a token at the end of the address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.senders.sender import Sample, Sender


def event(name: str, number: str = "65e1f0000000000000000001", **more: Any) -> dict[str, Any]:
    """An event about a review by Ada, whom our invitation named by her user id."""
    return {
        "eventName": name,
        "version": "1",
        "eventData": {
            "id": number,
            "language": "en",
            "title": "Does what it says",
            "text": "We run all of our funnel on it.",
            "referenceId": "u-17",
            "stars": 5,
            "createdAt": "2026-02-28T12:00:00.000Z",
            "isVerified": True,
            "link": f"https://api.trustpilot.com/v1/reviews/{number}",
            "consumer": {"id": "65e1f00000000000000000aa", "name": "Ada"},
            "tags": [],
            **more,
        },
    }


EVENTS = {
    "created": event("service-review-created"),
    "updated": event("service-review-updated", stars=2, text="Not any more.", updatedAt="2026-02-28T13:00:00.000Z"),
    "deleted": event("service-review-deleted"),
    "product": event("product-review-created", "65e1f0000000000000000002", stars=4),
    "new_kind": event("service-review-reported", createdAt="2026-02-28T12:00:00Z", updatedAt="2026-02-28T12:00:00Z"),
}

SAMPLES: Mapping[str, Sample] = {
    **{name: Sample(json.dumps({"events": [one]}).encode()) for name, one in EVENTS.items()},
    "several": Sample(json.dumps({"events": list(EVENTS.values())}).encode()),
}

SENDER = Sender(
    "trustpilot",
    "t0ken-of-32-random-characters-or-so",
    SAMPLES,
    lambda _body, _url, _secret, _now: {},
    settings={"reference": "user"},
    secret_in_path=True,
)
