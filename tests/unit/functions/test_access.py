"""Every route against every set of scopes, in the own workspace and in a foreign one. A new route wants a row here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from importlib import import_module
from typing import Any, NamedTuple

import pytest

from lifecycle.contract.caller import Caller, write_context
from lifecycle.contract.funnel_examples import DEFINITION, DRAFT_ID, SIMULATION_ID
from lifecycle.contract.key_examples import KEY_ID
from lifecycle.contract.resolver import Api, answer
from lifecycle.contract.route import TEAM_SCOPE, Method, Route
from lifecycle.contract.routes import ROUTES
from lifecycle.contract.session_examples import SESSION
from lifecycle.contract.source_examples import PART_ID, SOURCE_ID
from lifecycle.contract.times import format_time
from lifecycle.services.admission import Admission
from lifecycle.services.audit import AuditTrail
from lifecycle.services.audit_entries import SYSTEM, key_issued
from lifecycle.services.roles import ROLES, scopes_of
from lifecycle.services.scopes import SCOPES
from tests.fakes.memory_audit import MemoryAudit
from tests.fakes.memory_store import MemoryStore
from tests.fakes.reception import Reception
from tests.fakes.reporting import Reporting
from tests.unit.functions.conftest import API_FUNCTIONS, Call, FakeContext, authorized, request
from tests.unit.functions.fake_connections import FakeConnections
from tests.unit.functions.fake_jobs import FakeJobs
from tests.unit.functions.fake_keys import FakeKeys
from tests.unit.functions.fake_lifecycle import ANNS_ID, NOON, FakeLifecycle

MARKETING, SALES = "funnel:sign:marketing", "funnel:sign:sales"
#: Whoever signs in signs by no other name.
PERSON = "ann@example.com"
VISIT = {"type": "website_visit", "identities": {"email": "ann@example.com"}}
DRAFT = f"/funnel/drafts/{DRAFT_ID}"
SIMULATION = f"/funnel/simulations/{SIMULATION_ID}"
PROSPECT = f"/prospects/{ANNS_ID}"
SOURCE = f"/sources/{SOURCE_ID}"
PART = f"{SOURCE}/quarantine/{PART_ID}"


class Row(NamedTuple):
    """What a route takes.

    ``path`` and ``body`` make a request that the route's own workspace answers well. ``foreign`` is the status for
    another workspace, in which nothing of what the path names exists: 404, or what it answers of its own. ``opens``
    says whether it opens the workspace at all.
    """

    method: Method
    resource: str
    scope: str
    path: str
    body: Any = None
    foreign: int = 200
    opens: bool = True


ROWS = (
    Row("POST", "/activities", "ingest", "/activities", VISIT, 201),
    Row("POST", "/activities/batch", "ingest", "/activities/batch", [VISIT], 202),
    Row("PUT", "/deals/{deal_id}", "ingest", "/deals/D-1", {"status": "open"}),
    Row("DELETE", "/deals/{deal_id}", "ingest", "/deals/D-1"),
    Row("POST", "/prospects/{prospect_id}/decisions", "decide", f"{PROSPECT}/decisions", {"action": "accept"}, 404),
    Row("GET", "/prospects", "read", "/prospects"),
    Row("GET", "/prospects/{prospect_id}", "read", PROSPECT, None, 404),
    Row("GET", "/prospects/{prospect_id}/timeline", "read", f"{PROSPECT}/timeline", None, 404),
    Row("GET", "/prospects/{prospect_id}/explanation", "read", f"{PROSPECT}/explanation", None, 404),
    Row("GET", "/prospects/{prospect_id}/export", "admin", f"{PROSPECT}/export", None, 404),
    Row("DELETE", "/prospects/{prospect_id}", "admin", PROSPECT, None, 404),
    Row("GET", "/funnel", "read", "/funnel"),
    Row("GET", "/funnel/gallery", "read", "/funnel/gallery"),
    Row("GET", "/funnel/gallery/{name}", "read", "/funnel/gallery/default"),
    Row("GET", "/funnel/versions", "read", "/funnel/versions"),
    Row("GET", "/funnel/versions/{version}", "read", "/funnel/versions/2", None, 404),
    Row("DELETE", "/funnel/versions/{version}", "funnel:write", "/funnel/versions/2", None, 404),
    Row("POST", "/funnel/versions/{version}/rollback", "funnel:write", "/funnel/versions/2/rollback", None, 404),
    Row("GET", "/funnel/versions/{version}/reevaluation", "read", "/funnel/versions/2/reevaluation", None, 404),
    Row(
        "POST",
        "/funnel/versions/{version}/reevaluation",
        "funnel:write",
        "/funnel/versions/2/reevaluation",
        None,
        404,
    ),
    Row("GET", "/funnel/settings", "read", "/funnel/settings"),
    Row("PUT", "/funnel/settings", "admin", "/funnel/settings", {"signatures_required": True}),
    Row("GET", "/funnel/drafts", "read", "/funnel/drafts"),
    Row("POST", "/funnel/drafts", "funnel:write", "/funnel/drafts", {"definition": {}}, 422),
    Row("GET", "/funnel/drafts/{draft_id}", "read", DRAFT, None, 404),
    Row("PUT", "/funnel/drafts/{draft_id}", "funnel:write", DRAFT, {"definition": DEFINITION}, 404),
    Row("DELETE", "/funnel/drafts/{draft_id}", "funnel:write", DRAFT, None, 404),
    Row(
        "POST",
        "/funnel/drafts/{draft_id}/signatures",
        MARKETING,
        f"{DRAFT}/signatures",
        {"team": "marketing", "by": PERSON},
        404,
    ),
    Row(
        "POST",
        "/funnel/drafts/{draft_id}/signatures",
        SALES,
        f"{DRAFT}/signatures",
        {"team": "sales", "by": PERSON},
        404,
    ),
    Row("DELETE", "/funnel/drafts/{draft_id}/signatures/{team}", MARKETING, f"{DRAFT}/signatures/marketing", None, 404),
    Row("DELETE", "/funnel/drafts/{draft_id}/signatures/{team}", SALES, f"{DRAFT}/signatures/sales", None, 404),
    Row("POST", "/funnel/drafts/{draft_id}/publication", "funnel:write", f"{DRAFT}/publication", None, 404),
    Row("POST", "/funnel/drafts/{draft_id}/simulations", "funnel:write", f"{DRAFT}/simulations", None, 404),
    Row("GET", "/funnel/simulations", "read", "/funnel/simulations"),
    Row("GET", "/funnel/simulations/{simulation_id}", "read", SIMULATION, None, 404),
    Row("GET", "/funnel/simulations/{simulation_id}/moves", "read", f"{SIMULATION}/moves", None, 404),
    Row("DELETE", "/funnel/simulations/{simulation_id}", "funnel:write", SIMULATION, None, 404),
    Row("GET", "/keys", "admin", "/keys"),
    Row("POST", "/keys", "admin", "/keys", {"name": "crm", "scopes": ["ingest"]}, 201),
    Row("DELETE", "/keys/{key_id}", "admin", f"/keys/{KEY_ID}", None, 404),
    Row("GET", "/sources/kinds", "admin", "/sources/kinds", opens=False),
    Row("POST", "/sources/preview", "admin", "/sources/preview", {"kind": "segment", "payload": {}}, opens=False),
    Row("GET", "/sources", "admin", "/sources"),
    Row("POST", "/sources", "admin", "/sources", {"kind": "segment"}, 201),
    Row("GET", "/sources/{source_id}", "admin", SOURCE, None, 404),
    Row("PUT", "/sources/{source_id}", "admin", SOURCE, {"label": "x", "settings": {}}, 404),
    Row("POST", "/sources/{source_id}/secret", "admin", f"{SOURCE}/secret", {"secret": "new"}, 404),
    Row("DELETE", "/sources/{source_id}", "admin", SOURCE, None, 404),
    Row("GET", "/sources/{source_id}/quarantine", "admin", f"{SOURCE}/quarantine", None, 404),
    Row("POST", "/sources/{source_id}/quarantine/{part_id}/replay", "admin", f"{PART}/replay", None, 404),
    Row("DELETE", "/sources/{source_id}/quarantine/{part_id}", "admin", PART, None, 404),
    Row("GET", "/webhooks/unresolved", "read", "/webhooks/unresolved"),
    Row("GET", "/audit", "admin", "/audit"),
    Row("GET", "/reports/funnel", "read", "/reports/funnel"),
    Row("GET", "/reports/flows", "read", "/reports/flows"),
    Row("GET", "/reports/conversion", "read", "/reports/conversion"),
    Row("GET", "/reports/velocity", "read", "/reports/velocity"),
    Row("GET", "/reports/viscosity", "read", "/reports/viscosity"),
    Row("GET", "/reports/lost-reasons", "read", "/reports/lost-reasons"),
    # Which number is told in the query, which is beside the point here: without one it is refused for that.
    Row("GET", "/reports/prospects", "read", "/reports/prospects", None, 422, opens=False),
    Row("GET", "/reports/definitions", "read", "/reports/definitions", opens=False),
    Row("GET", "/reports/settings", "read", "/reports/settings"),
    Row("PUT", "/reports/settings", "funnel:write", "/reports/settings", {"time_zone": "Europe/Berlin"}),
)
PRIVATE = {(route.method, route.path): route for route in ROUTES if not route.public and route.credential == "bearer"}
OF_SESSIONS = [route for route in ROUTES if route.credential == "session"]
SCOPE_SETS: tuple[tuple[str, ...], ...] = (
    (),
    *((scope,) for scope in SCOPES),
    *(tuple(other for other in SCOPES if other not in (scope, "admin")) for scope in SCOPES),
    SCOPES,
    ("everything", "Admin", " admin"),
)

each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.path} {row.scope}")


def route_of(row: Row) -> Route:
    return PRIVATE[row.method, row.resource]


def may(row: Row, scopes: Sequence[str]) -> bool:
    """The rule, said once more: the scope itself, or the administration's for all but signatures."""
    return row.scope in scopes or ("admin" in scopes and row.scope not in (MARKETING, SALES))


