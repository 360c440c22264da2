"""Olist's marketing funnel: 8,000 marketing qualified leads of a real B2B seller acquisition, 842 of them won.

How the rows map:
    A lead (`olist_marketing_qualified_leads_dataset.csv`) is a `form_submission` with `form` = `contact`, at
    `first_contact_date`: Olist calls a lead qualified once it left its contact data on a landing page. The data is
    anonymised, so the lead's id stands in for the e-mail address (`<mql_id>@olist.example`, a reserved domain: RFC
    2606), without which a prospect would stay anonymous. `origin` and `landing_page_id` become properties.
    A closed deal (`olist_closed_deals_dataset.csv`) is `PUT /deals/{seller_id}` with status `won` at `won_date` and
    the lead as its contact. The data records neither when deals were opened nor which were lost, so neither is made up.

Times carry no zone and are read as UTC; `first_contact_date` has no time of day and is read as midnight. One deal was
won two days before the first contact: it goes in as it stands.

Source: Olist, "Marketing Funnel by Olist", https://www.kaggle.com/datasets/olistbr/marketing-funnel-olist.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from statistics import median

from local.checks import Check
from local.reading import Reading
from local.replay.dataset import DataError
from local.replay.table import Row, read_rows
from local.request import Activity, Contact, DealUpdate, Delivery, Identities, Request

LEADS = "olist_marketing_qualified_leads_dataset.csv"
DEALS = "olist_closed_deals_dataset.csv"
#: The first form is the copy in circulation, the second the original's.
_DATE_FORMATS = ("%d-%m-%Y", "%Y-%m-%d")


@dataclass(frozen=True)
class Olist:
    """The two files, read."""

    leads: tuple[Row, ...]
    deals: tuple[Row, ...]

    name = "Olist marketing funnel"

    @property
    def notes(self) -> Sequence[str]:
        """The numbers of the source."""
        leads, won = len(self.leads), len(self._won)
        days = [(_won_at(deal) - self._first_contact[deal["mql_id"]]).days for deal in self.deals]
        early = sum(1 for day in days if day < 0)
        return (
            f"{leads:,} leads, {won:,} of them on a won deal ({won / leads:.1%})",
            f"median {median(days):.0f} days from first contact to win, longest {max(days)}",
            f"{early} won before the first contact",
        )

    @cached_property
    def deliveries(self) -> Sequence[Delivery]:
        """Leads and deals in the order in which they happened."""
        requests: list[Request] = [*map(_lead, self.leads), *map(_deal, self.deals)]
        arriving = [Delivery(request, request.occurred_at) for request in requests]
        return sorted(arriving, key=lambda delivery: delivery.arrived_at)

    def checks(self, reading: Reading) -> Sequence[Check]:
        """The leads on a deal are customers, all the others marketing qualified, nobody else is there."""
        won, leads = len(self._won), len(self._first_contact)
        return (
            Check("leads known", leads, len(reading.prospects)),
            Check("leads on a won deal: customers", won, reading.count("customer")),
            Check("the other leads: marketing qualified", leads - won, reading.count("marketing_qualified")),
        )

    @cached_property
    def _first_contact(self) -> Mapping[str, datetime]:
        return {lead["mql_id"]: _date(lead) for lead in self.leads}

    @property
    def _won(self) -> frozenset[str]:
        return frozenset(deal["mql_id"] for deal in self.deals)


def load(folder: Path) -> Olist | None:
    """Read the two files of a folder.

    Returns:
        The data set; ``None`` where the folder holds neither file.

    Raises:
        DataError: one file is missing, an id stands twice, or a deal names an unknown lead.
    """
    if not (folder / LEADS).exists() and not (folder / DEALS).exists():
        return None
    leads = read_rows(folder / LEADS, ("mql_id", "first_contact_date", "landing_page_id", "origin"))
    deals = read_rows(folder / DEALS, ("mql_id", "seller_id", "won_date", "business_segment", "lead_type"))
    _refuse_repeats(folder / LEADS, leads, "mql_id")
    _refuse_repeats(folder / DEALS, deals, "seller_id")
    unknown = {deal["mql_id"] for deal in deals} - {lead["mql_id"] for lead in leads}
    if unknown:
        raise DataError(f"{folder / DEALS}: {len(unknown)} deals name a lead that {LEADS} does not have")
    return Olist(leads, deals)


def _lead(row: Row) -> Activity:
    properties = {"form": "contact", "landing_page": row["landing_page_id"], "origin": row["origin"] or "unknown"}
    return Activity(
        f"olist-lead-{row['mql_id']}", "form_submission", _date(row), _person(row), None, properties, {}, "olist"
    )


def _deal(row: Row) -> DealUpdate:
    kind = " ".join(filter(None, (row["lead_type"], row["business_segment"]))).replace("_", " ")
    return DealUpdate(
        f"olist-{row['seller_id']}",
        _won_at(row),
        "won",
        f"Seller, {kind}" if kind else "Seller",
        contacts=(Contact(_person(row), "seller"),),
    )


def _person(row: Row) -> Identities:
    return Identities(email=f"{row['mql_id']}@olist.example")


def _date(row: Row) -> datetime:
    text = row["first_contact_date"]
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise DataError(f"{LEADS}: first_contact_date {text!r} is not a date")


def _won_at(row: Row) -> datetime:
    return datetime.fromisoformat(row["won_date"]).replace(tzinfo=UTC)


def _refuse_repeats(path: Path, rows: Sequence[Row], column: str) -> None:
    """An id that stood twice would make one entry of two rows, and the counts would no longer mean anything."""
    repeated = [value for value, count in Counter(row[column] for row in rows).items() if count > 1]
    if repeated:
        raise DataError(f"{path}: {column} {repeated[0]} stands in more than one row")
