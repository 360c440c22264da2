"""The cast: fictitious companies, the people in them and the devices they use.

Every address is under `.example`, which RFC 2606 reserves: nobody can own it, so no mail can reach anybody.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from random import Random

from local.generator import rates
from local.generator.names import FIRST_NAMES, FIRST_WORDS, LAST_NAMES, SECOND_WORDS
from local.generator.team import any_owner
from local.request import Identities, Json

#: The CRM whose ids the sales team uses.
CRM_SYSTEM = "salesforce"
DEFAULT_SEED = 2026

_TITLES = (
    "Operations Manager",
    "Managing Director",
    "Head of Service",
    "Planner",
    "Finance Manager",
    "IT Manager",
    "Office Manager",
    "Team Lead",
)
#: How many people of a company turn up, and how often (assumption).
_COMPANY_SIZES = {1: 50, 2: 22, 3: 14, 4: 9, 5: 5}


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who becomes known.

    ``visitors`` are the cookies of their devices, the usual one first. ``owner`` looks after their company since before
    they turn up. ``private_email`` is an address that they use now and then.
    """

    key: str
    first_name: str
    last_name: str
    email: str
    title: str
    company: str
    visitors: tuple[str, ...]
    user: str
    crm_id: str
    owner: str | None
    private_email: str

    @property
    def named(self) -> Identities:
        """The person by e-mail alone, as mail systems and colleagues know them."""
        return Identities(email=self.email)

    @property
    def traits(self) -> Json:
        """What a form asks for, and who looks after such a company."""
        asked = {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "job_title": self.title,
            "company": self.company,
        }
        return asked if self.owner is None else asked | {"owner": self.owner}


@dataclass(frozen=True, slots=True)
class Company:
    """A company with the people of it who turn up. ``scanned`` says whether its mail gateway clicks every link."""

    key: str
    name: str
    people: tuple[Person, ...]
    scanned: bool
    currency: str


def company(rng: Random, seed: int, index: int) -> Company:
    """The company of an index, with its people.

    Arguments:
        rng: the company's own source of chance.
        seed: the half-year's seed. Any but the default one shows in the domain, so that two half-years in one
            workspace are different people.
        index: which company; the names repeat, with a number, after 4,160.
    """
    first, second = _words(seed, index)
    name = f"{first} {second}".replace("-", " ").title()
    domain = f"{first}-{second}{'' if seed == DEFAULT_SEED else f'-{seed}'}.example"
    size = rng.choices(tuple(_COMPANY_SIZES), tuple(_COMPANY_SIZES.values()))[0]
    owner = any_owner(rng) if rng.random() < rates.ACCOUNT_OWNED else None
    employer = _Employer(f"{seed}-c{index:04d}", name, domain, owner)
    people: list[Person] = []
    for surname in rng.sample(LAST_NAMES, size):
        shared = people[0].visitors[0] if people and rng.random() < rates.SHARED_DEVICE else None
        people.append(_person(rng, employer, len(people), surname, shared))
    currency = "GBP" if rng.random() < rates.OTHER_CURRENCY else "EUR"
    return Company(employer.key, name, tuple(people), rng.random() < rates.SCANNED_COMPANIES, currency)


def opaque(*parts: object) -> str:
    """Sixteen hexadecimal digits that stand for the parts, as cookies and app ids look."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Employer:
    key: str
    name: str
    domain: str
    owner: str | None


def _person(rng: Random, employer: _Employer, number: int, surname: str, shared: str | None) -> Person:
    """``shared`` is the cookie of a colleague's device, when this person uses that one first."""
    key = f"{employer.key}p{number}"
    first_name = rng.choice(FIRST_NAMES)
    visitors = [shared or f"v-{opaque(key, 'laptop')}"]
    if rng.random() < rates.SECOND_DEVICE:
        visitors.append(f"v-{opaque(key, 'phone')}")
    return Person(
        key=key,
        first_name=first_name,
        last_name=surname,
        email=f"{first_name}.{surname}@{employer.domain}".lower(),
        title=rng.choice(_TITLES),
        company=employer.name,
        visitors=tuple(visitors),
        user=f"u-{opaque(key, 'user')}",
        crm_id=f"003{opaque(key, 'crm')[:12].upper()}",
        owner=employer.owner,
        private_email=f"{first_name}.{opaque(key, 'private')[:6]}@postbox.example".lower(),
    )


def _words(seed: int, index: int) -> tuple[str, str]:
    """Two words for an index: a walk through all pairs by a step prime to their number, begun at a seed's own place."""
    pairs = len(FIRST_WORDS) * len(SECOND_WORDS)
    number = (index * 1009 + seed * 577) % pairs
    repeat = index // pairs
    first, second = FIRST_WORDS[number % len(FIRST_WORDS)], SECOND_WORDS[number // len(FIRST_WORDS)]
    return (f"{first}{repeat + 1}" if repeat else first), second
