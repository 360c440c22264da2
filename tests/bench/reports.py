"""How many transitions a second one core aggregates, and how long reports over a year of 12,000,000 take to be read.

    python -m tests.bench.reports [--day N]

Prospects arrive evenly; each goes its way through the default funnel over weeks and months, with a source, a campaign
and an owner out of a few dozen, the first of which are the most frequent. All steps of one week's prospects, put on one
week, are what happens in any week when it has always been so: this makes seven days, of which every other week is a
copy, moved. A way's beginning is always there, so reports begin where the first prospects did.

Aggregating begins with the causes and texts of a day's steps, as the table keeps them, and ends with the JSON of all
thirty parts. It is told in its three parts: reading into columns, page by page, counting, and writing JSON; and then
with picking causes and texts out of what the SDK hands over. The database and the SDK's parsing of its answers are not
in it, nor is the packing of what is written. The floor is to look at each row's stages and add them up for everybody
alone. Reading is told with the parsing of JSON, without the database. Time is processor time of this process.
"""

# ruff: noqa: T201 - it is a program for a terminal

from __future__ import annotations

import argparse
import json
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from lifecycle.funnel.parsing import default_funnel
from lifecycle.reports.aggregate import aggregate_day
from lifecycle.reports.asked import Asked
from lifecycle.reports.cells import keyed_counts_of, keyed_things_of
from lifecycle.reports.conversion_figures import conversion_by_cohort, conversion_by_period
from lifecycle.reports.dimensions import DIMENSIONS, Slice
from lifecycle.reports.flow_figures import flow_report
from lifecycle.reports.funnel_figures import funnel_report
from lifecycle.reports.parts import GRANULARITIES, PART_NAMES
from lifecycle.reports.periods import DAY, Granularity, Span, first_of, midnight, number_of
from lifecycle.reports.reason_figures import reason_report
from lifecycle.reports.tallies import keyed_table, tally
from lifecycle.reports.velocity_figures import velocity_report
from lifecycle.steps import DayRow, Entry, Step, Told
from lifecycle.store.day_reader import DayReader, picked_out
from tests.listed import columns_of, listed_items

TARGET = 500_000
REPEATS = 15
#: How many items a page of the index has, of a megabyte.
PAGE = 2_000
WEEKS = 52
ZONE = ZoneInfo("Europe/Berlin")
#: A Monday; the first week is the one that all others are copies of.
START = datetime(2025, 1, 6, tzinfo=UTC)
LADDER = ("suspect", "engaged", "marketing_qualified", "sales_qualified", "opportunity", "customer", "evangelist")
#: How many go on from each stage, and after how many days on average.
ONWARD = ((0.7, 6), (0.5, 14), (0.5, 8), (0.6, 12), (0.35, 35), (0.15, 60))
#: The families of cohorts, in the order of their granularities.
COHORTS = tuple(f"cohorts_by_{by}" for by in GRANULARITIES)
REASONS = ("no budget", "competitor", "no fit", "student", None)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--day", type=int, default=33_000, help="how many transitions a day has")
    size: int = parser.parse_args().day
    week = made_up_week(size)
    print_aggregation(week[2])
    print_reading(week)


class Spread:
    """Values of which the first is the most frequent, the second half as frequent, and so on."""

    def __init__(self, name: str, many: int, told: float) -> None:
        self._values = [f"{name} {number}" for number in range(many)]
        self._weights = list(accumulate(1 / (rank + 1) for rank in range(many)))
        self._told = told

    def one(self, random: Random) -> str | None:
        """One of them; ``None`` where nobody told."""
        return random.choices(self._values, cum_weights=self._weights)[0] if random.random() < self._told else None


SOURCES, CAMPAIGNS, OWNERS = Spread("source", 12, 0.95), Spread("campaign", 60, 0.6), Spread("owner", 40, 0.5)


def made_up_week(size: int) -> list[list[DayRow]]:
    """The rows of seven days of about ``size`` each, from a Monday on."""
    random = Random(7)
    days: list[list[DayRow]] = [[] for _ in range(7)]
    count = 0
    while sum(map(len, days)) < 7 * size:
        for _ in range(1_000):
            count += 1
            for row in made_up_way(f"{count:032x}", random):
                weeks = (row.occurred_at - START) // timedelta(weeks=1)
                moved = earlier(row, timedelta(weeks=weeks))
                days[moved.occurred_at.weekday()].append(moved)
    return days


def earlier(row: DayRow, by: timedelta) -> DayRow:
    """The same, so much earlier."""
    step = row.step
    assert step is not None

    def entry(one: Entry) -> Entry:
        return one._replace(at=one.at - by)

    return replace(
        row,
        occurred_at=row.occurred_at - by,
        step=replace(
            step,
            entry=entry(step.entry),
            left=step.left and entry(step.left),
            reached={stage: entry(one) for stage, one in step.reached.items()},
        ),
    )


