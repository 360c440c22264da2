"""What a day's cells carry: exact local dates, exact windows, all parts in any case."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.reports.aggregate import aggregate_day
from lifecycle.reports.cells import counts_of, keyed_counts_of, keyed_things_of, things_of, values_of
from lifecycle.reports.durations import BOUNDS, bin_of_seconds
from lifecycle.reports.local_dates import local_dates
from lifecycle.reports.parts import PART_NAMES
from lifecycle.reports.windows import WINDOWS, window_of
from lifecycle.steps import DayRow, Entry, Step, Told
from tests.listed import columns_of
from tests.random_ways import ZONES, ways

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Quarters of an hour and a second around them, from when zones were apart by odd seconds to the end of this century.
moments = st.builds(
    lambda quarters, seconds: _EPOCH + timedelta(minutes=15 * quarters, seconds=seconds),
    st.integers(-4_000_000, 4_500_000),
    st.sampled_from((-1, 0, 1)),
)
near_midnight = st.builds(
    lambda days, quarters, seconds: _EPOCH + timedelta(days=days, minutes=15 * quarters, seconds=seconds),
    st.integers(15_000, 18_000),
    st.sampled_from((54, 55, 73, 74, 88, 96, 44, 40, 12)),
    st.sampled_from((-1, 0, 1)),
)


def row(step: Step) -> DayRow:
    """A step as the index by day lists it."""
    return DayRow("p", 0, step.entry.at, step.from_stage or "lead", step.to_stage, "rule", 1, 1, False, step)


@given(moments | near_midnight, st.sampled_from((*ZONES, ZoneInfo("Africa/Monrovia"))))
def test_a_cell_carries_the_local_date(moment: datetime, zone: ZoneInfo) -> None:
    step = Step(None, "lead", Entry(moment, 1, 1, Told()), opened=("lead",))
    parts = aggregate_day(columns_of([row(step)]), zone)

    assert parts["flows:all"]["moves"]["columns"][0] == [moment.astimezone(zone).toordinal()]


@given(st.lists(moments | near_midnight, min_size=1), st.sampled_from(sorted(available_timezones())))
def test_many_moments_have_their_local_dates_in_every_zone(some: list[datetime], name: str) -> None:
    zone = ZoneInfo(name)
    times = np.array([(moment - _EPOCH) // timedelta(microseconds=1) for moment in some])

    assert local_dates(times, zone).tolist() == [moment.astimezone(zone).toordinal() for moment in some]


@pytest.mark.parametrize("moment", [datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_first_and_the_last_moment_have_a_date(moment: datetime) -> None:
    times = np.array([(moment - _EPOCH) // timedelta(microseconds=1)])

    assert local_dates(times, ZoneInfo("UTC")).tolist() == [moment.toordinal()]


@pytest.mark.parametrize("place", range(len(WINDOWS)))
def test_a_window_is_so_many_whole_days_and_not_a_moment_more(place: int) -> None:
    days = timedelta(days=WINDOWS[place])

    assert window_of(days) == window_of(days - timedelta(microseconds=1)) == place
    assert window_of(days + timedelta(microseconds=1)) == place + 1


def test_at_once_is_within_a_day_and_years_are_ever() -> None:
    assert window_of(timedelta(0)) == 0
    assert window_of(timedelta(days=4000)) == len(WINDOWS)


def test_a_day_without_anything_has_all_parts_too() -> None:
    assert set(aggregate_day(columns_of([]), ZONES[0])) == set(PART_NAMES)


@given(ways(), st.sampled_from(ZONES))
def test_parts_are_plain_json(rows: list[DayRow], zone: ZoneInfo) -> None:
    parts = aggregate_day(columns_of(rows), zone)
    read = json.loads(json.dumps(parts))

    assert json.dumps(read) == json.dumps(parts)


@given(ways(), st.sampled_from(ZONES), st.randoms())
def test_a_day_may_be_read_in_any_order_and_in_any_pages(rows: list[DayRow], zone: ZoneInfo, random: Random) -> None:
    shuffled = random.sample(rows, len(rows))

    assert counted(aggregate_day(columns_of(shuffled), zone)) == counted(aggregate_day(columns_of(rows), zone))


def counted(parts: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """What parts count, in whatever order."""
    found: dict[tuple[str, str], Any] = {}
    for name, part in parts.items():
        for table, one in part.items():
            if table == "lost":
                found[name, table] = one
            elif "axes" in one:
                tables = {value: list(zip(*numbers, strict=True)) for value, *numbers in keyed_counts_of(one, None)}
                found[name, table] = (one["axes"], one["last"], tables)
            else:
                things = list(map(repr, things_of(one)))
                found[name, table] = {
                    value: {things[place]: count for place, count in counts_of(one, value)} for value in values_of(one)
                }
    return found


@given(moments, st.timedeltas(timedelta(microseconds=-1), timedelta(days=4000)))
def test_a_length_is_counted_in_its_bin_and_a_passage_in_its_window(moment: datetime, length: timedelta) -> None:
    first = Entry(moment, 1, 1, Told())
    step = Step("lead", "hot", Entry(moment + length, 1, 1, Told()), first, opened=("hot",), reached={"lead": first})
    parts = aggregate_day(columns_of([row(step)]), ZONES[0])

    ((_, cells, _),) = keyed_counts_of(parts["stays:all"]["lengths"], None)
    assert cells[0] // len(list(keyed_things_of(parts["stays:all"]["lengths"]))) == bin_of_seconds(
        length // timedelta(seconds=1)
    )
    assert parts["cohorts_by_day:all"]["cohorts"]["axes"][1] == [window_of(length)]


@pytest.mark.parametrize("seconds", range(-2, 3))
def test_a_length_at_the_bound_of_a_bin_is_in_the_lower_one(seconds: int) -> None:
    for place in range(0, len(BOUNDS), 7):
        length = timedelta(seconds=BOUNDS[place] + seconds)
        left = Entry(datetime(2020, 1, 1, tzinfo=UTC), 1, 1, Told())
        step = Step("lead", "hot", Entry(left.at + length, 1, 1, Told()), left)
        lengths = aggregate_day(columns_of([row(step)]), ZONES[0])["stays:all"]["lengths"]
        ((_, cells, _),) = keyed_counts_of(lengths, None)
        assert cells[0] // len(list(keyed_things_of(lengths))) == bin_of_seconds(BOUNDS[place] + seconds)


def test_columns_that_lack_a_time_are_refused() -> None:
    columns = columns_of([row(Step(None, "lead", Entry(_EPOCH, 1, 1, Told())))])

    with pytest.raises(ValueError, match="a time for each beginning"):
        aggregate_day(replace(columns, times=columns.times[1:]), ZONES[0])
