"""Cells: how often each of many things was counted on a day, by value, in a form that is small and quick to add up.

A table names the things once, in columns (``[[day, day], [stage, stage]]``), and gives for each value the places of
those that were counted and how often: ``[0, 5, 2, 1]`` is five of the first and one of the third. The counts of each
value are JSON in a text of their own, so that who wants one value does not pay for reading all others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

#: What is counted, such as (day, stage): plain JSON values.
Thing = tuple[Any, ...]

#: As JSON: ``{"columns": [...], "counts": {value: "[place, count, place, count]"}}``.
Table = dict[str, Any]


class Places(dict[Thing, int]):
    """Things, each with its place in the order in which they were first asked for."""

    def __missing__(self, thing: Thing) -> int:
        """Give it the next place."""
        place = self[thing] = len(self)
        return place


def table(things: Iterable[Thing], counts: Mapping[str, Sequence[int]]) -> Table:
    """A table.

    Arguments:
        things: in the order of their places.
        counts: for each value, places and counts in turn.
    """
    return {
        "columns": list(map(list, zip(*things, strict=True))),
        "counts": {value: json.dumps(pairs, separators=(",", ":")) for value, pairs in counts.items()},
    }


def things_of(one: Table) -> Iterator[Thing]:
    """What a table counts, in the order of their places."""
    return zip(*one["columns"], strict=True)


def values_of(one: Table) -> Iterable[str]:
    """The values that have counts in a table."""
    counts: Mapping[str, str] = one["counts"]
    return counts.keys()


def counts_of(one: Table, value: str) -> Iterator[tuple[int, int]]:
    """Places of things, each with how often it was counted of a value."""
    text = one["counts"].get(value)
    numbers = json.loads(text) if text else ()
    return zip(numbers[::2], numbers[1::2], strict=True)
