"""The reports in the terminal: the same numbers as the answers of the API have, in whose own examples they are."""

import re
from copy import deepcopy
from datetime import date
from io import StringIO
from typing import Any

import httpx
import pytest
from rich.console import Console, RenderableType

from lifecycle.contract.report_examples import ANSWERS
from local.client import ProspectClient
from local.report_tables import (
    break_down_table,
    conversion_table,
    funnel_table,
    lost_table,
    trend_table,
    velocity_table,
    viscosity_table,
)
from local.summary import SETTINGS, set_goals, show_reports

#: What bars are drawn with.
BARS = re.compile("[█▉▊▋▌▍▎▏▐]+")


def printed(what: RenderableType) -> str:
    console = Console(file=StringIO(), width=200)
    console.print(what)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def rows(text: str) -> list[list[str]]:
    """The cells of every row; of a bar how long it is drawn."""
    lines = (line.strip() for line in text.splitlines() if line.startswith("│"))
    return [[_bar_or_text(cell.strip()) for cell in line.strip("│").split("│")] for line in lines]


def _bar_or_text(cell: str) -> str:
    return f"bar of {len(cell)}" if BARS.fullmatch(cell) else cell


def answer(name: str) -> Any:
    return deepcopy(ANSWERS[name])


def test_the_funnel_shows_stock_flow_goal_and_the_period_before() -> None:
    report = answer("FunnelReportAnswer")
    report["stages"].append(report["stages"][0] | {"stage": "won", "label": "Won [x]", "stock": 0, "goal": None})
    text = printed(funnel_table(report))
    assert "2026-05-01 to 2026-05-31" in text
    assert rows(text) == [
        ["Marketing qualified", "131", "bar of 16", "48", "5", "3", "37", "50", "48"],
        ["Won [x]", "0", "", "48", "5", "3", "37", "", ""],
    ]


def test_bars_are_as_long_as_their_numbers_beside_the_largest() -> None:
    report = answer("FunnelReportAnswer")
    first = report["stages"][0]
    report["stages"] = [first | {"label": str(stock), "stock": stock} for stock in (100, 50, 25)]
    assert [row[2] for row in rows(printed(funnel_table(report)))] == ["bar of 16", "bar of 8", "bar of 4"]


def test_without_goals_and_without_anybody_there_are_no_columns_and_no_bars_for_them() -> None:
    report = answer("FunnelReportAnswer")
    report["stages"] = [report["stages"][0] | {"stock": 0, "goal": None}]
    text = printed(funnel_table(report))
    assert "goal" not in text
    assert rows(text)[0][:4] == ["Marketing qualified", "0", "", "48"]


def test_conversion_shows_neighbours_of_the_ladder() -> None:
    report = answer("ConversionReportAnswer")
    report["conversions"] += [
        report["conversions"][0] | {"adjacent": False, "entered": 999},
        report["conversions"][0] | {"entered": 0, "reached": 0, "rate": None},
    ]
    text = printed(conversion_table(report))
    assert "by cohort" in text
    assert rows(text) == [
        ["Marketing qualified", "Sales qualified", "48", "21", "43.8%", "bar of 7"],
        ["Marketing qualified", "Sales qualified", "0", "0", "", ""],
    ]


def test_time_in_stage_counts_those_who_are_still_inside() -> None:
    report = answer("VelocityReportAnswer")
    report["stages"][0]["with_open"] = {"count": 168, "median": 302_400, "p75": 7_200, "p90": 90}
    assert rows(printed(velocity_table(report))) == [
        ["Marketing qualified", "168", "3.5 d", "2.0 h", "90 s", "bar of 16"]
    ]


def test_stuck_says_beyond_which_limit() -> None:
    report = answer("ViscosityReportAnswer")
    unlimited = report["stages"][0] | {"label": "Engaged", "limit": None, "beyond_limit": None, "p90": None}
    report["stages"] = [report["stages"][0], unlimited | {"beyond_p90": None, "inside": 7}]
    first, second = rows(printed(viscosity_table(report)))
    assert first[:4] == ["Marketing qualified", "131", "17 of 2 business days", "bar of 16"]
    assert second == ["Engaged", "7", "", "", ""]


