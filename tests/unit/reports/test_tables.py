"""Reports as tables: every line once, no formulas, and Parquet that says the same as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from lifecycle.reports.asked import Asked, Report
from lifecycle.reports.conversion_figures import conversion_by_cohort, conversion_by_period
from lifecycle.reports.definitions import DEFINITIONS, OF_REPORT, definitions_of
from lifecycle.reports.flow_figures import flow_report
from lifecycle.reports.funnel_figures import StageFigures, funnel_report
from lifecycle.reports.periods import Span
from lifecycle.reports.reason_figures import LostFigures, reason_report
from lifecycle.reports.tables import (
    Column,
    ReportTable,
    as_csv,
    as_parquet,
    conversion_table,
    flow_table,
    funnel_table,
    reason_table,
    velocity_table,
    viscosity_table,
)
from lifecycle.reports.velocity_figures import velocity_report
from lifecycle.reports.viscosity_figures import viscosity_report
from lifecycle.steps import DayRow, Entry, LostDeal, Step, Told
from tests.random_ways import FUNNEL, parts_of

ZONE = ZoneInfo("Europe/Berlin")
SPAN = Span(date(2018, 10, 29), date(2018, 11, 11))
ASKED = Asked(FUNNEL, SPAN, "week", break_down="source")
AS_OF = datetime(2018, 11, 12, tzinfo=UTC)

_KNOWN = Entry(datetime(2018, 10, 30, 12, tzinfo=UTC), 1, 1, Told(source="=cmd|' /C calc'!A0"))
_HOT = Entry(datetime(2018, 11, 1, 12, tzinfo=UTC), 1, 1, Told(source="=cmd|' /C calc'!A0"))
_OUT = Entry(datetime(2018, 11, 8, 12, tzinfo=UTC), 1, 1, Told(source="=cmd|' /C calc'!A0"))
_STEPS = (
    Step(None, "lead", _KNOWN, opened=("lead",)),
    Step("lead", "hot", _HOT, _KNOWN, opened=("hot",), reached={"lead": _KNOWN}),
    Step("hot", "lost", _OUT, _HOT, opened=("lost",), reached={"lead": _KNOWN, "hot": _HOT}, why="@budget"),
)
ROWS = [
    DayRow("p", place, step.entry.at, step.from_stage or "lead", step.to_stage, "rule", 1, 1, False, step)
    for place, step in enumerate(_STEPS)
]
DEALS = [
    LostDeal("1", _HOT.at, "price", None, Decimal("10.5"), "EUR"),
    LostDeal("2", _OUT.at, "price", None, Decimal(7), "USD"),
    LostDeal("3", _OUT.at, "price", None, Decimal("0.25"), "EUR"),
    LostDeal("4", _OUT.at, "price", None, None, "EUR"),
    LostDeal("5", _OUT.at, None, None, None, None),
]
PARTS = parts_of(ROWS, ZONE, DEALS)

TABLES = {
    "funnel": funnel_table(funnel_report(PARTS, ASKED, {"hot": 30}), SPAN),
    "flows": flow_table(flow_report(PARTS, ASKED), SPAN),
    "conversion": conversion_table(conversion_by_period(PARTS, ASKED), SPAN),
    "cohorts": conversion_table(conversion_by_cohort(PARTS, ASKED, 1, AS_OF, ZONE), SPAN),
    "velocity": velocity_table(velocity_report(PARTS, ASKED, AS_OF, ZONE), SPAN),
    "viscosity": viscosity_table(viscosity_report(FUNNEL, {"hot": [_HOT.at]}, {"hot": timedelta(1)}, AS_OF)),
    "reasons": reason_table(reason_report(PARTS, ASKED), SPAN),
}


def test_lost_deals_are_added_up_by_currency() -> None:
    report = reason_report(PARTS, ASKED)

    assert report.deals == (
        LostFigures("price", 4, (("EUR", Decimal("10.75")), ("USD", Decimal(7)))),
        LostFigures(None, 1, ()),
    )
    assert report.deals_by_period is not None
    assert [sum(one.count for one in period.figures) for period in report.deals_by_period] == [1, 4]


def test_a_stage_that_the_funnel_has_no_longer_goes_by_its_key() -> None:
    old = DayRow("q", 0, _HOT.at, "old", "old", "known", 1, 1, False, Step(None, "old", _HOT, opened=("old",)))
    report = funnel_report(parts_of([*ROWS, old], ZONE), ASKED, {})

    assert [(one.stage, one.label) for one in report.stages][-1] == ("old", "old")
    assert report.totals[-1].stock == 1


def test_a_goal_is_told_for_everybody_and_each_period() -> None:
    report: Report[StageFigures] = funnel_report(PARTS, ASKED, {"hot": 30})
    goals = [next(one.goal for one in period.figures if one.stage == "hot") for period in report.periods]

    # Three days of October have 3/31 of it, four of November 4/30; the week after 7/30.
    assert goals == [6.9, 7.0]
    assert all(one.goal is None for value in report.break_down for one in value.figures)


@pytest.mark.parametrize("name", TABLES)
def test_every_line_is_a_row_in_csv(name: str) -> None:
    table = TABLES[name]
    header, *rows = csv.reader(io.StringIO(as_csv(table), newline=""))

    assert header == [column.name for column in table.columns]
    assert len(rows) == len(table.rows) > 0
    assert as_csv(table).endswith("\r\n")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=cmd|' /C calc'!A0"])
def test_no_text_is_a_formula_to_a_spreadsheet(text: str) -> None:
    table = ReportTable((Column("value", "text"), Column("count", "whole")), ((text, -1),))
    _, row = csv.reader(io.StringIO(as_csv(table), newline=""))

    assert row == [f"'{text}", "-1"]


@pytest.mark.parametrize("name", TABLES)
def test_parquet_says_what_the_table_says(name: str, tmp_path: Path) -> None:
    table = TABLES[name]
    path = tmp_path / "report.parquet"
    path.write_bytes(as_parquet(table))
    with duckdb.connect() as engine:
        read = engine.execute("SELECT * FROM read_parquet($1)", [str(path)])

        assert [one[0] for one in read.description or ()] == [column.name for column in table.columns]
        assert read.fetchall() == list(table.rows)


def test_an_empty_table_is_a_parquet_file_too(tmp_path: Path) -> None:
    path = tmp_path / "report.parquet"
    path.write_bytes(as_parquet(ReportTable((Column("stage", "text"), Column("amount", "money")), ())))
    with duckdb.connect() as engine:
        assert engine.execute("SELECT * FROM read_parquet($1)", [str(path)]).fetchall() == []


@pytest.mark.parametrize("report", OF_REPORT)
def test_a_report_prints_a_definition_of_each_of_its_numbers(report: str) -> None:
    assert set(OF_REPORT[report]) < set(definitions_of(report)) <= set(DEFINITIONS)


def test_every_number_of_the_funnel_has_its_definition() -> None:
    assert {field.name for field in fields(StageFigures)} - {"stage"} <= set(definitions_of("funnel"))
    assert set().union(*OF_REPORT.values()) | {"everything", "slices", "compared"} == set(DEFINITIONS)
