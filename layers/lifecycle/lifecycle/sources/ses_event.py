"""An event of Amazon SES as both ways bring it: by SNS as the text of a message, by EventBridge as an event's detail.

SES gives its events no id. What tells them apart is the same both ways, so that an event that comes by both is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from lifecycle.events import Direction
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.mail import recipient, texts
from lifecycle.sources.reading import activity, event_id, object_in, optional_text, snake_case, text_in
from lifecycle.sources.said import Said, Unreadable
from lifecycle.sources.source import UnreadablePartError
from lifecycle.sources.times import from_iso


class _Reading(NamedTuple):
    """How an event is read: the type and direction of its activity, its own object, and where recipients stand in it.

    Without ``recipients`` the event is about all whom the message went to.
    """

    type: str
    direction: Direction | None
    own: str
    recipients: str = ""


_EVENTS: Mapping[str, _Reading] = {
    "send": _Reading("email_sent", None, "send"),
    "delivery": _Reading("email_delivered", None, "delivery", "recipients"),
    "delivery_delay": _Reading("email_deferred", "internal", "deliveryDelay", "delayedRecipients"),
    "open": _Reading("email_open", None, "open"),
    "click": _Reading("email_click", None, "click"),
    "bounce": _Reading("email_bounce", None, "bounce", "bouncedRecipients"),
    "complaint": _Reading("spam_complaint", None, "complaint", "complainedRecipients"),
    "reject": _Reading("email_dropped", "internal", "reject"),
    "rendering_failure": _Reading("email_dropped", "internal", "failure"),
    "subscription": _Reading("email_unsubscribe", None, "subscription"),
}
#: Addresses that SES would not send to any more: nothing new happened there.
_SUPPRESSED = "OnAccountSuppressionList"
_IN_BRACKETS = re.compile(r"<([^<>]+)>\s*$")
_MAX_RECIPIENTS = 50  # of one message (Amazon SES Developer Guide, "Service quotas")


def said_of(part: Any, delivery: Delivery, settings: Mapping[str, Any]) -> Iterator[Said]:
    """One activity for each recipient that an event is about.

    Raises:
        UnreadablePartError: nothing can be made of the whole of it.
    """
    event = object_in(part, "the event")
    name = snake_case(text_in(event.get("eventType") or event.get("notificationType"), "eventType"))
    mail = object_in(event.get("mail"), "mail")
    reading = _EVENTS.get(name) or _Reading(f"ses_{name}", "internal", name)
    own = own if isinstance(own := event.get(reading.own), dict) else {}
    to = _recipients(own, mail, reading)
    type_, direction = _meaning(reading, own, len(to))
    time = _time(own, mail)
    message = text_in(mail.get("messageId"), "mail.messageId")
    properties = texts(
        message_id=message,
        url=own.get("link"),
        user_agent=own.get("userAgent"),
        reason=own.get("bounceSubType") or own.get("complaintFeedbackType") or own.get("reason"),
        bounce=_bounce(own) if type_ == "email_bounce" else None,
    )
    for address in to:
        try:
            who = recipient(_bare(address), "the recipient", _tags(mail), settings)
        except UnreadablePartError as error:
            yield Unreadable(part, str(error))
            continue
        yield activity(
            _id(name, own if "timestamp" in own else mail, message, who[0].value),
            type_,
            time,
            delivery.received_at,
            who,
            source="ses",
            direction=direction,
            properties=properties,
        )


def _recipients(own: Mapping[str, Any], mail: Mapping[str, Any], reading: _Reading) -> Sequence[Any]:
    named = own.get(reading.recipients) or mail.get("destination")
    if not isinstance(named, list) or not named or len(named) > _MAX_RECIPIENTS:
        raise UnreadablePartError(f"its recipients are no list of 1 to {_MAX_RECIPIENTS}")
    return [one.get("emailAddress") if isinstance(one, dict) else one for one in named]


def _meaning(reading: _Reading, own: Mapping[str, Any], recipients: int) -> tuple[str, Direction | None]:
    if reading.own in ("open", "click") and recipients > 1:
        # SES does not say which of them it was; nobody may become engaged by what another did.
        return f"{reading.type}_of_one_of_several", "internal"
    if _SUPPRESSED in (own.get("bounceSubType"), own.get("complaintSubType")):
        return "email_dropped", "internal"
    if reading.own == "subscription":
        now = own.get("newTopicPreferences")
        if not isinstance(now, dict) or now.get("unsubscribeAll") is not True:
            return "email_preferences_changed", "internal"
    return reading.type, reading.direction


def _bounce(own: Mapping[str, Any]) -> str:
    return "hard" if own.get("bounceType") == "Permanent" else "soft"


def _time(own: Mapping[str, Any], mail: Mapping[str, Any]) -> datetime:
    try:
        return from_iso(own.get("timestamp") or mail.get("timestamp"))
    except UnreadablePartError as error:
        raise UnreadablePartError(f"its timestamp {error}") from None


def _id(name: str, own: Mapping[str, Any], message: str, who: str) -> str:
    """A bounce and a complaint have an id; of the others, what tells them apart. For each recipient one."""
    if feedback := optional_text(own.get("feedbackId")):
        return event_id("ses", name, feedback, who)
    return event_id("ses", name, message, own.get("timestamp"), own.get("link", ""), who)


def _bare(address: Any) -> Any:
    """An address without the name that may stand before it."""
    match = _IN_BRACKETS.search(address) if isinstance(address, str) else None
    return match[1] if match else address


def _tags(mail: Mapping[str, Any]) -> Mapping[str, Any]:
    """The tags of a message; each has a list of values, of which the first is taken."""
    tags = mail.get("tags")
    if not isinstance(tags, dict):
        return {}
    return {name: values[0] for name, values in tags.items() if isinstance(values, list) and values}
