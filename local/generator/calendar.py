"""When things happen: the window, the working week, the year, and delays that are usually short and sometimes very
long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from math import log
from random import Random

from local.generator.rates import GROWTH, SEASON, WEEKDAY_WEIGHTS

#: How long half a year is here.
DAYS = 181
#: Assumption: how a working day spreads over its hours, with a dip at noon and a tail in the evening.
_HOURS = {7: 2, 8: 6, 9: 10, 10: 11, 11: 10, 12: 6, 13: 8, 14: 10, 15: 10, 16: 8, 17: 6, 18: 3, 19: 3, 20: 3, 21: 2}


@dataclass(frozen=True)
class Window:
    """The half-year before a day.

    Attributes:
        until: the day, of which nothing is part of it any more.
    """

    until: date

    @cached_property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.until, time(), UTC)

    @cached_property
    def start(self) -> datetime:
        """Its first moment."""
        return self.end - timedelta(days=DAYS)

    def moment(self, part: float) -> datetime:
        """The moment at which a part of it has passed."""
        return self.start + (self.end - self.start) * part

    def part(self, moment: datetime) -> float:
        """How much of it has passed at a moment; below 0 and above 1 outside of it."""
        return (moment - self.start) / (self.end - self.start)

    def any_moment(self, rng: Random) -> datetime:
        """A moment of it, more often on a working day, in working hours, in a busy month, and towards its end."""
        day = rng.choices(tuple(self._weights), tuple(self._weights.values()))[0]
        return _on(rng, day)

    @cached_property
    def _weights(self) -> Mapping[date, float]:
        days = [(self.start + timedelta(days=number)).date() for number in range(DAYS)]
        return {
            day: WEEKDAY_WEIGHTS[day.weekday()] * SEASON.get(day.month, 1.0) * (1 + GROWTH * number / DAYS)
            for number, day in enumerate(days)
        }


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
