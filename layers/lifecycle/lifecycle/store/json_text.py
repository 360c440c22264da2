"""JSON documents as compact text, numbers with all their digits: DynamoDB's own numbers keep 38 of them, floats 15."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def to_json(value: Any) -> str:
    """A JSON value as text without spaces.

    Arguments:
        value: of mappings with text keys, lists, tuples, text, ``int``, finite ``Decimal``, ``bool`` and ``None``.

    Raises:
        TypeError: there is something else in it, such as a ``float``.
        ValueError: a ``Decimal`` is not finite.
    """
    match value:
        case None | bool() | int() | str():
            return json.dumps(value, ensure_ascii=False)
        case Decimal():
            if not value.is_finite():
                raise ValueError(f"a number is {value}; JSON knows finite ones only")
            return str(value)
        case Mapping():
            return "{" + ",".join(f"{_name(name)}:{to_json(part)}" for name, part in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(map(to_json, value)) + "]"
    raise TypeError(f"a {type(value).__name__} cannot be kept as JSON")


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"a name is of type {type(name).__name__}; JSON knows text only")
    return json.dumps(name, ensure_ascii=False)


def from_json(text: str) -> Any:
    """The value that ``to_json`` wrote; numbers that are no integers as ``Decimal``."""
    return json.loads(text, parse_float=Decimal)
