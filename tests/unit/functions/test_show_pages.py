"""The pages: who sees them, that nothing in them becomes markup, and what they forbid the browser."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from lifecycle.contract.funnel_examples import DRAFT_ID, SIMULATION_ID
from lifecycle.contract.page_routes import PAGE_ROUTES
from lifecycle.contract.route import Route
from lifecycle.contract.session_examples import SESSION
from lifecycle.events import Activity, Decision, Identity, Withdrawal
from lifecycle.pages.frame import POLICY
from lifecycle.services.errors import FunnelBusyError, ProspectErasedError
from lifecycle.services.scopes import SCOPES
from lifecycle.services.sessions import csrf_token_of
from tests.unit.functions.conftest import PUBLIC_URL, Call, Reply, authorized
from tests.unit.functions.fake_lifecycle import ANN, ANNS_ID, NOON, FakeLifecycle, transition, view

BASE = urlsplit(PUBLIC_URL).path
SEGMENTS = {
    "prospect_id": ANNS_ID,
    "draft_id": DRAFT_ID,
    "simulation_id": SIMULATION_ID,
    "team": "marketing",
    "version": "2",
    "file": "page-0.js",
    "name": "flows",
}
PRIVATE = [route for route in PAGE_ROUTES if not route.public]
SHOWN = [route for route in PRIVATE if route.function == "show_pages"]
CHANGING = [route for route in PRIVATE if route.method != "GET"]
HOSTILE = "<script>alert(1)</script>"
#: Names that a spreadsheet or a browser might take for more than names.
NAMES = (
    HOSTILE,
    "=cmd|' /C calc'!A0",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "javascript:alert(1)",
    "'-alert(1)-'",
)


def by_name(routes: list[Route]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("route", routes, ids=lambda route: f"{route.method} {route.path}")


def visit(call: Call, route: Route, scopes: tuple[str, ...] = SCOPES, form: Any = None, **parts: Any) -> Reply:
    """Ask for a page, or send its form, as a browser that has signed in does."""
    headers = {
        "cookie": f"__Host-session={SESSION}",
        "x-csrf-token": csrf_token_of(SESSION),
        "content-type": "application/x-www-form-urlencoded",
        **parts.pop("more_headers", {}),
    }
    given = {
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "requestContext": {"requestId": "r", "authorizer": authorized(scopes, credential="session")},
        "body": None if form is None else urlencode(form),
        **parts,
    }
    return call(route.function, route.method, route.path.format_map(SEGMENTS), **given)


def nobody(call: Call, route: Route, **parts: Any) -> Reply:
    """The same without a session, as the authorizer lets it through."""
    context = {"requestId": "r", "authorizer": {"principalId": "nobody", "credential": "none"}}
    return visit(call, route, requestContext=context, **parts)


def route_of(method: str, path: str) -> Route:
    (found,) = (route for route in PAGE_ROUTES if (route.method, route.path) == (method, path))
    return found


PROSPECT = route_of("GET", "/pages/prospects/{prospect_id}")
PROSPECTS = route_of("GET", "/pages/prospects")
DECISION = route_of("POST", "/pages/prospects/{prospect_id}/decisions")


class Elements(HTMLParser):
    """The elements of a page, and its text, as a browser would read them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def tags(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]


# ----------------------------------------------------------------------------------------------------------------------
# Who sees them
# ----------------------------------------------------------------------------------------------------------------------


@by_name(SHOWN)
def test_a_page_is_shown_to_whoever_has_signed_in(call: Call, fake: FakeLifecycle, route: Route) -> None:
    reply = visit(call, route)

    assert reply.status == 200, reply.body
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert reply.headers["Cache-Control"] == "no-store"


@by_name([route for route in PRIVATE if route.method == "GET"])
def test_who_has_no_session_is_led_to_where_one_signs_in_and_back(
    call: Call, fake: FakeLifecycle, route: Route
) -> None:
    reply = nobody(call, route, query={"stage": ["engaged & more"]})

    assert reply.status == 302
    told = urlsplit(reply.headers["Location"])
    assert told.path == f"{BASE}/pages/sign-in"
    wanted = urlsplit(parse_qs(told.query)["return_to"][0])
    assert wanted.path == route.path.format_map(SEGMENTS)
    assert parse_qs(wanted.query) == {"stage": ["engaged & more"]}
    assert fake.calls == []


