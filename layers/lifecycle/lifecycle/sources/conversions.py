"""What an answered form is: which activity, with which properties, by the settings of a source.

Form services know a form by an id of theirs. What it is in the funnel (a demo request, an NPS survey) is for the
workspace to say, once for each form; one that nothing is said of is a ``form_submission`` by its own id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from lifecycle.sources.reading import optional_text
from lifecycle.sources.source import UnreadablePartError

#: JSON Schema of what may be said of one form. The names of the properties are those that the default funnel asks for.
FORM: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "type": {
            "description": "The activity that an answer is.",
            "enum": ["form_submission", "content_download", "nps_response", "review"],
            "default": "form_submission",
        },
        "form": {
            "description": (
                "What the form is for, as the funnel calls it; in the default funnel, contact, demo and trial are key "
                "conversions. By default the form's id."
            ),
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
        },
        "content": {
            "description": "What the form gives access to, such as buying_guide, for content_download.",
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
        },
        "score_field": {
            "description": "The field that holds the number of an nps_response or a review.",
            "type": "string",
            "minLength": 1,
            "maxLength": 256,
        },
        "traits": {
            "description": "Fields that say something of the person for good: by the field, the trait's name.",
            "type": "object",
            "additionalProperties": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"},
            "maxProperties": 100,
        },
    },
    "additionalProperties": False,
}

#: The same for all forms of a service, by their ids.
FORMS: Mapping[str, Any] = {
    "description": "What each form is, by its id at the service.",
    "type": "object",
    "additionalProperties": FORM,
    "maxProperties": 1000,
}

#: The property that tells how much, by type: 9 and 10 promote (``nps_response``), 4 and 5 praise (``review``).
_MEASURES = {"nps_response": "score", "review": "rating"}

#: What campaigns put into the address of a page, and pages into the hidden fields of a form.
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


class Conversion(NamedTuple):
    """What an answered form is."""

    type: str
    properties: dict[str, Any]
    traits: dict[str, Any]


def conversion(form_id: str, form: Mapping[str, Any], answer: Callable[[str], Any]) -> Conversion:
    """What an answered form is.

    Arguments:
        form_id: the service's.
        form: what the settings say of it, after the schema ``FORM``.
        answer: the answer to a field; ``None`` where there is none.

    Raises:
        UnreadablePartError: the number that its type is about is not there.
    """
    type_ = form.get("type", "form_submission")
    properties: dict[str, Any] = {"form": form.get("form", form_id), "form_id": form_id, "content": form.get("content")}
    if measure := _MEASURES.get(type_):
        properties[measure] = number(answer(form.get("score_field", measure)), measure)
    elif "score_field" in form:
        properties["score"] = number(answer(form["score_field"]), "score")
    traits = {name: answer(field) for field, name in form.get("traits", {}).items()}
    return Conversion(type_, properties, traits)


def number(value: Any, name: str) -> Decimal | int:
    """A number, or the digits of one. Raises UnreadablePartError."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    try:
        told = Decimal(value.strip()) if isinstance(value, str) and len(value) <= 40 else Decimal("NaN")
    except InvalidOperation:
        told = Decimal("NaN")
    if not told.is_finite():
        raise UnreadablePartError(f"the answer that is its {name} is missing, or no number")
    return int(told) if told == told.to_integral_value() and abs(told) < 10**15 else told


def campaign(fields: Mapping[str, Any]) -> dict[str, str | None]:
    """What fields tell of the campaign that led here."""
    return {name: optional_text(fields.get(name)) for name in UTM}
