"""The stays that have not ended, by the day on which they began."""

from __future__ import annotations

from collections import Counter
from datetime import date

from lifecycle.reports.adding_up import CountedAs, add_up_keyed, latest_entry, minus, since_ever, whole
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

    def stage_of(stay: Thing) -> str | None:
        day, stage = stay
        return None if calendar.bucket(day) is None else str(stage)

    tables: dict[str, CountedAs] = {"entered": stage_of, "ended": stage_of}
    days, latest = since_ever(calendar), latest_entry(calendar)
    stays = add_up_keyed(parts, ("stays", dimension), days, tables, latest=latest, values=[value])
    ended = stays["ended"][value]
    found: dict[str, Counter[date]] = {}
    for stage, entered in stays["entered"][value].items():
        still = minus(entered, ended.get(stage, ()))
        if any(still):
            found[stage] = Counter(
                {date.fromordinal(latest - place): count for place, count in enumerate(still) if count}
            )
    return found
