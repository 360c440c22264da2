"""A person with a fate, and the diary in which it is told."""

from __future__ import annotations

from dataclasses import dataclass

from local.generator.diary import Diary
from local.generator.people import Person
from local.generator.plan import Plan


@dataclass(frozen=True, slots=True)
class Character:
    """A person, how far they will get, and what is told of them so far."""

    person: Person
    plan: Plan
    diary: Diary
