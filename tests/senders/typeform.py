"""Typeform as a sender."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.senders.sender import Sample, Sender

SECRET = "typeform-secret"


def response(event_id: str, form_id: str, *answers: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A delivery as Typeform writes it."""
    return {
        "event_id": event_id,
        "event_type": "form_response",
        "form_response": {
            "form_id": form_id,
            "token": f"token-{event_id}",
            "landed_at": "2026-02-28T09:00:00Z",
            "submitted_at": "2026-02-28T09:01:30Z",
            "definition": {"id": form_id, "title": "Talk to us", "fields": []},
            "answers": list(answers),
            **more,
        },
    }


def answer(type_: str, value: Any, ref: str, field_type: str = "short_text") -> dict[str, Any]:
    """One answer, whose value stands by its type."""
    return {"type": type_, type_: value, "field": {"id": f"id-{ref}", "type": field_type, "ref": ref}}


EMAIL = answer("email", "Ann@Example.com", "work_email", "email")
SAMPLES = {
    "demo": response(
        "01TFDEMO",
        "fDemo",
        EMAIL,
        answer("text", "Ann", "first_name"),
        answer("choice", {"label": "11 to 50", "ref": "size_2"}, "company_size", "multiple_choice"),
        answer("choices", {"labels": ["Reports", "Alerts"]}, "interests", "multiple_choice"),
        answer("boolean", True, "newsletter", "yes_no"),
        hidden={"utm_source": "search", "utm_campaign": "spring", "visitor": "cookie-7"},
        calculated={"score": 12},
        ending={"id": "e1", "ref": "thanks"},
    ),
    "nps": response("01TFNPS", "fNps", EMAIL, answer("number", 10, "likely", "opinion_scale")),
    "hidden_email": response("01TFHIDDEN", "fOther", hidden={"email": "ann@example.com", "user_id": "u-9"}),
    "partial": {**response("01TFPART", "fDemo", EMAIL), "event_type": "form_response_partial"},
}


def sign(body: bytes, _url: str, secret: str, _now: datetime) -> dict[str, str]:
    """HMAC-SHA256 in base64 over the body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {"Typeform-Signature": f"sha256={base64.b64encode(digest).decode()}"}


SENDER = Sender(
    kind="typeform",
    secret=SECRET,
    samples={name: Sample(json.dumps(sample).encode()) for name, sample in SAMPLES.items()},
    sign=sign,
    settings={
        "forms": {
            "fDemo": {"form": "demo", "traits": {"first_name": "first_name", "company_size": "company_size"}},
            "fNps": {"type": "nps_response", "score_field": "likely"},
        }
    },
)
