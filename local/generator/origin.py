"""Where people come from: the tags of the link that led to the first visit, and what such visitors are worth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import NamedTuple

from local.generator import rates
from local.generator.calendar import Window
from local.generator.chance import pick


class Campaign(NamedTuple):
    """A campaign of one origin.

    Attributes:
        name: as its links say it.
        source: where its links stand.
        share: of what comes from its origin while it runs.
        quality: how many times as likely its visitors qualify as anybody else.
        begins, ends: the part of the half-year in which it runs.
    """

    name: str
    source: str
    share: float
    quality: float
    begins: float = 0.0
    ends: float = 1.0


class Origin(NamedTuple):
    """What brought somebody here for the first time; ``quality`` as a campaign's."""

    name: str
    source: str | None = None
    campaign: str | None = None
    quality: float = 1.0

    @property
    def tags(self) -> Mapping[str, str]:
        """The properties of the first visit that say so."""
        tags = {"origin": self.name, "utm_source": self.source, "utm_campaign": self.campaign}
        return {name: value for name, value in tags.items() if value is not None}


#: Whoever comes again types the address.
DIRECT = Origin("direct_traffic")

#: Assumptions all: how an origin is tagged where no campaign of it led here; one without a tag has none.
_SOURCES = {
    "organic_search": "google",
    "paid_search": "google_ads",
    "social": "linkedin",
    "email": "partner_newsletter",
    "referral": "capterra",
    "display": "google_display",
}
#: Assumption: a recommendation is worth more than a search.
_QUALITIES = {"referral": 1.9, "organic_search": 1.15, "direct_traffic": 1.3, "display": 0.3}
#: Assumptions all. Two of them bring many who never qualify, and one stops midway: the charts should show that.
CAMPAIGNS: Mapping[str, tuple[Campaign, ...]] = {
    "paid_search": (
        Campaign("brand-terms", "google_ads", 0.35, 1.7),
        Campaign("planning-software", "google_ads", 0.45, 0.8),
        Campaign("free-planner", "bing_ads", 0.20, 0.25, 0.0, 0.55),
    ),
    "social": (
        Campaign("customer-stories", "linkedin", 0.45, 1.6, 0.3, 1.0),
        Campaign("win-a-tablet", "facebook", 0.40, 0.15, 0.2, 0.75),
    ),
    "email": (Campaign("partner-webinar", "partner_newsletter", 0.7, 1.3, 0.4, 0.9),),
    "display": (Campaign("come-back", "google_display", 0.8, 0.5),),
}


def origin_of(rng: Random, window: Window, moment: datetime) -> Origin:
    """What brings somebody here at a moment: an origin as often as at Olist, and a campaign of it if one runs."""
    name = pick(rng, rates.ORIGIN_WEIGHTS)
    part, chance = window.part(moment), rng.random()
    for campaign in CAMPAIGNS.get(name, ()):
        chance -= campaign.share
        if chance < 0 and campaign.begins <= part < campaign.ends:
            return Origin(name, campaign.source, campaign.name, campaign.quality / _MEAN)
        if chance < 0:
            break
    return Origin(name, _SOURCES.get(name), None, _QUALITIES.get(name, 1.0) / _MEAN)


def _mean_quality() -> float:
    """What everybody is worth on average, so that the rates of the whole stay those of their sources."""
    total = 0.0
    for name, weight in rates.ORIGIN_WEIGHTS.items():
        shares = [(each.share * (each.ends - each.begins), each.quality) for each in CAMPAIGNS.get(name, ())]
        rest = 1 - sum(share for share, _ in shares)
        total += weight * (rest * _QUALITIES.get(name, 1.0) + sum(share * quality for share, quality in shares))
    return total / sum(rates.ORIGIN_WEIGHTS.values())


_MEAN = _mean_quality()
