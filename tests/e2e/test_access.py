"""Who may do what on the deployed template: keys of every scope, of another workspace, and keys that are none any more.

API Gateway remembers a key that it has seen for five minutes, on AWS and in the emulator alike. So whoever wants to see
that a withdrawn key is refused takes one that was not used before; the tests do not wait for the five minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import pytest

from lifecycle.services.credentials import create_api_key
from lifecycle.services.scopes import SCOPES, Scope
from local.stack import LocalStack, StackInfo
from tests.e2e.api import Api, Json, someone, something

MARKETING: Scope = "funnel:sign:marketing"
SALES: Scope = "funnel:sign:sales"
DEFINITION: Json = {
    "stages": [
        {
            "key": "contact",
            "label": "Contact",
            "enter_when": {"known": "email"},
            "replaces": ["anonymous", "suspect", "engaged", "marketing_qualified", "sales_qualified", "opportunity"],
        },
        {
            "key": "won",
            "label": "Won",
            "enter_when": {"deal": {"status": "won"}},
            "replaces": ["customer", "evangelist", "disqualified", "other"],
        },
    ]
}


class Locksmith:
    """Makes keys for workspaces of the stack, and the APIs that they open."""

    def __init__(self, stack: LocalStack, info: StackInfo) -> None:
        self._stack, self._info = stack, info
        self._opened: list[Api] = []

    def key(self, workspace: str, scopes: Sequence[Scope] = SCOPES) -> str:
        return create_api_key(
            self._stack.client("dynamodb"), self._info.table, workspace, "test", datetime.now(UTC), scopes=scopes
        )

    def expired_key(self, workspace: str) -> str:
        made = datetime.now(UTC) - timedelta(days=2)
        dynamodb = self._stack.client("dynamodb")
        end = made + timedelta(days=1)
        return create_api_key(dynamodb, self._info.table, workspace, "test", made, expires_at=end)

    def open(self, key: str) -> Api:
        self._opened.append(Api(self._info.api_url, key))
        return self._opened[-1]

    def close(self) -> None:
        for api in self._opened:
            api.http.close()


class House(NamedTuple):
    """A workspace with something in it."""

    workspace: str
    api: Api
    prospect: str
    draft: str
    simulation: str


@pytest.fixture(scope="module")
def locksmith(local_stack: LocalStack, stack_info: StackInfo) -> Iterator[Locksmith]:
    locksmith = Locksmith(local_stack, stack_info)
    yield locksmith
    locksmith.close()


@pytest.fixture(scope="module")
def house(locksmith: Locksmith) -> House:
    workspace = f"access-{something()[:12]}"
    api = locksmith.open(locksmith.key(workspace))
    prospect = api.activity(type="website_visit", identities={"email": someone()})["prospect_id"]
    draft = api.ok("POST", "/funnel/drafts", json={"definition": DEFINITION})["draft_id"]
    simulation = api.ok("POST", f"/funnel/drafts/{draft}/simulations")["simulation_id"]
    return House(workspace, api, prospect, draft, simulation)


def refusal(answer: httpx.Response) -> tuple[int, Any]:
    """The status of an answer, and the scopes that it says would do."""
    return answer.status_code, answer.json().get("needed") if answer.status_code == 403 else None


@pytest.mark.parametrize("scopes", [*((scope,) for scope in SCOPES), SCOPES], ids=",".join)
def test_a_key_does_what_it_has_the_scope_for_and_nothing_else(
    locksmith: Locksmith, house: House, scopes: tuple[Scope, ...]
) -> None:
    api = locksmith.open(locksmith.key(house.workspace, scopes))
    draft = f"/funnel/drafts/{house.draft}"
    requests: list[tuple[Scope, str, str, Any]] = [
        ("ingest", "POST", "/activities", {"type": "website_visit", "identities": {"email": someone()}}),
        ("ingest", "PUT", f"/deals/{something()}", {"status": "open"}),
        ("read", "GET", f"/prospects/{house.prospect}", None),
        ("read", "GET", "/funnel", None),
        (
            "decide",
            "POST",
            f"/prospects/{house.prospect}/decisions",
            {"action": "disqualify", "reason": "test", "by": "Sam"},
        ),
        ("funnel:write", "POST", f"{draft}/simulations", None),
        (MARKETING, "POST", f"{draft}/signatures", {"team": "marketing", "by": "Ann Miller"}),
        (SALES, "POST", f"{draft}/signatures", {"team": "sales", "by": "Sam Lee"}),
        (MARKETING, "DELETE", f"{draft}/signatures/marketing", None),
        (SALES, "DELETE", f"{draft}/signatures/sales", None),
        ("admin", "PUT", "/funnel/settings", {"signatures_required": True}),
        ("admin", "GET", "/keys", None),
    ]
    assert {needed for needed, *_ in requests} == set(SCOPES)

    for needed, method, path, body in requests:
        answer = api.request(method, path, json=body) if body is not None else api.request(method, path)
        if needed in scopes or ("admin" in scopes and needed not in (MARKETING, SALES)):
            assert answer.is_success, (method, path, answer.status_code, answer.text)
        else:
            status, would_do = refusal(answer)
            assert status == 403, (method, path, answer.text)
            assert needed in would_do
            assert answer.json()["type"] == "urn:prospect-lifecycle:problem:insufficient-scope"
            assert answer.json()["scopes"] == list(scopes)


def test_what_another_workspace_has_does_not_exist(locksmith: Locksmith, house: House) -> None:
    stranger = locksmith.open(locksmith.key(f"stranger-{something()[:12]}"))
    prospect, draft = f"/prospects/{house.prospect}", f"/funnel/drafts/{house.draft}"
    simulation = f"/funnel/simulations/{house.simulation}"
    key_id = house.api.ok("GET", "/keys")["keys"][0]["key_id"]
    requests = [
        ("GET", prospect, None),
        ("GET", f"{prospect}/timeline", None),
        ("GET", f"{prospect}/explanation", None),
        ("POST", f"{prospect}/decisions", {"action": "disqualify", "reason": "test", "by": "Sam"}),
        ("GET", draft, None),
        ("PUT", draft, {"definition": DEFINITION}),
        ("DELETE", draft, None),
        ("POST", f"{draft}/signatures", {"team": "sales", "by": "Sam Lee"}),
        ("POST", f"{draft}/publication", None),
        ("POST", f"{draft}/simulations", None),
        ("GET", simulation, None),
        ("GET", f"{simulation}/moves", None),
        ("DELETE", simulation, None),
        ("DELETE", f"/keys/{key_id}", None),
    ]
    for method, path, body in requests:
        answer = stranger.request(method, path, json=body) if body is not None else stranger.request(method, path)
        assert answer.status_code == 404, (method, path, answer.text)
        assert not [hidden for hidden in house if isinstance(hidden, str) and hidden in answer.text]

    assert stranger.ok("GET", "/prospects", params={"stage": "suspect"})["prospects"] == []
    assert stranger.ok("GET", "/funnel/drafts")["drafts"] == []
    assert stranger.ok("GET", "/funnel/simulations")["simulations"] == []
    assert len(stranger.ok("GET", "/keys")["keys"]) == 1
    assert house.api.state(house.prospect)["prospect_id"] == house.prospect


def test_a_key_is_given_out_used_and_withdrawn(locksmith: Locksmith, house: House) -> None:
    wanted = {"name": "web site", "scopes": ["ingest", "read"]}
    given = house.api.ok("POST", "/keys", json=wanted)
    api = locksmith.open(given["key"])
    assert api.request("GET", "/prospects").status_code == 200
    assert refusal(api.request("GET", "/keys")) == (403, ["admin"])

    (listed,) = [key for key in house.api.ok("GET", "/keys")["keys"] if key["key_id"] == given["key_id"]]
    assert given["key"] not in str(listed)
    assert (listed["name"], listed["scopes"], listed["created_by"]) == ("web site", ["ingest", "read"], "key:test")
    # That the authorizer's role may write this is what only a deployment shows.
    assert listed["last_used_at"] is not None

    assert house.api.request("DELETE", f"/keys/{given['key_id']}").status_code == 204
    assert given["key_id"] not in [key["key_id"] for key in house.api.ok("GET", "/keys")["keys"]]


def test_a_withdrawn_key_is_refused(locksmith: Locksmith, house: House) -> None:
    given = house.api.ok("POST", "/keys", json={"name": "lost laptop", "scopes": ["read"]})
    path = f"/keys/{given['key_id']}"

    assert house.api.request("DELETE", path).status_code == 204
    assert house.api.request("DELETE", path).status_code == 404
    assert locksmith.open(given["key"]).request("GET", "/prospects").status_code == 401


def test_a_key_gives_only_what_it_has(locksmith: Locksmith, house: House) -> None:
    api = locksmith.open(locksmith.key(house.workspace, ["admin"]))
    answer = api.request("POST", "/keys", json={"name": "sales", "scopes": ["read", SALES]})

    assert answer.status_code == 403
    assert (answer.json()["type"].rpartition(":")[2], answer.json()["not_held"]) == ("scope-not-held", [SALES])


def test_a_key_that_makes_too_many_requests_is_told_when_to_come_again_and_holds_up_no_other(
    locksmith: Locksmith, house: House
) -> None:
    given = house.api.ok("POST", "/keys", json={"name": "loop", "scopes": ["read"], "requests_per_second": 1})
    loud, quiet = locksmith.open(given["key"]), locksmith.open(locksmith.key(house.workspace, ["read"]))
    # Ten are allowed in ten seconds.
    answers = [loud.http.get("/prospects", params={"stage": "customer"}) for _ in range(40)]
    refused = [answer for answer in answers if answer.status_code == 429]

    assert quiet.http.get("/prospects", params={"stage": "customer"}).status_code == 200
    assert {answer.status_code for answer in answers} == {200, 429}
    assert refused[0].json()["type"] == "urn:prospect-lifecycle:problem:too-many-requests"
    assert 1 <= int(refused[0].headers["Retry-After"]) <= 10


def test_what_a_browser_asks_beforehand_is_answered_without_a_key(stack_info: StackInfo, house: House) -> None:
    """The local stack lists no origin, so nobody is let in; on AWS and here alike the question needs no key."""
    for path in ("/activities", f"/prospects/{house.prospect}/decisions", "/funnel/versions/1/rollback"):
        asked = httpx.options(stack_info.api_url + path, headers={"Origin": "https://app.example.com"}, timeout=30)
        assert (asked.status_code, asked.text) == (204, "")
        assert "Access-Control-Allow-Origin" not in asked.headers


def test_keys_that_are_none_are_refused(locksmith: Locksmith, stack_info: StackInfo, house: House) -> None:
    good = locksmith.key(house.workspace)
    for key in (
        locksmith.expired_key(house.workspace),
        "plc_" + "a" * 43,
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good[:-1],
        good.upper(),
        good.removeprefix("plc_"),
        f"{good} {good}",
        "plc_",
        "null",
        "*",
    ):
        answer = locksmith.open(key).request("GET", "/prospects")
        assert answer.status_code == 401, key[:4]
    for header in (f"Basic {good}", good, "Bearer"):
        answer = httpx.get(f"{stack_info.api_url}/prospects", headers={"Authorization": header}, timeout=30)
        assert answer.status_code == 401, header[:6]
