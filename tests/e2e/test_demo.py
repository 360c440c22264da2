"""The demo against the deployed template: it shows a whole funnel, and a second run changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from lifecycle.services.credentials import create_api_key
from local.client import ProspectClient
from local.demo import run
from local.generator import HalfYear, generate
from local.reading import Reading, read
from local.request import identities_of
from local.stack import LocalStack, StackInfo
from tests.e2e.api import something


@pytest.fixture(scope="module")
def client(local_stack: LocalStack, stack_info: StackInfo) -> Iterator[ProspectClient]:
    """Of a workspace of its own, for the demo publishes a funnel."""
    workspace = f"demo-{something()[:12]}"
    key = create_api_key(local_stack.client("dynamodb"), stack_info.table, workspace, "demo", datetime.now(UTC))
    with ProspectClient(stack_info.api_url, key) as client:
        yield client


@pytest.fixture(scope="module")
def half_year() -> HalfYear:
    """A smaller one than the demo's own, of other people: the same kinds of stories in a fraction of the time."""
    return generate(datetime.now(UTC).date(), seed=5, prospects=250)


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


def test_a_second_run_adds_nothing_and_moves_nobody(
    first_run: str, client: ProspectClient, half_year: HalfYear
) -> None:
    before = funnel(client, half_year)
    text = printed_run(client, half_year)
    assert "nothing was added twice" in text
    assert funnel(client, half_year) == before
