"""The demo against the deployed template: it shows whole reports, each number agrees with all logs, and a second run
changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from lifecycle.funnel.business_time import end_of
from lifecycle.funnel.definition import Funnel
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.reports.durations import ACCURACY
from lifecycle.services.credentials import create_api_key
from lifecycle.store.dynamo import DynamoStore
from local.client import ProspectClient
from local.demo import run
from local.generator import HalfYear, generate
from local.reading import Reading, read
from local.request import Json, identities_of
from local.stack import LocalStack, StackInfo
from local.summary import SETTINGS
from tests.e2e.api import something
from tests.half_year import deal_logs, logs
from tests.reference.reports import Reports, history, ladder_pairs, lost_deals

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def workspace() -> str:
    """One of its own, for the demo publishes a funnel."""
    return f"demo-{something()[:12]}"


@pytest.fixture(scope="module")
def client(local_stack: LocalStack, stack_info: StackInfo, workspace: str) -> Iterator[ProspectClient]:
    key = create_api_key(local_stack.client("dynamodb"), stack_info.table, workspace, "demo", datetime.now(UTC))
    with ProspectClient(stack_info.api_url, key) as client:
        yield client


@pytest.fixture(scope="module")
def half_year() -> HalfYear:
    """A smaller one than the demo's own, of other people: the same kinds of stories in a fraction of the time."""
    return generate(datetime.now(UTC).date(), seed=15, prospects=250)


@pytest.fixture(scope="module")
def first_run(client: ProspectClient, half_year: HalfYear) -> str:
    return printed_run(client, half_year)


def printed_run(client: ProspectClient, half_year: HalfYear) -> str:
    """What a run prints; every number that the half-year states must be the engine's."""
    console = Console(file=StringIO(), width=160)
    checks = run(client, half_year, console)
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert [check for check in checks if not check.holds] == [], text
    return text


def funnel(client: ProspectClient, half_year: HalfYear) -> Reading:
    return read(client, identities_of(half_year.requests))


def test_the_funnel_is_filled_from_the_visitors_to_the_customers(
    first_run: str, client: ProspectClient, half_year: HalfYear
) -> None:
    stages = funnel(client, half_year)
    for stage in (
        "anonymous",
        "suspect",
        "engaged",
        "marketing_qualified",
        "sales_qualified",
        "opportunity",
        "customer",
    ):
        assert stages.count(stage), stage
    assert stages.count("disqualified")


def test_it_prints_the_way_of_one_prospect_and_where_to_go_on(first_run: str, client: ProspectClient) -> None:
    assert "The way of" in first_run
    assert "because:" in first_run
    assert f"{client.api_url}/docs" in first_run
    assert f"{client.api_url}/openapi.json" in first_run
    assert "/timeline" in first_run


# ---- the reports ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def period(first_run: str, half_year: HalfYear) -> dict[str, str]:
    """The days that the demo tells of."""
    return {"from": half_year.window.start.date().isoformat(), "to": datetime.now(UTC).date().isoformat()}


@pytest.fixture(scope="module")
def in_force(first_run: str, client: ProspectClient) -> Funnel:
    found = client.funnel()
    assert found["version"] == 2
    return parse_funnel(found["definition"], version=2)


@pytest.fixture(scope="module")
def store(local_stack: LocalStack, stack_info: StackInfo, workspace: str) -> DynamoStore:
    return DynamoStore(local_stack.client("dynamodb"), stack_info.table, workspace)


@pytest.fixture(scope="module")
def counted(client: ProspectClient, in_force: Funnel, store: DynamoStore) -> Reports:
    """Every number, counted over all logs that the table holds."""
    before, now = client.funnel_version(1), client.funnel_version(2)
    terms = [
        (None, parse_funnel(before["definition"], version=1)),
        (datetime.fromisoformat(now["effective_at"]), in_force),
    ]
    until = datetime.now(UTC)
    histories = [history(id_, log, terms, until) for id_, log in logs(store, in_force.stage_keys).items()]
    return Reports(histories, ZoneInfo(SETTINGS["time_zone"]))


