"""Numbers on the way out: exact ones within, those of JSON in an answer."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lifecycle.contract.limits import MAX_DIGITS


def json_value(value: Any) -> Any:
    """A value of any shape, with numbers as JSON has them."""
    if isinstance(value, Decimal):
        return json_number(value)
    if isinstance(value, Mapping):
        return {name: json_value(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(part) for part in value]
    return value


def json_number(value: Decimal) -> int | float:
    """A number of JSON: a whole one with all its digits, any other in double precision, which most readers of JSON
    have anyway (RFC 8259, section 6)."""
    whole = value == value.to_integral_value() and value.adjusted() < MAX_DIGITS
    return int(value) if whole else float(value)
