"""The authorizer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from functions.authorize_request import app
from lifecycle.services.credentials import Credential, create_api_key, find_credential
from tests.unit.functions.conftest import FakeContext
from tests.unit.functions.fake_lifecycle import NOON

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ARN = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/api/GET/prospects/p1"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    """A table in memory."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("TABLE_NAME", "table")
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="eu-central-1")
        dynamodb.create_table(
            TableName="table",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        monkeypatch.setattr(app, "dynamodb_client", lambda: dynamodb)
        yield dynamodb


def authorize(headers: dict[str, str] | None) -> dict[str, Any]:
    return app.handler({"type": "REQUEST", "methodArn": ARN, "headers": headers}, FakeContext())  # type: ignore[arg-type]


def test_a_key_opens_the_whole_api_for_its_workspace(client: DynamoDBClient) -> None:
    key = create_api_key(client, "table", "local", "laptop", NOON)
    answer = authorize({"authorization": f"bearer {key}"})

    assert answer["context"] == {"workspace": "local", "key_name": "laptop"}
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Resource"] == "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/api/*/*"


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic plc_" + "a" * 43},
        {"Authorization": "Bearer plc_short"},
        {"Authorization": "Bearer plc_" + "a" * 43},
        {"Authorization": "Bearer plc_" + "a" * 43 + " x"},
        {"X-Api-Key": "plc_" + "a" * 43},
    ],
)
def test_no_key_or_an_unknown_one_is_unauthorized(client: DynamoDBClient, headers: dict[str, str] | None) -> None:
    # API Gateway answers with 401 for exactly this message.
    with pytest.raises(app.UnauthorizedError, match=r"^Unauthorized$"):
        authorize(headers)


def test_a_failing_table_lets_nobody_in(client: DynamoDBClient) -> None:
    key = create_api_key(client, "table", "local", "laptop", NOON)
    client.delete_table(TableName="table")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        authorize({"Authorization": f"Bearer {key}"})


def test_keys_are_random_recognisable_and_kept_as_a_hash_alone(client: DynamoDBClient) -> None:
    first, second = (create_api_key(client, "table", "local", "laptop", NOON) for _ in range(2))

    assert first != second
    assert first.startswith("plc_")
    assert len(first) == 47
    items = client.scan(TableName="table")["Items"]
    assert len(items) == 2
    assert first.removeprefix("plc_") not in str(items)
    assert find_credential(client, "table", first) == Credential("local", "laptop")
    assert find_credential(client, "table", first[:-1] + ("A" if first[-1] != "A" else "B")) is None


def test_a_text_that_cannot_be_a_key_costs_no_read(client: DynamoDBClient) -> None:
    client.delete_table(TableName="table")
    assert find_credential(client, "table", "plc_short") is None


@pytest.mark.parametrize(
    ("workspace", "name"), [("a#b", "n"), ("", "n"), ("Demo", "n"), ("demo", ""), ("demo", "a@b.c")]
)
def test_strange_names_are_refused(client: DynamoDBClient, workspace: str, name: str) -> None:
    with pytest.raises(ValueError, match="use 1 to 63"):
        create_api_key(client, "table", workspace, name, NOON)
