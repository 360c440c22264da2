"""Calendly as a sender."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from tests.senders.sender import Sample, Sender

SECRET = "calendly-signing-key"
API = "https://api.calendly.com"
INVITEE = f"{API}/scheduled_events/EV1/invitees/IN1"
MOVED = f"{API}/scheduled_events/EV2/invitees/IN2"


def invitee(event: str, **more: Any) -> dict[str, Any]:
    """An event about somebody who was invited."""
    return {
        "event": event,
        "created_at": "2026-02-27T10:00:05.000000Z",
        "created_by": f"{API}/users/US1",
        "payload": {
            "uri": INVITEE,
            "email": "Ann@Example.com",
            "name": "Ann Example",
            "first_name": None,
            "last_name": None,
            "status": "active",
            "timezone": "Europe/Vienna",
            "created_at": "2026-02-27T10:00:00.000000Z",
            "updated_at": "2026-02-27T10:00:00.000000Z",
            "event": f"{API}/scheduled_events/EV1",
            "old_invitee": None,
            "new_invitee": None,
            "rescheduled": False,
            "no_show": None,
            "questions_and_answers": [{"question": "What about?", "answer": "Reports", "position": 0}],
            "tracking": {"utm_source": "newsletter", "utm_campaign": None, "salesforce_uuid": None},
            "scheduled_event": {
                "uri": f"{API}/scheduled_events/EV1",
                "name": "Demo, 30 minutes",
                "start_time": "2026-03-05T09:00:00.000000Z",
                "end_time": "2026-03-05T09:30:00.000000Z",
                "status": "active",
            },
            **more,
        },
    }


def _cancellation(reason: str) -> dict[str, Any]:
    return {"canceled_by": "Ann", "canceler_type": "invitee", "reason": reason, "created_at": "2026-02-28T08:00:00Z"}


SAMPLES = {
    "created": invitee("invitee.created"),
    "canceled": invitee("invitee.canceled", status="canceled", cancellation=_cancellation("ill")),
    "moved_from": invitee(
        "invitee.canceled", status="canceled", rescheduled=True, new_invitee=MOVED, cancellation=_cancellation("busy")
    ),
    "moved_to": invitee(
        "invitee.created", uri=MOVED, old_invitee=INVITEE, created_at="2026-02-28T08:00:01.000000Z"
    ),
    "no_show": invitee(
        "invitee_no_show.created",
        no_show={"uri": f"{API}/invitee_no_shows/NS1", "created_at": "2026-02-28T09:40:00.000000Z"},
    ),
    "no_show_taken_back": invitee("invitee_no_show.deleted", no_show=None),
    "routing_form": {
        "event": "routing_form_submission.created",
        "created_at": "2026-02-27T10:00:05.000000Z",
        "created_by": f"{API}/users/US1",
        "payload": {
            "uri": f"{API}/routing_form_submissions/RS1",
            "routing_form": f"{API}/routing_forms/RF1",
            "created_at": "2026-02-27T09:59:00.000000Z",
            "submitter": None,
            "submitter_type": None,
            "questions_and_answers": [
                {"question": "Your email", "answer": "ann@example.com", "position": 0},
                {"question": "Size", "answer": "11 to 50", "position": 1},
            ],
            "tracking": {"utm_source": "search"},
        },
    },
}  # fmt: skip


def sign(body: bytes, _url: str, secret: str, now: datetime) -> dict[str, str]:
    """HMAC-SHA256 in hex over the time, a dot and the body."""
    time = str(int(now.timestamp()))
    digest = hmac.new(secret.encode(), f"{time}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Calendly-Webhook-Signature": f"t={time},v1={digest}"}


SENDER = Sender(
    kind="calendly",
    secret=SECRET,
    samples={name: Sample(json.dumps(sample).encode()) for name, sample in SAMPLES.items()},
    sign=sign,
    settings={"routing_forms": {f"{API}/routing_forms/RF1": "contact"}},
)
