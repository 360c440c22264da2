"""Parts of days added up: what was counted in each period of a report, and before it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lifecycle.reports.cells import KEY_BITS, KEY_MASK, Places, Table, Thing, counts_of, things_of, values_of
from lifecycle.reports.parts import BEGINNING, Parts, part_name
from lifecycle.reports.periods import Period, Span

#: Of each value, the counts of each bucket.
Buckets = dict[str, list[Counter[Any]]]

#: Of what was counted, how often each number beside it was.
Sums = defaultdict[Any, Counter[int]]

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


def add_up_keyed(
    parts: Parts,
    name: tuple[str, str],
    days: Span,
    tables: Mapping[str, CountedAs],
    values: Sequence[str] | None = None,
) -> dict[str, dict[str, Sums]]:
    """Add up tables whose things have numbers of their own.

    Arguments:
        parts: where they are.
        name: family and dimension.
        days: of which UTC days.
        tables: which tables, and what each thing of them counts as; as ``None`` it does not count.
        values: which values of the dimension; ``None`` for all that there are.

    Returns:
        For each of the tables the sums by value; a value that was asked for is always there.
    """
    places = {table: Places({None: 0}) for table in tables}
    added: dict[str, dict[str, defaultdict[int, int]]] = {
        table: {value: defaultdict(int) for value in values or ()} for table in tables
    }
    for _, part in parts.read(part_name(*name), days.first, days.last):
        for table, counted_as in tables.items():
            _add_keyed(
                part[table], added[table], values, [places[table][counted_as(one)] for one in things_of(part[table])]
            )
    return {
        table: {value: _sums(cells, list(places[table])) for value, cells in by_value.items()}
        for table, by_value in added.items()
    }


def _add_keyed(
    table: Table, to: dict[str, defaultdict[int, int]], values: Sequence[str] | None, places: Sequence[int]
) -> None:
    # What a cell has to be moved by, so that it begins with the common place of its thing instead of the table's own.
    moved = [(place - own) << KEY_BITS for own, place in enumerate(places)]
    for value in values_of(table) if values is None else values:
        if value not in to:
            to[value] = defaultdict(int)
        sums = to[value]
        for cell, count in counts_of(table, value):
            sums[cell + moved[cell >> KEY_BITS]] += count


def _sums(cells: Mapping[int, int], counted: Sequence[Any]) -> Sums:
    sums: Sums = defaultdict(Counter)
    for cell, count in cells.items():
        sums[counted[cell >> KEY_BITS]][cell & KEY_MASK] = count
    sums.pop(None, None)
    return sums


def _empty(calendar: Calendar) -> list[Counter[Any]]:
    return [Counter() for _ in range(calendar.size)]


def since_ever(calendar: Calendar) -> Span:
    """All UTC days up to the last of a calendar."""
    return Span(BEGINNING, calendar.span.in_utc.last)


def whole(span: Span) -> Calendar:
    """A span as one period."""
    return Calendar([Period(span, partial=False)])
