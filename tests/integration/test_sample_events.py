"""The sample events in the order of a story: real handlers and use cases, on a table like the template's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lifecycle.contract.funnel_examples import DRAFT_ID, SIMULATION_ID
from lifecycle.contract.key_examples import KEY_ID
from lifecycle.contract.routes import ROUTES
from lifecycle.events import Identity, prospect_id
from lifecycle.services import funnels, jobs, keys, lifecycle
from lifecycle.store.queue import JobQueue
from tests.integration.tables import create_table

EVENTS = Path(__file__).resolve().parents[2] / "events"
CONTEXT = SimpleNamespace(
    function_name="function", memory_limit_in_mb=512, invoked_function_arn="arn:aws:lambda:x", aws_request_id="1"
)
STORY = {
    "ingest_activity.form": (201, "marketing_qualified"),
    "ingest_activity.batch": (202, None),
    "ingest_activity.no_identity": (422, None),
    "read_prospects.by_email": (200, "marketing_qualified"),
    "decide_stage.accept": (201, "sales_qualified"),
    "update_deal.open": (200, "opportunity"),
    "read_prospects.by_stage": (200, "opportunity"),
    "read_prospects.state": (200, "opportunity"),
    "read_prospects.timeline": (200, "opportunity"),
    "read_prospects.explanation": (200, "opportunity"),
    "decide_stage.withdraw": (201, "opportunity"),
    "update_deal.delete": (200, "sales_qualified"),
    "manage_funnel.in_force": (200, "marketing_qualified"),
    "manage_funnel.gallery": (200, None),
    "manage_funnel.ready_made": (200, "marketing_qualified"),
    "manage_funnel.settings": (200, None),
    "manage_funnel.change_settings": (200, None),
    "manage_funnel.make_bad_draft": (422, None),
    "manage_funnel.make_draft_of_yaml": (201, None),
    "manage_funnel.make_draft": (201, None),
    "manage_funnel.drafts": (200, None),
    "manage_funnel.draft": (200, "in_talks"),
    "manage_funnel.change_draft": (200, None),
    "manage_funnel.simulate": (202, None),
    "manage_funnel.simulations": (200, None),
    "manage_funnel.simulation": (200, None),
    "manage_funnel.simulated_moves": (200, None),
    "manage_funnel.cancel_simulation": (200, None),
    "manage_funnel.sign_marketing": (201, None),
    "manage_funnel.take_signature_back": (200, None),
    "manage_funnel.sign_marketing again": (201, None),
    "manage_funnel.sign_sales": (201, None),
    "manage_funnel.publish": (201, None),
    "manage_funnel.versions": (200, None),
    "manage_funnel.version": (200, "in_talks"),
    "manage_funnel.reevaluation": (200, None),
    "manage_funnel.resume_reevaluation": (202, None),
    "manage_funnel.roll_back": (201, None),
    "manage_funnel.cancel_version": (200, None),
    "manage_funnel.delete_draft": (409, None),
    "manage_keys.give_out": (201, None),
    "manage_keys.list": (200, None),
    "manage_keys.withdraw": (204, None),
    "describe_api.funnel_schema": (200, "enter_when"),
    "describe_api.health": (200, None),
    "describe_api.openapi": (200, None),
    "describe_api.docs": (200, None),
}


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        sqs = boto3.client("sqs", region_name="us-east-1")
        queue = JobQueue(sqs, sqs.create_queue(QueueName="jobs")["QueueUrl"])
        for module in (lifecycle, funnels, jobs, keys):
            monkeypatch.setattr(module, "dynamodb_client", lambda: client)
        monkeypatch.setattr(jobs, "job_queue", lambda: queue)
        monkeypatch.setenv("TABLE_NAME", "prospects")
        yield create_table(client, "prospects")


def invoke(name: str, made: Mapping[str, str] | None = None) -> Any:
    """Send a sample event, with the ids that the story made in the place of those that the sample names."""
    name, _, _ = name.partition(" ")
    app = import_module(f"functions.{name.partition('.')[0]}.app")
    text = (EVENTS / f"{name}.json").read_text()
    for sample, real in (made or {}).items():
        text = text.replace(sample, real)
    return app.handler(json.loads(text), CONTEXT)


def test_the_sample_events_tell_a_story(table: str) -> None:
    made: dict[str, str] = {}
    for name, (status, stage) in STORY.items():
        answer = invoke(name, made)
        assert answer["statusCode"] == status, (name, answer["body"])
        assert stage is None or f'"{stage}"' in answer["body"], (name, answer["body"])
        if name == "manage_funnel.make_draft":
            made[DRAFT_ID] = json.loads(answer["body"])["draft_id"]
        elif name == "manage_funnel.simulate":
            made[SIMULATION_ID] = json.loads(answer["body"])["simulation_id"]
        elif name == "manage_keys.give_out":
            made[KEY_ID] = json.loads(answer["body"])["key_id"]

    assert invoke("evaluate_stage.inserts") == {"batchItemFailures": []}


def test_every_request_to_the_api_is_part_of_the_story() -> None:
    told = {name.partition(" ")[0] for name in STORY}
    behind_the_api = {route.function for route in ROUTES}
    samples = {path.stem for path in EVENTS.glob("*.json")}
    assert {sample for sample in samples if sample.partition(".")[0] in behind_the_api} == told


def test_the_story_is_about_the_prospect_that_its_first_event_makes() -> None:
    ann = prospect_id("local", Identity("email", "ann@example.com"))
    for name in ("read_prospects.state", "decide_stage.accept"):
        assert json.loads((EVENTS / f"{name}.json").read_text())["pathParameters"]["prospect_id"] == ann
