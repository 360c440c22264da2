"""A sender of CloudEvents, written by the library of that project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from tests.senders.sender import Sample, Sender
from tests.senders.standard_webhooks import ACTIVITY, DEAL

SECRET = "bearer-token-of-a-queue"


def event(id_: str, type_: str, data: Mapping[str, Any]) -> CloudEvent:
    """An event of ours."""
    attributes = {
        "id": id_,
        "source": "/crm/eu",
        "type": type_,
        "specversion": "1.0",
        "time": datetime(2026, 2, 28, 9, tzinfo=UTC),
        "datacontenttype": "application/json",
    }
    return CloudEvent(attributes=attributes, data=dict(data))


def _sample(message: Any) -> Sample:
    headers = {name.lower(): value for name, value in message.headers.items()}
    return Sample(message.body, headers.pop("content-type"), headers)


def _batch(*events: CloudEvent) -> Sample:
    entries = [json.loads(to_structured_event(one).body) for one in events]
    return Sample(json.dumps(entries).encode(), "application/cloudevents-batch+json; charset=utf-8")


FORM, SALE = event("A-1", "prospect.activity", ACTIVITY), event("A-2", "prospect.deal", DEAL)
OTHER = event("A-3", "com.example.contact.created", {"email": "ann@example.com"})
SAMPLES = {
    "structured": _sample(to_structured_event(FORM)),
    "binary": _sample(to_binary_event(SALE)),
    "batch": _batch(FORM, SALE, OTHER),
    "long_batch": _batch(*(event(f"B-{number}", "prospect.activity", ACTIVITY) for number in range(40))),
}


def sign(_body: bytes, _url: str, secret: str, _now: datetime) -> dict[str, str]:
    """The specification has no signature: the secret goes along."""
    return {"Authorization": f"Bearer {secret}"}


SENDER = Sender(kind="cloudevents", secret=SECRET, samples=SAMPLES, sign=sign)
