"""The web site: unknown visitors, crawlers, visits, and how people come to be known and qualified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from local.generator import rates
from local.generator.calendar import Window, in_office, later
from local.generator.chance import pick
from local.generator.character import Character
from local.generator.diary import Diary, Happening
from local.generator.origin import DIRECT, Origin, origin_of
from local.generator.people import CRM_SYSTEM, Person, opaque
from local.request import Identities

SITE = "https://www.tidewell.example"
_PAGES = {"/": 30, "/product": 18, "/pricing": 14, "/blog/planning-a-week": 12, "/customers": 10, "/integrations": 8}
#: What the default funnel calls a key conversion, and what it calls high-value content.
KEY_FORMS = {"contact": 35, "demo": 40, "trial": 25}
KEY_CONTENT = {"buying_guide": 40, "case_study": 25, "video": 20, "playbook": 15}
_PLAIN_CONTENT = {"checklist": 50, "template": 30, "white_paper": 20}
#: How people who do not convert at once come to be known (assumption).
Channel = Literal["newsletter", "download", "webinar", "imported", "crm", "key"]
_CHANNELS: dict[Channel, int] = {"newsletter": 45, "download": 20, "webinar": 20, "imported": 15}


@dataclass(frozen=True, slots=True)
class Arrival:
    """How and when a person came to be known, and when they did what qualifies (``None``: never)."""

    channel: Channel
    known_at: datetime
    qualified_at: datetime | None


def anonymous(rng: Random, window: Window, key: str) -> Diary:
    """A cookie that never gets a name: a few visits, or a crawler's burst."""
    diary = Diary(key)
    visitor = f"v-{opaque(key)}"
    at = window.any_moment(rng)
    if rng.random() < rates.CRAWLERS:
        _crawl(rng, diary, at, visitor)
        return diary
    origin = origin_of(rng, window, at)
    while True:
        diary.tell(at, Identities(visitor=visitor), _visit(rng, origin))
        if rng.random() < rates.VISITOR_GOES:
            return diary
        at, origin = later(rng, at, 4.0), DIRECT


def arrive(rng: Random, character: Character) -> Arrival:
    """Tell how a person came to be known, and did what qualifies if the plan says so."""
    at = character.appears_at
    channel = _channel(rng, character)
    match channel:
        case "crm":
            known_at = _by_crm(rng, character, at)
        case "imported":
            known_at = at
            _import(character, at)
        case _:
            known_at = _first_visits(rng, character, at)
            _sign_up(rng, character, channel, known_at)
    if not character.plan.qualifies:
        return Arrival(channel, known_at, None)
    return Arrival(channel, known_at, known_at if channel == "key" else _qualify_later(rng, character, known_at))


def linger(rng: Random, character: Character, arrival: Arrival) -> None:
    """Further visits by cookie alone: the engine has to remember whose cookie it is."""
    at = arrival.known_at
    visits = 0 if arrival.channel in ("imported", "crm") else min(6, int(rng.expovariate(0.7)))
    for _ in range(visits):
        at = in_office(rng, later(rng, at, 9.0))
        character.diary.tell(at, Identities(visitor=character.person.visitors[0]), _visit(rng, DIRECT))


def _channel(rng: Random, character: Character) -> Channel:
    if rng.random() < rates.CRM_FIRST:
        return "crm"
    if character.plan.qualifies and rng.random() < rates.QUALIFIED_AT_ONCE:
        return "key"
    return pick(rng, _CHANNELS)


def _by_crm(rng: Random, character: Character, at: datetime) -> datetime:
    """A salesperson met them first: an id of the CRM, and the e-mail only when they answer. Returns when they do."""
    person, diary = character.person, character.diary
    by_id = Identities(crm=(CRM_SYSTEM, person.crm_id))
    diary.tell(at, by_id, Happening("contact_created", "crm", direction="internal", traits=person.traits))
    called = in_office(rng, later(rng, at, 1.5))
    diary.tell(called, by_id, Happening("call", "crm", {"result": "reached"}, direction="outbound"))
    answered = in_office(rng, later(rng, called, 3.0))
    both = Identities(email=person.email, crm=(CRM_SYSTEM, person.crm_id))
    diary.tell(answered, both, Happening("email_reply", "crm", {"subject": "Re: our call"}))
    return answered


def _import(character: Character, at: datetime) -> None:
    """A name on a list from a trade fair: an e-mail address, and no interest shown."""
    person = character.person
    fair = Happening("contact_imported", "import", {"list": "trade fair"}, direction="internal", traits=person.traits)
    character.diary.tell(at, person.named, fair)


