"""The dashboard: its filters, the stages with their numbers, the funnel and the trend.

These come from one report, so that the first look costs one reading. All other panels are asked for by the page itself
(``pages.panels``), at once and beside each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from lifecycle.pages.charts import Looks, Series, funnel_chart, trend_chart
from lifecycle.pages.links import Counting, filters_of
from lifecycle.reports.asked import Report
from lifecycle.reports.definitions import definitions_of
from lifecycle.reports.dimensions import DIMENSIONS
from lifecycle.reports.funnel_figures import StageFigures
from lifecycle.reports.periods import Span
from lifecycle.reports.windows import WINDOWS
from lifecycle.services.report_results import Answered
from lifecycle.services.reports import Reports

#: The panels that the page asks for by itself, in their order, and whether each takes the whole width.
PANELS = {"flows": True, "conversion": False, "velocity": False, "stuck": True, "reasons": False, "break-down": False}
MEASURES = {"stock": "In the stage", "entered": "Entered in the period"}
_YEAR = 365


class Tile(NamedTuple):
    """A stage at a glance. ``change`` is what entered against the period before, as a part; ``None``: not compared."""

    stage: str
    label: str
    colour: str
    stock: int
    entered: int
    change: float | None
    goal: float | None
    stock_link: str
    entered_link: str


class Preset(NamedTuple):
    """A choice of days and periods under a name."""

    label: str
    first: date
    last: date
    by: str


def dashboard(reports: Reports, query: Mapping[str, str], base: str, now: datetime) -> dict[str, Any]:
    """The dashboard without the panels that it asks for later.

    Arguments:
        reports: of the workspace.
        query: the fields of its filters.
        base: what paths are appended to.
        now: the present.

    Raises:
        InvalidRequestError, DaysReversedError, TooManyPeriodsError: a filter is not acceptable.
    """
    filters = filters_of(query)
    answered = reports.funnel(filters.wanted, now)
    report = answered.report
    looks, counting = Looks(report.stages), Counting(base, answered.span, filters)
    measure = query.get("measure") if query.get("measure") in MEASURES else "stock"
    return {
        "title": "Dashboard",
        "filters": filters,
        "answered": answered,
        "tiles": _tiles(answered, looks, counting),
        "measure": measure,
        "measures": MEASURES,
        "funnel": _funnel(report, str(measure), looks, counting),
        "trend": _trend(report, str(measure), looks, counting),
        "stages": report.stages,
        "totals": {figures.stage: figures for figures in report.totals},
        "looks": looks,
        "counting": counting,
        "definitions": definitions_of("funnel"),
        "dimensions": DIMENSIONS,
        "windows": WINDOWS,
        "panels_asked": PANELS,
        "presets": presets(answered.as_of, answered.zone),
        "is_empty": not any(figures.stock or figures.entered or figures.left for figures in report.totals),
    }


def presets(now: datetime, zone: str) -> tuple[Preset, ...]:
    """The periods that are a click away, in the workspace's days."""
    today = now.astimezone(ZoneInfo(zone)).date()
    first_of_month = today.replace(day=1)
    last_of_before = first_of_month - timedelta(days=1)
    return (
        Preset("30 days", today - timedelta(days=29), today, "day"),
        Preset("This month", first_of_month, today, "day"),
        Preset("Last month", last_of_before.replace(day=1), last_of_before, "day"),
        Preset("90 days", today - timedelta(days=89), today, "week"),
        Preset("12 months", today - timedelta(days=_YEAR - 1), today, "month"),
    )


def _tiles(answered: Answered[Report[StageFigures]], looks: Looks, counting: Counting) -> list[Tile]:
    earlier = {} if answered.before is None else {one.stage: one for one in answered.before[1].totals}
    return [
        Tile(
            stage=one.stage,
            label=looks.label(one.stage),
            colour=looks.colour(one.stage),
            stock=one.stock,
            entered=one.entered,
            change=_change(one, earlier.get(one.stage)),
            goal=one.goal,
            stock_link=counting.link("stock", one.stage),
            entered_link=counting.link("entered", one.stage),
        )
        for one in answered.report.totals
    ]


def _change(now: StageFigures, before: StageFigures | None) -> float | None:
    return (now.entered - before.entered) / before.entered if before is not None and before.entered else None


def _funnel(report: Report[StageFigures], measure: str, looks: Looks, counting: Counting) -> dict[str, Any]:
    values = {figures.stage: int(getattr(figures, measure)) for figures in report.totals}
    return funnel_chart(report.stages, looks, values, lambda stage: counting.link(measure, stage))


def _trend(report: Report[StageFigures], measure: str, looks: Looks, counting: Counting) -> dict[str, Any]:
    places = {figures.stage: at for at, figures in enumerate(report.totals)}
    series = [
        Series(
            stage.stage,
            tuple(int(getattr(period.figures[places[stage.stage]], measure)) for period in report.periods),
        )
        for stage in report.stages
    ]
    longest = report_by(report)
    named = [(period_label(period.span, longest), period.span) for period in report.periods]
    return trend_chart(named, series, looks, counting.pattern(measure), stacked=measure == "entered")


def report_by(report: Report[Any]) -> int:
    """How long the longest period of a report is, in days: by that they are called."""
    return max((period.span.length for period in report.periods), default=1)


def period_label(span: Span, longest: int) -> str:
    """What a period is called in a chart."""
    if longest > 7:
        return f"{span.first:%b %Y}"
    return f"{span.first.day} {span.first:%b}"
