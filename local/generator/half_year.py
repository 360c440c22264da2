"""The half-year as a whole: companies until there are enough people, cookies without a name, and the way it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from local.generator import rates
from local.generator.advocacy import advocate
from local.generator.calendar import Window
from local.generator.character import imagine
from local.generator.delivery import deliver
from local.generator.mail import subscribe
from local.generator.mishaps import second_address, spam
from local.generator.ownership import look_after
from local.generator.people import DEFAULT_SEED, Person, company
from local.generator.returns import come_back
from local.generator.sales import Member, rule, sell
from local.generator.web import anonymous, arrive, linger
from local.request import Activity, Delivery, Request

#: Sized so that an ordinary laptop sends it to the local stack in about a minute.
DEFAULT_PROSPECTS = 1300


@dataclass(frozen=True, slots=True)
class HalfYear:
    """Everything that reaches the engine, in order of arrival."""

    seed: int
    prospects: int
    window: Window
    deliveries: tuple[Delivery, ...]

    @property
    def requests(self) -> tuple[Request, ...]:
        """What happened, each once."""
        return tuple(delivery.request for delivery in self.deliveries if not delivery.repeat)

    @property
    def activities(self) -> tuple[Activity, ...]:
        """The activities, each once."""
        return tuple(request for request in self.requests if isinstance(request, Activity))


def generate(until: date, seed: int = DEFAULT_SEED, prospects: int = DEFAULT_PROSPECTS) -> HalfYear:
    """The half-year of a day, a seed and a size: a pure function, so the same arguments give the same requests.

    Arguments:
        until: the day before which it ends.
        seed: chooses the people and everything that happens to them.
        prospects: how many prospects there are about, unknown visitors included. More of them leaves the stories of
            the first ones as they were.

    Raises:
        ValueError: ``prospects`` is not positive.
    """
    if prospects < 1:
        raise ValueError(f"prospects must be at least 1, not {prospects}")
    window = Window(until)
    unknown = round(prospects * rates.ANONYMOUS_SHARE)
    told = [*_companies(window, seed, prospects - unknown), *_visitors(window, seed, unknown)]
    requests = [request for request in told if request.occurred_at < window.end]
    return HalfYear(seed, prospects, window, deliver(Random(f"{seed}/delivery"), window, requests))


def _companies(window: Window, seed: int, people: int) -> Iterator[Request]:
    """The stories of companies until they hold so many people."""
    index = told = 0
    while told < people:
        size, requests = _company(window, seed, index)
        yield from requests
        index, told = index + 1, told + size


def _company(window: Window, seed: int, index: int) -> tuple[int, list[Request]]:
    """The story of one company; it depends on the window, the seed and the index alone."""
    rng = Random(f"{seed}/company/{index}")
    cast = company(rng, seed, index)
    members = [_member(rng, window, person, scanned=cast.scanned) for person in cast.people]
    ruled = [rule(rng, member) for member in members]
    sales = sell(rng, cast, members)
    for member, ruled_at in zip(members, ruled, strict=True):
        sales.reports += come_back(rng, cast, member, ruled_at, sales)
    for buyer, won_at in sales.buyers:
        advocate(rng, buyer.character, won_at)
    return len(members), [*(entry for member in members for entry in member.character.diary.requests), *sales.reports]


def _member(rng: Random, window: Window, person: Person, *, scanned: bool) -> Member:
    """A person of a company, with everything told of them but what sales does."""
    character = imagine(rng, window, person)
    arrival = arrive(rng, character)
    linger(rng, character, arrival)
    subscribe(rng, window, character, arrival, scanned=scanned)
    spam(rng, character, arrival)
    second_address(rng, character, arrival)
    return Member(character, arrival, look_after(rng, character, arrival))


def _visitors(window: Window, seed: int, count: int) -> Iterator[Request]:
    """The visitors who never become known."""
    for number in range(count):
        key = f"{seed}-a{number:05d}"
        yield from anonymous(Random(f"{seed}/visitor/{number}"), window, key).requests
