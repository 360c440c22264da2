"""People on the deployed template: tokens of an issuer as bearers, and browsers that sign in and out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from lifecycle.services.credentials import create_api_key
from lifecycle.services.keys import Keys
from local.stack import LocalStack, StackInfo
from tests.e2e.api import Api, someone, something
from tests.fakes.issuer import FakeIssuer, signing_key

MARKETING, SALES = "funnel:sign:marketing", "funnel:sign:sales"
HOUR = timedelta(hours=1)


class Browser:
    """Keeps cookies as a browser does on this machine, where ``localhost`` is as good as TLS."""

    def __init__(self, api_url: str) -> None:
        self._api_url = api_url
        self._http = httpx.Client(timeout=60)
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """A request to a path of the API, or to an address of it."""
        headers: dict[str, str] = arguments.pop("headers", {})
        if self.cookies:
            headers = {**headers, "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        url = path if path.startswith("http") else self._api_url + path
        answer = self._http.request(method, url, headers=headers, **arguments)
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        # The client's own jar knows nothing of localhost.
        self._http.cookies.clear()
        return answer

    def close(self) -> None:
        self._http.close()


@pytest.fixture
def browser(stack_info: StackInfo) -> Iterator[Browser]:
    browser = Browser(stack_info.api_url)
    yield browser
    browser.close()


@pytest.fixture
def workspace() -> str:
    return f"people-{something()[:12]}"


Opening = Callable[..., Api]


@pytest.fixture
def open_with(stack_info: StackInfo) -> Iterator[Opening]:
    """The API as a bearer of something sees it."""
    opened: list[Api] = []

    def opening(bearer: str) -> Api:
        opened.append(Api(stack_info.api_url, bearer))
        return opened[-1]

    yield opening
    for api in opened:
        api.http.close()


def key_of(stack: LocalStack, info: StackInfo, workspace: str) -> str:
    return create_api_key(stack.client("dynamodb"), info.table, workspace, "laptop", datetime.now(UTC))


def token_of(issuer: FakeIssuer, workspace: str, *roles: str, **changes: Any) -> str:
    return issuer.token(**{"custom:workspace": workspace, "cognito:groups": list(roles), "jti": something(), **changes})


def parameters_of(location: str) -> Mapping[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(location).query).items()}


@pytest.mark.parametrize(
    ("roles", "may"),
    [
        (("analyst",), {"read"}),
        (("marketing",), {"read", "decide", "funnel:write", MARKETING}),
        (("sales",), {"read", "decide", "funnel:write", SALES}),
        (("admin",), {"read", "decide", "funnel:write", "ingest", "admin"}),
        (("marketing", "sales"), {"read", "decide", "funnel:write", MARKETING, SALES}),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, tuple) else "",
)
def test_people_do_what_their_roles_are_for_and_nothing_else(
    local_stack: LocalStack,
    stack_info: StackInfo,
    issuer: FakeIssuer,
    open_with: Opening,
    workspace: str,
    roles: tuple[str, ...],
    may: set[str],
) -> None:
    owner = open_with(key_of(local_stack, stack_info, workspace))
    prospect = owner.activity(type="website_visit", identities={"email": someone()})["prospect_id"]
    definition = {"stages": owner.ok("GET", "/funnel/gallery/default")["definition"]["stages"]}
    draft = owner.ok("POST", "/funnel/drafts", json={"definition": definition})["draft_id"]
    signatures = f"/funnel/drafts/{draft}/signatures"
    requests: list[tuple[str, str, str, Any]] = [
        ("ingest", "POST", "/activities", {"type": "website_visit", "identities": {"email": someone()}}),
        ("read", "GET", f"/prospects/{prospect}", None),
        ("decide", "POST", f"/prospects/{prospect}/decisions", {"action": "disqualify", "reason": "test"}),
        (MARKETING, "POST", signatures, {"team": "marketing"}),
        (SALES, "POST", signatures, {"team": "sales"}),
        ("funnel:write", "DELETE", f"/funnel/drafts/{draft}", None),
        ("admin", "GET", "/keys", None),
    ]
    api = open_with(token_of(issuer, workspace, *roles))

    for needed, method, path, body in requests:
        answer = api.request(method, path, json=body) if body is not None else api.request(method, path)
        # One person cannot sign for both teams, whatever they may.
        good = 409 if needed == SALES and MARKETING in may else 200
        assert (answer.status_code in (good, 201, 204)) is (needed in may), (needed, answer.status_code, answer.text)
        if needed not in may:
            assert (answer.status_code, needed in answer.json()["needed"]) == (403, True)

    stranger = open_with(token_of(issuer, f"{workspace}-2", *roles))
    assert stranger.request("GET", f"/prospects/{prospect}").status_code == 404


def test_what_somebody_decides_is_theirs(issuer: FakeIssuer, open_with: Opening, workspace: str) -> None:
    api = open_with(token_of(issuer, workspace, "admin", "sales"))
    prospect = api.activity(type="website_visit", identities={"email": someone()})["prospect_id"]
    api.ok("POST", f"/prospects/{prospect}/decisions", json={"action": "disqualify", "reason": "test"})

    assert api.transitions(prospect)[-1]["actor"] == "ann@example.com"


def test_a_list_goes_on_with_the_next_token_of_the_same_person(
    issuer: FakeIssuer, open_with: Opening, workspace: str
) -> None:
    first, second, another = (
        open_with(token_of(issuer, workspace, "admin", sub=subject)) for subject in ("ann", "ann", "sam")
    )
    for _ in range(2):
        first.activity(type="website_visit", identities={"email": someone()})
    page = first.ok("GET", "/prospects", params={"stage": "engaged", "limit": 1})
    onward = {"stage": "engaged", "limit": 1, "cursor": page["next_cursor"]}

    assert len(second.ok("GET", "/prospects", params=onward)["prospects"]) == 1
    assert another.request("GET", "/prospects", params=onward).status_code == 400


def test_tokens_that_are_not_good_are_refused(issuer: FakeIssuer, open_with: Opening, workspace: str) -> None:
    now = datetime.now(UTC)
    good = issuer.claims(**{"custom:workspace": workspace})
    head, payload, signature = issuer.sign(good).split(".")
    other = jwt.encode(good, signing_key("another").private, "RS256", headers={"kid": "k1"})
    for token in (
        jwt.encode(good, "", "none", headers={"kid": "k1"}),
        jwt.encode(good, "s" * 64, "HS256", headers={"kid": "k1"}),
        other,
        f"{head}.{other.split('.')[1][:-2]}xx.{signature}",
        f"{head}.{payload}.",
        issuer.sign({**good, "exp": int((now - HOUR).timestamp())}),
        issuer.sign({**good, "nbf": int((now + HOUR).timestamp())}),
        issuer.sign({**good, "aud": "another"}),
        issuer.sign({**good, "iss": f"{issuer.url}/other"}),
        issuer.sign({**good, "cognito:groups": ["owner"]}),
        issuer.sign({name: value for name, value in good.items() if name != "custom:workspace"}),
        issuer.sign({name: value for name, value in good.items() if name != "exp"}),
    ):
        assert open_with(token).request("GET", "/prospects").status_code == 401
    assert open_with(issuer.sign(good)).request("GET", "/prospects").status_code == 200


def test_a_made_up_key_id_costs_the_issuer_one_look_at_most(issuer: FakeIssuer, open_with: Opening) -> None:
    # The emulator ends a process that refuses somebody, so that each look here is a new process's first. On AWS it
    # lives on, and looks every 30 seconds at most (tests/unit/services/test_issuer.py).
    made_up, before = 10, len(issuer.asked)
    for _ in range(made_up):
        token = jwt.encode(issuer.claims(), issuer.keys["k1"].private, "RS256", headers={"kid": something()})
        assert open_with(token).request("GET", "/prospects").status_code == 401

    # Discovery and keys.
    assert len(issuer.asked) - before <= 2 * made_up


def test_a_browser_signs_in_at_the_issuer_and_out_again(
    stack_info: StackInfo, issuer: FakeIssuer, browser: Browser, workspace: str
) -> None:
    begun = browser.send("GET", "/session/start", params={"return_to": "/docs"})
    assert begun.status_code == 302, begun.text
    assert begun.headers["Location"].startswith(f"{issuer.url}/authorize?")
    asked = parameters_of(begun.headers["Location"])
    assert asked["redirect_uri"] == f"{stack_info.api_url}/session/callback"
    code = issuer.sign_in(asked, **{"custom:workspace": workspace, "cognito:groups": ["sales"]})
    kept = dict(browser.cookies)
    back = browser.send("GET", asked["redirect_uri"], params={"code": code, "state": asked["state"]})
    assert (back.status_code, back.headers["Location"]) == (302, f"{stack_info.api_url}/docs"), back.text
    assert list(browser.cookies) == ["__Host-session"]
    (cookie,) = [cookie for cookie in back.headers.get_list("set-cookie") if "session=" in cookie]
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(re.split("; ?", cookie))

    who = browser.send("GET", "/session").json()
    assert (who["workspace"], who["actor"]) == (workspace, "ann@example.com")
    assert who["scopes"] == ["read", "decide", "funnel:write", SALES]

    assert browser.send("DELETE", "/session").status_code == 403
    foreign = {"X-CSRF-Token": who["csrf_token"], "Origin": "https://attacker.example"}
    assert browser.send("DELETE", "/session", headers=foreign).status_code == 403
    session = dict(browser.cookies)
    own = {"X-CSRF-Token": who["csrf_token"], "Origin": "http://" + urlsplit(stack_info.api_url).netloc}
    assert browser.send("DELETE", "/session", headers=own).status_code == 204
    assert browser.cookies == {}

    browser.cookies = session
    assert browser.send("GET", "/session").status_code == 401
    browser.cookies = kept
    again = browser.send("GET", asked["redirect_uri"], params={"code": code, "state": asked["state"]})
    assert (again.status_code, again.json()["type"].rpartition(":")[2]) == (400, "sign-in-not-begun")


def test_a_session_opens_no_route_of_the_api_and_no_key_opens_a_session(
    local_stack: LocalStack, stack_info: StackInfo, browser: Browser, workspace: str
) -> None:
    key = key_of(local_stack, stack_info, workspace)
    assert browser.send("POST", "/session", json={"key": key}).status_code == 201

    assert browser.send("GET", "/session").json()["actor"] == "key:laptop"
    assert browser.send("GET", "/prospects").status_code == 401
    for bearer in (browser.cookies["__Host-session"], "nothing"):
        refused = browser.send("GET", "/prospects", headers={"Authorization": f"Bearer {bearer}"})
        assert refused.status_code == 401
    browser.cookies = {}
    assert browser.send("GET", "/session", headers={"Authorization": f"Bearer {key}"}).status_code == 401
    assert browser.send("GET", "/session").status_code == 401


def test_a_session_ends_at_once_when_its_key_is_withdrawn(
    local_stack: LocalStack, stack_info: StackInfo, browser: Browser, workspace: str
) -> None:
    key = key_of(local_stack, stack_info, workspace)
    assert browser.send("POST", "/session", json={"key": key}).status_code == 201
    assert browser.send("GET", "/session").status_code == 200

    client = local_stack.client("dynamodb")
    keys = Keys(client, client, stack_info.table, workspace)
    keys.withdraw(str(keys.all()[0].key_id), datetime.now(UTC))
    assert browser.send("GET", "/session").status_code == 401


def test_a_token_signs_in_once(issuer: FakeIssuer, browser: Browser, workspace: str) -> None:
    token = token_of(issuer, workspace, "analyst")

    assert browser.send("POST", "/session", json={"token": token}).status_code == 201
    assert browser.send("POST", "/session", json={"token": token}).status_code == 401
