"""The ways in which outside systems write times. All come out as aware UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from lifecycle.sources.source import UnreadablePartError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = Decimal(253402300799)  # the end of the year 9999, in seconds


def from_seconds(value: Any) -> datetime:
    """Seconds since 1970, as a number or its digits, with a fraction or without. Raises UnreadablePartError."""
    return _since_epoch(value, Decimal(1))


def from_millis(value: Any) -> datetime:
    """Milliseconds since 1970, as a number or its digits. Raises UnreadablePartError."""
    return _since_epoch(value, Decimal(1000))


def _since_epoch(value: Any, per_second: Decimal) -> datetime:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise UnreadablePartError("is not a time: a number of seconds or milliseconds since 1970 is right")
    try:
        seconds = Decimal(str(value)) / per_second
        is_within = 0 <= seconds <= _LAST
    except ArithmeticError:  # no number, one beyond all exponents, or NaN, which is less than nothing
        raise UnreadablePartError("is not a time: a number of seconds or milliseconds since 1970 is right") from None
    if not is_within:
        raise UnreadablePartError("is not a time between 1970 and 9999")
    return _EPOCH + timedelta(microseconds=int(seconds * 1_000_000))


def from_iso(value: Any) -> datetime:
    """An ISO 8601 time: with ``Z``, an offset, or none, which is read as UTC; any number of digits of a second.

    Raises:
        UnreadablePartError: it is none.
    """
    if not isinstance(value, str) or len(value) > 40 or len(value) < 10:
        raise UnreadablePartError("is not a time: ISO 8601 is right, such as 2026-03-01T12:00:00Z")
    try:
        time = datetime.fromisoformat(value)
        return (time.replace(tzinfo=UTC) if time.tzinfo is None else time).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnreadablePartError("is not a time: ISO 8601 is right, such as 2026-03-01T12:00:00Z") from None
