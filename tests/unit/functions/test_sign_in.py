"""Signing in and out by a browser, with the real sessions on a table in memory and an issuer that the test has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urljoin, urlsplit

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from functions.authorize_request import app as authorizer
from functions.sign_in import app
from lifecycle.contract import doorway, resolver
from lifecycle.contract.cookies import SESSION, SIGN_IN
from lifecycle.contract.parameters import local_path
from lifecycle.contract.refusals import RefusedValueError
from lifecycle.services import code_flow, paging, sessions
from lifecycle.services.code_flow import PATIENCE
from lifecycle.services.credentials import create_api_key
from lifecycle.services.issuer import Issuer
from lifecycle.services.keys import Keys
from lifecycle.services.scopes import SCOPES
from lifecycle.services.sessions import LONGEST
from lifecycle.services.tokens import Expectations, Verifier
from lifecycle.store.schema import EXPIRES_AT
from tests.fakes.issuer import CLIENT, URL, FakeIssuer
from tests.unit.functions.conftest import PUBLIC_URL, FakeContext, Reply, request
from tests.unit.functions.fake_lifecycle import NOON

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ORIGIN = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
ARN = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/api/GET/session"
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


class Clock:
    """The present of all functions."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Browser:
    """Keeps cookies as a browser does, and asks the authorizer before a route that takes a session."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.set: list[str] = []
        self.location = ""

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Reply:
        """A request, and what it does to the cookies."""
        sent = dict(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        context: dict[str, Any] = {"requestId": "request-1"}
        if path == "/session" and method != "POST":
            context["authorizer"] = authorize(sent)
        event = request(
            method,
            path,
            query={name: [value] for name, value in query.items()} if query else None,
            body=body,
            headers=sent,
            multiValueHeaders={name: [value] for name, value in sent.items()},
            requestContext=context,
        )
        response = app.handler(event, FakeContext())  # type: ignore[arg-type]
        given: dict[str, list[str]] = response["multiValueHeaders"]
        self.set = given.get("Set-Cookie", [])
        self.location = given.get("Location", [""])[0]
        for cookie in self.set:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        text = response["body"]
        flat = {name: values[0] for name, values in given.items()}
        return Reply(response["statusCode"], json.loads(text) if text else None, flat)

    def begin(self, **query: str) -> dict[str, str]:
        """Go to the issuer; what it is asked for."""
        assert self.send("GET", "/session/start", query=query or None).status == 302
        url = urlsplit(self.location)
        assert f"{url.scheme}://{url.netloc}{url.path}" == f"{URL}/authorize"
        return {name: value for name, (value,) in parse_qs(url.query).items()}

    def come_back(self, accept: str = "*/*", **query: str) -> Reply:
        """Come back from the issuer."""
        return self.send("GET", "/session/callback", headers={"Accept": accept}, query=query)


def authorize(headers: Mapping[str, str]) -> dict[str, Any]:
    """What the authorizer says of a request."""
    event = {
        "type": "REQUEST",
        "methodArn": ARN,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
    }
    context: dict[str, Any] = authorizer.handler(event, FakeContext())["context"]  # type: ignore[arg-type]
    return context


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (app, authorizer, resolver):
        monkeypatch.setattr(module, "now", clock)
    return clock


@pytest.fixture
def there() -> FakeIssuer:
    return FakeIssuer()


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, clock: Clock, there: FakeIssuer) -> Iterator[DynamoDBClient]:
    """A table in memory, and a deployment that knows the issuer."""
    monkeypatch.setenv("TABLE_NAME", "table")
    monkeypatch.setenv("PUBLIC_URL", PUBLIC_URL)
    monkeypatch.setenv("OIDC_ISSUER", URL)
    expected = Expectations(CLIENT, "custom:workspace", "cognito:groups")
    verifier = Verifier(Issuer(URL, there.ask), expected)
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="eu-central-1")
        dynamodb.create_table(
            TableName="table",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        for module in (authorizer, sessions, code_flow, paging):
            monkeypatch.setattr(module, "dynamodb_client", lambda: dynamodb)
        for module in (app, authorizer, doorway):
            monkeypatch.setattr(module, "token_verifier", lambda: verifier)
        monkeypatch.setattr(authorizer, "hasty_dynamodb_client", lambda: dynamodb)
        paging._secret.cache_clear()
        yield dynamodb
        paging._secret.cache_clear()


@pytest.fixture
def browser(client: DynamoDBClient) -> Browser:
    return Browser()


@pytest.fixture
def key(client: DynamoDBClient) -> str:
    return create_api_key(client, "table", "local", "laptop", NOON, scopes=["read", "decide"])


def kind(reply: Reply) -> str:
    """Which problem an answer is."""
    return str(reply.body["type"]).rpartition(":")[2]


def signed_in(browser: Browser) -> bool:
    """Whether the authorizer knows the browser."""
    try:
        authorize({"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())})
    except authorizer.UnauthorizedError:
        return False
    return True


# ----------------------------------------------------------------------------------------------------------------------
# With a key
# ----------------------------------------------------------------------------------------------------------------------


def test_a_key_signs_in_and_the_session_says_who_it_is(browser: Browser, key: str) -> None:
    reply = browser.send("POST", "/session", {"key": key})

    assert reply.status == 201
    assert reply.body == {
        "workspace": "local",
        "actor": "key:laptop",
        "scopes": ["read", "decide"],
        "expires_at": "2026-06-02T00:00:00Z",
        "csrf_token": reply.body["csrf_token"],
    }
    assert browser.send("GET", "/session").body == reply.body


def test_the_cookie_is_for_this_host_over_tls_and_for_no_script(browser: Browser, key: str) -> None:
    browser.send("POST", "/session", {"key": key})

    (cookie,) = browser.set
    value, *attributes = cookie.split("; ")
    assert re.fullmatch(r"__Host-session=[A-Za-z0-9_-]{43}", value)
    assert sorted(attributes) == ["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Lax", "Secure"]


def test_each_sign_in_makes_a_session_of_its_own_of_which_a_hash_alone_is_kept(
    client: DynamoDBClient, browser: Browser, key: str
) -> None:
    opened = []
    for _ in range(2):
        browser.send("POST", "/session", {"key": key})
        opened.append(browser.cookies[SESSION])

    kept = str(client.scan(TableName="table")["Items"])
    assert opened[0] != opened[1]
    for session in opened:
        assert session not in kept
        assert sha256(session.encode()).hexdigest() in kept


def test_a_session_ends_after_half_a_day(browser: Browser, key: str, clock: Clock) -> None:
    browser.send("POST", "/session", {"key": key})

    clock.now = NOON + LONGEST - SECOND
    assert signed_in(browser)
    clock.now = NOON + LONGEST
    assert not signed_in(browser)


def test_a_session_ends_with_its_key(client: DynamoDBClient, browser: Browser, clock: Clock) -> None:
    key = create_api_key(client, "table", "local", "trainee", NOON, expires_at=NOON + HOUR)
    assert browser.send("POST", "/session", {"key": key}).body["expires_at"] == "2026-06-01T13:00:00Z"
    assert browser.set[0].split("; ")[1] == "Max-Age=3600"

    clock.now = NOON + HOUR
    assert not signed_in(browser)


def test_a_session_ends_when_its_key_is_withdrawn(client: DynamoDBClient, browser: Browser, key: str) -> None:
    browser.send("POST", "/session", {"key": key})
    keys = Keys(client, client, "table", "local")
    keys.withdraw(str(keys.all()[0].key_id), NOON)

    assert not signed_in(browser)


def test_signing_in_counts_as_the_use_of_a_key(client: DynamoDBClient, browser: Browser, key: str) -> None:
    browser.send("POST", "/session", {"key": key})

    assert Keys(client, client, "table", "local").all()[0].last_used_at == NOON


# ----------------------------------------------------------------------------------------------------------------------
# With a token
# ----------------------------------------------------------------------------------------------------------------------


def test_a_token_signs_in_for_as_long_as_it_is_good(browser: Browser, there: FakeIssuer, clock: Clock) -> None:
    reply = browser.send("POST", "/session", {"token": there.token(NOON)})

    assert (reply.status, reply.body["actor"]) == (201, "ann@example.com")
    assert reply.body["scopes"] == ["read", "decide", "funnel:write", "funnel:sign:marketing"]
    assert reply.body["expires_at"] == "2026-06-01T13:00:00Z"
    assert browser.send("GET", "/session").body == reply.body
    clock.now = NOON + HOUR
    assert not signed_in(browser)


def test_a_token_signs_in_once(browser: Browser, there: FakeIssuer) -> None:
    token = there.token(NOON)
    assert browser.send("POST", "/session", {"token": token}).status == 201

    assert kind(Browser().send("POST", "/session", {"token": token})) == "sign-in-refused"
    assert browser.send("POST", "/session", {"token": there.token(NOON, jti="2")}).status == 201


@pytest.mark.parametrize("body", [{"key": "plc_" + "a" * 43}, {"key": "plc_"}, {"key": ""}, {"token": "a.b.c"}])
def test_what_is_not_good_signs_nobody_in(
    browser: Browser, body: dict[str, str], log_lines: list[dict[str, Any]]
) -> None:
    reply = browser.send("POST", "/session", body)

    assert (reply.status, kind(reply), browser.set) == (401, "sign-in-refused", [])
    assert log_lines[0]["message"] == "sign-in refused"
    assert log_lines[0]["reason"] in ("key", "malformed")


def test_all_refusals_say_the_same(browser: Browser, there: FakeIssuer) -> None:
    used = there.token(NOON)
    browser.send("POST", "/session", {"token": used})
    refused = [used, there.token(NOON, aud="another"), there.token(NOON - 2 * HOUR), "x"]

    said = [browser.send("POST", "/session", {"token": token}).body for token in refused]
    assert said == [said[0]] * len(refused)
    assert said[0] == browser.send("POST", "/session", {"key": "x"}).body


@pytest.mark.parametrize(
    "body", [{}, {"key": "a", "token": "b"}, {"key": 5}, {"token": None}, {"password": "x"}, {"token": "a" * 10_001}]
)
def test_a_sign_in_names_one_of_key_and_token(browser: Browser, body: dict[str, Any]) -> None:
    assert browser.send("POST", "/session", body).status == 422


def test_an_issuer_out_of_reach_signs_nobody_in(browser: Browser, there: FakeIssuer) -> None:
    there.is_down = True
    reply = browser.send("POST", "/session", {"token": there.token(NOON)})

    assert (reply.status, kind(reply)) == (503, "unavailable")
    assert browser.set == []


def test_logs_hold_nothing_personal_and_no_secret(
    browser: Browser, there: FakeIssuer, key: str, log_lines: list[dict[str, Any]]
) -> None:
    token = there.token(NOON)
    for body in ({"key": key}, {"token": token}, {"token": token}):
        browser.send("POST", "/session", body)
    asked = browser.begin()
    browser.come_back(state=asked["state"], code=there.sign_in(asked, NOON))

    logged = json.dumps(log_lines)
    secrets = [key, token, asked["state"], asked["nonce"], *browser.cookies.values()]
    assert not [secret for secret in ("ann@", "f3c2a1", *secrets) if secret in logged]
    assert log_lines


# ----------------------------------------------------------------------------------------------------------------------
# At the issuer
# ----------------------------------------------------------------------------------------------------------------------


def test_the_issuer_signs_in(browser: Browser, there: FakeIssuer) -> None:
    asked = browser.begin(return_to="/docs?page=2")
    assert asked["redirect_uri"] == f"{PUBLIC_URL}/session/callback"
    assert asked["scope"].split()[0] == "openid"
    (cookie,) = browser.set
    assert sorted(cookie.split("; ")[1:]) == ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax", "Secure"]
    assert cookie.startswith(f"{SIGN_IN}={asked['state']};")

    reply = browser.come_back(state=asked["state"], code=there.sign_in(asked, NOON), session_state="x")

    assert (reply.status, browser.location) == (302, f"{PUBLIC_URL}/docs?page=2")
    assert set(browser.cookies) == {SESSION}
    assert browser.send("GET", "/session").body["actor"] == "ann@example.com"


def test_state_nonce_and_challenge_are_new_each_time(browser: Browser) -> None:
    first, second = browser.begin(), browser.begin()

    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name]) == 43


def test_what_was_brought_back_once_is_refused_the_second_time(browser: Browser, there: FakeIssuer) -> None:
    asked = browser.begin()
    kept = dict(browser.cookies)
    code = there.sign_in(asked, NOON)
    assert browser.come_back(state=asked["state"], code=code).status == 302

    browser.cookies = kept
    assert kind(browser.come_back(state=asked["state"], code=code)) == "sign-in-not-begun"
    assert kind(browser.come_back(state=asked["state"], code=there.sign_in(asked, NOON))) == "sign-in-not-begun"


def test_the_state_is_the_browsers_own(browser: Browser, there: FakeIssuer) -> None:
    asked = browser.begin()
    code = there.sign_in(asked, NOON)
    victim = Browser()

    assert kind(victim.come_back(state=asked["state"], code=code)) == "sign-in-not-begun"
    victim.begin()
    assert kind(victim.come_back(state=asked["state"], code=code)) == "sign-in-not-begun"
    assert kind(browser.come_back(code=code)) == "sign-in-not-begun"
    assert kind(browser.come_back(state="", code=code)) == "sign-in-not-begun"
    assert browser.come_back(state=asked["state"], code=code).status == 302


def test_a_state_that_we_never_made_is_refused(browser: Browser) -> None:
    browser.cookies[SIGN_IN] = "a" * 43

    assert kind(browser.come_back(state="a" * 43, code="c")) == "sign-in-not-begun"


@pytest.mark.parametrize(("late", "status"), [(PATIENCE - SECOND, 302), (PATIENCE, 400)])
def test_whoever_takes_too_long_begins_again(
    browser: Browser, there: FakeIssuer, clock: Clock, late: timedelta, status: int
) -> None:
    asked = browser.begin()
    clock.now = NOON + late

    assert browser.come_back(state=asked["state"], code=there.sign_in(asked, clock.now)).status == status


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"iss": "https://issuer.example"},
        {"cognito:groups": ["owner"]},
        {"custom:workspace": None},
        {"exp": int(NOON.timestamp())},
    ],
)
def test_a_token_that_is_not_the_answer_signs_nobody_in(
    browser: Browser, there: FakeIssuer, changes: dict[str, Any]
) -> None:
    asked = browser.begin()
    code = there.sign_in(asked, NOON, **changes)
    reply = browser.come_back(state=asked["state"], code=code)

    assert (reply.status, kind(reply)) == (401, "sign-in-refused")
    assert SESSION not in browser.cookies
    assert kind(browser.come_back(state=asked["state"], code=code)) == "sign-in-not-begun"


@pytest.mark.parametrize(
    "brought", [{"code": "made-up"}, {}, {"error": "access_denied"}, {"code": "", "error": "access_denied"}]
)
def test_a_code_that_the_issuer_did_not_give_signs_nobody_in(browser: Browser, brought: dict[str, str]) -> None:
    asked = browser.begin()

    assert kind(browser.come_back(state=asked["state"], **brought)) == "sign-in-refused"


def test_who_called_it_off_is_told_on_the_page_where_one_signs_in(
    browser: Browser, log_lines: list[dict[str, Any]]
) -> None:
    asked = browser.begin()
    reply = browser.come_back("text/html,application/xhtml+xml", state=asked["state"], error="access_denied")

    assert (reply.status, browser.location) == (302, f"{PUBLIC_URL}/pages/sign-in?refused=true")
    assert browser.cookies == {}
    assert "sign-in refused" in [line["message"] for line in log_lines]


def test_an_intercepted_code_is_of_no_use_to_another_browser(browser: Browser, there: FakeIssuer) -> None:
    intercepted = there.sign_in(browser.begin(), NOON)
    thief = Browser()
    asked = thief.begin()

    assert kind(thief.come_back(state=asked["state"], code=intercepted)) == "sign-in-refused"


@pytest.mark.parametrize(("issuer", "status"), [(URL, 302), (f"{URL}/", 401), ("https://attacker.example", 401)])
def test_the_answer_of_another_issuer_is_refused(browser: Browser, there: FakeIssuer, issuer: str, status: int) -> None:
    asked = browser.begin()

    assert browser.come_back(state=asked["state"], code=there.sign_in(asked, NOON), iss=issuer).status == status


@pytest.mark.parametrize(
    "return_to",
    [
        "https://attacker.example/",
        "//attacker.example",
        "///attacker.example",
        "/\\attacker.example",
        "\\\\attacker.example",
        "/docs\\..\\",
        "attacker.example",
        "@attacker.example",
        ".attacker.example",
        "javascript:alert(1)",
        "/docs\r\nSet-Cookie: a=b",
        "/docs page",
        "/\tattacker.example",
        "/\u2028",
        "",
        "/" + "a" * 1024,
    ],
)
def test_nobody_is_sent_to_another_host(browser: Browser, return_to: str) -> None:
    reply = browser.send("GET", "/session/start", query={"return_to": return_to})

    assert (reply.status, reply.fields) == (422, ["?return_to"])
    assert browser.location == ""


@pytest.mark.parametrize("return_to", ["/", "/docs", "/docs?a=https://x.example#top", "/a//b"])
def test_whatever_a_path_says_the_host_is_ours(browser: Browser, there: FakeIssuer, return_to: str) -> None:
    asked = browser.begin(return_to=return_to)
    browser.come_back(state=asked["state"], code=there.sign_in(asked, NOON))

    assert browser.location == PUBLIC_URL + return_to
    assert urlsplit(browser.location).netloc == urlsplit(PUBLIC_URL).netloc


def test_without_an_issuer_there_is_nothing_to_begin(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("TABLE_NAME", "table")
    monkeypatch.setenv("PUBLIC_URL", PUBLIC_URL)
    monkeypatch.setenv("OIDC_ISSUER", "")
    doorway.token_verifier.cache_clear()

    for reply in (
        browser.send("GET", "/session/start"),
        browser.send("GET", "/session/callback", query={"state": "s"}),
        browser.send("POST", "/session", {"token": "t"}),
    ):
        assert (reply.status, kind(reply)) == (404, "no-issuer")


@given(st.text(st.sampled_from("/\\.@:?#%a\t\n "), max_size=8) | st.text())
def test_what_is_taken_for_a_path_never_leads_to_another_host(text: str) -> None:
    try:
        path = local_path(text)
    except RefusedValueError:
        return
    for base in ("https://app.example", PUBLIC_URL):
        # As such a path is appended, and as a browser would read it if it stood alone.
        assert urlsplit(base + path).netloc == urlsplit(base).netloc
        assert urlsplit(urljoin(base + "/", path)).netloc == urlsplit(base).netloc


def test_the_table_lets_go_of_whatever_a_sign_in_leaves_and_not_before_its_time(
    client: DynamoDBClient, browser: Browser, there: FakeIssuer
) -> None:
    token = there.token(NOON)
    browser.send("POST", "/session", {"token": token})
    browser.begin()

    items = {item["sk"]["S"]: int(item[EXPIRES_AT]["N"]) for item in client.scan(TableName="table")["Items"]}
    ends = {"SESSION": NOON + HOUR, "ONCE": NOON + HOUR + SECOND, "SIGN_IN": NOON + PATIENCE}
    assert items == {name: int(end.timestamp()) for name, end in ends.items()}


# ----------------------------------------------------------------------------------------------------------------------
# Signing out, and changes by cookie
# ----------------------------------------------------------------------------------------------------------------------


def test_a_session_that_was_closed_is_refused(browser: Browser, key: str) -> None:
    token = browser.send("POST", "/session", {"key": key}).body["csrf_token"]
    kept = dict(browser.cookies)

    assert browser.send("DELETE", "/session", headers={"X-CSRF-Token": token}).status == 204
    assert browser.set == [f"{SESSION}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"]
    assert browser.cookies == {}
    browser.cookies = kept
    assert not signed_in(browser)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 64},
        {"X-CSRF-Token": "{token}", "Origin": "https://attacker.example"},
        {"X-CSRF-Token": "{token}", "Origin": "null"},
        {"X-CSRF-Token": "{token}", "Origin": f"{ORIGIN}.attacker.example"},
        {"X-CSRF-Token": "{token}", "Origin": ORIGIN.replace("https", "http")},
        {"X-CSRF-Token": "{token}", "Sec-Fetch-Site": "cross-site"},
        {"X-CSRF-Token": "{token}", "Sec-Fetch-Site": "same-site", "Origin": ORIGIN},
        {"X-CSRF-Token": "{token}", "Sec-Fetch-Site": "none"},
        {"X-CSRF-Token": "{token} "},
        {"X-CSRF-Token": "t\u00f6ken"},
        {"csrf_token": "{token}"},
    ],
)
def test_a_change_that_no_page_of_ours_asked_for_is_refused(
    browser: Browser, key: str, headers: dict[str, str]
) -> None:
    token = browser.send("POST", "/session", {"key": key}).body["csrf_token"]
    sent = {name: value.replace("{token}", token) for name, value in headers.items()}

    reply = browser.send("DELETE", "/session", headers=sent)

    assert (reply.status, kind(reply)) == (403, "csrf")
    assert signed_in(browser)


def test_the_token_of_another_session_is_refused(browser: Browser, key: str) -> None:
    other = Browser().send("POST", "/session", {"key": key}).body["csrf_token"]
    browser.send("POST", "/session", {"key": key})

    assert kind(browser.send("DELETE", "/session", headers={"X-CSRF-Token": other})) == "csrf"


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": ORIGIN}, {"Origin": ORIGIN.upper()}, {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}]
)
def test_a_change_that_our_page_asked_for_is_made(browser: Browser, key: str, headers: dict[str, str]) -> None:
    token = browser.send("POST", "/session", {"key": key}).body["csrf_token"]

    assert browser.send("DELETE", "/session", headers={**headers, "x-csrf-token": token}).status == 204


@pytest.mark.parametrize("headers", [{"Origin": "https://attacker.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_no_other_site_signs_anybody_in(browser: Browser, key: str, headers: dict[str, str]) -> None:
    reply = browser.send("POST", "/session", {"key": key}, headers=headers)

    assert (reply.status, kind(reply), browser.set) == (403, "csrf", [])


def test_the_token_for_changes_is_kept_nowhere(client: DynamoDBClient, browser: Browser, key: str) -> None:
    token = browser.send("POST", "/session", {"key": key}).body["csrf_token"]

    assert token not in str(client.scan(TableName="table")["Items"])
    assert token not in str(authorize({"Cookie": f"{SESSION}={browser.cookies[SESSION]}"}))


def test_api_gateway_says_where_we_are_where_nobody_else_does(
    browser: Browser, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "")
    context = {"requestId": "r", "domainName": "api.example.com", "stage": "api"}
    for origin, status in (("https://api.example.com", 201), ("https://evil.example.com", 403)):
        headers = {"Origin": origin, "Host": "evil.example.com", "X-Forwarded-Host": "evil.example.com"}
        event = request("POST", "/session", body={"key": key}, headers=headers, requestContext=context)
        assert app.handler(event, FakeContext())["statusCode"] == status  # type: ignore[arg-type]


def test_a_session_that_ended_since_the_authorizer_saw_it_opens_nothing(
    browser: Browser, key: str, clock: Clock
) -> None:
    browser.send("POST", "/session", {"key": key})
    headers = {"Cookie": f"{SESSION}={browser.cookies[SESSION]}"}
    context = {"requestId": "r", "authorizer": authorize(headers)}
    clock.now = NOON + LONGEST
    event = request(
        "GET",
        "/session",
        headers=headers,
        multiValueHeaders={name: [value] for name, value in headers.items()},
        requestContext=context,
    )

    assert app.handler(event, FakeContext())["statusCode"] == 401  # type: ignore[arg-type]


# ----------------------------------------------------------------------------------------------------------------------
# What the authorizer makes of it
# ----------------------------------------------------------------------------------------------------------------------


def test_the_header_goes_before_the_cookie(browser: Browser, key: str) -> None:
    browser.send("POST", "/session", {"key": key})
    cookie = f"{SESSION}={browser.cookies[SESSION]}"

    assert authorize({"Cookie": cookie})["credential"] == "session"
    for header in ("Bearer nothing", "Basic x", "", browser.cookies[SESSION], f"Bearer {browser.cookies[SESSION]}"):
        with pytest.raises(authorizer.UnauthorizedError):
            authorize({"Cookie": cookie, "Authorization": header})


@pytest.mark.parametrize(
    "cookie",
    [
        "{name}={session}x",
        "{name}=" + "a" * 43,
        "{name}=",
        "x{name}={session}",
        "session={session}",
        "{name}={session}; {name}=" + "a" * 43,
        "{name}=plc_{session}",
        "",
    ],
)
def test_any_other_cookie_is_refused(browser: Browser, key: str, cookie: str) -> None:
    browser.send("POST", "/session", {"key": key})
    sent = cookie.format(name=SESSION, session=browser.cookies[SESSION])

    with pytest.raises(authorizer.UnauthorizedError, match=r"^Unauthorized$"):
        authorize({"Cookie": sent})


def test_a_token_is_let_in_with_its_end_and_a_secret_for_its_cursors(browser: Browser, there: FakeIssuer) -> None:
    context = authorize({"Authorization": f"Bearer {there.token(NOON)}"})

    secret = context.pop("paging_secret")
    assert context == {
        "workspace": "local",
        "actor": "ann@example.com",
        "scopes": "read,decide,funnel:write,funnel:sign:marketing",
        "credential": "token",
        "valid_until": "2026-06-01T13:00:00Z",
    }
    again = authorize({"Authorization": f"Bearer {there.token(NOON, jti='2')}"})
    others = [
        authorize({"Authorization": f"Bearer {there.token(NOON, **changes)}"})["paging_secret"]
        for changes in ({"sub": "another"}, {"custom:workspace": "other"})
    ]
    assert again["paging_secret"] == secret
    assert len({secret, *others}) == 3


def test_a_token_is_a_bearers_until_it_ends(browser: Browser, there: FakeIssuer, clock: Clock) -> None:
    header = {"Authorization": f"Bearer {there.token(NOON)}"}
    for minutes in (0, 59):
        clock.now = NOON + timedelta(minutes=minutes)
        assert authorize(header)["workspace"] == "local"

    clock.now = NOON + HOUR
    with pytest.raises(authorizer.UnauthorizedError):
        authorize(header)


def test_an_issuer_out_of_reach_lets_no_token_in_and_every_key(browser: Browser, there: FakeIssuer, key: str) -> None:
    there.is_down = True

    with pytest.raises(Exception, match="cannot be reached") as failed:
        authorize({"Authorization": f"Bearer {there.token(NOON)}"})
    assert not isinstance(failed.value, authorizer.UnauthorizedError)
    assert authorize({"Authorization": f"Bearer {key}"})["workspace"] == "local"


def test_without_an_issuer_a_token_is_nobodys(
    browser: Browser, there: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OIDC_ISSUER", "")

    with pytest.raises(authorizer.UnauthorizedError):
        authorize({"Authorization": f"Bearer {there.token(NOON)}"})
    assert there.asked == []


def test_a_key_with_an_end_says_so_to_the_functions(client: DynamoDBClient) -> None:
    key = create_api_key(client, "table", "local", "trainee", NOON, expires_at=NOON + HOUR)

    context = authorize({"Authorization": f"Bearer {key}"})

    assert context["valid_until"] == "2026-06-01T13:00:00Z"
    assert context["scopes"] == ",".join(SCOPES)
