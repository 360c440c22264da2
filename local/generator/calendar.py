"""When things happen: the window, the working week, and delays that are usually short and sometimes very long."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from math import log
from random import Random

from local.generator.rates import WEEKDAY_WEIGHTS

#: A fixed half-year in the past, so that a second run sends the very same ids and times.
WINDOW_START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW_END = datetime(2026, 7, 1, tzinfo=UTC)

_DAYS = tuple((WINDOW_START + timedelta(days=day)).date() for day in range((WINDOW_END - WINDOW_START).days))
_DAY_WEIGHTS = tuple(WEEKDAY_WEIGHTS[day.weekday()] for day in _DAYS)
#: Assumption: how a working day spreads over its hours, with a dip at noon and a tail in the evening.
_HOURS = {7: 2, 8: 6, 9: 10, 10: 11, 11: 10, 12: 6, 13: 8, 14: 10, 15: 10, 16: 8, 17: 6, 18: 3, 19: 3, 20: 3, 21: 2}


def any_moment(rng: Random) -> datetime:
    """A moment of the window, more often on a working day and in working hours."""
    day = rng.choices(_DAYS, _DAY_WEIGHTS)[0]
    return _on(rng, day)


def later(rng: Random, moment: datetime, median_days: float, sigma: float = 1.0) -> datetime:
    """A moment after another, by a log-normal delay.

    Arguments:
        rng: where the chance comes from.
        moment: the moment before.
        median_days: half of the delays are shorter.
        sigma: the spread of the delay's logarithm; 1 puts one in six beyond 2.7 times the median.
    """
    return moment + timedelta(days=rng.lognormvariate(log(median_days), sigma))


def in_office(rng: Random, moment: datetime) -> datetime:
    """The moment itself if it lies in office hours, else a moment of the next working day's morning: never earlier."""
    if moment.weekday() < 5 and 8 <= moment.hour < 18:
        return moment
    day = moment.date() if moment.hour < 8 else moment.date() + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return datetime.combine(day, time(8), UTC) + timedelta(seconds=rng.randrange(3 * 3600))


def _on(rng: Random, day: date) -> datetime:
    hour = rng.choices(tuple(_HOURS), tuple(_HOURS.values()))[0]
    return datetime.combine(day, time(hour), UTC) + timedelta(seconds=rng.randrange(3600))
