"""The reports as tables and bars. Every number in them stands in an answer of the API, and none is reckoned here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from local.request import Json

#: How wide the longest bar of a table is.
BAR_WIDTH = 16


def funnel_table(report: Json) -> RenderableType:
    """`GET /reports/funnel`: of each stage how many are in it, and how many came in, went out and passed."""
    table = _table(f"The funnel, {_days(report)}", "stage", "now", "", "entered", "again", "skipped", "left")
    with_goals = any(stage["goal"] is not None for stage in report["stages"])
    for heading in ("goal", "before") if with_goals else ("before",):
        table.add_column(heading, justify="right")
    before = {stage["stage"]: stage["entered"] for stage in (report.get("previous") or {}).get("stages", ())}
    most = max((stage["stock"] for stage in report["stages"]), default=0)
    for stage in report["stages"]:
        numbers = (stage["entered"], stage["entered_again"], stage["skipped"], stage["left"])
        goal = (_number(stage["goal"]),) if with_goals else ()
        table.add_row(
            _label(stage),
            _number(stage["stock"]),
            _bar(stage["stock"], most, stage["colour"]),
            *map(_number, numbers),
            *goal,
            _number(before.get(stage["stage"])),
        )
    return table


def conversion_table(report: Json) -> RenderableType:
    """`GET /reports/conversion`: from each stage of the ladder to the next one."""
    table = _table(f"Conversion by {report['basis']}, {_days(report)}", "from", "to", "entered", "reached", "rate", "")
    labels = _labels(report)
    for pair in report["conversions"]:
        if pair["adjacent"]:
            rate = pair["rate"]
            table.add_row(
                labels[pair["from"]],
                labels[pair["to"]],
                _number(pair["entered"]),
                _number(pair["reached"]),
                "" if rate is None else f"{rate:.1%}",
                _bar(min(rate or 0.0, 1.0), 1.0),
            )
    return table


def velocity_table(report: Json) -> RenderableType:
    """`GET /reports/velocity`: how long stays take, those that have not ended included."""
    table = _table(f"Time in stage, {_days(report)}", "stage", "stays", "median", "p75", "p90", "")
    lengths = [(stage, stage["with_open"]) for stage in report["stages"] if stage["with_open"]["count"]]
    longest = max((each["median"] for _, each in lengths), default=0)
    for stage, each in lengths:
        quantiles = (_length(each[name]) for name in ("median", "p75", "p90"))
        bar = _bar(each["median"], longest, stage["colour"])
        table.add_row(_label(stage), _number(each["count"]), *quantiles, bar)
    return table


def viscosity_table(report: Json) -> RenderableType:
    """`GET /reports/viscosity`: where prospects are stuck."""
    table = _table("Stuck now", "stage", "inside", "beyond the limit", "", "beyond p90")
    most = max((stage["beyond_limit"] or 0 for stage in report["stages"]), default=0)
    for stage in report["stages"]:
        if stage["inside"]:
            limit = stage["limit"]
            beyond = "" if limit is None else f"{_number(stage['beyond_limit'])} of {limit}"
            bar = _bar(stage["beyond_limit"] or 0, most, stage["colour"])
            table.add_row(_label(stage), _number(stage["inside"]), beyond, bar, _number(stage["beyond_p90"]))
    return table


def lost_table(report: Json) -> RenderableType:
    """`GET /reports/lost-reasons`: why deals were lost, and why prospects left the ladder."""
    deals = _table(f"Lost deals, {_days(report)}", "reason", "deals", "", "worth")
    most = max((each["count"] for each in report["deals"]), default=0)
    for each in report["deals"]:
        worth = ", ".join(f"{float(amount['amount']):,.0f} {amount['currency'] or ''}" for amount in each["amounts"])
        deals.add_row(_told(each["reason"]), _number(each["count"]), _bar(each["count"], most), worth)
    exits = _table("Out of the ladder", "stage", "reason", "prospects", "")
    labels = _labels(report)
    most = max((each["count"] for each in report["exits"]), default=0)
    for each in report["exits"]:
        bar = _bar(each["count"], most)
        exits.add_row(labels.get(each["stage"], each["stage"]), _told(each["reason"]), _number(each["count"]), bar)
    return Group(deals, "", exits)


def trend_table(report: Json, stages: Sequence[str]) -> RenderableType:
    """`GET /reports/funnel` by week or month: how many entered some stages in each period."""
    labels = _labels(report)
    table = _table(f"Entries by {report['by']}", "from")
    for stage in stages:
        table.add_column(labels[stage], justify="right")
        table.add_column("")
    entered = [{each["stage"]: each["entered"] for each in period["stages"]} for period in report["periods"]]
    most = {stage: max((each[stage] for each in entered), default=0) for stage in stages}
    for period, numbers in zip(report["periods"], entered, strict=True):
        cells: list[RenderableType] = [period["start"] + (" (in part)" if period["partial"] else "")]
        for stage in stages:
            cells += (_number(numbers[stage]), _bar(numbers[stage], most[stage], width=BAR_WIDTH // 2))
        table.add_row(*cells)
    return table


def break_down_table(report: Json, dimension: str, stages: Sequence[str]) -> RenderableType:
    """`GET /reports/funnel` with ``break_down``: how many entered some stages, by source, campaign and so on."""
    labels = _labels(report)
    table = _table(f"Entries by {dimension}, {_days(report)}", dimension, *(labels[stage] for stage in stages), "")
    rows = [(each["value"], {one["stage"]: one["entered"] for one in each["stages"]}) for each in report["break_down"]]
    rows.sort(key=lambda row: -row[1][stages[0]])
    most = max((entered[stages[0]] for _, entered in rows), default=0)
    for value, entered in rows:
        table.add_row(Text(value), *(_number(entered[stage]) for stage in stages), _bar(entered[stages[0]], most))
    return table


def _table(title: str, *headings: str) -> Table:
    """A table whose numbers stand to the right; a heading that is empty is of bars, the first one is of words."""
    table = Table(title=title, title_justify="left")
    words = {"stage", "from", "to", "reason", "worth", headings[0]}
    for heading in headings:
        is_number = heading and heading not in words
        table.add_column(heading, justify="right" if is_number else "left", no_wrap=bool(is_number))
    return table


def _days(report: Json) -> str:
    return f"{report['from']} to {report['to']}"


def _labels(report: Json) -> dict[str, str]:
    return {stage["stage"]: stage["label"] for stage in report["stages"]}


def _label(stage: Json) -> Text:
    """A stage's label; those beside the ladder are set apart."""
    return Text(stage["label"], style="italic" if stage["beside"] else "")


def _told(reason: str | None) -> Text:
    """A reason as somebody gave it: never markup."""
    return Text("(none told)" if reason is None else reason)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _length(seconds: float | None) -> str:
    """A length of time in its largest unit, to two figures at least."""
    if seconds is None:
        return ""
    for name, unit in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        if seconds >= 2 * unit.total_seconds():
            return f"{seconds / unit.total_seconds():,.1f} {name}"
    return f"{seconds:.0f} s"


def _bar(value: float, most: float, colour: str | None = None, width: int = BAR_WIDTH) -> Bar:
    """A bar as long as a value beside the most."""
    return Bar(size=max(most, 1), begin=0, end=value, width=width, color=colour or "default")


def spaced(tables: Iterable[RenderableType]) -> Group:
    """Tables one below the other."""
    return Group(*(part for table in tables for part in (table, "")))
