"""Amazon SNS over HTTPS: the envelope of a message, and its signature by a certificate of SNS.

What is signed is not the raw body but some of the envelope's values (Amazon SNS Developer Guide, "Verifying the
signatures of Amazon SNS messages"), so the envelope has to be parsed before it is proven; nothing else is.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lifecycle.sources.delivery import Delivery
from lifecycle.sources.proofs import within
from lifecycle.sources.reading import json_of
from lifecycle.sources.source import RefusedDeliveryError, UnreadableDeliveryError, UnreadablePartError
from lifecycle.sources.times import from_iso

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

#: SNS sends a message to an HTTPS endpoint again for an hour at most, with the first signature.
WINDOW = timedelta(minutes=65)

_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED: Mapping[str, Sequence[str]] = {
    "Notification": _NOTIFICATION,
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]{1,32}):[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?")
_HOST = re.compile(r"https://sns\.([a-z0-9-]{1,32})\.amazonaws\.com(?:\.cn)?(?=/)")
_CERTIFICATE = re.compile(rf"{_HOST.pattern}/SimpleNotificationService-[0-9a-f]{{16,64}}\.pem")

#: For the settings of a source that comes by way of SNS.
TOPIC: Mapping[str, Any] = {
    "type": "string",
    "pattern": f"^{_TOPIC.pattern}$",
    "description": "The ARN of the topic: a signature says that a message is of Amazon SNS, not whose topic it is of.",
}


def certificate(delivery: Delivery, settings: Mapping[str, Any]) -> str | None:
    """The address of the certificate that an envelope names, if it is SNS's own, in the region of the topic.

    Of what nothing could prove, no certificate is asked for.
    """
    envelope = _envelope(delivery)
    address = envelope.get("SigningCertURL")
    if _signed_fields(envelope) is None or envelope.get("TopicArn") != settings.get("topic_arn"):
        return None
    if not isinstance(address, str):
        return None
    return address if _CERTIFICATE.fullmatch(address) and _of_its_region(address, settings) else None


def verify(delivery: Delivery, secrets: Sequence[str], settings: Mapping[str, Any]) -> None:
    """RSA by the certificate that the envelope names, over those of its values that count; the topic; the time."""
    envelope = _envelope(delivery)
    fields = _signed_fields(envelope)
    if fields is None:
        raise RefusedDeliveryError("missing")
    if envelope.get("TopicArn") != settings.get("topic_arn") or certificate(delivery, settings) is None:
        raise RefusedDeliveryError("foreign")
    message = _message(envelope, fields)
    if not sum(_signed(envelope, message, pem, delivery) for pem in secrets):
        raise RefusedDeliveryError("mismatch")
    try:
        time = from_iso(envelope.get("Timestamp"))
    except UnreadablePartError:
        raise RefusedDeliveryError("missing") from None
    within(time, delivery.received_at, WINDOW)


def _envelope(delivery: Delivery) -> Mapping[str, Any]:
    try:
        envelope = json_of(delivery.body)
    except UnreadableDeliveryError:
        raise RefusedDeliveryError("missing") from None
    if not isinstance(envelope, dict):
        raise RefusedDeliveryError("missing")
    return envelope


def _signed_fields(envelope: Mapping[str, Any]) -> Sequence[str] | None:
    """The names of the values that an envelope's signature is over; ``None`` where it has no signature that counts."""
    type_ = envelope.get("Type")
    return _SIGNED.get(type_) if isinstance(type_, str) and isinstance(envelope.get("Signature"), str) else None


def _message(envelope: Mapping[str, Any], fields: Sequence[str]) -> bytes:
    """What is signed: names and values, each on a line of its own. A subject is signed where there is one."""
    lines: list[str] = []
    for name in fields:
        value = envelope.get(name)
        if name == "Subject" and value is None:
            continue
        if not isinstance(value, str):
            raise RefusedDeliveryError("missing")
        lines += (name, value)
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")


def _signed(envelope: Mapping[str, Any], message: bytes, pem: str, delivery: Delivery) -> bool:
    # The library takes 130 ms to load, which only deliveries of SNS should pay for.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256

    hashes = {"1": SHA1, "2": SHA256}  # SHA-1 is what SNS uses unless the topic says otherwise
    algorithm = hashes.get(str(envelope.get("SignatureVersion")))
    known = _loaded(pem)
    if algorithm is None or known is None:
        return False
    if not known.not_valid_before_utc <= delivery.received_at.astimezone(UTC) <= known.not_valid_after_utc:
        return False
    key = known.public_key()
    if not isinstance(key, RSAPublicKey):
        return False
    try:
        key.verify(b64decode(envelope["Signature"], validate=True), message, PKCS1v15(), algorithm())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


@lru_cache(maxsize=64)
def _loaded(pem: str) -> Certificate | None:
    from cryptography.x509 import load_pem_x509_certificate

    try:
        return load_pem_x509_certificate(pem.encode())
    except ValueError:
        return None


def confirmation(envelope: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """The address by which a subscription is confirmed.

    Raises:
        UnreadableDeliveryError: it is none of SNS's, in the region of the topic.
    """
    address = envelope.get("SubscribeURL")
    if not isinstance(address, str) or not _of_its_region(address, settings):
        raise UnreadableDeliveryError("SubscribeURL is no address of Amazon SNS in the region of the topic.")
    return address


def _of_its_region(address: str, settings: Mapping[str, Any]) -> bool:
    host, topic = _HOST.match(address), _TOPIC.fullmatch(str(settings.get("topic_arn")))
    return host is not None and topic is not None and host[1] == topic[1]
