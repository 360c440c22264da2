"""Every request of a caller asks the throttle, first of all; whom it refuses is told to come again later."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.contract import resolver, throttling
from lifecycle.contract.caller import Caller
from lifecycle.contract.route import Route
from lifecycle.contract.routes import ROUTES
from lifecycle.services.errors import ThrottledError
from lifecycle.services.throttle import Rates
from tests.unit.functions.conftest import Call, authorized
from tests.unit.functions.fake_lifecycle import FakeLifecycle
from tests.unit.functions.test_every_function import path_of

PRIVATE = [route for route in ROUTES if not route.public and route.credential == "bearer"]


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_caller: Caller) -> None:
        raise ThrottledError("key", 5, 7)

    monkeypatch.setattr(resolver, "admit", refuse)


@pytest.mark.usefixtures("refusing")
@pytest.mark.parametrize("route", PRIVATE, ids=lambda route: f"{route.method} {route.path}")
def test_whoever_is_refused_is_told_when_to_come_again_and_nothing_was_done(
    call: Call, fake: FakeLifecycle, route: Route
) -> None:
    # The body is no JSON, and the key has no scope: neither is looked at.
    context = {"requestId": "r", "authorizer": authorized(())}
    reply = call(route.function, route.method, path_of(route), body="{", requestContext=context)

    assert reply.status == 429
    assert reply.body["type"] == "urn:prospect-lifecycle:problem:too-many-requests"
    assert reply.headers["Retry-After"] == "7"
    assert not fake.calls


@pytest.mark.usefixtures("refusing")
@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if route.public and route.function == "describe_api"],
    ids=lambda route: f"{route.method} {route.path}",
)
def test_what_anybody_may_read_is_not_counted(call: Call, route: Route) -> None:
    assert call(route.function, route.method, path_of(route)).status == 200


@pytest.mark.parametrize(
    ("more", "key_id", "rate"),
    [
        ({"key_id": "3f9a1c7e5b2d", "requests_per_second": "5"}, "3f9a1c7e5b2d", 5),
        ({"key_id": "3f9a1c7e5b2d", "requests_per_second": ""}, "3f9a1c7e5b2d", None),
        ({"key_id": "", "requests_per_second": ""}, None, None),
        # From an authorizer of an earlier version.
        ({}, None, None),
    ],
)
def test_the_throttle_is_asked_about_the_key_that_the_authorizer_found(
    call: Call, admitted: list[Caller], more: dict[str, str], key_id: str | None, rate: int | None
) -> None:
    call("read_prospects", "GET", "/prospects", requestContext={"requestId": "r", "authorizer": authorized() | more})

    (caller,) = admitted
    assert (caller.workspace, caller.key_id, caller.requests_per_second) == ("local", key_id, rate)


class Noted:
    """Stands for the throttle of a process."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def admit(self, *asked: Any) -> None:
        self.asked.append(asked)


@pytest.mark.parametrize(("own", "of_key"), [(None, 100), (3, 3), (1_000, 1_000)])
def test_a_keys_own_rate_stands_instead_of_everybodys(
    monkeypatch: pytest.MonkeyPatch, own: int | None, of_key: int
) -> None:
    noted = Noted()
    monkeypatch.setattr(throttling, "throttle", lambda: noted)
    monkeypatch.setenv("WORKSPACE_REQUESTS_PER_SECOND", "250")
    monkeypatch.setenv("KEY_REQUESTS_PER_SECOND", "100")

    throttling.admit(Caller("local", "laptop", "plc_x", (), key_id="3f9a1c7e5b2d", requests_per_second=own))

    assert noted.asked == [("local", "3f9a1c7e5b2d", Rates(workspace=250, key=of_key))]
