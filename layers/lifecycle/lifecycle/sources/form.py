"""Plain HTML forms: a page's own ``<form>`` posts straight to the source, without any script.

Nothing can be kept secret in a page, so nothing proves who fills in a form. What keeps machines out is a field that
people do not see, and, where the settings have them, the origins of the pages that may post.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lifecycle.events import Identity
from lifecycle.sources import reading
from lifecycle.sources.conversions import FORM, campaign, conversion
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.form_data import fields_of
from lifecycle.sources.said import Said
from lifecycle.sources.source import RefusedDeliveryError, Reply, Source, Tally, UnreadableDeliveryError, plain_reply

KIND = "form"

#: The field that says where to go afterwards, and the one that tells two submissions apart where a page has one.
REDIRECT = "_redirect"
SUBMISSION = "_submission"


def _verify(delivery: Delivery, _secrets: Sequence[str], settings: Mapping[str, Any]) -> None:
    """The origin that the browser names must be among the allowed ones, where there are any."""
    allowed = settings.get("origins")
    if allowed and delivery.header("origin") not in allowed:
        raise RefusedDeliveryError("foreign")


def _translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    fields = {name: values if len(values) > 1 else values[0] for name, values in fields_of(delivery).items()}
    return reading.each([fields], lambda part: _said(part, delivery, settings))


def _said(fields: Mapping[str, Any], delivery: Delivery, settings: Mapping[str, Any]) -> Iterator[Said]:
    form_id = reading.optional_text(fields.get(settings.get("form_field", "form"))) or "form"
    told = conversion(form_id, settings.get("forms", {}).get(form_id, settings.get("form", {})), fields.get)
    yield reading.activity(
        _event_id(form_id, fields, delivery),
        told.type,
        delivery.received_at,
        delivery.received_at,
        _identities(fields, settings),
        source=KIND,
        automated="honeypot" if _trapped(fields, settings) else None,
        properties={
            **campaign(fields),
            "answers": {name: fields[name] for name in settings.get("keep", []) if name in fields},
            "url": reading.optional_text(delivery.header("referer")),
            "user_agent": reading.optional_text(delivery.header("user-agent")),
            **told.properties,
        },
        traits=told.traits,
    )


def _event_id(form_id: str, fields: Mapping[str, Any], delivery: Delivery) -> str:
    """By the field that a page may fill with something new each time; else the same answers on one day are one."""
    if own := reading.optional_text(fields.get(SUBMISSION)):
        return reading.event_id(KIND, form_id, own)
    answers = json.dumps(fields, sort_keys=True).encode()
    return reading.event_id(KIND, form_id, f"{delivery.received_at:%Y-%m-%d}", hashlib.sha256(answers).hexdigest()[:40])


def _trapped(fields: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """Whether the field that people do not see is filled in."""
    return bool(fields.get(settings.get("honeypot", "_honeypot")))


def _identities(fields: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[Identity, ...]:
    given = fields.get(settings.get("email_field", "email"))
    named = [reading.email(given)] if given else []
    if visitor := reading.optional_text(fields.get(settings.get("visitor_field", "visitor"))):
        named.append(Identity("visitor", visitor))
    return tuple(named)


def _reply(delivery: Delivery, settings: Mapping[str, Any], tally: Tally) -> Reply:
    """To the page that the form asks for, if that is allowed; else to the first that is; without any, plainly."""
    allowed = settings.get("redirects", [])
    if not allowed:
        return plain_reply(delivery, settings, tally)
    try:
        wanted = fields_of(delivery).get(REDIRECT, [""])[0]
    except UnreadableDeliveryError:
        wanted = ""
    return Reply(303, headers={"Location": wanted if wanted in allowed else allowed[0]})


def _field(what: str, default: str) -> dict[str, Any]:
    return {"description": what, "type": "string", "minLength": 1, "maxLength": 128, "default": default}


SOURCE = Source(
    kind=KIND,
    title="HTML form",
    connecting=(
        "Give a page's `<form method=post>` the address of this source as its `action`, and name its fields as the "
        "settings have them. Add a field `_honeypot` that the style sheet hides: whoever fills it in is a machine."
    ),
    secret=None,
    settings={
        "type": "object",
        "properties": {
            "form": {**FORM, "description": "What a form is that is not under forms."},
            "forms": {
                "description": "What each form is, by what its form_field says.",
                "type": "object",
                "additionalProperties": FORM,
                "maxProperties": 1000,
            },
            "form_field": _field("The field that says which form it is.", "form"),
            "email_field": _field("The field for the email.", "email"),
            "visitor_field": _field("The hidden field that holds the visitor's cookie.", "visitor"),
            "honeypot": _field("The field that people do not see.", "_honeypot"),
            "keep": {
                "description": "The fields whose answers are kept with the activity; others are not.",
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 128},
                "maxItems": 100,
                "default": [],
            },
            "origins": {
                "description": "The origins whose pages may post, such as https://www.example.com; by default all.",
                "type": "array",
                "items": {"type": "string", "pattern": "^https?://[^/\\s]+$", "maxLength": 256},
                "minItems": 1,
                "maxItems": 20,
            },
            "redirects": {
                "description": (
                    f"Where the browser may be sent afterwards: where the field {REDIRECT} says, if it is among these, "
                    "else to the first. Without any, it is shown what became of its form."
                ),
                "type": "array",
                "items": {"type": "string", "pattern": "^https?://[!-~]+$", "maxLength": 1024},
                "maxItems": 20,
                "default": [],
            },
        },
        "additionalProperties": False,
    },
    verify=_verify,
    translate=_translate,
    reply=_reply,
)
