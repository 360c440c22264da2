"""Reports as tables: a row for each line of each period, of the whole span, and of each value; as CSV and Parquet.

``scope`` says what a row is about: ``total`` (the whole span), ``period``, or ``value`` (the whole span, one value of
the dimension that is broken down by). Whoever adds up a column takes one scope.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, Literal

from lifecycle.reports.asked import Report
from lifecycle.reports.conversion_figures import PairFigures
from lifecycle.reports.flow_figures import FlowFigures
from lifecycle.reports.funnel_figures import StageFigures
from lifecycle.reports.periods import Span
from lifecycle.reports.reason_figures import ExitFigures, ReasonReport
from lifecycle.reports.velocity_figures import VelocityFigures
from lifecycle.reports.viscosity_figures import ViscosityReport

ColumnType = Literal["text", "whole", "number", "money", "yes_no", "date"]
Cell = str | int | float | Decimal | bool | date | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column."""

    name: str
    type: ColumnType


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A report as a table."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def _columns(*named: tuple[str, ColumnType]) -> tuple[Column, ...]:
    return tuple(Column(*one) for one in named)


_SCOPE = _columns(("scope", "text"), ("from", "date"), ("to", "date"), ("partial", "yes_no"), ("value", "text"))


def funnel_table(report: Report[StageFigures], span: Span) -> ReportTable:
    """The funnel."""
    columns = _columns(
        ("stage", "text"),
        ("label", "text"),
        ("stock_before", "whole"),
        ("stock", "whole"),
        ("entered", "whole"),
        ("left", "whole"),
        ("entered_again", "whole"),
        ("skipped", "whole"),
        ("corrected", "whole"),
        ("goal", "number"),
    )
    labels = _labels(report)

    def cells(of: StageFigures) -> tuple[Cell, ...]:
        counts = (of.stock_before, of.stock, of.entered, of.left, of.entered_again, of.skipped, of.corrected)
        return (of.stage, labels[of.stage], *counts, of.goal)

    return _table(columns, report, span, cells)


def flow_table(report: Report[FlowFigures], span: Span) -> ReportTable:
    """The flows."""
    columns = _columns(("from_stage", "text"), ("to_stage", "text"), ("count", "whole"), ("corrected", "whole"))
    return _table(columns, report, span, lambda of: (of.from_stage, of.to_stage, of.count, of.corrected))


def conversion_table(report: Report[PairFigures], span: Span) -> ReportTable:
    """The conversions."""
    columns = _columns(
        ("from_stage", "text"),
        ("to_stage", "text"),
        ("adjacent", "yes_no"),
        ("entered", "whole"),
        ("reached", "whole"),
        ("rate", "number"),
        ("ripe", "yes_no"),
    )

    def cells(of: PairFigures) -> tuple[Cell, ...]:
        return (of.from_stage, of.to_stage, of.adjacent, of.entered, of.reached, of.rate, of.ripe)

    return _table(columns, report, span, cells)


def velocity_table(report: Report[VelocityFigures], span: Span) -> ReportTable:
    """The times in stages, in seconds."""
    columns = _columns(
        ("stage", "text"),
        ("label", "text"),
        *((f"{name}_{part}", "whole") for name in ("ended", "with_open") for part in ("count", "median", "p75", "p90")),
    )
    labels = _labels(report)

    def cells(of: VelocityFigures) -> tuple[Cell, ...]:
        lengths = (of.ended, of.with_open)
        figures = ((one.count, *map(_seconds, (one.median, one.p75, one.p90))) for one in lengths)
        return (of.stage, labels[of.stage], *(figure for of_length in figures for figure in of_length))

    return _table(columns, report, span, cells)


