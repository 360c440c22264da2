"""Mailgun: one event a request, signed inside the body, over a timestamp and a token."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tests.senders.sender import Sample, Sender


def signature(secret: str, timestamp: str, token: str) -> str:
    """Mailgun's own way (documentation, "Securing Webhooks")."""
    return hmac.new(secret.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()


def event(name: str, number: int = 1, more: Mapping[str, Any] | None = None, **plain: Any) -> dict[str, Any]:
    """An event of a message to Ada. ``more`` has the names that are none in Python."""
    return {
        "event": name,
        "id": f"{name}-{number:04d}-bWFpbGd1bg",
        "timestamp": 1772280000.125 + number,
        "log-level": "info",
        "recipient": "ada@example.com",
        "recipient-domain": "example.com",
        "tags": ["onboarding"],
        "campaigns": [],
        "user-variables": {"app_user": "u-17"},
        "message": {"headers": {"message-id": "20260301120000.1.ABC@mg.shop.example", "to": "ada@example.com"}},
        **plain,
        **(more or {}),
    }


_BROWSER = {"client-type": "browser", "client-os": "macOS", "user-agent": "Mozilla/5.0 (Macintosh)", "bot": ""}

EVENTS = {
    "accepted": event("accepted", flags={"is-routed": False}),
    "routed": event("accepted", 2, routes=[{"expression": 'match_recipient("team@shop.example")', "id": "r1"}]),
    "delivered": event("delivered", more={"delivery-status": {"code": 250, "message": "OK", "attempt-no": 1}}),
    "opened": event("opened", more={"client-info": _BROWSER, "ip": "192.0.2.9"}),
    "opened_by_machine": event("opened", 2, {"client-info": {**_BROWSER, "bot": "apple"}}),
    "clicked": event("clicked", more={"client-info": _BROWSER}, url="https://shop.example/prices"),
    "failed_permanent": event(
        "failed",
        more={"delivery-status": {"code": 550, "enhanced-code": "5.1.1", "message": "no such user"}},
        severity="permanent",
        reason="bounce",
    ),
    "failed_temporary": event("failed", 2, severity="temporary", reason="generic"),
    "failed_old": event("failed", 3, severity="permanent", reason="old"),
    "failed_suppressed": event("failed", 4, severity="permanent", reason="suppress-unsubscribe"),
    "unsubscribed": event("unsubscribed", more={"client-info": _BROWSER}),
    "complained": event("complained"),
    "stored": event("stored"),
}

OF_OLD = {
    "event": "bounced",
    "recipient": "ada@example.com",
    "domain": "mg.shop.example",
    "code": "550",
    "error": "5.1.1 no such user",
    "Message-Id": "<20260301120000.1.ABC@mg.shop.example>",
    "app_user": "u-17",
    "timestamp": "1772280000",
}
_BOUNDARY = "d4f6c9b2"


def _multipart(fields: Mapping[str, str]) -> bytes:
    parts = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return ("".join(parts) + f"--{_BOUNDARY}--\r\n").encode()


SAMPLES: Mapping[str, Sample] = {
    **{name: Sample(json.dumps({"event-data": one}).encode()) for name, one in EVENTS.items()},
    "of_old": Sample(urlencode(OF_OLD).encode(), "application/x-www-form-urlencoded"),
    "of_old_in_parts": Sample(_multipart(OF_OLD), f"multipart/form-data; boundary={_BOUNDARY}"),
}


def sealed(body: bytes, secret: str, now: datetime) -> bytes:
    """The body with a signature: among the JSON, or among the fields of the form. What is neither stays as it is."""
    token = hashlib.sha256(body).hexdigest()[:50]
    told = _object(body)
    # What is signed with a form is the time of the event, which stays the same when it is sent again.
    timestamp = str(int(now.timestamp()) if told is not None else int(now.timestamp()) // 14_400 * 14_400)
    proof = {"timestamp": timestamp, "token": token, "signature": signature(secret, timestamp, token)}
    if told is not None:
        return json.dumps({"signature": proof, **told}).encode()
    if body == _multipart(OF_OLD):
        return _multipart(OF_OLD | proof)
    if body == urlencode(OF_OLD).encode():
        return urlencode(OF_OLD | proof).encode()
    return body


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(body)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


SENDER = Sender(
    "mailgun",
    "4f1c2ab65f4d4f7f9c9b3f4f2f4f9e21",
    SAMPLES,
    lambda _body, _url, _secret, _now: {},
    settings={"user_field": "app_user"},
    seal=sealed,
)
