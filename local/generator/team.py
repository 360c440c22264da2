"""The people of the organisation itself: whose prospects these are, and who rules on them."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

#: Assumption: who sells, and how many of a hundred prospects each of them looks after.
_LOADS = {"Ada Quist": 28, "Marco Sato": 24, "Tessa Lang": 22, "Jonas Weber": 16, "Mei Okafor": 10}
MARKETING, OPERATIONS = "lena.haas@tidewell.example", "crm.admin@tidewell.example"


def any_owner(rng: Random, besides: str | None = None) -> str:
    """One of the salespeople, the busier the likelier; somebody else than ``besides``."""
    loads: Mapping[str, int] = {name: load for name, load in _LOADS.items() if name != besides}
    return rng.choices(tuple(loads), tuple(loads.values()))[0]


def address(name: str) -> str:
    """The address by which somebody of the organisation signs decisions."""
    return f"{name.replace(' ', '.').lower()}@tidewell.example"
