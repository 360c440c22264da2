"""Delighted: one answer a request, signed by HMAC over the body."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.senders.sender import Sample, Sender

_PERSON = {"id": "4711", "email": "Ada@Example.com", "name": "Ada", "created_at": 1772000000}


def event(name: str, number: int = 1, **data: Any) -> dict[str, Any]:
    """An event about Ada."""
    return {
        "event_type": name,
        "event_id": hashlib.sha256(f"{name}{number}".encode()).hexdigest(),
        "event_data": {"person": _PERSON, **data},
    }


def _answer(score: int | None, at: int, **more: Any) -> dict[str, Any]:
    return {"id": "99", "survey_type": "nps", "score": score, "created_at": 1772280000, "updated_at": at, **more}


EVENTS = {
    "answered": event("survey_response.created", **_answer(9, 1772280000, comment=None)),
    "commented": event("survey_response.updated", **_answer(9, 1772280060, comment="Good work.")),
    "satisfaction": event("survey_response.created", 2, **_answer(5, 1772280000, survey_type="csat")),
    "unsubscribed": event("unsubscribe.created", created_at=1772280100),
    "new_kind": event("person.merged", created_at=1772280100),
}

SAMPLES: Mapping[str, Sample] = {name: Sample(json.dumps(one).encode()) for name, one in EVENTS.items()}


def sign(body: bytes, _url: str, secret: str, _now: datetime) -> Mapping[str, str]:
    """The header of a signature."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Delighted-Webhook-Signature": f"sha256={digest}"}


SENDER = Sender("delighted", "kPrIvAtE0aPi1kEy", SAMPLES, sign)
