"""One draw that several chapters of the half-year share."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import TypeVar

Choice = TypeVar("Choice", bound=str)


def pick(rng: Random, weights: Mapping[Choice, int]) -> Choice:
    """One of the keys, each as likely as its weight says."""
    return rng.choices(tuple(weights), tuple(weights.values()))[0]
