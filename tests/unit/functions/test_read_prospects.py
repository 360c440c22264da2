"""GET /prospects, and the state, timeline and explanation of one prospect."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.functions.conftest import Call, Reply
from tests.unit.functions.fake_lifecycle import ANNS_ID, ENTRIES, FakeLifecycle, transition


def read(call: Call, path: str, **query: str) -> Reply:
    return call("read_prospects", "GET", path, query={name: [value] for name, value in query.items()} or None)


@pytest.mark.parametrize("query", [{"email": " ANN@example.com"}, {"crm": "hubspot:151"}])
def test_a_prospect_is_found_by_an_identity(call: Call, query: dict[str, str]) -> None:
    reply = read(call, "/prospects", **query)

    assert reply.status == 200
    assert [prospect["prospect_id"] for prospect in reply.body["prospects"]] == [ANNS_ID]
    assert reply.body["next_cursor"] is None


@pytest.mark.parametrize("query", [{"visitor": "v"}, {"user": "u"}, {"crm": "hubspot:9:9"}, {"email": "b@example.com"}])
def test_an_identity_that_nobody_has_gives_an_empty_list(call: Call, query: dict[str, str]) -> None:
    reply = read(call, "/prospects", **query)

    assert (reply.status, reply.body) == (200, {"prospects": [], "next_cursor": None})


def test_filters_reach_the_use_case(call: Call, fake: FakeLifecycle) -> None:
    read(
        call,
        "/prospects",
        stage="engaged",
        lead_status="Closed-Won",
        since_from="2026-05-01T00:00:00Z",
        since_to="2026-05-02T00:00:00Z",
        limit="200",
    )
    read(call, "/prospects")

    first, second = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC)
    assert fake.calls == [
        ("list", "engaged", "Closed-Won", first, second, None, 200),
        ("list", None, None, None, None, None, 50),
    ]


def test_a_list_is_paged_by_cursor(call: Call, fake: FakeLifecycle) -> None:
    fake.pages = 3
    cursors = [read(call, "/prospects", stage="engaged").body["next_cursor"]]
    while cursors[-1]:
        cursors.append(read(call, "/prospects", stage="engaged", limit="7", cursor=cursors[-1]).body["next_cursor"])

    assert len(cursors) == 3
    assert [called[5] for called in fake.calls] == [None, ("1", "engaged"), ("2", "engaged")]


def test_a_cursor_that_was_tampered_with_is_refused(call: Call, fake: FakeLifecycle) -> None:
    fake.pages = 2
    cursor = read(call, "/prospects", stage="engaged").body["next_cursor"]
    last = "A" if cursor[-3] != "A" else "B"
    for forged in (cursor[:-3] + last + cursor[-2:], cursor[1:], "", ".", "x" * 10_000, "\x00", "é"):
        reply = read(call, "/prospects", stage="engaged", cursor=forged)
        assert reply.status == 400
        assert reply.body["type"].endswith(":invalid-cursor")
    assert len(fake.calls) == 1


def test_a_cursor_belongs_to_its_filters_its_list_and_its_key(call: Call, fake: FakeLifecycle) -> None:
    fake.pages = 2
    cursor = read(call, "/prospects", stage="engaged").body["next_cursor"]

    assert read(call, "/prospects", stage="suspect", cursor=cursor).status == 400
    assert read(call, f"/prospects/{ANNS_ID}/timeline", cursor=cursor).status == 400
    query = {"stage": ["engaged"], "cursor": [cursor]}
    other_key = {"Authorization": "Bearer plc_another-key"}
    assert call("read_prospects", "GET", "/prospects", query=query, headers=other_key).status == 400


BAD_QUERIES: list[tuple[str, dict[str, list[str]], list[str]]] = [
    ("an unknown parameter", {"stag": ["engaged"]}, ["?stag"]),
    ("two identities", {"email": ["a@example.com"], "user": ["u"]}, ["?user"]),
    ("an identity and a filter", {"user": ["u"], "limit": ["5"]}, ["?limit"]),
    ("a parameter twice", {"stage": ["engaged", "suspect"]}, ["?stage"]),
    ("an impossible email", {"email": ["ann"]}, ["?email"]),
    ("an empty visitor", {"visitor": [""]}, ["?visitor"]),
    ("a CRM without a name", {"crm": ["151"]}, ["?crm"]),
    ("a CRM with a strange name", {"crm": ["Hub Spot:151"]}, ["?crm"]),
    ("a strange stage", {"stage": ["MQL!"]}, ["?stage"]),
    ("a strange lead status", {"lead_status": ["mql"]}, ["?lead_status"]),
    ("no entries", {"limit": ["0"]}, ["?limit"]),
    ("too many entries", {"limit": ["201"]}, ["?limit"]),
    ("half an entry", {"limit": ["1.5"]}, ["?limit"]),
    ("digits of another script", {"limit": ["\u0665"]}, ["?limit"]),
    ("a naive time", {"since_from": ["2026-05-01T00:00:00"]}, ["?since_from"]),
    (
        "times the wrong way round",
        {"since_from": ["2026-05-02T00:00:00Z"], "since_to": ["2026-05-01T00:00:00Z"]},
        ["?since_from"],
    ),
]


@pytest.mark.parametrize(("query", "fields"), [bad[1:] for bad in BAD_QUERIES], ids=[bad[0] for bad in BAD_QUERIES])
def test_a_bad_query_is_refused(call: Call, fake: FakeLifecycle, query: Any, fields: list[str]) -> None:
    reply = call("read_prospects", "GET", "/prospects", query=query)

    assert reply.status == 422
    assert reply.fields == fields
    assert fake.calls == []


def test_an_unknown_parameter_is_answered_with_the_known_ones(call: Call) -> None:
    reply = read(call, "/prospects", stag="engaged")
    assert "lead_status" in reply.body["errors"][0]["expected"]


def test_a_plus_in_an_email_that_arrives_as_a_blank_gets_a_hint(call: Call) -> None:
    reply = read(call, "/prospects", email="ann test@example.com")
    assert "%2B" in reply.body["errors"][0]["expected"]


def test_the_state_of_a_prospect_is_shown(call: Call) -> None:
    reply = read(call, f"/prospects/{ANNS_ID}")

    assert reply.status == 200
    assert reply.body["stage"] == "engaged"
    assert reply.body["since"] == "2026-06-01T12:00:00Z"
    assert reply.body["identities"] == {
        "email": ["ann@example.com"],
        "visitor": [],
        "user": [],
        "crm": {"hubspot": ["151"]},
    }
    assert reply.body["deals"][0]["roles"] == ["decision_maker"]


@pytest.mark.parametrize("suffix", ["", "/timeline", "/explanation"])
@pytest.mark.parametrize("prospect_id", ["p" + "b" * 26, "ann@example.com", "STATE"])
def test_an_unknown_prospect_is_not_found(call: Call, prospect_id: str, suffix: str) -> None:
    reply = read(call, f"/prospects/{prospect_id}{suffix}")

    assert reply.status == 404
    assert "ann@example.com" not in reply.body["detail"]


def test_a_timeline_shows_every_kind_of_entry(call: Call, fake: FakeLifecycle) -> None:
    fake.entries = (transition(), *reversed(ENTRIES))
    reply = read(call, f"/prospects/{ANNS_ID}/timeline", limit="5")

    assert reply.body["prospect_id"] == ANNS_ID
    kinds = [entry["kind"] for entry in reply.body["entries"]]
    assert kinds == ["transition", "withdrawal", "decision", "deal", "activity"]
    assert reply.body["entries"][0]["from"] == "suspect"
    assert reply.body["entries"][4]["identities"] == {"email": "ann@example.com", "crm": {"hubspot": "151"}}
    assert fake.calls == [("timeline", ANNS_ID, None, 5)]


def test_a_timeline_is_paged_by_cursor(call: Call, fake: FakeLifecycle) -> None:
    fake.pages = 2
    cursor = read(call, f"/prospects/{ANNS_ID}/timeline").body["next_cursor"]
    assert read(call, f"/prospects/{ANNS_ID}/timeline", cursor=cursor).body["next_cursor"] is None


def test_a_stage_is_explained(call: Call) -> None:
    reply = read(call, f"/prospects/{ANNS_ID}/explanation")

    assert reply.status == 200
    assert reply.body["because"]["to"] == "engaged"
    assert reply.body["criterion"]["parts"][0]["sentence"] == "an email is known"
    assert reply.body["next"][0]["criterion"]["met"] is False


def test_a_parameter_that_a_route_does_not_know_is_refused(call: Call) -> None:
    assert read(call, f"/prospects/{ANNS_ID}", limit="5").fields == ["?limit"]
    assert read(call, f"/prospects/{ANNS_ID}/timeline", stage="engaged").fields == ["?stage"]