def viscosity_table(report: ViscosityReport) -> ReportTable:
    """Who is stuck; times in seconds."""
    columns = _columns(
        ("stage", "text"),
        ("label", "text"),
        ("inside", "whole"),
        ("limit", "text"),
        ("beyond_limit", "whole"),
        ("p90", "whole"),
        ("beyond_p90", "whole"),
    )
    labels = {stage.stage: stage.label for stage in report.stages}
    rows = (
        (of.stage, labels[of.stage], of.inside, of.limit, of.beyond_limit, _seconds(of.p90), of.beyond_p90)
        for of in report.figures
    )
    return ReportTable(columns, tuple(rows))


def reason_table(report: ReasonReport, span: Span) -> ReportTable:
    """Reasons: ``kind`` says whether of an exit or of a lost deal. A reason with two currencies has two rows of deals,
    both with the number of all its deals."""
    columns = _columns(
        ("kind", "text"),
        ("stage", "text"),
        ("reason", "text"),
        ("count", "whole"),
        ("currency", "text"),
        ("amount", "money"),
    )

    def exits(of: ExitFigures) -> tuple[Cell, ...]:
        return ("exit", of.stage, of.reason, of.count, None, None)

    exit_table = _table(columns, report.exits, span, exits)
    deals = Report((), report.deals or (), report.deals_by_period or (), ())
    deal_rows = (
        (*scope, "deal", None, of.reason, of.count, currency, amount)
        for scope, of in _scoped(deals, span)
        for currency, amount in of.amounts or ((None, None),)
    )
    return ReportTable(exit_table.columns, (*exit_table.rows, *deal_rows))


def _labels(report: Report[Any]) -> dict[str, str]:
    return {stage.stage: stage.label for stage in report.stages}


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds())


def _table(
    columns: tuple[Column, ...], report: Report[Any], span: Span, cells: Callable[[Any], tuple[Cell, ...]]
) -> ReportTable:
    return ReportTable((*_SCOPE, *columns), tuple((*scope, *cells(of)) for scope, of in _scoped(report, span)))


def _scoped(report: Report[Any], span: Span) -> Iterator[tuple[tuple[Cell, ...], Any]]:
    """Each line of a report, and what it is about."""
    for of in report.totals:
        yield ("total", span.first, span.last, False, None), of
    for period in report.periods:
        for of in period.figures:
            yield ("period", period.span.first, period.span.last, period.partial, None), of
    for value in report.break_down:
        for of in value.figures:
            yield ("value", span.first, span.last, False, value.value), of


#: What a spreadsheet takes for a formula when a cell begins with it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(table: ReportTable) -> str:
    """A table as CSV (RFC 4180), in which no text is a formula to a spreadsheet: it gets an apostrophe before it."""
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(column.name for column in table.columns)
    writer.writerows(map(_csv_cell, row) for row in table.rows)
    return written.getvalue()


def _csv_cell(cell: Cell) -> Any:
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return f"{cell:f}" if isinstance(cell, Decimal) else cell


#: What the engine that writes Parquet calls our types. Amounts have four decimals at most.
_SQL_TYPES: Mapping[ColumnType, str] = MappingProxyType(
    {
        "text": "VARCHAR",
        "whole": "BIGINT",
        "number": "DOUBLE",
        "money": "DECIMAL(38, 4)",
        "yes_no": "BOOLEAN",
        "date": "DATE",
    }
)


def as_parquet(table: ReportTable) -> bytes:
    """A table as a Parquet file.

    The engine that writes it knows files only, so a temporary one is written and read. It is loaded here, for it takes
    a while and nothing else wants it.
    """
    import duckdb

    columns = [
        f'unnest(${place}::{_SQL_TYPES[column.type]}[]) AS "{column.name}"'
        for place, column in enumerate(table.columns, 1)
    ]
    of_columns = [[row[place] for row in table.rows] for place in range(len(table.columns))]
    with TemporaryDirectory() as folder, duckdb.connect(config={"threads": 1}) as engine:
        path = Path(folder) / "report.parquet"
        engine.execute(f"CREATE TABLE report AS SELECT {', '.join(columns)}", of_columns)  # names of ours
        engine.execute(f"COPY report TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
        return path.read_bytes()
