"""Typeform: the webhooks of its forms (https://www.typeform.com/developers/webhooks/)."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from lifecycle.events import Identity
from lifecycle.sources import reading
from lifecycle.sources.conversions import FORMS, campaign, conversion
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.proofs import one_of
from lifecycle.sources.said import Said
from lifecycle.sources.source import RefusedDeliveryError, Source, UnreadablePartError
from lifecycle.sources.times import from_iso

KIND = "typeform"


def _verify(delivery: Delivery, secrets: Sequence[str], _settings: Mapping[str, Any]) -> None:
    given = delivery.header("typeform-signature")
    if not given:
        raise RefusedDeliveryError("missing")
    one_of([given.strip().encode("utf-8", "surrogatepass")], [_signature(delivery.body, secret) for secret in secrets])


def _signature(body: bytes, secret: str) -> bytes:
    return b"sha256=" + b64encode(hmac.digest(secret.encode(), body, hashlib.sha256))


def _translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    return reading.each([reading.json_of(delivery.body)], lambda body: _said(body, delivery, settings))


def _said(body: Any, delivery: Delivery, settings: Mapping[str, Any]) -> Iterator[Said]:
    event = reading.object_in(body, "the body")
    type_ = reading.text_in(event.get("event_type"), "event_type")
    response = reading.object_in(event.get("form_response"), "form_response")
    form_id = reading.text_in(response.get("form_id"), "form_response.form_id")
    answers = _answers(response.get("answers"))
    hidden = _object(response.get("hidden"))
    whole = type_ == "form_response"
    # Of a form that is not answered to its end, nothing may be missing.
    told = conversion(form_id, settings.get("forms", {}).get(form_id, {}) if whole else {}, answers.get)
    yield reading.activity(
        reading.event_id(KIND, reading.text_in(event.get("event_id"), "event_id")),
        told.type if whole else reading.snake_case(f"{KIND}_{type_}"),
        _time(response),
        delivery.received_at,
        _identities(response.get("answers"), hidden, settings),
        source=KIND,
        direction=None if whole else "internal",
        properties={
            **campaign(hidden),
            "title": _object(response.get("definition")).get("title"),
            "ending": _object(response.get("ending")).get("ref"),
            "score": _object(response.get("calculated")).get("score"),
            "answers": answers,
            **told.properties,
        },
        traits=told.traits,
    )


def _time(response: Mapping[str, Any]) -> datetime:
    """When it was sent; of one that is not complete, when the form was opened."""
    try:
        return from_iso(response.get("submitted_at") or response.get("landed_at"))
    except UnreadablePartError as error:
        raise UnreadablePartError(f"form_response.submitted_at {error}") from None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _answers(answers: Any) -> dict[str, Any]:
    """The answers by the reference of their field (its id where it has none). An answer's value stands by its type.

    Raises:
        UnreadablePartError: they are not as Typeform has them.
    """
    if answers is None:
        return {}
    if not isinstance(answers, list) or len(answers) > reading.MAX_NAMES:
        raise UnreadablePartError(f"form_response.answers is not an array of at most {reading.MAX_NAMES}")
    found: dict[str, Any] = {}
    for entry in answers:
        answer = reading.object_in(entry, "an answer")
        field = reading.object_in(answer.get("field"), "an answer's field")
        name = field.get("ref") or field.get("id")
        found[reading.text_in(name, "an answer's field")] = _value(answer)
    return found


def _value(answer: Mapping[str, Any]) -> Any:
    type_ = answer.get("type")
    value = answer.get(type_) if isinstance(type_, str) else None
    if isinstance(value, dict):
        return value.get("labels") or value.get("label") or value.get("other") or value
    return value


def _identities(answers: Any, hidden: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[Identity, ...]:
    """The person: by the first answer that is an email, the hidden fields that the settings name, or both."""
    asked = (answer.get("email") for answer in answers or () if answer.get("type") == "email")
    found = next((identity for value in asked for identity in reading.optional_email(value)), None)
    named = [found] if found else list(reading.optional_email(hidden.get(settings.get("email_field", "email"))))
    for kind, default in (("visitor", "visitor"), ("user", "user_id")):
        value = reading.optional_text(hidden.get(settings.get(f"{kind}_field", default)))
        if value:
            named.append(Identity(kind, value))
    return tuple(named)


def _hidden(what: str, default: str) -> dict[str, Any]:
    return {
        "description": f"The hidden field that holds {what}.",
        "type": "string",
        "minLength": 1,
        "maxLength": 128,
        "default": default,
    }


SOURCE = Source(
    kind=KIND,
    title="Typeform",
    connecting=(
        "In the form: Connect, Webhooks, Add a webhook. Enter the address of this source, edit it, and enter the same "
        "secret there and here. Say under `forms` what the form is, by its id (the end of its address)."
    ),
    secret="The secret of the webhook, as it was entered at Typeform.",  # noqa: S106 - words about it
    settings={
        "type": "object",
        "properties": {
            "forms": FORMS,
            "email_field": _hidden("the email, for forms that do not ask for it", "email"),
            "visitor_field": _hidden("the visitor's cookie", "visitor"),
            "user_field": _hidden("the user's id in your own application", "user_id"),
        },
        "additionalProperties": False,
    },
    verify=_verify,
    translate=_translate,
)
