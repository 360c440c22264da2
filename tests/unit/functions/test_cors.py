"""Browsers let pages of listed origins read our answers, and of no others."""

from __future__ import annotations

import pytest

from lifecycle.contract.route import Route
from lifecycle.contract.routes import ROUTES, asked_beforehand
from tests.unit.functions.conftest import Call, Reply
from tests.unit.functions.test_every_function import path_of

LISTED = ("https://app.example.com", "http://localhost:5173")
STRANGERS = ["https://evil.example", "https://app.example.com.evil.example", "https://APP.example.com", "null", "*", ""]
PRIVATE = [route for route in ROUTES if not route.public]


@pytest.fixture(autouse=True)
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", ",".join(LISTED))


def ask(call: Call, path: str, origin: str) -> Reply:
    """A preflight, as a browser sends it: without the key."""
    functions = {asked_beforehand(route) for route in ROUTES if path_of(route) == path and not route.public}
    function = next(iter(functions), "describe_api")
    return call(function, "OPTIONS", path, headers={"origin": origin}, requestContext={"requestId": "r"})


@pytest.mark.parametrize("origin", LISTED)
@pytest.mark.parametrize("route", PRIVATE, ids=lambda route: f"{route.method} {route.path}")
def test_a_listed_origin_may_send_what_a_path_takes(call: Call, route: Route, origin: str) -> None:
    reply = ask(call, path_of(route), origin)

    assert (reply.status, reply.body) == (204, "")
    assert reply.headers["Access-Control-Allow-Origin"] == origin
    assert route.method in reply.headers["Access-Control-Allow-Methods"].split(", ")
    assert "authorization" in reply.headers["Access-Control-Allow-Headers"]
    assert int(reply.headers["Access-Control-Max-Age"]) > 0
    assert reply.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in reply.headers


@pytest.mark.parametrize("origin", STRANGERS)
def test_another_origin_is_told_nothing(call: Call, origin: str) -> None:
    for reply in (
        ask(call, "/prospects", origin),
        call("read_prospects", "GET", "/prospects", headers={"Origin": origin}),
    ):
        assert not [name for name in reply.headers if name.startswith("Access-Control-")]
        assert reply.headers["Vary"] == "Origin"


@pytest.mark.parametrize("authorization", ["Bearer plc_a-key", "Basic x"], ids=["good", "refused"])
def test_every_answer_says_who_may_read_it_and_refusals_too(call: Call, authorization: str) -> None:
    headers = {"Origin": LISTED[1], "Authorization": authorization}
    reply = call("read_prospects", "GET", "/prospects", headers=headers)

    assert reply.status in (200, 401)
    assert reply.headers["Access-Control-Allow-Origin"] == LISTED[1]
    assert reply.headers["Access-Control-Expose-Headers"] == "Retry-After"


@pytest.mark.parametrize("variable", ["", None], ids=["empty", "missing"])
def test_without_a_list_nobody_else_may(call: Call, monkeypatch: pytest.MonkeyPatch, variable: str | None) -> None:
    monkeypatch.delenv("CORS_ORIGINS") if variable is None else monkeypatch.setenv("CORS_ORIGINS", variable)
    for origin in (LISTED[0], ""):
        reply = ask(call, "/prospects", origin)
        assert reply.status == 204
        assert not [name for name in reply.headers if name.startswith("Access-Control-") or name == "Vary"]


def test_what_is_no_path_has_no_preflight(call: Call) -> None:
    assert ask(call, "/nowhere", LISTED[0]).status == 404