def test_every_private_route_has_a_row() -> None:
    assert {(row.method, row.resource) for row in ROWS} == PRIVATE.keys()


@each_row
def test_a_route_declares_the_scope_of_its_row(row: Row) -> None:
    assert route_of(row).scope == (TEAM_SCOPE if row.scope in (MARKETING, SALES) else row.scope)


@each_row
@pytest.mark.parametrize("scopes", SCOPE_SETS, ids=lambda scopes: ",".join(scopes) or "none")
def test_a_route_answers_whoever_has_its_scope_and_nobody_else(
    call: Call, fake: FakeLifecycle, keys: FakeKeys, jobs: FakeJobs, row: Row, scopes: tuple[str, ...]
) -> None:
    context = {"requestId": "r", "authorizer": authorized(scopes)}

    reply = call(route_of(row).function, row.method, row.path, body=row.body, requestContext=context)

    assert (reply.status == 403) is not may(row, scopes), reply.body
    if reply.status == 403:
        assert reply.body["type"] == "urn:prospect-lifecycle:problem:insufficient-scope"
        assert row.scope in reply.body["needed"]
        assert reply.body["scopes"] == [scope for scope in SCOPES if scope in scopes]
        assert row.scope in reply.headers["WWW-Authenticate"]
        assert [fake.log, fake.calls, keys.granted, jobs.calls] == [[], [], [], []]


