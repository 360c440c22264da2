"""Bad input gets a clear problem document, and nothing of it is stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.api import Api, someone, something


def _body(**changes: Any) -> Callable[[str], dict[str, Any]]:
    return lambda email: {"type": "website_visit", "identities": {"email": email}} | changes


def _nested(depth: int) -> Any:
    return {"a": _nested(depth - 1)} if depth else 1


TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()

BODIES: dict[str, Callable[[str], Any]] = {
    "an unknown field": _body(colour="red"),
    "no identity": _body(identities={}),
    "an impossible email": lambda email: {"type": "website_visit", "identities": {"email": email.replace("@", "@@")}},
    "a time ahead of now": _body(occurred_at=TOMORROW),
    "a naive time": _body(occurred_at="2026-01-01T10:00:00"),
    "a string of 100 kB": _body(properties={"text": "x" * 100_000}),
    "deep nesting": _body(properties=_nested(50)),
    "NUL": _body(properties={"text": "a\x00b"}),
    "a lone surrogate": _body(properties={"text": "\ud800"}),
}
TEXTS = {
    "wrong JSON": '{"type": "website_visit", "identities": {"email": "EMAIL"}',
    "NaN": '{"type": "website_visit", "identities": {"email": "EMAIL"}, "properties": {"n": NaN}}',
    "a name twice": '{"type": "website_visit", "type": "website_visit", "identities": {"email": "EMAIL"}}',
    "very deep nesting": '{"type": "website_visit", "identities": {"email": "EMAIL"}, "properties": '
    + '{"a":' * 5000
    + "1"
    + "}" * 5001,
    "a body over the limit": '{"type": "website_visit", "identities": {"email": "EMAIL"}, "source": "'
    + "x" * 1_100_000
    + '"}',
}


def assert_is_problem(answer: Any) -> None:
    assert 400 <= answer.status_code < 500, answer.text[:300]
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    assert {"type", "title", "status", "detail"} <= problem.keys()
    assert problem["status"] == answer.status_code
    assert len(problem["detail"]) > 15


@pytest.mark.parametrize("case", BODIES)
def test_bad_activity(api: Api, case: str) -> None:
    email = someone()
    body = BODIES[case](email)

    # httpx writes UTF-8, which has no lone surrogates; JSON can escape one.
    text = json.dumps(body)
    assert_is_problem(api.request("POST", "/activities", content=text))

    assert api.find(email=email) is None


@pytest.mark.parametrize("case", TEXTS)
def test_bad_text(api: Api, case: str) -> None:
    email = someone()

    assert_is_problem(api.request("POST", "/activities", content=TEXTS[case].replace("EMAIL", email)))

    assert api.find(email=email) is None


def test_more_than_500_entries_are_refused_whole(api: Api) -> None:
    email = someone()
    entry = {"type": "website_visit", "identities": {"email": email}}

    assert_is_problem(api.request("POST", "/activities/batch", json={"activities": [entry] * 501}))

    assert api.find(email=email) is None


@pytest.mark.parametrize(
    "body",
    [
        {"status": "frozen"},
        {},
        {"status": "open", "contacts": [{"role": "buyer"}]},
        {"status": "open", "amount": -1, "currency": "EUR"},
        {"status": "open", "color": "red"},
    ],
    ids=["an unknown status", "nothing said", "a contact without identity", "a negative amount", "an unknown field"],
)
def test_bad_deal(api: Api, body: dict[str, Any]) -> None:
    assert_is_problem(api.request("PUT", f"/deals/{something()}", json=body))


def test_a_decision_on_an_unknown_prospect(api: Api) -> None:
    answer = api.request("POST", f"/prospects/p{'a' * 26}/decisions", json={"action": "accept", "by": "sam@us.example"})

    assert_is_problem(answer)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"action": "promote"},
        {"action": "disqualify"},
        {"action": "set_stage", "reason": "because"},
        {"action": "set_stage", "stage": "galaxy", "reason": "because"},
        {"action": "set_stage", "stage": "anonymous", "reason": "because"},
        {"action": "withdraw", "event_id": "no-such-event"},
        {"action": "accept", "stage": "customer"},
    ],
    ids=[
        "action",
        "no reason",
        "no stage",
        "unknown stage",
        "anonymous",
        "unknown event",
        "a field that would be lost",
    ],
)
def test_bad_decision(api: Api, body: dict[str, Any]) -> None:
    sent = api.activity(type="website_visit", identities={"email": someone()})
    before = api.timeline(sent["prospect_id"])

    assert_is_problem(api.request("POST", f"/prospects/{sent['prospect_id']}/decisions", json={"by": "sam"} | body))

    assert api.timeline(sent["prospect_id"]) == before
