"""What one message of the tracking API of Segment and RudderStack says (https://segment.com/docs/connections/spec/)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from lifecycle.events import Activity, Direction, Identity
from lifecycle.sources import reading
from lifecycle.sources.source import UnreadablePartError
from lifecycle.sources.times import from_iso

KIND = "segment"

#: A month or a day without its leading zero, as some clients write it.
_SHORT_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?=T|$)")


class _Meaning(NamedTuple):
    """What a tracked event is to us; ``properties`` are added to its own."""

    type: str
    direction: Direction | None = None
    properties: Mapping[str, Any] = {}


#: Events of the specifications "Email" and "B2B SaaS" that mean one of our types. A trial that starts is one of the key
#: conversions of the default funnel.
_MEANINGS: Mapping[str, _Meaning] = {
    "email_sent": _Meaning("email_sent"),
    "email_delivered": _Meaning("email_delivered"),
    "email_opened": _Meaning("email_open"),
    "email_link_clicked": _Meaning("email_click"),
    "email_bounced": _Meaning("email_bounce"),
    "email_marked_as_spam": _Meaning("spam_complaint"),
    "unsubscribed": _Meaning("email_unsubscribe"),
    "signed_up": _Meaning("form_submission", properties={"form": "sign_up"}),
    "trial_started": _Meaning("form_submission", properties={"form": "trial"}),
    "trial_ended": _Meaning("trial_ended", "internal"),
    "signed_out": _Meaning("signed_out", "internal"),
    "account_removed_user": _Meaning("account_removed_user", "internal"),
    "form_submitted": _Meaning("form_submission"),
    "meeting_booked": _Meaning("meeting_booked"),
    "content_downloaded": _Meaning("content_download"),
}

#: Properties by the names that the funnel and the other sources know them by.
_RENAMED = {"email_id": "message_id", "link_url": "url", "campaign_name": "campaign", "form_name": "form"}

#: Events whose ``properties.email`` is the email of whoever did it: in others it may be a colleague's.
_OWN_EMAIL = frozenset({"signed_up"})


class Reader(NamedTuple):
    """What is the same for all messages of a delivery.

    Attributes:
        received_at: the present.
        sent_at: when the batch was sent, by the sender's clock; ``None`` where it does not say.
        context: of the batch, for messages that have none.
        settings: of the source.
    """

    received_at: datetime
    sent_at: Any
    context: Mapping[str, Any]
    settings: Mapping[str, Any]

    def read(self, message: Mapping[str, Any], type_: str) -> Activity:
        """The activity that a message is. Raises UnreadablePartError."""
        context = {**self.context, **_object(message.get("context"))}
        properties = _object(message.get("properties"))
        meaning, told = _meaning(message, type_, self.settings)
        return reading.activity(
            self._id(message),
            meaning.type,
            self._time(message),
            self.received_at,
            self._identities(message, type_, context, properties),
            source=KIND,
            direction=meaning.direction,
            properties={**_circumstances(context), **_renamed(properties), **told, **meaning.properties},
            traits=_traits(message, type_, context),
        )

    def _id(self, message: Mapping[str, Any]) -> str:
        """By ``messageId``, which every library makes; else by all that the message says, its times included."""
        given = message.get("messageId", message.get("message_id"))
        if given is not None:
            return reading.event_id(KIND, reading.text_in(given, "messageId"))
        said = json.dumps(message, sort_keys=True, default=str)
        times = (message.get("timestamp"), message.get("originalTimestamp"), message.get("sentAt"), self.sent_at)
        present = "" if any(times) else self.received_at.isoformat()
        digest = hashlib.sha256(f"{present}{said}".encode("utf-8", "surrogatepass")).hexdigest()
        return reading.event_id(KIND, digest[:40])

    def _time(self, message: Mapping[str, Any]) -> datetime:
        """When it happened, by our clock: as long before it was received as it was before it was sent.

        The sender's clock may be wrong, but it is the same clock for both (Segment, "Timestamps in your data").
        """
        happened = message.get("originalTimestamp") or message.get("timestamp")
        if happened is None:
            return self.received_at
        sent = message.get("sentAt") or self.sent_at
        if sent is None:
            return _iso(happened, "timestamp")
        try:
            return self.received_at - (_iso(sent, "sentAt") - _iso(happened, "timestamp"))
        except OverflowError:
            raise UnreadablePartError("timestamp and sentAt are thousands of years apart") from None

    def _identities(
        self, message: Mapping[str, Any], type_: str, context: Mapping[str, Any], properties: Mapping[str, Any]
    ) -> tuple[Identity, ...]:
        user, visitor = _either(message, "userId", "user_id"), _either(message, "anonymousId", "anonymous_id")
        named = list(self._emails(message, type_, context, properties))
        if user is not None:
            if not named and self.settings.get("user_id_is_email", False):
                named += reading.optional_email(user)
            named.append(Identity("user", user))
        if visitor is not None:
            named.append(Identity("visitor", visitor))
        if type_ == "alias":
            named.append(self._previous(message))
        return tuple(named)

    def _emails(
        self, message: Mapping[str, Any], type_: str, context: Mapping[str, Any], properties: Mapping[str, Any]
    ) -> tuple[Identity, ...]:
        """The person's email: a group's traits are the group's."""
        traits = {} if type_ == "group" else _object(message.get("traits"))
        own = properties.get("email") if _name(message) in _OWN_EMAIL else None
        for value in (traits.get("email"), _object(context.get("traits")).get("email"), own):
            if value is not None and (found := reading.optional_email(value)):
                return found
        return ()

    def _previous(self, message: Mapping[str, Any]) -> Identity:
        """The id that an alias ends: an email, or, as the settings have it, a visitor's or a user's."""
        previous = _either(message, "previousId", "previous_id")
        if previous is None:
            raise UnreadablePartError("previousId is missing")
        if "@" in previous and (found := reading.optional_email(previous)):
            return found[0]
        return Identity(self.settings.get("previous_id", "visitor"), previous)


