"""Delighted's webhooks: answers to surveys and withdrawals from them, signed by HMAC over the raw body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from lifecycle.events import Identity
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.proofs import by_hmac
from lifecycle.sources.reading import (
    activity,
    crm,
    each,
    event_id,
    json_of,
    object_in,
    optional_email,
    optional_text,
    snake_case,
    text_in,
)
from lifecycle.sources.said import Said
from lifecycle.sources.source import RefusedDeliveryError, Source, UnreadablePartError
from lifecycle.sources.times import from_seconds

_ANSWERS = frozenset({"survey_response.created", "survey_response.updated"})


def verify(delivery: Delivery, secrets: Sequence[str], _settings: Mapping[str, Any]) -> None:
    """HMAC-SHA256 of the raw body. It covers no time: what is replayed has the same event id, and changes nothing."""
    method, _, signature = delivery.header("x-delighted-webhook-signature").partition("=")
    if method.strip().lower() != "sha256" or not signature:
        raise RefusedDeliveryError("missing")
    by_hmac(delivery.body, secrets, [signature.strip()])


def translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    """One activity."""
    return each([json_of(delivery.body)], partial(_event, delivery, settings))


def _event(delivery: Delivery, settings: Mapping[str, Any], part: Any) -> Iterator[Said]:
    event = object_in(part, "the event")
    name = text_in(event.get("event_type"), "event_type")
    data = object_in(event.get("event_data"), "event_data")
    person: Mapping[str, Any] = named if isinstance(named := data.get("person"), dict) else data
    properties = {
        "score": score if isinstance(score := data.get("score"), int) and not isinstance(score, bool) else None,
        "survey_type": optional_text(data.get("survey_type")),
        "comment": data.get("comment") if isinstance(data.get("comment"), str) else None,
        "response_id": optional_text(data.get("id")) if name in _ANSWERS else None,
    }
    yield activity(
        event_id("delighted", text_in(event.get("event_id"), "event_id")),
        _type(name, data),
        _time(data, delivery.received_at),
        delivery.received_at,
        (*optional_email(person.get("email")), *_person(data, person, settings)),
        source="delighted",
        direction="inbound" if name in _ANSWERS else "internal",
        properties=properties,
    )


def _type(name: str, data: Mapping[str, Any]) -> str:
    """Surveys of another kind than NPS have other scales, and must not be taken for one."""
    if name in _ANSWERS:
        return "nps_response" if data.get("survey_type", "nps") == "nps" else "survey_response"
    return "email_unsubscribe" if name == "unsubscribe.created" else f"delighted_{snake_case(name)}"


def _person(data: Mapping[str, Any], person: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[Identity, ...]:
    number = person.get("id") if person is not data else data.get("person_id")
    return (crm(settings.get("system", "delighted"), number, "person.id"),) if number is not None else ()


def _time(data: Mapping[str, Any], received_at: datetime) -> datetime:
    """When it was last changed. A withdrawal is not documented to have a time: then it is that of its arrival."""
    value = next((data[name] for name in ("updated_at", "unsubscribed_at", "created_at") if data.get(name)), None)
    if value is None:
        return received_at
    try:
        return from_seconds(value)
    except UnreadablePartError as error:
        raise UnreadablePartError(f"event_data.updated_at {error}") from None


SOURCE = Source(
    kind="delighted",
    title="Delighted",
    connecting=(
        "In Delighted, under *Integrations, Webhooks*, add this address for responses, and for unsubscribes if you "
        "like. The secret is the private API key of your account (*Settings, API*)."
    ),
    secret="The private API key, by which Delighted signs its webhooks",  # noqa: S106 - says what it is
    settings={
        "type": "object",
        "properties": {
            "system": {
                "type": "string",
                "pattern": "^[a-z0-9_-]{1,32}$",
                "default": "delighted",
                "description": "The name under which Delighted's ids of people are kept: `crm:<system>`.",
            }
        },
        "additionalProperties": False,
    },
    verify=verify,
    translate=translate,
)
