"""How far a person will get, drawn before anything of it happens."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from random import Random
from typing import Literal

from local.generator import rates

Outcome = Literal["unqualified", "unruled", "disqualified", "accepted", "open", "lost", "won"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a person ends if the window leaves the time, and the days from qualifying to the end."""

    outcome: Outcome
    days: float

    @property
    def qualifies(self) -> bool:
        """Whether marketing will count them as qualified."""
        return self.outcome != "unqualified"

    @property
    def accepted(self) -> bool:
        """Whether sales will accept them."""
        return self.outcome in ("accepted", "open", "lost", "won")

    @property
    def has_deal(self) -> bool:
        """Whether they will be on a deal of their own."""
        return self.outcome in ("open", "lost", "won")


def draw(rng: Random, quality: float = 1.0) -> Plan:
    """The plan of one known person, who qualifies as many times as likely as anybody as ``quality`` says."""
    if rng.random() >= rates.KNOWN_TO_QUALIFIED * quality:
        return Plan("unqualified", 0.0)
    return draw_qualified(rng)


def draw_qualified(rng: Random) -> Plan:
    """The plan of one marketing qualified person: of 8,000, Olist's 842 are won, half of them within 14.65 days."""
    days = rng.lognormvariate(log(rates.DAYS_TO_WIN_MEDIAN), rates.DAYS_TO_WIN_SIGMA)
    return Plan(_outcome(rng), days)


def _outcome(rng: Random) -> Outcome:
    ruling = rng.random()
    if ruling >= rates.QUALIFIED_TO_ACCEPTED:
        return "disqualified" if ruling < rates.QUALIFIED_TO_ACCEPTED + rates.QUALIFIED_TO_DISQUALIFIED else "unruled"
    if rng.random() >= rates.ACCEPTED_TO_OPPORTUNITY:
        return "accepted"
    close = rng.random()
    if close < rates.OPPORTUNITY_TO_WON:
        return "won"
    return "lost" if close < rates.OPPORTUNITY_TO_WON + rates.OPPORTUNITY_TO_LOST else "open"