def _meaning(message: Mapping[str, Any], type_: str, settings: Mapping[str, Any]) -> tuple[_Meaning, Mapping[str, Any]]:
    """What a message is to us, and what it tells besides its properties."""
    if read := _CALLS.get(type_):
        return read(message)
    if type_ != "track":
        return _Meaning(reading.snake_case(f"{KIND}_{type_}"), "internal"), {}
    event = message.get("event")
    if not isinstance(event, str):
        raise UnreadablePartError("event is missing, or no text")
    told = {"event": event}
    if own := settings.get("events", {}).get(event):
        return _Meaning(own["type"], own.get("direction"), own.get("properties", {})), told
    name = reading.snake_case(event)
    meaning = _MEANINGS.get(name) or _Meaning(name)
    if meaning.type == "email_bounce":
        told["bounce"] = _bounce(_object(message.get("properties")))
    return meaning, told


def _bounce(properties: Mapping[str, Any]) -> Any:
    """Whether the address is no good for ever, where the event says so: the specification has no field for it."""
    kind = properties.get("bounce_type") or properties.get("type")
    return kind.lower() if isinstance(kind, str) and kind.lower() in ("hard", "soft") else None


def _page(message: Mapping[str, Any]) -> tuple[_Meaning, Mapping[str, Any]]:
    return _Meaning("website_visit"), _named(message)


def _screen(message: Mapping[str, Any]) -> tuple[_Meaning, Mapping[str, Any]]:
    return _Meaning("screen_view"), _named(message)


def _named(message: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: message[name] for name in ("name", "category") if message.get(name)}


def _group(message: Mapping[str, Any]) -> tuple[_Meaning, Mapping[str, Any]]:
    return _Meaning("group", "internal"), {"group_id": _either(message, "groupId", "group_id")}


def _alias(message: Mapping[str, Any]) -> tuple[_Meaning, Mapping[str, Any]]:
    return _Meaning("alias", "internal"), {"previous_id": _either(message, "previousId", "previous_id")}


def _identify(_message: Mapping[str, Any]) -> tuple[_Meaning, Mapping[str, Any]]:
    return _Meaning("identify", "internal"), {}


_CALLS: Mapping[str, Callable[[Mapping[str, Any]], tuple[_Meaning, Mapping[str, Any]]]] = {
    "page": _page,
    "screen": _screen,
    "group": _group,
    "alias": _alias,
    "identify": _identify,
}


def _circumstances(context: Mapping[str, Any]) -> dict[str, Any]:
    """What the context tells of where it happened. The address of the network (``ip``) is not kept."""
    page, campaign = _object(context.get("page")), _object(context.get("campaign"))
    told = {name: page[name] for name in ("url", "path", "title", "referrer", "search") if page.get(name)}
    told |= {f"utm_{'campaign' if name == 'name' else name}": value for name, value in campaign.items()}
    if agent := context.get("userAgent") or context.get("user_agent"):
        told["user_agent"] = agent
    return told


def _renamed(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Properties by the names that others know, unless one of that name is there already."""
    if not _RENAMED.keys() & properties.keys():
        return properties
    return {
        _RENAMED[name] if name in _RENAMED and _RENAMED[name] not in properties else name: value
        for name, value in properties.items()
    }


def _traits(message: Mapping[str, Any], type_: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """Traits by snake_case names. A group's say what group the person is in."""
    traits = {**_object(context.get("traits")), **_object(message.get("traits"))} if type_ != "group" else {}
    told = {_trait(name): value for name, value in traits.items()}
    if type_ == "group":
        told = {f"group_{_trait(name)}": value for name, value in _object(message.get("traits")).items()}
        told["group_id"] = _either(message, "groupId", "group_id")
    return told


def _trait(name: str) -> str:
    try:
        return reading.snake_case(name)
    except UnreadablePartError:
        return name  # in another script: better as it is than not at all


def _name(message: Mapping[str, Any]) -> str | None:
    event = message.get("event")
    return _trait(event) if isinstance(event, str) else None


def _either(message: Mapping[str, Any], name: str, other: str) -> str | None:
    """A field by either of its names (the documentation of the email events has the second)."""
    value = message.get(name, message.get(other))
    return None if value is None or value == "" else reading.text_in(value, name)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _iso(value: Any, name: str) -> datetime:
    try:
        return from_iso(value)
    except UnreadablePartError as error:
        try:
            return from_iso(_SHORT_DATE.sub(lambda m: f"{m[1]}-{m[2]:0>2}-{m[3]:0>2}", str(value)[:40], count=1))
        except UnreadablePartError:
            raise UnreadablePartError(f"{name} {error}") from None
