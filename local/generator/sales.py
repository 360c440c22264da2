"""Sales: rulings on qualified people, and the deals of a company with everybody who is on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from local.generator import rates
from local.generator.calendar import in_office, later
from local.generator.chance import pick
from local.generator.character import Character
from local.generator.diary import Ruling
from local.generator.people import CRM_SYSTEM, Company
from local.generator.team import address
from local.generator.web import Arrival
from local.request import Contact, DealRemoval, DealUpdate, Identities

#: Assumptions all: why people are ruled out, why deals are lost, what they are worth.
_DISQUALIFIED_BECAUSE = {
    "student or researcher": 20,
    "competitor": 10,
    "company too small": 35,
    "not reachable": 25,
    "supplier, not a buyer": 10,
}
_LOST_BECAUSE = {"no budget": 30, "chose a competitor": 28, "no decision": 27, "missing feature": 15}
#: What a salesperson asks before accepting somebody.
BANT = {
    "budget": ("confirmed", "planned for this year"),
    "authority": ("decides alone", "recommends to the board", "part of a buying team"),
    "need": ("replaces spreadsheets", "several sites to plan", "current tool runs out"),
    "timeline": ("this month", "this quarter", "next quarter"),
}
_ROLES = ("champion", "decision_maker", "user", "economic_buyer", "evaluator")
_AMOUNTS = {1: 2400, 2: 4800, 3: 9000, 4: 16000, 5: 30000}


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a company as far as their story is told. ``owner`` looks after them."""

    character: Character
    arrival: Arrival
    owner: str

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


def rule(rng: Random, member: Member) -> datetime | None:
    """Tell the salesperson's ruling on a qualified person: accepted with BANT answers, or out with a reason.

    Returns:
        When it is taken; ``None``: never.
    """
    plan, qualified_at = member.character.plan, member.arrival.qualified_at
    if qualified_at is None or plan.outcome == "unruled":
        return None
    if plan.outcome != "disqualified":
        at = qualified_at + timedelta(days=plan.days * rng.uniform(0.05, 0.2))
        accept(rng, member, at)
        return at
    at = in_office(rng, later(rng, qualified_at, 1.8))
    ruling = Ruling("disqualify", address(member.owner), pick(rng, _DISQUALIFIED_BECAUSE))
    member.character.diary.rule(at, member.character.person.named, ruling)
    return at


def accept(rng: Random, member: Member, at: datetime) -> None:
    """Tell that a salesperson accepts somebody, with the BANT answers."""
    qualification = {topic: rng.choice(BANT[topic]) for topic in BANT}
    ruling = Ruling("accept", address(member.owner), qualification=qualification)
    member.character.diary.rule(at, member.character.person.named, ruling)


@dataclass(slots=True)
class Sales:
    """What sales did with a company.

    ``reports`` is what the CRM told. ``buyers`` are those who bought, and when: the champions of the deals whose last
    status is won. ``on_deals`` says how many deals each person is on, by the person's key.
    """

    reports: list[DealUpdate | DealRemoval] = field(default_factory=list)
    buyers: list[tuple[Member, datetime]] = field(default_factory=list)
    on_deals: Counter[str] = field(default_factory=Counter)

    def add(self, champion: Member, on_deal: Sequence[Member], told: Sequence[DealUpdate | DealRemoval]) -> None:
        """Take in a deal."""
        self.reports += told
        self.on_deals.update(member.character.person.key for member in on_deal)
        last = [report for report in told if isinstance(report, DealUpdate) and report.status][-1]
        if last.status == "won":
            self.buyers.append((champion, last.occurred_at))


def sell(rng: Random, company: Company, members: Sequence[Member]) -> Sales:
    """Tell the company's deals: one for each member whose plan has one, and what a partner sold."""
    sales = Sales()
    for number, champion in enumerate(member for member in members if member.has_deal):
        deal_id = f"deal-{company.key}-{number + 1}"
        on_deal = [champion, *(member for member in members if member is not champion and rng.random() < 0.6)]
        sales.add(champion, on_deal, list(_deal(rng, deal_id, company, on_deal, _sale(rng, champion))))
    for member in members:
        if member.arrival.channel == "imported" and rng.random() < rates.PARTNER_SALE:
            sales.add(member, [member], [_partner_sale(rng, company, member)])
    return sales


def deal_again(rng: Random, company: Company, member: Member, opened_at: datetime) -> Iterator[DealUpdate]:
    """Tell of another deal of somebody who was given a second chance."""
    deal_id = f"deal-{member.character.person.key}-again"
    yield _opening(rng, deal_id, company, opened_at, (Contact(member.contact, _ROLES[0]),))
    ends = later(rng, opened_at, 12.0)
    if rng.random() < rates.WON_AGAIN:
        yield DealUpdate(deal_id, ends, "won")
    elif rng.random() < rates.OPPORTUNITY_TO_LOST:
        yield DealUpdate(deal_id, ends, "lost", lost_reason=pick(rng, _LOST_BECAUSE))


def _partner_sale(rng: Random, company: Company, member: Member) -> DealUpdate:
    """A deal that the CRM hears of when it is won already: its buyer skips every stage in between."""
    won_at = in_office(rng, later(rng, member.arrival.known_at, 25.0))
    contacts = (Contact(member.contact, _ROLES[1]),)
    opening = _opening(rng, f"deal-{member.character.person.key}-partner", company, won_at, contacts)
    return replace(opening, status="won", name=f"{company.name}, sold by a partner")


def _opening(
    rng: Random, deal_id: str, company: Company, at: datetime, contacts: tuple[Contact, ...] | None
) -> DealUpdate:
    amount = _AMOUNTS[len(company.people)] + 100 * rng.randrange(-8, 20)
    name = f"{company.name}, annual plan"
    return DealUpdate(deal_id, at, "open", name, amount, company.currency, contacts=contacts)


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
    opening = _opening(rng, deal_id, company, sale.opened_at, None)
    if rng.random() < rates.CONTACTS_LATER:
        yield opening
        yield DealUpdate(deal_id, _within(rng, sale), contacts=contacts)
    else:
        yield replace(opening, contacts=contacts)
    if rng.random() < rates.AMOUNT_REVISED:
        amount = int((opening.amount or 0) * rng.uniform(0.7, 1.2))
        yield DealUpdate(deal_id, _within(rng, sale), amount=amount, currency=company.currency)
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
