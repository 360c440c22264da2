"""What has to be put right: forms that bots filled in, and people who turn up twice."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from local.generator import rates
from local.generator.calendar import in_office, later
from local.generator.character import Character
from local.generator.diary import Happening, Ruling
from local.generator.team import OPERATIONS
from local.generator.web import Arrival, form
from local.request import Identities


def spam(rng: Random, character: Character, arrival: Arrival) -> None:
    """Tell of a contact form that somebody's address was abused for, and that is withdrawn when it is found out.

    For a while it makes a marketing qualified out of somebody who never asked.
    """
    if arrival.qualified_at is not None or rng.random() >= rates.SPAM_FORM:
        return
    at = later(rng, arrival.known_at, 6.0)
    told = character.diary.tell(at, character.person.named, form(character.person, "contact"))
    found_out = in_office(rng, later(rng, at, 1.0, 0.6))
    ruling = Ruling("withdraw", OPERATIONS, "a bot filled in the form", event_id=told)
    character.diary.rule(found_out, character.person.named, ruling)


def second_address(rng: Random, character: Character, arrival: Arrival) -> None:
    """Tell of somebody who comes again with a private address: the app tells that both are one, or a person does."""
    if rng.random() >= rates.SECOND_ADDRESS:
        return
    person, diary = character.person, character.diary
    private = Identities(email=person.private_email)
    at = later(rng, arrival.known_at, 12.0)
    diary.tell(at, private, Happening("form_submission", "website", {"form": "newsletter"}))
    if rng.random() < 0.5:
        for minutes, email in ((20, person.email), (30, person.private_email)):
            both = Identities(email=email, user=person.user)
            diary.tell(at + timedelta(minutes=minutes), both, Happening("product_login", "app"))
        return
    noticed = in_office(rng, later(rng, at, 3.0))
    ruling = Ruling("merge", OPERATIONS, "the same person, with a private address", other=private)
    diary.rule(noticed, person.named, ruling)
