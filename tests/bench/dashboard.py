"""How soon reports are read and the dashboard paints with many prospects, and how much the page weighs.

    python -m tests.bench.dashboard [--prospects N] [--keep]

It brings up a local stack of its own, in which the streams are switched off before the prospects are put into the
table (see ``crowd``): the emulator would evaluate and announce each of them by itself, for hours. What is read and
painted afterwards goes the ordinary way, the latter with Debian's Chromium.
"""

# ruff: noqa: T201 - it is a program for a terminal

from __future__ import annotations

import argparse
import gzip
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from playwright.sync_api import BrowserContext, Response, expect, sync_playwright

from local.client import ProspectClient
from local.generator.calendar import DAYS
from local.stack import STATE_DIR, WORKSPACE, LocalStack, StackInfo
from tests.bench.crowd import Crowd

CHROMIUM = Path("/usr/bin/chromium")
RUNS, WARM_UPS = 7, 2
REPORTS = ("funnel", "flows", "conversion", "velocity", "viscosity", "lost-reasons")
#: What the page tells of how it was painted.
_PAINTED = """() => ({
  first: performance.getEntriesByType("paint").find(each => each.name === "first-contentful-paint").startTime,
  answered: performance.getEntriesByType("navigation")[0].responseEnd,
})"""
_PATIENCE = 120_000


class Painted(NamedTuple):
    """How a page was painted: seconds until its first text was there, until the page itself was answered, and until all
    panels were filled; and how much was fetched for it, compressed."""

    first: float
    answered: float
    filled: float
    kilobytes: float


def fill(stack: LocalStack, info: StackInfo, prospects: int) -> None:
    """Put prospects into the table, with the streams switched off."""
    functions = stack.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        if ":dynamodb:" in mapping["EventSourceArn"]:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    began = time.perf_counter()
    for done in Crowd(WORKSPACE, datetime.now(UTC).date()).put(stack.client("dynamodb"), info.table, prospects):
        print(f"\r{done:,} of {prospects:,} prospects are in the table", end="", flush=True)
    print(f", after {time.perf_counter() - began:.0f} s")


def aggregate(client: ProspectClient) -> None:
    """Read a report until the figures of all days are there."""
    began = time.perf_counter()
    while not (report := client.report("funnel", {"from": "2000-01-01", "by": "month"}))["complete"]:
        print(f"\r{len(report['pending_days']):4} days are still to be aggregated", end="", flush=True)
    print(f"\rall days are aggregated, after {time.perf_counter() - began:.0f} s")


def read(client: ProspectClient) -> None:
    """Read each report of half a year by day a few times."""
    first = (datetime.now(UTC).date() - timedelta(days=DAYS)).isoformat()
    for name in REPORTS:
        query = {} if name == "viscosity" else {"from": first, "by": "day", "compare": "previous"}
        print(f"GET /reports/{name:12} {_seconds(partial(client.report, name, query)):.3f} s")


def _seconds(call: Callable[[], Any]) -> float:
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return median(taken[WARM_UPS:])


@contextmanager
def signed_in(info: StackInfo) -> Iterator[BrowserContext]:
    """A browser in which somebody has signed in with the stack's key."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--headless=new", "--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(_PATIENCE)
        page = context.new_page()
        page.goto(f"{info.api_url}/")
        page.get_by_label("API key").fill(info.api_key)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Dashboard").wait_for()
        page.close()
        yield context
        browser.close()


def paint(context: BrowserContext, url: str, *, cached: bool) -> Painted:
    """Open a page in a new tab, and look how it was painted.

    Arguments:
        context: the browser.
        url: the page's.
        cached: what was fetched before need not be fetched again.
    """
    page = context.new_page()
    context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": not cached})
    answers: list[Response] = []
    # A function of its own: Playwright marks what it is given, which a method of a list cannot be.
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108
    began = time.perf_counter()
    page.goto(url)
    expect(page.locator("[aria-busy]")).to_have_count(0, timeout=_PATIENCE)
    filled = time.perf_counter() - began
    told = page.evaluate(_PAINTED)
    weight = sum(len(gzip.compress(answer.body())) for answer in answers if answer.ok)
    page.close()
    return Painted(told["first"] / 1000, told["answered"] / 1000, filled, weight / 1000)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prospects", type=int, default=100_000)
    parser.add_argument("--keep", action="store_true", help="leave the stack and its data there")
    options = parser.parse_args()
    stack = LocalStack(state_dir=STATE_DIR / "bench", say=print)
    # Its data would be counted, too.
    stack.down()
    try:
        info = stack.up()
        fill(stack, info, options.prospects)
        with ProspectClient(info.api_url, info.api_key) as client:
            aggregate(client)
            read(client)
        with signed_in(info) as context:
            for cached in (False, True):
                painted = [paint(context, f"{info.api_url}/", cached=cached) for _ in range(RUNS)][WARM_UPS:]
                print("dashboard, " + ("its files cached" if cached else "nothing cached") + ": ", end="")
                print(f"first paint {median(each.first for each in painted):.3f} s, ", end="")
                print(f"answered {median(each.answered for each in painted):.3f} s, ", end="")
                print(f"all panels {median(each.filled for each in painted):.3f} s, ", end="")
                print(f"{median(each.kilobytes for each in painted):,.0f} kB compressed")
    finally:
        if not options.keep:
            stack.down()


if __name__ == "__main__":
    main()
