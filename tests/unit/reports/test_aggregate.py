"""What a day's cells carry: exact local dates, exact windows, all parts in any case."""

from __future__ import annotations

import gc
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.reports.aggregate import aggregate_day
from lifecycle.reports.parts import PART_NAMES
from lifecycle.reports.windows import WINDOWS, window_of
from lifecycle.steps import DayRow, Entry, Step, Told
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


@given(moments | near_midnight, st.sampled_from((*ZONES, ZoneInfo("Africa/Monrovia"))))
def test_a_cell_carries_the_local_date(moment: datetime, zone: ZoneInfo) -> None:
    step = Step(None, "lead", Entry(moment, 1, 1, Told()), opened=("lead",))
    parts = aggregate_day([DayRow("p", 0, moment, "lead", "lead", "known", 1, 1, False, step)], [], zone)

    assert parts["flows:all"]["moves"]["columns"][0] == [moment.astimezone(zone).toordinal()]


@pytest.mark.parametrize("place", range(len(WINDOWS)))
def test_a_window_is_so_many_whole_days_and_not_a_moment_more(place: int) -> None:
    days = timedelta(days=WINDOWS[place])

    assert window_of(days) == window_of(days - timedelta(microseconds=1)) == place
    assert window_of(days + timedelta(microseconds=1)) == place + 1


def test_at_once_is_within_a_day_and_years_are_ever() -> None:
    assert window_of(timedelta(0)) == 0
    assert window_of(timedelta(days=4000)) == len(WINDOWS)


def test_a_day_without_anything_has_all_parts_too() -> None:
    assert set(aggregate_day([], [], ZONES[0])) == set(PART_NAMES)


@given(ways(), st.sampled_from(ZONES))
def test_parts_are_plain_json(rows: list[DayRow], zone: ZoneInfo) -> None:
    parts = aggregate_day(rows, [], zone)
    read = json.loads(json.dumps(parts))

    assert json.dumps(read) == json.dumps(parts)


def test_the_collector_is_left_as_it_was() -> None:
    aggregate_day([], [], ZONES[0])
    assert gc.isenabled()
    gc.disable()
    try:
        aggregate_day([], [], ZONES[0])
        assert not gc.isenabled()
    finally:
        gc.enable()