def test_reasons_are_shown_as_they_were_given_with_what_the_deals_were_worth() -> None:
    report = answer("LostReasonsReportAnswer")
    report["deals"] = [
        {
            "reason": "no [bold] budget",
            "count": 4,
            "amounts": [{"currency": "EUR", "amount": 19200.5}, {"currency": "GBP", "amount": 800}],
        },
        {"reason": None, "count": 1, "amounts": []},
    ]
    text = printed(lost_table(report))
    assert rows(text)[:2] == [
        ["no [bold] budget", "4", "bar of 16", "19,200 EUR, 800 GBP"],
        ["(none told)", "1", "bar of 4", ""],
    ]
    for exit_ in report["exits"]:
        assert any(row[1] == exit_["reason"] and row[2] == str(exit_["count"]) for row in rows(text)[2:])


def test_the_trend_has_a_row_for_each_period() -> None:
    report = answer("FunnelReportAnswer")
    period = report["periods"][0]
    half = {"start": "2026-06-01", "partial": True, "stages": [period["stages"][0] | {"entered": 24}]}
    report["periods"].append(period | half)
    text = printed(trend_table(report, ["marketing_qualified"]))
    assert rows(text) == [["2026-05-01", "48", "bar of 8"], ["2026-06-01 (in part)", "24", "bar of 4"]]


def test_a_break_down_begins_with_the_value_that_most_came_from() -> None:
    report = answer("FunnelReportAnswer")
    figures = report["break_down"][0]["stages"][0]
    values = {"a [b]": 3, "google": 30, "(none)": 12}
    report["break_down"] = [
        {"value": value, "stages": [figures | {"entered": entered}]} for value, entered in values.items()
    ]
    text = printed(break_down_table(report, "source", ["marketing_qualified"]))
    assert [row[:2] for row in rows(text)] == [["google", "30"], ["(none)", "12"], ["a [b]", "3"]]


class Reports:
    """Answers with the examples of the contract."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.put: list[bytes] = []
        self.asked: list[httpx.URL] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        name = request.url.path.rpartition("/")[2]
        if name == "settings":
            self.put += [request.content] if request.method == "PUT" else []
            return httpx.Response(200, json=self.settings)
        example = {"lost-reasons": "LostReasons"}.get(name, name.title())
        report = answer(f"{example}ReportAnswer")
        if "stages" in report and name == "funnel":
            keys = ("sales_qualified", "customer")
            for of in (report, *report["periods"], *report["break_down"], report["previous"]):
                of["stages"] += [of["stages"][0] | {"stage": key, "label": key} for key in keys]
        return httpx.Response(200, json=report)


def client_of(reports: Reports) -> ProspectClient:
    return ProspectClient("http://api.test", "k", transport=httpx.MockTransport(reports))


def test_every_report_is_asked_for_and_shown() -> None:
    reports, console = Reports({}), Console(file=StringIO(), width=200)
    show_reports(client_of(reports), date(2026, 5, 1), date(2026, 5, 31), console)
    assert {url.path.rpartition("/")[2] for url in reports.asked} == {
        "funnel",
        "conversion",
        "velocity",
        "viscosity",
        "lost-reasons",
    }
    assert all(
        url.params["from"] == "2026-05-01" and url.params["to"] == "2026-05-31"
        for url in reports.asked
        if "viscosity" not in url.path
    )
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    for title in ("The funnel", "Conversion", "Entries by source", "Time in stage", "Stuck now", "Lost deals"):
        assert title in text


@pytest.mark.parametrize(
    ("settings", "puts"),
    [
        ({"time_zone": "UTC", "goals": {}}, 1),
        ({"time_zone": "Asia/Tokyo", "goals": {}}, 0),
        ({"time_zone": "UTC", "goals": SETTINGS["goals"]}, 0),
    ],
)
def test_goals_are_set_only_where_nobody_has_set_any(settings: Any, puts: int) -> None:
    reports = Reports(settings)
    set_goals(client_of(reports))
    assert len(reports.put) == puts
