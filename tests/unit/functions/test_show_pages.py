"""The pages: who sees them, that nothing in them becomes markup, and what they forbid the browser."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from lifecycle.contract.funnel_examples import DRAFT_ID, SIMULATION_ID
from lifecycle.contract.page_routes import PAGE_ROUTES
from lifecycle.contract.route import Route
from lifecycle.contract.session_examples import SESSION
from lifecycle.events import Activity, Identity
from lifecycle.services.scopes import SCOPES
from lifecycle.services.sessions import csrf_token_of
from tests.unit.functions.conftest import PUBLIC_URL, Call, Reply, authorized
from tests.unit.functions.fake_lifecycle import ANNS_ID, NOON, FakeLifecycle, transition, view

SEGMENTS = {
    "prospect_id": ANNS_ID,
    "draft_id": DRAFT_ID,
    "simulation_id": SIMULATION_ID,
    "team": "marketing",
    "version": "2",
    "file": "page-0.js",
}
SHOWN = [route for route in PAGE_ROUTES if route.method == "GET" and not route.public]
PRIVATE = [route for route in PAGE_ROUTES if not route.public]
HOSTILE = "<script>alert(1)</script>"
each_shown = pytest.mark.parametrize("route", SHOWN, ids=lambda route: route.path)


def visit(call: Call, route: Route, scopes: tuple[str, ...] = SCOPES, **parts: Any) -> Reply:
    """Ask for a page, or send its form, as a browser that has signed in."""
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
        **parts,
    }
    return call(route.function, route.method, route.path.format_map(SEGMENTS), **given)


class Elements(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@each_shown
def test_a_page_is_shown_to_whoever_has_signed_in(call: Call, fake: FakeLifecycle, route: Route) -> None:
    reply = visit(call, route)

    assert reply.status == 200, reply.body
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"


@each_shown
def test_x(call: Call, fake: FakeLifecycle, route: Route) -> None:
    reply = visit(call, route)
    print(reply.body)
