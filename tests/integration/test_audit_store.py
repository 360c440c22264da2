"""The audit trail on moto, with the template's own table: its contract, and that nothing is done without its entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
import pytest
from moto import mock_aws

from lifecycle.store import api_keys
from lifecycle.store.api_keys import ApiKeyRecord
from lifecycle.store.audit import AuditStore
from lifecycle.store.audit_records import AuditEntry
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.funnels import FunnelStore
from tests.audit_store_contract import FIRST, LAST, AuditStoreContract, told
from tests.builders import WORKSPACE, at, decision
from tests.funnel_store_contract import draft, version
from tests.integration.tables import create_table
from tests.store_contract import HOME, appended

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "table"
ENTRY = told("e", at(5))
KEY = ApiKeyRecord(WORKSPACE, "crm", at(0), "3f9a1c7e5b2d", ("ingest",))


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    """A client of a DynamoDB with an empty table."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        create_table(client, TABLE)
        yield client


class TestAuditStore(AuditStoreContract):
    """Every test of the contract."""

    @pytest.fixture
    def trail(self, client: DynamoDBClient) -> AuditStore:
        """An empty store."""
        return AuditStore(client, TABLE, WORKSPACE)


def entries(client: DynamoDBClient, workspace: str = WORKSPACE) -> list[AuditEntry]:
    """The whole trail of a workspace."""
    return [entry for _, entry in AuditStore(client, TABLE, workspace).newest_first(FIRST, LAST)]


def everything_else(client: DynamoDBClient) -> list[Any]:
    """What the table keeps beside the trail."""
    items = client.scan(TableName=TABLE)["Items"]
    return sorted((item for item in items if not item["pk"]["S"].startswith("A#")), key=str)


def test_workspaces_of_one_table_do_not_see_each_others_trails(client: DynamoDBClient) -> None:
    AuditStore(client, TABLE, "acme").record(ENTRY)

    assert entries(client, "acme") == [ENTRY]
    assert entries(client, "acme-2") == entries(client, "acm") == []


def test_a_long_trail_is_read_page_by_page(client: DynamoDBClient) -> None:
    trail = AuditStore(client, TABLE, WORKSPACE)
    for number in range(450):
        trail.record(told(f"e{number:03}", at(0) + timedelta(seconds=number)))

    found = [entry.entry_id for entry in entries(client)]
    assert found == [f"e{number:03}" for number in reversed(range(450))]


def test_no_entry_expires(client: DynamoDBClient) -> None:
    AuditStore(client, TABLE, WORKSPACE).record(ENTRY)

    assert not [item for item in client.scan(TableName=TABLE)["Items"] if "expires_at" in item]


# ----------------------------------------------------------------------------------------------------------------------
# Nothing without its entry, no entry without the thing
# ----------------------------------------------------------------------------------------------------------------------


class Write(NamedTuple):
    """Something that somebody answers for: what has to be there before, and the write itself."""

    prepare: Callable[[DynamoDBClient], object]
    write: Callable[[DynamoDBClient, AuditEntry], bool]


def funnels(client: DynamoDBClient) -> FunnelStore:
    return FunnelStore(client, TABLE, WORKSPACE)


def ruling(client: DynamoDBClient, entry: AuditEntry) -> bool:
    (one,) = appended(decision("yes", 3, "accept"))
    return DynamoStore(client, TABLE, WORKSPACE).append_ruling(one, entry)


def publication(client: DynamoDBClient, entry: AuditEntry) -> bool:
    return funnels(client).publish(funnels(client).head(), version(2), stored_draft(client), entry)


def cancellation(client: DynamoDBClient, entry: AuditEntry) -> bool:
    return funnels(client).cancel(funnels(client).head(), version(2), at(6), entry)


def stored_draft(client: DynamoDBClient) -> Any:
    return funnels(client).draft("d1")


def put_version(client: DynamoDBClient) -> object:
    return funnels(client).publish(funnels(client).head(), version(2), None)


def put_draft(client: DynamoDBClient) -> object:
    return funnels(client).put_draft(draft("d1"))


def put_key(client: DynamoDBClient) -> object:
    return api_keys.put_api_key(client, TABLE, "digest", KEY, told("made", at(0)))


def nothing(_client: DynamoDBClient) -> None:
    """Nothing has to be there."""


WRITES = {
    "a decision": Write(nothing, ruling),
    "a publication": Write(put_draft, publication),
    "a cancellation": Write(put_version, cancellation),
    "a setting": Write(
        nothing, lambda client, entry: funnels(client).require_signatures(funnels(client).head(), False, entry)
    ),
    "a signature": Write(
        put_draft,
        lambda client, entry: funnels(client).put_draft(replace(stored_draft(client), updated_at=at(7)), entry),
    ),
    "a deleted draft": Write(
        put_draft, lambda client, entry: funnels(client).delete_draft(stored_draft(client), entry)
    ),
    "a new key": Write(nothing, lambda client, entry: api_keys.put_api_key(client, TABLE, "digest", KEY, entry)),
    "a withdrawn key": Write(
        put_key, lambda client, entry: api_keys.delete_api_key(client, TABLE, "digest", KEY, entry)
    ),
}
each_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())


@each_write
def test_what_is_done_is_told_of(client: DynamoDBClient, write: Write) -> None:
    write.prepare(client)
    before = everything_else(client)

    assert write.write(client, ENTRY)
    assert ENTRY in entries(client)
    assert everything_else(client) != before


@each_write
def test_what_cannot_be_told_of_is_not_done(client: DynamoDBClient, write: Write) -> None:
    write.prepare(client)
    AuditStore(client, TABLE, WORKSPACE).record(ENTRY)
    before = everything_else(client), entries(client)

    assert not write.write(client, ENTRY)
    assert (everything_else(client), entries(client)) == before


def test_what_is_refused_is_not_told_of(client: DynamoDBClient) -> None:
    head = funnels(client).head()
    put_draft(client)
    read = stored_draft(client)
    put_version(client)
    funnels(client).put_draft(replace(read, updated_at=at(7)))
    ruling(client, told("first", at(1)))
    before = everything_else(client)

    assert not ruling(client, ENTRY)
    assert not funnels(client).publish(head, version(3), read, ENTRY)
    assert not funnels(client).cancel(head, version(2), at(6), ENTRY)
    assert not funnels(client).require_signatures(head, False, ENTRY)
    assert not funnels(client).put_draft(replace(read, updated_at=at(8)), ENTRY)
    assert not funnels(client).delete_draft(read, ENTRY)
    assert not api_keys.delete_api_key(client, TABLE, "digest", KEY, ENTRY)
    assert [entry.entry_id for entry in entries(client)] == ["first"]
    assert everything_else(client) == before


def test_a_ruling_goes_into_the_log_of_its_prospect(client: DynamoDBClient) -> None:
    assert ruling(client, ENTRY)

    assert [event.id for event in DynamoStore(client, TABLE, WORKSPACE).log(HOME)[0]] == ["yes"]
