"""Jotform as a sender."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.senders.sender import Sample, Sender

BOUNDARY = "------------------------5f1d02c7a9be44e0"
DEMO, NPS = "240000000000017", "240000000000018"


def multipart(fields: Mapping[str, str], boundary: str = BOUNDARY) -> Sample:
    """A form as curl sends it, which is what Jotform does."""
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return Sample(f"{parts}--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}")


def submission(form: str, id_: str, **answers: Any) -> Sample:
    """A delivery about one submission."""
    raw = {
        "slug": f"submit/{form}/",
        **answers,
        "event_id": f"1772272800123_{form}_k3",  # 2026-02-28T10:00:00.123Z
        "path": f"/submit/{form}",
    }
    return multipart(
        {
            "formID": form,
            "submissionID": id_,
            "webhookURL": "https://api.example.com/webhooks/s1",
            "ip": "192.0.2.7",
            "formTitle": "Talk to us",
            "pretty": "Email:ann@example.com",
            "username": "acme",
            "rawRequest": json.dumps(raw),
            "type": "WEB",
        }
    )


SAMPLES = {
    "demo": submission(
        DEMO,
        "6100000000000000001",
        q3_name={"first": "Ann", "last": "Example"},
        q4_workEmail="Ann@Example.com",
        q5_company="Initech",
        q6_visitor="cookie-7",
        q7_utm_source="search",
    ),
    "nps": submission(NPS, "6100000000000000002", q2_email="ann@example.com", q3_howLikely="9"),
}


def sign(_body: bytes, _url: str, secret: str, _now: datetime) -> dict[str, str]:
    """Jotform signs nothing."""
    return {}


SENDER = Sender(
    kind="jotform",
    secret="",
    samples=SAMPLES,
    sign=sign,
    settings={
        "only_listed_forms": True,
        "forms": {
            DEMO: {"form": "demo", "traits": {"company": "company"}},
            NPS: {"type": "nps_response", "score_field": "howLikely"},
        },
    },
)
