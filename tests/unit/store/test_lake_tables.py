"""The tables of the lake: what the document says of them, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from lifecycle.services.lake_rows import event_rows, transition_rows
from lifecycle.store.lake_tables import EVENTS, LAKE_TABLES, LakeTable
from lifecycle.store.parquet import Spool
from tests.lake import DOCUMENT, questions, rows_of


@pytest.mark.parametrize("table", LAKE_TABLES, ids=lambda table: table.name)
def test_the_document_lists_the_columns(table: LakeTable) -> None:
    section = DOCUMENT.read_text(encoding="utf-8").partition(f"\n### {table.name}\n")[2].partition("\n##")[0]

    assert re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", section, re.MULTILINE) == [*map(tuple, table.columns)]
    assert table.meaning in section


def test_the_document_has_five_questions() -> None:
    assert len(questions()) == 5


def test_two_workspaces_have_tables_of_different_names() -> None:
    assert EVENTS.name_of("acme-eu-1") == "events_acme_eu_1"
    assert EVENTS.name_of("acme") != EVENTS.name_of("acme-eu")


def written(table: LakeTable, *rows: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The rows of the files that some rows make, by month."""
    spool = Spool(table)
    for row in rows:
        spool.add(row)
    made: dict[str, list[dict[str, Any]]] = {}
    for month, path in spool.files():
        made.setdefault(month, []).extend(rows_of(path.read_bytes()))
    spool.close()
    return made


def test_each_month_is_a_file_in_the_order_of_time_and_what_is_left_out_is_null() -> None:
    times = ["2026-05-04T09:30:00.000001Z", "2026-04-30T23:59:59.999999Z", "2026-05-01T00:00:00.000000Z"]

    made = written(EVENTS, *({"event_id": time, "occurred_at": time} for time in times))

    assert {month: [row["event_id"] for row in rows] for month, rows in made.items()} == {
        "2026-04": [times[1]],
        "2026-05": [times[2], times[0]],
    }
    (row,) = made["2026-04"]
    assert row["occurred_at"] == datetime(2026, 4, 30, 23, 59, 59, 999999, UTC).replace(tzinfo=None)
    assert row["amount"] is row["automated"] is row["properties"] is None


def test_without_rows_there_are_no_files() -> None:
    assert written(EVENTS) == {}


def test_more_months_than_duckdb_keeps_open_lose_no_row() -> None:
    rows = [
        {"event_id": f"{year}-{month}-{turn}", "occurred_at": f"{year}-{month:02d}-01T00:00:00.000000Z"}
        for turn in range(3)
        for year in range(1990, 2010)
        for month in range(1, 13)
    ]

    made = written(EVENTS, *rows)

    assert len(made) == 240
    assert sorted(row["event_id"] for found in made.values() for row in found) == sorted(r["event_id"] for r in rows)


def test_nobody_has_no_rows() -> None:
    assert list(event_rows("acme", "p", [])) == list(transition_rows("acme", "p", [])) == []
