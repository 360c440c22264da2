"""Durations as a funnel writes them: ``30 days``, ``4 business hours``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, cast

Unit = Literal["hour", "day", "week", "business hour", "business day"]

_PATTERN = re.compile(r"([1-9][0-9]{0,4}) (hour|day|week|business hour|business day)s?")
_LENGTHS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time. A day is 24 hours; business hours and days are counted by ``business_time``."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}{'' if self.amount == 1 else 's'}"

    @property
    def is_business(self) -> bool:
        """Whether only the hours count in which the organisation works."""
        return self.unit.startswith("business")

    @property
    def length(self) -> timedelta:
        """How long it takes.

        Raises:
            KeyError: it is counted in business time, which has no fixed length.
        """
        return self.amount * _LENGTHS[self.unit]


def parse_duration(text: str) -> Duration:
    """Read a duration.

    Raises:
        ValueError: it is not a number and a unit.
    """
    found = _PATTERN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a duration such as 30 days, 12 hours or 2 business days")
    return Duration(int(found[1]), cast("Unit", found[2]))
