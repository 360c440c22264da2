"""The dashboard: the numbers of the reports, and links behind which there are as many prospects."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lifecycle.contract.report_parameters import read_counted
from lifecycle.events import Activity, Contact, DealUpdate, Decision, Identity, prospect_id
from lifecycle.pages.charts import Link, Looks, sankey_chart
from lifecycle.pages.dashboard import PANELS, presets
from lifecycle.reports.asked import ReportedStage
from tests.builders import at
from tests.fakes.reporting import Reporting
from tests.unit.functions.conftest import Call, Reply
from tests.unit.functions.fake_lifecycle import FakeLifecycle
from tests.unit.functions.test_show_pages import BASE, HOSTILE, NAMES, Elements, route_of, visit

DASHBOARD, PANEL = route_of("GET", "/"), route_of("GET", "/pages/panels/{name}")
REPORT, COUNTED = route_of("GET", "/pages/reports/{name}"), route_of("GET", "/pages/reports/counted")
DAYS = {"from": ["2026-01-01"], "to": ["2026-12-31"], "by": ["month"]}


def asked(reporting: Reporting, campaign: str = "spring", reason: str = "no budget") -> None:
    """Three prospects: one asked for a demo and came back later, one lost a deal, one was disqualified."""
    use = reporting.lifecycle
    people = [Identity("email", f"{name}@example.com") for name in ("ann", "ben", "cleo")]
    for number, person in enumerate(people):
        use.record_activity(
            Activity(f"v-{number}", at(number), at(number), "website_visit", "inbound", (person,), source=campaign)
        )
    form = {"form": "demo"}
    use.record_activity(
        Activity("f", at(10), at(10), "form_submission", "inbound", (people[0],), properties=form, source=campaign)
    )
    ben, cleo = (prospect_id(reporting.store.workspace, person) for person in people[1:])
    for status, minute in (("open", 20), ("lost", 30)):
        use.update_deal(
            DealUpdate(
                id=f"d-{minute}",
                occurred_at=at(minute),
                recorded_at=at(minute),
                deal_id="D-1",
                status=status,  # type: ignore[arg-type]
                amount=Decimal(1_200),
                currency="EUR",
                lost_reason=reason if status == "lost" else None,
                contacts=(Contact((people[1],), None),),
            )
        )
    use.decide(cleo, Decision("out", at(40), at(40), "disqualify", "sam@us.example", reason))
    assert use.get_prospect(ben).lead_status == "Closed-Lost"


@pytest.fixture
def busy(reporting: Reporting) -> Reporting:
    asked(reporting)
    return reporting


def panel(call: Call, name: str, query: dict[str, list[str]] | None = None) -> Reply:
    path = PANEL.path.format(name=name)
    return visit(call, PANEL._replace(path=path), query=query or DAYS, more_headers={"hx-request": "true"})


def charts_of(page: str) -> list[dict[str, Any]]:
    return [json.loads(figure["data-chart"]) for figure in Elements(page).tags("figure")]


def links_of(page: str) -> list[tuple[int, dict[str, str]]]:
    """The numbers of a page that lead to their prospects, with what the lists are asked for."""
    found = []
    for part in page.split("<a ")[1:]:
        attributes, _, rest = part.partition(">")
        text = rest.partition("</a>")[0].rpartition("</span>")[2].strip()
        href = unescape(attributes.partition('href="')[2].partition('"')[0])
        if "/pages/reports/counted" in href:
            query = {name: values[0] for name, values in parse_qs(urlsplit(href).query).items()}
            found.append((int(text.split()[0].replace(",", "")), query))
    return found


def test_each_number_leads_to_as_many_prospects(call: Call, fake: FakeLifecycle, busy: Reporting) -> None:
    links = links_of(visit(call, DASHBOARD, query=DAYS).body)
    for name in PANELS:
        links += links_of(panel(call, name).body)

    assert {"stock", "entered", "flow", "reached", "exits", "lost", "skipped"} <= {
        query["number"] for _, query in links
    }
    for number, query in links:
        page = busy.counted.page(read_counted(query), None, 1_000, busy.now)
        assert len(page.prospects) + len(page.deals) == number, query


def test_a_bar_leads_where_its_number_in_the_table_does(call: Call, fake: FakeLifecycle, busy: Reporting) -> None:
    page = visit(call, DASHBOARD, query=DAYS).body
    funnel, trend = charts_of(page)

    linked = {href for item in funnel["items"] if (href := item["href"])}
    assert linked
    assert linked <= {link["href"] for link in Elements(page).tags("a")}
    assert len(trend["periods"]) == 12
    assert all(len(one["values"]) == len(trend["spans"]) == 12 for one in trend["series"])
    first, last = trend["spans"][0]
    made = trend["link"].replace("STAGE", "engaged").replace("FROM", first).replace("TO", last)
    assert made.startswith(f"{BASE}/pages/reports/counted?")
    assert read_counted({name: values[0] for name, values in parse_qs(urlsplit(made).query).items()}).stage == "engaged"


@pytest.mark.parametrize("name", sorted(PANELS))
def test_a_panel_is_a_part_for_the_page_and_a_page_for_itself(
    call: Call, fake: FakeLifecycle, busy: Reporting, name: str
) -> None:
    part = panel(call, name)
    whole = visit(call, PANEL._replace(path=PANEL.path.format(name=name)), query=DAYS)

    assert (part.status, whole.status) == (200, 200)
    assert "<html" not in part.body
    assert f'id="panel-{name}"' in part.body
    assert "How this is counted" in part.body
    assert "<html" in whole.body


def test_there_are_no_other_panels_and_reports(call: Call, fake: FakeLifecycle) -> None:
    for route in (PANEL, REPORT):
        assert visit(call, route._replace(path=route.path.format(name="everything"))).status == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"from": ["2026-02-30"]}, 422),
        ({"from": ["2026-02-02"], "to": ["2026-02-01"]}, 422),
        ({"by": ["minute"]}, 422),
        ({"only": ["source"], "value": ["nowhere"]}, 200),
        ({"only": ["source"], "value": [""]}, 200),
        ({"only": ["shoe_size"], "value": ["43"]}, 200),
        ({"only": ["source"], "value": ["spring"], "break_down": ["owner"]}, 200),
        ({"conversion": ["30"]}, 200),
        ({"measure": ["votes"]}, 200),
    ],
)
def test_a_filter_that_is_wrong_is_told(
    call: Call, fake: FakeLifecycle, busy: Reporting, query: dict[str, list[str]], status: int
) -> None:
    assert visit(call, DASHBOARD, query=query).status == status


def test_a_filter_stays_in_all_links(call: Call, fake: FakeLifecycle, busy: Reporting) -> None:
    page = Elements(visit(call, DASHBOARD, query={**DAYS, "only": ["source"], "value": ["spring"]}).body)

    for attributes in page.tags("section"):
        if "hx-get" in attributes:
            assert parse_qs(urlsplit(attributes["hx-get"]).query)["value"] == ["spring"]
    for link in page.tags("a"):
        if "/pages/reports/counted" in link["href"]:
            assert parse_qs(urlsplit(link["href"]).query)["source"] == ["spring"]


@pytest.mark.parametrize("name", NAMES)
def test_a_campaigns_name_never_becomes_markup_nor_a_formula(
    call: Call, fake: FakeLifecycle, reporting: Reporting, name: str
) -> None:
    asked(reporting, campaign=name)
    query = {**DAYS, "break_down": ["source"]}

    part = panel(call, "break-down", query)
    assert name in Elements(part.body).text
    assert Elements(part.body).tags("script") == Elements(part.body).tags("img") == []

    page = visit(call, DASHBOARD, query={**DAYS, "only": ["source"], "value": [name]})
    assert len(Elements(page.body).tags("script")) == 2

    saved = visit(call, REPORT._replace(path=REPORT.path.format(name="funnel")), query=query)
    cells = {cell for row in csv.reader(io.StringIO(saved.body)) for cell in row}
    assert not [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell]
    assert {name, f"'{name}"} & cells


def test_a_hostile_name_in_a_chart_stays_in_its_attribute(call: Call, fake: FakeLifecycle) -> None:
    looks = Looks([ReportedStage("a", HOSTILE, None, beside=False), ReportedStage("b", "\"&'>", None, beside=False)])
    chart = sankey_chart([Link("a", "b", 1, f"{BASE}/x")], looks, {"a": 0, "b": 1})

    from lifecycle.pages.render import _environment

    page = _environment().from_string('{% import "panel_parts.html" as panels %}{{ panels.figure(chart, "x") }}')
    shown = page.render(chart=chart)

    assert charts_of(shown) == [chart]
    assert Elements(shown).tags("script") == []


def test_a_diagram_of_moves_has_no_circle() -> None:
    """A Sankey diagram with a circle is not drawn at all."""
    stages = [ReportedStage(key, key, "#112233", beside=False) for key in "abcd"]
    pairs = [
        ("a", "b"),
        ("b", "a"),
        ("b", "c"),
        ("c", "b"),
        ("d", "a"),
        ("a", "d"),
        (None, "a"),
        (None, "c"),
        ("a", "a"),
    ]
    chart = sankey_chart(
        [Link(*pair, 2, "/x") for pair in pairs], Looks(stages), {key: at for at, key in enumerate("abcd")}
    )

    followers: dict[str, set[str]] = {}
    for link in chart["links"]:
        followers.setdefault(link["source"], set()).add(link["target"])

    def reached(node: str, on_the_way: tuple[str, ...] = ()) -> None:
        assert node not in on_the_way
        for follower in followers.get(node, ()):
            reached(follower, (*on_the_way, node))

    for node in chart["nodes"]:
        reached(node["name"])
    assert sum(link["value"] for link in chart["links"]) == 2 * (len(pairs) - 1)


def test_the_presets_are_whole_days_of_the_workspace() -> None:
    by_label = {preset.label: preset for preset in presets(at(0).replace(month=3, day=1, hour=1), "America/New_York")}

    assert by_label["This month"].first.isoformat() == "2026-02-01"
    assert by_label["Last month"].last.isoformat() == "2026-01-31"
    assert by_label["30 days"].last - by_label["30 days"].first == timedelta(days=29)
