"""What holds for every function behind the API."""

from __future__ import annotations

import inspect
import json
from importlib import import_module
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lifecycle.contract.export_examples import EXPORT_ID
from lifecycle.contract.funnel_examples import DRAFT_ID, SIMULATION_ID
from lifecycle.contract.key_examples import KEY_ID
from lifecycle.contract.route import Route
from lifecycle.contract.routes import ROUTES
from lifecycle.contract.source_examples import PART_ID, SOURCE_ID
from lifecycle.services.code_flow import CodeFlow
from lifecycle.services.jobs import Jobs
from lifecycle.services.keys import Keys
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.sessions import Sessions
from tests.unit.functions.conftest import Call, FakeContext, request
from tests.unit.functions.fake_jobs import FakeJobs
from tests.unit.functions.fake_keys import FakeKeys
from tests.unit.functions.fake_lifecycle import ANNS_ID, FakeLifecycle
from tests.unit.functions.fake_sign_in import FakeCodeFlow, FakeSessions

PRIVATE = [route for route in ROUTES if not route.public]
VISIT = {"type": "website_visit", "identities": {"email": "ann@example.com"}}


SEGMENTS = {
    "deal_id": "D-1",
    "prospect_id": ANNS_ID,
    "draft_id": DRAFT_ID,
    "simulation_id": SIMULATION_ID,
    "export_id": EXPORT_ID,
    "version": "2",
    "team": "marketing",
    "name": "default",
    "key_id": KEY_ID,
    "source_id": SOURCE_ID,
    "part_id": PART_ID,
    "call": "track",
}
#: What may be kept elsewhere, and for how long.
CACHED = {"/funnel/schema.json": "public, max-age=3600"}
#: What every answer tells a browser not to do with it.
FORBIDDEN = {
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


def path_of(route: Route) -> str:
    return route.path.format_map(SEGMENTS)


@pytest.mark.parametrize("route", PRIVATE, ids=lambda route: f"{route.method} {route.path}")
@pytest.mark.parametrize(
    "changes",
    [
        {"requestContext": {"requestId": "r"}},
        {"requestContext": {"requestId": "r", "authorizer": None}},
        {"requestContext": {"requestId": "r", "authorizer": {"workspace": "", "actor": "key:k"}}},
        {"headers": {}},
        {"headers": {"authorization": "Basic plc_a-key"}},
    ],
    ids=["no authorizer", "an empty authorizer", "no workspace", "no header", "another scheme"],
)
def test_without_a_vouched_for_workspace_nothing_is_answered(
    call: Call, fake: FakeLifecycle, route: Route, changes: dict[str, Any]
) -> None:
    reply = call(route.function, route.method, path_of(route), body=VISIT, **changes)

    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert not fake.log
    assert not fake.calls


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_reaches_its_function(call: Call, route: Route) -> None:
    body = {"writeKey": SOURCE_ID} if route.function == "receive_webhook" else {}
    reply = call(route.function, route.method, path_of(route), body=json.dumps(body))

    assert reply.status not in (404, 405, 500)
    assert reply.headers.get("Cache-Control") == CACHED.get(route.path, "no-store")
    assert reply.headers.items() >= FORBIDDEN.items()


def test_an_unknown_path_is_a_problem(call: Call) -> None:
    reply = call("read_prospects", "GET", "/nowhere")

    assert (reply.status, reply.body["status"]) == (404, 404)
    assert reply.headers["Content-Type"] == "application/problem+json"


def test_an_unknown_method_is_answered_with_the_known_ones(call: Call) -> None:
    reply = call("update_deal", "PATCH", "/deals/1")

    assert reply.status == 405
    assert reply.headers["Allow"] == "PUT, DELETE"


@pytest.mark.parametrize("path", ["/sources/\u00ba", '/sources/a"b', "/sources/\U0001f642", "/sources/\x00"])
def test_what_no_path_can_hold_is_not_said_to_take_other_methods(call: Call, path: str) -> None:
    """API Gateway leaves paths as they were sent, but another gateway may decode them."""
    assert call("manage_sources", "GET", path).status == 404


@pytest.mark.parametrize(
    ("method", "path", "fails_with", "status"),
    [
        ("GET", "/nowhere", None, 404),
        ("PATCH", "/activities", None, 405),
        ("POST", "/activities", None, 422),
        ("POST", "/activities/batch", KeyError("ann@example.com"), 500),
    ],
)
def test_problems_tell_the_browser_the_same_as_answers(
    call: Call, fake: FakeLifecycle, method: str, path: str, fails_with: Exception | None, status: int
) -> None:
    fake.fails_with = fails_with
    body = {"activities": [VISIT]} if fails_with else {}
    reply = call("ingest_activity", method, path, body=body)

    assert reply.status == status
    assert reply.headers.items() >= {**FORBIDDEN, "Cache-Control": "no-store"}.items()


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "PutItem"),
        ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem"),
        EndpointConnectionError(endpoint_url="http://localhost"),
    ],
)
def test_storage_that_is_out_of_reach_asks_to_come_again(call: Call, fake: FakeLifecycle, error: Exception) -> None:
    fake.fails_with = error
    reply = call("ingest_activity", "POST", "/activities", body=VISIT)

    assert reply.status == 503
    assert reply.headers["Retry-After"] == "1"
    assert reply.body["request_id"] == "request-1"


