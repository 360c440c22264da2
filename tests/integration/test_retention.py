"""What is deleted, and what its traces come to, on the real store: numbers, texts and names come back as they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.plan import Plan
from lifecycle.events import Activity, Identity
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.settle import Settler
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.schema import EXPIRES_AT
from tests.builders import ANN, COOKIE, WORKSPACE, id_of
from tests.fakes.fixed_calendar import FixedCalendar
from tests.integration.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime.now(UTC)
LAST_MONTH = NOW - timedelta(days=30)
DEFINITION: dict[str, Any] = {
    "stages": [
        {"key": "new"},
        {"key": "rated", "enter_when": {"activity": {"type": "review", "properties": {"rating": {"at_least": 4.5}}}}},
        {
            "key": "large",
            "enter_when": {
                "all": [
                    {"attribute": {"trait": "company.size", "at_least": 50}},
                    {"activity": {"type": "review", "properties": {"rating": {"at_least": 4.5}}, "count": 2}},
                ]
            },
        },
    ],
    "score": {"fit": [{"attribute": {"trait": "vip", "equals": True}, "points": 5}], "half_life": "30 days"},
}


def calendar(**more: Any) -> Calendar:
    """The funnel, always."""
    return Calendar.always(Plan(parse_funnel(DEFINITION | more, 1)))


def review(id_: str, day: float, *identities: Identity, **traits: Any) -> Activity:
    """A review, with a number that no float is."""
    at = LAST_MONTH + timedelta(days=day)
    rating = {"rating": Decimal("4.50"), "text": "🐎 free text"}
    return Activity(id_, at, at, "review", "inbound", identities or (ANN,), properties=rating, traits=traits)


def delete_what_may_go(client: DynamoDBClient, table: str, moment: datetime) -> int:
    """Delete as the service does, in its place; how much."""
    gone = [
        {name: item[name] for name in ("pk", "sk")}
        for item in client.scan(TableName=table)["Items"]
        if EXPIRES_AT in item and int(item[EXPIRES_AT]["N"]) <= moment.timestamp()
    ]
    for key in gone:
        client.delete_item(TableName=table, Key=key)
    return len(gone)


def test_the_same_things_happen_with_and_without_retention(client: DynamoDBClient) -> None:
    told = []
    for name, policy in {"for-ever": {}, "a-week": {"retention": {"default": "1 week"}}}.items():
        store = DynamoStore(client, create_table(client, name), WORKSPACE)
        calendars = FixedCalendar(calendar(**policy))
        lifecycle = Lifecycle(store, calendars)
        for activity in (
            review("a", 2, COOKIE, company={"size": Decimal("60.0"), "sector": "steel"}, vip=True),
            review("b", 3, ANN, COOKIE, country="DE"),
            review("Ünïcode #~ id 🚀", 20),
        ):
            lifecycle.record_activity(activity)
        Settler(store, calendars).refresh([id_of(ANN)], NOW)

        deleted = delete_what_may_go(client, name, NOW + timedelta(days=2))

        assert deleted == (3 if policy else 0)
        lifecycle.record_activity(review("late", 1))
        view = lifecycle.find_prospect(ANN)
        moves = [(move.from_stage, move.to_stage, move.evidence) for move in store.transitions(id_of(ANN))]
        told.append((view.stage, view.since, view.counts, view.identities, moves, store.partitions([id_of(ANN)])))

    assert told[0][:-1] == told[1][:-1]
    assert told[0][0] == "large"
    summaries = [partitions[id_of(ANN)].summary for *_, partitions in told]
    assert summaries[0] == summaries[1]
