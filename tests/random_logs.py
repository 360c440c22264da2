"""Logs, made up by chance: what ``random_funnels`` asks about, with many events at one instant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from lifecycle.events import (
    DEFAULT_DIRECTIONS,
    Action,
    Activity,
    DealFact,
    DealStatus,
    Decision,
    Direction,
    Event,
    Identity,
    Withdrawal,
)
from lifecycle.funnel.definition import Funnel
from lifecycle.funnel.parsing import parse_funnel
from tests.builders import COOKIE, T0
from tests.random_funnels import BESIDE, LADDER, QUESTIONS, Definition, next_definition, random_definition

#: Times fall on this grid, so that events, publications and the ends of periods meet.
STEP = timedelta(hours=6)
STEPS = 36

EMAILS = tuple(
    Identity("email", address) for address in ("ann@acme.example", "ann@gmail.com", "ann@eu.rival.example")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A log as it arrives, in whatever order and with repeats, and the versions of the funnel that judge it.

    ``until`` is the moment as of which, at or after the last event.
    """

    seed: int
    definitions: tuple[Definition, ...]
    terms: tuple[tuple[datetime | None, Funnel], ...]
    log: tuple[Event, ...]
    until: datetime


def random_case(seed: int, *, most: int = 25) -> Case:
    """The case of a seed: the same seed is the same case."""
    random = Random(seed)
    definitions = [random_definition(random)]
    starts: list[datetime | None] = [None]
    for start in sorted(random.sample(range(1, STEPS), random.choice((0, 0, 1, 1, 2, 3)))):
        definitions.append(next_definition(random, definitions))
        starts.append(T0 + start * STEP)
    log = random_log(random, random.choice((2, 4, 8, 14, most)))
    until = max(event.occurred_at for event in log) + random.choice((0, 0, 1, 5, 40)) * STEP
    return Case(
        seed,
        tuple(definitions),
        tuple(
            (start, parse_funnel(one, i + 1)) for i, (start, one) in enumerate(zip(starts, definitions, strict=True))
        ),
        tuple(arrived(random, log)),
        until,
    )


