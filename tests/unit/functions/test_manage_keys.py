"""Everything under /keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lifecycle.contract.key_examples import KEY_ID, REQUESTS
from lifecycle.services.credentials import Grant
from lifecycle.services.errors import KeysBusyError, ScopesNotHeldError
from lifecycle.services.scopes import SCOPES
from tests.unit.functions.conftest import Call
from tests.unit.functions.fake_keys import FakeKeys

WANTED = {"name": "web site", "scopes": ["ingest"]}


def test_keys_are_listed_without_the_keys(call: Call) -> None:
    reply = call("manage_keys", "GET", "/keys")

    assert reply.status == 200
    assert reply.body == {
        "keys": [
            {
                "key_id": KEY_ID,
                "name": "laptop",
                "scopes": ["ingest", "read"],
                "created_at": "2026-06-01T12:00:00Z",
                "created_by": "by hand",
                "expires_at": None,
                "last_used_at": "2026-06-01T12:00:00Z",
                "requests_per_second": None,
            }
        ]
    }


def test_a_new_key_is_told_once(call: Call, keys: FakeKeys, log_lines: list[dict[str, Any]]) -> None:
    reply = call("manage_keys", "POST", "/keys", body=WANTED)

    assert reply.status == 201
    assert reply.body["key"] == "plc_a-new-key"
    assert (reply.body["key_id"], reply.body["scopes"]) == ("000000000001", ["ingest"])
    assert keys.granted == [(Grant("web site", ("ingest",), None, "key:laptop"), frozenset(SCOPES))]
    assert "plc_" not in call("manage_keys", "GET", "/keys").body["keys"][1].values()
    assert "plc_" not in str(log_lines)


@pytest.mark.parametrize("title", REQUESTS["KeyBody"])
def test_the_examples_of_the_contract_are_taken(call: Call, title: str) -> None:
    assert call("manage_keys", "POST", "/keys", body=REQUESTS["KeyBody"][title]).status == 201


def test_a_key_may_have_an_end(call: Call, keys: FakeKeys) -> None:
    reply = call("manage_keys", "POST", "/keys", body={**WANTED, "expires_at": "2027-01-01T01:00:00+01:00"})

    assert reply.body["expires_at"] == "2027-01-01T00:00:00Z"
    assert keys.granted[0][0].expires_at == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_key_may_have_a_rate_of_its_own(call: Call, keys: FakeKeys) -> None:
    reply = call("manage_keys", "POST", "/keys", body={**WANTED, "requests_per_second": 5})

    assert reply.body["requests_per_second"] == 5
    assert keys.granted[0][0].requests_per_second == 5


def test_scopes_are_given_once_each_and_in_their_order(call: Call) -> None:
    reply = call("manage_keys", "POST", "/keys", body={**WANTED, "scopes": ["decide", "ingest", "decide"]})

    assert reply.body["scopes"] == ["ingest", "decide"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "/name"),
        ({"name": "ann@example.com"}, "/name"),
        ({"name": 5}, "/name"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": "ingest"}, "/scopes"),
        ({"scopes": ["ingest", "everything"]}, "/scopes"),
        ({"scopes": [["ingest"]]}, "/scopes"),
        ({"expires_at": "2026-06-01T12:00:00Z"}, "/expires_at"),
        ({"expires_at": "tomorrow"}, "/expires_at"),
        ({"workspace": "other"}, "/workspace"),
        *(({"requests_per_second": rate}, "/requests_per_second") for rate in (0, -1, 1.5, 10_001, "1", True, [1])),
    ],
)
def test_a_bad_request_for_a_key_gives_none_out(call: Call, keys: FakeKeys, change: dict[str, Any], field: str) -> None:
    reply = call("manage_keys", "POST", "/keys", body={**WANTED, **change})

    assert (reply.status, reply.fields) == (422, [field])
    assert not keys.granted


def test_what_the_own_key_may_not_do_it_cannot_give(call: Call, keys: FakeKeys) -> None:
    keys.fails_with = ScopesNotHeldError(("funnel:sign:sales",))
    reply = call("manage_keys", "POST", "/keys", body=WANTED)

    assert reply.status == 403
    assert reply.body["type"].endswith(":scope-not-held")
    assert reply.body["not_held"] == ["funnel:sign:sales"]


def test_a_key_is_withdrawn(call: Call, keys: FakeKeys) -> None:
    assert call("manage_keys", "DELETE", f"/keys/{KEY_ID}").status == 204
    assert keys.records == []
    assert call("manage_keys", "DELETE", f"/keys/{KEY_ID}").status == 404


@pytest.mark.parametrize("key_id", ["x", "KEY", "3F9A1C7E5B2D", "000000000000"])
def test_what_is_no_key_is_not_found(call: Call, key_id: str) -> None:
    reply = call("manage_keys", "DELETE", f"/keys/{key_id}")

    assert (reply.status, reply.body["type"]) == (404, "urn:prospect-lifecycle:problem:key-not-found")


def test_keys_that_others_are_changing_ask_to_come_again(call: Call, keys: FakeKeys) -> None:
    keys.fails_with = KeysBusyError()

    assert call("manage_keys", "POST", "/keys", body=WANTED).status == 503