@pytest.mark.parametrize(
    "error", [KeyError("ann@example.com"), ClientError({"Error": {"Code": "ValidationException"}}, "PutItem")]
)
def test_an_unforeseen_error_tells_the_request_id_and_nothing_else(
    call: Call, fake: FakeLifecycle, log_lines: list[dict[str, Any]], error: Exception
) -> None:
    fake.fails_with = error
    reply = call("ingest_activity", "POST", "/activities", body=VISIT)

    assert reply.status == 500
    assert reply.body["request_id"] == "request-1"
    assert "ann@example.com" not in json.dumps([reply.body, log_lines])
    (line,) = log_lines
    assert (line["level"], line["error"]) == ("ERROR", type(error).__name__)
    assert any("fake_lifecycle" in frame for frame in line["stack"])


def test_each_request_is_one_line_of_log_without_personal_data(call: Call, log_lines: list[dict[str, Any]]) -> None:
    call("ingest_activity", "POST", "/activities", body=VISIT)
    call("ingest_activity", "POST", "/activities", body={**VISIT, "type": "Ann@example.com"})
    call("read_prospects", "GET", "/prospects", query={"email": ["ann@example.com"]})

    assert [(line["route"], line["status"]) for line in log_lines] == [
        ("/activities", 201),
        ("/activities", 422),
        ("/prospects", 200),
    ]
    assert [line.get("problem") for line in log_lines] == [None, "invalid-request", None]
    assert {line["workspace"] for line in log_lines} == {"local"}
    logged = json.dumps(log_lines).lower()
    assert "ann" not in logged
    assert "plc_" not in logged


@pytest.mark.parametrize(
    ("fake_of", "real"),
    [
        (FakeLifecycle, Lifecycle),
        (FakeJobs, Jobs),
        (FakeKeys, Keys),
        (FakeSessions, Sessions),
        (FakeCodeFlow, CodeFlow),
    ],
)
def test_a_fake_has_the_methods_of_the_use_cases(fake_of: type, real: type) -> None:
    fakes = {name: member for name, member in vars(fake_of).items() if not name.startswith("_")}

    for name, member in fakes.items():
        assert inspect.signature(member) == inspect.signature(getattr(real, name)), name


def test_a_header_of_api_gateway_may_be_missing(fake: FakeLifecycle, context: FakeContext) -> None:
    app = import_module("functions.describe_api.app")
    event = request("GET", "/health", headers=None, multiValueHeaders=None)
    assert app.handler(event, context)["statusCode"] == 200