@each_row
@pytest.mark.parametrize("scopes", [None, ""], ids=["missing", "empty"])
def test_a_context_without_scopes_opens_nothing(call: Call, row: Row, scopes: str | None) -> None:
    authorizer = {"workspace": "local", "actor": "key:laptop", "credential": "key"} | (
        {} if scopes is None else {"scopes": scopes}
    )
    context = {"requestId": "r", "authorizer": authorizer}

    reply = call(route_of(row).function, row.method, row.path, body=row.body, requestContext=context)

    assert (reply.status, reply.body["scopes"]) == (403, [])


def test_a_route_that_declares_no_scope_opens_for_nobody(context: FakeContext) -> None:
    api = Api()
    api.route(Route("GET", "/new", "new", "New", (), scope=None))(lambda: answer({"data": "secret"}))

    response = api.respond(request("GET", "/new"), context)  # type: ignore[arg-type]

    assert response["statusCode"] == 403
    assert "secret" not in response["body"]


# ----------------------------------------------------------------------------------------------------------------------
# People, by their roles
# ----------------------------------------------------------------------------------------------------------------------

#: What each role opens, said once more.
OPENED = {
    "analyst": {"read"},
    "marketing": {"read", "decide", "funnel:write", MARKETING},
    "sales": {"read", "decide", "funnel:write", SALES},
    "admin": {"ingest", "read", "decide", "funnel:write", "admin"},
}
ROLE_SETS: tuple[tuple[str, ...], ...] = (
    (),
    *((role,) for role in OPENED),
    ("marketing", "sales"),
    ("analyst", "admin"),
    tuple(OPENED),
    ("owner", "Admin", "ingest"),
)

