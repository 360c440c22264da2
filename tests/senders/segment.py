"""The libraries of Segment and RudderStack as senders."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from typing import Any

from tests.senders.sender import Sample, Sender

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
CONTEXT = {
    "ip": "192.0.2.7",
    "userAgent": BROWSER,
    "library": {"name": "analytics.js", "version": "next-1.70.0"},
    "page": {"url": "https://www.example.com/pricing", "path": "/pricing", "title": "Pricing", "referrer": ""},
    "campaign": {"name": "spring", "source": "newsletter", "medium": "email"},
}


def message(id_: str, type_: str, **more: Any) -> dict[str, Any]:
    """A message as a browser's library writes it, a second before it is sent."""
    return {
        "type": type_,
        "messageId": id_,
        "anonymousId": "cookie-7",
        "timestamp": "2026-03-01T11:59:58.000Z",
        "sentAt": "2026-03-01T11:59:59.000Z",
        "context": CONTEXT,
        "integrations": {},
        **more,
    }


PAGE = message("ajs-1", "page", name="Pricing", properties={"url": "https://www.example.com/pricing"})
IDENTIFY = message(
    "ajs-2", "identify", userId="u-9", traits={"email": "Ann@Example.com", "firstName": "Ann", "companySize": 40}
)
TRIAL = message("ajs-3", "track", userId="u-9", event="Trial Started", properties={"trial_plan_name": "Business"})
OWN = message("ajs-4", "track", userId="u-9", event="Report Shared", properties={"format": "pdf"})
CLICK = message(
    "esp-5",
    "track",
    event="Email Link Clicked",
    properties={"email_id": "m-1", "link_url": "https://www.example.com/demo", "campaign_name": "spring"},
    context={"traits": {"email": "ann@example.com"}, "userAgent": BROWSER},
)
SCREEN = message("and-6", "screen", name="Home", properties={"tab": 1})
GROUP = message("ajs-7", "group", userId="u-9", groupId="g-1", traits={"name": "Initech", "email": "hi@initech.test"})
ALIAS = message("ajs-8", "alias", userId="u-9", previousId="cookie-6")
MESSAGES = [PAGE, IDENTIFY, TRIAL, OWN, CLICK, SCREEN, GROUP, ALIAS]
BATCH = {"batch": MESSAGES, "sentAt": "2026-03-01T11:59:59.000Z"}
#: As much as a server's library gathers before it sends.
LONG = {"batch": [{**one, "messageId": f"{one['messageId']}-{round_}"} for round_ in range(12) for one in MESSAGES]}


def _sample(body: Any, call: str) -> Sample:
    return Sample(json.dumps(body).encode(), call=call)


SAMPLES = {
    "page": _sample(PAGE, "p"),
    "identify": _sample(IDENTIFY, "identify"),
    "track": _sample({name: value for name, value in TRIAL.items() if name != "type"}, "track"),
    "screen": _sample(SCREEN, "screen"),
    "group": _sample(GROUP, "group"),
    "alias": _sample(ALIAS, "alias"),
    "batch": _sample(BATCH, "batch"),
    "long_batch": _sample({**LONG, "sentAt": "2026-03-01T11:59:59.000Z"}, "import"),
    "beacon": Sample(json.dumps({**BATCH, "writeKey": "wk"}).encode(), "text/plain", call="b"),
    "packed": Sample(
        gzip.compress(json.dumps(BATCH).encode(), mtime=0), headers={"Content-Encoding": "gzip"}, call="batch"
    ),
}


def sign(_body: bytes, _url: str, secret: str, _now: datetime) -> dict[str, str]:
    """Nothing is signed: the write key, which a page shows to everybody, names the source."""
    return {}


SENDER = Sender(
    kind="segment",
    secret="",
    samples=SAMPLES,
    sign=sign,
    settings={"events": {"Report Shared": {"type": "referral", "properties": {"by": "report"}}}},
)
