"""What a keyed table gives back of what was counted into it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.reports.cells import KEY_BITS, keyed_counts_of, keyed_table, keyed_things_of
from lifecycle.reports.periods import Granularity, first_of, number_of, start_of

things = st.tuples(st.integers(730_000, 730_002), st.sampled_from(("lead", "hot", "deal")))
counted = st.dictionaries(
    st.sampled_from(("ads", "fair", "(none)")),
    st.lists(st.tuples(things, st.integers(0, 4_000)), min_size=1, max_size=20),
    max_size=3,
)


@given(counted, st.sampled_from((None, 4_000, 5_000)))
def test_a_keyed_table_gives_back_what_was_counted(
    told: dict[str, list[tuple[tuple[int, str], int]]], last: int | None
) -> None:
    places = {thing: place for place, thing in enumerate({thing: None for one in told.values() for thing, _ in one})}
    cells = {
        value: Counter((places[thing] << KEY_BITS) | number for thing, number in one) for value, one in told.items()
    }
    read = json.loads(json.dumps(keyed_table(list(places), cells, last)))

    named = list(keyed_things_of(read))
    found = {}
    for value, numbers, counts in keyed_counts_of(read, None):
        assert list(numbers) == sorted(set(numbers))
        found[value] = Counter(
            {
                (named[cell % len(named)], cell // len(named) if last is None else last - cell // len(named)): count
                for cell, count in zip(numbers, counts, strict=True)
            }
        )
    assert found == {value: Counter(one) for value, one in told.items()}
    for value in told:
        assert [only for only, _, _ in keyed_counts_of(read, [value])] == [value]
    assert list(keyed_counts_of(read, ["nobody"])) == []


def test_a_keyed_table_of_nothing_counts_nothing() -> None:
    empty = keyed_table([], {})

    assert list(keyed_things_of(empty)) == []
    assert list(keyed_counts_of(empty, None)) == []


@pytest.mark.parametrize("by", ["day", "week", "month"])
@given(day=st.dates(date(1, 1, 1), date(9999, 12, 1)))
def test_a_number_stands_for_the_period_of_a_day(by: Granularity, day: date) -> None:
    assert first_of(number_of(day, by), by) == start_of(day, by)
    assert first_of(number_of(day, by) + 1, by) > day
