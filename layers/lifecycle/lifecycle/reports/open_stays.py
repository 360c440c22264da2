"""The stays that have not ended, by the day on which they began."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from lifecycle.reports.adding_up import add_up, add_up_keyed, since_ever, whole
from lifecycle.reports.cells import Thing
from lifecycle.reports.dimensions import EVERYBODY
from lifecycle.reports.parts import Parts
from lifecycle.reports.periods import Span


def open_stays(parts: Parts, last: date) -> dict[str, Counter[date]]:
    """How many are in each stage, by the local date on which they came into it.

    Arguments:
        parts: of all days up to the last.
        last: the local date at whose end.
    """
    dimension, value = EVERYBODY
    calendar = whole(Span(last, last))
    days = since_ever(calendar)
    moves = add_up(parts, ("flows", dimension), calendar, {"moves": _came}, values=[value], days=days)

    def left(stay: Thing) -> str | None:
        day, stage = stay
        return None if calendar.bucket(day) is None else str(stage)

    stays = add_up_keyed(parts, ("stays", dimension), days, {"ended": left}, [value])
    still: Counter[Any] = Counter()
    for bucket in moves["moves"][value]:
        still.update(bucket)
    for stage, came in stays["ended"][value].items():
        still.subtract({(stage, day): count for day, count in came.items()})
    found: dict[str, Counter[date]] = {}
    for (stage, day), count in still.items():
        if count:
            found.setdefault(stage, Counter())[date.fromordinal(day)] = count
    return found


def _came(move: Thing) -> tuple[str, int]:
    """Into which stage a move leads, and when."""
    return move[2], move[0]
