"""The real store on moto, with the template's own table: the contract of every store, and the use cases on top.

moto answers one caller at a time and loses concurrent updates, so what is said here of concurrency is said by the
conditions of single writes; writers that really run at once are tested against the deployed template.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from lifecycle.store.day_items import item_day_row
from lifecycle.store.day_marks import DayMarks
from lifecycle.store.due import DueTimer, due_until
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.items import from_attributes
from lifecycle.store.protocol import Appended
from lifecycle.store.records import Change
from lifecycle.store.schema import BY_DAY, SHARDS, day_pk
from tests.builders import WORKSPACE, at, visit
from tests.integration.tables import create_table
from tests.scenarios import Operation, Rule, World, operations
from tests.store_contract import HOME, DayRows, Due, Marked, StoreContract, appended, prospect, transition
from tests.traces_contract import TracesContract

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TestDynamoStore(StoreContract, TracesContract):
    """Every test of the contract."""

    @pytest.fixture
    def store(self, client: DynamoDBClient) -> DynamoStore:
        """An empty store."""
        return DynamoStore(client, create_table(client, "table"), WORKSPACE)

    @pytest.fixture
    def due(self, client: DynamoDBClient) -> Due:
        """What is due in it."""
        return partial(due_until, client, "table")

    @pytest.fixture
    def day_rows(self, client: DynamoDBClient) -> DayRows:
        """What its index lists of a day."""

        def listed(day: date) -> list[Any]:
            partitions = [{"S": day_pk(WORKSPACE, day, shard)} for shard in range(SHARDS)]
            items = client.scan(TableName="table", IndexName=BY_DAY.name)["Items"]
            return [item_day_row(from_attributes(item)) for item in items if item["day_pk"] in partitions]

        return listed

    @pytest.fixture
    def marked(self, client: DynamoDBClient) -> Marked:
        """Its marked days."""
        return lambda: {mark.day for mark in DayMarks(client, "table", WORKSPACE).marks()}


@pytest.fixture
def store(client: DynamoDBClient) -> DynamoStore:
    """An empty store."""
    return DynamoStore(client, create_table(client, "table"), WORKSPACE)


def test_workspaces_of_one_table_do_not_see_each_other(client: DynamoDBClient, store: DynamoStore) -> None:
    other = DynamoStore(client, "table", f"{store.workspace}-{HOME}")
    store.append(appended(visit("e", 1)))
    store.commit([Change([prospect(HOME)], {HOME: [transition(1)]})])

    assert other.log(HOME) == ([], [])
    assert other.partitions([HOME]) == {}
    assert list(other.in_stage("engaged", "", "1970", "9999")) == []
    assert other.append(appended(visit("e", 1))) == [True]
    assert other.commit([Change([prospect(HOME)])]) == [True]


def test_a_transition_is_in_the_index_of_its_day_with_what_reports_count(
    client: DynamoDBClient, store: DynamoStore
) -> None:
    store.commit([Change([prospect(HOME)], {HOME: [transition(1, corrected_by="w")]})])

    (item,) = client.scan(TableName="table", IndexName="by_day")["Items"]

    assert {name for name in item if name not in {"pk", "sk", "day_pk", "day_sk"}} == {
        "from_stage", "to_stage", "occurred_at", "cause", "cycle", "funnel_version", "corrected_by",
    }  # fmt: skip


def test_the_index_of_stages_holds_keys_only(client: DynamoDBClient, store: DynamoStore) -> None:
    store.commit([Change([prospect(HOME)])])

    (item,) = client.scan(TableName="table", IndexName="by_stage")["Items"]

    assert set(item) == {"pk", "sk", "stage_pk", "stage_sk"}


def test_the_index_of_what_is_due_is_sparse_and_holds_keys_only(client: DynamoDBClient, store: DynamoStore) -> None:
    store.commit([Change([prospect(HOME, due=at(1))]), Change([prospect("p-never")])])

    (item,) = client.scan(TableName="table", IndexName="by_due")["Items"]

    assert set(item) == {"pk", "sk", "due_pk", "due_sk"}


def test_what_is_due_is_asked_of_all_workspaces_at_once(client: DynamoDBClient, store: DynamoStore) -> None:
    store.commit([Change([prospect("p1", due=at(2))])])
    DynamoStore(client, "table", "umbrella").commit([Change([prospect("p1", due=at(1))])])

    assert due_until(client, "table", at(3), 10) == [
        DueTimer("umbrella", "prospect", "p1", at(1)),
        DueTimer(WORKSPACE, "prospect", "p1", at(2)),
    ]


# ---- answers of the service that moto does not give ---------------------------------------------------------------


@pytest.fixture
def stubbed() -> Iterator[tuple[DynamoStore, Stubber]]:
    """A store whose service answers as it is told to."""
    client = boto3.client("dynamodb", region_name="us-east-1")
    with Stubber(client) as stubber:
        yield DynamoStore(client, "table", WORKSPACE), stubber
        stubber.assert_no_pending_responses()


def cancel(stubber: Stubber, *codes: str) -> None:
    """The next transaction is cancelled for these reasons, one an item."""
    stubber.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]},
    )


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_batch_that_met_another_transaction_or_was_throttled_is_sent_again(
    stubbed: tuple[DynamoStore, Stubber], code: str
) -> None:
    store, stubber = stubbed
    cancel(stubber, "None", code)
    cancel(stubber, "ConditionalCheckFailed", "None")
    stubber.add_response("transact_write_items", {})

    assert store.append(appended(visit("a", 1), visit("b", 1))) == [False, True]


@pytest.mark.parametrize("code", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
def test_a_batch_that_cannot_succeed_is_not_sent_again(stubbed: tuple[DynamoStore, Stubber], code: str) -> None:
    store, stubber = stubbed
    cancel(stubber, "None", code)

    with pytest.raises(store._client.exceptions.TransactionCanceledException):
        store.append(appended(visit("a", 1), visit("b", 1)))


@pytest.mark.parametrize("code", ["ConditionalCheckFailed", "TransactionConflict", "ThrottlingError"])
def test_a_change_that_met_another_writer_is_not_made(stubbed: tuple[DynamoStore, Stubber], code: str) -> None:
    store, stubber = stubbed
    cancel(stubber, "None", code)

    assert store.commit([Change([prospect("p1")], {"p1": [transition(1)]})]) == [False]


def test_a_change_that_cannot_succeed_is_an_error(stubbed: tuple[DynamoStore, Stubber]) -> None:
    store, stubber = stubbed
    cancel(stubber, "None", "ValidationError")

    with pytest.raises(store._client.exceptions.TransactionCanceledException):
        store.commit([Change([prospect("p1")], {"p1": [transition(1)]})])


def test_what_a_batch_read_left_unprocessed_is_asked_for_again(stubbed: tuple[DynamoStore, Stubber]) -> None:
    store, stubber = stubbed
    key = {"pk": {"S": "W#acme#P#p2"}, "sk": {"S": "STATE"}}
    found = [{"pk": {"S": f"W#acme#P#{id_}"}, "sk": {"S": "STATE"}, "version": {"N": "1"}} for id_ in ("p1", "p2")]
    unprocessed: dict[str, Any] = {"table": {"Keys": [key], "ConsistentRead": True}}
    stubber.add_response("batch_get_item", {"Responses": {"table": found[:1]}, "UnprocessedKeys": unprocessed})
    stubber.add_response(
        "batch_get_item",
        {"Responses": {"table": found[1:]}, "UnprocessedKeys": {}},
        {"RequestItems": unprocessed},
    )

    assert set(store.partitions(["p1", "p2"])) == {"p1", "p2"}


def test_a_list_from_after_its_bounds_asks_for_nothing(stubbed: tuple[DynamoStore, Stubber]) -> None:
    """The service refuses bounds in the wrong order; moto takes them."""
    store, _ = stubbed

    assert list(store.in_stage("engaged", "2026-02", "1970", "2026-01")) == []


# ---- the use cases on the real store ------------------------------------------------------------------------------


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(operations(most=6), st.randoms(use_true_random=False))
def test_activities_deals_and_decisions_in_any_order_with_crashes_come_to_the_fold_of_each_prospects_log(
    given_: list[Operation], random: Random
) -> None:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        here = World(DynamoStore(client, create_table(client, "table"), WORKSPACE), lambda: images(client))
        arrived = [*given_, *(one for one in given_ if not isinstance(one, Rule) and random.random() < 0.2)]
        random.shuffle(arrived)

        for operation in arrived:
            here.do(operation, crash=random.random() < 0.3)
        for _ in range(3):
            assert here.stream(random) == []

        assert here.stands() == here.should_stand()


def images(client: DynamoDBClient) -> Iterable[tuple[str, dict[str, Any]]]:
    """Every item of the table as the stream would report it."""
    for page in client.get_paginator("scan").paginate(TableName="table"):
        for item in page["Items"]:
            yield item["sk"]["S"], item


def test_the_first_append_to_a_log_needs_no_partition(store: DynamoStore) -> None:
    assert store.append([Appended("p-new", visit("e", 1), "p-new")]) == [True]
    assert store.partitions(["p-new"]) == {}