@by_name(PRIVATE)
def test_a_script_without_a_session_leads_the_whole_page_to_where_one_signs_in(
    call: Call, fake: FakeLifecycle, route: Route
) -> None:
    reply = nobody(call, route, more_headers={"hx-request": "true"})

    assert (reply.status, reply.headers["HX-Redirect"]) == (401, f"{BASE}/pages/sign-in")
    assert (fake.log, fake.calls) == ([], [])


@by_name(PRIVATE)
@pytest.mark.parametrize("kind", ["key", "token"])
def test_neither_key_nor_token_opens_a_page(call: Call, fake: FakeLifecycle, route: Route, kind: str) -> None:
    context = {"requestId": "r", "authorizer": authorized(credential=kind, paging_secret="secret")}

    reply = visit(call, route, requestContext=context)

    assert reply.status in (302, 401)
    assert (fake.log, fake.calls) == ([], [])


@by_name(PRIVATE)
@pytest.mark.parametrize("scope", SCOPES)
def test_a_page_opens_for_its_scope_alone(call: Call, fake: FakeLifecycle, route: Route, scope: str) -> None:
    wanted = {"{team}": False}.get(str(route.scope), scope in route.scopes)
    opens = wanted or (scope == "admin" and route.scope != "funnel:sign:{team}")

    reply = visit(call, route, scopes=(scope,), form={})

    if route.scope != "funnel:sign:{team}":  # which team's it takes is known from the form
        assert (reply.status == 403) is not opens, reply.body
    if reply.status == 403:
        assert "You may not do this" in reply.body
        assert (fake.log, fake.calls) == ([], [])


@by_name(CHANGING)
@pytest.mark.parametrize(
    "headers",
    [{"x-csrf-token": ""}, {"x-csrf-token": csrf_token_of("other")}, {"origin": "https://evil.example"}],
    ids=["no token", "another session's", "another site's page"],
)
def test_a_form_is_taken_from_our_own_pages_alone(
    call: Call, fake: FakeLifecycle, route: Route, headers: dict[str, str]
) -> None:
    reply = visit(call, route, form={"action": "accept"}, more_headers=headers)

    assert reply.status == 403
    assert (fake.log, fake.calls) == ([], [])


def test_where_one_signs_in_is_open_to_all_and_leads_nowhere_else(call: Call, fake: FakeLifecycle) -> None:
    sign_in = route_of("GET", "/pages/sign-in")

    page = Elements(nobody(call, sign_in, query={"return_to": ["/pages/funnel"]}).body)
    assert page.tags("form")[0]["data-then"] == f"{BASE}/pages/funnel"

    assert page.tags("p")[0].get("role") is None
    refused = Elements(nobody(call, sign_in, query={"refused": ["true"]}).body)
    assert refused.tags("p")[0]["role"] == "alert"

    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        reply = nobody(call, sign_in, query={"return_to": [elsewhere]})
        assert reply.status == 422
        assert "evil.example" not in reply.body


# ----------------------------------------------------------------------------------------------------------------------
# What they forbid, and what they are made of
# ----------------------------------------------------------------------------------------------------------------------


@by_name(list(PAGE_ROUTES))
@pytest.mark.parametrize("opened", [True, False], ids=["signed in", "not"])
def test_every_answer_forbids_the_browser_what_it_has_no_use_for(
    call: Call, fake: FakeLifecycle, route: Route, opened: bool
) -> None:
    if route.function == "serve_assets":
        return
    reply = visit(call, route, form={}) if opened else nobody(call, route)

    policy = reply.headers["Content-Security-Policy"]
    assert policy == POLICY
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "http" not in policy


