"""Anything else: a mapping as data. JSON templates with JMESPath expressions say what a payload means.

A template is an activity or a deal as the contract has them. A text in it that begins with ``=`` is an expression over
one event of the payload; every other value stands as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lifecycle.sources import mapping_proofs, reading
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.expressions import MAX_EXPRESSION, Budget
from lifecycle.sources.form_data import fields_of
from lifecycle.sources.mapping_templates import Rules, rules_of, wrong_expressions
from lifecycle.sources.said import Said, Unreadable
from lifecycle.sources.source import Misfit, Source, UnreadableDeliveryError, UnreadablePartError

KIND = "mapping"
MAX_EVENTS = 2_500
MAX_TEMPLATES = 20

#: Steps that the expressions of one delivery may take together: about a second.
STEPS = 500_000


def _translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    try:
        rules = rules_of(settings)
    except ValueError:
        raise UnreadableDeliveryError("The settings of this source are not right: try them out first.") from None
    budget = Budget(STEPS)
    events = _events(delivery, settings, rules, budget)
    return reading.each(events, lambda event: _said(event, delivery, settings, rules, budget))


def _events(delivery: Delivery, settings: Mapping[str, Any], rules: Rules, budget: Budget) -> list[Any]:
    """The single events of a payload. Raises UnreadableDeliveryError."""
    if delivery.alone:
        return [reading.json_of(delivery.body)]
    if settings.get("format", "json") == "form":
        fields = fields_of(delivery).items()
        body: Any = {name: values[0] if len(values) == 1 else values for name, values in fields}
    else:
        body = reading.json_of(delivery.body)
    try:
        found = rules.split(body, budget) if rules.split else body
    except UnreadablePartError as error:
        raise UnreadableDeliveryError(f"It cannot be split: {error}.") from None
    events = found if isinstance(found, list) else [found]
    if len(events) > MAX_EVENTS:
        raise UnreadableDeliveryError(f"It has more than {MAX_EVENTS:,} events.")
    return events


def _said(event: Any, delivery: Delivery, settings: Mapping[str, Any], rules: Rules, budget: Budget) -> Iterator[Said]:
    said = list(rules.read(event, delivery, budget))
    if not said and settings.get("unmatched", "quarantine") == "quarantine":
        yield Unreadable(event, "no template is for it: its when would have to hold")
    yield from said


def _misfits(settings: Mapping[str, Any]) -> Sequence[Misfit]:
    return [*mapping_proofs.misfits(settings), *wrong_expressions(settings)]


_EXPRESSION = {"type": "string", "minLength": 1, "maxLength": MAX_EXPRESSION}


def _templates(what: str) -> dict[str, Any]:
    return {
        "description": what,
        "type": "array",
        "maxItems": MAX_TEMPLATES,
        "items": {
            "type": "object",
            "properties": {
                "when": {"description": "The template is for the events for which this holds.", **_EXPRESSION},
                "template": {
                    "description": "What such an event is. A text that begins with = is an expression.",
                    "type": "object",
                },
            },
            "required": ["template"],
            "additionalProperties": False,
        },
    }


SOURCE = Source(
    kind=KIND,
    title="Mapping",
    connecting=(
        "For a system that has no kind of its own. Give it the address of this source, say under `verification` how it "
        "proves itself, and write templates that say what its payloads mean. Try them out before you connect it."
    ),
    secret="The secret that verification is about; none for the scheme address.",  # noqa: S106 - words about it
    settings={
        "type": "object",
        "properties": {
            "system": {
                "description": "What the system is called. Its events' ids begin with it: no two systems clash.",
                "type": "string",
                "pattern": "^[a-z0-9_-]{1,32}$",
                "default": KIND,
            },
            "verification": mapping_proofs.SCHEMA,
            "format": {
                "description": "What the body is: JSON, or what HTML forms send.",
                "enum": ["json", "form"],
                "default": "json",
            },
            "split": {
                "description": "JMESPath to the list of events; by default the body, or each entry of an array.",
                **_EXPRESSION,
            },
            "id": {
                "description": "JMESPath to what tells an event apart from others; by default all that it says.",
                **_EXPRESSION,
            },
            "times": {
                "description": "How occurred_at is written: ISO 8601, or seconds or milliseconds since 1970.",
                "enum": ["iso", "seconds", "millis"],
                "default": "iso",
            },
            "unmatched": {
                "description": "What becomes of an event that no template is for.",
                "enum": ["quarantine", "skip"],
                "default": "quarantine",
            },
            "activities": _templates("Templates of activities, as POST /activities takes them."),
            "deals": _templates("Templates of deals, as PUT /deals/{deal_id} takes them, with deal_id inside."),
            "identities": _templates("Templates of who a person is: email, visitor, user, crm, and traits."),
        },
        "required": ["verification"],
        "additionalProperties": False,
    },
    verify=mapping_proofs.verify,
    translate=_translate,
    misfits=_misfits,
    needs_secret=lambda settings: settings["verification"]["scheme"] != "address",
)
