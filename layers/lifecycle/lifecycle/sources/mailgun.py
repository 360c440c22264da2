"""Mailgun's webhooks: one event in each request, whose HMAC covers a timestamp and a token, and not the event.

So the signature has to be found in the body before anything is proven; only its three values are looked at. And since
whoever has seen one request could put another event beside its signature, a token is good for one body only (``once``).

Mailgun has two forms: JSON, and of old (its "legacy webhooks") the fields of an HTML form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from lifecycle.events import Direction
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.form_data import fields_of
from lifecycle.sources.mail import recipient, settings_of_mail, texts
from lifecycle.sources.proofs import by_hmac, in_window
from lifecycle.sources.reading import activity, each, event_id, json_of, object_in, snake_case, text_in
from lifecycle.sources.said import Said
from lifecycle.sources.source import RefusedDeliveryError, Source, UnreadableDeliveryError, UnreadablePartError
from lifecycle.sources.times import from_seconds

#: Mailgun sends again for eight hours, and says nowhere that it signs anew.
WINDOW = timedelta(hours=8, minutes=30)

_TYPES: Mapping[str, tuple[str, Direction | None]] = {
    "accepted": ("email_sent", None),
    "delivered": ("email_delivered", None),
    "failed": ("email_bounce", None),
    "rejected": ("email_dropped", "internal"),
    "opened": ("email_open", None),
    "clicked": ("email_click", None),
    "unsubscribed": ("email_unsubscribe", None),
    "complained": ("spam_complaint", None),
    # Of old:
    "bounced": ("email_bounce", None),
    "dropped": ("email_dropped", "internal"),
}
#: Permanent failures that say nothing of the address: given up, or turned away for the sender's sake.
_NOT_FOR_GOOD = frozenset({"old", "espblock", "greylisted"})


def verify(delivery: Delivery, secrets: Sequence[str], _settings: Mapping[str, Any]) -> None:
    """HMAC-SHA256 of the timestamp and the token, by the signing key of the account or of its parent."""
    signed = _signature(delivery)
    given = [text for name in ("signature", "parent-signature") if isinstance(text := signed.get(name), str)]
    timestamp, token = str(signed.get("timestamp", "")), signed.get("token")
    if not given or not isinstance(token, str) or not token:
        raise RefusedDeliveryError("missing")
    by_hmac(f"{timestamp}{token}".encode("utf-8", "surrogatepass"), secrets, given)
    in_window(timestamp, delivery.received_at, WINDOW)


def once(delivery: Delivery) -> str | None:
    """The token."""
    token = _signature(delivery).get("token")
    return token if isinstance(token, str) else None


def _signature(delivery: Delivery) -> Mapping[str, Any]:
    try:
        if _is_form(delivery):
            return {name: values[0] for name, values in fields_of(delivery).items()}
        body = json_of(delivery.body)
    except UnreadableDeliveryError:
        raise RefusedDeliveryError("missing") from None
    signed = body.get("signature") if isinstance(body, dict) else None
    if not isinstance(signed, dict):
        raise RefusedDeliveryError("missing")
    return signed


def _is_form(delivery: Delivery) -> bool:
    return delivery.media_type in ("application/x-www-form-urlencoded", "multipart/form-data")


def translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    """One activity. From quarantine an event comes without its signature."""
    if _is_form(delivery):
        fields = {name: values[0] for name, values in fields_of(delivery).items()}
        return each([fields], partial(_of_old, delivery, settings))
    body = json_of(delivery.body)
    if not isinstance(body, dict) or not ("event-data" in body or "event" in body):
        raise UnreadableDeliveryError("The body has no event-data.")
    if "event-data" not in body and "id" not in body:
        return each([body], partial(_of_old, delivery, settings))
    return each([body.get("event-data", body)], partial(_event, delivery, settings))


def _event(delivery: Delivery, settings: Mapping[str, Any], part: Any) -> Iterator[Said]:
    event = object_in(part, "event-data")
    name = text_in(event.get("event"), "event")
    type_, direction, bounce = _meaning(event, name)
    device = _inner(event, "client-info")
    status = _inner(event, "delivery-status")
    properties = texts(
        message_id=_inner(_inner(event, "message"), "headers").get("message-id"),
        url=event.get("url"),
        user_agent=device.get("user-agent"),
        reason=status.get("message") or status.get("description") or event.get("reason"),
        status=status.get("enhanced-code") or status.get("code"),
        categories=event.get("tags"),
        bounce=bounce,
    )
    yield activity(
        event_id("mailgun", text_in(event.get("id"), "id")),
        type_,
        _time(event.get("timestamp")),
        delivery.received_at,
        recipient(event.get("recipient"), "recipient", event.get("user-variables"), settings),
        source="mailgun",
        direction=direction,
        automated="Mailgun: client-info.bot" if device.get("bot") else None,
        properties=properties,
    )


def _meaning(event: Mapping[str, Any], name: str) -> tuple[str, Direction | None, str | None]:
    """The activity's type and direction, and whether a bounce is hard or soft."""
    reason = str(event.get("reason", ""))
    if name == "failed" and reason.startswith("suppress-"):
        return "email_dropped", "internal", None  # it was not even tried, for what had happened before
    if name == "failed":
        hard = event.get("severity") == "permanent" and reason not in _NOT_FOR_GOOD
        return "email_bounce", None, "hard" if hard else "soft"
    if name == "accepted" and event.get("routes"):
        return "mailgun_routed", "internal", None  # mail that came in, and was passed on to somebody of ours
    type_, direction = _known(name)
    return type_, direction, None


def _known(name: str) -> tuple[str, Direction | None]:
    return _TYPES.get(name) or (f"mailgun_{snake_case(name)}", "internal")


def _of_old(delivery: Delivery, settings: Mapping[str, Any], fields: Any) -> Iterator[Said]:
    """An event as the fields of a form. It has no id: what it says, but for its signature, tells it from others."""
    name = text_in(fields.get("event"), "event")
    type_, direction = _known(name)
    unsigned = sorted((key, value) for key, value in fields.items() if key not in ("token", "signature"))
    digest = hashlib.sha256(repr(unsigned).encode("utf-8", "surrogatepass")).hexdigest()
    properties = texts(
        message_id=str(fields.get("Message-Id") or fields.get("message-id") or "").strip("<>"),
        url=fields.get("url"),
        user_agent=fields.get("user-agent"),
        reason=fields.get("error") or fields.get("reason") or fields.get("description"),
        status=fields.get("code"),
        bounce=("hard" if str(fields.get("code", "")).startswith("5") else "soft") if name == "bounced" else None,
    )
    yield activity(
        event_id("mailgun", digest[:40]),
        type_,
        _time(fields.get("timestamp")),
        delivery.received_at,
        recipient(fields.get("recipient"), "recipient", fields, settings),
        source="mailgun",
        direction=direction,
        properties=properties,
    )


def _inner(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}


def _time(value: Any) -> Any:
    try:
        return from_seconds(value)
    except UnreadablePartError as error:
        raise UnreadablePartError(f"timestamp {error}") from None


SOURCE = Source(
    kind="mailgun",
    title="Mailgun",
    connecting=(
        "In Mailgun, under *Sending, Webhooks*, add this address for the events that you want. The *HTTP webhook "
        "signing key*, shown on the same page, is the secret."
    ),
    secret="The HTTP webhook signing key",  # noqa: S106 - says what it is
    settings=settings_of_mail(),
    verify=verify,
    translate=translate,
    once=once,
)
