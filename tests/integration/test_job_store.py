"""The store of long work on moto, with the template's own table: the contract of every such store, and what expires."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber

from lifecycle.services.audit_entries import SYSTEM, workspace_exported
from lifecycle.store.audit import AuditStore
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.jobs import JobStore
from lifecycle.store.protocol import Store
from lifecycle.store.records import Change
from tests.builders import WORKSPACE, at
from tests.integration.tables import create_table
from tests.job_store_contract import JobStoreContract, ids_of_shard, job, listed, move, planned, segment
from tests.store_contract import prospect

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def jobs(client: DynamoDBClient) -> JobStore:
    """An empty store."""
    return JobStore(client, create_table(client, "table"), WORKSPACE)


class TestJobStore(JobStoreContract):
    """Every test of the contract."""

    @pytest.fixture
    def jobs(self, client: DynamoDBClient) -> JobStore:
        """An empty store."""
        return JobStore(client, create_table(client, "table"), WORKSPACE)

    @pytest.fixture
    def store(self, client: DynamoDBClient, jobs: JobStore) -> Store:
        """The prospects."""
        return DynamoStore(client, "table", WORKSPACE)


def test_workspaces_of_one_table_do_not_see_each_others_jobs(client: DynamoDBClient, jobs: JobStore) -> None:
    jobs.create(job())
    jobs.advance(planned(jobs), [move(1)])
    (id_,) = ids_of_shard(0, 1)
    DynamoStore(client, "table", WORKSPACE).commit([Change([prospect(id_)])])
    other = JobStore(client, "table", "umbrella")

    assert other.job("j1") is None
    assert other.jobs("simulation", 10) == []
    assert other.segments("j1") == []
    assert listed(other) == []
    assert [jobs.count("engaged", 0), other.count("engaged", 0)] == [1, 0]
    assert other.prospects("engaged", 0, "", 10) == []


def test_all_that_belongs_to_a_job_expires_with_it(client: DynamoDBClient, jobs: JobStore) -> None:
    jobs.create(job(expires_at=at(60)))
    jobs.advance(planned(jobs), [move(number) for number in range(101)])

    items = client.scan(TableName="table")["Items"]

    assert sorted(item["sk"]["S"].partition("#")[0] for item in items) == ["JOB", "MOVES", "MOVES", "SEG", "simulation"]
    assert [item["expires_at"] for item in items] == [{"N": str(int(at(60).timestamp()))}] * 5


def test_a_job_without_an_end_does_not_expire(client: DynamoDBClient, jobs: JobStore) -> None:
    jobs.create(job())
    jobs.advance(planned(jobs), [move(1)])

    assert not [item for item in client.scan(TableName="table")["Items"] if "expires_at" in item]


def test_an_entry_of_the_list_may_outlive_its_job(client: DynamoDBClient, jobs: JobStore) -> None:
    """What expires at one time does not go at one time."""
    for minute in range(5):
        jobs.create(job(f"j{minute}", created_at=at(minute)))
    for gone in (1, 4):
        client.delete_item(TableName="table", Key={"pk": {"S": f"W#{WORKSPACE}#J#j{gone}"}, "sk": {"S": "JOB"}})

    assert [found.job_id for found in jobs.jobs("simulation", 2)] == ["j3", "j2"]
    assert [found.job_id for found in jobs.jobs("simulation", 9)] == ["j3", "j2", "j0"]


def test_what_a_job_does_is_in_no_index_and_calls_for_no_evaluation(client: DynamoDBClient, jobs: JobStore) -> None:
    jobs.create(job())
    jobs.advance(planned(jobs), [move(1)])

    items = client.scan(TableName="table")["Items"]

    assert not {name for item in items for name in item} & {"stage_pk", "day_pk", "due_pk"}
    assert not [item for item in items if item["sk"]["S"].startswith("E#")]


def test_moves_and_segments_are_read_page_by_page(client: DynamoDBClient, jobs: JobStore) -> None:
    """More than the megabyte that one answer of the service holds."""
    read = planned(jobs)
    long = [move(number)._replace(because="x" * 500) for number in range(2500)]

    assert jobs.advance(read, long)
    assert listed(jobs) == long

    jobs.put_segments([segment(number) for number in range(1, 16)])
    for number in range(1, 16):
        tallies = {"text": "x" * 100_000}
        assert jobs.advance(replace(segment(number), revision=1, tallies=tallies), [])
    assert len(jobs.segments("j1")) == 16


def test_a_short_page_of_the_service_is_not_taken_for_the_end_of_a_shard() -> None:
    """It may end a page wherever it likes; moto fills each."""
    client = boto3.client("dynamodb", region_name="us-east-1")
    keys = [{"stage_sk": {"S": f"2026#p{number}"}, "pk": {"S": "a"}, "sk": {"S": "b"}} for number in range(5)]
    with Stubber(client) as stubber:
        stubber.add_response("query", {"Items": keys[:2], "Count": 2, "LastEvaluatedKey": keys[1]})
        stubber.add_response("query", {"Items": keys[2:], "Count": 3, "LastEvaluatedKey": keys[4]})

        found = JobStore(client, "table", WORKSPACE).prospects("engaged", 0, "", 3)

    assert [id_ for _, id_ in found] == ["p0", "p1", "p2"]


def test_a_position_after_all_moves_asks_for_nothing() -> None:
    """The service refuses bounds in the wrong order; moto takes them."""
    client = boto3.client("dynamodb", region_name="us-east-1")
    with Stubber(client):
        assert list(JobStore(client, "table", WORKSPACE).moves("j1", "~~#~", None, None)) == []


def test_a_job_and_what_the_audit_trail_tells_of_it_come_together(client: DynamoDBClient, jobs: JobStore) -> None:
    told = workspace_exported(SYSTEM, "j1", at(1))

    assert jobs.create(job(), told)
    assert not jobs.create(job(created_at=at(2)), workspace_exported(SYSTEM, "j1", at(2)))

    trail = AuditStore(client, "table", WORKSPACE)
    assert [entry for _, entry in trail.newest_first("0", "~")] == [told]