@by_name(SHOWN)
def test_a_page_has_nothing_that_its_policy_forbids(call: Call, fake: FakeLifecycle, route: Route) -> None:
    for tag, attributes in Elements(visit(call, route).body).found:
        assert "style" not in attributes, (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert not [name for name in attributes if name.startswith("hx-on")], "htmx would evaluate it"
        assert tag != "style"
        if tag == "script":
            assert attributes["src"].startswith(f"{BASE}/assets/")
        for name in ("src", "href", "action", "hx-get", "hx-post", "hx-put", "hx-delete"):
            if name in attributes:
                assert attributes[name].startswith((f"{BASE}/", "#")), (tag, attributes)


@by_name([route for route in SHOWN if not route.path.endswith("/timeline")])
def test_a_page_says_its_language_its_title_and_where_its_content_begins(
    call: Call, fake: FakeLifecycle, route: Route
) -> None:
    page = Elements(visit(call, route).body)
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    labelled = {attributes.get("for") for attributes in page.tags("label")}

    assert page.tags("html")[0]["lang"] == "en"
    assert len(page.tags("h1")) == 1
    assert page.tags("main")[0]["id"] == "main"
    assert len(ids) == len(set(ids))
    for tag in ("input", "select", "textarea"):
        for field in page.tags(tag):
            if field.get("type") != "hidden" and "aria-label" not in field:
                assert field.get("id") in labelled or field.get("name") == "reason", field


# ----------------------------------------------------------------------------------------------------------------------
# Names that are more than names
# ----------------------------------------------------------------------------------------------------------------------


def hostile_prospect(fake: FakeLifecycle, name: str) -> None:
    """A prospect all of whose texts are such a name."""
    found = view(
        prospect_id=ANNS_ID,
        stage=name,
        status=name,
        lead_status=name,
        lost_reason=name,
        identities=(Identity("email", name), Identity("visitor", name), Identity(f"crm:{name}", name)),
    )
    fake.views[:] = [found]
    activity = Activity(
        id=name,
        occurred_at=NOON,
        recorded_at=NOON,
        type=name,
        direction="inbound",
        identities=found.identities,
        properties={name: name},
        traits={name: [name]},
        source=name,
    )
    fake.entries = (activity, transition(criterion=name, reason=name, actor=name, evidence=(name,), actions=(name,)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("route", [PROSPECT, PROSPECTS], ids=["prospect", "list"])
def test_a_name_never_becomes_markup(
    call: Call, fake: FakeLifecycle, monkeypatch: pytest.MonkeyPatch, route: Route, name: str
) -> None:
    plain = Elements(visit(call, route).body)
    hostile_prospect(fake, name)
    page = Elements(visit(call, route).body)

    assert name in page.text
    assert {tag for tag, _ in page.found} <= {tag for tag, _ in plain.found} | {"span", "svg", "circle"}
    assert len(page.tags("script")) == len(plain.tags("script"))
    assert page.tags("img") == plain.tags("img")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_searched_for_stays_text(call: Call, fake: FakeLifecycle, name: str) -> None:
    page = Elements(visit(call, PROSPECTS, query={"q": [name]}).body)

    (field,) = (field for field in page.tags("input") if field.get("id") == "q")
    assert field["value"] == name.strip()
    assert len(page.tags("script")) == 1


def test_only_our_own_sentences_can_be_put_into_a_page(call: Call, fake: FakeLifecycle) -> None:
    told = visit(call, PROSPECT, query={"notice": ["accept"]}).body
    untold = visit(call, PROSPECT, query={"notice": ["You have won. Call 0190-666"]}).body

    assert "The prospect was accepted." in told
    assert "0190" not in untold


# ----------------------------------------------------------------------------------------------------------------------
# The search, and a prospect
# ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["ann@example.com", " Ann@Example.com ", ANNS_ID])
def test_an_email_or_an_id_leads_straight_to_its_prospect(call: Call, fake: FakeLifecycle, wanted: str) -> None:
    reply = visit(call, PROSPECTS, query={"q": [wanted]})

    assert (reply.status, reply.headers["Location"]) == (302, f"{BASE}/pages/prospects/{ANNS_ID}")


@pytest.mark.parametrize("wanted", ["nobody@example.com", "p" + "a" * 26, "no email", "@"])
def test_a_search_that_finds_nobody_says_so(call: Call, fake: FakeLifecycle, wanted: str) -> None:
    reply = visit(call, PROSPECTS, query={"q": [wanted]})

    assert reply.status == 200
    assert "Nobody has this email or id" in reply.body


def test_the_page_of_nobody_is_a_page_too(call: Call, fake: FakeLifecycle) -> None:
    fake.views.clear()
    reply = visit(call, PROSPECT)

    assert reply.status == 404
    assert "<h1>Not found</h1>" in reply.body


def test_the_page_of_somebody_erased_says_so(call: Call, fake: FakeLifecycle) -> None:
    fake.fails_with = ProspectErasedError()

    assert visit(call, PROSPECT).status == 410


def test_evidence_leads_to_its_event(call: Call, fake: FakeLifecycle) -> None:
    fake.entries = (
        transition(),
        Activity("form-2041", NOON, NOON, type="form_submission", direction="inbound", identities=(ANN,)),
    )
    page = Elements(visit(call, PROSPECT).body)
    ids = {attributes["id"] for _, attributes in page.found if "id" in attributes}
    evidence = {link["href"][1:] for link in page.tags("a") if link["href"].startswith("#event-")}

    assert evidence
    assert evidence & ids


def test_who_may_not_decide_sees_no_buttons_for_it(call: Call, fake: FakeLifecycle) -> None:
    may = Elements(visit(call, PROSPECT, scopes=("read", "decide")).body)
    may_not = Elements(visit(call, PROSPECT, scopes=("read",)).body)

    assert [form for form in may.tags("form") if "hx-post" in form]
    assert not [form for form in may_not.tags("form") if "hx-post" in form]


# ----------------------------------------------------------------------------------------------------------------------
# Forms
# ----------------------------------------------------------------------------------------------------------------------


def test_a_decision_is_taken_once_and_told(call: Call, fake: FakeLifecycle) -> None:
    form = {
        "id": "d-1",
        "action": "set_stage",
        "stage": "sales_qualified",
        "reason": HOSTILE,
        "answer.budget": "yes",
        "note.budget": "10,000",
        "answer.need": "no",
        "answer.timeline": "",
    }
    reply = visit(call, DECISION, form=form)

    assert reply.status == 303
    assert reply.headers["Location"] == f"{BASE}/pages/prospects/{ANNS_ID}?notice=set_stage"
    (ruling,) = fake.log
    assert isinstance(ruling, Decision)
    assert fake.calls == [("decide", ANNS_ID)]
    assert (ruling.id, ruling.action, ruling.stage, ruling.reason) == ("d-1", "set_stage", "sales_qualified", HOSTILE)
    assert ruling.qualification == {"budget": {"met": True, "note": "10,000"}, "need": False}


def test_an_event_is_withdrawn_from_the_timeline(call: Call, fake: FakeLifecycle) -> None:
    reply = visit(call, DECISION, form={"action": "withdraw", "event_id": "form-2041", "reason": ""})

    (ruling,) = fake.log
    assert isinstance(ruling, Withdrawal)
    assert (reply.status, ruling.event_id, ruling.reason) == (303, "form-2041", None)


@pytest.mark.parametrize(
    ("form", "what"),
    [
        ({"action": "disqualify"}, "/reason is missing"),
        ({"action": "fire"}, "/action is not an action"),
        ({"action": "accept", "colour": "red"}, "/colour"),
    ],
)
def test_a_form_that_is_refused_says_why_beside_it(
    call: Call, fake: FakeLifecycle, form: dict[str, str], what: str
) -> None:
    reply = visit(call, DECISION, form=form, more_headers={"hx-request": "true"})

    assert reply.status == 422
    assert what in Elements(reply.body).text
    assert '<div id="notice" role="alert">' in reply.body
    assert "<html" not in reply.body
    assert fake.log == []


@pytest.mark.parametrize("body", ["action=accept&action=disqualify", "%ff=1", "a=1&" * 300])
def test_what_is_no_form_of_ours_is_refused(call: Call, fake: FakeLifecycle, body: str) -> None:
    assert visit(call, DECISION, body=body).status == 400
    assert fake.log == []


def test_what_failed_by_chance_is_told_as_such(
    call: Call, fake: FakeLifecycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.fails_with = FunnelBusyError()
    reply = visit(call, PROSPECT)

    assert reply.status == 503
    assert "Please try again" in reply.body


def test_an_unforeseen_error_tells_nothing_but_its_request(call: Call, fake: FakeLifecycle) -> None:
    fake.fails_with = KeyError("ann@example.com")
    reply = visit(call, PROSPECT)

    assert reply.status == 500
    assert "ann@example.com" not in reply.body
    assert "Request r" in reply.body


# ----------------------------------------------------------------------------------------------------------------------
# The files
# ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "coding", "content"),
    [
        ("gzip, deflate, br", "br", b"br"),
        ("gzip", "gzip", b"gz"),
        ("br;q=0, gzip;q=0.5", "gzip", b"gz"),
        ("identity", None, b"/* page-0.js */"),
        ("", None, b"/* page-0.js */"),
    ],
)
def test_a_file_is_packed_as_the_browser_takes_it(
    call: Call, accepted: str, coding: str | None, content: bytes
) -> None:
    from base64 import b64decode

    reply = call("serve_assets", "GET", "/assets/page-0.js", headers={"Accept-Encoding": accepted})

    assert reply.status == 200
    assert reply.headers.get("Content-Encoding") == coding
    assert reply.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (b64decode(reply.body) if coding else reply.body.encode()) == content


@pytest.mark.parametrize("name", ["page.js", "manifest.json", "..%2Fmanifest.json", "page-0.js.gz", "__init__.py"])
def test_nothing_else_is_served(call: Call, name: str) -> None:
    assert call("serve_assets", "GET", f"/assets/{name}").status == 404
