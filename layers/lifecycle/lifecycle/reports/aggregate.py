"""A day's parts: all that reports want to know of one UTC day, counted from its rows, for every slice.

A day is always counted anew from all of its rows, so no redelivery and no correction can make it drift. Every cell
carries the local date, of which a UTC day has two or three, so that a day hangs on nothing but its own rows. In the
parts of a dimension a step comes in under the value of the stay that it begins, and goes out under that of the stay
that it ends, so that each slice adds up by itself.

Rows are taken apart into columns, and what belongs to one context (cycle, version, and what was told) is put together:
adding up for each value of each dimension is then done by ``Counter``, which counts whole numbers in C.

Dates are days since the year 1 (``date.toordinal``): short, and quick to compare.
"""

from __future__ import annotations

import gc
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from lifecycle.reports.cells import KEY_BITS, KEY_MASK, Places, keyed_table, last_of, table
from lifecycle.reports.dimensions import ALL, DIMENSIONS, values_of
from lifecycle.reports.durations import bin_of
from lifecycle.reports.parts import CORRECTED_KNOWN_BY, GRANULARITIES, part_name
from lifecycle.reports.periods import Granularity, number_of
from lifecycle.reports.windows import window_of
from lifecycle.steps import DayRow, LostDeal, Step, Told

#: Time zones were apart by odd seconds until 1972; later, a quarter of an hour lies within one date everywhere.
_QUARTER = 900
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SINCE = datetime(1973, 1, 1, tzinfo=UTC).timestamp() // _QUARTER


#: What is no dimension of reports: each version in each cycle.
_IN_BOTH = "version/cycle"
#: Dimensions that follow from that, and how.
_FROM_BOTH: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        ALL: lambda _: ALL,
        "version": lambda key: key.partition("/")[0],
        "cycle": lambda key: key.partition("/")[2],
    }
)


#: How often each cell counts, by dimension and value.
_Counts = dict[str, dict[str, Mapping[int, int]]]


