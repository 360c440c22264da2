"""Some people to whom everything happens within six weeks, made up by chance, and told in any order.

Everybody is known by a form of their own, before anything else of them: nobody is known by what is withdrawn alone. No
two things happen at one moment: what then comes first is shown elsewhere. Where people are merged, a deal may name one
person by several contacts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from local.request import Activity, Contact, DealRemoval, DealUpdate, Decision, Delivery, Identities, Request, Status

PEOPLE = tuple(Identities(email=f"{name}@acme.example", visitor=f"v-{name}") for name in ("ann", "bo", "cy", "di"))
DEALS = ("deal-1", "deal-2", "deal-3")
STAGES = (
    "suspect",
    "engaged",
    "marketing_qualified",
    "sales_qualified",
    "opportunity",
    "customer",
    "disqualified",
    "other",
)
_STATUSES: tuple[Status | None, ...] = ("open", "open", "won", "lost", "lost", None)
_REASONS = ("no budget", "no [time]", None)
_MINUTES = 42 * 24 * 60
_KNOWN = 2 * 24 * 60


def random_stories(seed: int, began: datetime) -> tuple[Delivery, ...]:
    """The stories of a seed, in an order of arrival in which a person is there before somebody rules on them.

    Arguments:
        seed: the same one tells the same.
        began: before everything.
    """
    random = Random(seed)
    people = PEOPLE[: random.randint(2, len(PEOPLE))]
    minutes = iter(sorted(random.sample(range(_KNOWN, _MINUTES), 40)))
    arrivals = [_known(random, who, began + timedelta(minutes=random.randrange(_KNOWN))) for who in people]
    later: list[tuple[float, Request]] = []
    merges = random.random() < 0.5
    for number in range(random.randint(5, 40)):
        at = began + timedelta(minutes=next(minutes), seconds=random.randrange(60))
        later += _something(random, people, f"e-{number}", at, later, merges=merges)
    later.sort(key=lambda entry: entry[0])
    return tuple(Delivery(request, request.occurred_at) for request in [*arrivals, *(each for _, each in later)])


def _known(random: Random, who: Identities, at: datetime) -> Request:
    tags = {"utm_source": random.choice(("google", "linkedin")), "utm_campaign": random.choice(("spring", "fair"))}
    properties = {"form": "newsletter", **(tags if random.random() < 0.7 else {})}
    return Activity(f"known-{who.email}", "form_submission", at, who, properties=properties, source="website")


def _something(
    random: Random,
    people: tuple[Identities, ...],
    id_: str,
    at: datetime,
    before: list[tuple[float, Request]],
    *,
    merges: bool,
) -> Iterator[tuple[float, Request]]:
    """What happens at a moment, with its place in the order of arrival: a withdrawal comes after what it withdraws."""
    who, place = random.choice(people), random.random()
    match random.choices(range(6), (8, 5, 5, 1, 3, 1))[0]:
        case 0:
            yield place, _activity(random, who, id_, at)
        case 1:
            yield place, _decision(random, who, id_, at)
        case 2:
            yield place, _deal(random, people, at)
        case 3:
            yield place, DealRemoval(random.choice(DEALS), at)
        case 4:
            told = [(then, each) for then, each in before if isinstance(each, Activity) and each.identities == who]
            if told:
                then, activity = random.choice(told)
                after = then + (1 - then) * place
                yield after, Decision(id_, at, who, "withdraw", "sam", event_id=activity.id)
        case _:
            other = random.choice(people)
            if merges and other != who:
                yield place, Decision(id_, at, _by_email(who), "merge", "sam", other=_by_email(other))


def _by_email(who: Identities) -> Identities:
    return Identities(email=who.email)


def _activity(random: Random, who: Identities, id_: str, at: datetime) -> Activity:
    """By their email and cookie, so that it is theirs whatever the order of arrival."""
    what = random.choice(
        (
            ("website_visit", {}),
            ("form_submission", {"form": "demo"}),
            ("webinar_attendance", {}),
            ("email_bounce", {"bounce": "hard"}),
            ("nps_response", {"score": 10}),
            ("website_visit", {"automated": True}),
        )
    )
    traits = {"owner": random.choice(("Ada", "Marco"))} if random.random() < 0.3 else {}
    return Activity(id_, what[0], at, who, properties=what[1], traits=traits, source="website")


def _decision(random: Random, who: Identities, id_: str, at: datetime) -> Decision:
    action = random.choice(("accept", "accept", "disqualify", "set_stage"))
    stage = random.choice(STAGES) if action == "set_stage" else None
    return Decision(id_, at, _by_email(who), action, "sam", random.choice(("why", "why not")), stage)


def _deal(random: Random, people: tuple[Identities, ...], at: datetime) -> DealUpdate:
    status = random.choice(_STATUSES)
    amount = random.choice((None, 100, 2_500))
    named = [who for who in people if random.random() < 0.5]
    contacts = tuple(Contact(_by_email(who), "user") for who in named) if random.random() < 0.6 else None
    if status is None and amount is None and contacts is None:
        status = "open"
    return DealUpdate(
        random.choice(DEALS),
        at,
        status,
        amount=amount,
        currency=random.choice(("EUR", "GBP")) if amount else None,
        lost_reason=random.choice(_REASONS) if status == "lost" else None,
        contacts=contacts,
    )
