"""Amazon SES by SNS over HTTPS: an envelope, signed by a certificate. Ours is of our own making, as its key is."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.senders.sender import Sample, Sender
from tests.senders.ses_events import EVENTS

TOPIC = "arn:aws:sns:eu-west-1:111122223333:ses-events"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])


def certified(key: rsa.RSAPrivateKey, until: int = 2100) -> str:
    """A certificate for a key, from 2020 on."""
    return (
        x509.CertificateBuilder()
        .subject_name(_NAME)
        .issuer_name(_NAME)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(until, 1, 1, tzinfo=UTC))
        .sign(key, SHA256())
        .public_bytes(Encoding.PEM)
        .decode()
    )


PRIVATE_KEY = rsa.generate_private_key(65537, 2048)


def envelope(type_: str, message: str, **more: Any) -> dict[str, Any]:
    """An envelope without its signature."""
    return {
        "Type": type_,
        "MessageId": "2f0c4a0e-6c1f-5d0b-9a31-1e8a5f5b7c11",
        "TopicArn": TOPIC,
        "Message": message,
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
        **more,
    }


CONFIRM = {
    "Token": "2336412f37",
    "SubscribeURL": f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37",
}

ENVELOPES = {
    **{
        name: envelope("Notification", json.dumps(one) + "\n", Subject="Amazon SES Email Event Notification")
        for name, one in EVENTS.items()
    },
    "by_sha1": envelope("Notification", json.dumps(EVENTS["delivery"]), SignatureVersion="1"),
    "subscription": envelope("SubscriptionConfirmation", "You have chosen to subscribe.\nVisit the URL.", **CONFIRM),
}

SAMPLES: Mapping[str, Sample] = {
    name: Sample(json.dumps(one).encode(), "text/plain; charset=UTF-8", {"x-amz-sns-message-type": one["Type"]})
    for name, one in ENVELOPES.items()
}


def sealed(body: bytes, _secret: str, now: datetime) -> bytes:
    """The envelope with the present and a signature, by Amazon's own rule: names and values in the order of names.

    What is no envelope stays as it is.
    """
    try:
        told = json.loads(body)
    except ValueError:
        return body
    if not isinstance(told, dict):
        return body
    told |= {"Timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{told[name]}\n" for name in names if name in told)
    algorithm = SHA1() if told.get("SignatureVersion") == "1" else SHA256()  # noqa: S303 - SNS's own choice
    signature = PRIVATE_KEY.sign(text.encode("utf-8", "surrogatepass"), PKCS1v15(), algorithm)
    return json.dumps(told | {"Signature": b64encode(signature).decode()}).encode()


SENDER = Sender(
    "ses",
    certified(PRIVATE_KEY),
    SAMPLES,
    lambda _body, _url, _secret, _now: {},
    settings={"topic_arn": TOPIC, "user_field": "app_user"},
    seal=sealed,
)
