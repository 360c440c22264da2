"""What holds for every value of a JSON document, whatever field it stands in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from lifecycle.contract.body import RepeatedNames
from lifecycle.contract.limits import (
    MAX_DEFINITION_BODY_BYTES,
    MAX_DEFINITION_DEPTH,
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_ENTRY_BYTES,
    MAX_EXPONENT,
    MAX_NAME,
    MAX_STRING,
    MAX_TOKEN,
)
from lifecycle.contract.refusals import FieldError, InvalidRequestError, pointer

#: NUL ends a string in too many systems that read exports; a lone surrogate is no character (RFC 8259, section 8.2).
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

_Path = tuple[str | int, ...]


class Limits(NamedTuple):
    """How much a value may hold: levels of nesting, characters of a string, bytes of all of it as compact JSON."""

    depth: int
    string: int
    size: int


ENTRY = Limits(MAX_DEPTH, MAX_STRING, MAX_ENTRY_BYTES)
#: A whole definition may be one string, for it may be YAML.
DEFINITION = Limits(MAX_DEFINITION_DEPTH, MAX_DEFINITION_BODY_BYTES, MAX_DEFINITION_BODY_BYTES)
#: A token is longer than what people write.
SIGN_IN = Limits(MAX_DEPTH, MAX_TOKEN, MAX_ENTRY_BYTES)


def check_value(value: Any, limits: Limits = ENTRY) -> None:
    """Refuse what no field may hold.

    Arguments:
        value: an entry, as ``body.read_json`` read it.
        limits: how much of it there may be.

    Raises:
        InvalidRequestError: it holds a repeated name, a NUL or lone surrogate, a string that is too long, a number
            that the table cannot keep, too deep a nesting, or too much of everything. Every place is named.
    """
    errors = list(_errors(value, (), limits))
    if not errors and _encoded_bytes(value) > limits.size:
        errors.append(FieldError("", f"takes more than {limits.size} bytes as JSON", "a smaller entry"))
    if errors:
        raise InvalidRequestError(errors)


def _errors(value: Any, path: _Path, limits: Limits) -> Iterator[FieldError]:
    if isinstance(value, str):
        yield from _string_errors(value, path, limits.string)
    elif isinstance(value, Decimal | int) and not isinstance(value, bool):
        yield from _number_errors(Decimal(value), path)
    elif isinstance(value, dict | list):
        if len(path) >= limits.depth:
            yield FieldError(pointer(path), f"is nested deeper than {limits.depth} levels", "a flatter value")
            return
        if isinstance(value, RepeatedNames):
            yield FieldError(pointer((*path, value.repeated)), "stands more than once", "each name once")
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, part in items:
            if isinstance(name, str):
                yield from _name_errors(name, (*path, name))
            yield from _errors(part, (*path, name), limits)


def _name_errors(name: str, path: _Path) -> Iterator[FieldError]:
    if not name:
        # DynamoDB keeps empty strings as values, not as names (AWS, "Naming rules and data types").
        yield FieldError(pointer(path), "has an empty name", f"a name of 1 to {MAX_NAME} characters")
    yield from _string_errors(name, path, MAX_NAME)


def _string_errors(text: str, path: _Path, most: int) -> Iterator[FieldError]:
    if len(text) > most:
        yield FieldError(pointer(path), f"has {len(text)} characters", f"at most {most} characters")
    elif _UNSTORABLE.search(text):
        yield FieldError(
            pointer(path), "holds a NUL or half of a surrogate pair", "text of complete characters, without NUL"
        )


def _number_errors(number: Decimal, path: _Path) -> Iterator[FieldError]:
    if not number.is_finite():
        yield FieldError(pointer(path), "is not a number that can be kept", "a finite number, or null")
    elif len(number.as_tuple().digits) > MAX_DIGITS or abs(number.adjusted()) > MAX_EXPONENT:
        yield FieldError(
            pointer(path),
            "is larger, smaller or more precise than can be kept",
            f"at most {MAX_DIGITS} digits, and an exponent between -{MAX_EXPONENT} and {MAX_EXPONENT}",
        )


def _encoded_bytes(value: Any) -> int:
    return len(json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":")).encode())