def made_up_way(prospect_id: str, random: Random) -> Iterator[DayRow]:
    """The steps of a prospect who arrives in the first week."""
    at = START + timedelta(seconds=random.random() * 7 * 86_400)
    told = Told(SOURCES.one(random), CAMPAIGNS.one(random))
    cycle, rank, sequence = 1, 0, 0
    stage: str | None = None
    left: Entry | None = None
    reached: dict[str, Entry] = {}
    been: set[str] = set()
    to_stage, why = LADDER[0], None
    opened: tuple[str, ...] = LADDER[:1]
    while True:
        entry = Entry(at, cycle, 3 if at.day < 15 else 4, told)
        step = Step(stage, to_stage, entry, left, to_stage in been, opened, dict(reached), why)
        cause = "rule" if stage else "known"
        yield DayRow(prospect_id, sequence, at, stage or to_stage, to_stage, cause, entry.version, cycle, False, step)
        reached[to_stage] = entry
        been.add(to_stage)
        stage, left, sequence = to_stage, entry, sequence + 1
        if stage == "disqualified":
            if random.random() > 0.15:
                return
            at += timedelta(days=random.expovariate(1 / 60))
            cycle, rank, reached, why = cycle + 1, 1, {}, None
            to_stage, opened = LADDER[1], LADDER[:2]
            continue
        part, days = ONWARD[rank] if rank < len(ONWARD) else (0.0, 1)
        at += timedelta(days=random.expovariate(1 / days))
        if random.random() < part:
            up = 2 if random.random() < 0.1 and rank + 2 < len(LADDER) else 1
            opened = LADDER[rank + 1 : rank + up + 1]
            rank += up
            to_stage = LADDER[rank]
            if rank == 2:
                told = told._replace(owner=OWNERS.one(random))
        elif random.random() < 0.4:
            to_stage, opened, why = "disqualified", ("disqualified",), random.choice(REASONS)
        else:
            return


def print_aggregation(rows: list[DayRow]) -> None:
    """How fast a day is aggregated."""
    many, items = len(rows), listed_items(rows)
    pages = [json.dumps(items[start : start + PAGE]) for start in range(0, many, PAGE)]
    timed = [aggregated(pages) for _ in range(REPEATS)]
    picking, reading, counting, writing = (min(times) for times in zip(*timed, strict=True))
    whole, with_picking = min(sum(times[1:]) for times in timed), min(map(sum, timed))
    counted = Counter[tuple[str, str]]()
    times = {
        "floor: stages of everybody": least(lambda: counted.update((row.from_stage, row.to_stage) for row in rows)),
        "reading causes and texts": reading,
        "counting": counting,
        "writing JSON": writing,
        "all three": whole,
        "picking out causes and texts": picking,
        "all four": with_picking,
    }
    print(f"{f'a day of {many:,} transitions':36}{'transitions/s':>16}{'ms':>10}")
    for name, taken in times.items():
        below = f"   below the target of {TARGET:,}" if many / taken < TARGET else ""
        print(f"{name:36}{many / taken:16,.0f}{1000 * taken:10,.1f}{below}")
    reader = DayReader()
    reader.take(items)
    columns = reader.columns()
    size = sum(map(len, written(aggregate_day(columns, ZONE))))
    print(f"{'written':36}{size / 1e6:13,.1f} MB")
    most = most_memory(lambda: aggregate_day(columns, ZONE))
    print(f"{'most memory at once, while counting':36}{most / 1e6:13,.1f} MB\n")


def aggregated(pages: list[str]) -> tuple[float, float, float, float]:
    """How long it takes to pick out what is counted, to read it, to count it, and to write it. Each page is parsed just
    before, as the SDK does it, while the clock stands still."""
    reader, picking, reading = DayReader(), 0.0, 0.0
    clock = time.process_time
    for page in pages:
        items = json.loads(page)
        started = clock()
        causes, texts, _ = picked_out(items)
        picked = clock()
        reader.take_steps(causes, texts)
        picking, reading = picking + picked - started, reading + clock() - picked
    started = clock()
    columns = reader.columns()
    reading += clock() - started
    started = clock()
    parts = aggregate_day(columns, ZONE)
    counted = clock()
    written(parts)
    return picking, reading, counted - started, clock() - counted


def written(parts: dict[str, Any]) -> list[str]:
    """Parts as JSON."""
    return [json.dumps(part, separators=(",", ":")) for part in parts.values()]


