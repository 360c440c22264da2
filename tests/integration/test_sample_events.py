"""The sample events in the order of a story: real handlers and use cases, on a table like the template's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lifecycle.events import Identity, prospect_id
from lifecycle.services import lifecycle
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
    "describe_api.health": (200, None),
    "describe_api.openapi": (200, None),
    "describe_api.docs": (200, None),
}


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        monkeypatch.setattr(lifecycle, "dynamodb_client", lambda: client)
        monkeypatch.setenv("TABLE_NAME", "prospects")
        yield create_table(client, "prospects")


def invoke(name: str) -> Any:
    app = import_module(f"functions.{name.partition('.')[0]}.app")
    return app.handler(json.loads((EVENTS / f"{name}.json").read_text()), CONTEXT)


def test_the_sample_events_tell_a_story(table: str) -> None:
    for name, (status, stage) in STORY.items():
        answer = invoke(name)
        assert answer["statusCode"] == status, (name, answer["body"])
        assert stage is None or f'"{stage}"' in answer["body"], (name, answer["body"])

    assert invoke("evaluate_stage.inserts") == {"batchItemFailures": []}


def test_every_request_to_the_api_is_part_of_the_story() -> None:
    told = {*STORY, "authorize_request.key", "authorize_request.no_key", "evaluate_stage.inserts"}
    assert {path.stem for path in EVENTS.glob("*.json")} == told


def test_the_story_is_about_the_prospect_that_its_first_event_makes() -> None:
    ann = prospect_id("local", Identity("email", "ann@example.com"))
    for name in ("read_prospects.state", "decide_stage.accept"):
        assert json.loads((EVENTS / f"{name}.json").read_text())["pathParameters"]["prospect_id"] == ann