each_set_of_roles = pytest.mark.parametrize("roles", ROLE_SETS, ids=lambda roles: ",".join(roles) or "none")


def person(roles: Sequence[str], workspace: str = "local") -> dict[str, Any]:
    """The context of a request with the token of somebody with some roles."""
    admission = Admission(workspace, PERSON, "f3c2a1", scopes_of(roles), "token", NOON + timedelta(hours=1))
    return {"requestId": "r", "authorizer": write_context(admission, "secret")}


def opens(row: Row, roles: Sequence[str]) -> bool:
    return any(row.scope in OPENED.get(role, ()) for role in roles)


@each_row
@each_set_of_roles
def test_a_route_answers_whoever_has_a_role_for_it_and_nobody_else(
    call: Call, fake: FakeLifecycle, keys: FakeKeys, jobs: FakeJobs, row: Row, roles: tuple[str, ...]
) -> None:
    reply = call(route_of(row).function, row.method, row.path, body=row.body, requestContext=person(roles))

    assert (reply.status == 403) is not opens(row, roles), reply.body
    assert reply.status != 401
    if reply.status == 403:
        assert [fake.log, fake.calls, keys.granted, jobs.calls] == [[], [], [], []]


def test_nobody_signs_by_administering() -> None:
    assert all(team not in scopes_of(["admin"]) for team in (MARKETING, SALES))
    assert {*OPENED} == {*ROLES}


# ----------------------------------------------------------------------------------------------------------------------
# Sessions of browsers
# ----------------------------------------------------------------------------------------------------------------------


@each_row
def test_a_session_opens_no_route_of_keys_and_tokens(call: Call, fake: FakeLifecycle, row: Row) -> None:
    context = {"requestId": "r", "authorizer": authorized(credential="session")}
    cookie = {"cookie": [f"__Host-session={SESSION}"]}

    reply = call(
        route_of(row).function, row.method, row.path, body=row.body, requestContext=context, multiValueHeaders=cookie
    )

    assert (reply.status, reply.body["type"].rpartition(":")[2]) == (401, "wrong-credential")
    assert [fake.log, fake.calls] == [[], []]


@pytest.mark.parametrize("route", OF_SESSIONS, ids=lambda route: f"{route.method} {route.path}")
@pytest.mark.parametrize("kind", ["key", "token"])
def test_neither_key_nor_token_opens_a_route_of_sessions(call: Call, route: Route, kind: str) -> None:
    context = {"requestId": "r", "authorizer": authorized(credential=kind, paging_secret="secret")}

    reply = call(route.function, route.method, route.path, requestContext=context)

    assert (reply.status, reply.body["type"].rpartition(":")[2]) == (401, "wrong-credential")


@each_row
@pytest.mark.parametrize(("ahead", "status"), [(timedelta(seconds=1), None), (timedelta(0), 401)])
def test_a_credential_that_ended_while_it_was_remembered_opens_nothing(
    call: Call, row: Row, ahead: timedelta, status: int | None
) -> None:
    context = {"requestId": "r", "authorizer": authorized(valid_until=format_time(NOON + ahead))}

    reply = call(route_of(row).function, row.method, row.path, body=row.body, requestContext=context)

    assert (reply.status == 401) is (status == 401)


@each_row
def test_a_kind_of_credential_that_nobody_knows_opens_nothing(call: Call, row: Row) -> None:
    context = {"requestId": "r", "authorizer": authorized(credential="everything", paging_secret="secret")}

    assert call(route_of(row).function, row.method, row.path, body=row.body, requestContext=context).status == 401


