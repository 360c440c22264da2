"""The authorizer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from functions.authorize_request import app
from lifecycle.contract.caller import read_caller
from lifecycle.contract.refusals import UnauthenticatedError
from lifecycle.services.credentials import Credential, create_api_key, find_credential, note_use
from lifecycle.services.keys import Keys
from lifecycle.services.scopes import SCOPES
from lifecycle.store.schema import AUDIT_PREFIX
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
        monkeypatch.setattr(app, "hasty_dynamodb_client", lambda: dynamodb)
        monkeypatch.setattr(app, "now", lambda: NOON)
        yield dynamodb


def authorize(headers: dict[str, str] | None) -> dict[str, Any]:
    return app.handler({"type": "REQUEST", "methodArn": ARN, "headers": headers}, FakeContext())  # type: ignore[arg-type]


def stored(client: DynamoDBClient, prefix: str) -> list[dict[str, Any]]:
    """The items of the table whose partition begins so."""
    items = client.scan(TableName="table")["Items"]
    return [dict(item) for item in items if item["pk"]["S"].startswith(prefix)]


def key_id_of(client: DynamoDBClient, token: str) -> str:
    """The id of a key in the list."""
    digest = sha256(token.encode()).hexdigest()
    (key_id,) = [item["sk"]["S"] for item in stored(client, "W#") if item["digest"]["S"] == digest]
    return str(key_id)


def old_key(client: DynamoDBClient, **attributes: Any) -> str:
    """A key as they were kept before there were scopes and a list, with more attributes."""
    token = "plc_" + "o" * 43
    client.put_item(
        TableName="table",
        Item={
            "pk": {"S": f"K#{sha256(token.encode()).hexdigest()}"},
            "sk": {"S": "KEY"},
            "workspace": {"S": "local"},
            "name": {"S": "first key"},
            "created_at": {"S": "2026-05-01T08:00:00+00:00"},
            **attributes,
        },
    )
    return token


def test_a_key_opens_the_whole_api_for_its_workspace(client: DynamoDBClient) -> None:
    key = create_api_key(client, "table", "local", "laptop", NOON)
    answer = authorize({"authorization": f"bearer {key}"})

    assert answer["context"] == {
        "workspace": "local",
        "actor": "key:laptop",
        "scopes": ",".join(SCOPES),
        "credential": "key",
        "key_id": key_id_of(client, key),
    }
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


@pytest.mark.parametrize("headers", [None, {}, {"Cookie": "__Host-session=none"}, {"Cookie": "other=1"}])
@pytest.mark.parametrize(("method", "resource"), [("GET", "/"), ("POST", "/pages/prospects/{prospect_id}/decisions")])
def test_who_asks_for_a_page_without_a_session_is_let_through_as_nobody(
    client: DynamoDBClient, headers: dict[str, str] | None, method: str, resource: str
) -> None:
    """Its function then leads the browser to where one signs in."""
    event: dict[str, Any] = {"type": "REQUEST", "methodArn": ARN, "httpMethod": method, "resource": resource}
    event |= {"headers": headers, "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()}}
    answer = app.handler(event, FakeContext())  # type: ignore[arg-type]

    assert answer["context"] == {"credential": "none"}
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Resource"] == ARN
    with pytest.raises(UnauthenticatedError):
        read_caller({"headers": headers, "requestContext": {"authorizer": answer["context"]}})


@pytest.mark.parametrize(
    ("method", "resource"), [("GET", "/session"), ("GET", "/prospects"), ("POST", "/"), ("GET", "/pages/sign-in")]
)
def test_nobody_is_let_through_to_anything_but_a_page(client: DynamoDBClient, method: str, resource: str) -> None:
    event = {"type": "REQUEST", "methodArn": ARN, "httpMethod": method, "resource": resource, "headers": {}}

    with pytest.raises(app.UnauthorizedError):
        app.handler(event, FakeContext())  # type: ignore[arg-type]


@pytest.mark.parametrize("header", ["Bearer plc_" + "a" * 43, "Basic x"])
def test_a_bearer_that_is_not_good_is_refused_at_a_page_too(client: DynamoDBClient, header: str) -> None:
    event = {
        "type": "REQUEST",
        "methodArn": ARN,
        "httpMethod": "GET",
        "resource": "/",
        "headers": {"Authorization": header},
    }

    with pytest.raises(app.UnauthorizedError):
        app.handler(event, FakeContext())  # type: ignore[arg-type]


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
    assert len(items) == 6
    assert first.removeprefix("plc_") not in str(items)
    assert sha256(first.encode()).hexdigest() not in str(stored(client, AUDIT_PREFIX))
    assert find_credential(client, "table", first, NOON) == Credential(
        "local", "laptop", SCOPES, key_id_of(client, first)
    )
    assert find_credential(client, "table", first[:-1] + ("A" if first[-1] != "A" else "B"), NOON) is None


def test_the_context_tells_the_scopes_of_the_key(client: DynamoDBClient) -> None:
    key = create_api_key(client, "table", "local", "crm", NOON, scopes=["read", "ingest", "read"])

    assert authorize({"Authorization": f"Bearer {key}"})["context"]["scopes"] == "ingest,read"


def test_a_key_from_before_there_were_scopes_keeps_what_it_had(client: DynamoDBClient) -> None:
    key = old_key(client)

    assert authorize({"Authorization": f"Bearer {key}"})["context"]["scopes"] == ",".join(SCOPES)
    assert stored(client, "K#")[0]["last_used_at"]


def test_a_key_whose_scopes_nobody_knows_may_do_nothing(client: DynamoDBClient) -> None:
    key = old_key(client, scopes={"L": [{"S": "everything"}]})

    assert authorize({"Authorization": f"Bearer {key}"})["context"]["scopes"] == ""


@pytest.mark.parametrize(("ahead", "good"), [(timedelta(seconds=1), True), (timedelta(0), False)])
def test_a_key_is_refused_from_its_end_on(client: DynamoDBClient, ahead: timedelta, good: bool) -> None:
    end = NOON + timedelta(days=90)
    key = create_api_key(client, "table", "local", "trainee", NOON, expires_at=end)

    assert (find_credential(client, "table", key, end - ahead) is not None) is good


def test_a_withdrawn_key_is_refused_at_once(client: DynamoDBClient) -> None:
    key = create_api_key(client, "table", "local", "laptop", NOON)
    Keys(client, client, "table", "local").withdraw(key_id_of(client, key), NOON)

    with pytest.raises(app.UnauthorizedError):
        authorize({"Authorization": f"Bearer {key}"})
    assert stored(client, "K#") + stored(client, "W#") == []


def test_the_last_use_is_noted_once_an_hour(client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    key = create_api_key(client, "table", "local", "laptop", NOON)
    noted = []
    for minutes in (0, 1, 59, 60, 61, 119, 122):
        monkeypatch.setattr(app, "now", lambda at=minutes: NOON + timedelta(minutes=at))
        authorize({"Authorization": f"Bearer {key}"})
        assert stored(client, "K#")[0]["last_used_at"] == stored(client, "W#")[0]["last_used_at"]
        (record,) = Keys(client, client, "table", "local").all()
        assert record.last_used_at is not None
        noted.append((record.last_used_at - NOON) // timedelta(minutes=1))

    assert noted == [0, 0, 0, 0, 61, 61, 122]


def test_of_two_processes_that_note_a_use_the_second_changes_nothing(client: DynamoDBClient) -> None:
    key = create_api_key(client, "table", "local", "laptop", NOON)
    seen = find_credential(client, "table", key, NOON)
    assert seen is not None
    note_use(client, "table", key, seen, NOON + timedelta(minutes=1))
    note_use(client, "table", key, seen, NOON + timedelta(minutes=2))

    (record,) = Keys(client, client, "table", "local").all()
    assert record.last_used_at == NOON + timedelta(minutes=1)


def test_noting_a_use_brings_no_withdrawn_key_back(client: DynamoDBClient) -> None:
    key = create_api_key(client, "table", "local", "laptop", NOON)
    seen = find_credential(client, "table", key, NOON)
    assert seen is not None
    Keys(client, client, "table", "local").withdraw(str(seen.key_id), NOON)
    note_use(client, "table", key, seen, NOON)

    assert stored(client, "K#") + stored(client, "W#") == []


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "TransactWriteItems"),
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "TransactWriteItems"),
        ReadTimeoutError(endpoint_url="http://localhost"),
    ],
)
def test_a_use_that_cannot_be_noted_fails_no_request(
    client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    key = create_api_key(client, "table", "local", "laptop", NOON)

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(app, "note_use", fail)
    assert authorize({"Authorization": f"Bearer {key}"})["context"]["workspace"] == "local"


def test_a_text_that_cannot_be_a_key_costs_no_read(client: DynamoDBClient) -> None:
    client.delete_table(TableName="table")
    assert find_credential(client, "table", "plc_short", NOON) is None


@pytest.mark.parametrize(
    ("workspace", "name"), [("a#b", "n"), ("", "n"), ("Demo", "n"), ("demo", ""), ("demo", "a@b.c")]
)
def test_strange_names_are_refused(client: DynamoDBClient, workspace: str, name: str) -> None:
    with pytest.raises(ValueError, match="use 1 to 63"):
        create_api_key(client, "table", workspace, name, NOON)


@pytest.mark.parametrize("scopes", [[], ["everything"]])
def test_a_key_is_for_something_that_there_is(client: DynamoDBClient, scopes: list[Any]) -> None:
    with pytest.raises(ValueError, match="scopes: use one or more of ingest, read"):
        create_api_key(client, "table", "demo", "n", NOON, scopes=scopes)


def test_a_key_that_would_have_expired_already_is_not_made(client: DynamoDBClient) -> None:
    with pytest.raises(ValueError, match="expires_at"):
        create_api_key(client, "table", "demo", "n", NOON, expires_at=NOON)
