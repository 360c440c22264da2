"""The mailings: who gets them, who opens and clicks, what bounces, and the gateways that click everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from local.generator import rates
from local.generator.calendar import Window, in_office, later
from local.generator.character import Character
from local.generator.diary import Diary, Happening, Ruling
from local.generator.people import Person
from local.generator.team import OPERATIONS
from local.generator.web import SITE, Arrival
from local.request import Identities

#: The newsletters of the half-year, and when they are sent (assumption).
_EDITIONS = {"first-edition": 0.15, "second-edition": 0.46, "third-edition": 0.87}
#: The last one unsubscribes; a scanner clicks it like any other.
LINKS = tuple(f"{SITE}/news/{name}" for name in ("story", "webinar", "release", "unsubscribe"))


@dataclass(frozen=True, slots=True)
class _Recipient:
    """Somebody on the mailing list; ``imported`` from the list of a trade fair, which holds many dead addresses."""

    person: Person
    diary: Diary
    imported: bool
    scanned: bool

    @property
    def dead(self) -> float:
        """How likely the address does not exist."""
        return rates.IMPORTED_BOUNCED_HARD if self.imported else rates.EMAIL_BOUNCED_HARD

    def mail(self, seen: str, at: datetime, mailing: str, **properties: object) -> str:
        """Tell what the mail system saw: it knows the person by the e-mail alone. Returns the activity's id."""
        what = Happening(seen, "mailer", {"mailing": mailing} | properties)
        return self.diary.tell(at, self.person.named, what)


def subscribe(rng: Random, window: Window, character: Character, arrival: Arrival, *, scanned: bool) -> None:
    """Tell what the mailings did with one person, from the welcome to the last newsletter.

    Whoever bounces hard or unsubscribes gets no more. People whom sales brought get no newsletter.
    """
    if arrival.channel == "crm":
        return
    mailings = [mailing for mailing in _mailings(window) if mailing[1] > arrival.known_at]
    if arrival.channel == "newsletter":
        mailings.insert(0, ("welcome", arrival.known_at + timedelta(minutes=2)))
    recipient = _Recipient(character.person, character.diary, arrival.channel == "imported", scanned)
    for mailing, at in mailings:
        if not _send(rng, recipient, mailing, at + timedelta(seconds=rng.randrange(900))):
            return


def _mailings(window: Window) -> list[tuple[str, datetime]]:
    """The newsletters with their times: on Tuesday mornings."""
    return [(name, _tuesday(window.moment(part))) for name, part in _EDITIONS.items()]


def _tuesday(moment: datetime) -> datetime:
    """The first Tuesday morning from a day on."""
    day = moment.replace(hour=9, minute=0, second=0, microsecond=0)
    return day + timedelta(days=(1 - day.weekday()) % 7)


def _send(rng: Random, recipient: _Recipient, mailing: str, sent: datetime) -> bool:
    """One e-mail to one person; returns whether they get the next one."""
    recipient.mail("email_sent", sent, mailing)
    arrived = sent + timedelta(seconds=rng.randrange(2, 40))
    fate = rng.random()
    if fate < recipient.dead + rates.EMAIL_BOUNCED_SOFT:
        bounce = "hard" if fate < recipient.dead else "soft"
        recipient.mail("email_bounce", arrived, mailing, bounce=bounce)
        return bounce == "soft"
    recipient.mail("email_delivered", arrived, mailing)
    if recipient.scanned:
        _scan(rng, recipient, mailing, arrived)
    elif recipient.imported and rng.random() < rates.UNNOTICED_SCAN:
        _scan_unnoticed(rng, recipient, mailing, arrived)
    return _read(rng, recipient, mailing, arrived)


def _scan(rng: Random, recipient: _Recipient, mailing: str, arrived: datetime) -> None:
    """The gateway clicks every link within a second of the delivery."""
    reason = "scanner: every link clicked within a second of the delivery"
    for number, link in enumerate(LINKS):
        at = arrived + timedelta(milliseconds=200 + 180 * number + rng.randrange(100))
        recipient.mail("email_click", at, mailing, url=link, automated=True, automated_reason=reason)


def _scan_unnoticed(rng: Random, recipient: _Recipient, mailing: str, arrived: datetime) -> None:
    """A gateway that takes its time and clicks once. Whoever looks at the figures finds it out, and withdraws it."""
    clicked = recipient.mail("email_click", arrived + timedelta(seconds=rng.randrange(60, 600)), mailing, url=LINKS[1])
    ruling = Ruling("withdraw", OPERATIONS, "a scanner's click, by the gateway's log", event_id=clicked)
    recipient.diary.rule(in_office(rng, later(rng, arrived, 2.0)), recipient.person.named, ruling)


def _read(rng: Random, recipient: _Recipient, mailing: str, arrived: datetime) -> bool:
    """What the person does with it. A click comes with the cookie of the device that it is read on."""
    if rng.random() >= rates.EMAIL_OPENED:
        return True
    opened = later(rng, arrived, 0.2)
    recipient.mail("email_open", opened, mailing)
    if rng.random() < rates.EMAIL_CLICKED / rates.EMAIL_OPENED:
        person = recipient.person
        click = Happening("email_click", "mailer", {"mailing": mailing, "url": LINKS[0]})
        clicked = opened + timedelta(seconds=rng.randrange(5, 120))
        recipient.diary.tell(clicked, Identities(email=person.email, visitor=person.visitors[-1]), click)
    if rng.random() < rates.EMAIL_UNSUBSCRIBED / rates.EMAIL_OPENED:
        recipient.mail("email_unsubscribe", opened + timedelta(minutes=1), mailing)
        return False
    return True
