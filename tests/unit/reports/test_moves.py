"""Moves that come in parts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from lifecycle.reports.moves import MoveTally

STAGES = st.sampled_from("abc")
Outcome = tuple[str, str, tuple[str, ...]]
outcomes = st.lists(st.tuples(STAGES, STAGES, st.sampled_from(((), ("call",), ("call", "mail")))), max_size=20)


def tally(taken: Iterable[Outcome]) -> MoveTally:
    made = MoveTally()
    for from_stage, to_stage, actions in taken:
        made.take(from_stage, to_stage, actions)
    return made


@given(outcomes, outcomes, outcomes)
def test_parts_add_up_to_the_whole(one: list[Outcome], two: list[Outcome], three: list[Outcome]) -> None:
    whole, inner = tally(one), tally(two)
    inner.merge(json.loads(json.dumps(tally(three).dump())))
    whole.merge(inner.dump())

    assert whole.dump() == tally([*one, *two, *three]).dump()


def test_those_who_are_passed_over_add_up_too() -> None:
    one, two = MoveTally(), MoveTally()
    one.passed_over, two.passed_over = 2, 3
    one.merge(two.dump())

    assert one.passed_over == 5


@given(outcomes)
def test_everybody_is_counted_once(taken: list[Outcome]) -> None:
    made = tally(taken)
    pairs = Counter((from_stage, to_stage) for from_stage, to_stage, _ in taken)

    assert made.moved + made.stayed == len(taken)
    assert {(a, b): count for a, row in made.matrix.items() for b, count in row.items()} == {
        (a, b): count for (a, b), count in pairs.items() if a != b
    }
    assert made.actions == Counter(name for _, _, actions in taken for name in actions)
