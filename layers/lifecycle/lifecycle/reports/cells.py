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

Here they are read; ``tallies`` writes them.
"""

from __future__ import annotations

import json
from array import array
from binascii import a2b_base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, product
from typing import Any

#: What is counted, such as (day, stage): plain JSON values.
Thing = tuple[Any, ...]

#: As JSON: ``{"columns": [...], "counts": {value: "[cell, count, cell, count]"}}``.
Table = dict[str, Any]


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


def _numbers(text: str) -> array[int]:
    numbers = array("I")
    numbers.frombytes(a2b_base64(text))
    return numbers
