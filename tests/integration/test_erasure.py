"""Who was erased is found nowhere in the table, whatever is sent again: real handlers, and a scan of every item."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto import mock_aws

from lifecycle.contract import resolver, source_desk
from lifecycle.contract.route import Route
from lifecycle.contract.routes import ROUTES
from lifecycle.services import audit, code_flow, funnels, jobs, keys, lifecycle, report_days, sessions, throttle, timers
from lifecycle.services.timers import Workplaces, run_timers
from lifecycle.store.vault import Vault
from tests.erased_person import Life, counted_moves, erasure_is_proven, scanned, traces
from tests.integration.story import handle, sample
from tests.integration.tables import create_table
from tests.wrong_requests import wrong_requests

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "prospects"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        for module in (lifecycle, funnels, timers, report_days):
            monkeypatch.setattr(module, "workspace_client", lambda _workspace: client)
        monkeypatch.setattr(timers, "dynamodb_client", lambda: client)
        monkeypatch.setattr(throttle, "hasty_workspace_client", lambda _workspace: client)
        monkeypatch.setenv("WORKSPACE_REQUESTS_PER_SECOND", "10000")
        monkeypatch.setenv("KEY_REQUESTS_PER_SECOND", "10000")
        monkeypatch.setenv("TABLE_NAME", TABLE)
        monkeypatch.setenv("LOCAL_HOOKS", "false")
        create_table(client, TABLE)
        yield client


def send(method: str, path: str, body: Any) -> tuple[int, Any]:
    """Have the function handle a request that API Gateway would give it."""
    url = urlsplit(path)
    text = None if body is None else json.dumps(body)
    return send_text(_route(method, url.path), url.path, parse_qs(url.query), text)


def send_text(route: Route, path: str, query: dict[str, list[str]], text: str | None) -> tuple[int, Any]:
    """The same with the text of a body."""
    event = sample("read_prospects.state")
    event |= {
        "httpMethod": route.method,
        "path": path,
        "resource": route.path,
        "pathParameters": None,
        "multiValueQueryStringParameters": query or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "body": text,
    }
    answer = handle(route.function, event)
    return answer["statusCode"], json.loads(answer["body"]) if "json" in str(answer["multiValueHeaders"]) else None


def _route(method: str, path: str) -> Route:
    segments = path.split("/")
    for route in ROUTES:
        wanted = route.path.split("/")
        fits = len(wanted) == len(segments) and all(
            one == other or one.startswith("{") for one, other in zip(wanted, segments, strict=True)
        )
        if fits and route.method == method:
            return route
    raise AssertionError(f"no route takes {method} {path}")


def test_a_scan_of_the_whole_table_finds_nothing_of_who_was_erased(client: DynamoDBClient) -> None:
    life = Life(send)

    erasure_is_proven(life, life.live(), lambda: scanned(client, TABLE), lambda: counted_moves(client, TABLE, "local"))


def test_what_stands_in_the_place_of_an_event_says_nothing_and_ends(client: DynamoDBClient) -> None:
    life = Life(send)
    send("DELETE", f"/prospects/{life.live()}", None)

    markers = [item for item in scanned(client, TABLE) if item["sk"]["S"].startswith("X#")]

    assert len(markers) > 10
    assert {tuple(sorted(item)) for item in markers} == {("expires_at", "pk", "sk")}


def test_the_timers_end_what_a_request_had_no_time_for(client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch) -> None:
    life = Life(send)
    prospect_id = life.live()
    begun = lifecycle.Lifecycle.connect(TABLE, "local").erase(prospect_id, lambda: False)
    assert (begun.is_complete, traces(life, scanned(client, TABLE)) == []) == (False, False)

    asked: list[Any] = []
    monkeypatch.setattr(report_days, "job_queue", lambda: SimpleNamespace(send=lambda step, _delay: asked.append(step)))
    in_a_while = datetime.now(UTC) + timedelta(minutes=5)
    run = run_timers(Workplaces.connect(TABLE), in_a_while, lambda: 60)
    again = run_timers(Workplaces.connect(TABLE), in_a_while, lambda: 60)

    # Beside the erasure, the one day of all that happened is due to be counted anew.
    assert (run.due, run.failed, again.due, len(asked)) == (2, 0, 0, 1)
    assert traces(life, scanned(client, TABLE)) == []
    status, erased = send("DELETE", f"/prospects/{prospect_id}", None)
    assert (status, erased["complete"], erased["removed"]["events"] > 0) == (200, True, True)


def test_nothing_of_anybody_is_logged_whatever_is_wrong_with_a_request(
    client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[str] = []
    handler = resolver.logger.registered_handler
    monkeypatch.setattr(handler, "emit", lambda record: lines.append(handler.format(record)))
    for module in (audit, jobs, keys, source_desk):
        monkeypatch.setattr(module, "workspace_client", lambda _workspace: client)
    for module in (keys, sessions, code_flow, source_desk):
        monkeypatch.setattr(module, "dynamodb_client", lambda: client)
    source_vault = Vault(boto3.client("ssm", region_name="us-east-1"), "/stack/sources")
    monkeypatch.setattr(source_desk, "vault", lambda: source_vault)
    life = Life(send)
    life.live()

    answers = [
        send_text(route, path, {name: [value] for name, value in query.items()}, text)
        for route, path, query, text in wrong_requests(life.email, f"cookie-{life.word}")
    ]

    assert {400, 404, 422} <= {status for status, _ in answers}
    assert [status for status, _ in answers if status >= 500] == []
    assert sum('"message":"request"' in line for line in lines) > len(answers)
    assert [line for line in [*lines, caplog.text] if life.word in line] == []
