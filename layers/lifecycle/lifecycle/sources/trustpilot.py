"""Trustpilot's webhooks: new, changed and deleted reviews of a service or of products; nothing in them is signed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from lifecycle.events import Identity
from lifecycle.sources import proofs
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.reading import (
    activity,
    crm,
    each,
    email,
    event_id,
    json_of,
    object_in,
    optional_text,
    snake_case,
    text_in,
)
from lifecycle.sources.said import Said
from lifecycle.sources.source import Source, UnreadableDeliveryError, UnreadablePartError
from lifecycle.sources.times import from_iso

_REVIEWS = frozenset(
    f"{of}-review-{what}" for of in ("service", "product") for what in ("created", "updated", "deleted")
)


def verify(delivery: Delivery, secrets: Sequence[str], _settings: Mapping[str, Any]) -> None:
    """The token that follows the address that Trustpilot was told."""
    proofs.by_value(delivery.call, secrets)


def translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    """One activity for each event, or for a single one, as it comes from quarantine."""
    body = json_of(delivery.body)
    told = body if isinstance(body, dict) else {}
    events = [told] if "eventName" in told else told.get("events")
    if not isinstance(events, list):
        raise UnreadableDeliveryError("The body has no array named events.")
    return each(events, partial(_event, delivery, settings))


def _event(delivery: Delivery, settings: Mapping[str, Any], part: Any) -> Iterator[Said]:
    event = object_in(part, "the event")
    name = text_in(event.get("eventName"), "eventName")
    review = object_in(event.get("eventData"), "eventData")
    number = text_in(review.get("id"), "eventData.id")
    if name in _REVIEWS and not name.endswith("deleted"):
        type_, rating = "review", _rating(review)
    else:
        type_, rating = ("review_deleted" if name in _REVIEWS else f"trustpilot_{snake_case(name)}"), None
    # A changed review has the id of the review: what it says now tells one change from the next.
    version = (
        (review.get("updatedAt"), rating, review.get("title"), review.get("text")) if name.endswith("updated") else ()
    )
    yield activity(
        event_id("trustpilot", name, number, *version),
        type_,
        _time(review, name, delivery.received_at),
        delivery.received_at,
        _who(review, settings),
        source="trustpilot",
        direction="inbound" if type_ == "review" else "internal",
        properties={
            "rating": rating,
            "title": optional_text(review.get("title")),
            "review_id": number,
            "review_of": name.partition("-")[0] if name in _REVIEWS else None,
            "url": optional_text(review.get("link")),
        },
    )


def _rating(review: Mapping[str, Any]) -> int:
    stars = review.get("stars")
    if not isinstance(stars, int) or isinstance(stars, bool) or not 1 <= stars <= 5:
        raise UnreadablePartError("eventData.stars is no whole number from 1 to 5")
    return stars


def _time(review: Mapping[str, Any], name: str, received_at: datetime) -> datetime:
    """When it was written. Of a change and a deletion no time is documented: then it is that of the arrival."""
    field = "createdAt" if name.endswith("created") else "updatedAt"
    if field == "updatedAt" and not review.get(field):
        return received_at
    try:
        return from_iso(review.get(field))
    except UnreadablePartError as error:
        raise UnreadablePartError(f"eventData.{field} {error}") from None


def _who(review: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[Identity, ...]:
    """Trustpilot names nobody by email: whom an invitation named by its reference, and the reviewer there."""
    consumer = object_in(review.get("consumer"), "eventData.consumer")
    reviewer = crm(settings.get("system", "trustpilot"), consumer.get("id"), "eventData.consumer.id")
    reference, means = review.get("referenceId"), settings.get("reference", "nobody")
    if not reference or means == "nobody":
        return (reviewer,)
    if means == "email":
        return (email(reference, "eventData.referenceId"), reviewer)
    text = text_in(reference, "eventData.referenceId")
    return (Identity("user", text) if means == "user" else crm(settings.get("crm", ""), text, "referenceId"), reviewer)


_SYSTEM: Mapping[str, Any] = {"type": "string", "pattern": "^[a-z0-9_-]{1,32}$"}

SOURCE = Source(
    kind="trustpilot",
    title="Trustpilot",
    connecting=(
        "Make up a long random token. In Trustpilot Business, under *Integrations, Developers, Webhook notifications*, "
        "add this address, a slash and the token for new, updated and deleted reviews. The token is the secret. So "
        "that reviews are known to be your prospects', put what you know them by into the reference of your "
        "invitations, and say in the setting `reference` what that is."
    ),
    secret="The token that you append to the address, after a slash",  # noqa: S106 - says what it is
    settings={
        "type": "object",
        "properties": {
            "reference": {
                "enum": ["nobody", "email", "user", "crm"],
                "default": "nobody",
                "description": "What the reference of your invitations is: an email address, the user id of your app, "
                "an id of your CRM (which the setting `crm` names), or nothing that names a person.",
            },
            "crm": {**_SYSTEM, "description": "Where `reference` is `crm`: the name of that CRM, such as `hubspot`."},
            "system": {
                **_SYSTEM,
                "default": "trustpilot",
                "description": "The name under which Trustpilot's ids of reviewers are kept: `crm:<system>`.",
            },
        },
        "if": {"properties": {"reference": {"const": "crm"}}, "required": ["reference"]},
        "then": {"required": ["crm"]},
        "additionalProperties": False,
    },
    verify=verify,
    translate=translate,
)
