"""`python -m local.demo`: sends a believable half-year of one organisation to the local stack and shows the result.

Everything goes through the public API. The half-year ends on the day on which the stack began, so a second run sends
the very same ids and times, and adds nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime

from rich.console import Console

from local.checks import Check
from local.client import ProspectClient
from local.generator import DEFAULT_PROSPECTS, DEFAULT_SEED, HalfYear, generate, today
from local.progress import counted_activities, send_visibly, settle_visibly
from local.reading import Reading
from local.report import checks_table, rejections, standing, transitions_table
from local.request import Delivery, Json, identities_of
from local.second_version import bring_into_force
from local.sending import Tally, sizes
from local.session import on_local_stack
from local.stack import LocalStack
from local.summary import set_goals, show_reports

#: How many of the likeliest prospects are looked at to find the one with the most to tell.
_CANDIDATES = 8


def run(client: ProspectClient, half_year: HalfYear, console: Console) -> list[Check]:
    """Send a half-year and print what came of it.

    Arguments:
        client: the API.
        half_year: what to send.
        console: where to print.

    Returns:
        What the half-year says must come out, held against what did.
    """
    console.print(_announcement(half_year))
    tally = send_visibly(client, half_year.deliveries, console)
    settle_visibly(client, identities_of(half_year.requests), half_year.requests, console)
    console.print("\nMarketing and sales agree on a second version of the funnel; and today happens.")
    agreed = bring_into_force(client, console)
    deliveries = (*half_year.deliveries, *(newest := today(half_year, datetime.now(UTC))))
    tally.add(send_visibly(client, newest, console))
    requests = [delivery.request for delivery in deliveries]
    reading = settle_visibly(client, identities_of(requests), requests, console)
    checks = [*_checks(deliveries, tally, reading), Check("evaluated anew under the second version", 1, int(agreed))]
    console.print(_delivery_summary(tally))
    console.print(f"{reading.anonymous:,} anonymous visitors are in none of these reports.\n")
    set_goals(client)
    show_reports(client, half_year.window.start.date(), datetime.now(UTC).date(), console)
    hero = _tell_one_story(client, reading, console)
    console.print(checks_table(checks))
    console.print(*rejections(tally.rejected), sep="\n")
    console.print(_ways_on(client.api_url, hero), soft_wrap=True, highlight=False)
    return checks


def _announcement(half_year: HalfYear) -> str:
    counts = sizes(half_year.deliveries)
    late = sum(1 for delivery in half_year.deliveries if delivery.late and not delivery.repeat)
    repeats = sum(1 for delivery in half_year.deliveries if delivery.repeat)
    return (
        f"\nHalf a year of one organisation (seed {half_year.seed}): {counts['activities']:,} activities, "
        f"{counts['deals']:,} deal updates and {counts['decisions']:,} decisions, "
        f"of which {late:,} arrive more than an hour late and {repeats:,} a second time."
    )


def _checks(deliveries: Sequence[Delivery], tally: Tally, reading: Reading) -> list[Check]:
    sent = sizes(deliveries)
    counted = counted_activities([delivery.request for delivery in deliveries])
    return [
        Check("activities sent, doubles included", sent["activities"], tally.accepted + tally.duplicates),
        Check("different activities that count", len(counted), reading.activities),
        Check("deal updates taken", sent["deals"], tally.deals),
        Check("decisions taken", sent["decisions"], tally.decisions),
        Check("rejected", 0, len(tally.rejected)),
    ]


def _delivery_summary(tally: Tally) -> str:
    sent = tally.accepted + tally.duplicates
    if tally.accepted == 0:
        return (
            f"\nAll {tally.duplicates:,} activities and {tally.known_decisions:,} of {tally.decisions:,} decisions had "
            f"arrived before, and {tally.deals:,} deal updates and all decisions moved {tally.moves or 'nobody'}: "
            f"nothing was added twice.\n"
        )
    return (
        f"\n{tally.accepted:,} of {sent:,} activities were new; the other {tally.duplicates:,} had arrived before "
        f"and count once.\n"
    )


def _tell_one_story(client: ProspectClient, reading: Reading, console: Console) -> str:
    """Print the way of the prospect with the most to tell: where it moved, on what, and why it is where it is.

    Returns:
        The prospect's id.
    """
    candidates = sorted(reading.prospects, key=_promise, reverse=True)[:_CANDIDATES]
    timelines = {prospect["prospect_id"]: list(client.timeline(prospect["prospect_id"])) for prospect in candidates}
    hero = max(candidates, key=lambda prospect: _moves(timelines[prospect["prospect_id"]]))
    prospect_id: str = hero["prospect_id"]
    who = ", ".join(hero["identities"]["email"]) or prospect_id
    console.print()
    console.print(transitions_table(f"The way of {who}", timelines[prospect_id]))
    console.print(standing(client.explanation(prospect_id)))
    console.print()
    return prospect_id


def _promise(prospect: Json) -> tuple[int, int]:
    """How much there may be to tell: deals and cycles first, then activities."""
    return len(prospect["deals"]) + prospect["cycle"], prospect["counts"]["activities"]


def _moves(timeline: Sequence[Json]) -> int:
    return sum(1 for entry in timeline if entry["kind"] == "transition")


def _ways_on(api_url: str, prospect_id: str) -> str:
    read_key = """python3 -c 'import json; print(json.load(open(".local/stack.json"))["api_key"])'"""
    return (
        f"\nGo on with:\n"
        f"  the dashboard               {api_url}/\n"
        f"  the contract, to try out    {api_url}/docs\n"
        f"  the same as OpenAPI 3.1     {api_url}/openapi.json\n"
        f"  this prospect's timeline    {api_url}/prospects/{prospect_id}/timeline\n\n"
        f'  curl -s -H "Authorization: Bearer $({read_key})" \\\n'
        f"    {api_url}/prospects/{prospect_id}/timeline | python3 -m json.tool\n"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Bring the stack up, run the demo; 0 if everything came out as the half-year says it must."""
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=DEFAULT_SEED, help="chooses people and events (default %(default)s)"
    )
    parser.add_argument(
        "--prospects", type=_positive, default=DEFAULT_PROSPECTS, help="about how many (default %(default)s)"
    )
    options = parser.parse_args(arguments)
    console = Console()

    def use(client: ProspectClient) -> bool:
        # As long as the stack lives, its half-year is the same, whatever the day.
        half_year = generate(date.fromisoformat(LocalStack().info().begun_on), options.seed, options.prospects)
        return all(check.holds for check in run(client, half_year, console))

    return on_local_stack(use, console)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of prospects")
    return value


if __name__ == "__main__":
    sys.exit(main())
