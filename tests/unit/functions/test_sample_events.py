"""Every sample event goes through its handler."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from lifecycle.contract.examples import PROSPECT_ID
from lifecycle.contract.page_routes import PAGE_ROUTES
from lifecycle.contract.routes import ROUTES
from lifecycle.services.credentials import Credential
from tests.unit.functions.conftest import FakeContext
from tests.unit.functions.fake_lifecycle import FakeLifecycle, view

ROOT = Path(__file__).parents[3]
EVENTS = sorted((ROOT / "events").glob("*.json"))
NOT_BEHIND_THE_API = (
    *("announce_stage", "authorize_request", "evaluate_stage"),
    *("receive_event", "run_export", "run_job", "run_timers", "enrich_record"),
)
API_EVENTS = [path for path in EVENTS if not path.name.startswith(NOT_BEHIND_THE_API)]
EXPECTED = {
    "ingest_activity.form": 201,
    "ingest_activity.no_identity": 422,
    "ingest_activity.batch": 202,
    "decide_stage.accept": 201,
    "decide_stage.withdraw": 201,
    "manage_funnel.make_draft": 201,
    "manage_funnel.make_draft_of_yaml": 201,
    "manage_funnel.make_bad_draft": 422,
    "manage_funnel.publish": 201,
    "manage_funnel.roll_back": 201,
    "manage_funnel.simulate": 202,
    "manage_funnel.resume_reevaluation": 202,
    "manage_funnel.delete_draft": 204,
    "manage_exports.start": 202,
    "manage_keys.give_out": 201,
    "manage_keys.withdraw": 204,
    "manage_sources.connect": 201,
    "manage_sources.connect_signed": 201,
    # Any kind will do for the connections here, and they hold the first source only.
    "manage_sources.connect_unknown": 201,
    "manage_sources.replace_secret": 404,
    "manage_sources.disconnect": 404,
    "manage_sources.discard": 204,
    # Whatever comes in, the receiver here accepts.
    "receive_webhook.tracking": 202,
    "receive_webhook.segment": 202,
    "receive_webhook.call": 202,
    "receive_webhook.unsigned": 404,
    "receive_webhook.asked": 204,
    "receive_webhook.tracking_asked": 204,
    "describe_api.preflight": 204,
    # No version is scheduled here.
    "manage_funnel.cancel_version": 404,
    "sign_in.with_key": 201,
    "sign_in.start": 302,
    "sign_in.callback": 302,
    "sign_in.out": 204,
    # Done; back to a page.
    "submit_pages.decide": 303,
    "submit_pages.make_draft": 303,
    "submit_pages.change_draft": 303,
    "submit_pages.delete_draft": 303,
    "submit_pages.sign": 303,
    "submit_pages.sign_for_sales": 303,
    "submit_pages.take_signature_back": 303,
    "submit_pages.simulate": 303,
    "submit_pages.cancel_simulation": 303,
    "submit_pages.publish": 303,
    "submit_pages.roll_back": 303,
    "submit_pages.change_report_settings": 303,
    # A name without its hash is nobody's.
    "serve_assets.file": 404,
}


def load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


@pytest.mark.parametrize("path", API_EVENTS, ids=lambda path: path.stem)
def test_a_request_is_answered(path: Path, fake: FakeLifecycle, context: FakeContext) -> None:
    fake.views.append(view(prospect_id=PROSPECT_ID))
    app = import_module(f"functions.{path.name.split('.')[0]}.app")

    response = app.handler(load(path), context)

    assert response["statusCode"] == EXPECTED.get(path.stem, 200)


def test_every_route_has_a_sample() -> None:
    sampled = {(event["httpMethod"], event["resource"]) for event in map(load, API_EVENTS)}
    assert {(route.method, route.path) for route in (*ROUTES, *PAGE_ROUTES)} <= sampled


def test_every_function_has_a_sample() -> None:
    functions = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert functions <= {path.name.split(".")[0] for path in EVENTS}


def test_a_key_is_authorized(monkeypatch: pytest.MonkeyPatch, context: FakeContext) -> None:
    app = import_module("functions.authorize_request.app")
    monkeypatch.setenv("TABLE_NAME", "table")
    monkeypatch.setattr(app, "dynamodb_client", lambda: None)
    credential = Credential("local", "laptop", ("read",), last_used_at=datetime.now(UTC))
    monkeypatch.setattr(app, "find_credential", lambda _client, _table, _token, _now: credential)

    answer = app.handler(load(ROOT / "events" / "authorize_request.key.json"), context)

    assert answer["context"] == {"workspace": "local", "actor": "key:laptop", "scopes": "read", "credential": "key"}
    with pytest.raises(app.UnauthorizedError):
        app.handler(load(ROOT / "events" / "authorize_request.no_key.json"), context)


@pytest.mark.parametrize(
    "path", [path for path in EVENTS if path.name.startswith("evaluate_stage")], ids=lambda p: p.stem
)
def test_stream_records_are_evaluated(monkeypatch: pytest.MonkeyPatch, path: Path, context: FakeContext) -> None:
    app = import_module("functions.evaluate_stage.app")
    monkeypatch.setenv("TABLE_NAME", "table")
    monkeypatch.setattr(
        app, "evaluate_stream", lambda _table, records: [record["dynamodb"]["SequenceNumber"] for record in records]
    )
    answer = app.handler(load(path), context)
    assert len(answer["batchItemFailures"]) == len(load(path)["Records"]) > 0
