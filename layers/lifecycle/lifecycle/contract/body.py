"""From the body of a request to a JSON value.

Reads what RFC 8259 calls JSON, and keeps what the standard library would lose: repeated names, and the digits of
numbers. What is wrong with a single value (``NaN``, a repeated name) is kept in place for ``values`` to point at, so
that one bad entry of a batch does not cost the others.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from lifecycle.contract.limits import MAX_DIGITS
from lifecycle.contract.refusals import BodyTooLargeError, MalformedBodyError


class RepeatedNames(dict[str, Any]):
    """An object in which a name stands more than once; ``repeated`` is the first such name.

    RFC 8259, section 4: "When the names within an object are not unique, the behavior of software that receives such
    an object is unpredictable." One of the values would be silently lost.
    """

    def __init__(self, pairs: list[tuple[str, Any]], repeated: str) -> None:
        super().__init__(pairs)
        self.repeated = repeated


def read_json(event: Mapping[str, Any], most_bytes: int) -> Any:
    """Read the body of a request.

    Arguments:
        event: what API Gateway hands to the function (AWS, "Input format of a Lambda function for proxy integration").
        most_bytes: the limit of this route.

    Returns:
        The JSON value, numbers as ``int`` or ``Decimal``.

    Raises:
        MalformedBodyError: there is no body, it is not UTF-8, or it is not JSON.
        BodyTooLargeError: it is larger than ``most_bytes``.
    """
    return _parse(read_text(event, most_bytes))


def read_json_or_nothing(event: Mapping[str, Any], most_bytes: int) -> Any:
    """Read the body of a request that needs none: an empty object where it has none. Raises as ``read_json``."""
    return read_json(event, most_bytes) if (event.get("body") or "").strip() else {}


def media_type(event: Mapping[str, Any]) -> str:
    """What a request says that its body is (RFC 9110, section 8.3.1), without parameters; empty if it does not say."""
    headers = event.get("headers") or {}
    value = next((value for name, value in headers.items() if name.lower() == "content-type"), None) or ""
    return value.partition(";")[0].strip().lower()


def read_text(event: Mapping[str, Any], most_bytes: int) -> str:
    """Read the body of a request as text.

    Raises:
        MalformedBodyError: there is no body, or it is not UTF-8.
        BodyTooLargeError: it is larger than ``most_bytes``.
    """
    raw = _raw_bytes(event)
    if len(raw) > most_bytes:
        raise BodyTooLargeError(f"The body has {len(raw)} bytes, and {most_bytes} are allowed here.")
    try:
        # A byte order mark is no JSON, and RFC 8259, section 8.1, allows to ignore it: some clients always send one.
        text = raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise MalformedBodyError(f"The body is not UTF-8: byte {error.start} is wrong. Send JSON in UTF-8.") from None
    if not text.strip():
        raise MalformedBodyError("The body is empty. Send a JSON document.")
    return text


def _raw_bytes(event: Mapping[str, Any]) -> bytes:
    body = event.get("body")
    if body is None:
        raise MalformedBodyError("There is no body. Send a JSON document.")
    if event.get("isBase64Encoded"):
        try:
            return b64decode(body, validate=True)
        except (Base64Error, ValueError):
            raise MalformedBodyError("The body is not the Base64 that it is marked as.") from None
    # A lone surrogate cannot be encoded; let it through, so that it is refused where it stands and not as bad UTF-8.
    return str(body).encode("utf-8", "surrogatepass")


def _parse(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=Decimal,
        )
    except json.JSONDecodeError as error:
        raise MalformedBodyError(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise MalformedBodyError("The body is nested too deeply to be read. Send a flatter document.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) == len(pairs):
        return names
    seen: set[str] = set()
    repeated = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    return RepeatedNames(pairs, repeated)


def _integer(digits: str) -> int | Decimal:
    """An integer; as a ``Decimal`` where it has more digits than are allowed, for ``int`` refuses thousands of them."""
    return int(digits) if len(digits) <= MAX_DIGITS + 1 else Decimal(digits)


def _decimal(digits: str) -> Decimal:
    """A number with all its digits; infinity where its exponent is beyond what even ``Decimal`` can hold."""
    try:
        return Decimal(digits)
    except InvalidOperation:
        return Decimal("Infinity")
