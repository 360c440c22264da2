"""Many prospects in a table of the local stack, at a rate that no API on one machine takes them in.

The use cases make them in memory, some at a time, and their items are put into the table as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from lifecycle.events import Activity, Contact, DealUpdate, Decision, Identity, prospect_id
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.store.day_marks import DayMarks
from local.generator.calendar import Window
from local.generator.origin import origin_of
from local.generator.team import any_owner
from tests.builders import DEFAULT
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_store import MemoryStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: How many are made before their items are put.
CHUNK = 1_000
#: What BatchWriteItem takes.
_BATCH = 25
_WORKERS = 4
#: Of those who come in, the part that gets so far.
_QUALIFIED, _ACCEPTED, _DEAL, _WON, _LOST, _DISQUALIFIED = 0.30, 0.45, 0.70, 0.35, 0.40, 0.15
_REASONS = ("no budget", "chose a competitor", "no decision", "missing feature")

Happening = Activity | DealUpdate | Decision


class Crowd:
    """Prospects of a half-year, numbered.

    Arguments:
        workspace: whose they are.
        until: the day before which everything happens.
    """

    def __init__(self, workspace: str, until: date) -> None:
        self._workspace = workspace
        self._window = Window(until)

    def put(self, client: DynamoDBClient, table: str, prospects: int) -> Iterator[int]:
        """Put so many into a table, and mark the days on which something happened.

        Yields:
            How many are in it, after each thousand.
        """
        days: set[date] = set()
        with ThreadPoolExecutor(_WORKERS) as pool:
            for first in range(0, prospects, CHUNK):
                last = min(first + CHUNK, prospects)
                store = self._made(range(first, last))
                days |= store.marked
                items = list(store.items.values())
                batches = [items[place : place + _BATCH] for place in range(0, len(items), _BATCH)]
                list(pool.map(lambda batch: _put(client, table, batch), batches))
                yield last
        DayMarks(client, table, self._workspace).mark(days)

    def _made(self, numbers: Iterable[int]) -> MemoryStore:
        store = MemoryStore(self._workspace)
        lifecycle = Lifecycle(store, FixedCalendar(DEFAULT))
        stories = [self._story(number) for number in numbers]
        lifecycle.record_activities([each for story in stories for each in story if isinstance(each, Activity)])
        for number, story in zip(numbers, stories, strict=True):
            for each in story:
                if isinstance(each, Decision):
                    lifecycle.decide(prospect_id(self._workspace, _email(number)), each)
                elif isinstance(each, DealUpdate):
                    lifecycle.update_deal(each)
        return store

    def _story(self, number: int) -> Sequence[Happening]:
        """What happens to somebody within the half-year."""
        return [each for each in self._whole_story(number) if each.occurred_at < self._window.end]

    def _whole_story(self, number: int) -> Iterator[Happening]:
        rng, email = Random(number), _email(number)
        at = self._window.any_moment(rng)
        tags = dict(origin_of(rng, self._window, at).tags)
        traits = {"owner": any_owner(rng)}
        yield _activity(f"c-{number}-1", at, "form_submission", email, {"form": "newsletter", **tags}, traits)
        if rng.random() >= _QUALIFIED:
            return
        at += timedelta(days=rng.expovariate(0.15))
        yield _activity(f"c-{number}-2", at, "form_submission", email, {"form": "demo"}, {})
        at += timedelta(days=rng.expovariate(0.3))
        if rng.random() < _DISQUALIFIED:
            yield Decision(f"c-{number}-3", at, at, "disqualify", "bench", reason=rng.choice(_REASONS))
        elif rng.random() < _ACCEPTED:
            yield Decision(f"c-{number}-3", at, at, "accept", "bench")
            if rng.random() < _DEAL:
                yield from _deal(rng, number, email, at + timedelta(days=rng.expovariate(0.2)))


def _deal(rng: Random, number: int, email: Identity, at: datetime) -> Iterator[DealUpdate]:
    amount, contacts = Decimal(rng.randrange(20, 300) * 100), (Contact((email,), None),)
    deal_id = f"d-{number}"
    yield DealUpdate(
        f"c-{number}-4", at, at, deal_id, "open", amount=amount, currency=rng.choice(("EUR", "GBP")), contacts=contacts
    )
    at += timedelta(days=rng.expovariate(0.07))
    fate = rng.random()
    if fate < _WON:
        yield DealUpdate(f"c-{number}-5", at, at, deal_id, "won")
    elif fate < _WON + _LOST:
        yield DealUpdate(f"c-{number}-5", at, at, deal_id, "lost", lost_reason=rng.choice(_REASONS))


def _activity(
    id_: str, at: datetime, type_: str, email: Identity, properties: dict[str, Any], traits: dict[str, Any]
) -> Activity:
    return Activity(id_, at, datetime.now(UTC), type_, "inbound", (email,), properties=properties, traits=traits)


def _email(number: int) -> Identity:
    return Identity("email", f"{number}@crowd.example")


def _put(client: DynamoDBClient, table: str, items: Sequence[Any]) -> None:
    left: Sequence[Any] = [{"PutRequest": {"Item": item}} for item in items]
    while left:
        left = client.batch_write_item(RequestItems={table: left})["UnprocessedItems"].get(table, [])
