"""Local dates of many moments at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from lifecycle.reports.tallies import compacted

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Of a day.
_SECONDS = 86_400
#: Microseconds.
SECOND = 1_000_000
DAY = _SECONDS * SECOND
#: The last second that there is.
_END = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)


class _Offsets(NamedTuple):
    """By how many microseconds the clocks of a zone are ahead on a UTC day, before a moment of it and from then on."""

    before: int
    after: int
    moment: int


def local_dates(times: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """The dates (as days since the year 1) that moments have in a time zone.

    Of each UTC day the offset is asked for once. No zone has ever changed it twice within one.

    Arguments:
        times: the moments, in microseconds since 1970.
        zone: whose dates.
    """
    if not times.size:
        return times
    days, place = compacted(times // DAY)
    before, after, moment = np.array(list(_offsets(zone, days.tolist()))).T
    offsets = before[place]
    if (before != after).any():
        offsets = np.where(times < moment[place], offsets, after[place])
    return np.asarray((times + offsets) // DAY + _EPOCH.toordinal())


def _offsets(zone: ZoneInfo, days: Iterable[int]) -> Iterator[_Offsets]:
    """The offsets of days since 1970 that are in order."""
    known: tuple[int | None, int] = (None, 0)
    for day in days:
        first, last = day * _SECONDS, min((day + 1) * _SECONDS, _END)
        before = known[1] if known[0] == first else _offset(zone, first)
        after = _offset(zone, last)
        known = (last, after)
        while before != after and last - first > 1:
            middle = (first + last) // 2
            if _offset(zone, middle) == before:
                first = middle
            else:
                last = middle
        yield _Offsets(before * SECOND, after * SECOND, last * SECOND)


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = (_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101 - a zone always has one
    return offset // timedelta(seconds=1)
