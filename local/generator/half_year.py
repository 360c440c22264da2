"""The half-year as a whole: companies until there are enough people, cookies without a name, and the way it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from local.generator import rates
from local.generator.advocacy import advocate
from local.generator.calendar import WINDOW_END
from local.generator.character import Character
from local.generator.delivery import deliver
from local.generator.diary import Diary
from local.generator.mail import subscribe
from local.generator.people import DEFAULT_SEED, company
from local.generator.plan import draw
from local.generator.sales import Member, rule, sell
from local.generator.web import anonymous, arrive, linger
from local.request import Activity, Delivery, Request

#: Sized so that an ordinary laptop sends it to the local stack in about a minute.
DEFAULT_PROSPECTS = 1500


@dataclass(frozen=True, slots=True)
class HalfYear:
    """Everything that reaches the engine, in order of arrival."""

    seed: int
    prospects: int
    deliveries: tuple[Delivery, ...]

    @property
    def requests(self) -> tuple[Request, ...]:
        """What happened, each once."""
        return tuple(delivery.request for delivery in self.deliveries if not delivery.repeat)

    @property
    def activities(self) -> tuple[Activity, ...]:
        """The activities, each once."""
        return tuple(request for request in self.requests if isinstance(request, Activity))


def generate(seed: int = DEFAULT_SEED, prospects: int = DEFAULT_PROSPECTS) -> HalfYear:
    """The half-year of a seed and a size: a pure function, so the same arguments give the same requests.

    Arguments:
        seed: chooses the people and everything that happens to them.
        prospects: how many prospects there are about, unknown visitors included. More of them leaves the stories of
            the first ones as they were.

    Raises:
        ValueError: ``prospects`` is not positive.
    """
    if prospects < 1:
        raise ValueError(f"prospects must be at least 1, not {prospects}")
    unknown = round(prospects * rates.ANONYMOUS_SHARE)
    told = [*_companies(seed, prospects - unknown), *_visitors(seed, unknown)]
    requests = [request for request in told if request.occurred_at < WINDOW_END]
    return HalfYear(seed, prospects, deliver(Random(f"{seed}/delivery"), requests))


def _companies(seed: int, people: int) -> Iterator[Request]:
    """The stories of companies until they hold so many people."""
    index = told = 0
    while told < people:
        size, requests = _company(seed, index)
        yield from requests
        index, told = index + 1, told + size


def _company(seed: int, index: int) -> tuple[int, list[Request]]:
    """The story of one company; it depends on the seed and the index alone."""
    rng = Random(f"{seed}/company/{index}")
    cast = company(rng, seed, index)
    members: list[Member] = []
    for person in cast.people:
        character = Character(person, draw(rng), Diary(person.key))
        member = Member(character, arrive(rng, character))
        linger(rng, character, member.arrival)
        subscribe(rng, character, member.arrival, scanned=cast.scanned)
        rule(rng, member)
        members.append(member)
    deals, wins = sell(rng, cast, members)
    for buyer, won_at in wins:
        advocate(rng, buyer.character, won_at)
    return len(members), [*(entry for member in members for entry in member.character.diary.requests), *deals]


def _visitors(seed: int, count: int) -> Iterator[Request]:
    """The visitors who never become known."""
    for number in range(count):
        key = f"{seed}-a{number:05d}"
        yield from anonymous(Random(f"{seed}/visitor/{number}"), key).requests
