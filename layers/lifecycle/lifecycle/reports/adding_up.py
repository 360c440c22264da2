"""Parts of days added up: what was counted in each period of a report, and before it."""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from typing import Any

from lifecycle.reports.cells import (
    KeyedTable,
    Table,
    Thing,
    counts_of,
    keyed_counts_of,
    keyed_things_of,
    things_of,
    values_of,
)
from lifecycle.reports.parts import BEGINNING, Parts, part_name
from lifecycle.reports.periods import Period, Span

#: Of each value, the counts of each bucket.
Buckets = dict[str, list[Counter[Any]]]

#: Of what was counted, how often each number beside it was: at the number's place, or at as many as it is before
#: ``latest``.
Sums = dict[Any, list[int]]

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
    *,
    latest: int = 0,
    earliest: int = 0,
    values: Sequence[str] | None = None,
) -> dict[str, dict[str, Sums]]:
    """Add up tables whose things have numbers of their own.

    Arguments:
        parts: where they are.
        name: family and dimension.
        days: of which UTC days.
        tables: which tables, and what each thing of them counts as; as ``None`` it does not count.
        latest: the number from which those are told that a table tells backwards, no sooner than any.
        earliest: of these, the first that counts.
        values: which values of the dimension; ``None`` for all that there are.

    Returns:
        For each of the tables the sums by value; a value that was asked for is always there.
    """
    added = {table: _KeyedSums(counted_as, latest, earliest, values) for table, counted_as in tables.items()}
    for _, part in parts.read(part_name(*name), days.first, days.last):
        for table, sums in added.items():
            sums.add(part[table])
    return {table: sums.by_value() for table, sums in added.items()}


class _KeyedSums:
    """The sums of one table.

    Tables whose things count as the same are counted into one list for each value. There are few such groups, but for
    reports by day.
    """

    def __init__(self, counted_as: CountedAs, latest: int, earliest: int, values: Sequence[str] | None) -> None:
        self._counted_as = counted_as
        self._latest = latest
        self._reach = latest - earliest + 1
        self._values = values
        self._groups: defaultdict[tuple[Any, ...], dict[str, list[int]]] = defaultdict(dict)

    def add(self, table: KeyedTable) -> None:
        """Add a day's table."""
        counted = tuple(map(self._counted_as, keyed_things_of(table)))
        if all(one is None for one in counted):
            return
        things = len(counted)
        last = table["last"]
        moved = 0 if last is None else (self._latest - last) * things
        end = None if last is None else self._reach * things - moved
        group = self._groups[counted]
        for value, cells, counts in keyed_counts_of(table, self._values):
            # They are in order, so the last is the largest.
            most = cells[-1] if end is None or cells[-1] < end else end - 1
            sums = group.setdefault(value, [])
            if len(sums) <= most + moved:
                sums.extend([0] * ((most + moved) // things * things + things - len(sums)))
            if most < cells[-1]:
                del cells[bisect_right(cells, most) :]
                del counts[len(cells) :]
            if moved:
                for cell, count in zip(cells, counts, strict=True):
                    sums[cell + moved] += count
            else:
                # Lengths, the most, are not told backwards, and not to move them saves a quarter of the time.
                for cell, count in zip(cells, counts, strict=True):
                    sums[cell] += count

    def by_value(self) -> dict[str, Sums]:
        """The sums of each value."""
        found: dict[str, Sums] = {value: {} for value in self._values or ()}
        for counted, by_value in self._groups.items():
            for value, sums in by_value.items():
                of_value = found.setdefault(value, {})
                for place, one in enumerate(counted):
                    if one is not None:
                        own = sums[place :: len(counted)]
                        of_value[one] = plus(of_value[one], own) if one in of_value else own
        return found


def plus(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """The sums of numbers at the same places; what one of them lacks counts as nothing."""
    return _at_each_place(operator.add, one, other)


def minus(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """The differences of numbers at the same places; what one of them lacks counts as nothing."""
    return _at_each_place(operator.sub, one, other)


def _at_each_place(operation: Callable[[int, int], int], one: Sequence[int], other: Sequence[int]) -> list[int]:
    done = list(map(operation, one, other))
    at = len(done)
    done += one[at:]
    done += map(operation, repeat(0), other[at:])
    return done


def _empty(calendar: Calendar) -> list[Counter[Any]]:
    return [Counter() for _ in range(calendar.size)]


def since_ever(calendar: Calendar) -> Span:
    """All UTC days up to the last of a calendar."""
    return Span(BEGINNING, calendar.span.in_utc.last)


def whole(span: Span) -> Calendar:
    """A span as one period."""
    return Calendar([Period(span, partial=False)])


def latest_entry(calendar: Calendar) -> int:
    """The last day on which a stay may have begun that is told in what ``since_ever`` spans, in any time zone."""
    return since_ever(calendar).last.toordinal() + 1
