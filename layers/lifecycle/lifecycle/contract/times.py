"""Times on the wire: RFC 3339 in, RFC 3339 in UTC out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from lifecycle.contract.limits import MAX_AHEAD_SECONDS
from lifecycle.contract.refusals import RefusedValueError

_DATE_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_EXPECTED = "an RFC 3339 time with its offset, such as 2026-05-04T09:30:00Z or 2026-05-04T11:30:00+02:00"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LEAP_SECOND = 60


def now() -> datetime:
    """The present, in UTC. Handlers call it once per request, and hand it down."""
    return datetime.now(UTC)


def parse_time(text: str) -> datetime:
    """Read a time.

    Arguments:
        text: an RFC 3339 ``date-time`` (section 5.6). A leap second (``:60``) is read as the second after it, as POSIX
            clocks do; digits beyond microseconds are dropped.

    Returns:
        The time in UTC.

    Raises:
        RefusedValueError: it is no such time, it has no offset, or it is before 1970.
    """
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise RefusedValueError("is not a time", _EXPECTED)
    if match[8] is None:
        raise RefusedValueError("has no offset from UTC, so it could mean many moments", _EXPECTED)
    year, month, day, hour, minute, second = (int(part) for part in match.group(1, 2, 3, 4, 5, 6))
    leap = timedelta(seconds=1) if second == _LEAP_SECOND else timedelta(0)
    try:
        local = datetime(year, month, day, hour, minute, 59 if leap else second, tzinfo=UTC)
        moment = local + leap + timedelta(microseconds=int((match[7] or "0")[:6].ljust(6, "0"))) - _offset(match[8])
    except (ValueError, OverflowError):
        raise RefusedValueError("is not a time of the calendar", _EXPECTED) from None
    if moment < _EPOCH:
        raise RefusedValueError("is before 1970", "a time from 1970-01-01T00:00:00Z on")
    return moment


def _offset(text: str) -> timedelta:
    """The offset that ``Z`` or ``+hh:mm`` stands for; a ``ValueError`` where it is out of range."""
    if text in "Zz":
        return timedelta(0)
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return offset if text[0] == "+" else -offset


def refuse_future(moment: datetime, present: datetime) -> datetime:
    """Let a time through unless it is ahead of the present by more than the clocks of callers may differ.

    Raises:
        RefusedValueError: it is ahead by more than five minutes (design, section 5).
    """
    if moment > present + timedelta(seconds=MAX_AHEAD_SECONDS):
        raise RefusedValueError(
            "is ahead of now by more than five minutes",
            f"a time up to {format_time(present.replace(microsecond=0))} (the present) plus five minutes",
        )
    return moment


def refuse_past(moment: datetime, present: datetime) -> datetime:
    """Let a time through if it is ahead of the present.

    Raises:
        RefusedValueError: it is not.
    """
    if moment <= present:
        raise RefusedValueError(
            "is not ahead of now",
            f"a time after {format_time(present.replace(microsecond=0))} (the present), or leave it out for now",
        )
    return moment


def format_time(moment: datetime) -> str:
    """Write a time as RFC 3339 in UTC, with a fraction only where there is one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
