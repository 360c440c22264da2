"""Postmark: one record a request, with the user and password that stand in the address."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from tests.senders.sender import Sample, Sender


def record(kind: str, **more: Any) -> dict[str, Any]:
    """A record about a message to Ada."""
    return {
        "RecordType": kind,
        "MessageID": "0c2f8a1e-7d53-4b7e-9c55-3f1f0a6a2d10",
        "MessageStream": "outbound",
        "ServerID": 7,
        "Tag": "onboarding",
        "Metadata": {"app_user": "u-17"},
        **more,
    }


def _bounce(kind: str, number: int, record_type: str = "Bounce") -> dict[str, Any]:
    return record(
        record_type,
        ID=number,
        Type=kind,
        TypeCode=1,
        Email="ada@example.com",
        BouncedAt="2026-02-28T13:00:00.1234567+01:00",
        Description="What the server said.",
        Inactive=True,
    )


_AT = "2026-02-28T12:00:05.7654321Z"
_AGENT = "Mozilla/5.0 (Macintosh)"

RECORDS = {
    "delivery": record("Delivery", Recipient="ada@example.com", DeliveredAt=_AT),
    "open": record("Open", Recipient="ada@example.com", ReceivedAt=_AT, UserAgent=_AGENT, FirstOpen=True),
    "click": record(
        "Click", Recipient="ada@example.com", ReceivedAt=_AT, UserAgent=_AGENT, OriginalLink="https://shop.example/a"
    ),
    "hard_bounce": _bounce("HardBounce", 1),
    "bad_address": _bounce("BadEmailAddress", 2),
    "soft_bounce": _bounce("SoftBounce", 3),
    "auto_reply": _bounce("AutoResponder", 4),
    "unsubscribe_by_mail": _bounce("Unsubscribe", 5),
    "complaint": _bounce("SpamComplaint", 6, "SpamComplaint"),
    "unsubscribe": record(
        "SubscriptionChange",
        Recipient="ada@example.com",
        ChangedAt=_AT,
        SuppressSending=True,
        SuppressionReason="ManualSuppression",
        Origin="Recipient",
    ),
    "suppressed": record(
        "SubscriptionChange",
        Recipient="ada@example.com",
        ChangedAt=_AT,
        SuppressSending=True,
        SuppressionReason="HardBounce",
        Origin="Recipient",
    ),
    "resubscribe": record(
        "SubscriptionChange",
        Recipient="ada@example.com",
        ChangedAt=_AT,
        SuppressSending=False,
        SuppressionReason=None,
        Origin="Customer",
    ),
    "new_kind": record("Forwarded Again", Recipient="ada@example.com", ForwardedAt=_AT),
}

SAMPLES: Mapping[str, Sample] = {name: Sample(json.dumps(one).encode()) for name, one in RECORDS.items()}


def authorization(secret: str) -> dict[str, str]:
    """The header of Basic authentication."""
    return {"Authorization": "Basic " + b64encode(secret.encode()).decode()}


SENDER = Sender(
    "postmark",
    "prospect-lifecycle:a-long-and-random-password",
    SAMPLES,
    lambda _body, _url, secret, _now: authorization(secret),
    settings={"user_field": "app_user"},
)
