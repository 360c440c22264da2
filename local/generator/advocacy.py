"""Customers afterwards: the survey, reviews and recommendations."""

from __future__ import annotations

from datetime import datetime
from random import Random

from local.generator import rates
from local.generator.calendar import in_office, later
from local.generator.character import Character
from local.generator.diary import Happening
from local.request import Identities

#: The answers of promoters, passives and detractors.
_NPS_ANSWERS = ((9, 10), (7, 8), (0, 3, 5, 6))
#: Stars of a review and how often they are given (assumption).
_RATINGS, _RATING_WEIGHTS = (5, 4, 3, 2), (45, 35, 15, 5)


def advocate(rng: Random, character: Character, won_at: datetime) -> None:
    """Tell what a customer does after the sale: use the product, answer the survey, review, recommend."""
    person, diary = character.person, character.diary
    both = Identities(email=person.email, user=person.user)
    diary.tell(in_office(rng, later(rng, won_at, 1.0)), both, Happening("account_created", "app"))
    if rng.random() < rates.NPS_ANSWERED:
        group = rng.choices(_NPS_ANSWERS, rates.NPS_SHARES)[0]
        answer = Happening("nps_response", "survey", {"score": rng.choice(group)})
        diary.tell(in_office(rng, later(rng, won_at, 21.0, 0.5)), person.named, answer)
    if rng.random() < rates.REVIEWED:
        review = Happening("review", "survey", {"rating": rng.choices(_RATINGS, _RATING_WEIGHTS)[0]})
        diary.tell(in_office(rng, later(rng, won_at, 30.0, 0.6)), person.named, review)
    if rng.random() < rates.REFERRED:
        referral = Happening("referral", "website", {"invited": 1})
        diary.tell(in_office(rng, later(rng, won_at, 30.0, 0.6)), person.named, referral)
