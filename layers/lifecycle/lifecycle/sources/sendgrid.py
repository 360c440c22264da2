"""SendGrid's Event Webhook: batches of what became of messages, signed by ECDSA over the timestamp and the raw body."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from lifecycle.events import Direction
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.mail import recipient, settings_of_mail, texts
from lifecycle.sources.proofs import in_window
from lifecycle.sources.reading import activity, each, event_id, json_of, object_in, optional_text, snake_case, text_in
from lifecycle.sources.said import Said
from lifecycle.sources.source import RefusedDeliveryError, Source, UnreadableDeliveryError, UnreadablePartError
from lifecycle.sources.times import from_seconds

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

#: SendGrid sends again for 24 hours, and says nowhere that it signs anew. What is replayed within has the same ids.
WINDOW = timedelta(hours=25)
#: The documentation speaks of 768 KB; events of 100 bytes do not exist.
MAX_EVENTS = 8_000

_TYPES: Mapping[str, tuple[str, Direction | None]] = {
    "processed": ("email_sent", None),
    "delivered": ("email_delivered", None),
    "deferred": ("email_deferred", "internal"),
    "dropped": ("email_dropped", "internal"),
    "bounce": ("email_bounce", None),
    "open": ("email_open", None),
    "click": ("email_click", None),
    "spamreport": ("spam_complaint", None),
    "unsubscribe": ("email_unsubscribe", None),
    "group_unsubscribe": ("email_unsubscribe", None),
    "group_resubscribe": ("email_resubscribe", "internal"),
}
#: What follows the id of the message differs between the events of one message.
_ROUTE = re.compile(r"\.(?:filter|recvd).*", re.DOTALL)


def verify(delivery: Delivery, secrets: Sequence[str], _settings: Mapping[str, Any]) -> None:
    """ECDSA over P-256 and SHA-256 of the timestamp's digits and the raw body, by one of the public keys."""
    signature, timestamp = (
        delivery.header(f"x-twilio-email-event-webhook-{name}") for name in ("signature", "timestamp")
    )
    if not signature or not timestamp:
        raise RefusedDeliveryError("missing")
    message = timestamp.encode("utf-8", "surrogatepass") + delivery.body
    if not sum(_signed(secret, signature, message) for secret in secrets):
        raise RefusedDeliveryError("mismatch")
    in_window(timestamp, delivery.received_at, WINDOW)


def _signed(secret: str, signature: str, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    key = _public_key(secret)
    if key is None:
        return False
    try:
        key.verify(b64decode(signature, validate=True), message, ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


@lru_cache(maxsize=64)
def _public_key(secret: str) -> EllipticCurvePublicKey | None:
    """The key that SendGrid shows (base 64 of DER, or the same as PEM); ``None`` where it is none.

    The library takes 70 ms to load, which only deliveries of SendGrid should pay for.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    digits = re.sub(r"-----[A-Z ]+-----|\s+", "", secret)
    try:
        key = load_der_public_key(b64decode(digits, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1) else None


def translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    """One activity for each event of the batch, or of a single one, as it comes from quarantine."""
    body = json_of(delivery.body)
    events = [body] if isinstance(body, dict) else body
    if not isinstance(events, list):
        raise UnreadableDeliveryError("The body is not an array of events.")
    if len(events) > MAX_EVENTS:
        raise UnreadableDeliveryError(f"There are more than {MAX_EVENTS} events in it.")
    return each(events, partial(_event, delivery, settings))


def _event(delivery: Delivery, settings: Mapping[str, Any], part: Any) -> Iterator[Said]:
    event = object_in(part, "the event")
    name = text_in(event.get("event"), "event")
    if name == "account_status_change":
        raise UnreadablePartError("it is about the account at SendGrid, and names nobody")
    type_, direction = _TYPES.get(name) or (f"sendgrid_{snake_case(name)}", "internal")
    properties = texts(
        message_id=_message(event.get("sg_message_id")),
        url=event.get("url"),
        user_agent=event.get("useragent"),
        reason=event.get("reason") or event.get("response"),
        status=event.get("status"),
        categories=_categories(event.get("category")),
        campaign=event.get("singlesend_name") or event.get("marketing_campaign_name"),
        unsubscribe_group=event.get("asm_group_id"),
        bounce=_bounce(event) if name == "bounce" else None,
    )
    yield activity(
        event_id("sendgrid", text_in(event.get("sg_event_id"), "sg_event_id")),
        type_,
        _time(event),
        delivery.received_at,
        recipient(event.get("email"), "email", event, settings),
        source="sendgrid",
        direction=direction,
        automated="SendGrid: sg_machine_open" if event.get("sg_machine_open") in (True, "true", "True") else None,
        properties=properties,
    )


def _time(event: Mapping[str, Any]) -> Any:
    try:
        return from_seconds(event.get("timestamp"))
    except UnreadablePartError as error:
        raise UnreadablePartError(f"timestamp {error}") from None


def _message(value: Any) -> str | None:
    text = optional_text(value)
    return text and _ROUTE.sub("", text)


def _categories(value: Any) -> list[str] | None:
    """``category`` is one text, or several."""
    texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
    return texts or None


def _bounce(event: Mapping[str, Any]) -> str:
    """Hard where the address will never take mail: the type ``bounce``, or of old a permanent status (RFC 3463)."""
    kind = event.get("type")
    hard = kind == "bounce" or (kind is None and str(event.get("status", "")).startswith("5"))
    return "hard" if hard else "soft"


SOURCE = Source(
    kind="sendgrid",
    title="SendGrid",
    connecting=(
        "In SendGrid, under *Settings, Mail Settings, Event Webhooks*, create a webhook with this address, choose the "
        "events, and enable *Signed Event Webhook*. Its *verification key* is the secret."
    ),
    secret="The verification key of the signed Event Webhook: a public key, base 64",  # noqa: S106 - says what it is
    settings=settings_of_mail(),
    verify=verify,
    translate=translate,
)
