"""Handlers with fake use cases behind them, and requests as API Gateway makes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from lifecycle.contract import resolver
from lifecycle.contract.caller import Caller
from lifecycle.services.audit import AuditTrail
from lifecycle.services.scopes import SCOPES
from tests.fakes.memory_audit import MemoryAudit
from tests.fakes.memory_exports import MemoryExports
from tests.fakes.memory_store import MemoryStore
from tests.fakes.page_files import put_page_files
from tests.fakes.reception import Reception
from tests.fakes.reporting import Reporting
from tests.unit.functions.fake_connections import FakeConnections
from tests.unit.functions.fake_exports import furnished_exports
from tests.unit.functions.fake_jobs import FakeJobs, furnished_reception
from tests.unit.functions.fake_keys import FakeKeys
from tests.unit.functions.fake_lifecycle import NOON, FakeLifecycle
from tests.unit.functions.fake_receiver import FakeReceiver
from tests.unit.functions.fake_sign_in import FakeCodeFlow, FakeSessions

API_FUNCTIONS = (
    "ingest_activity",
    "update_deal",
    "decide_stage",
    "read_prospects",
    "manage_privacy",
    "manage_funnel",
    "manage_keys",
    "manage_exports",
    "manage_sources",
    "receive_webhook",
    "read_audit",
    "read_reports",
    "manage_reports",
    "sign_in",
    "describe_api",
    "show_dashboard",
    "show_pages",
    "submit_pages",
    "serve_assets",
)


#: Where browsers reach the API.
PUBLIC_URL = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/api"


@dataclass(frozen=True)
class FakeContext:
    """What Lambda tells a handler about its invocation, as far as the logger asks."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:function"
    aws_request_id: str = "7a1c1f0e-0000-4000-8000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """As at the beginning of an invocation."""
        return 25_000


@dataclass(frozen=True)
class Reply:
    """The response of a handler, decoded."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def fields(self) -> list[str]:
        """The places that a problem document names."""
        return [error["field"] for error in self.body["errors"]]


Call = Callable[..., Reply]


@pytest.fixture
def context() -> FakeContext:
    return FakeContext()


@pytest.fixture(autouse=True)
def admitted(monkeypatch: pytest.MonkeyPatch) -> list[Caller]:
    """Lets every request in; whom the throttle was asked about."""
    callers: list[Caller] = []
    monkeypatch.setattr(resolver, "admit", callers.append)
    return callers


