"""Real data through the deployed template: the numbers of the data come out, in any order and with repeats."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from local.checks import Check
from local.client import ProspectClient
from local.replay import olist, snowplow
from local.replay.dataset import DataSet
from local.replay.disorder import disorder
from local.replay.run import run
from local.stack import PROJECT, StackInfo

DATA = Path(os.environ.get("PROSPECT_DATA", PROJECT.parent / "shared" / "data"))


@pytest.fixture(scope="module")
def client(stack_info: StackInfo) -> Iterator[ProspectClient]:
    with ProspectClient(stack_info.api_url, stack_info.api_key) as client:
        yield client


@pytest.fixture
def console() -> Console:
    return Console(file=StringIO(), width=160)


def folder(name: str) -> Path:
    """The folder of a data set; the test that asks is skipped, visibly, where it is not there."""
    found = DATA / name
    if not found.is_dir():
        pytest.skip(f"the data set {name} is not in {DATA}; PROSPECT_DATA names another folder")
    return found


def replayed(client: ProspectClient, data_set: DataSet | None, console: Console, **how: float) -> dict[str, Check]:
    """Replay in disorder; every number that the data states must be the engine's."""
    assert data_set is not None
    deliveries = disorder(data_set.deliveries, shuffle=int(how["shuffle"]), repeat=how["repeat"])
    checks = run(client, data_set, deliveries, console)
    assert [check for check in checks if not check.holds] == [], printed(console)
    return {check.label: check for check in checks}


def printed(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_160_snowplow_rows_are_157_events_however_they_arrive(client: ProspectClient, console: Console) -> None:
    data_set = snowplow.load(folder("snowplow-web-events"))
    for shuffle in range(2):
        checks = replayed(client, data_set, console, shuffle=shuffle, repeat=0.5)
        assert checks["different activities in the log"].found == 157
    first, second = printed(console).split("Snowplow web events")[1:]
    assert "157 activities accepted, 83 duplicates" in first
    assert "0 activities accepted, 240 duplicates" in second
    assert "Nothing was added twice" in second
    assert "Nobody is known yet" in first


def test_842_of_8000_olist_leads_end_as_customers_in_any_order_and_with_repeats(
    client: ProspectClient, console: Console
) -> None:
    checks = replayed(client, olist.load(folder("olist-marketing-funnel")), console, shuffle=20260301, repeat=0.05)
    assert checks["leads known"].found == 8000
    assert checks["leads on a won deal: customers"].found == 842
    assert checks["the other leads: marketing qualified"].found == 8000 - 842
    # Nothing else in the workspace is of these years.
    (customers,) = re.findall(r"│ Customer +│ .*", printed(console).partition("Entries by")[0])
    assert "│ 842 " in re.sub(" +", " ", customers), printed(console)
    for title in ("The funnel, 2017-", "Entries by month", "Conversion by cohort", "Time in stage", "Lost deals"):
        assert title in printed(console)