def test_what_an_earlier_authorizer_said_of_a_key_is_understood_for_five_minutes_more(call: Call) -> None:
    remembered = {"workspace": "local", "key_name": "laptop", "scopes": "read"}

    reply = call("read_prospects", "GET", "/prospects", requestContext={"requestId": "r", "authorizer": remembered})

    assert reply.status == 200


class Houses:
    """Two workspaces: one has everything that the rows name, the other one nothing."""

    def __init__(self, reception: Reception) -> None:
        self.opened: list[str] = []
        empty = FakeLifecycle()
        empty.views.clear()
        no_jobs, no_keys = FakeJobs(), FakeKeys()
        no_jobs.records.clear()
        no_keys.records.clear()
        no_sources = FakeConnections()
        no_sources.records.clear()
        self._local = {"lifecycle_for": FakeLifecycle(), "jobs_for": FakeJobs(), "keys_for": FakeKeys()}
        self._other = {"lifecycle_for": empty, "jobs_for": no_jobs, "keys_for": no_keys}
        self._local["connections_for"], self._other["connections_for"] = FakeConnections(), no_sources
        trail = MemoryAudit("local")
        trail.record(key_issued(SYSTEM, FakeKeys().records[0]))
        self._local["audit_for"] = AuditTrail(trail, MemoryStore("local"))
        self._other["audit_for"] = AuditTrail(MemoryAudit("other"), MemoryStore("other"))
        self._local["desk_for"], self._other["desk_for"] = reception.desk, Reception().desk
        for house, workspace in ((self._local, "local"), (self._other, "other")):
            reporting = Reporting(MemoryStore(workspace), now=NOON)
            house["reports_for"], house["counted_for"] = reporting.reports, reporting.counted
            house["report_settings_for"] = reporting.settings

    def opening(self, name: str) -> Callable[[Caller], Any]:
        """Opens a kind of use cases for the caller's workspace."""

        def opened(caller: Caller) -> Any:
            self.opened.append(caller.workspace)
            return {"local": self._local, "other": self._other}[caller.workspace][name]

        return opened


@pytest.fixture
def houses(monkeypatch: pytest.MonkeyPatch, fake: FakeLifecycle, reception: Reception) -> Houses:
    houses = Houses(reception)
    for function in API_FUNCTIONS:
        app = import_module(f"functions.{function}.app")
        reports = ("reports_for", "counted_for", "report_settings_for")
        for name in ("lifecycle_for", "desk_for", "jobs_for", "keys_for", "audit_for", "connections_for", *reports):
            monkeypatch.setattr(app, name, houses.opening(name), raising=False)
    return houses


@each_row
def test_what_another_workspace_has_does_not_exist(call: Call, houses: Houses, row: Row) -> None:
    context = {"requestId": "r", "authorizer": authorized(workspace="other")}

    reply = call(route_of(row).function, row.method, row.path, body=row.body, requestContext=context)

    assert set(houses.opened) == ({"other"} if row.opens else set())
    assert reply.status == row.foreign, reply.body
    if row.foreign == 404:
        assert reply.headers["Content-Type"] == "application/problem+json"
    if row.method == "GET":
        assert not [id_ for id_ in (ANNS_ID, DRAFT_ID, SIMULATION_ID, KEY_ID, PART_ID) if id_ in str(reply.body)]


@each_row
@each_set_of_roles
def test_what_another_workspace_has_does_not_exist_for_people_either(
    call: Call, houses: Houses, row: Row, roles: tuple[str, ...]
) -> None:
    reply = call(route_of(row).function, row.method, row.path, body=row.body, requestContext=person(roles, "other"))

    assert set(houses.opened) <= {"other"}
    assert reply.status == (row.foreign if opens(row, roles) else 403), reply.body


@each_row
def test_the_same_request_is_answered_in_the_own_workspace(call: Call, houses: Houses, row: Row) -> None:
    context = {"requestId": "r", "authorizer": authorized()}

    reply = call(route_of(row).function, row.method, row.path, body=row.body, requestContext=context)

    assert set(houses.opened) == ({"local"} if row.opens else set())
    assert reply.status != 404
