"""Cells: how often each of many things was counted on a day, by value, in a form that is small and quick to add up.

A table names things once, in columns (``[[day, day], [stage, stage]]``), and gives for each value what was counted of
it, and how often: ``[0, 5, 2, 1]`` is five of the first thing and one of the third. The counts of each value are JSON
in a text of their own, so that who wants one value does not pay for reading all others.

Where things have many numbers each (days, bins of lengths) there is a ``keyed`` table. Its things are all combinations
of the entries of its axes, in order, so that most days of a workspace have the very same. A cell is a number and the
place of a thing in one, ``number * things + place``. So cells of several days are counted into one list by their place
in it, which takes half the time that a ``dict`` does (three quarters where days have to be moved to a common place);
and what was counted of a thing is each so-manieth entry of that list. Cells and counts are whole numbers of four bytes,
the lowest first as on all processors that this runs on, in base64: read in a sixth of the time of JSON. Days (and weeks
and months) are counted back from the latest of a table, which keeps them small.
"""

from __future__ import annotations

import json
from array import array
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise, product
from typing import Any

#: What is counted, such as (day, stage): plain JSON values.
Thing = tuple[Any, ...]

#: As JSON: ``{"columns": [...], "counts": {value: "[cell, count, cell, count]"}}``.
Table = dict[str, Any]

#: While they are counted, a number beside a thing takes so many bits: enough for any date as a day since the year 1.
KEY_BITS = 22
KEY_MASK = (1 << KEY_BITS) - 1


class Places(dict[Any, int]):
    """Things, each with its place in the order in which they were first asked for."""

    def __missing__(self, thing: Any) -> int:
        """Give it the next place."""
        place = self[thing] = len(self)
        return place


def table(things: Iterable[Thing], counts: Mapping[str, Mapping[int, int]]) -> Table:
    """A table of things, in the order of their places, with the counts of cells by value."""
    return {
        "columns": list(map(list, zip(*things, strict=True))),
        "counts": {
            value: json.dumps(list(chain.from_iterable(cells.items())), separators=(",", ":"))
            for value, cells in counts.items()
        },
    }


def things_of(one: Table) -> Iterator[Thing]:
    """What a table counts, in the order of their places."""
    return zip(*one["columns"], strict=True)


def values_of(one: Table) -> Iterable[str]:
    """The values that have counts in a table."""
    counts: Mapping[str, str] = one["counts"]
    return counts.keys()


def counts_of(one: Table, value: str) -> Iterator[tuple[int, int]]:
    """The cells of a value, each with its count."""
    text = one["counts"].get(value)
    numbers = json.loads(text) if text else ()
    return zip(numbers[::2], numbers[1::2], strict=True)


#: As JSON: ``{"axes": [...], "last": number, "ends": {value: end}, "cells": base64, "counts": base64}``.
KeyedTable = dict[str, Any]


def keyed_table(
    things: Sequence[Thing], counts: Mapping[str, Mapping[int, int]], last: int | None = None
) -> KeyedTable:
    """A table of things that have numbers.

    Arguments:
        things: in the order of their places.
        counts: of each value, how often each ``place << KEY_BITS | number`` was counted.
        last: tell numbers by how far they are before this one, which none exceeds; ``None`` to tell them as they are.
    """
    axes = [sorted(set(axis)) for axis in zip(*things, strict=True)]
    places = {thing: place for place, thing in enumerate(product(*axes))}
    of_thing = [places[thing] for thing in things]
    many = len(places)
    ends: dict[str, int] = {}
    cells, times = array("I"), array("I")
    for value, counted in counts.items():
        if last is None:
            own = {(cell & KEY_MASK) * many + of_thing[cell >> KEY_BITS]: count for cell, count in counted.items()}
        else:
            own = {
                (last - (cell & KEY_MASK)) * many + of_thing[cell >> KEY_BITS]: count for cell, count in counted.items()
            }
        in_order = sorted(own)
        cells.extend(in_order)
        times.extend(map(own.__getitem__, in_order))
        ends[value] = len(cells)
    return {"axes": axes, "last": last, "ends": ends, "cells": _text(cells), "counts": _text(times)}


def last_of(counts: Mapping[str, Iterable[int]]) -> int:
    """The largest number in the cells of some values."""
    return max((cell & KEY_MASK for cells in counts.values() for cell in cells), default=0)


def keyed_things_of(one: KeyedTable) -> Iterator[Thing]:
    """What a keyed table counts, in the order of their places."""
    # Without axes there would be one thing, of no entries.
    return product(*one["axes"]) if one["axes"] else iter(())


def keyed_counts_of(one: KeyedTable, values: Sequence[str] | None) -> Iterator[tuple[str, array[int], array[int]]]:
    """Cells in rising order, and how often each was counted, for each value that has any.

    Arguments:
        one: the table.
        values: which values; ``None`` for all that there are.
    """
    ends: Mapping[str, int] = one["ends"]
    if values is not None and not any(value in ends for value in values):
        return
    cells, counts = _numbers(one["cells"]), _numbers(one["counts"])
    for (_, start), (value, end) in pairwise([("", 0), *ends.items()]):
        if values is None or value in values:
            yield value, cells[start:end], counts[start:end]


def _text(numbers: array[int]) -> str:
    return b2a_base64(numbers.tobytes(), newline=False).decode()


def _numbers(text: str) -> array[int]:
    numbers = array("I")
    numbers.frombytes(a2b_base64(text))
    return numbers