def random_withdrawals(seed: int, sequence: str = "") -> Case:
    """The case of a seed, with a part of its log withdrawn; another ``sequence`` withdraws something else.

    A withdrawn activity goes on telling who somebody is, so the event at the beginning, which is not withdrawn, tells
    all of that.
    """
    case, random = random_case(seed), Random(f"withdrawals{sequence} of {seed}")
    maker = _Maker(random, prefix="z")
    log = {event.id: event for event in case.log}
    goes = [event for event in log.values() if not isinstance(event, DealFact)]
    withdrawing: list[Event] = [maker.withdrawal(event) for event in random.sample(goes, (len(goes) + 1) // 2)]
    withdrawing += [maker.taken_back() for _ in range(random.randint(0, 3))]
    rulings = [event for event in withdrawing if isinstance(event, Withdrawal)]
    doubts = Random(f"doubts{sequence} of {seed}")
    doubter = _Maker(doubts, prefix="y")
    withdrawing += [doubter.withdrawal(ruling) for ruling in rulings if doubts.random() < 0.25]
    events = [maker.beginning(log.values()), *log.values(), *withdrawing]
    return replace(case, log=tuple(arrived(random, events)), until=max(case.until, T0 + STEPS * STEP))


def arrived(random: Random, log: Sequence[Event]) -> list[Event]:
    """A log as it may arrive: in another order, and some of it twice."""
    events = [*log, *random.sample(log, len(log) // 4)]
    random.shuffle(events)
    return events


def random_log(random: Random, most: int) -> list[Event]:
    """A log of one prospect in which nothing is withdrawn: activities, facts of up to three deals, decisions."""
    maker = _Maker(random)
    makers = random.choices((maker.activity, maker.deal_fact, maker.decision), (8, 4, 2), k=random.randint(1, most))
    return [make() for make in makers]


class _Maker:
    """Makes the events of one log."""

    def __init__(self, random: Random, prefix: str = "") -> None:
        self._random = random
        self._prefix = prefix
        self._number = 0
        self._emails = random.sample(EMAILS, random.choice((1, 1, 2)))

    def _happens(self, chance: float) -> bool:
        return self._random.random() < chance

    def _id(self) -> str:
        """An id that tells nothing of the order in which events were made."""
        self._number += 1
        return f"{self._prefix}{self._random.choice('abcdefgh')}{self._number}"

    def _time(self) -> datetime:
        minutes = self._random.randrange(360) if self._happens(0.15) else 0
        return T0 + self._random.randrange(STEPS) * STEP + timedelta(minutes=minutes)

    # ---- activities -----------------------------------------------------------------------------------------------

    def activity(self) -> Activity:
        """Something that happened, with what it tells of the prospect."""
        type_ = self._random.choice(
            ("website_visit", "website_visit", "form_submission", "review", "call", "email_open")
        )
        time = self._time()
        return Activity(
            id=self._id(),
            occurred_at=time,
            recorded_at=time,
            type=type_,
            direction=self._direction(type_),
            identities=(self._random.choice(self._emails),) if self._happens(0.5) else (COOKIE,),
            automated=self._happens(0.1),
            properties=self._properties(type_),
            traits=self._traits() if self._happens(0.3) else {},
        )

    def _direction(self, type_: str) -> Direction:
        if type_ == "call":
            return self._random.choice(("inbound", "outbound"))
        return DEFAULT_DIRECTIONS.get(type_, "inbound")

    def _properties(self, type_: str) -> dict[str, Any]:
        if self._happens(0.15):
            return {}
        options: dict[str, tuple[dict[str, Any], ...]] = {
            "website_visit": ({"page": {"path": "/pricing"}}, {"page.path": "/plans"}, {"page": "/pricing"}),
            "form_submission": ({"form": "demo"}, {"form": "trial"}, {"form": "news"}),
            "review": ({"rating": 4}, {"rating": Decimal("4.5")}, {"rating": True}, {"rating": "5"}, {"rating": 1.5}),
            "call": ({"topics": ["price", "time"]}, {"topics": "price"}, {"topics": []}, {"topics": ["law", 3]}),
            "email_open": ({}, {"form": "demo"}),
        }
        return self._random.choice(options[type_])

    def _traits(self) -> dict[str, Any]:
        options: tuple[dict[str, Any], ...] = (
            {"country": "DE"},
            {"country": "US"},
            {"country": None},
            {"company": {"size": 60, "sector": "steel"}},
            {"company": {"sector": "steel"}},
            {"company.size": 20},
            {"company.size": Decimal("50.0"), "country": "FR"},
            {"vip": True},
            {"vip": 1},
            {"title": "Head of Sales", "vip": False},
            {"tags": ["a", "b"], "title": "clerk"},
            {"tags": ["b"]},
        )
        return self._random.choice(options)

    # ---- deals ----------------------------------------------------------------------------------------------------

    def deal_fact(self) -> DealFact:
        """What is said of a deal, by one of the two contacts that are this prospect."""
        time = self._time()
        linked = True if self._happens(0.6) else None
        status: DealStatus | None = self._random.choice(("open", "open", "won", "lost", "lost", None))
        return DealFact(
            id=self._id(),
            occurred_at=time,
            recorded_at=time,
            deal_id=self._random.choice(("D1", "D1", "D2", "D3")),
            contact=self._random.choice(("p-one", "p-two")),
            linked=linked,
            role=self._random.choice((None, "buyer", "user")) if linked else None,
            identities=(self._emails[0],) if linked and self._happens(0.3) else (),
            status=status,
            amount=self._random.choice((None, None, Decimal(10), Decimal(100), Decimal("250.50"))),
            currency=self._random.choice((None, "EUR", "USD")),
            pipeline=self._random.choice((None, "new", "renewal")),
            lost_reason=self._random.choice((None, "price", "timing")) if status == "lost" else None,
        )

    # ---- decisions ------------------------------------------------------------------------------------------------

    def decision(self) -> Decision:
        """A ruling, with or without answers to the checklist."""
        time = self._time()
        action: Action = self._random.choice(("accept", "accept", "disqualify", "set_stage", "set_stage"))
        answers = ("yes", True, 0, False, None, "")
        questions = self._random.sample(QUESTIONS, self._random.randint(0, 3))
        return Decision(
            id=self._id(),
            occurred_at=time,
            recorded_at=time,
            action=action,
            by="sam",
            stage=self._random.choice((*LADDER, *BESIDE, "nowhere")) if action == "set_stage" else None,
            qualification={question: self._random.choice(answers) for question in questions},
        )

    # ---- what withdraws others ------------------------------------------------------------------------------------

    def beginning(self, log: Iterable[Event]) -> Activity:
        """An event before all others, which tells what they tell of who the prospect is."""
        named = {one: None for event in log if isinstance(event, Activity | DealFact) for one in event.identities}
        time = T0 - STEP
        return Activity(self._id(), time, time, "email_open", "internal", tuple(named))

    def withdrawal(self, event: Event) -> Withdrawal:
        """A ruling that an event never happened, before it arrived or after."""
        time = self._time()
        return Withdrawal(self._id(), time, time, event.id, by="sam")

    def taken_back(self) -> DealFact:
        """The deletion of a deal, or the removal of a contact."""
        deleted = self._happens(0.4)
        return replace(
            self.deal_fact(),
            linked=None if deleted else False,
            deleted=deleted,
            role=None,
            identities=(),
            status=None,
            amount=None,
            currency=None,
            pipeline=None,
            lost_reason=None,
        )