def span_of(period: Json) -> tuple[date, date]:
    return date.fromisoformat(period["start"]), date.fromisoformat(period["end"])


def test_the_summary_has_the_numbers_of_the_api(first_run: str, client: ProspectClient, period: dict[str, str]) -> None:
    report = client.whole_report("funnel", period)
    table = first_run.partition("The funnel, ")[2]
    for stage in report["stages"]:
        row = next(line for line in table.splitlines() if line.startswith(f"│ {stage['label']} "))
        cells = [cell.strip() for cell in row.strip("│").split("│")]
        shown = (cells[1], *cells[3:7])
        told = (stage[name] for name in ("stock", "entered", "entered_again", "skipped", "left"))
        assert shown == tuple(f"{number:,}" for number in told), stage


@pytest.mark.parametrize("by", ["day", "week", "month"])
def test_the_funnel_agrees_with_all_logs(
    client: ProspectClient, period: dict[str, str], counted: Reports, by: str
) -> None:
    report = client.whole_report("funnel", period | {"by": by})
    assert report["complete"]
    before: dict[str, int] = {}
    for one in report["periods"]:
        first, last = span_of(one)
        for stage in one["stages"]:
            key = stage["stage"]
            assert stage["stock_before"] == before.get(key, counted.stock(key, first - DAY))
            assert stage["stock"] == stage["stock_before"] + stage["entered"] - stage["left"]
            before[key] = stage["stock"]
            assert stage["stock"] == counted.stock(key, last), (key, last)
            for name in ("entered", "left", "entered_again", "skipped", "corrected"):
                assert stage[name] == getattr(counted, name)(key, first, last), (name, key, first)


@pytest.mark.parametrize("dimension", ["source", "campaign", "owner", "version", "cycle"])
def test_every_break_down_agrees_with_all_logs(
    client: ProspectClient, period: dict[str, str], counted: Reports, dimension: str
) -> None:
    report = client.whole_report("funnel", period | {"by": "month", "break_down": dimension})
    first, last = map(date.fromisoformat, (report["from"], report["to"]))
    assert {one["value"] for one in report["break_down"]} >= counted.values(dimension)
    for one in report["break_down"]:
        sliced = Reports(counted.histories, counted.zone, dimension, one["value"])
        for stage in one["stages"]:
            key = stage["stage"]
            assert stage["stock"] == sliced.stock(key, last)
            assert stage["entered"] == sliced.entered(key, first, last)
            assert stage["left"] == sliced.left(key, first, last)


def test_flows_agree_with_all_logs(client: ProspectClient, period: dict[str, str], counted: Reports) -> None:
    report = client.whole_report("flows", period | {"by": "week"})
    for one in report["periods"]:
        found = {(flow["from"], flow["to"]): flow["count"] for flow in one["flows"] if flow["count"]}
        assert found == counted.flows(*span_of(one))


@pytest.mark.parametrize("within", ["7", "30", "ever"])
def test_conversion_by_cohort_agrees_with_all_logs(
    client: ProspectClient, period: dict[str, str], counted: Reports, in_force: Funnel, within: str
) -> None:
    asked = {"by": "month", "basis": "cohort", "within": within}
    report = client.whole_report("conversion", period | asked)
    window = None if within == "ever" else int(within) * DAY
    for one in report["periods"]:
        first, last = span_of(one)
        found = {(pair["from"], pair["to"]): (pair["entered"], pair["reached"]) for pair in one["conversions"]}
        assert found == {
            (stage, higher): (
                counted.entered_first(stage, first, last),
                counted.cohort_reached(stage, higher, first, last, window),
            )
            for stage, higher in ladder_pairs(in_force)
        }


