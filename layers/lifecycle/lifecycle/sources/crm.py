"""What the CRMs have in common: settings, deals, money, and the names of what people are told to be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from lifecycle.events import Contact, DealStatus, DealUpdate, Identity
from lifecycle.sources.reading import MAX_NAMES, MAX_OUTSIDE_ID, not_ahead, optional_text, snake_case, text_in
from lifecycle.sources.source import UnreadablePartError

_CURRENCY = re.compile(r"[A-Z]{3}")
_MAX_AMOUNT = Decimal(10) ** 15
_CENTS_OF_CENTS = Decimal("0.0001")
#: What a trait can be. A tuple, since a union would be made anew for each field.
SCALARS = (str, int, Decimal)
_MAX_TRAITS = MAX_NAMES - 10  # so that a source may add its own

SYSTEM_SETTING: Mapping[str, Any] = {
    "type": "string",
    "pattern": "^[a-z0-9_-]{1,32}$",
    "description": "What the CRM is called in ids: contacts are crm:<system>, deals <system>:<id>. "
    "To be set where two accounts of the same CRM are connected.",
}


ENRICHMENT_SETTING: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "url": {
            "type": "string",
            "pattern": r"^https?://[^\s/?#@]+(/[^\s?#]*)?(\?[^\s#]*)?$",
            "maxLength": 1024,
            "description": "Where the question goes. Its host has to be reachable from the internet, by https.",
        }
    },
    "required": ["url"],
    "additionalProperties": False,
    "description": "Who is asked for the record of a contact, deal or link that was named by its id alone "
    "(docs/sources/README.md); enrichment_secret, beside the settings, goes with each question.",
}


def settings_schema(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a source's settings."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {**properties, "enrichment": ENRICHMENT_SETTING},
    }


def stages_setting(description: str, default: Mapping[str, DealStatus]) -> dict[str, Any]:
    """The setting that says what the stages of the CRM mean."""
    return {
        "type": "object",
        "additionalProperties": {"enum": ["open", "won", "lost"]},
        "description": description,
        "default": dict(default),
    }


def deal_id(system: str, value: Any, name: str = "deal id") -> str:
    """The id of a deal. Raises UnreadablePartError."""
    text = f"{system}:{text_in(value, name)}"
    if len(text) > MAX_OUTSIDE_ID:
        raise UnreadablePartError(f"{name} is longer than {MAX_OUTSIDE_ID} characters")
    return text


def deal_update(  # noqa: PLR0913 - as much as there is to say of a deal
    event: str,
    occurred_at: datetime,
    received_at: datetime,
    deal: str,
    *,
    status: DealStatus | None = None,
    name: Any = None,
    money: Any = None,
    currency: Any = None,
    pipeline: Any = None,
    lost_reason: Any = None,
    joined: tuple[Contact, ...] = (),
    left: tuple[Contact, ...] = (),
    deleted: bool = False,
) -> DealUpdate:
    """An update of a deal; ``None`` means unchanged, and what is not fit to be kept is left out.

    Raises:
        UnreadablePartError: its time is ahead of the present.
    """
    return DealUpdate(
        id=event,
        occurred_at=not_ahead(occurred_at, received_at),
        recorded_at=received_at,
        deal_id=deal,
        status=status,
        name=optional_text(name),
        amount=amount(money),
        currency=currency if isinstance(currency, str) and _CURRENCY.fullmatch(currency) else None,
        pipeline=optional_text(pipeline),
        lost_reason=optional_text(lost_reason),
        joined=joined,
        left=left,
        deleted=deleted,
    )


def amount(value: Any) -> Decimal | None:
    """Money as the contract has it: 0 to 10^15 with four decimals; ``None`` where it is none, negative or absurd."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str) or not (text := str(value).strip()):
        return None
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return None
    if not exact.is_finite() or not 0 <= exact <= _MAX_AMOUNT:
        return None
    rounded = exact.quantize(_CENTS_OF_CENTS)
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral_value() else rounded.normalize()


def alone(identity: Identity, role: str | None = None) -> Contact:
    """A contact of whom nothing is known but an id."""
    return Contact((identity,), role)


def traits_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says of a person, under names in snake_case.

    An empty text stands for what was cleared. Of records with very many fields the first ninety are kept.
    """
    traits: dict[str, Any] = {}
    for name, value in fields.items():
        if len(traits) == _MAX_TRAITS:
            break
        if isinstance(value, SCALARS):
            traits[snake_case(name)] = value
    return traits
