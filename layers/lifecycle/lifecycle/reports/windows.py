"""Windows: within how many days, of 24 hours each, somebody got from one stage to another."""

from __future__ import annotations

from bisect import bisect_left
from datetime import timedelta

#: Days; who took longer than the last counts only as ever.
WINDOWS = (1, 7, 14, 30, 60, 90, 180, 365)

_BEYOND = WINDOWS[-1] + 1
#: By the days that have begun.
_WINDOW_OF_DAYS = [bisect_left(WINDOWS, days) for days in range(_BEYOND + 1)]
#: Added to a length, it makes a day that has begun a whole one.
_ALMOST_A_DAY = timedelta(days=1, microseconds=-1)


def window_of(length: timedelta) -> int:
    """The place of the shortest of ``WINDOWS`` that a length of time fits in; beyond the last where it fits in none."""
    return _WINDOW_OF_DAYS[min(max(0, (length + _ALMOST_A_DAY).days), _BEYOND)]