class _LocalDates(dict[float, int]):
    """The local date of quarters of an hour, worked out once for each."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, quarter: float) -> int:
        day = self[quarter] = self._exactly(_EPOCH + timedelta(seconds=quarter * _QUARTER))
        return day

    def _exactly(self, moment: datetime) -> int:
        return moment.astimezone(self._zone).toordinal()

    def of(self, moments: Sequence[datetime]) -> list[int]:
        quarters = [moment.timestamp() // _QUARTER for moment in moments]
        if min(quarters, default=_SINCE) >= _SINCE:
            return list(map(self.__getitem__, quarters))
        return [
            self[quarter] if quarter >= _SINCE else self._exactly(moment)
            for quarter, moment in zip(quarters, moments, strict=True)
        ]


class _Tally:
    """Cells of one table, each with the context under which it counts."""

    def __init__(self, things: Places | None = None) -> None:
        self.things = Places() if things is None else things
        self._by_context: defaultdict[int, list[int]] = defaultdict(list)

    def take(self, cells: Iterable[int], contexts: Iterable[int]) -> None:
        by_context = self._by_context
        for cell, context in zip(cells, contexts, strict=True):
            by_context[context].append(cell)

    def counts(self, contexts_of: Mapping[str, Mapping[str, Sequence[int]]]) -> _Counts:
        """How often each cell counts, by dimension and value, each of which has some contexts.

        Versions and cycles are few. So their counts, and those of everybody, come from the counts of each version in
        each cycle, which is much less to add up than all cells.
        """
        in_both = {key: self._count(contexts) for key, contexts in contexts_of[_IN_BOTH].items()}
        made: _Counts = {}
        for dimension in (ALL, *DIMENSIONS):
            if dimension in _FROM_BOTH:
                counts = _summed(in_both, _FROM_BOTH[dimension])
            else:
                counts = {value: self._count(contexts) for value, contexts in contexts_of[dimension].items()}
            made[dimension] = {value: cells for value, cells in counts.items() if cells}
        return made

    def _count(self, contexts: Iterable[int]) -> Counter[int]:
        by_context = self._by_context
        return Counter(chain.from_iterable([by_context[one] for one in contexts if one in by_context]))


def _summed(in_both: Mapping[str, Counter[int]], value_of: Callable[[str], str]) -> dict[str, Counter[int]]:
    sums: dict[str, Counter[int]] = {}
    for key, counts in in_both.items():
        value = value_of(key)
        if value in sums:
            sums[value].update(counts)
        else:
            sums[value] = counts.copy()
    return sums


class _Becomes(dict[int, int]):
    """What cells become, worked out once for each."""

    def __init__(self, becomes: Callable[[int], int]) -> None:
        super().__init__()
        self._becomes = becomes

    def __missing__(self, cell: int) -> int:
        made = self[cell] = self._becomes(cell)
        return made


def _rolled_up(counts: _Counts, becomes: Callable[[int], int]) -> _Counts:
    """The counts of coarser cells, from those of finer ones: much less to add up than to count all again."""
    coarser = _Becomes(becomes)
    made: _Counts = {}
    for dimension, by_value in counts.items():
        made[dimension] = {}
        for value, cells in by_value.items():
            sums: defaultdict[int, int] = defaultdict(int)
            for cell, count in cells.items():
                sums[coarser[cell]] += count
            made[dimension][value] = sums
    return made


class DayTally:
    """What is counted of a day.

    Arguments:
        zone: whose dates the cells carry.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._dates = _LocalDates(zone)
        #: What of a stay decides to which slices it belongs: its cycle, version, and what was told.
        self._contexts = Places()
        self._moves = _Tally()
        self._exits = _Tally()
        self._reached = _Tally()
        self._ended = _Tally()
        self._lengths = _Tally(self._ended.things)
        self._cohorts = _Tally()
        self._corrected = _Tally()
        self._lost: dict[tuple[int, str | None, str | None, bool], list[Decimal]] = {}

    def take(self, rows: Iterable[DayRow]) -> None:
        """Count rows of the day."""
        rows = list(rows)
        self._take_corrected([row for row in rows if row.corrected and row.step is None])
        causes = [row.cause for row in rows if row.step is not None]
        steps = [row.step for row in rows if row.step is not None]
        days = self._dates.of([step.entry.at for step in steps])
        self._take_moves(causes, steps, days)
        self._take_ends(steps, days)
        self._take_reached(steps, days)

    def _take_corrected(self, rows: Sequence[DayRow]) -> None:
        days = self._dates.of([row.occurred_at for row in rows])
        self._corrected.take(
            [self._corrected.things[day, row.from_stage, row.to_stage] for day, row in zip(days, rows, strict=True)],
            [self._contexts[row.cycle, row.funnel_version, Told()] for row in rows],
        )

    def _take_moves(self, causes: Sequence[str], steps: Sequence[Step], days: Sequence[int]) -> None:
        things = self._moves.things
        contexts = [self._contexts[step.entry[1:]] for step in steps]
        self._moves.take(
            [
                things[
                    day,
                    step.from_stage,
                    step.to_stage,
                    cause,
                    step.again,
                    step.to_stage not in step.reached,
                    step.opened,
                ]
                for day, cause, step in zip(days, causes, steps, strict=True)
            ],
            contexts,
        )
        told = [
            (self._exits.things[day, step.to_stage, step.why], context)
            for day, step, context in zip(days, steps, contexts, strict=True)
            if step.why is not None
        ]
        self._exits.take([cell for cell, _ in told], [context for _, context in told])

    def _take_ends(self, steps: Sequence[Step], days: Sequence[int]) -> None:
        ends = [
            (day, step.from_stage, step.left, step.entry.at)
            for day, step in zip(days, steps, strict=True)
            if step.left is not None
        ]
        contexts = [self._contexts[left[1:]] for _, _, left, _ in ends]
        bases = [self._ended.things[day, stage] << KEY_BITS for day, stage, _, _ in ends]
        entered = self._dates.of([left.at for _, _, left, _ in ends])
        self._ended.take(map(int.__or__, bases, entered), contexts)
        bins = [bin_of(at - left.at) for _, _, left, at in ends]
        self._lengths.take(map(int.__or__, bases, bins), contexts)

    def _take_reached(self, steps: Sequence[Step], days: Sequence[int]) -> None:
        pairs = [
            (day, step.entry.at, stage, first, higher)
            for day, step in zip(days, steps, strict=True)
            for higher in step.opened
            for stage, first in step.reached.items()
            if higher != stage
        ]
        contexts = [self._contexts[first[1:]] for _, _, _, first, _ in pairs]
        self._reached.take([self._reached.things[day, stage, higher] for day, _, stage, _, higher in pairs], contexts)
        bases = [
            self._cohorts.things[(stage, higher), window_of(at - first.at)] << KEY_BITS
            for _, at, stage, first, higher in pairs
        ]
        self._cohorts.take(map(int.__or__, bases, self._dates.of([first.at for _, _, _, first, _ in pairs])), contexts)

    def take_lost(self, deals: Iterable[LostDeal]) -> None:
        """Count deals that were lost on the day."""
        for deal in deals:
            currency = deal.currency if deal.amount is not None else None
            thing = (self._dates.of([deal.lost_at])[0], deal.reason, currency, deal.amount is None)
            self._lost.setdefault(thing, []).append(deal.amount or Decimal(0))

    def parts(self) -> dict[str, Any]:
        """The day's parts by name."""
        contexts_of = self._contexts_by_dimension()
        moves, ended = self._moves.counts(contexts_of), self._ended.counts(contexts_of)
        entered = self._entered(moves)
        cohorts = self._cohorts.counts(contexts_of)
        stays, pairs = list(self._ended.things), list(self._cohorts.things)
        flows: dict[str, tuple[Places, _Counts]] = {
            "moves": (self._moves.things, moves),
            "left": (self._ended.things, _rolled_up(ended, lambda cell: cell >> KEY_BITS)),
            "exits": (self._exits.things, self._exits.counts(contexts_of)),
            "reached": (self._reached.things, self._reached.counts(contexts_of)),
        }
        lengths = self._lengths.counts(contexts_of)
        by_period = {by: _rolled_up(cohorts, _by_period(by)) for by in GRANULARITIES if by != "day"} | {"day": cohorts}
        # Every slice has some of everybody's cells.
        last_stay = max(last_of(entered[ALL]), last_of(ended[ALL]))
        last_cohort = {by: last_of(counts[ALL]) for by, counts in by_period.items()}
        parts: dict[str, Any] = {}
        for dimension in (ALL, *DIMENSIONS):
            parts[part_name("flows", dimension)] = {
                name: table(things, counts[dimension]) for name, (things, counts) in flows.items()
            }
            parts[part_name("stays", dimension)] = {
                "entered": keyed_table(stays, entered[dimension], last_stay),
                "ended": keyed_table(stays, ended[dimension], last_stay),
                "lengths": keyed_table(stays, lengths[dimension]),
            }
            for by, counts in by_period.items():
                parts[part_name(f"cohorts_by_{by}", dimension)] = {
                    "cohorts": keyed_table(pairs, counts[dimension], last_cohort[by])
                }
        corrected = self._corrected.counts(contexts_of)
        for dimension in CORRECTED_KNOWN_BY:
            parts[part_name("flows", dimension)]["corrected"] = table(self._corrected.things, corrected[dimension])
        parts[part_name("flows", ALL)]["lost"] = [
            [day, reason, currency, len(amounts), None if untold else str(sum(amounts))]
            for (day, reason, currency, untold), amounts in self._lost.items()
        ]
        return parts

    def _entered(self, moves: _Counts) -> _Counts:
        """The stays that began, as those that ended are told: by day and stage, with the day on which they began."""
        cells = [(self._ended.things[move[0], move[2]] << KEY_BITS) | move[0] for move in self._moves.things]
        return _rolled_up(moves, cells.__getitem__)

    def _contexts_by_dimension(self) -> dict[str, dict[str, list[int]]]:
        """Of each dimension and value, the places of the contexts."""
        found: dict[str, dict[str, list[int]]] = {name: {} for name in (ALL, *DIMENSIONS, _IN_BOTH)}
        for thing, place in self._contexts.items():
            values: dict[str, str] = {**values_of(*thing)}
            values[_IN_BOTH] = f"{values['version']}/{values['cycle']}"
            for dimension, value in values.items():
                found[dimension].setdefault(value, []).append(place)
        return found


def _by_period(by: Granularity) -> Callable[[int], int]:
    """What the cell of a cohort by day becomes by week or month."""

    def becomes(cell: int) -> int:
        day = cell & KEY_MASK
        return cell - day + number_of(date.fromordinal(day), by)

    return becomes


def aggregate_day(rows: Iterable[DayRow], lost: Iterable[LostDeal], zone: ZoneInfo) -> dict[str, Any]:
    """Count a day.

    Arguments:
        rows: all of one UTC day.
        lost: the deals that were lost on it, and still are.
        zone: whose dates the cells carry.

    Returns:
        Its parts by name, plain JSON values; always all of them, some perhaps empty.
    """
    with _without_collector():
        day = DayTally(zone)
        day.take(rows)
        day.take_lost(lost)
        return day.parts()


@contextmanager
def _without_collector() -> Iterator[None]:
    """Nothing here makes cycles, and looking for some among millions of new objects takes as long as all the rest."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
