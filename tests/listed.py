"""Rows of days as the index by day lists them, and in columns, as the figures are counted from them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from lifecycle.day_columns import DayColumns, Shape
from lifecycle.steps import DayRow, Entry, LostDeal, Step, Told
from lifecycle.store.day_items import KNOWN, deal_state_item
from lifecycle.store.day_reader import DayReader
from lifecycle.store.items import Item, format_time, to_attributes
from lifecycle.store.schema import STATE, prospect_pk, transition_sk
from lifecycle.store.step_text import format_step
from tests.builders import WORKSPACE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def columns_of(rows: Iterable[DayRow | LostDeal]) -> DayColumns:
    """Rows in columns, by way of their items."""
    reader = DayReader()
    reader.take(listed_items(rows))
    return reader.columns()


def steps_of(columns: DayColumns) -> list[tuple[str, Step]]:
    """The steps that columns tell of, each with its cause."""
    found, first = [], 0
    for shape, cause, terms, telling in zip(
        columns.shape_of, columns.cause_of, columns.terms_of, columns.telling_of, strict=True
    ):
        told = [Told(*names) for names in columns.tellings[telling]]
        times = columns.times[first : first + len(columns.terms[terms])].tolist()
        first += len(times)
        entries = [
            Entry(EPOCH + timedelta(microseconds=time), cycle, version, told[place])
            for time, (cycle, version, place) in zip(times, columns.terms[terms], strict=True)
        ]
        found.append((columns.causes[cause], _step(columns.shapes[shape], entries)))
    assert first == len(columns.times)
    return found


def _step(shape: Shape, entries: list[Entry]) -> Step:
    return Step(
        shape.from_stage,
        shape.to_stage,
        entries[0],
        None if shape.left is None else entries[shape.left],
        shape.again,
        shape.opened,
        {stage: entries[place] for stage, place in shape.reached.items()},
        shape.why,
    )


def listed_items(rows: Iterable[DayRow | LostDeal]) -> list[dict[str, Any]]:
    """Rows as DynamoDB spells them."""
    return [to_attributes(_item(row)) for row in rows]


def _item(row: DayRow | LostDeal) -> Item:
    if isinstance(row, LostDeal):
        return deal_state_item(WORKSPACE, row.deal_id, 1, row)
    pk, step = prospect_pk(WORKSPACE, row.prospect_id), None if row.step is None else format_step(row.step)
    if row.cause == KNOWN:
        return {"pk": pk, "sk": STATE, "step": step}
    return {
        "pk": pk,
        "sk": transition_sk(row.sequence),
        "from_stage": row.from_stage,
        "to_stage": row.to_stage,
        "occurred_at": format_time(row.occurred_at),
        "cause": row.cause,
        "funnel_version": row.funnel_version,
        "cycle": row.cycle,
        "corrected_by": "some event" if row.corrected else None,
        "step": step,
    }
