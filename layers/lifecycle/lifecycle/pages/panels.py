"""The panels that the dashboard asks for by itself: each a report with its chart, its table and its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from lifecycle.pages.charts import Bar, Link, Looks, bar_chart, sankey_chart
from lifecycle.pages.dashboard import PANELS
from lifecycle.pages.links import Counting, Filters, filters_of
from lifecycle.pages.render import NOTHING, duration, money
from lifecycle.reports.definitions import DEFINITIONS
from lifecycle.reports.dimensions import DIMENSIONS, NOT_TOLD
from lifecycle.services.report_prospects import CountedProspects
from lifecycle.services.report_requests import Counted
from lifecycle.services.reports import Reports

#: Stuck prospects that are named at once, of the stages where most are.
_NAMED = 10
#: Reasons and values that a chart shows; the table has all of them.
_MOST_BARS = 12


class Panels:
    """The panels of a caller's workspace.

    Arguments:
        reports: of the workspace.
        counted: the prospects behind the numbers.
        base: what paths are appended to.
        now: the present.
    """

    def __init__(self, reports: Reports, counted: CountedProspects, base: str, now: datetime) -> None:
        self._reports = reports
        self._counted = counted
        self._base = base
        self._now = now
        self._makers: Mapping[str, Callable[[Filters], dict[str, Any]]] = {
            "flows": self._flows,
            "conversion": self._conversion,
            "velocity": self._velocity,
            "stuck": self._stuck,
            "reasons": self._reasons,
            "break-down": self._break_down,
        }

    def panel(self, name: str, query: Mapping[str, str]) -> dict[str, Any]:
        """One panel.

        Arguments:
            name: one of ``PANELS``.
            query: the fields of the dashboard's filters.

        Raises:
            InvalidRequestError, DaysReversedError, TooManyPeriodsError: a filter is not acceptable.
        """
        filters = filters_of(query)
        shown = self._makers[name](filters)
        told = {key: DEFINITIONS[key] for key in shown.pop("definitions")}
        return {
            "name": name,
            "filters": filters,
            "is_broad": PANELS[name],
            "definitions": told,
            "chart": None,
            "named": (),
            "saved": filters.changed(break_down=None),
            **shown,
        }

    def _flows(self, filters: Filters) -> dict[str, Any]:
        answered = self._reports.flows(filters.wanted, self._now)
        report, counting = answered.report, Counting(self._base, answered.span, filters)
        looks = Looks(report.stages)
        order = {stage.stage: at for at, stage in enumerate(report.stages)}
        links = [
            Link(
                one.from_stage,
                one.to_stage,
                one.count,
                counting.link("flow", one.to_stage, from_stage=one.from_stage or NOT_TOLD),
            )
            for one in report.totals
        ]
        return {
            "title": "Stage flow",
            "report": "flows",
            "columns": ["From", "To", "Moves", "Corrected"],
            "rows": [
                (
                    "Became known" if one.from_stage is None else looks.label(one.from_stage),
                    looks.label(one.to_stage),
                    (one.count, link.href),
                    (one.corrected, None),
                )
                for one, link in zip(report.totals, links, strict=True)
            ],
            "chart": sankey_chart(links, looks, order) if any(link.moved for link in links) else None,
            "definitions": ("flow", "corrected"),
        }

    def _conversion(self, filters: Filters) -> dict[str, Any]:
        wanted = filters.wanted
        answered = self._reports.conversion(wanted, self._now)
        report, counting = answered.report, Counting(self._base, answered.span, filters)
        looks = Looks(report.stages)
        basis: dict[str, Any] = (
            {} if wanted.basis == "period" else {"basis": "cohort", "within": filters.given.get("conversion", "ever")}
        )
        adjacent = [pair for pair in report.totals if pair.adjacent]
        return {
            "title": "Conversion",
            "report": "conversion",
            "columns": ["From", "To", "Entered", "Reached", "Rate"],
            "rows": [
                (
                    looks.label(pair.from_stage),
                    looks.label(pair.to_stage),
                    (pair.entered, None),
                    (
                        pair.reached,
                        counting.link("reached", pair.to_stage, from_stage=pair.from_stage, **basis),
                    ),
                    _percent(pair.rate) + ("" if pair.ripe or pair.rate is None else ", still growing"),
                )
                for pair in report.totals
            ],
            "chart": bar_chart(
                ["Rate"],
                [
                    Bar(
                        f"{looks.label(pair.from_stage)} → {looks.label(pair.to_stage)}",
                        (pair.rate,),
                        looks.colour(pair.to_stage),
                        counting.link("reached", pair.to_stage, from_stage=pair.from_stage, **basis),
                    )
                    for pair in adjacent
                ],
                numbers="percent",
            ),
            "definitions": ("conversion_by_period" if not basis else "conversion_by_cohort", "adjacent"),
        }

    def _velocity(self, filters: Filters) -> dict[str, Any]:
        answered = self._reports.velocity(filters.wanted, self._now)
        report = answered.report
        looks = Looks(report.stages)
        return {
            "title": "Time in stage",
            "report": "velocity",
            "columns": ["Stage", "Stays ended", "Median", "75 %", "90 %", "Median with open stays"],
            "rows": [
                (
                    looks.label(one.stage),
                    (one.ended.count, None),
                    duration(one.ended.median),
                    duration(one.ended.p75),
                    duration(one.ended.p90),
                    duration(one.with_open.median),
                )
                for one in report.totals
            ],
            "chart": bar_chart(
                ["Median", "75 %", "90 %"],
                [
                    Bar(looks.label(one.stage), tuple(map(_seconds, (one.ended.median, one.ended.p75, one.ended.p90))))
                    for one in report.totals
                    if one.ended.count
                ],
                numbers="length",
            )
            if any(one.ended.count for one in report.totals)
            else None,
            "definitions": ("time_in_stage", "time_in_stage_with_open"),
        }

    def _stuck(self, filters: Filters) -> dict[str, Any]:
        answered = self._reports.viscosity(self._now)
        report, counting = answered.report, Counting(self._base, answered.span, filters)
        looks = Looks(report.stages)
        return {
            "title": "Stuck now",
            "report": "viscosity",
            "columns": ["Stage", "Inside", "Time limit", "Beyond it", "Usual: 90 % within", "Beyond that"],
            "rows": [
                (
                    looks.label(one.stage),
                    (one.inside, counting.link("stock", one.stage)),
                    one.limit or NOTHING,
                    (one.beyond_limit, counting.link("beyond_limit", one.stage)),
                    duration(one.p90),
                    (one.beyond_p90, counting.link("beyond_p90", one.stage)),
                )
                for one in report.figures
            ],
            "named": self._named(
                [(one.stage, one.beyond_limit or 0) for one in report.figures if one.beyond_limit], looks
            ),
            "definitions": ("inside", "beyond_limit", "beyond_p90"),
        }

    def _named(self, beyond: list[tuple[str, int]], looks: Looks) -> list[tuple[Any, str, timedelta]]:
        """Some of those who are beyond the limit of their stage, where most are first."""
        named: list[tuple[Any, str, timedelta]] = []
        for stage, _ in sorted(beyond, key=lambda one: -one[1]):
            page = self._counted.page(Counted("beyond_limit", stage), None, _NAMED - len(named), self._now)
            named += [(one, looks.label(stage), self._now - one.at) for one in page.prospects]
            if len(named) >= _NAMED:
                break
        return named

    def _reasons(self, filters: Filters) -> dict[str, Any]:
        answered = self._reports.lost_reasons(filters.wanted, self._now)
        report, counting = answered.report, Counting(self._base, answered.span, filters)
        looks = Looks(report.exits.stages)
        deals = [
            (
                "Lost deal",
                one.reason or "not told",
                (one.count, counting.link("lost", None, reason=one.reason or NOT_TOLD)),
                ", ".join(money(amount, currency) for currency, amount in one.amounts),
            )
            for one in report.deals or ()
        ]
        exits = [
            (
                looks.label(one.stage),
                one.reason or "not told",
                (one.count, counting.link("exits", one.stage, reason=one.reason or NOT_TOLD)),
                "",
            )
            for one in report.exits.totals
        ]
        rows = [*deals, *exits]
        return {
            "title": "Lost, and why",
            "report": "lost-reasons",
            "columns": ["What", "Reason", "Number", "Worth"],
            "rows": rows,
            "chart": bar_chart(
                ["Number"],
                [
                    Bar(f"{what}: {reason}", (number,), "#c2410c" if what == "Lost deal" else "#6b7280", href)
                    for what, reason, (number, href), _ in sorted(rows, key=lambda row: -row[2][0])[:_MOST_BARS]
                ],
            )
            if rows
            else None,
            "definitions": ("lost_deals", "exits"),
        }

    def _break_down(self, filters: Filters) -> dict[str, Any]:
        """What each value of a dimension brought. Of one slice there is nothing to break down."""
        dimension = filters.given.get("break_down") or ("source" if not filters.slice else "")
        if dimension not in DIMENSIONS or filters.slice:
            return {"title": "Break-down", "report": None, "columns": [], "rows": [], "definitions": ("slices",)}
        narrowed = Filters({**filters.given, "break_down": dimension})
        answered = self._reports.funnel(narrowed.saved, self._now)
        looks = Looks(answered.report.stages)
        ladder = [stage.stage for stage in answered.report.stages if not stage.beside]
        rows: list[tuple[int, tuple[Any, ...]]] = []
        for one in answered.report.break_down:
            part = Filters({**filters.given, "only": dimension, "value": one.value, "break_down": ""})
            counting = Counting(self._base, answered.span, part)
            entered = {figures.stage: figures.entered for figures in one.figures}
            numbers = [(entered[stage], counting.link("entered", stage)) for stage in ladder]
            rows.append((sum(entered.values()), ((one.value, f"{self._base}/?{part.changed()}"), *numbers)))
        return {
            "title": f"By {dimension}: entered",
            "report": "funnel",
            "saved": narrowed.changed(),
            "columns": [dimension.capitalize(), *map(looks.label, ladder)],
            "rows": [row for _, row in sorted(rows, key=lambda row: -row[0])],
            "definitions": ("entered", "slices"),
        }


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else round(length.total_seconds())


def _percent(rate: float | None) -> str:
    return NOTHING if rate is None else f"{rate * 100:.1f} %"
