"""A person with an origin and a fate, and the diary in which it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random

from local.generator.calendar import Window
from local.generator.diary import Diary
from local.generator.origin import Origin, origin_of
from local.generator.people import Person
from local.generator.plan import Plan, draw


@dataclass(frozen=True, slots=True)
class Character:
    """A person, when and from where they first turn up, how far they will get, and what is told of them so far."""

    person: Person
    appears_at: datetime
    origin: Origin
    plan: Plan
    diary: Diary


def imagine(rng: Random, window: Window, person: Person) -> Character:
    """A character for a person: where they come from bears on how far they will get."""
    at = window.any_moment(rng)
    origin = origin_of(rng, window, at)
    return Character(person, at, origin, draw(rng, origin.quality), Diary(person.key))
