"""GET /audit."""

from __future__ import annotations

import pytest

from lifecycle.store.audit_records import Actor, Difference, Origin, Subject
from tests.audit_store_contract import told
from tests.fakes.memory_audit import MemoryAudit
from tests.unit.functions.conftest import Call
from tests.unit.functions.fake_lifecycle import NOON


def test_an_entry_is_shown_whole(call: Call, audit: MemoryAudit) -> None:
    audit.record(
        told(
            "e",
            NOON,
            action="key.issued",
            subject=Subject("key", "3f9a1c7e5b2d"),
            origin=Origin(Actor("api_key", "laptop"), "203.0.113.10", "curl/8.5.0", "request-1"),
            difference=Difference(None, {"name": "crm", "scopes": ["ingest"], "expires_at": None}),
            by="Ann",
        )
    )
    reply = call("read_audit", "GET", "/audit")

    assert reply.status == 200
    assert reply.body == {
        "entries": [
            {
                "id": "e",
                "at": "2026-06-01T12:00:00Z",
                "action": "key.issued",
                "actor": {"kind": "api_key", "name": "laptop", "by": "Ann"},
                "from": {"address": "203.0.113.10", "user_agent": "curl/8.5.0"},
                "subject": {"kind": "key", "id": "3f9a1c7e5b2d"},
                "before": None,
                "after": {"name": "crm", "scopes": ["ingest"], "expires_at": None},
                "details": None,
                "request_id": "request-1",
            }
        ],
        "next_cursor": None,
    }


def test_a_page_names_the_next_one(call: Call, audit: MemoryAudit) -> None:
    for entry_id in "abc":
        audit.record(told(entry_id, NOON))
    first = call("read_audit", "GET", "/audit", query={"limit": ["2"]})
    rest = call("read_audit", "GET", "/audit", query={"limit": ["2"], "cursor": [first.body["next_cursor"]]})

    assert [entry["id"] for entry in first.body["entries"] + rest.body["entries"]] == ["c", "b", "a"]
    assert rest.body["next_cursor"] is None


@pytest.mark.parametrize("name", ["from", "to", "action", "actor", "subject"])
def test_a_cursor_is_for_its_filters_alone(call: Call, audit: MemoryAudit, name: str) -> None:
    for entry_id in "abc":
        audit.record(told(entry_id, NOON))
    cursor = call("read_audit", "GET", "/audit", query={"limit": ["1"]}).body["next_cursor"]
    value = {"action": "key.issued", "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}.get(name, "x")
    reply = call("read_audit", "GET", "/audit", query={"limit": ["1"], "cursor": [cursor], name: [value]})

    assert (reply.status, reply.body["type"]) == (400, "urn:prospect-lifecycle:problem:invalid-cursor")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"action": ["key.stolen"]}, "?action"),
        ({"action": [""]}, "?action"),
        ({"from": ["yesterday"]}, "?from"),
        ({"to": ["2026-06-01T12:00:00"]}, "?to"),
        ({"from": ["2026-06-02T00:00:00Z"], "to": ["2026-06-01T00:00:00Z"]}, "?from"),
        ({"actor": [""]}, "?actor"),
        ({"subject": ["x" * 257]}, "?subject"),
        ({"limit": ["0"]}, "?limit"),
        ({"who": ["ann"]}, "?who"),
        ({"action": ["key.issued", "key.withdrawn"]}, "?action"),
    ],
)
def test_a_bad_filter_is_named_with_what_would_be_right(call: Call, query: dict[str, list[str]], field: str) -> None:
    reply = call("read_audit", "GET", "/audit", query=query)

    assert (reply.status, reply.fields) == (422, [field])
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert all(error["expected"] for error in reply.body["errors"])
