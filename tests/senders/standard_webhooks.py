"""A system that signs as Standard Webhooks says, by the library of that project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.senders.sender import Sample, Sender

SECRET = "whsec_dGhpcyBpcyBhIHNlY3JldCBvZiAzMiBieXRlcyAuLi4="
ACTIVITY = {
    "type": "form_submission",
    "identities": {"email": "Ann@Example.com", "crm": {"hubspot": "51"}},
    "properties": {"form": "demo"},
    "traits": {"company": "Initech"},
}
DEAL = {
    "deal_id": "hubspot:900",
    "status": "open",
    "name": "Initech, 20 seats",
    "amount": "1200.50",
    "currency": "EUR",
    "contacts": [{"email": "ann@example.com", "role": "decision_maker"}],
}


def envelope(type_: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """A body as the standard recommends it."""
    return {"type": type_, "timestamp": "2026-02-28T09:00:00.5Z", "data": dict(data)}


SAMPLES = {
    "activity": envelope("prospect.activity", ACTIVITY),
    "deal": envelope("prospect.deal", DEAL),
    "deleted_deal": envelope("prospect.deal_deleted", {"deal_id": "hubspot:900"}),
    "unknown": envelope("contact.created", {"email": "ann@example.com", "plan": "free"}),
}


def sign(body: bytes, _url: str, secret: str, now: datetime) -> dict[str, str]:
    """By the project's own library. The id is the message's, however often it is sent."""
    id_ = f"msg_{sum(body) % 9973}"
    time = now.replace(microsecond=0)
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(time.timestamp())),
        "webhook-signature": Webhook(secret).sign(id_, time, body.decode("utf-8", "replace")),
    }


SENDER = Sender(
    kind="standard_webhooks",
    secret=SECRET,
    samples={name: Sample(json.dumps(sample).encode()) for name, sample in SAMPLES.items()},
    sign=sign,
)
