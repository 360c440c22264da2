"""Calendly: webhook subscriptions, version 2 (https://developer.calendly.com/api-docs/overview/webhooks)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from lifecycle.events import Direction, Identity
from lifecycle.sources import reading
from lifecycle.sources.conversions import campaign
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.proofs import in_window, one_of
from lifecycle.sources.said import Said
from lifecycle.sources.source import RefusedDeliveryError, Source, UnreadablePartError
from lifecycle.sources.times import from_iso

KIND = "calendly"


class _Meaning(NamedTuple):
    """What an event of Calendly is to us, and in which object inside of the payload its id and time stand."""

    type: str
    direction: Direction
    inside: str | None = None


#: A meeting that is cancelled is no sign of interest, and one that was missed even less: both count for nothing.
_MEANINGS = {
    "invitee.created": _Meaning("meeting_booked", "inbound"),
    "invitee.canceled": _Meaning("meeting_cancelled", "internal", "cancellation"),
    "invitee_no_show.created": _Meaning("meeting_no_show", "internal", "no_show"),
    "routing_form_submission.created": _Meaning("form_submission", "inbound"),
}


def _verify(delivery: Delivery, secrets: Sequence[str], _settings: Mapping[str, Any]) -> None:
    pairs = [entry.strip().partition("=") for entry in delivery.header("calendly-webhook-signature").split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    given = [value.encode("utf-8", "surrogatepass") for name, _, value in pairs if name == "v1"]
    if len(times) != 1 or not given:
        raise RefusedDeliveryError("missing")
    in_window(times[0], delivery.received_at)
    signed = times[0].encode() + b"." + delivery.body
    one_of(given, [hmac.digest(secret.encode(), signed, hashlib.sha256).hex().encode() for secret in secrets])


def _translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    return reading.each([reading.json_of(delivery.body)], lambda body: _said(body, delivery, settings))


def _said(body: Any, delivery: Delivery, settings: Mapping[str, Any]) -> Iterator[Said]:
    event = reading.object_in(body, "the body")
    name = reading.text_in(event.get("event"), "event")
    payload = reading.object_in(event.get("payload"), "payload")
    uri = reading.text_in(payload.get("uri"), "payload.uri")
    meaning = _MEANINGS.get(name) or _Meaning(reading.snake_case(f"{KIND}_{name}"), "internal")
    if name == "invitee.created" and payload.get("old_invitee"):
        meaning = _Meaning("meeting_rescheduled", "inbound")
    yield reading.activity(
        reading.event_id(KIND, name, uri, *_again(payload, meaning)),
        meaning.type,
        _time(event, payload, meaning),
        delivery.received_at,
        _identities(payload),
        source=KIND,
        direction=meaning.direction,
        properties={
            **_meeting(payload),
            **_form(name, payload, settings),
            **campaign(_object(payload, "tracking")),
            "answers": _answers(payload),
        },
        traits={trait: payload.get(trait) for trait in ("name", "first_name", "last_name", "timezone")},
    )


def _again(payload: Mapping[str, Any], meaning: _Meaning) -> tuple[str, ...]:
    """What tells two events of the same name about one invitee apart: a no-show can be taken back, and made again."""
    inner = _object(payload, meaning.inside) if meaning.inside else {}
    return tuple(text for text in (reading.optional_text(inner.get("uri")),) if text)


def _time(event: Mapping[str, Any], payload: Mapping[str, Any], meaning: _Meaning) -> datetime:
    """When it happened: what happened has a time, or the invitee, where that is what is new; else the event has."""
    own = _object(payload, meaning.inside) if meaning.inside else payload
    told = own.get("created_at") if meaning.direction == "inbound" or meaning.inside else None
    try:
        return from_iso(told if told is not None else event.get("created_at"))
    except UnreadablePartError as error:
        raise UnreadablePartError(f"created_at {error}") from None


def _object(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = payload.get(name)
    return value if isinstance(value, dict) else {}


def _identities(payload: Mapping[str, Any]) -> tuple[Identity, ...]:
    """The invitee by email; who filled in a routing form, by the first answer that is one."""
    if payload.get("email") is not None:
        return (reading.email(payload["email"], "payload.email"),)
    for value in _answers(payload).values():
        if isinstance(value, str) and "@" in value and (found := reading.optional_email(value)):
            return found
    return ()


def _answers(payload: Mapping[str, Any]) -> dict[str, Any]:
    told = payload.get("questions_and_answers")
    pairs = [entry for entry in told if isinstance(entry, dict)] if isinstance(told, list) else []
    return {
        question: entry.get("answer")
        for entry in pairs[: reading.MAX_NAMES]
        if (question := reading.optional_text(entry.get("question")))
    }


def _meeting(payload: Mapping[str, Any]) -> dict[str, Any]:
    meeting = _object(payload, "scheduled_event")
    cancellation = _object(payload, "cancellation")
    return {
        "meeting": meeting.get("name"),
        "meeting_uri": meeting.get("uri"),
        "meeting_starts": meeting.get("start_time"),
        "meeting_ends": meeting.get("end_time"),
        "rescheduled": bool(payload.get("rescheduled") or payload.get("old_invitee")) or None,
        "cancelled_by": cancellation.get("canceler_type"),
        "reason": cancellation.get("reason"),
        "salesforce_uuid": _object(payload, "tracking").get("salesforce_uuid"),
    }


def _form(name: str, payload: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    if name != "routing_form_submission.created":
        return {}
    uri = reading.optional_text(payload.get("routing_form")) or "routing_form"
    return {"form": settings.get("routing_forms", {}).get(uri, uri), "form_id": uri}


SOURCE = Source(
    kind=KIND,
    title="Calendly",
    connecting=(
        "Calendly makes webhook subscriptions by its API alone: `POST https://api.calendly.com/webhook_subscriptions` "
        "with the address of this source as `url`, the events `invitee.created`, `invitee.canceled`, "
        "`invitee_no_show.created` and `routing_form_submission.created`, your organisation, the scope `organization`, "
        "and a `signing_key` of your own, which is the secret here."
    ),
    secret="The signing key of the webhook subscription.",  # noqa: S106 - words about it
    settings={
        "type": "object",
        "properties": {
            "routing_forms": {
                "description": (
                    "What each routing form is for, as the funnel calls it (contact, demo, trial, ...), by its URI. By "
                    "default the URI."
                ),
                "type": "object",
                "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 256},
                "maxProperties": 1000,
            }
        },
        "additionalProperties": False,
    },
    verify=_verify,
    translate=_translate,
)
