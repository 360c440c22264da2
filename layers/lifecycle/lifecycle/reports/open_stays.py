"""The stays that have not ended, by the day on which they began."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from lifecycle.reports.adding_up import add_up, since_ever, whole
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
    stays = add_up(parts, ("stays", dimension), calendar, {"ended": _had_come}, values=[value], days=days)
    still: Counter[Any] = Counter()
    for bucket in moves["moves"][value]:
        still.update(bucket)
    for bucket in stays["ended"][value]:
        still.subtract(bucket)
    found: dict[str, Counter[date]] = {}
    for (stage, day), count in still.items():
        if count:
            found.setdefault(stage, Counter())[date.fromordinal(day)] = count
    return found


def _came(move: Thing) -> tuple[str, int]:
    """Into which stage a move leads, and when."""
    return move[2], move[0]


def _had_come(stay: Thing) -> tuple[str, int]:
    """In which stage a stay was that ended, and since when."""
    _, stage, entered = stay
    return stage, entered
