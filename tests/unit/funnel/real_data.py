"""Real data as logs of prospects, without a stack: what a replay sends, decoded, and each event with its prospect.

Of Pardot there are samples of single tables (https://github.com/fivetran/dbt_pardot, integration_tests/seeds), which do
not join, so each is a data set of its own:
    A prospect is a `crm_sync` with what the CRM knows of the company as traits.
    A visitor activity is a deal's status (New Opportunity, Opportunity Won, Opportunity Lost) or an internal activity.
    An opportunity is a deal that was opened and closed, in the pipeline of its type, with one contact of its own: who
    the contacts were is in none of the samples. Seven were entered after they had been closed; they open as they close.
Ids stand in for the e-mail addresses (`<id>@pardot.example`), which the publisher hashed.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from lifecycle.contract.decode import decode_activity, decode_deal
from lifecycle.events import (
    Activity,
    Contact,
    DealStatus,
    DealUpdate,
    Event,
    Identity,
    fact_of,
    home_identity,
    prospect_id,
)
from local import request
from local.request import Delivery

DATA = Path(os.environ.get("PROSPECT_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
WORKSPACE = "replay"
#: Later than all of the data.
NOW = datetime(2026, 1, 1, tzinfo=UTC)

Logs = Mapping[str, Sequence[Event]]
Row = Mapping[str, str]


def folder(name: str) -> Path:
    """The folder of a data set; the test that asks is skipped, visibly, where it is not there."""
    found = DATA / name
    if not found.is_dir():
        pytest.skip(f"the data set {name} is not in {DATA}; PROSPECT_DATA names another folder")
    return found


def rows_of(path: Path) -> list[Row]:
    """The rows of a file as they stand."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def address(email: str) -> str:
    """The id of the prospect with an email."""
    return prospect_id(WORKSPACE, Identity("email", email))


def logs_of(deliveries: Iterable[Delivery]) -> Logs:
    """The log of each prospect, its events in the order of arrival, repeats included.

    No delivery here names two identities, so that the identity is the prospect.
    """
    return _by_prospect(_decoded(delivery.request) for delivery in deliveries)


def _decoded(sent: request.Request) -> Activity | DealUpdate:
    match sent:
        case request.Activity():
            return decode_activity(sent.body(), NOW)
        case request.DealUpdate():
            return decode_deal(sent.body(), sent.deal_id, NOW)
    raise TypeError(f"no data set here holds a {type(sent).__name__}")


def _by_prospect(arriving: Iterable[Activity | DealUpdate]) -> Logs:
    logs: defaultdict[str, list[Event]] = defaultdict(list)
    for each in arriving:
        if isinstance(each, Activity):
            logs[prospect_id(WORKSPACE, home_identity(each.identities))].append(each)
        else:
            for contact in each.contacts or ():
                home = prospect_id(WORKSPACE, home_identity(contact.identities))
                logs[home].append(fact_of(each, home, WORKSPACE))
    return logs


# ---- Pardot ---------------------------------------------------------------------------------------------------------

_STATUSES: Mapping[str, DealStatus] = {
    "New Opportunity": "open",
    "Opportunity Won": "won",
    "Opportunity Lost": "lost",
}


def pardot_prospects(rows: Sequence[Row]) -> Logs:
    """What the CRM knows of each prospect."""
    return _by_prospect(_synced(row) for row in rows)


def pardot_activities(rows: Sequence[Row]) -> Logs:
    """Which prospect was on which opportunity, and other activities."""
    return _by_prospect(_active(row) for row in rows)


def pardot_opportunities(rows: Sequence[Row]) -> Logs:
    """Each opportunity from opening to close."""
    return _by_prospect(update for row in rows for update in _sold(row))


def _synced(row: Row) -> Activity:
    traits = {
        "employees": int(row["employees"]) if row["employees"] else None,
        "industry": row["industry"] or None,
        "state": row["state"] or None,
    }
    return _internal(f"sync-{row['id']}", "crm_sync", _time(row["created_at"]), row["id"], traits)


def _active(row: Row) -> Activity | DealUpdate:
    at, status = _time(row["created_at"]), _STATUSES.get(row["type_name"])
    if status is None:
        return _internal(row["id"], f"pardot_{row['type']}", at, row["prospect_id"], {})
    contact = Contact((_email(row["prospect_id"]),), None)
    return DealUpdate(row["id"], at, at, row["opportunity_id"], status, contacts=(contact,))


def _sold(row: Row) -> Iterator[DealUpdate]:
    closed = _time(row["closed_at"])
    opened = min(_time(row["created_at"]), closed)
    outcome: DealStatus = "won" if row["status"] == "Won" else "lost"
    for status, at in (("open", opened), (outcome, closed)):
        yield DealUpdate(
            id=status,
            occurred_at=at,
            recorded_at=at,
            deal_id=row["id"],
            status="open" if status == "open" else outcome,
            amount=Decimal(row["value"]),
            pipeline=row["type"].lower().replace(" ", "_"),
            contacts=(Contact((_email(row["id"]),), None),),
        )


def _internal(id_: str, type_: str, at: datetime, person: str, traits: Mapping[str, object]) -> Activity:
    return Activity(id_, at, at, type_, "internal", (_email(person),), traits=traits, source="pardot")


def _email(id_: str) -> Identity:
    return Identity("email", f"{id_}@pardot.example")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix(" UTC")).replace(tzinfo=UTC)
