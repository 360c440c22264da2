"""Sales: rulings on qualified people, and the deals of a company with everybody who is on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from local.generator import rates
from local.generator.calendar import in_office, later
from local.generator.chance import pick
from local.generator.character import Character
from local.generator.diary import Ruling
from local.generator.people import CRM_SYSTEM, Company
from local.generator.web import Arrival
from local.request import Contact, DealRemoval, DealUpdate, Identities

#: Assumptions all: who sells, why people are ruled out, why deals are lost, what they are worth.
_SALESPEOPLE = ("ada.quist@tidewell.example", "marco.sato@tidewell.example", "tessa.lang@tidewell.example")
_DISQUALIFIED_BECAUSE = {
    "student or researcher": 20,
    "competitor": 10,
    "company too small": 35,
    "not reachable": 25,
    "supplier, not a buyer": 10,
}
_LOST_BECAUSE = {"no budget": 30, "chose a competitor": 28, "no decision": 27, "missing feature": 15}
_BANT = {
    "budget": ("confirmed", "planned for this year"),
    "authority": ("decides alone", "recommends to the board", "part of a buying team"),
    "need": ("replaces spreadsheets", "several sites to plan", "current tool runs out"),
    "timeline": ("this month", "this quarter", "next quarter"),
}
_ROLES = ("champion", "decision_maker", "user", "economic_buyer", "evaluator")
_AMOUNTS = {1: 2400, 2: 4800, 3: 9000, 4: 16000, 5: 30000}


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a company as far as their story is told."""

    character: Character
    arrival: Arrival

    @property
    def has_deal(self) -> bool:
        """Whether they will be on a deal of their own: only qualified people can."""
        return self.character.plan.has_deal and self.arrival.qualified_at is not None

    @property
    def contact(self) -> Identities:
        """How the CRM names them: by its own id if sales met them first, else by the e-mail."""
        person = self.character.person
        return Identities(crm=(CRM_SYSTEM, person.crm_id)) if self.arrival.channel == "crm" else person.named


@dataclass(frozen=True, slots=True)
class Sale:
    """A deal's own dates; ``closed_at`` is ``None`` while it is open."""

    opened_at: datetime
    closed_at: datetime | None
    won: bool


def rule(rng: Random, member: Member) -> None:
    """Tell the salesperson's ruling on a qualified person: accepted with BANT answers, or out with a reason."""
    plan, qualified_at = member.character.plan, member.arrival.qualified_at
    if qualified_at is None or plan.outcome == "unruled":
        return
    by = rng.choice(_SALESPEOPLE)
    if plan.outcome == "disqualified":
        at = in_office(rng, later(rng, qualified_at, 1.8))
        ruling = Ruling("disqualify", by, pick(rng, _DISQUALIFIED_BECAUSE))
    else:
        at = qualified_at + timedelta(days=plan.days * rng.uniform(0.05, 0.2))
        ruling = Ruling("accept", by, qualification={topic: rng.choice(_BANT[topic]) for topic in _BANT})
    member.character.diary.rule(at, member.character.person.named, ruling)


def sell(
    rng: Random, company: Company, members: Sequence[Member]
) -> tuple[list[DealUpdate | DealRemoval], list[tuple[Member, datetime]]]:
    """Tell the company's deals, one for each member whose plan has one.

    Returns:
        what the CRM reports, and who bought when: the champions of the deals whose last status is won.
    """
    reports: list[DealUpdate | DealRemoval] = []
    buyers: list[tuple[Member, datetime]] = []
    for number, champion in enumerate(member for member in members if member.has_deal):
        deal_id = f"deal-{company.key}-{number + 1}"
        on_deal = [champion, *(member for member in members if member is not champion and rng.random() < 0.6)]
        told = list(_deal(rng, deal_id, company, on_deal, _sale(rng, champion)))
        reports += told
        last = [report for report in told if isinstance(report, DealUpdate) and report.status][-1]
        if last.status == "won":
            buyers.append((champion, last.occurred_at))
    return reports, buyers


def _sale(rng: Random, champion: Member) -> Sale:
    """The dates of a deal, so that the days from qualifying to winning are the plan's."""
    plan = champion.character.plan
    qualified_at = champion.arrival.qualified_at or champion.arrival.known_at
    opened_at = qualified_at + timedelta(days=plan.days * rng.uniform(0.25, 0.5))
    closed_at = None if plan.outcome == "open" else qualified_at + timedelta(days=plan.days)
    return Sale(opened_at, closed_at, plan.outcome == "won")


def _deal(
    rng: Random, deal_id: str, company: Company, on_deal: Sequence[Member], sale: Sale
) -> Iterator[DealUpdate | DealRemoval]:
    """Everything that the CRM reports of one deal, in the order in which it happened."""
    contacts = tuple(Contact(member.contact, _ROLES[place]) for place, member in enumerate(on_deal))
    amount = _AMOUNTS[len(company.people)] + 100 * rng.randrange(-8, 20)
    opening = DealUpdate(deal_id, sale.opened_at, "open", f"{company.name}, annual plan", amount, "EUR")
    if rng.random() < rates.CONTACTS_LATER:
        yield opening
        yield DealUpdate(deal_id, _within(rng, sale), contacts=contacts)
    else:
        yield replace(opening, contacts=contacts)
    if rng.random() < rates.AMOUNT_REVISED:
        yield DealUpdate(deal_id, _within(rng, sale), amount=int(amount * rng.uniform(0.7, 1.2)), currency="EUR")
    if len(contacts) > 1 and rng.random() < rates.CONTACT_REMOVED:
        yield DealUpdate(deal_id, _after(rng, sale), contacts=contacts[:-1])
    if sale.closed_at is not None:
        yield from _close(rng, deal_id, sale.closed_at, won=sale.won)
    elif rng.random() < rates.DEAL_DELETED:
        yield DealRemoval(deal_id, _after(rng, sale))


def _close(rng: Random, deal_id: str, at: datetime, *, won: bool) -> Iterator[DealUpdate]:
    """The close, and now and then what comes after it: a cancellation, or a lost deal that comes back."""
    if won:
        yield DealUpdate(deal_id, at, "won")
        if rng.random() < rates.WON_THEN_LOST:
            yield DealUpdate(deal_id, later(rng, at, 10.0), "lost", lost_reason="cancelled after signing")
        return
    yield DealUpdate(deal_id, at, "lost", lost_reason=pick(rng, _LOST_BECAUSE))
    if rng.random() < rates.LOST_REOPENED:
        reopened_at = in_office(rng, later(rng, at, 14.0))
        yield DealUpdate(deal_id, reopened_at, "open")
        if rng.random() < 0.5:
            yield DealUpdate(deal_id, later(rng, reopened_at, 8.0), "won")


def _within(rng: Random, sale: Sale) -> datetime:
    """A moment while the deal is open: before its close, if it has one."""
    end = sale.closed_at or sale.opened_at + timedelta(days=10)
    return sale.opened_at + (end - sale.opened_at) * rng.uniform(0.1, 0.8)


def _after(rng: Random, sale: Sale) -> datetime:
    """A moment of the deal's open time after anything that `_within` gives."""
    end = sale.closed_at or sale.opened_at + timedelta(days=10)
    return sale.opened_at + (end - sale.opened_at) * rng.uniform(0.85, 0.95)
