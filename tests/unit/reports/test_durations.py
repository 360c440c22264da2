"""Quantiles of lengths of time that come in parts."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.reports.durations import ACCURACY, Durations, bin_of_seconds, quantiles_of

SECOND = timedelta(seconds=1)
LONGEST = timedelta(days=3650)

lengths = st.lists(st.timedeltas(timedelta(0), LONGEST), max_size=30)


def durations(taken: Sequence[timedelta]) -> Durations:
    made = Durations()
    for one in taken:
        made.take(one)
    return made


def merged(*parts: Durations) -> Durations:
    whole = Durations()
    for part in parts:
        whole.merge(json.loads(json.dumps(part.dump())))
    return whole


@given(lengths, st.sampled_from((0.0, 0.5, 0.75, 0.9, 1.0)))
def test_a_quantile_is_right_to_two_per_cent(taken: list[timedelta], part: float) -> None:
    found = durations(taken).quantile(part)

    if not taken:
        assert found is None
        return
    assert found is not None
    true = sorted(one // timedelta(seconds=1) for one in taken)[int(part * (len(taken) - 1))]
    # The answer is in whole seconds too.
    assert abs(found.total_seconds() - true) <= ACCURACY * true + 0.5


@given(lengths, lengths, lengths)
def test_parts_add_up_to_the_whole_in_any_order(
    one: list[timedelta], two: list[timedelta], three: list[timedelta]
) -> None:
    a, b, c = durations(one), durations(two), durations(three)
    whole = durations([*one, *two, *three]).dump()

    assert merged(a, b, c).dump() == whole
    assert merged(c, a, b).dump() == whole
    assert merged(merged(a, b), c).dump() == whole
    assert merged(a, merged(b, c)).dump() == whole
    assert merged(a, b, c).count == len(one) + len(two) + len(three)


@given(lengths, lengths)
def test_what_was_merged_goes_on_counting(one: list[timedelta], two: list[timedelta]) -> None:
    made = merged(durations(one))
    for more in two:
        made.take(more)

    assert made.dump() == durations([*one, *two]).dump()


def test_what_is_kept_of_ten_years_in_every_second_is_small() -> None:
    every_bin = durations([LONGEST / 1.01**power for power in range(2_000)])

    assert len(json.dumps(every_bin.dump(), separators=(",", ":"))) < 2_000


@pytest.mark.parametrize("length", [timedelta(milliseconds=999), timedelta(0), timedelta(seconds=-5)])
def test_less_than_a_second_is_none(length: timedelta) -> None:
    assert durations([length]).dump() == {"zeros": 1}
    assert durations([length]).quantile(0.5) == timedelta(0)


def test_protobuf_does_not_come_in() -> None:
    assert not [name for name in sys.modules if name.startswith("google.protobuf")]


@given(lengths)
def test_quantiles_of_bins_are_those_of_the_lengths(taken: list[timedelta]) -> None:
    parts = (0.0, 0.5, 0.75, 0.9, 1.0)
    counted = Counter(bin_of_seconds(length // SECOND) for length in taken)
    bins = [counted[place] for place in range(max(counted, default=0) + 1)]

    assert quantiles_of(bins, parts) == [durations(taken).quantile(part) for part in parts]


@given(st.integers(0, 10**9) | st.integers(0, 5_000))
def test_a_bin_is_where_the_sketch_counts(seconds: int) -> None:
    counted = durations([timedelta(seconds=seconds)]).dump()

    assert bin_of_seconds(seconds) == (0 if seconds == 0 else counted["first"] + 1)
