"""A day's parts: all that reports want to know of one UTC day, counted from its rows, for every slice.

A day is always counted anew from all of its rows, so no redelivery and no correction can make it drift. Every cell
carries the local date, of which a UTC day has two or three, so that a day hangs on nothing but its own rows. In the
parts of a dimension a step comes in under the value of the stay that it begins, and goes out under that of the stay
that it ends, so that each slice adds up by itself.

What is counted of a step follows from its shape, from the terms and times of its beginnings, and from what was told by
them. So it is worked out once for each of these, and looked up for all steps at once.

Dates are days since the year 1 (``date.toordinal``): short, and quick to compare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from math import prod
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from lifecycle.day_columns import DayColumns, Places, Shape
from lifecycle.reports.cells import Thing
from lifecycle.reports.dimensions import ALL, DIMENSIONS, NOT_TOLD
from lifecycle.reports.durations import BOUNDS
from lifecycle.reports.local_dates import DAY, SECOND, local_dates
from lifecycle.reports.parts import GRANULARITIES, part_name
from lifecycle.reports.periods import Granularity, number_of
from lifecycle.reports.tallies import Tally, compacted, keyed_table, table, tally
from lifecycle.reports.windows import WINDOWS
from lifecycle.steps import LostDeal, Told

_Numbers = NDArray[np.int64]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BOUNDS = np.array(BOUNDS)
_WINDOWS = np.array(WINDOWS) * DAY

_T = TypeVar("_T")
#: What a step of some shape counts as: things, each with the place of the beginning under whose values it does.
_Picked = Iterable[tuple[Thing, int]]


def aggregate_day(columns: DayColumns, zone: ZoneInfo) -> dict[str, Any]:
    """Count a day.

    Arguments:
        columns: all of one UTC day.
        zone: whose dates the cells carry.

    Returns:
        Its parts by name, plain JSON values; always all of them, some perhaps empty.

    Raises:
        ValueError: there are not as many times as the steps have beginnings.
    """
    return _Day(columns, zone).parts()


# ----------------------------------------------------------------------------------------------------------------------
# What a step of some shape counts as
# ----------------------------------------------------------------------------------------------------------------------


def _moves(shape: Shape) -> _Picked:
    first = shape.to_stage not in shape.reached
    yield (shape.from_stage, shape.to_stage, shape.again, first, shape.opened), 0


def _exits(shape: Shape) -> _Picked:
    if shape.why is not None:
        yield (shape.to_stage, shape.why), 0


def _ended(shape: Shape) -> _Picked:
    if shape.left is not None:
        yield (shape.from_stage,), shape.left


def _reached(shape: Shape) -> _Picked:
    for higher in shape.opened:
        for stage, first in shape.reached.items():
            if higher != stage:
                yield (stage, higher), first


# ----------------------------------------------------------------------------------------------------------------------
# A day
# ----------------------------------------------------------------------------------------------------------------------


class _Picks(NamedTuple):
    """What the steps of a day count as.

    Attributes:
        things: that there are.
        thing: of each that is counted, the place of its own among these.
        step: the place of its step.
        began: the place of the beginning under whose values it counts.
        value_of: of each dimension, the places of these values.
    """

    things: Sequence[Thing]
    thing: _Numbers
    step: _Numbers
    began: _Numbers
    value_of: Mapping[str, _Numbers]


class _Day:
    """What is counted of a day."""

    def __init__(self, columns: DayColumns, zone: ZoneInfo) -> None:
        self._columns = columns
        self._zone = zone
        first_terms, many_terms = _lists(columns.terms)
        many = many_terms[columns.terms_of]
        if many.sum() != columns.times.size:
            raise ValueError("columns: there must be a time for each beginning that the steps have")
        self._first = np.cumsum(many) - many
        #: Of each beginning the place of its step, and that of its terms among all.
        self._step, self._terms_of = _spread(first_terms[columns.terms_of], many)
        self._dates = local_dates(columns.times, zone)
        #: The local dates of the day, and of each step the place of its own.
        self._days, self._day = compacted(self._dates[self._first])
        #: The values of each dimension, and of each beginning their places.
        self._values: dict[str, list[str]] = {ALL: [ALL]}
        self._value_of: dict[str, _Numbers] = {ALL: np.zeros(columns.times.size, np.int32)}
        self._corrected_of: dict[str, _Numbers] = {ALL: np.zeros(len(columns.corrected), np.int32)}
        self._take_terms()
        self._take_told()

    def _take_terms(self) -> None:
        terms = np.array(list(chain.from_iterable(self._columns.terms)), np.int64).reshape(-1, 3)
        rows = self._columns.corrected
        corrected = np.array([(row.cycle, row.funnel_version) for row in rows], np.int64).reshape(-1, 2)
        for name, column in (("cycle", 0), ("version", 1)):
            numbers, places = compacted(np.append(terms[:, column], corrected[:, column]))
            self._values[name] = list(map(str, numbers.tolist()))
            self._value_of[name] = places[: len(terms)][self._terms_of]
            self._corrected_of[name] = places[len(terms) :]
        #: Of each beginning, the place of what was told by it in the list that its step has.
        self._told = terms[:, 2][self._terms_of]

    def _take_told(self) -> None:
        first_told, _ = _lists(self._columns.tellings)
        told_of = first_told[self._columns.telling_of][self._step] + self._told
        # One more, for there to be names where nothing was told.
        told = zip(*chain((Told(),), *self._columns.tellings), strict=True)
        for name, names in zip(Told._fields, told, strict=True):
            told_names, told_places = _values(names)
            self._values[name], places = _values(one or NOT_TOLD for one in told_names)
            self._value_of[name] = places[told_places][1:][told_of]

    def parts(self) -> dict[str, Any]:
        """The day's parts by name."""
        moves, ended, reached = self._picks(_moves), self._picks(_ended), self._picks(_reached)
        families: dict[str, Mapping[str, Mapping[str, Any]]] = {
            "flows": {
                "moves": self._flows(self._with_causes(moves)),
                "left": self._flows(ended),
                "exits": self._flows(self._picks(_exits)),
                "reached": self._flows(reached),
            },
            "stays": self._stays(moves, ended),
            **{f"cohorts_by_{by}": {"cohorts": cohorts} for by, cohorts in self._cohorts(reached).items()},
        }
        parts: dict[str, Any] = {
            part_name(family, dimension): {name: of[dimension] for name, of in tables.items()}
            for dimension in (ALL, *DIMENSIONS)
            for family, tables in families.items()
        }
        for dimension, corrected in self._corrected().items():
            parts[part_name("flows", dimension)]["corrected"] = corrected
        parts[part_name("flows", ALL)]["lost"] = _lost(self._columns.lost, self._zone)
        return parts

    def _picks(self, picked: Callable[[Shape], _Picked]) -> _Picks:
        """Whatever is picked of the shape of each step."""
        by_shape = [list(picked(shape)) for shape in self._columns.shapes]
        first, many_of_shape = _lists(by_shape)
        things, thing = _values(thing for thing, _ in chain.from_iterable(by_shape))
        beginning = np.array([one for _, one in chain.from_iterable(by_shape)], np.int64)
        many = many_of_shape[self._columns.shape_of]
        step, place = _spread(first[self._columns.shape_of], many)
        began = self._first[step] + beginning[place]
        value_of = {name: values[began] for name, values in self._value_of.items()}
        return _Picks(things, thing[place], step, began, value_of)

    def _with_causes(self, moves: _Picks) -> _Picks:
        """Moves, told apart by their causes too."""
        causes = self._columns.causes
        there, thing = compacted(moves.thing * len(causes) + self._columns.cause_of[moves.step])
        things = []
        for move, cause in (divmod(one, len(causes)) for one in there.tolist()):
            from_stage, to_stage, *more = moves.things[move]
            things.append((from_stage, to_stage, causes[cause], *more))
        return moves._replace(things=things, thing=thing)

    # ---- tables by dimension ----------------------------------------------------------------------------------------

    def _flows(self, picks: _Picks) -> dict[str, Any]:
        there, cells = compacted(self._day[picks.step] * len(picks.things) + picks.thing)
        dated = (divmod(cell, len(picks.things)) for cell in there.tolist())
        things = [(int(self._days[day]), *picks.things[thing]) for day, thing in dated]
        tallies = self._tallies(cells, len(things), picks)
        return {name: table(things, one, self._values[name]) for name, one in tallies.items()}

    def _stays(self, moves: _Picks, ended: _Picks) -> dict[str, dict[str, Any]]:
        into, left = [thing[1] for thing in moves.things], [thing[0] for thing in ended.things]
        stages = sorted({*into, *left})
        axes = [self._days.tolist(), stages]
        last = int(self._dates[ended.began].max(initial=self._days.max(initial=0)))

        def thing(picks: _Picks, of: Sequence[str]) -> _Numbers:
            places = np.array([stages.index(stage) for stage in of], np.int64)
            return self._day[picks.step] * len(stages) + places[picks.thing]

        def since(picks: _Picks, things: _Numbers) -> dict[str, Any]:
            return self._keyed(axes, things, last - self._dates[picks.began], picks, last)

        begun, over = thing(moves, into), thing(ended, left)
        return {
            "entered": since(moves, begun),
            "ended": since(ended, over),
            "lengths": self._keyed(axes, over, _bins(self._lengths(ended)), ended, None),
        }

    def _lengths(self, picks: _Picks) -> _Numbers:
        """How long each took, from the beginning that counts to that of its step."""
        times = self._columns.times
        lengths: _Numbers = times[self._first[picks.step]] - times[picks.began]
        return lengths

    def _cohorts(self, reached: _Picks) -> dict[Granularity, dict[str, Any]]:
        pairs = sorted(reached.things)
        place_of = {pair: place for place, pair in enumerate(pairs)}
        places = np.array([place_of[pair] for pair in reached.things], np.int64)
        windows, window = compacted(np.searchsorted(_WINDOWS, self._lengths(reached)))
        thing = places[reached.thing] * windows.size + window
        axes = [pairs, windows.tolist()]
        dates, place = compacted(self._dates[reached.began])
        days = list(map(date.fromordinal, dates.tolist()))
        tables: dict[Granularity, dict[str, Any]] = {}
        for by in GRANULARITIES:
            numbers = np.array([number_of(day, by) for day in days], np.int64)[place]
            last = int(numbers.max(initial=0))
            tables[by] = self._keyed(axes, thing, last - numbers, reached, last)
        return tables

    def _keyed(
        self, axes: Sequence[Sequence[Any]], thing: _Numbers, numbers: _Numbers, picks: _Picks, last: int | None
    ) -> dict[str, Any]:
        many = prod(map(len, axes))
        cells = numbers * many + thing
        tallies = self._tallies(cells, int(cells.max(initial=0)) + 1, picks)
        return {name: keyed_table(axes, one, self._values[name], last) for name, one in tallies.items()}

    def _tallies(self, cells: _Numbers, size: int, picks: _Picks) -> dict[str, Tally]:
        return {
            name: tally(cells, size, value_of, len(self._values[name])) for name, value_of in picks.value_of.items()
        }

    # ---- what is no step --------------------------------------------------------------------------------------------

    def _corrected(self) -> dict[str, Any]:
        rows = self._columns.corrected
        dates = local_dates(_times(row.occurred_at for row in rows), self._zone)
        things = list(
            zip(dates.tolist(), (row.from_stage for row in rows), (row.to_stage for row in rows), strict=True)
        )
        names, cells = _values(things)
        return {
            name: table(names, tally(cells, len(names), value_of, len(self._values[name])), self._values[name])
            for name, value_of in self._corrected_of.items()
        }


