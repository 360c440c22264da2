"""Every ready funnel, replayed over real data: the figures that it must come to are counted in the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

import pytest

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import Folded, fold
from lifecycle.engine.plan import Plan
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.funnel.ready_made import ready_made, ready_made_names
from local.replay import olist, snowplow
from tests.unit.funnel.real_data import (
    Logs,
    Row,
    address,
    folder,
    logs_of,
    pardot_activities,
    pardot_opportunities,
    pardot_prospects,
    rows_of,
)

NAMES = ready_made_names()
#: Where leads wait who left their contact data and were not won: half a year after the last of them came.
WAITING = {
    "default": "marketing_qualified",
    "b2b_ladder": "lead",
    "demand_waterfall": "nurture",
    "minimal": "lead",
    "product_led": "lead",
}
#: Where a won deal leads to, and an open one that is in no pipeline.
WON = {
    "default": "customer",
    "b2b_ladder": "customer",
    "demand_waterfall": "won",
    "minimal": "customer",
    "product_led": "paying",
}
OPEN = {
    "default": "opportunity",
    "b2b_ladder": "lead",
    "demand_waterfall": "sql",
    "minimal": "lead",
    "product_led": "pql",
}
#: The lowest stage of somebody who is known by name.
KNOWN = {
    "default": "suspect",
    "b2b_ladder": "lead",
    "demand_waterfall": "inquiry",
    "minimal": "lead",
    "product_led": "lead",
}


@cache
def calendar(name: str) -> Calendar:
    return Calendar.always(Plan(parse_funnel(ready_made(name), version=1)))


def replayed(name: str, logs: Logs, until: datetime | None = None) -> Mapping[str, Folded]:
    """The logs under a ready funnel; nobody is ever where the funnel has no stage."""
    ends = {prospect: fold(log, calendar(name), until) for prospect, log in logs.items()}
    declared = set(calendar(name).latest.funnel.stage_keys)
    visited = {stage_of(end) for end in ends.values()}
    visited |= {key for end in ends.values() for move in end.transitions for key in (move.from_stage, move.to_stage)}
    assert visited <= declared
    return ends


def stage_of(end: Folded) -> str:
    return end.machine.at.stage.key


def stages(ends: Mapping[str, Folded]) -> Mapping[str, int]:
    return Counter(map(stage_of, ends.values()))


def went_through(ends: Mapping[str, Folded], stage: str) -> set[str]:
    return {prospect for prospect, end in ends.items() if any(move.to_stage == stage for move in end.transitions)}


# ---- Olist: 8,000 leads, 842 of them won ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def leads() -> Mapping[str, datetime]:
    """When each lead came, by its prospect."""
    rows = rows_of(folder("olist-marketing-funnel") / olist.LEADS)
    return {address(f"{row['mql_id']}@olist.example"): _day(row["first_contact_date"]) for row in rows}


@pytest.fixture(scope="module")
def wins() -> Mapping[str, datetime]:
    """When each won lead was won, by its prospect."""
    rows = rows_of(folder("olist-marketing-funnel") / olist.DEALS)
    return {
        address(f"{row['mql_id']}@olist.example"): datetime.fromisoformat(row["won_date"]).replace(tzinfo=UTC)
        for row in rows
    }


@pytest.fixture(scope="module")
def olist_logs() -> Logs:
    data_set = olist.load(folder("olist-marketing-funnel"))
    assert data_set is not None
    return logs_of(data_set.deliveries)


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%d-%m-%Y").replace(tzinfo=UTC)


@pytest.mark.parametrize("name", NAMES)
def test_842_of_8000_leads_end_where_a_won_deal_leads_to(
    name: str, olist_logs: Logs, leads: Mapping[str, datetime], wins: Mapping[str, datetime]
) -> None:
    ends = replayed(name, olist_logs, until=max(leads.values()) + timedelta(days=180))

    assert {prospect for prospect, end in ends.items() if stage_of(end) == WON[name]} == wins.keys()
    assert stages(ends) == {WON[name]: 842, WAITING[name]: 8000 - 842}
    assert ends.keys() == leads.keys()


def test_the_waterfall_hands_leads_that_nobody_accepts_to_nurture_after_thirty_days(
    olist_logs: Logs, leads: Mapping[str, datetime], wins: Mapping[str, datetime]
) -> None:
    as_of = datetime(2018, 6, 10, tzinfo=UTC)
    ends = replayed("demand_waterfall", olist_logs, until=as_of)

    old = [prospect for prospect, came in leads.items() if prospect not in wins and as_of - came >= timedelta(days=30)]
    assert stages(ends) == {"won": 842, "nurture": len(old), "aql": 8000 - 842 - len(old)}
    assert 1000 < len(old) < 7000


def test_leads_that_are_won_after_thirty_days_come_back_from_nurture_in_a_second_cycle(
    olist_logs: Logs, leads: Mapping[str, datetime], wins: Mapping[str, datetime]
) -> None:
    ends = replayed("demand_waterfall", olist_logs)

    late = {prospect for prospect, won in wins.items() if won - leads[prospect] >= timedelta(days=30)}
    assert went_through(ends, "nurture") == late
    assert {prospect for prospect, end in ends.items() if end.machine.cycle == 2} == late
    assert 100 < len(late) < 700


# ---- Snowplow: 157 events of visitors whom nobody knows -------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_visitors_without_an_email_stay_anonymous_whatever_they_do(name: str) -> None:
    source = folder("snowplow-web-events")
    data_set = snowplow.load(source)
    assert data_set is not None
    ends = replayed(name, logs_of(data_set.deliveries))

    rows = rows_of(source / snowplow.EVENTS)
    cookies = {row["domain_userid"] or row["network_userid"] for row in rows}
    assert stages(ends) == {"anonymous": len(cookies)}
    assert sum(len(end.log) for end in ends.values()) == len({row["event_id"] for row in rows}) == 157
    assert not [move for end in ends.values() for move in end.transitions]


# ---- Pardot: what a CRM knows of companies, deals with pipelines and amounts ----------------------------------------


def pardot(table: str) -> Sequence[Row]:
    return rows_of(folder("fivetran-pardot-seeds") / f"pardot_{table}_data.csv")


@pytest.mark.parametrize("name", NAMES)
def test_of_the_companies_that_a_crm_knows_only_ideal_accounts_rise(name: str) -> None:
    rows = pardot("prospect")
    ends = replayed(name, pardot_prospects(rows))

    # The people have no job titles that can be read, so an A-lead takes both the size and the industry.
    industries = ("Computer Software", "Financial Services", "Hospital & Health Care", "Telecommunications")
    ideal = [row for row in rows if row["industry"] in industries and 50 <= int(row["employees"] or 0) <= 2000]
    risen = len(ideal) if name == "b2b_ladder" else 0
    assert stages(ends) == Counter({"a_lead": risen, KNOWN[name]: 100 - risen})
    assert 20 < len(ideal) < 80


@pytest.mark.parametrize("name", NAMES)
def test_each_prospect_of_a_deal_stands_where_its_status_leads_to(name: str) -> None:
    rows = pardot("visitor_activity")
    ends = replayed(name, pardot_activities(rows))

    counts = Counter(row["type_name"] for row in rows)
    expected: Counter[str] = Counter()
    expected[WON[name]] += counts["Opportunity Won"]
    expected[OPEN[name]] += counts["New Opportunity"]
    expected[KNOWN[name]] += counts["Opportunity Lost"] + counts["Email"]
    assert stages(ends) == expected
    assert (counts["Opportunity Won"], counts["New Opportunity"], counts["Opportunity Lost"]) == (9, 33, 10)


@pytest.fixture(scope="module")
def opportunities() -> Sequence[Row]:
    return pardot("opportunity")


def of(rows: Sequence[Row], **fields: str) -> set[str]:
    """The prospects of the opportunities with such fields."""
    return {
        address(f"{row['id']}@pardot.example")
        for row in rows
        if all(row[name] == value for name, value in fields.items())
    }


def test_negotiations_are_the_deals_of_the_pipelines_that_the_ladder_names(opportunities: Sequence[Row]) -> None:
    ends = replayed("b2b_ladder", pardot_opportunities(opportunities))

    assert went_through(ends, "business_negotiation") == of(opportunities, type="New Business")
    assert stages(ends) == {"customer": len(of(opportunities, status="Won")), "nurture": 1}
    assert {prospect for prospect, end in ends.items() if stage_of(end) == "nurture"} == of(
        opportunities, status="Lost"
    )


def test_key_accounts_are_the_customers_of_large_deals(opportunities: Sequence[Row]) -> None:
    ends = replayed("b2b_ladder", pardot_opportunities(opportunities))

    large = [row for row in opportunities if row["status"] == "Won" and float(row["value"]) >= 100_000]
    statuses = Counter(end.machine.sub_status() for end in ends.values() if stage_of(end) == "customer")
    # The amounts have no currency, so that none of them is a small one in euros.
    assert statuses == {"key_account": len(large), "standard": 99 - len(large)}
    assert large


def test_upsells_expand_those_who_pay(opportunities: Sequence[Row]) -> None:
    ends = replayed("product_led", pardot_opportunities(opportunities))

    upsells = of(opportunities, type="Upsell", status="Won")
    assert {prospect for prospect, end in ends.items() if stage_of(end) == "expanded"} == upsells
    assert went_through(ends, "paying") == of(opportunities, status="Won")
    # The one whose deal is lost stays where the open deal had led.
    assert stages(ends) == {"expanded": 17, "paying": 99 - 17, "pql": 1}


def test_a_lost_deal_falls_from_the_waterfall_into_nurture(
    opportunities: Sequence[Row],
) -> None:
    ends = replayed("demand_waterfall", pardot_opportunities(opportunities))

    assert stages(ends) == {"won": 99, "nurture": 1}
    assert went_through(ends, "sql") == of(opportunities)


# ---- order and repeats ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_neither_order_nor_repeats_of_the_events_change_anything(
    name: str, olist_logs: Logs, opportunities: Sequence[Row]
) -> None:
    random = Random(name)
    several = [log for log in (*olist_logs.values(), *pardot_opportunities(opportunities).values()) if len(log) > 1]
    for log in random.sample(several, 200):
        whole = fold(log, calendar(name))
        arriving = [*log, *random.choices(log, k=3)]
        random.shuffle(arriving)
        again = fold(arriving, calendar(name))

        assert stage_of(again) == stage_of(whole)
        assert again.transitions == whole.transitions
        assert again.machine.sub_status() == whole.machine.sub_status()