def test_conversion_by_period_agrees_with_all_logs(
    client: ProspectClient, period: dict[str, str], counted: Reports, in_force: Funnel
) -> None:
    report = client.whole_report("conversion", period | {"by": "week", "basis": "period"})
    for one in report["periods"]:
        first, last = span_of(one)
        found = {(pair["from"], pair["to"]): (pair["entered"], pair["reached"]) for pair in one["conversions"]}
        assert found == {
            (stage, higher): (counted.entered(stage, first, last), counted.reached(stage, higher, first, last))
            for stage, higher in ladder_pairs(in_force)
        }


def test_time_in_stage_agrees_with_all_logs(client: ProspectClient, period: dict[str, str], counted: Reports) -> None:
    report = client.whole_report("velocity", period | {"by": "month"})
    for one in report["periods"]:
        first, last = span_of(one)
        for stage in one["stages"]:
            lengths, told = counted.ended(stage["stage"], first, last), stage["ended"]
            assert told["count"] == len(lengths)
            for name, part in (("median", 0.5), ("p75", 0.75), ("p90", 0.9)):
                if lengths:
                    exact = lengths[int(part * (len(lengths) - 1))].total_seconds()
                    assert abs(told[name] - exact) <= ACCURACY * exact + 1
            open_at_its_end = counted.still_inside(stage["stage"], last, datetime.now(UTC))
            assert stage["with_open"]["count"] == len(lengths) + len(open_at_its_end)


def test_who_is_stuck_agrees_with_all_logs(
    client: ProspectClient, period: dict[str, str], counted: Reports, in_force: Funnel
) -> None:
    report = client.report("viscosity", {})
    now = datetime.fromisoformat(report["as_of"])
    for stage in report["stages"]:
        inside = counted.inside(stage["stage"], now)
        limit = in_force.stage(stage["stage"]).time_limit
        assert stage["inside"] == len(inside)
        if limit is None:
            assert stage["beyond_limit"] is None
        else:
            ends = [end_of(limit, stay.since, in_force.business_time) for stay in inside]
            assert stage["beyond_limit"] == sum(end < now for end in ends)


def test_reasons_agree_with_all_logs(
    client: ProspectClient, period: dict[str, str], counted: Reports, store: DynamoStore, half_year: HalfYear
) -> None:
    report = client.whole_report("lost-reasons", period | {"by": "month"})
    deals = deal_logs(store, half_year.requests)
    for one in report["periods"]:
        first, last = span_of(one)
        lost = lost_deals(deals, counted.zone, first, last)
        reasons: Counter[str | None] = Counter()
        for each, (count, _) in lost.items():
            reasons[each.reason] += count
        assert {deal["reason"]: deal["count"] for deal in one["deals"]} == reasons
        amounts = {
            (deal["reason"], amount["currency"]): Decimal(str(amount["amount"]))
            for deal in one["deals"]
            for amount in deal["amounts"]
        }
        assert amounts == {tuple(each): total for each, (_, total) in lost.items() if each.currency}
        exits = counted.exits(first, last)
        assert sum(exit_["count"] for exit_ in one["exits"]) == exits.total()
        given = {(exit_["stage"], exit_["reason"]): exit_["count"] for exit_ in one["exits"]}
        assert all(given[which] == count for which, count in exits.items() if which[1] is not None)


def test_behind_each_number_are_as_many_prospects_as_it_says(client: ProspectClient, period: dict[str, str]) -> None:
    report = client.whole_report("funnel", period)
    for stage in report["stages"]:
        for number in ("entered", "left", "entered_again", "skipped", "corrected", "stock"):
            listed = list(client.counted(period | {"number": number, "stage": stage["stage"]}))
            assert len(listed) == stage[number], (number, stage["stage"])


# ---- again ----------------------------------------------------------------------------------------------------------


def test_a_second_run_adds_nothing_and_moves_nobody(
    first_run: str, client: ProspectClient, half_year: HalfYear
) -> None:
    before = funnel(client, half_year)
    text = printed_run(client, half_year)
    assert "nothing was added twice" in text
    assert funnel(client, half_year) == before
