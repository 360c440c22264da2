"""The mailings: who gets them, who opens and clicks, what bounces, and the gateways that click everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from local.generator import rates
from local.generator.calendar import later
from local.generator.character import Character
from local.generator.diary import Diary, Happening
from local.generator.people import Person
from local.generator.web import SITE, Arrival
from local.request import Identities

#: The newsletters of the half-year, on Tuesday mornings (assumption).
_MAILINGS = (
    ("winter-edition", datetime(2026, 1, 27, 9, tzinfo=UTC)),
    ("spring-edition", datetime(2026, 3, 24, 9, tzinfo=UTC)),
    ("summer-edition", datetime(2026, 6, 9, 9, tzinfo=UTC)),
)
#: The last one unsubscribes; a scanner clicks it like any other.
LINKS = tuple(f"{SITE}/news/{name}" for name in ("story", "webinar", "release", "unsubscribe"))


@dataclass(frozen=True, slots=True)
class _Recipient:
    """Somebody on the mailing list; ``dead`` is how likely the address does not exist."""

    person: Person
    diary: Diary
    dead: float
    scanned: bool

    def mail(self, seen: str, at: datetime, campaign: str, **properties: object) -> None:
        """Tell what the mail system saw: it knows the person by the e-mail alone."""
        what = Happening(seen, "mailer", {"campaign": campaign} | properties)
        self.diary.tell(at, self.person.named, what)


def subscribe(rng: Random, character: Character, arrival: Arrival, *, scanned: bool) -> None:
    """Tell what the mailings did with one person, from the welcome to the last newsletter.

    Whoever bounces hard or unsubscribes gets no more. People whom sales brought get no newsletter.
    """
    if arrival.channel == "crm":
        return
    mailings = [mailing for mailing in _MAILINGS if mailing[1] > arrival.known_at]
    if arrival.channel == "newsletter":
        mailings.insert(0, ("welcome", arrival.known_at + timedelta(minutes=2)))
    dead = rates.IMPORTED_BOUNCED_HARD if arrival.channel == "imported" else rates.EMAIL_BOUNCED_HARD
    recipient = _Recipient(character.person, character.diary, dead, scanned)
    for campaign, at in mailings:
        if not _send(rng, recipient, campaign, at + timedelta(seconds=rng.randrange(900))):
            return


def _send(rng: Random, recipient: _Recipient, campaign: str, sent: datetime) -> bool:
    """One e-mail to one person; returns whether they get the next one."""
    recipient.mail("email_sent", sent, campaign)
    arrived = sent + timedelta(seconds=rng.randrange(2, 40))
    fate = rng.random()
    if fate < recipient.dead + rates.EMAIL_BOUNCED_SOFT:
        bounce = "hard" if fate < recipient.dead else "soft"
        recipient.mail("email_bounce", arrived, campaign, bounce=bounce)
        return bounce == "soft"
    recipient.mail("email_delivered", arrived, campaign)
    if recipient.scanned:
        _scan(rng, recipient, campaign, arrived)
    return _read(rng, recipient, campaign, arrived)


def _scan(rng: Random, recipient: _Recipient, campaign: str, arrived: datetime) -> None:
    """The gateway clicks every link within a second of the delivery."""
    reason = "scanner: every link clicked within a second of the delivery"
    for number, link in enumerate(LINKS):
        at = arrived + timedelta(milliseconds=200 + 180 * number + rng.randrange(100))
        recipient.mail("email_click", at, campaign, url=link, automated=True, automated_reason=reason)


def _read(rng: Random, recipient: _Recipient, campaign: str, arrived: datetime) -> bool:
    """What the person does with it. A click comes with the cookie of the device that it is read on."""
    if rng.random() >= rates.EMAIL_OPENED:
        return True
    opened = later(rng, arrived, 0.2)
    recipient.mail("email_open", opened, campaign)
    if rng.random() < rates.EMAIL_CLICKED / rates.EMAIL_OPENED:
        person = recipient.person
        click = Happening("email_click", "mailer", {"campaign": campaign, "url": LINKS[0]})
        clicked = opened + timedelta(seconds=rng.randrange(5, 120))
        recipient.diary.tell(clicked, Identities(email=person.email, visitor=person.visitors[-1]), click)
    if rng.random() < rates.EMAIL_UNSUBSCRIBED / rates.EMAIL_OPENED:
        recipient.mail("email_unsubscribe", opened + timedelta(minutes=1), campaign)
        return False
    return True
