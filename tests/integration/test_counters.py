"""The counters of requests on a table like the template's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from lifecycle.services.errors import ThrottledError
from lifecycle.services.throttle import Rates, Throttle
from lifecycle.store.counters import Counter, Counters, CountersUnreachableError
from lifecycle.store.schema import EXPIRES_AT
from tests.integration.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "prospects"
ALL, KEY = Counter("workspace", 10), Counter("key:k1", 5)


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        create_table(client, TABLE)
        yield client


def counters(client: DynamoDBClient, workspace: str = "acme") -> Counters:
    return Counters(lambda: client, TABLE, workspace)


def test_what_fits_is_added_to_all_and_what_does_not_to_none(client: DynamoDBClient) -> None:
    acme = counters(client)

    assert acme.add(7, 80, 5, (ALL, KEY)) is None
    assert acme.add(7, 80, 1, (ALL, KEY)) == {"workspace": 5, "key:k1": 5}
    assert acme.add(7, 80, 5, (ALL,)) is None
    assert acme.add(7, 80, 1, (ALL,)) == {"workspace": 10}


def test_windows_and_workspaces_are_counted_apart(client: DynamoDBClient) -> None:
    for workspace, window in (("acme", 7), ("acme", 8), ("other", 7)):
        assert counters(client, workspace).add(window, 80, 10, (ALL,)) is None


def test_a_count_expires(client: DynamoDBClient) -> None:
    counters(client).add(7, 80, 1, (ALL,))

    (item,) = client.scan(TableName=TABLE)["Items"]
    assert item["pk"] == {"S": "W#acme#Q"}
    assert int(item[EXPIRES_AT]["N"]) > 80


@pytest.mark.parametrize("failing", ["the table", "the session"])
def test_a_table_that_fails_says_so(client: DynamoDBClient, failing: str) -> None:
    refused = ClientError({"Error": {"Code": "AccessDenied"}}, "AssumeRole")
    make = Mock(side_effect=refused) if failing == "the session" else lambda: client
    client.delete_table(TableName=TABLE)

    with pytest.raises(CountersUnreachableError):
        Counters(make, TABLE, "acme").add(7, 80, 1, (ALL,))


def test_processes_share_what_is_allowed(client: DynamoDBClient) -> None:
    processes = [Throttle(lambda workspace: counters(client, workspace), lambda: 1_000_000.0) for _ in range(3)]
    let_in = 0
    for turn in range(60):
        try:
            processes[turn % 3].admit("acme", "k1", Rates(workspace=3, key=2))
        except ThrottledError:
            continue
        let_in += 1

    assert 10 <= let_in <= 20
