"""What a deployment to the emulator has to see to by itself. That it works at all is what the end-to-end tests show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from lifecycle.store.schema import EXPIRES_AT
from local.deployment import bound_concurrency, let_expire, tell_address

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def dynamodb() -> Iterator[DynamoDBClient]:
    """A client of a DynamoDB with one table."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="table",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


def test_what_expires_is_deleted_however_often_the_table_was_deployed(dynamodb: DynamoDBClient) -> None:
    for _ in range(2):
        let_expire(dynamodb, "table")

        told = dynamodb.describe_time_to_live(TableName="table")["TimeToLiveDescription"]
        assert told == {"TimeToLiveStatus": "ENABLED", "AttributeName": EXPIRES_AT}


def test_a_table_that_deletes_what_expires_is_left_alone(dynamodb: DynamoDBClient) -> None:
    let_expire(dynamodb, "table")
    calls: list[str] = []
    dynamodb.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))

    let_expire(dynamodb, "table")

    assert calls == ["DescribeTimeToLive"]


class FakeLambda:
    """Lambda's event sources as the emulator keeps them: a bound that came from a parameter is text."""

    def __init__(self) -> None:
        self.sources: list[dict[str, Any]] = [
            {"UUID": "stream"},
            {"UUID": "queue", "ScalingConfig": {"MaximumConcurrency": "4"}},
        ]

    def get_paginator(self, name: str) -> FakeLambda:
        assert name == "list_event_source_mappings"
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"EventSourceMappings": [source]} for source in self.sources]

    def update_event_source_mapping(self, UUID: str, ScalingConfig: dict[str, Any]) -> None:  # noqa: N803 - AWS's names
        next(source for source in self.sources if source["UUID"] == UUID)["ScalingConfig"] = ScalingConfig


def test_a_bound_that_the_emulator_took_for_text_is_told_as_a_number() -> None:
    functions = FakeLambda()

    bound_concurrency(functions)  # type: ignore[arg-type]

    assert functions.sources == [
        {"UUID": "stream"},
        {"UUID": "queue", "ScalingConfig": {"MaximumConcurrency": 4}},
    ]


class FakeFunctions:
    """Functions of Lambda, with their variables."""

    def __init__(self, **variables: dict[str, str] | None) -> None:
        self.variables = variables

    def get_paginator(self, name: str) -> FakeFunctions:
        assert name == "list_functions"
        return self

    def paginate(self) -> list[dict[str, Any]]:
        functions = [
            {"FunctionName": name} | ({} if variables is None else {"Environment": {"Variables": variables}})
            for name, variables in self.variables.items()
        ]
        return [{"Functions": [function]} for function in functions]

    def update_function_configuration(self, FunctionName: str, Environment: dict[str, Any]) -> None:  # noqa: N803 - AWS's names
        self.variables[FunctionName] = Environment["Variables"]


def test_functions_that_ask_for_it_are_told_where_the_api_is_and_keep_what_they_had() -> None:
    functions = FakeFunctions(asks={"PUBLIC_URL": "", "TABLE_NAME": "t"}, does_not={"TABLE_NAME": "t"}, has_none=None)

    tell_address(functions, "http://localhost:4566/api")  # type: ignore[arg-type]

    assert functions.variables == {
        "asks": {"PUBLIC_URL": "http://localhost:4566/api", "TABLE_NAME": "t"},
        "does_not": {"TABLE_NAME": "t"},
        "has_none": None,
    }
