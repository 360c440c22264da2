"""API keys on a table like the template's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from lifecycle.services.audit_entries import BY_HAND
from lifecycle.services.credentials import Grant, create_api_key, find_credential
from lifecycle.services.errors import KeyNotFoundError, ScopesNotHeldError
from lifecycle.services.keys import Keys
from lifecycle.services.scopes import SCOPES, Scope
from lifecycle.store import api_keys
from lifecycle.store.audit import AuditStore
from lifecycle.store.audit_records import Difference
from lifecycle.store.schema import EXPIRES_AT
from tests.integration.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TABLE = "prospects"


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        create_table(client, TABLE)
        yield client


def keys(client: DynamoDBClient, workspace: str = "acme") -> Keys:
    return Keys(client, client, TABLE, workspace)


def test_a_key_works_is_listed_and_is_gone(client: DynamoDBClient) -> None:
    end = NOON + timedelta(days=90)
    token, record = keys(client).issue(Grant("crm", ("ingest", "read"), end, "key:first"), ["admin"], NOON)

    found = find_credential(client, TABLE, token, NOON)
    assert found is not None
    assert (found.workspace, found.name, found.scopes) == ("acme", "crm", ("ingest", "read"))
    assert keys(client).all() == (record,)
    assert (record.created_by, record.expires_at) == ("key:first", end)

    keys(client).withdraw(str(record.key_id), NOON)
    assert find_credential(client, TABLE, token, NOON) is None
    assert keys(client).all() == ()
    with pytest.raises(KeyNotFoundError):
        keys(client).withdraw(str(record.key_id), NOON)


def test_one_workspace_neither_sees_nor_withdraws_the_keys_of_another(client: DynamoDBClient) -> None:
    token, record = keys(client).issue(Grant("crm"), SCOPES, NOON)

    assert keys(client, "acme-2").all() == ()
    assert keys(client, "acm").all() == ()
    with pytest.raises(KeyNotFoundError):
        keys(client, "other").withdraw(str(record.key_id), NOON)
    assert find_credential(client, TABLE, token, NOON) is not None


def test_keys_are_listed_newest_first_however_many(client: DynamoDBClient) -> None:
    for minute in (2, 0, 1):
        create_api_key(client, TABLE, "acme", f"key {minute}", NOON + timedelta(minutes=minute))

    assert [record.name for record in keys(client).all()] == ["key 2", "key 1", "key 0"]


@pytest.mark.parametrize(
    ("held", "wanted", "missing"),
    [
        (["admin"], ("ingest", "read", "decide", "funnel:write", "admin"), ()),
        (["admin"], ("read", "funnel:sign:sales"), ("funnel:sign:sales",)),
        (["admin", "funnel:sign:sales"], ("funnel:sign:marketing", "funnel:sign:sales"), ("funnel:sign:marketing",)),
        (["admin", "funnel:sign:sales"], ("funnel:sign:sales",), ()),
        (["read"], ("read", "ingest"), ("ingest",)),
        ([], SCOPES, SCOPES),
    ],
)
def test_a_key_gives_only_what_it_has(
    client: DynamoDBClient, held: list[str], wanted: tuple[Scope, ...], missing: tuple[str, ...]
) -> None:
    if not missing:
        assert keys(client).issue(Grant("crm", wanted), held, NOON).record.scopes == wanted
        return
    with pytest.raises(ScopesNotHeldError) as refused:
        keys(client).issue(Grant("crm", wanted), held, NOON)
    assert refused.value.scopes == missing
    assert keys(client).all() == ()


def test_a_key_that_is_made_by_hand_is_told_of_without_the_key(client: DynamoDBClient) -> None:
    token = create_api_key(client, TABLE, "acme", "first key", NOON, scopes=["admin"])

    ((_, told),) = AuditStore(client, TABLE, "acme").newest_first("0", "~")
    assert (told.action, told.at, told.origin) == ("key.issued", NOON, BY_HAND)
    assert told.difference == Difference(None, {"name": "first key", "scopes": ["admin"], "expires_at": None})
    assert token not in str(told)


def test_of_two_who_withdraw_a_key_at_once_one_is_told_of(
    client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, record = keys(client).issue(Grant("crm"), SCOPES, NOON)
    delete = api_keys.delete_api_key

    def slow(*arguments: Any) -> bool:
        """The other one is faster."""
        monkeypatch.setattr(api_keys, "delete_api_key", delete)
        keys(client).withdraw(str(record.key_id), NOON)
        return delete(*arguments)

    monkeypatch.setattr(api_keys, "delete_api_key", slow)
    with pytest.raises(KeyNotFoundError):
        keys(client).withdraw(str(record.key_id), NOON)

    told = [entry.action for _, entry in AuditStore(client, TABLE, "acme").newest_first("0", "~")]
    assert sorted(told) == ["key.issued", "key.withdrawn"]


def test_an_expired_key_is_kept_for_the_list_and_not_deleted_by_the_table(client: DynamoDBClient) -> None:
    create_api_key(client, TABLE, "acme", "trainee", NOON, expires_at=NOON + timedelta(days=1))

    assert not [item for item in client.scan(TableName=TABLE)["Items"] if EXPIRES_AT in item]
