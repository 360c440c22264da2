"""The sample events in the order of a story: real handlers and use cases, on a table like the template's."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from lifecycle.contract import source_desk
from lifecycle.contract.page_routes import PAGE_ROUTES
from lifecycle.contract.routes import ROUTES
from lifecycle.events import Identity, prospect_id
from lifecycle.services import (
    audit,
    code_flow,
    exports,
    funnels,
    jobs,
    keys,
    lifecycle,
    report_days,
    report_prospects,
    report_settings,
    reports,
    sessions,
    standing,
    throttle,
)
from lifecycle.store.queue import JobQueue
from lifecycle.store.vault import Vault
from tests.integration.story import EVENTS, STORY, invoke, tell
from tests.integration.tables import create_table


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        sqs = boto3.client("sqs", region_name="us-east-1")
        queue = JobQueue(sqs, sqs.create_queue(QueueName="jobs")["QueueUrl"])
        reporting = (report_days, report_prospects, report_settings, reports, standing)
        for module in (audit, exports, lifecycle, funnels, jobs, keys, source_desk, *reporting):
            monkeypatch.setattr(module, "workspace_client", lambda _workspace: client)
        for module in (keys, sessions, code_flow, source_desk):
            monkeypatch.setattr(module, "dynamodb_client", lambda: client)
        for module in (jobs, report_days, report_settings):
            monkeypatch.setattr(module, "job_queue", lambda: queue)
        monkeypatch.setattr(exports, "export_queue", lambda: queue)
        monkeypatch.setenv("NIGHTLY_EXPORT_HOUR", "2")
        monkeypatch.setenv("TABLE_NAME", "prospects")
        monkeypatch.setenv("LOCAL_HOOKS", "false")
        monkeypatch.setattr(throttle, "hasty_workspace_client", lambda _workspace: client)
        monkeypatch.setenv("WORKSPACE_REQUESTS_PER_SECOND", "250")
        monkeypatch.setenv("KEY_REQUESTS_PER_SECOND", "100")
        source_vault = Vault(boto3.client("ssm", region_name="us-east-1"), "/stack/sources")
        monkeypatch.setattr(source_desk, "vault", lambda: source_vault)
        yield create_table(client, "prospects")


def test_the_sample_events_tell_a_story(table: str) -> None:
    tell()

    assert invoke("evaluate_stage.inserts") == {"batchItemFailures": []}


def test_every_request_to_the_api_is_part_of_the_story() -> None:
    told = {name.partition(" ")[0] for name in STORY}
    behind_the_api = {route.function for route in (*ROUTES, *PAGE_ROUTES)}
    samples = {path.stem for path in EVENTS.glob("*.json")}
    assert {sample for sample in samples if sample.partition(".")[0] in behind_the_api} == told


def test_the_story_is_about_the_prospect_that_its_first_event_makes() -> None:
    ann = prospect_id("local", Identity("email", "ann@example.com"))
    for name in ("read_prospects.state", "decide_stage.accept"):
        assert json.loads((EVENTS / f"{name}.json").read_text())["pathParameters"]["prospect_id"] == ann