def most_memory(work: Callable[[], object]) -> int:
    """The most memory that is in use at once beside what was before, in bytes."""
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def least(work: Callable[[], object]) -> float:
    """The least time of some runs, in processor time of this process."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


class MadeUpYear:
    """The parts of a year, as JSON, made of those of a week."""

    def __init__(self, week: list[list[DayRow]]) -> None:
        self._days: dict[str, list[tuple[date, str]]] = {name: [] for name in PART_NAMES}
        for place, rows in enumerate(week):
            parts = aggregate_day(columns_of(rows), ZONE)
            for name, part in parts.items():
                for number in range(WEEKS):
                    moved = moved_part(name.partition(":")[0], part, 7 * number)
                    day = START.date() + timedelta(days=place + 7 * number)
                    self._days[name].append((day, json.dumps(moved, separators=(",", ":"))))

    def read(self, name: str, first: date, last: date) -> Iterator[tuple[date, Any]]:
        """As the protocol says."""
        for day, text in self._days[name]:
            if first <= day <= last:
                yield day, json.loads(text)

    def size(self, name: str) -> int:
        """How many bytes a year of a part has."""
        return sum(len(text) for _, text in self._days[name])


def moved_part(family: str, part: dict[str, Any], days: int) -> dict[str, Any]:
    """A part of so many days later, without what began before the first day."""
    if family == "flows":
        return {name: one if name == "lost" else moved_table(one, days) for name, one in part.items()}
    by: Granularity = "day" if family == "stays" else GRANULARITIES[COHORTS.index(family)]
    return {name: moved_keyed_table(one, days, by) for name, one in part.items()}


def moved_table(table: Any, days: int) -> Any:
    """A table of so many days later."""
    dates, *columns = table["columns"] or [[]]
    return {"columns": [[day + days for day in dates], *columns], "counts": table["counts"]}


def moved_keyed_table(table: Any, days: int, by: Granularity) -> Any:
    """A keyed table of so many days later, without what began before the first day."""
    axes, last, values = table["axes"], table["last"], list(table["ends"])
    things = len(list(keyed_things_of(table)))
    if axes and axes[0] and isinstance(axes[0][0], int):
        axes = [[day + days for day in axes[0]], *axes[1:]]
    moved_last = None if last is None else moved_number(last, days, by)
    cells, value_of = [], []
    for value, numbers, times in keyed_counts_of(table, None):
        for cell, count in zip(numbers, times, strict=True):
            number, place = divmod(cell, things)
            if moved_last is not None:
                began = moved_number(last - number, days, by)
                if began < number_of(START.date(), by):
                    continue
                number = moved_last - began
            cells += [number * things + place] * count
            value_of += [values.index(value)] * count
    tallied = tally(np.array(cells, np.int64), max(cells, default=0) + 1, np.array(value_of, np.int64), len(values))
    return keyed_table(axes, tallied, values, moved_last)


def moved_number(number: int, days: int, by: Granularity) -> int:
    """The number of the day, week or month so many days later."""
    return number_of(date.fromordinal(max(first_of(number, by).toordinal() + days, 1)), by)


def print_reading(week: list[list[DayRow]]) -> None:
    """How long reports over a year take."""
    year = MadeUpYear(week)
    funnel = default_funnel()
    span = Span(START.date(), START.date() + timedelta(days=7 * WEEKS - 1))
    as_of = midnight(span.last + DAY, ZONE)
    reports: dict[str, Callable[[Asked], object]] = {
        "funnel": lambda asked: funnel_report(year, asked, {"customer": 100}),
        "flows": lambda asked: flow_report(year, asked),
        "conversion by period": lambda asked: conversion_by_period(year, asked),
        "conversion by cohort": lambda asked: conversion_by_cohort(year, asked, 3, as_of, ZONE),
        "velocity": lambda asked: velocity_report(year, asked, as_of, ZONE),
        "reasons": lambda asked: reason_report(year, asked),
    }
    month, day, by_week = (
        Asked(funnel, Span(date(2025, 2, 1), date(2025, 12, 31)), "month"),
        Asked(funnel, span, "day"),
        Asked(funnel, span, "week"),
    )
    asked_for = {
        "by month": month,
        "by week": by_week,
        "by day": day,
        "one campaign, by month": replace(month, slice=Slice("campaign", "campaign 0")),
        **{f"month, broken down by {dimension}": replace(month, break_down=dimension) for dimension in DIMENSIONS},
    }
    print(f"{f'a year of {365 * len(week[2]):,} transitions, ms':36}" + "".join(f"{name:>22}" for name in reports))
    for name, asked in asked_for.items():
        taken = [once(of, asked) for of in reports.values()]
        print(f"{name:36}" + "".join(f"{1000 * one:22,.0f}" for one in taken))
    for name in PART_NAMES:
        print(f"{name:36}{year.size(name) / 1e6:14,.1f} MB of JSON")


def once(report: Callable[[Asked], object], asked: Asked) -> float:
    """The time of one run."""
    start = time.process_time()
    report(asked)
    return time.process_time() - start


if __name__ == "__main__":
    main()
