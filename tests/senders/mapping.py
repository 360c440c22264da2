"""A system that nobody knows, with events and a signature of its own."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from tests.senders.sender import Sample, Sender

SECRET = "webinar-secret"
SIGN_IN = {
    "id": 71,
    "kind": "attended",
    "at": 1772272800,  # 2026-02-28T10:00:00Z
    "person": {"mail": "Ann@Example.com", "name": "Ann", "ref": "c-5"},
    "minutes": 41.5,
}
SALE = {
    "id": 72,
    "kind": "order",
    "at": 1772272860,
    "person": {"mail": "ann@example.com"},
    "order": {"no": "A-900", "total": 1200.5, "state": "paid"},
}
MOVED = {"id": 73, "kind": "profile", "at": 1772272900, "person": {"mail": "ann@example.com", "ref": "c-5"}}
SETTINGS: dict[str, Any] = {
    "system": "webinars",
    "verification": {
        "scheme": "hmac",
        "header": "X-Signature",
        "prefix": "sha256=",
        "timestamp_header": "X-Time",
        "signed": ["timestamp", ".", "body"],
    },
    "split": "events",
    "id": "id",
    "times": "seconds",
    "activities": [
        {
            "when": "kind == 'attended' && minutes > `20`",
            "template": {
                "type": "webinar_attendance",
                "occurred_at": "=at",
                "identities": {"email": "=person.mail", "crm": {"webinars": "=person.ref"}},
                "properties": {"minutes": "=minutes", "host": "acme", "tags": ["=kind", "=nothing", "webinar"]},
                "traits": {"name": "=person.name"},
            },
        }
    ],
    "deals": [
        {
            "when": "kind == 'order'",
            "template": {
                "deal_id": "=join(':', ['webinars', order.no])",
                "occurred_at": "=at",
                "status": "=order.state == 'paid' && 'won' || 'open'",
                "amount": "=order.total",
                "currency": "EUR",
                "contacts": [{"email": "=person.mail", "role": "buyer"}],
            },
        }
    ],
    "identities": [
        {
            "when": "kind == 'profile'",
            "template": {"occurred_at": "=at", "email": "=person.mail", "crm": {"webinars": "=person.ref"}},
        }
    ],
}
SAMPLES = {
    "one": Sample(json.dumps({"events": [SIGN_IN]}).encode()),
    "several": Sample(json.dumps({"events": [SIGN_IN, SALE, MOVED]}).encode()),
    "many": Sample(json.dumps({"events": [{**SIGN_IN, "id": number} for number in range(100, 140)]}).encode()),
}


def sign(body: bytes, _url: str, secret: str, now: datetime) -> dict[str, str]:
    """HMAC-SHA256 in hex over the time, a dot and the body, as the settings have it."""
    time = str(int(now.timestamp()))
    digest = hmac.new(secret.encode(), f"{time}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Time": time, "X-Signature": f"sha256={digest}"}


SENDER = Sender(kind="mapping", secret=SECRET, samples=SAMPLES, sign=sign, settings=SETTINGS)
