"""Tallies: cells counted by value, many at a time, and written in the form that ``cells`` tells of and reads.

NumPy counts them. It takes a while to load, so whoever only reads figures does not import this.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifecycle.reports.cells import KeyedTable, Table, Thing

#: Numbers below this are sorted in half the time.
_SMALL = 1 << 31


class Tally(NamedTuple):
    """How often each cell was counted.

    Attributes:
        ends: of each value, where its cells end; they begin where those of the one before end.
        cells: of a value in rising order, none twice.
        counts: how often each of them.
    """

    ends: NDArray[np.int64]
    cells: NDArray[np.int64]
    counts: NDArray[np.int64]

    def by_value(self, values: Sequence[str]) -> Iterator[tuple[str, slice]]:
        """The values that have cells, each with where these are."""
        start = 0
        for value, end in zip(values, self.ends.tolist(), strict=True):
            if end > start:
                yield value, slice(start, end)
            start = end


def tally(cells: NDArray[np.int64], size: int, value_of: NDArray[np.int64], values: int) -> Tally:
    """Count cells.

    Arguments:
        cells: each as often as it is to be counted.
        size: more than any cell.
        value_of: of each of them, the place of the value under which it counts.
        values: how many values there are.
    """
    if not cells.size:
        return Tally(np.zeros(values, np.int64), cells, cells)
    most = values * size
    whole: type[np.signedinteger[Any]] = np.int32 if most < _SMALL else np.int64
    keys = value_of.astype(whole, copy=False) * size + cells.astype(whole, copy=False)
    if most <= keys.size:
        everywhere = np.bincount(keys, minlength=most)
        found = np.flatnonzero(everywhere)
        counts = everywhere[found]
    else:
        keys.sort()
        lasts = np.append(np.flatnonzero(keys[1:] != keys[:-1]), keys.size - 1)
        found, counts = keys[lasts].astype(np.int64), np.diff(lasts, prepend=-1)
    ends = np.searchsorted(found, np.arange(1, values + 1) * size)
    return Tally(ends, found - found // size * size, counts)


def compacted(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers that lie close together: those that there are, in rising order, and of each its place among them."""
    if not numbers.size:
        return numbers, numbers
    first = numbers.min()
    there = np.zeros(numbers.max() - first + 1, np.bool_)
    there[numbers - first] = True
    places = np.cumsum(there) - 1
    return np.flatnonzero(there) + first, places[numbers - first]


def table(things: Sequence[Thing], counted: Tally, values: Sequence[str]) -> Table:
    """A table of things, a cell being the place of one among them."""
    numbers = list(map(str, np.stack((counted.cells, counted.counts), axis=1).ravel().tolist()))
    return {
        "columns": list(map(list, zip(*things, strict=True))),
        "counts": {
            value: f"[{','.join(numbers[2 * where.start : 2 * where.stop])}]"
            for value, where in counted.by_value(values)
        },
    }


def keyed_table(axes: Sequence[Sequence[Any]], counted: Tally, values: Sequence[str], last: int | None) -> KeyedTable:
    """A table of things that have numbers.

    Arguments:
        axes: all combinations of their entries are the things.
        counted: a cell is a number times how many things there are, and the place of a thing.
        values: under which was counted.
        last: the number that those told are before; ``None`` where they are told as they are.
    """
    ends = {value: where.stop for value, where in counted.by_value(values)}
    return {"axes": axes, "last": last, "ends": ends, "cells": _text(counted.cells), "counts": _text(counted.counts)}


def _text(numbers: NDArray[np.int64]) -> str:
    if numbers.size and numbers.max() >= 1 << 32:
        raise OverflowError("cells are whole numbers of four bytes: days are too far apart for so many things")
    return b2a_base64(numbers.astype("<u4").tobytes(), newline=False).decode()
