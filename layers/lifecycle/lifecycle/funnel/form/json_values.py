"""JSON values as definitions hold them: what none of them may be, and the one way to write each down."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice
from json.encoder import encode_basestring
from typing import Any

from lifecycle.funnel.problem import Path, Problem, pointer

#: Levels of nesting. Ten levels of criteria, as deep as any may be, take forty.
MAX_NESTING = 64
#: Values in a document; with fewer than two bytes each, they could not be written down anyway.
MAX_VALUES = 50_000
MAX_NAME = 256
#: Significant digits of a number, and how far the first of them may be from the point.
MAX_DIGITS = 38
MAX_EXPONENT = 40
MAX_BITS = 126
#: One value after the other may be wrong in the same way: the first ones tell enough.
MAX_UNFIT = 100

#: Control characters but tab and line feed, and lone surrogates, which are no characters (RFC 8259, section 8.2).
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_COMPLETE = "text of complete characters, without control characters other than tab and line feed"


def unfit_values(document: Any) -> tuple[Problem, ...]:
    """What no field of a definition may hold, whatever the schema says.

    Arguments:
        document: anything at all.

    Returns:
        In the order of the document: values that JSON does not know, names that stand more than once (where the reader
        marked the object, as ``contract.body`` does), text that cannot be stored, numbers that cannot be kept, and too
        deep a nesting. The first hundred.
    """
    return tuple(islice(_unfit(document), MAX_UNFIT))


def _unfit(document: Any) -> Iterator[Problem]:
    waiting: list[tuple[Any, Path]] = [(document, ())]
    count = 0
    while waiting:
        value, path = waiting.pop()
        count += 1
        if count > MAX_VALUES:
            yield Problem("", f"holds more than {MAX_VALUES} values", "a smaller document")
            return
        if isinstance(value, dict | list):
            if len(path) >= MAX_NESTING:
                yield Problem(pointer(path), f"is nested deeper than {MAX_NESTING} levels", "a flatter document")
                continue
            if isinstance(value, dict):
                yield from _unfit_names(value, path)
            items = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += reversed([(part, (*path, name)) for name, part in items if _is_fit_name(name)])
        else:
            yield from _unfit_scalar(value, path)


def _is_fit_name(name: Any) -> bool:
    return isinstance(name, int) or (isinstance(name, str) and len(name) <= MAX_NAME and not _UNFIT.search(name))


def _unfit_names(value: dict[Any, Any], path: Path) -> Iterator[Problem]:
    """The names that cannot be; the object stands for them, for a pointer could not name them either."""
    repeated = getattr(value, "repeated", None)
    if isinstance(repeated, str):
        known = repeated if _is_fit_name(repeated) else "a name"
        yield Problem(pointer(path), f"has {known} more than once", "each name once")
    for name in value:
        if not isinstance(name, str):
            yield Problem(pointer(path), "has a name that is no text", "names that are text")
        elif len(name) > MAX_NAME:
            yield Problem(pointer(path), f"has a name of {len(name)} characters", f"at most {MAX_NAME} characters")
        elif not _is_fit_name(name):
            yield Problem(pointer(path), "has a name with a control character or half a character", _COMPLETE)


def _unfit_scalar(value: Any, path: Path) -> Iterator[Problem]:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        if _UNFIT.search(value):
            yield Problem(pointer(path), "holds a control character or half a character", _COMPLETE)
    elif isinstance(value, int | float | Decimal):
        yield from _unfit_number(value, path)
    else:
        yield Problem(pointer(path), "is not a JSON value", "text, a number, true, false, an object or an array")


def _unfit_number(value: float | Decimal, path: Path) -> Iterator[Problem]:
    if isinstance(value, int):
        # Such a large one is not turned into text, for that takes a time that grows with its square.
        fits = value.bit_length() <= MAX_BITS
    else:
        number = Decimal(repr(value)) if isinstance(value, float) else value
        fits = number.is_finite() and len(number.as_tuple().digits) <= MAX_DIGITS and _is_near(number)
    if not fits:
        expected = f"a number of at most {MAX_DIGITS} digits and of an ordinary size"
        yield Problem(pointer(path), "is not a number that can be kept", expected)


def _is_near(number: Decimal) -> bool:
    return not number or abs(number.adjusted()) <= MAX_EXPONENT


def with_numbers_in_one_form(document: Any) -> Any:
    """The same document with each number in one form: an ``int`` where it is whole, else a ``Decimal``.

    Arguments:
        document: one in which ``unfit_values`` found nothing.
    """
    if isinstance(document, Mapping):
        return {name: with_numbers_in_one_form(value) for name, value in document.items()}
    if isinstance(document, list):
        return [with_numbers_in_one_form(value) for value in document]
    return _number(document) if isinstance(document, float | Decimal) else document


def _number(value: float | Decimal) -> int | Decimal:
    number = Decimal(repr(value)) if isinstance(value, float) else value
    if number == number.to_integral_value():
        return int(number)
    return Decimal(f"{number:f}".rstrip("0"))


def canonical(document: Any) -> str:
    """The document as JSON, such that equal documents give equal text: names sorted, no spaces, one form of numbers.

    Arguments:
        document: one in which ``unfit_values`` found nothing.
    """
    if isinstance(document, Mapping):
        return (
            "{" + ",".join(f"{encode_basestring(name)}:{canonical(document[name])}" for name in sorted(document)) + "}"
        )
    if isinstance(document, list):
        return "[" + ",".join(map(canonical, document)) + "]"
    if isinstance(document, str):
        return encode_basestring(document)
    if document is None or isinstance(document, bool):
        return {None: "null", True: "true", False: "false"}[document]
    number = document if isinstance(document, int) else _number(document)
    return str(number) if isinstance(number, int) else f"{number:f}"
