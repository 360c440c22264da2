"""A day's parts: all that reports want to know of one UTC day, counted from its rows, for every slice.

A day is always counted anew from all of its rows, so no redelivery and no correction can make it drift. Every cell
carries the local date, of which a UTC day has two or three, so that a day hangs on nothing but its own rows. In the
parts of a dimension a step comes in under the value of the stay that it begins, and goes out under that of the stay
that it ends, so that each slice adds up by itself.

Dates are days since the year 1 (``date.toordinal``): short, and quick to compare.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from lifecycle.reports.cells import Places, Table, table
from lifecycle.reports.dimensions import ALL, DIMENSIONS, values_of
from lifecycle.reports.durations import bin_of
from lifecycle.reports.parts import CORRECTED_KNOWN_BY, GRANULARITIES, part_name
from lifecycle.reports.periods import start_of
from lifecycle.reports.windows import window_of
from lifecycle.steps import DayRow, Entry, LostDeal, Step, Told

#: Time zones were apart by odd seconds until 1972; later, a quarter of an hour lies within one date everywhere.
_QUARTER = 900
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SINCE = datetime(1973, 1, 1, tzinfo=UTC).timestamp()


class _LocalDates(dict[float, int]):
    """The local date of quarters of an hour."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, quarter: float) -> int:
        day = self[quarter] = self.exactly(_EPOCH + timedelta(seconds=quarter * _QUARTER))
        return day

    def exactly(self, moment: datetime) -> int:
        return moment.astimezone(self._zone).toordinal()

    def of(self, moment: datetime) -> int:
        seconds = moment.timestamp()
        return self[seconds // _QUARTER] if seconds >= _SINCE else self.exactly(moment)


class _Tally:
    """Things of one kind, each with the stay under which it counts."""

    def __init__(self) -> None:
        self.places = Places()
        self.cells: list[int] = []
        self.contexts: list[int] = []

    def table(self, values: Sequence[str]) -> Table:
        """The table of one dimension; ``values``: the value of each context."""
        counts: dict[str, list[int]] = {}
        counted = Counter(zip(map(values.__getitem__, self.contexts), self.cells, strict=True))
        for (value, cell), count in counted.items():
            if value in counts:
                counts[value] += (cell, count)
            else:
                counts[value] = [cell, count]
        return table(self.places, counts)


class _Day:
    """What is counted of a day."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._dates = _LocalDates(zone)
        #: What of a stay decides to which slices it belongs: its cycle, version, and what was told.
        self._contexts = Places()
        self._moves = _Tally()
        self._left = _Tally()
        self._exits = _Tally()
        self._reached = _Tally()
        self._ended = _Tally()
        self._lengths = _Tally()
        self._cohorts = _Tally()
        self._corrected = _Tally()
        self._lost: dict[tuple[int, str | None, str | None, bool], list[Decimal]] = {}

    def take(self, rows: Iterable[DayRow]) -> None:
        for row in rows:
            step = row.step
            if step is not None:
                self._take_step(row.cause, step)
            elif row.corrected:
                day = self._dates.of(row.occurred_at)
                self._corrected.cells.append(self._corrected.places[day, row.from_stage, row.to_stage])
                self._corrected.contexts.append(self._contexts[row.cycle, row.funnel_version, Told()])

    def _take_step(self, cause: str, step: Step) -> None:
        entry, left, reached, opened = step.entry, step.left, step.reached, step.opened
        to_stage = step.to_stage
        day = self._dates.of(entry.at)
        context = self._contexts[entry[1:]]
        self._moves.cells.append(
            self._moves.places[day, step.from_stage, to_stage, cause, step.again, to_stage not in reached, opened]
        )
        self._moves.contexts.append(context)
        if step.why is not None:
            self._exits.cells.append(self._exits.places[day, to_stage, step.why])
            self._exits.contexts.append(context)
        if left is not None:
            self._take_end(day, step.from_stage, left, entry.at)
        for stage, first in reached.items():
            self._take_reached(day, stage, first, step)

    def _take_end(self, day: int, stage: str | None, left: Entry, at: datetime) -> None:
        context = self._contexts[left[1:]]
        self._left.cells.append(self._left.places[day, stage])
        self._left.contexts.append(context)
        self._ended.cells.append(self._ended.places[day, stage, self._dates.of(left.at)])
        self._ended.contexts.append(context)
        length = at - left.at
        self._lengths.cells.append(self._lengths.places[day, stage, bin_of(length)])
        self._lengths.contexts.append(context)

    def _take_reached(self, day: int, stage: str, first: Entry, step: Step) -> None:
        context = self._contexts[first[1:]]
        cohort = self._dates.of(first.at)
        window = window_of(step.entry.at - first.at)
        for higher in step.opened:
            if higher != stage:
                self._reached.cells.append(self._reached.places[day, stage, higher])
                self._reached.contexts.append(context)
                self._cohorts.cells.append(self._cohorts.places[cohort, stage, higher, window])
                self._cohorts.contexts.append(context)

    def take_lost(self, deals: Iterable[LostDeal]) -> None:
        for deal in deals:
            currency = deal.currency if deal.amount is not None else None
            thing = (self._dates.of(deal.lost_at), deal.reason, currency, deal.amount is None)
            self._lost.setdefault(thing, []).append(deal.amount or Decimal(0))

    def parts(self) -> dict[str, Any]:
        weeks, months = self._cohorts_by("week"), self._cohorts_by("month")
        by_dimension: dict[str, list[str]] = {ALL: [ALL] * len(self._contexts)}
        told = [values_of(*context) for context in self._contexts]
        for dimension in DIMENSIONS:
            by_dimension[dimension] = [values[dimension] for values in told]
        parts: dict[str, Any] = {}
        for name, values in by_dimension.items():
            flows: dict[str, Any] = {
                "moves": self._moves.table(values),
                "left": self._left.table(values),
                "exits": self._exits.table(values),
                "reached": self._reached.table(values),
            }
            if name in CORRECTED_KNOWN_BY:
                flows["corrected"] = self._corrected.table(values)
            if name == ALL:
                flows["lost"] = [
                    [day, reason, currency, len(amounts), None if untold else str(sum(amounts))]
                    for (day, reason, currency, untold), amounts in self._lost.items()
                ]
            parts[part_name("flows", name)] = flows
            parts[part_name("stays", name)] = {
                "ended": self._ended.table(values),
                "lengths": self._lengths.table(values),
            }
            for granularity, tally in zip(GRANULARITIES, (self._cohorts, weeks, months), strict=True):
                parts[part_name(f"cohorts_by_{granularity}", name)] = {"cohorts": tally.table(values)}
        return parts

    def _cohorts_by(self, by: Any) -> _Tally:
        tally = _Tally()
        starts = {
            day: start_of(date.fromordinal(day), by).toordinal() for day in {thing[0] for thing in self._cohorts.places}
        }
        coarser = [
            tally.places[starts[day], stage, higher, window] for day, stage, higher, window in self._cohorts.places
        ]
        tally.cells = list(map(coarser.__getitem__, self._cohorts.cells))
        tally.contexts = self._cohorts.contexts
        return tally


def aggregate_day(rows: Iterable[DayRow], lost: Iterable[LostDeal], zone: ZoneInfo) -> dict[str, Any]:
    """Count a day.

    Arguments:
        rows: all of one UTC day.
        lost: the deals that were lost on it, and still are.
        zone: whose dates the cells carry.

    Returns:
        Its parts by name, plain JSON values; always all of them, some perhaps empty.
    """
    day = _Day(zone)
    day.take(rows)
    day.take_lost(lost)
    return day.parts()
