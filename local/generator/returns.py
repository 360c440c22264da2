"""Second chances: people whom sales sends back, or takes back in, and what they do with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from local.generator import rates
from local.generator.calendar import in_office, later
from local.generator.diary import Ruling
from local.generator.people import Company
from local.generator.sales import Member, Sales, accept, deal_again
from local.generator.team import address
from local.generator.web import convert
from local.request import DealUpdate

#: Assumptions: where somebody goes back to, and why.
_BACK: dict[str, tuple[str, str]] = {
    "unruled": ("engaged", "nobody got to it in time; back to the newsletter"),
    "accepted": ("engaged", "too early; ask again next quarter"),
    "lost": ("marketing_qualified", "lost for now, still interested"),
    "disqualified": ("engaged", "changed jobs, fits now"),
}


def come_back(
    rng: Random, company: Company, member: Member, ruled_at: datetime | None, sales: Sales
) -> Iterator[DealUpdate]:
    """Tell of a second cycle, for those who get one.

    Arguments:
        rng: where the chance comes from.
        company: the person's.
        member: the person.
        ruled_at: when sales ruled on them the first time.
        sales: what was sold so far.

    Yields:
        What the CRM reports of a second deal.
    """
    begins = _begins(rng, member, ruled_at, sales)
    if begins is None:
        return
    stage, reason = _BACK[member.character.plan.outcome]
    ruling = Ruling("set_stage", address(member.owner), reason, stage=stage)
    member.character.diary.rule(begins, member.character.person.named, ruling)
    if rng.random() >= rates.QUALIFIED_AGAIN:
        return
    qualified_at = in_office(rng, later(rng, begins, 9.0))
    convert(rng, member.character, qualified_at)
    if rng.random() >= rates.ACCEPTED_AGAIN:
        return
    accepted_at = in_office(rng, later(rng, qualified_at, 2.0))
    accept(rng, member, accepted_at)
    if rng.random() < rates.DEAL_AGAIN:
        yield from deal_again(rng, company, member, in_office(rng, later(rng, accepted_at, 4.0)))


def _begins(rng: Random, member: Member, ruled_at: datetime | None, sales: Sales) -> datetime | None:
    """When somebody goes back; ``None``: not at all. Who is on somebody else's deal is let alone."""
    plan, qualified_at = member.character.plan, member.arrival.qualified_at
    own_deals = 1 if plan.outcome == "lost" else 0
    if qualified_at is None or sales.on_deals[member.character.person.key] != own_deals:
        return None
    if plan.outcome == "disqualified":
        return in_office(rng, later(rng, ruled_at or qualified_at, 20.0)) if rng.random() < rates.REOPENED else None
    if rng.random() >= rates.SENT_BACK.get(plan.outcome, 0.0):
        return None
    after = qualified_at + timedelta(days=plan.days) if plan.outcome == "lost" else ruled_at or qualified_at
    return in_office(rng, later(rng, after, 12.0))
