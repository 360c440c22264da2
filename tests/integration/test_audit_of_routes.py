"""Every route that changes something, by its real handler on moto: what somebody answers for leaves one entry, with
who, when, from where, before and after; what is repeated, refused, or nobody's decision leaves none.

A new route wants a row here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import boto3
import pytest
from moto import mock_aws

from lifecycle.contract import source_desk
from lifecycle.contract.routes import ROUTES
from lifecycle.events import Identity, prospect_id
from lifecycle.services import (
    audit,
    funnels,
    jobs,
    keys,
    lifecycle,
    publishing,
    report_days,
    report_prospects,
    report_settings,
    reports,
    standing,
    throttle,
)
from lifecycle.services.audit_entries import hash_of
from lifecycle.services.scopes import SCOPES
from lifecycle.store.queue import JobQueue
from lifecycle.store.vault import Vault
from tests.fakes.reception import ANN, SAM, funnel
from tests.integration.story import handle
from tests.integration.tables import create_table

WORKSPACE = "acme"
EMAIL = Identity("email", "ann@example.com")
ANNS_ID = prospect_id(WORKSPACE, EMAIL)
VISIT = {"id": "v", "type": "website_visit", "identities": {"email": EMAIL.value}}
TRACKED = {"kind": "segment", "label": "website"}
WEBSITE = {"kind": "segment", "label": "website"}
LATER = "2099-01-01T00:00:00Z"
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) " * 20


#: Where answers name what was made.
NAMES = ("key_id", "version", "source_id")


class Reply(NamedTuple):
    """What a handler answered."""

    status: int
    body: Any


class Office:
    """Sends requests to the real handlers, and makes what they need."""

    def __init__(self) -> None:
        self._requests = 0

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        scopes: tuple[str, ...] = SCOPES,
        workspace: str = WORKSPACE,
    ) -> Reply:
        """Send a request, under the id ``request-<number>``."""
        self._requests += 1
        event: dict[str, Any] = {
            "resource": path,
            "path": path,
            "httpMethod": method,
            "headers": {"authorization": "Bearer plc_a-key"},
            "multiValueHeaders": {"authorization": ["Bearer plc_a-key"]},
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()} or None,
            "pathParameters": None,
            "requestContext": {
                "requestId": f"request-{self._requests}",
                "authorizer": {"workspace": workspace, "key_name": "laptop", "scopes": ",".join(scopes)},
                "identity": {"sourceIp": "203.0.113.10", "userAgent": USER_AGENT},
            },
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        answer = handle(function_at(method, path), event)
        return Reply(answer["statusCode"], json.loads(answer["body"] or "null"))

    def made(self, method: str, path: str, body: Any = None) -> Any:
        """The answer to a request that must go well."""
        reply = self.send(method, path, body)
        assert reply.status < 300, reply
        return reply.body

    def told(self, workspace: str = WORKSPACE, **query: str) -> list[dict[str, Any]]:
        """What the trail tells, newest first."""
        reply = self.send("GET", "/audit", None, query or None, workspace=workspace)
        assert reply.status == 200, reply
        entries: list[dict[str, Any]] = reply.body["entries"]
        return entries

    def ann(self) -> str:
        """The path of a prospect."""
        self.made("POST", "/activities", VISIT)
        return f"/prospects/{ANNS_ID}"

    def draft(self) -> str:
        """The path of a draft."""
        return f"/funnel/drafts/{self.made('POST', '/funnel/drafts', {'definition': funnel()})['draft_id']}"

    def signed(self) -> str:
        """The path of a draft that both teams have signed."""
        path = self.draft()
        self.made("POST", f"{path}/signatures", {"team": "marketing", "by": ANN})
        self.made("POST", f"{path}/signatures", {"team": "sales", "by": SAM})
        return path

    def version(self, **when: str) -> str:
        """The path of a version."""
        return f"/funnel/versions/{self.made('POST', f'{self.signed()}/publication', when)['version']}"

    def simulation(self) -> str:
        """The path of a simulation."""
        return f"/funnel/simulations/{self.made('POST', f'{self.draft()}/simulations')['simulation_id']}"

    def key(self) -> str:
        """The path of an API key."""
        return f"/keys/{self.made('POST', '/keys', {'name': 'crm', 'scopes': ['ingest']})['key_id']}"

    def source(self) -> str:
        """The path of an outside system."""
        return f"/sources/{self.made('POST', '/sources', TRACKED)['source_id']}"

    def signed_source(self) -> str:
        """The path of an outside system that has a secret."""
        return f"/sources/{self.made('POST', '/sources', {'kind': 'typeform', 'secret': 'sesame'})['source_id']}"

    def part(self) -> str:
        """The path of a part in quarantine."""
        path = self.source()
        self.made("POST", path.replace("/sources/", "/webhooks/") + "/page", {"type": "page", "messageId": "m-1"})
        (part,) = self.made("GET", f"{path}/quarantine")["parts"]
        return f"{path}/quarantine/{part['part_id']}"


class Row(NamedTuple):
    """What a route leaves in the trail.

    Attributes:
        method, resource: the route.
        action: what the entry calls it; ``None``: there is none.
        place: makes what has to be there, and gives the path of the request.
        body: of the request.
        by: the person whom the body names.
        before, after: what must stand in the entry's documents; ``None``: that there is no document.
        again: whether the same request once more does something once more.
    """

    method: str
    resource: str
    action: str | None
    place: Callable[[Office], str]
    body: Any = None
    by: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    again: bool = False


def at(path: str) -> Callable[[Office], str]:
    """A path for which nothing has to be there."""
    return lambda _office: path


def scheduled(office: Office) -> str:
    """A version that is to come into force."""
    return office.version(effective_at=LATER)


def published_twice(office: Office) -> str:
    """A version that another one has replaced."""
    office.version()
    return "/funnel/versions/1/rollback"


ROWS = (
    Row(
        "POST",
        "/prospects/{prospect_id}/decisions",
        "decision.recorded",
        lambda office: f"{office.ann()}/decisions",
        {"id": "d-1", "action": "disqualify", "reason": "A SECRET REASON", "by": "sales:kim"},
        "sales:kim",
        {"stage": "engaged"},
        {"stage": "disqualified"},
    ),
    Row(
        "POST",
        "/prospects/{prospect_id}/decisions",
        "decision.recorded",
        lambda office: f"{office.ann()}/decisions",
        {"id": "d-1", "action": "withdraw", "event_id": "v"},
        None,
        {"stage": "engaged"},
        {"stage": "suspect"},
    ),
    Row(
        "PUT",
        "/funnel/settings",
        "settings.changed",
        at("/funnel/settings"),
        {"signatures_required": False},
        None,
        {"signatures_required": True},
        {"signatures_required": False},
    ),
    Row(
        "PUT",
        "/reports/settings",
        "settings.changed",
        at("/reports/settings"),
        {"time_zone": "Europe/Berlin", "goals": {"customer": {"entered_per_month": 7}}},
        None,
        {"time_zone": "UTC", "goals": {}},
        {"time_zone": "Europe/Berlin", "goals": {"customer": 7}},
    ),
    Row("PUT", "/funnel/drafts/{draft_id}", None, Office.draft, {"definition": funnel(name="Another")}),
    Row(
        "PUT",
        "/funnel/drafts/{draft_id}",
        "signatures.voided",
        Office.signed,
        {"definition": funnel(name="Another")},
        None,
        {},
        {"signatures": []},
    ),
    Row("DELETE", "/funnel/drafts/{draft_id}", "draft.deleted", Office.draft, None, None, {"signatures": []}, None),
    Row(
        "POST",
        "/funnel/drafts/{draft_id}/signatures",
        "draft.signed",
        lambda office: f"{office.draft()}/signatures",
        {"team": "sales", "by": SAM},
        SAM,
        {"signatures": []},
        {},
    ),
    Row(
        "DELETE",
        "/funnel/drafts/{draft_id}/signatures/{team}",
        "signature.withdrawn",
        lambda office: f"{office.signed()}/signatures/sales",
        None,
        None,
        {},
        {},
    ),
    Row(
        "POST",
        "/funnel/drafts/{draft_id}/publication",
        "funnel.published",
        lambda office: f"{office.signed()}/publication",
        {"by": ANN, "effective_at": LATER},
        ANN,
        {"version": 1},
        {"version": 2, "effective_at": "2099-01-01T00:00:00.000000Z"},
    ),
    Row(
        "DELETE",
        "/funnel/versions/{version}",
        "version.cancelled",
        scheduled,
        None,
        None,
        {"version": 2},
        None,
    ),
    Row(
        "POST",
        "/funnel/versions/{version}/rollback",
        "funnel.rolled_back",
        published_twice,
        {"by": SAM, "reason": "A SECRET REASON"},
        SAM,
        {"version": 2},
        {"version": 3},
    ),
    Row(
        "POST",
        "/keys",
        "key.issued",
        at("/keys"),
        {"name": "crm", "scopes": ["ingest"], "expires_at": LATER},
        None,
        None,
        {"name": "crm", "scopes": ["ingest"], "expires_at": "2099-01-01T00:00:00.000000Z"},
        again=True,
    ),
    Row(
        "DELETE",
        "/keys/{key_id}",
        "key.withdrawn",
        Office.key,
        None,
        None,
        {"name": "crm", "scopes": ["ingest"], "expires_at": None},
        None,
    ),
    Row(
        "POST",
        "/sources",
        "source.connected",
        at("/sources"),
        TRACKED,
        None,
        None,
        WEBSITE | {"version": 1},
        again=True,
    ),
    Row(
        "PUT",
        "/sources/{source_id}",
        "source.changed",
        Office.source,
        {"label": "all sites", "settings": {}},
        None,
        WEBSITE | {"version": 1},
        WEBSITE | {"label": "all sites", "version": 2},
        again=True,
    ),
    Row(
        "POST",
        "/sources/{source_id}/secret",
        "source.secret_replaced",
        lambda office: f"{office.signed_source()}/secret",
        {"secret": "A SECRET REASON"},
        again=True,
    ),
    Row("DELETE", "/sources/{source_id}", "source.disconnected", Office.source, None, None, WEBSITE, None),
    Row(
        "POST",
        "/sources/{source_id}/quarantine/{part_id}/replay",
        "source.part_replayed",
        lambda office: f"{office.part()}/replay",
        {"fixed": {"type": "page", "messageId": "m-1", "anonymousId": "v-1"}},
    ),
    Row("DELETE", "/sources/{source_id}/quarantine/{part_id}", "source.part_discarded", Office.part),
    Row("POST", "/sources/preview", None, at("/sources/preview"), {"kind": "segment", "payload": {"type": "page"}}),
    Row("DELETE", "/prospects/{prospect_id}", "prospect.erased", Office.ann, None, None, {"stage": "engaged"}, None),
    # What systems report is in the log itself; it decides nothing.
    Row("POST", "/activities", None, at("/activities"), VISIT),
    Row("POST", "/activities/batch", None, at("/activities/batch"), [VISIT]),
    Row("PUT", "/deals/{deal_id}", None, at("/deals/D-1"), {"status": "open"}),
    Row("DELETE", "/deals/{deal_id}", None, at("/deals/D-1")),
    # A draft binds nobody before it is signed, and trying one changes nothing.
    Row("POST", "/funnel/drafts", None, at("/funnel/drafts"), {"definition": funnel()}),
    Row("POST", "/funnel/drafts/{draft_id}/simulations", None, lambda office: f"{office.draft()}/simulations"),
    Row("DELETE", "/funnel/simulations/{simulation_id}", None, Office.simulation),
    # It goes on with what the publication, which has its entry, set off.
    Row("POST", "/funnel/versions/{version}/reevaluation", None, lambda office: f"{office.version()}/reevaluation"),
)
TOLD = [row for row in ROWS if row.action is not None]
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.resource} {row.action}")
each_told = pytest.mark.parametrize("row", TOLD, ids=lambda row: f"{row.method} {row.resource} {row.action}")


def function_at(method: str, path: str) -> str:
    """The function that answers a request."""
    return next(
        route.function
        for route in ROUTES
        if route.method == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", route.path), path)
    )


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        sqs = boto3.client("sqs", region_name="us-east-1")
        queue = JobQueue(sqs, sqs.create_queue(QueueName="jobs")["QueueUrl"])
        reporting = (report_days, report_prospects, report_settings, reports, standing)
        for module in (audit, lifecycle, funnels, jobs, keys, source_desk, *reporting):
            monkeypatch.setattr(module, "workspace_client", lambda _workspace: client)
        for module in (keys, source_desk):
            monkeypatch.setattr(module, "dynamodb_client", lambda: client)
        source_vault = Vault(boto3.client("ssm", region_name="us-east-1"), "/stack/sources")
        monkeypatch.setattr(source_desk, "vault", lambda: source_vault)
        monkeypatch.setenv("PUBLIC_URL", "https://prospects.example.com")
        monkeypatch.setattr(throttle, "hasty_workspace_client", lambda _workspace: client)
        monkeypatch.setenv("WORKSPACE_REQUESTS_PER_SECOND", "250")
        monkeypatch.setenv("KEY_REQUESTS_PER_SECOND", "100")
        for module in (jobs, report_days, report_settings):
            monkeypatch.setattr(module, "job_queue", lambda: queue)
        monkeypatch.setattr(publishing, "PUBLICATION_LEAD", timedelta(0))
        monkeypatch.setenv("TABLE_NAME", "prospects")
        create_table(client, "prospects")
        yield Office()


def test_every_route_that_changes_something_has_a_row() -> None:
    # Signing in and out changes nothing but what a browser may ask for.
    # What outside systems send is in the log itself, as what comes by POST /activities; a preview keeps nothing.
    others = [route for route in ROUTES if route.function not in ("sign_in", "receive_webhook")]
    changing = {(route.method, route.path) for route in others if route.method != "GET"}

    assert {(row.method, row.resource) for row in ROWS} == changing


@each_row
def test_what_is_done_leaves_one_entry_if_somebody_answers_for_it(office: Office, row: Row) -> None:
    path = row.place(office)
    before = office.told()
    started = datetime.now(UTC)

    reply = office.send(row.method, path, row.body)
    assert reply.status < 300
    number = office._requests
    new = office.told()[: -len(before) or None]

    named = {*path.split("/"), *(str(reply.body[name]) for name in NAMES if name in (reply.body or ()))}
    named |= {hash_of(name) for name in named}
    assert [entry["action"] for entry in new] == ([] if row.action is None else [row.action])
    for entry in new:
        assert entry["actor"] == {"kind": "api_key", "name": "laptop", "by": row.by}
        assert started <= datetime.fromisoformat(entry["at"]) <= datetime.now(UTC)
        assert entry["from"] == {"address": "203.0.113.10", "user_agent": USER_AGENT[:256]}
        assert entry["request_id"] == f"request-{number}"
        for document, expected in ((entry["before"], row.before), (entry["after"], row.after)):
            assert (document is None) is (expected is None), entry
            assert (document or {}).items() >= (expected or {}).items()
        assert entry["subject"]["id"] in named
        for secret in ("plc_", "A SECRET REASON", EMAIL.value, "digest"):
            assert secret not in str(entry)


@each_told
def test_what_is_done_again_leaves_no_second_entry(office: Office, row: Row) -> None:
    path = row.place(office)
    office.send(row.method, path, row.body)
    before = office.told()
    office.send(row.method, path, row.body)

    assert len(office.told()) == len(before) + row.again


@each_told
def test_what_is_refused_leaves_no_entry(office: Office, row: Row) -> None:
    path = row.place(office)
    before = office.told()

    assert office.send(row.method, path, row.body, scopes=("read", "ingest")).status == 403
    if row.body is not None:
        assert office.send(row.method, path, {**row.body, "unheard_of": True}).status == 422
    if "{" in row.resource and row.resource != "/funnel/versions/{version}/rollback":
        assert office.send(row.method, path, row.body, workspace="other").status == 404

    assert office.told() == before
    assert office.told("other") == []


def test_what_is_done_in_one_workspace_is_not_told_in_another(office: Office) -> None:
    office.key()

    assert len(office.told()) == 1
    assert office.told("other") == office.told("acme-2") == []


def test_the_trail_is_read_by_its_filters_and_page_by_page(office: Office) -> None:
    office.signed()
    office.key()
    whole = office.told()

    assert [entry["action"] for entry in whole] == ["key.issued", "draft.signed", "draft.signed"]
    assert office.told(action="draft.signed") == whole[1:]
    assert office.told(actor=SAM) == whole[1:2]
    assert office.told(actor="laptop") == whole
    assert office.told(subject=whole[0]["subject"]["id"]) == whole[:1]
    assert office.told(**{"from": whole[1]["at"], "to": whole[0]["at"]}) == whole[1:2]

    first = office.send("GET", "/audit", None, {"limit": "2"}).body
    rest = office.send("GET", "/audit", None, {"limit": "2", "cursor": first["next_cursor"]}).body
    assert first["entries"] + rest["entries"] == whole
    assert rest["next_cursor"] is None
