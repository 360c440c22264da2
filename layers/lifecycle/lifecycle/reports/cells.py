"""Cells: how often each of many things was counted on a day, by value, in a form that is small and quick to add up.

A table names things once, in columns (``[[day, day], [stage, stage]]``), and gives for each value what was counted of
it, and how often: ``[0, 5, 2, 1]`` is five of the first thing and one of the third. Where things have many numbers each
(days, bins of lengths) a cell is a thing's place and a number in one: ``keyed``. The counts of each value are JSON in a
text of their own, so that who wants one value does not pay for reading all others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

#: What is counted, such as (day, stage): plain JSON values.
Thing = tuple[Any, ...]

#: As JSON: ``{"columns": [...], "counts": {value: "[cell, count, cell, count]"}}``.
Table = dict[str, Any]

#: A number beside a thing takes so many bits: enough for any date as a day since the year 1.
KEY_BITS = 22
KEY_MASK = (1 << KEY_BITS) - 1


class Places(dict[Any, int]):
    """Things, each with its place in the order in which they were first asked for."""

    def __missing__(self, thing: Any) -> int:
        """Give it the next place."""
        place = self[thing] = len(self)
        return place


def table(things: Iterable[Thing], counts: Mapping[str, Counter[int]]) -> Table:
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
