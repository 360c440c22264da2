"""Jotform: the webhooks of its forms (https://www.jotform.com/help/245-how-to-setup-a-webhook-with-jotform/).

Jotform signs nothing. The unguessable address and, where the settings have it, the list of forms stand in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from lifecycle.events import Identity
from lifecycle.sources import reading
from lifecycle.sources.conversions import FORMS, campaign, conversion
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.form_data import fields_of
from lifecycle.sources.said import Said
from lifecycle.sources.source import RefusedDeliveryError, Source, UnreadableDeliveryError, UnreadablePartError
from lifecycle.sources.times import from_millis

KIND = "jotform"

#: The name of a question: its number, and what its maker called it.
_QUESTION = re.compile(r"q(\d+)_(.+)", re.DOTALL)
#: Milliseconds, the form and chance: ``rawRequest.event_id``.
_EVENT_ID = re.compile(r"(\d{13})_.*")


def _verify(delivery: Delivery, _secrets: Sequence[str], settings: Mapping[str, Any]) -> None:
    """Where ``only_listed_forms`` is set, the form must be one of ``forms``: its id is all that is read of the body."""
    if not settings.get("only_listed_forms", False):
        return
    try:
        listed = _one(fields_of(delivery), "formID") in settings.get("forms", {})
    except (UnreadableDeliveryError, UnreadablePartError):
        listed = False
    if not listed:
        raise RefusedDeliveryError("foreign")


def _translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    fields = fields_of(delivery)
    part = {name: values[0] for name, values in fields.items()}
    return reading.each([part], lambda _part: _said(fields, delivery, settings))


def _said(fields: Mapping[str, list[str]], delivery: Delivery, settings: Mapping[str, Any]) -> Iterator[Said]:
    form_id = reading.text_in(_one(fields, "formID"), "formID")
    submission = reading.text_in(_one(fields, "submissionID"), "submissionID")
    try:
        raw = reading.object_in(reading.json_of(_one(fields, "rawRequest").encode()), "rawRequest")
    except (UnreadableDeliveryError, UnicodeError):
        raise UnreadablePartError("rawRequest is not JSON") from None
    answers = _answers(raw)
    told = conversion(form_id, settings.get("forms", {}).get(form_id, {}), answers.get)
    yield reading.activity(
        reading.event_id(KIND, submission),
        told.type,
        _time(raw, delivery.received_at),
        delivery.received_at,
        _identities(answers, raw, settings),
        source=KIND,
        properties={
            **campaign({**raw, **answers}),
            "title": reading.optional_text(fields.get("formTitle", [None])[0]),
            "answers": answers,
            **told.properties,
        },
        traits=told.traits,
    )


def _one(fields: Mapping[str, list[str]], name: str) -> str:
    values = fields.get(name, [])
    if len(values) != 1:
        raise UnreadablePartError(f"{name} is missing, or there more than once")
    return values[0]


def _answers(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The answers by what the form's maker called the questions; the number comes first where two are called alike."""
    found: dict[str, Any] = {}
    for name, value in raw.items():
        if match := _QUESTION.fullmatch(name):
            found[name if match[2] in found else match[2]] = value
    return found


def _time(raw: Mapping[str, Any], received_at: datetime) -> datetime:
    """When it was sent, as ``event_id`` begins. Old forms have none: what just came was just sent."""
    match = _EVENT_ID.fullmatch(str(raw.get("event_id", ""))[:256])
    return from_millis(match[1]) if match else received_at


def _identities(
    answers: Mapping[str, Any], raw: Mapping[str, Any], settings: Mapping[str, Any]
) -> tuple[Identity, ...]:
    """The person: by the field that the settings name, else by the first answer that is an email address."""
    wanted = settings.get("email_field")
    candidates = [answers.get(wanted, raw.get(wanted))] if wanted else list(answers.values())
    texts = (value for value in candidates if isinstance(value, str) and "@" in value)
    named = [identity for value in texts for identity in reading.optional_email(value)][:1]
    for kind, default in (("visitor", "visitor"), ("user", "user_id")):
        field = settings.get(f"{kind}_field", default)
        if value := reading.optional_text(answers.get(field, raw.get(field))):
            named.append(Identity(kind, value))
    return tuple(named)


SOURCE = Source(
    kind=KIND,
    title="Jotform",
    connecting=(
        "In the form: Settings, Integrations, WebHooks. Enter the address of this source, and complete the "
        "integration. Say under `forms` what the form is, by its id (the number in its address)."
    ),
    secret=None,
    settings={
        "type": "object",
        "properties": {
            "forms": FORMS,
            "only_listed_forms": {
                "description": "Whether forms that are not under forms are refused. Jotform signs nothing: say true.",
                "type": "boolean",
                "default": False,
            },
            "email_field": {
                "description": "The question that asks for the email; by default the first answer that is one.",
                "type": "string",
                "minLength": 1,
                "maxLength": 128,
            },
            "visitor_field": {
                "description": "The hidden question that holds the visitor's cookie.",
                "type": "string",
                "minLength": 1,
                "maxLength": 128,
                "default": "visitor",
            },
            "user_field": {
                "description": "The hidden question that holds the user's id in your own application.",
                "type": "string",
                "minLength": 1,
                "maxLength": 128,
                "default": "user_id",
            },
        },
        "additionalProperties": False,
    },
    verify=_verify,
    translate=_translate,
)
