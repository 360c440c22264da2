"""Activities and deals in the shape of the project's own contract (design, section 5), inside of something else.

``POST /activities`` reads them with more ceremony; tests/unit/sources/test_own_shape.py holds the two together. A field
that is ``null`` counts as left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from lifecycle.events import DEFAULT_DIRECTIONS, Activity, Contact, DealUpdate, Identity, home_identity
from lifecycle.sources import reading
from lifecycle.sources.automation import by_user_agent
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.said import Said
from lifecycle.sources.source import UnreadablePartError
from lifecycle.sources.times import from_iso

#: The types of an envelope whose ``data`` is read here.
ACTIVITY_TYPE = "prospect.activity"
DEAL_TYPE = "prospect.deal"
DEAL_DELETED_TYPE = "prospect.deal_deleted"

ACTIVITY_FIELDS = frozenset(
    {"id", "type", "direction", "occurred_at", "identities", "traits", "properties", "source", "automated"}
)
IDENTITY_FIELDS = frozenset({"email", "visitor", "user", "crm"})
DEAL_FIELDS = frozenset(
    {
        "deal_id", "status", "occurred_at", "name", "amount", "currency", "pipeline", "lost_reason", "contacts",
    }
)  # fmt: skip
CONTACT_FIELDS = frozenset({"email", "crm", "crm_id", "role"})
MAX_CRM_SYSTEMS = 10
MAX_CONTACTS = 200
MAX_AMOUNT = 10**15
AMOUNT_DECIMALS = 4

_SNAKE_CASE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CRM_SYSTEM = re.compile(r"[a-z0-9_-]{1,32}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30})?")
_DIRECTIONS = ("inbound", "outbound", "internal")
_STATUSES = ("open", "won", "lost")
_THE_CRM = "crm"


def enveloped(
    kind: str, event: str, type_: str, data: Any, occurred_at: datetime | None, delivery: Delivery
) -> Iterator[Said]:
    """What an envelope says whose ``data`` is an activity or a deal, by its type.

    Arguments:
        kind: of the source.
        event: what the sender tells the event apart by.
        type_: of the envelope. One that is none of ours is kept as an activity that counts for nothing, of whoever the
            data names.
        data: of the envelope.
        occurred_at: of the envelope; counts where the data has none of its own.
        delivery: that brought it.

    Raises:
        UnreadablePartError: the data is not right.
    """
    content = _object(data, "data")
    id_, time = reading.event_id(kind, event), occurred_at or delivery.received_at
    if type_ == ACTIVITY_TYPE:
        yield activity(content, id_, time, delivery.received_at, kind)
    elif type_ == DEAL_TYPE:
        yield deal(content, id_, time, delivery.received_at)
    elif type_ == DEAL_DELETED_TYPE:
        yield deleted_deal(content, id_, time, delivery.received_at)
    else:
        yield reading.activity(
            id_,
            reading.snake_case(f"{kind}_{type_}"),
            time,
            delivery.received_at,
            named_in(content),
            source=kind,
            direction="internal",
            properties={name: value for name, value in content.items() if name != "identities"},
        )


def named_in(data: Mapping[str, Any]) -> tuple[Identity, ...]:
    """Whom data of an unknown type names: by ``identities`` as ours are, or by an ``email``."""
    if isinstance(data.get("identities"), dict):
        return identities(data["identities"])
    return reading.optional_email(data.get("email"))


def activity(value: Any, event: str, occurred_at: datetime, received_at: datetime, source: str) -> Activity:
    """An activity.

    Arguments:
        value: JSON.
        event: its id, unless it has one of its own.
        occurred_at: its time, unless it has one of its own.
        received_at: the present.
        source: where it is from, unless it says so.

    Raises:
        UnreadablePartError: it is not right.
    """
    fields = _object(value, "the activity", ACTIVITY_FIELDS)
    type_ = _matching(fields.get("type"), "type", _SNAKE_CASE, "snake_case of at most 64 characters")
    properties = _contents(fields.get("properties"), "properties")
    because = by_user_agent(type_, properties)
    if because:
        properties["automated_because"] = because
    return Activity(
        id=_event_id(fields.get("id")) or event,
        occurred_at=reading.not_ahead(_time(fields.get("occurred_at")) or occurred_at, received_at),
        recorded_at=received_at,
        type=type_,
        direction=_choice(fields.get("direction"), "direction", _DIRECTIONS)
        or DEFAULT_DIRECTIONS.get(type_, "inbound"),
        identities=identities(fields.get("identities")),
        automated=bool(because) or fields.get("automated") is True or properties.get("automated") is True,
        properties=properties,
        traits=_contents(fields.get("traits"), "traits"),
        source=_label(fields.get("source"), "source") or source,
    )


def identities(value: Any) -> tuple[Identity, ...]:
    """The ways to recognise a prospect. Raises UnreadablePartError."""
    fields = _object(value, "identities", IDENTITY_FIELDS)
    named = [reading.email(fields["email"], "identities.email")] if fields.get("email") is not None else []
    named += [
        Identity(kind, reading.text_in(fields[kind], f"identities.{kind}"))
        for kind in ("visitor", "user")
        if fields.get(kind) is not None
    ]
    named += _crm_identities(fields.get("crm"), "identities.crm")
    if not named:
        raise UnreadablePartError("identities names nobody: at least one of email, visitor, user, crm is right")
    return tuple(named)


def deal(value: Any, event: str, occurred_at: datetime, received_at: datetime) -> DealUpdate:
    """An update of a deal: as ``PUT /deals/{deal_id}`` takes it, with ``deal_id`` inside.

    Arguments:
        value: JSON.
        event: its id.
        occurred_at: its time, unless it has one of its own.
        received_at: the present.

    Raises:
        UnreadablePartError: it is not right.
    """
    fields = _object(value, "the deal", DEAL_FIELDS)
    amount = _amount(fields.get("amount"))
    currency = fields.get("currency")
    if currency is not None:
        currency = _matching(currency, "currency", _CURRENCY, "three capital letters of ISO 4217")
    elif amount is not None:
        raise UnreadablePartError("amount stands without its currency")
    update = DealUpdate(
        id=event,
        occurred_at=reading.not_ahead(_time(fields.get("occurred_at")) or occurred_at, received_at),
        recorded_at=received_at,
        deal_id=reading.text_in(fields.get("deal_id"), "deal_id"),
        status=_choice(fields.get("status"), "status", _STATUSES),
        name=_label(fields.get("name"), "name"),
        amount=amount,
        currency=currency,
        pipeline=_label(fields.get("pipeline"), "pipeline"),
        lost_reason=_label(fields.get("lost_reason"), "lost_reason"),
        contacts=_contacts(fields.get("contacts")),
    )
    said = (update.status, update.name, update.amount, update.pipeline, update.lost_reason, update.contacts)
    if all(part is None for part in said):
        raise UnreadablePartError(
            "the deal says nothing: at least one of status, name, amount, pipeline, lost_reason, contacts is right"
        )
    return update


def deleted_deal(value: Any, event: str, occurred_at: datetime, received_at: datetime) -> DealUpdate:
    """The withdrawal of a deal, by its ``deal_id``. Raises UnreadablePartError."""
    fields = _object(value, "the deal", frozenset({"deal_id", "occurred_at"}))
    return DealUpdate(
        id=event,
        occurred_at=reading.not_ahead(_time(fields.get("occurred_at")) or occurred_at, received_at),
        recorded_at=received_at,
        deal_id=reading.text_in(fields.get("deal_id"), "deal_id"),
        deleted=True,
    )


def _object(value: Any, name: str, allowed: frozenset[str] | None = None) -> Mapping[str, Any]:
    fields = reading.object_in(value, name)
    if allowed is not None and not fields.keys() <= allowed:
        raise UnreadablePartError(f"{name} has other fields than {', '.join(sorted(allowed))}")
    return fields


def _contacts(value: Any) -> tuple[Contact, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MAX_CONTACTS:
        raise UnreadablePartError(f"contacts is not an array of at most {MAX_CONTACTS}")
    contacts = tuple(dict.fromkeys(_contact(entry) for entry in value))
    if len({home_identity(contact.identities) for contact in contacts}) < len(contacts):
        raise UnreadablePartError("contacts names one person twice, in two ways or roles")
    return contacts


def _contact(value: Any) -> Contact:
    fields = _object(value, "a contact", CONTACT_FIELDS)
    named = [reading.email(fields["email"], "a contact's email")] if fields.get("email") is not None else []
    named += _crm_identities(fields.get("crm"), "a contact's crm")
    if fields.get("crm_id") is not None:
        if fields.get("crm"):
            raise UnreadablePartError("a contact has crm as well as crm_id: either of them is right")
        named.append(reading.crm(_THE_CRM, fields["crm_id"], "a contact's crm_id"))
    if not named:
        raise UnreadablePartError("a contact names nobody: at least one of email, crm, crm_id is right")
    return Contact(tuple(named), _label(fields.get("role"), "a contact's role"))


def _crm_identities(value: Any, name: str) -> list[Identity]:
    if value is None:
        return []
    ids = reading.object_in(value, name)
    if len(ids) > MAX_CRM_SYSTEMS or not all(_CRM_SYSTEM.fullmatch(system) for system in ids):
        raise UnreadablePartError(
            f"{name} does not name at most {MAX_CRM_SYSTEMS} CRMs by 1 to 32 lower-case letters, digits, _ or -"
        )
    return [reading.crm(system, id_, name) for system, id_ in sorted(ids.items())]


def _contents(value: Any, name: str) -> dict[str, Any]:
    return {} if value is None else reading.content(reading.object_in(value, name))


def _event_id(value: Any) -> str | None:
    if value is None:
        return None
    text = reading.text_in(value, "id")
    if len(text) > reading.MAX_EVENT_ID:
        raise UnreadablePartError(f"id is longer than {reading.MAX_EVENT_ID} characters")
    return text


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        return from_iso(value)
    except UnreadablePartError as error:
        raise UnreadablePartError(f"occurred_at {error}") from None


def _amount(value: Any) -> Decimal | None:
    if value is None:
        return None
    wrong = UnreadablePartError(
        f"amount is not a number from 0 up to 10^15 with at most {AMOUNT_DECIMALS} decimals, or a string of it"
    )
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise wrong
    if isinstance(value, str) and not _AMOUNT.fullmatch(value):
        raise wrong
    amount = Decimal(value)
    if not 0 <= amount <= MAX_AMOUNT:
        raise wrong
    exact = amount.quantize(Decimal(1).scaleb(-AMOUNT_DECIMALS))
    if exact != amount:
        raise wrong
    return Decimal(f"{exact:f}".rstrip("0").rstrip(".")) if exact else Decimal(0)


def _label(value: Any, name: str) -> str | None:
    return None if value is None else reading.text_in(value, name)


def _matching(value: Any, name: str, pattern: re.Pattern[str], right: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise UnreadablePartError(f"{name} is not {right}")
    return value


def _choice(value: Any, name: str, allowed: tuple[Any, ...]) -> Any:
    if value is None or value in allowed:
        return value
    raise UnreadablePartError(f"{name} is none of {', '.join(allowed)}")
