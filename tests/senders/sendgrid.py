"""SendGrid: batches of events, signed by ECDSA. ``PRIVATE_KEY`` is the half that SendGrid keeps to itself."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.senders.sender import Sample, Sender

PRIVATE_KEY = ec.derive_private_key(0x5EED_0F_5EED, ec.SECP256R1())
#: The key from before it was replaced.
OTHER_KEY = ec.derive_private_key(0x0DD_5EED, ec.SECP256R1())


def public_key(private: ec.EllipticCurvePrivateKey) -> str:
    """The verification key as SendGrid shows it."""
    return b64encode(private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def signed(body: bytes, timestamp: str, private: ec.EllipticCurvePrivateKey = PRIVATE_KEY) -> dict[str, str]:
    """The headers of a signature."""
    signature = private.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))
    return {
        "X-Twilio-Email-Event-Webhook-Signature": b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
    }


def event(name: str, number: int = 1, **more: Any) -> dict[str, Any]:
    """An event of a message to Ada."""
    return {
        "email": "Ada@Example.com",
        "timestamp": 1772280000 + number,
        "event": name,
        "sg_event_id": f"{name}-{number:04d}-ZXZlbnQ",
        "sg_message_id": f"bWVzc2FnZQ.filterdrecv-p3las1-abcd-{number}-0",
        "smtp-id": "<bWVzc2FnZQ@geopod-ismtpd-1>",
        **more,
    }


def batch(*events: Any) -> bytes:
    """A body as it is sent: what follows the array is signed, too."""
    return json.dumps(events, separators=(",", ":")).encode() + b"\r\n"


_AGENT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4"

EVENTS = (
    event("processed", category="onboarding"),
    event("deferred", response="451 try again later", attempt="2"),
    event("delivered", category=["onboarding", "spring"], response="250 OK"),
    event("open", useragent=_AGENT, ip="192.0.2.7", sg_machine_open=False),
    event("open", 2, useragent=_AGENT, ip="192.0.2.7", sg_machine_open=True),
    event("click", useragent=_AGENT, ip="192.0.2.7", url="https://shop.example/prices?from=mail"),
    event("bounce", type="bounce", reason="550 5.1.1 no such user", status="5.1.1"),
    event("bounce", 2, type="blocked", reason="554 blocked for reputation", status="5.7.1"),
    event("dropped", reason="Bounced Address"),
    event("spamreport"),
    event("unsubscribe"),
    event("group_unsubscribe", asm_group_id=12),
    event("group_resubscribe", asm_group_id=12),
)

SAMPLES: Mapping[str, Sample] = {
    **{f"{one['event']}_{number}": Sample(batch(one)) for number, one in enumerate(EVENTS)},
    "batch": Sample(batch(*EVENTS)),
    "thousand": Sample(
        batch(*(event("click", n, url=f"https://shop.example/{n}", ip="192.0.2.7") for n in range(1000)))
    ),
}


def _sign(body: bytes, _url: str, secret: str, now: datetime) -> Mapping[str, str]:
    known = {public_key(private): private for private in (PRIVATE_KEY, OTHER_KEY)}
    return signed(body, str(int(now.timestamp())), known[secret])


SENDER = Sender("sendgrid", public_key(PRIVATE_KEY), SAMPLES, _sign)
