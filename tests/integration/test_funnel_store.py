"""The store of a funnel on moto, with the template's own table: the contract of every such store, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber

from lifecycle.store.due import due_until
from lifecycle.store.funnel_items import head_item
from lifecycle.store.funnel_records import FunnelHead, Term
from lifecycle.store.funnels import FunnelStore
from lifecycle.store.items import to_attributes
from tests.builders import WORKSPACE, at
from tests.funnel_store_contract import FunnelStoreContract, draft, stored_draft, version
from tests.integration.tables import create_table
from tests.store_contract import Due

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: What one unit of a consistent read reads (AWS, "DynamoDB read and write operations").
READ_UNIT = 4096


@pytest.fixture
def funnels(client: DynamoDBClient) -> FunnelStore:
    """An empty store."""
    return FunnelStore(client, create_table(client, "table"), WORKSPACE)


class TestFunnelStore(FunnelStoreContract):
    """Every test of the contract."""

    @pytest.fixture
    def funnels(self, client: DynamoDBClient) -> FunnelStore:
        """An empty store."""
        return FunnelStore(client, create_table(client, "table"), WORKSPACE)

    @pytest.fixture
    def due(self, client: DynamoDBClient) -> Due:
        """What is due in it."""
        return partial(due_until, client, "table")


def test_workspaces_of_one_table_do_not_see_each_others_funnels(client: DynamoDBClient, funnels: FunnelStore) -> None:
    funnels.publish(funnels.head(), version(2), stored_draft(funnels))
    other = FunnelStore(client, "table", "umbrella")

    assert other.head() == FunnelHead()
    assert other.versions() == []
    assert other.drafts() == []
    assert not other.clear_due(2)
    assert other.publish(other.head(), version(2), None)


def test_nothing_of_a_funnel_expires(client: DynamoDBClient, funnels: FunnelStore) -> None:
    funnels.publish(funnels.head(), version(2), stored_draft(funnels))

    assert not [item for item in client.scan(TableName="table")["Items"] if "expires_at" in item]


def test_the_head_costs_one_unit_to_read_for_the_first_hundred_versions() -> None:
    terms = [Term(1, None), *(Term(100 + number, at(number) + timedelta(microseconds=1)) for number in range(100))]
    item = to_attributes(head_item("w" * 63, FunnelHead(1000, tuple(terms), 1000)))

    assert sum(len(name) + len(str(next(iter(value.values())))) for name, value in item.items()) <= READ_UNIT


# ---- answers of the service that moto does not give ---------------------------------------------------------------


@pytest.fixture
def stubbed() -> Iterator[tuple[FunnelStore, Stubber]]:
    """A store whose service answers as it is told to."""
    client = boto3.client("dynamodb", region_name="us-east-1")
    with Stubber(client) as stubber:
        yield FunnelStore(client, "table", WORKSPACE), stubber
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError"])
def test_a_write_that_met_another_transaction_is_looked_for_and_was_not_made(
    stubbed: tuple[FunnelStore, Stubber], code: str
) -> None:
    funnels, stubber = stubbed
    stubber.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        modeled_fields={"CancellationReasons": [{"Code": code}]},
    )
    stubber.add_response("get_item", {})

    assert not funnels.put_draft(draft())
