"""Steps as text come back as they were, one by one and many at once, whatever is written in them."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.steps import DayRow, Entry, Step, Told
from lifecycle.store.day_reader import DayReader
from lifecycle.store.step_text import format_step, parse_step
from tests.builders import at
from tests.listed import EPOCH, columns_of, listed_items, steps_of
from tests.random_ways import ways

#: What would end a line, a column or a text, half a character, nothing, and a lot.
HOSTILE = ("\n", "\t", "\r\n", "\u2028", '"', "\\", ",", "]", "\ud800", "ü", "\x00", "", "{", "x" * 3_000)

words = st.text(max_size=20) | st.sampled_from(HOSTILE) | st.text(st.characters(categories=["Cs"]), max_size=1)
names = st.none() | words
moments = st.datetimes(timezones=st.just(UTC))
entries = st.builds(
    Entry,
    moments,
    st.integers(1, 99),
    st.integers(1, 10**6),
    st.builds(Told, source=names, campaign=names, owner=names),
)


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Any steps, of which some beginnings are the same."""
    known = draw(st.lists(entries, min_size=1, max_size=4))
    left = draw(st.none() | st.sampled_from(known))
    return Step(
        from_stage=draw(words) if left else None,
        to_stage=draw(words),
        entry=draw(st.sampled_from(known)),
        left=left,
        again=draw(st.booleans()),
        opened=tuple(draw(st.lists(words, max_size=3))),
        reached=draw(st.dictionaries(words, st.sampled_from(known), max_size=4)),
        why=draw(names),
    )


@given(steps())
def test_a_step_comes_back_as_it_was(step: Step) -> None:
    assert parse_step(format_step(step)) == step


@given(st.lists(st.tuples(st.sampled_from(("rule", "known", "decision")), steps()), max_size=12))
def test_many_steps_that_are_read_at_once_are_the_same(some: list[tuple[str, Step]]) -> None:
    rows = [DayRow("p", place, at(0), "a", "b", cause, 1, 1, False, step) for place, (cause, step) in enumerate(some)]

    assert steps_of(columns_of(rows)) == some


def former_text(step: Step) -> str:
    """A step as it was written when it was one JSON object."""
    told: list[Told] = [step.entry.told]

    def entry(one: Entry) -> list[int]:
        if one.told not in told:
            told.append(one.told)
        return [(one.at - EPOCH) // timedelta(microseconds=1), one.cycle, one.version, told.index(one.told)]

    values: dict[str, Any] = {
        "from": step.from_stage,
        "to": step.to_stage,
        "entry": entry(step.entry),
        "left": entry(step.left) if step.left else None,
        "again": int(step.again),
        "opened": step.opened,
        "reached": {stage: entry(one) for stage, one in step.reached.items()},
        "why": step.why,
    }
    values["told"] = [_shortened(one) for one in told]
    return json.dumps({name: value for name, value in values.items() if value}, separators=(",", ":"))


def _shortened(told: Told) -> list[str | None]:
    return list(told)[: max((place for place, name in enumerate(told, 1) if name is not None), default=0)]


@given(ways())
def test_a_step_of_the_form_before_is_read_among_others(rows: list[DayRow]) -> None:
    items = listed_items(rows)
    for item, row in list(zip(items, rows, strict=True))[::2]:
        assert row.step
        item["step"] = {"S": former_text(row.step)}
        assert parse_step(item["step"]["S"]) == row.step
    reader = DayReader()
    reader.take(items[:2])
    reader.take(items[2:])

    assert steps_of(reader.columns()) == [(row.cause, row.step) for row in rows]


@given(ways())
def test_a_step_is_hardly_longer_than_it_was_and_one_with_a_past_is_shorter(rows: list[DayRow]) -> None:
    for row in rows:
        assert row.step
        entries = {row.step.entry, row.step.left or row.step.entry, *row.step.reached.values()}
        named = len({one.told for one in entries})
        # What nobody told is written too, so that what was told need not be taken apart one by one.
        assert len(format_step(row.step)) <= len(former_text(row.step)) + 16 * named
        if row.step.left in row.step.reached.values() and all(None not in one.told for one in entries):
            assert len(format_step(row.step)) < len(former_text(row.step))


def test_a_day_whose_texts_are_damaged_is_not_read_as_something_else() -> None:
    item = {"step": {"S": format_step(Step(None, "a", Entry(at(0), 1, 1, Told()))) + "\n"}}

    with pytest.raises(ValueError, match="values to unpack"):
        DayReader().take([item])
