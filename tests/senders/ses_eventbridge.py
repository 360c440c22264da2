"""Amazon SES by EventBridge: an event of the bus, which nobody from outside can put there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.senders.sender import Sample, Sender
from tests.senders.ses_events import EVENTS

ACCOUNT = "111122223333"


def event(detail: Any, **more: Any) -> dict[str, Any]:
    """An event of the bus."""
    return {
        "version": "0",
        "id": "a1b2c3d4-0000-1111-2222-333344445555",
        "detail-type": "Email Event",
        "source": "aws.ses",
        "account": ACCOUNT,
        "time": "2026-02-28T12:00:06Z",
        "region": "eu-west-1",
        "resources": [f"arn:aws:ses:eu-west-1:{ACCOUNT}:configuration-set/marketing"],
        "detail": detail,
        **more,
    }


SAMPLES: Mapping[str, Sample] = {name: Sample(json.dumps(event(one)).encode()) for name, one in EVENTS.items()}

SENDER = Sender(
    "ses_eventbridge",
    "",
    SAMPLES,
    lambda _body, _url, _secret, _now: {},
    settings={"account": ACCOUNT, "user_field": "app_user"},
    url="eventbridge:default",
)
