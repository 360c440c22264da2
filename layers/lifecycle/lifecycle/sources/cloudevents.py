"""CloudEvents 1.0 over HTTP (https://cloudevents.io): one event by headers or as JSON, or a batch of them.

The specification has no security of its own; it is taken from Standard Webhooks, or a secret is sent along.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from lifecycle.sources import own_shape, proofs, reading, standard_signature
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.said import Said
from lifecycle.sources.source import Reply, Source, Tally, UnreadableDeliveryError, UnreadablePartError
from lifecycle.sources.times import from_iso

KIND = "cloudevents"
MAX_EVENTS = 500

_STRUCTURED = "application/cloudevents+json"
_BATCHED = "application/cloudevents-batch+json"
_JSON = re.compile(r"(application|text)/([a-z0-9.+-]+\+)?json")
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
#: What a sender that asks is allowed: more than most send, and less than one source may take from the others.
EVENTS_A_MINUTE = 6_000

_ORIGIN = re.compile(r"[A-Za-z0-9.-]{1,253}")


def _verify(delivery: Delivery, secrets: Sequence[str], settings: Mapping[str, Any]) -> None:
    verification = settings.get("verification", "bearer")
    if verification == "standard_webhooks":
        standard_signature.verify(delivery, secrets)
    elif verification == "basic":
        proofs.by_basic(delivery, secrets, settings.get("user", "cloudevents"))
    else:
        proofs.by_bearer(delivery, secrets)


def _translate(delivery: Delivery, _settings: Mapping[str, Any]) -> Iterable[Said]:
    return reading.each(_events(delivery), lambda event: _said(event, delivery))


def _events(delivery: Delivery) -> list[Any]:
    """The events, whichever way they came, as they would stand in a batch.

    Raises:
        UnreadableDeliveryError: it is none of the ways.
    """
    if delivery.media_type == _BATCHED:
        events = reading.json_of(delivery.body)
        if not isinstance(events, list) or len(events) > MAX_EVENTS:
            raise UnreadableDeliveryError(f"The batch is not an array of at most {MAX_EVENTS} events.")
        return events
    if delivery.media_type == _STRUCTURED:
        return [reading.json_of(delivery.body)]
    if not delivery.media_type.startswith("application/cloudevents") and delivery.header("ce-specversion"):
        return [_binary(delivery)]
    if delivery.media_type == "application/json":
        # An event that was mended, or one of a sender that knows no better. Its version says what it is.
        event = reading.json_of(delivery.body)
        if delivery.alone or (isinstance(event, dict) and "specversion" in event):
            return [event]
    raise UnreadableDeliveryError(
        f"It is no CloudEvent in JSON: the content type {_STRUCTURED} or {_BATCHED}, or headers from ce-specversion "
        "on, are right."
    )


def _binary(delivery: Delivery) -> dict[str, Any]:
    event: dict[str, Any] = {
        name.removeprefix("ce-"): _decoded(value) for name, value in delivery.headers.items() if name.startswith("ce-")
    }
    if delivery.body:
        event["datacontenttype"] = delivery.media_type
        if _JSON.fullmatch(delivery.media_type or "application/json"):
            event["data"] = reading.json_of(delivery.body)
    return event


def _decoded(value: str) -> str:
    """A header's value without its percent-encoding (CloudEvents, HTTP binding, section 3.1.3.2)."""
    return _ESCAPED.sub(lambda match: bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace"), value)


def _said(part: Any, delivery: Delivery) -> Iterator[Said]:
    event = reading.object_in(part, "the event")
    if event.get("specversion") != "1.0":
        raise UnreadablePartError("specversion is not 1.0")
    source, id_ = _attribute(event, "source"), _attribute(event, "id")
    time = event.get("time")
    # The pair tells events apart; the length says where one ends, so that no two pairs look the same.
    unique = f"{len(source)}:{source}:{id_}"
    return own_shape.enveloped(
        KIND, unique, _attribute(event, "type"), _data(event), None if time is None else _time(time), delivery
    )


def _attribute(event: Mapping[str, Any], name: str) -> str:
    if not isinstance(event.get(name), str):
        raise UnreadablePartError(f"{name} is missing, or no text")
    return reading.text_in(event[name], name)


def _time(value: Any) -> Any:
    try:
        return from_iso(value)
    except UnreadablePartError as error:
        raise UnreadablePartError(f"time {error}") from None


def _data(event: Mapping[str, Any]) -> Any:
    """The data of an event, be it there as JSON or as base64 of JSON."""
    content_type = event.get("datacontenttype") or "application/json"
    if not isinstance(content_type, str) or not _JSON.fullmatch(content_type.partition(";")[0].strip().lower()):
        raise UnreadablePartError("its data is not JSON by its datacontenttype")
    if event.get("data_base64") is None:
        return event.get("data")
    try:
        return reading.json_of(b64decode(event["data_base64"], validate=True))
    except (binascii.Error, ValueError, TypeError):
        raise UnreadablePartError("data_base64 is not base64") from None
    except UnreadableDeliveryError:
        raise UnreadablePartError("data_base64 holds no JSON") from None


def _accepted(_delivery: Delivery, _settings: Mapping[str, Any], tally: Tally) -> Reply:
    """202: it is kept, and worked on (CloudEvents, "HTTP 1.1 Web Hooks", section 2.2)."""
    return Reply(202, f'{{"accepted": {tally.accepted}, "quarantined": {tally.quarantined}}}')


def handshake(headers: Mapping[str, str], events_a_minute: int) -> Reply:
    """The answer to a sender's ``OPTIONS``, by which it asks whether it may send (the same, section 4).

    Arguments:
        headers: of the request, by name in lower case.
        events_a_minute: how many requests it may send in a minute.

    Returns:
        The permission for the origin that asks; to whoever names none, only which methods there are.
    """
    origin = headers.get("webhook-request-origin", "")
    allowed = {"Allow": "POST, OPTIONS"}
    if _ORIGIN.fullmatch(origin):
        allowed |= {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": str(events_a_minute)}
    return Reply(200, headers=allowed)


SOURCE = Source(
    kind=KIND,
    title="CloudEvents",
    connecting=(
        "Give the sender (Azure Event Grid, Knative, Google Eventarc, ...) the address of this source as an HTTP "
        "subscriber, and have it send the secret: as `Authorization: Bearer <secret>`, as Basic authentication, or as "
        "a signature by Standard Webhooks; the setting `verification` says which. `data` is an activity as "
        "`POST /activities` takes it for the type `prospect.activity`, and a deal with its `deal_id` for "
        "`prospect.deal`."
    ),
    secret="The bearer token, the password, or the signing secret, as verification says.",  # noqa: S106 - words
    settings={
        "type": "object",
        "properties": {
            "verification": {
                "description": "How the sender proves itself: a bearer token, Basic authentication, or a signature.",
                "enum": ["bearer", "basic", "standard_webhooks"],
                "default": "bearer",
            },
            "user": {
                "description": "The user name of Basic authentication; the secret is its password.",
                "type": "string",
                "minLength": 1,
                "maxLength": 128,
                "default": "cloudevents",
            },
        },
        "additionalProperties": False,
    },
    verify=_verify,
    translate=_translate,
    reply=_accepted,
    handshake=partial(handshake, events_a_minute=EVENTS_A_MINUTE),
)
