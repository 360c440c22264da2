"""Replays one data set and reports."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from local.checks import Check
from local.client import ProspectClient
from local.progress import counted_activities, send_visibly, settle_visibly
from local.reading import Reading
from local.replay.dataset import DataSet
from local.report import checks_table, rejections
from local.request import Delivery, Request, identities_of
from local.sending import Tally, sizes
from local.summary import show_reports


def run(client: ProspectClient, data_set: DataSet, deliveries: Sequence[Delivery], console: Console) -> list[Check]:
    """Send a data set and print what came of it.

    Arguments:
        client: the API.
        data_set: what the deliveries were read from.
        deliveries: what to send, in this order: the data set's own, or those in disorder.
        console: where to print.

    Returns:
        What the data says must come out, held against what did.
    """
    requests = [delivery.request for delivery in deliveries]
    sent = sizes(deliveries)
    console.rule(data_set.name)
    console.print(*data_set.notes, sep="\n")
    tally = send_visibly(client, deliveries, console)
    reading = settle_visibly(client, identities_of(requests), requests, console)
    checks = [
        Check("activities sent, repeats included", sent["activities"], tally.accepted + tally.duplicates),
        Check("different activities in the log", len(counted_activities(requests)), reading.activities),
        Check("deal updates taken", sent["deals"], tally.deals),
        Check("rejected", 0, len(tally.rejected)),
        *data_set.checks(reading),
    ]
    console.print(_summary(tally))
    _show(client, requests, reading, console)
    console.print(checks_table(checks))
    console.print(*rejections(tally.rejected), sep="\n")
    return checks


def _show(client: ProspectClient, requests: Sequence[Request], reading: Reading, console: Console) -> None:
    """Print the reports of the days that a data set is of, or a sentence where there is nobody to report on."""
    if reading.anonymous:
        console.print(f"{reading.anonymous:,} anonymous visitors are in none of the reports.\n")
    if len(reading.prospects) > reading.anonymous:
        days = [request.occurred_at.date() for request in requests]
        show_reports(client, min(days), max(days), console)
    else:
        console.print("Nobody is known yet, so that there is nothing to report.\n")


def _summary(tally: Tally) -> str:
    nothing_new = " Nothing was added twice." if tally.accepted == 0 else ""
    return (
        f"\n{tally.accepted:,} activities accepted, {tally.duplicates:,} duplicates, "
        f"{tally.deals:,} deal updates, {len(tally.rejected):,} rejected.{nothing_new}\n"
    )
