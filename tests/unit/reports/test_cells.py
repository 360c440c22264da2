"""What is counted, and what a keyed table gives back of it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.reports.cells import keyed_counts_of, keyed_things_of
from lifecycle.reports.periods import Granularity, first_of, number_of, start_of
from lifecycle.reports.tallies import compacted, keyed_table, tally

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
    each = [(value, thing, number) for value, one in told.items() for thing, number in one]
    axes = [sorted({thing[place] for _, thing, _ in each}) for place in (0, 1)]
    named, values = list(product(*axes)), list(told)
    cells = [
        (number if last is None else last - number) * len(named) + named.index((day, stage))
        for _, (day, stage), number in each
    ]
    tallied = tally(
        np.array(cells, np.int64),
        max(cells, default=0) + 1,
        np.array([values.index(value) for value, _, _ in each], np.int64),
        len(values),
    )
    read = json.loads(json.dumps(keyed_table(axes, tallied, values, last)))

    assert list(keyed_things_of(read)) == named
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
    nothing = np.empty(0, np.int64)
    empty = keyed_table([[], []], tally(nothing, 1, nothing, 1), ["all"], 0)

    assert list(keyed_things_of(empty)) == []
    assert list(keyed_counts_of(empty, None)) == []


@given(st.data(), st.sampled_from((3, 100, 2**31, 2**33)), st.integers(1, 4))
def test_a_tally_counts_few_cells_and_many_and_large_ones(data: st.DataObject, size: int, values: int) -> None:
    each = data.draw(st.lists(st.tuples(st.integers(0, values - 1), st.integers(0, size - 1)), max_size=50))
    value_of, cells = np.array(each, np.int64).reshape(-1, 2).T
    tallied = tally(cells, size, value_of, values)

    names = [str(value) for value in range(values)]
    pairs = list(zip(tallied.cells.tolist(), tallied.counts.tolist(), strict=True))
    found = {int(name): dict(pairs[where]) for name, where in tallied.by_value(names)}
    assert found == {
        value: dict(Counter(cell for of, cell in each if of == value)) for value in {value for value, _ in each}
    }


def test_cells_that_do_not_fit_are_refused() -> None:
    far = tally(np.array([2**32]), 2**33, np.array([0]), 1)

    with pytest.raises(OverflowError, match="four bytes"):
        keyed_table([["a"]], far, ["all"], None)


@given(st.lists(st.integers(-5, 50), max_size=40))
def test_numbers_are_compacted_to_their_places(numbers: list[int]) -> None:
    there, places = compacted(np.array(numbers, np.int64))

    assert there.tolist() == sorted(set(numbers))
    assert there[places].tolist() == numbers


@pytest.mark.parametrize("by", ["day", "week", "month"])
@given(day=st.dates(date(1, 1, 1), date(9999, 12, 1)))
def test_a_number_stands_for_the_period_of_a_day(by: Granularity, day: date) -> None:
    assert first_of(number_of(day, by), by) == start_of(day, by)
    assert first_of(number_of(day, by) + 1, by) > day
