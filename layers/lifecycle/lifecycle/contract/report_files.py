"""Reports as what was asked for: JSON, or a table in CSV or Parquet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.event_handler import Response

from lifecycle.contract.encode_reports import encode_report
from lifecycle.contract.report_routes import CSV, PARQUET
from lifecycle.contract.resolver import answer
from lifecycle.reports.tables import (
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
from lifecycle.services.report_results import Answered

_TABLES: Mapping[str, Callable[[Answered[Any]], ReportTable]] = {
    "funnel": lambda answered: funnel_table(answered.report, answered.span),
    "flows": lambda answered: flow_table(answered.report, answered.span),
    "conversion": lambda answered: conversion_table(answered.report, answered.span),
    "velocity": lambda answered: velocity_table(answered.report, answered.span),
    "viscosity": lambda answered: viscosity_table(answered.report),
    "lost-reasons": lambda answered: reason_table(answered.report, answered.span),
}


def answer_report(answered: Answered[Any], form: str) -> Response[Any]:
    """A response with a report.

    Arguments:
        answered: the report.
        form: ``json``, ``csv`` or ``parquet``. What a table has no room for is in the header: whether the report is
            complete.
    """
    if form == "json":
        return answer(encode_report(answered))
    table = _TABLES[answered.name](answered)
    headers = {
        "Content-Disposition": f'attachment; filename="{_file_name(answered)}.{form}"',
        "Report-Complete": "false" if answered.pending else "true",
    }
    if form == "csv":
        return Response(200, f"{CSV}; charset=utf-8", as_csv(table), headers=dict(headers))
    return Response(200, PARQUET, as_parquet(table), headers=dict(headers))


def _file_name(answered: Answered[Any]) -> str:
    return f"{answered.name}-{answered.span.first.isoformat()}-{answered.span.last.isoformat()}"