def _first_visits(rng: Random, character: Character, at: datetime) -> datetime:
    """The visits before anybody knows who it is; returns when the person comes to be known."""
    laptop, *phones = character.person.visitors
    origin = character.origin
    for _ in range(1 + min(4, int(rng.expovariate(1.1)))):
        character.diary.tell(at, Identities(visitor=laptop), _visit(rng, origin))
        if phones and rng.random() < 0.5:
            character.diary.tell(later(rng, at, 0.5), Identities(visitor=phones[0]), _visit(rng, DIRECT))
        at, origin = later(rng, at, 1.5), DIRECT
    return at


def _sign_up(rng: Random, character: Character, channel: Channel, at: datetime) -> None:
    person, diary = character.person, character.diary
    match channel:
        case "key":
            convert(rng, character, at)
        case "newsletter":
            diary.tell(at, _on_laptop(person), form(person, "newsletter"))
        case "download":
            diary.tell(at, _on_last_device(person), _download(rng, person, _PLAIN_CONTENT))
        case "webinar":
            _webinar(rng, character, at)


def _qualify_later(rng: Random, character: Character, known_at: datetime) -> datetime:
    """Tell the conversion that qualifies, some days after becoming known; returns when."""
    at = in_office(rng, later(rng, known_at, 9.0))
    convert(rng, character, at)
    return at


def convert(rng: Random, character: Character, at: datetime) -> None:
    """Tell what qualifies: a key form or a piece of high-value content."""
    person, diary = character.person, character.diary
    if rng.random() < 0.4:
        diary.tell(at, _on_last_device(person), _download(rng, person, KEY_CONTENT))
        return
    wish = pick(rng, KEY_FORMS)
    diary.tell(at, _on_laptop(person), form(person, wish))
    if wish == "trial":
        _try_product(rng, character, at)


def _try_product(rng: Random, character: Character, at: datetime) -> None:
    """A trial: the app knows the person by its own id, which one entry ties to the e-mail."""
    person, diary = character.person, character.diary
    both = Identities(email=person.email, user=person.user)
    diary.tell(at + timedelta(minutes=4), both, Happening("trial_started", "app"))
    for _ in range(rng.randrange(1, 5)):
        at = in_office(rng, later(rng, at, 2.0))
        diary.tell(at, Identities(user=person.user), Happening("product_login", "app"))


def _webinar(rng: Random, character: Character, at: datetime) -> None:
    """A registration, and for some the attendance some days later."""
    person, diary = character.person, character.diary
    webinar = {"webinar": "Planning a week in an hour"}
    diary.tell(at, _on_laptop(person), Happening("webinar_registration", "webinar", webinar, traits=person.traits))
    if rng.random() < rates.WEBINAR_ATTENDED:
        attended = in_office(rng, later(rng, at, 6.0, 0.6))
        stayed = webinar | {"minutes": rng.randrange(12, 61)}
        diary.tell(attended, person.named, Happening("webinar_attendance", "webinar", stayed))


def _crawl(rng: Random, diary: Diary, at: datetime, visitor: str) -> None:
    """Every page within two seconds, which the web site's own filter has marked."""
    reason = "crawler: pages faster than anybody reads"
    for number, page in enumerate(_PAGES):
        moment = at + timedelta(milliseconds=300 * number + rng.randrange(200))
        properties = {"url": SITE + page, "automated": True, "automated_reason": reason}
        diary.tell(moment, Identities(visitor=visitor), Happening("website_visit", "website", properties))


def _visit(rng: Random, origin: Origin) -> Happening:
    return Happening("website_visit", "website", {"url": SITE + pick(rng, _PAGES), **origin.tags})


def form(person: Person, name: str) -> Happening:
    """A form of the web site that a person fills in."""
    return Happening("form_submission", "website", {"form": name, "url": f"{SITE}/{name}"}, traits=person.traits)


def _download(rng: Random, person: Person, contents: Mapping[str, int]) -> Happening:
    content = pick(rng, contents)
    properties = {"content": content, "url": f"{SITE}/resources/{content.replace('_', '-')}"}
    return Happening("content_download", "website", properties, traits=person.traits)


def _on_laptop(person: Person) -> Identities:
    return Identities(email=person.email, visitor=person.visitors[0])


def _on_last_device(person: Person) -> Identities:
    """By phone, if they have one: this is what ties the second cookie to the person."""
    return Identities(email=person.email, visitor=person.visitors[-1])