@pytest.fixture(autouse=True)
def files_of_the_pages(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What the pages load, in short."""
    put_page_files(monkeypatch, tmp_path_factory.mktemp("files"))


@pytest.fixture
def reception() -> Reception:
    """The desk of the workspace's funnel, and what is around it."""
    return furnished_reception()


@pytest.fixture
def jobs() -> FakeJobs:
    """The workspace's long work."""
    return FakeJobs()


@pytest.fixture
def keys() -> FakeKeys:
    """The workspace's API keys."""
    return FakeKeys()


@pytest.fixture
def exports() -> MemoryExports:
    """The workspace's exports to the lake."""
    return furnished_exports()


@pytest.fixture
def connections() -> FakeConnections:
    """The workspace's outside systems."""
    return FakeConnections()


@pytest.fixture
def receiver() -> FakeReceiver:
    """Receives for the only source."""
    return FakeReceiver()


@pytest.fixture
def audit() -> MemoryAudit:
    """The workspace's audit trail."""
    return MemoryAudit("local")


@pytest.fixture
def reporting() -> Reporting:
    """The workspace's reports."""
    return Reporting(MemoryStore("local"), now=NOON)


@pytest.fixture
def fake(
    monkeypatch: pytest.MonkeyPatch,
    *,
    reception: Reception,
    jobs: FakeJobs,
    keys: FakeKeys,
    exports: MemoryExports,
    audit: MemoryAudit,
    connections: FakeConnections,
    receiver: FakeReceiver,
    reporting: Reporting,
) -> FakeLifecycle:
    """Use cases that every handler gets for the workspace "local", at noon."""
    lifecycle = FakeLifecycle()

    def opening(use_cases: Any) -> Callable[[Caller], Any]:
        def opened(caller: Caller) -> Any:
            assert caller.workspace == "local"
            return use_cases()

        return opened

    for name in API_FUNCTIONS:
        app = import_module(f"functions.{name}.app")
        monkeypatch.setattr(app, "lifecycle_for", opening(lambda: lifecycle), raising=False)
        monkeypatch.setattr(app, "desk_for", opening(lambda: reception.desk), raising=False)
        monkeypatch.setattr(app, "jobs_for", opening(lambda: jobs), raising=False)
        monkeypatch.setattr(app, "keys_for", opening(lambda: keys), raising=False)
        monkeypatch.setattr(app, "exports_for", opening(lambda: exports.exports), raising=False)
        monkeypatch.setattr(app, "connections_for", opening(lambda: connections), raising=False)
        monkeypatch.setattr(app, "connected", receiver.connected, raising=False)
        monkeypatch.setattr(app, "workplace_of", lambda workspace: workspace, raising=False)
        monkeypatch.setattr(app, "reports_for", opening(lambda: reporting.reports), raising=False)
        monkeypatch.setattr(app, "counted_for", opening(lambda: reporting.counted), raising=False)
        monkeypatch.setattr(app, "report_settings_for", opening(lambda: reporting.settings), raising=False)
        monkeypatch.setattr(app, "audit_for", opening(lambda: AuditTrail(audit, MemoryStore("local"))), raising=False)
        monkeypatch.setenv("PUBLIC_URL", PUBLIC_URL)
        monkeypatch.setattr(app, "sessions", FakeSessions, raising=False)
        monkeypatch.setattr(app, "code_flow", lambda _event: FakeCodeFlow(), raising=False)
        monkeypatch.setattr(app, "now", lambda: NOON, raising=False)
    monkeypatch.setattr(resolver, "now", lambda: NOON)
    return lifecycle


def authorized(scopes: Iterable[str] = SCOPES, workspace: str = "local", **more: str) -> dict[str, str]:
    """The authorizer's context for a key with some scopes, or for what ``more`` says."""
    context = {"workspace": workspace, "actor": "key:laptop", "scopes": ",".join(scopes), "credential": "key"}
    return {**context, **more}


def request(
    method: str,
    path: str,
    resource: str | None = None,
    query: dict[str, list[str]] | None = None,
    body: Any = None,
    **changes: Any,
) -> dict[str, Any]:
    """A request as API Gateway hands it over; a body that is a string is sent as it is."""
    event = {
        "resource": resource or path,
        "path": path,
        "httpMethod": method,
        "headers": {"authorization": "Bearer plc_a-key"},
        "multiValueHeaders": {"authorization": ["Bearer plc_a-key"]},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} if query else None,
        "multiValueQueryStringParameters": query,
        "pathParameters": None,
        "requestContext": {"requestId": "request-1", "authorizer": authorized()},
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }
    return {**event, **changes}


@pytest.fixture
def call(fake: FakeLifecycle, context: FakeContext) -> Call:
    """Sends a request to a function."""

    def send(function: str, method: str, path: str, **parts: Any) -> Reply:
        app: ModuleType = import_module(f"functions.{function}.app")
        response = app.handler(request(method, path, **parts), context)
        headers = {name: values[0] for name, values in response["multiValueHeaders"].items()}
        is_json = "json" in headers.get("Content-Type", "")
        return Reply(response["statusCode"], json.loads(response["body"]) if is_json else response["body"], headers)

    return send


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the functions behind the API log, line by line."""
    lines: list[dict[str, Any]] = []
    handler = resolver.logger.registered_handler
    monkeypatch.setattr(handler, "emit", lambda record: lines.append(json.loads(handler.format(record))))
    return lines
