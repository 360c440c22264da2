"""Parts of days added up: what was counted in each period of a report, and before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lifecycle.reports.cells import Table, Thing, counts_of, things_of, values_of
from lifecycle.reports.parts import BEGINNING, Parts, part_name
from lifecycle.reports.periods import Period, Span

#: Of each value, the counts of each bucket.
Buckets = dict[str, list[Counter[Any]]]

#: What a thing of a table is counted as.
CountedAs = Callable[[Thing], Any]


class Calendar:
    """Which bucket a day belongs to: the one at place 0 is for all days before the periods, which have one each.

    Arguments:
        periods: in order, without gaps.
    """

    def __init__(self, periods: Sequence[Period]) -> None:
        self.span = Span(periods[0].span.first, periods[-1].span.last)
        self.size = len(periods) + 1
        self._first = self.span.first.toordinal()
        self._buckets = {
            day: place
            for place, period in enumerate(periods, 1)
            for day in range(period.span.first.toordinal(), period.span.last.toordinal() + 1)
        }

    def bucket(self, day: int) -> int | None:
        """The place of a day's bucket; ``None`` after the last."""
        return 0 if day < self._first else self._buckets.get(day)


def add_up(
    parts: Parts,
    name: tuple[str, str],
    calendar: Calendar,
    tables: Mapping[str, CountedAs],
    *,
    values: Sequence[str] | None = None,
    days: Span | None = None,
) -> dict[str, Buckets]:
    """Add up tables of which the first column is the local date.

    Arguments:
        parts: where they are.
        name: family and dimension.
        calendar: the buckets; what is later than them is not counted.
        tables: which tables, and what each thing of them counts as.
        values: which values of the dimension; ``None`` for all that there are.
        days: of which UTC days; ``None`` for those that the calendar's moments may lie in.

    Returns:
        For each of the tables the counts by value; a value that was asked for is always there.
    """
    days = days or calendar.span.in_utc
    added: dict[str, Buckets] = {table: {} for table in tables}
    for value in values or ():
        for buckets in added.values():
            buckets[value] = _empty(calendar)
    for _, part in parts.read(part_name(*name), days.first, days.last):
        for table, counted_as in tables.items():
            _add(part[table], added[table], values, calendar, counted_as)
    return added


def _add(table: Table, to: Buckets, values: Sequence[str] | None, calendar: Calendar, counted_as: CountedAs) -> None:
    things = [(calendar.bucket(thing[0]), counted_as(thing)) for thing in things_of(table)]
    for value in values_of(table) if values is None else values:
        buckets = to.get(value)
        if buckets is None:
            buckets = to[value] = _empty(calendar)
        for place, count in counts_of(table, value):
            bucket, thing = things[place]
            if bucket is not None:
                buckets[bucket][thing] += count


def _empty(calendar: Calendar) -> list[Counter[Any]]:
    return [Counter() for _ in range(calendar.size)]


def since_ever(calendar: Calendar) -> Span:
    """All UTC days up to the last of a calendar."""
    return Span(BEGINNING, calendar.span.in_utc.last)


def whole(span: Span) -> Calendar:
    """A span as one period."""
    return Calendar([Period(span, partial=False)])
