"""Postmark's webhooks: one record about one message a request; nothing is signed, Basic authentication stands in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from lifecycle.events import Direction
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.mail import recipient, settings_of_mail, texts
from lifecycle.sources.proofs import by_basic
from lifecycle.sources.reading import activity, each, event_id, json_of, object_in, optional_text, snake_case, text_in
from lifecycle.sources.said import Said
from lifecycle.sources.source import Source, UnreadablePartError
from lifecycle.sources.times import from_iso

#: Of the types of a bounce (documentation, "Bounce types") those that are none; the rest are soft.
_HARD = frozenset({"HardBounce", "BadEmailAddress"})
_NO_BOUNCE: Mapping[str, tuple[str, Direction | None]] = {
    "SpamComplaint": ("spam_complaint", None),
    "Unsubscribe": ("email_unsubscribe", None),
    "Subscribe": ("email_resubscribe", "internal"),
    "AutoResponder": ("email_auto_reply", "internal"),
    "AddressChange": ("email_auto_reply", "internal"),
    "ChallengeVerification": ("email_auto_reply", "internal"),
    "ManuallyDeactivated": ("email_suppressed", "internal"),
}


class _Reading(NamedTuple):
    """How a record is read: its type and direction, and the names of its fields."""

    type: str
    direction: Direction | None
    who: str
    when: str


_RECORDS: Mapping[str, _Reading] = {
    "Delivery": _Reading("email_delivered", None, "Recipient", "DeliveredAt"),
    "Open": _Reading("email_open", None, "Recipient", "ReceivedAt"),
    "Click": _Reading("email_click", None, "Recipient", "ReceivedAt"),
    "Bounce": _Reading("email_bounce", None, "Email", "BouncedAt"),
    "SpamComplaint": _Reading("spam_complaint", None, "Email", "BouncedAt"),
    "SubscriptionChange": _Reading("email_unsubscribe", None, "Recipient", "ChangedAt"),
}


def verify(delivery: Delivery, secrets: Sequence[str], _settings: Mapping[str, Any]) -> None:
    """Basic authentication, which is all that Postmark has."""
    by_basic(delivery, secrets)


def translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    """One activity."""
    return each([json_of(delivery.body)], partial(_record, delivery, settings))


def _record(delivery: Delivery, settings: Mapping[str, Any], part: Any) -> Iterator[Said]:
    record = object_in(part, "the record")
    name = text_in(record.get("RecordType"), "RecordType")
    reading = _RECORDS.get(name) or _unknown(record, name)
    identities = recipient(record.get(reading.who), reading.who, record.get("Metadata"), settings)
    type_, direction, bounce = _meaning(record, name, reading)
    properties = texts(
        message_id=record.get("MessageID"),
        url=record.get("OriginalLink"),
        user_agent=record.get("UserAgent"),
        reason=record.get("SuppressionReason") or record.get("Description") or record.get("Type"),
        bounce=bounce,
        categories=[tag] if (tag := optional_text(record.get("Tag"))) else None,
        message_stream=record.get("MessageStream"),
    )
    yield activity(
        _id(record, name, reading, identities[0].value),
        type_,
        _time(record, reading.when),
        delivery.received_at,
        identities,
        source="postmark",
        direction=direction,
        properties=properties,
    )


def _unknown(record: Mapping[str, Any], name: str) -> _Reading:
    """A record that is new at Postmark: whoever it names, whenever it says."""
    when = next((field for field, value in record.items() if field.endswith("At") and isinstance(value, str)), "")
    return _Reading(f"postmark_{snake_case(name)}", "internal", "Recipient" if "Recipient" in record else "Email", when)


def _meaning(record: Mapping[str, Any], name: str, reading: _Reading) -> tuple[str, Direction | None, str | None]:
    """The activity's type and direction, and whether a bounce is hard or soft."""
    kind = record.get("Type")
    if name == "Bounce" and isinstance(kind, str):
        if other := _NO_BOUNCE.get(kind):
            return *other, None
        return reading.type, reading.direction, "hard" if kind in _HARD else "soft"
    if name == "SubscriptionChange":
        if record.get("SuppressSending") is not True:
            return "email_resubscribe", "internal", None
        if record.get("SuppressionReason") in ("HardBounce", "SpamComplaint"):
            # The bounce or complaint itself is a record of its own.
            return "email_suppressed", "internal", None
    return reading.type, reading.direction, None


def _id(record: Mapping[str, Any], name: str, reading: _Reading, who: str) -> str:
    """A bounce and a complaint have an id of their own; of the others, what tells them apart."""
    if isinstance(number := record.get("ID"), int):
        return event_id("postmark", name, number)
    message = text_in(record.get("MessageID"), "MessageID")
    # Whether they are suppressed or no longer may change twice within the second that its time is given in.
    way = [record["SuppressSending"]] if isinstance(record.get("SuppressSending"), bool) else []
    return event_id("postmark", name, message, who, record.get(reading.when), record.get("OriginalLink", ""), *way)


def _time(record: Mapping[str, Any], name: str) -> Any:
    try:
        return from_iso(record.get(name))
    except UnreadablePartError as error:
        raise UnreadablePartError(f"{name or 'its time'} {error}") from None


SOURCE = Source(
    kind="postmark",
    title="Postmark",
    connecting=(
        "In Postmark, add a webhook to each message stream (*Webhooks*, *Add webhook*) with this address, a user and a "
        "long random password of your own as Basic auth, and choose the events. The secret is `user:password`."
    ),
    secret="User and password of Basic authentication, with a colon between them, as entered at the webhook",  # noqa: S106 - words
    settings=settings_of_mail(),
    verify=verify,
    translate=translate,
)
