"""Since when somebody must have been in a stage to have been there for too long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lifecycle.funnel.business_time import end_of
from lifecycle.funnel.definition import BusinessTime
from lifecycle.funnel.durations import Duration

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def too_long_since(limit: Duration | timedelta, now: datetime, business: BusinessTime) -> datetime:
    """The moment before which a stay began that now is longer than a limit.

    Arguments:
        limit: of the stage; or a plain length of time.
        now: the present.
        business: the organisation's working time, in which the limit may be counted.
    """
    if isinstance(limit, timedelta):
        return now - limit
    if not limit.is_business:
        return now - limit.length
    # Later stays end later, so the first that does not end before now is found by halving.
    first, last = 0, (now - _EPOCH) // _MICROSECOND
    while first < last:
        middle = (first + last) // 2
        if end_of(limit, _EPOCH + middle * _MICROSECOND, business) < now:
            first = middle + 1
        else:
            last = middle
    return _EPOCH + first * _MICROSECOND
