"""Who looks after a prospect, as the CRM tells it."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from local.generator import rates
from local.generator.calendar import in_office, later
from local.generator.character import Character
from local.generator.diary import Happening
from local.generator.team import any_owner
from local.generator.web import Arrival


def look_after(rng: Random, character: Character, arrival: Arrival) -> str:
    """Tell who looks after a person: the owner of the company, or whoever takes a qualified one, and now and then
    somebody else later.

    Returns:
        Who does when sales rules on them.
    """
    owner = character.person.owner
    if owner is None:
        owner = any_owner(rng)
        if arrival.qualified_at is not None:
            _tell(character, arrival.qualified_at + timedelta(minutes=rng.randrange(2, 40)), "owner_assigned", owner)
    if rng.random() < rates.HANDED_OVER:
        handed_over_at = in_office(rng, later(rng, arrival.qualified_at or arrival.known_at, 12.0))
        _tell(character, handed_over_at, "owner_changed", any_owner(rng, besides=owner))
    return owner


def _tell(character: Character, at: datetime, what: str, owner: str) -> None:
    happening = Happening(what, "crm", direction="internal", traits={"owner": owner})
    character.diary.tell(at, character.person.named, happening)
