"""Stripe's webhooks: customers as people, subscriptions and payments as deals; signed by HMAC over time and body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from lifecycle.events import Contact, DealUpdate, Identity
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.proofs import by_hmac, in_window
from lifecycle.sources.reading import (
    activity,
    each,
    event_id,
    json_of,
    not_ahead,
    object_in,
    optional_email,
    optional_text,
    snake_case,
    text_in,
)
from lifecycle.sources.said import Said
from lifecycle.sources.source import RefusedDeliveryError, Source, UnreadablePartError
from lifecycle.sources.stripe_deals import Sale, sale_of
from lifecycle.sources.times import from_seconds

#: As in Stripe's own libraries; every attempt is signed anew.
WINDOW = timedelta(minutes=5)
_MAX_SIGNATURES = 20

_ACTIVITIES: Mapping[str, str] = {
    "customer.created": "crm_contact_created",
    "customer.updated": "crm_contact_changed",
    "customer.deleted": "crm_contact_deleted",
    "customer.subscription.deleted": "subscription_cancelled",
}


def verify(delivery: Delivery, secrets: Sequence[str], _settings: Mapping[str, Any]) -> None:
    """HMAC-SHA256 of ``timestamp.body`` by the whole secret as text; one of several signatures named ``v1``."""
    parts = [part.strip().partition("=") for part in delivery.header("stripe-signature").split(",")]
    signatures = [value for name, _, value in parts if name == "v1" and value][:_MAX_SIGNATURES]
    timestamp = next((value for name, _, value in parts if name == "t"), "")
    if not signatures or not timestamp:
        raise RefusedDeliveryError("missing")
    by_hmac(timestamp.encode("utf-8", "surrogatepass") + b"." + delivery.body, secrets, signatures)
    in_window(timestamp, delivery.received_at, WINDOW)


def translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    """An update of a deal where the event is about a sale, else an activity; both where a subscription ends."""
    return each([json_of(delivery.body)], partial(_event, delivery, settings))


def _event(delivery: Delivery, settings: Mapping[str, Any], part: Any) -> Iterator[Said]:
    event = object_in(part, "the event")
    name = text_in(event.get("type"), "type")
    record = object_in(object_in(event.get("data"), "data").get("object"), "data.object")
    sale = sale_of(name, record, settings)
    if sale is not None:
        yield _deal(event, sale, _who(record, settings), delivery, settings)
    if sale is None or name in _ACTIVITIES:
        # Where it stands beside an update of a deal, it has an id of its own.
        beside = () if sale is None else ("activity",)
        yield activity(
            event_id("stripe", text_in(event.get("id"), "id"), *beside),
            _ACTIVITIES.get(name) or f"stripe_{snake_case(name)}",
            _time(event),
            delivery.received_at,
            _who(record, settings),
            source="stripe",
            direction="internal",
            properties={"object_id": optional_text(record.get("id")), "status": optional_text(record.get("status"))},
            traits=_traits(record) if record.get("object") == "customer" else None,
        )


def _deal(
    event: Mapping[str, Any],
    sale: Sale,
    who: tuple[Identity, ...],
    delivery: Delivery,
    settings: Mapping[str, Any],
) -> DealUpdate:
    amount, currency = sale.money or (None, None)
    return DealUpdate(
        id=event_id("stripe", text_in(event.get("id"), "id")),
        occurred_at=not_ahead(_time(event), delivery.received_at),
        recorded_at=delivery.received_at,
        deal_id=text_in(f"{settings.get('system', 'stripe')}:{sale.number}", "the id of the deal"),
        status=sale.status,
        name=sale.name,
        amount=amount,
        currency=currency,
        lost_reason=sale.lost_reason,
        joined=(Contact(who, None),) if who else (),
    )


def _time(event: Mapping[str, Any]) -> Any:
    try:
        return from_seconds(event.get("created"))
    except UnreadablePartError as error:
        raise UnreadablePartError(f"created {error}") from None


def _who(record: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[Identity, ...]:
    """The customer's id, the email address that the record names, and the app's user id among its metadata."""
    customer = record if record.get("object") == "customer" else record.get("customer")
    # Stripe gives the id of another record, or, where it was asked to, the record itself.
    number = optional_text(customer.get("id") if isinstance(customer, dict) else customer)
    details = record.get("customer_details")
    address = (
        record.get("email")
        or record.get("customer_email")
        or record.get("receipt_email")
        or (details.get("email") if isinstance(details, dict) else None)
        or (customer.get("email") if isinstance(customer, dict) else None)
    )
    metadata, field = record.get("metadata"), settings.get("user_field")
    user = optional_text(metadata.get(field)) if field and isinstance(metadata, dict) else None
    return (
        *optional_email(address),
        *((Identity("user", user),) if user else ()),
        *((Identity(f"crm:{settings.get('system', 'stripe')}", number),) if number else ()),
    )


def _traits(customer: Mapping[str, Any]) -> dict[str, Any]:
    address, locales = customer.get("address"), customer.get("preferred_locales")
    return {
        "name": optional_text(customer.get("name")),
        "phone": optional_text(customer.get("phone")),
        "country": optional_text(address.get("country")) if isinstance(address, dict) else None,
        "locale": optional_text(locales[0]) if isinstance(locales, list) and locales else None,
    }


SOURCE = Source(
    kind="stripe",
    title="Stripe",
    connecting=(
        "In Stripe, under *Developers, Webhooks*, add an endpoint with this address and choose the events "
        "`customer.created`, `customer.updated`, `customer.deleted`, `customer.subscription.created`, "
        "`customer.subscription.updated`, `customer.subscription.deleted`, `checkout.session.completed`, "
        "`checkout.session.async_payment_succeeded`, `checkout.session.async_payment_failed` and `invoice.paid`. "
        "The endpoint's *signing secret* (`whsec_...`) is the secret."
    ),
    secret="The signing secret of the endpoint, whsec_...",  # noqa: S106 - says what it is
    settings={
        "type": "object",
        "properties": {
            "system": {
                "type": "string",
                "pattern": "^[a-z0-9_-]{1,32}$",
                "default": "stripe",
                "description": "The name under which Stripe's ids are kept: customers as `crm:<system>`, deals as "
                "`<system>:<id>`. To be set where two accounts are connected.",
            },
            "trialing": {
                "enum": ["open", "won", "nothing"],
                "default": "open",
                "description": "What a subscription in its trial is: an open deal, a won one, or none yet.",
            },
            "user_field": {
                "type": "string",
                "minLength": 1,
                "maxLength": 128,
                "description": "The key of the metadata under which your app puts its own user id.",
            },
        },
        "additionalProperties": False,
    },
    verify=verify,
    translate=translate,
)