def _lost(deals: Sequence[LostDeal], zone: ZoneInfo) -> list[list[Any]]:
    lost: dict[tuple[int, str | None, str | None, bool], list[Decimal]] = {}
    for day, deal in zip(local_dates(_times(deal.lost_at for deal in deals), zone).tolist(), deals, strict=True):
        currency = deal.currency if deal.amount is not None else None
        lost.setdefault((day, deal.reason, currency, deal.amount is None), []).append(deal.amount or Decimal(0))
    return [
        [day, reason, currency, len(amounts), None if untold else str(sum(amounts))]
        for (day, reason, currency, untold), amounts in lost.items()
    ]


def _bins(lengths: _Numbers) -> _Numbers:
    """The bins that lengths of time are counted in, as ``bin_of_seconds`` tells them."""
    seconds = lengths // SECOND
    return np.where(seconds > 0, np.searchsorted(_BOUNDS, seconds) + 1, 0)


def _times(moments: Iterable[datetime]) -> _Numbers:
    return np.array([(moment - _EPOCH) // _MICROSECOND for moment in moments], np.int64)


def _values(of: Iterable[_T]) -> tuple[list[_T], _Numbers]:
    """The values that there are, and of each its place among them."""
    values = Places()
    places = np.fromiter(map(values.__getitem__, of), np.int64)
    return list(values), places


def _lists(lists: Sequence[Sequence[Any]]) -> tuple[_Numbers, _Numbers]:
    """Of lists that are put one after the other, where each begins and how long it is."""
    many = np.array([len(one) for one in lists], np.int64)
    return np.cumsum(many) - many, many


def _spread(first: _Numbers, many: _Numbers) -> tuple[_Numbers, _Numbers]:
    """Of each step so many places, from its first one on: all of them, one after the other, with those of their steps.

    Returns:
        (places of steps, places).
    """
    if (many == 1).all():
        return np.arange(many.size), first
    step = np.repeat(np.arange(many.size), many)
    moved = first - np.cumsum(many) + many
    return step, moved[step] + np.arange(step.size)
