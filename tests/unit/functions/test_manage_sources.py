"""Everything under /sources, and GET /webhooks/unresolved."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.contract.source_examples import PART_ID, REQUESTS, SOURCE_ID
from lifecycle.services.connections import Wanted
from lifecycle.services.errors import InvalidSettingsError, SecretNeededError, SourcesBusyError, StillUnreadableError
from lifecycle.sources.table import SOURCES
from tests.unit.functions.conftest import PUBLIC_URL, Call
from tests.unit.functions.fake_connections import FakeConnections

SOURCE = f"/sources/{SOURCE_ID}"
PART = f"{SOURCE}/quarantine/{PART_ID}"


def test_every_kind_says_how_it_is_connected(call: Call) -> None:
    reply = call("manage_sources", "GET", "/sources/kinds")

    assert [kind["kind"] for kind in reply.body["kinds"]] == list(SOURCES)
    assert all(kind["connecting"] and kind["settings"]["type"] == "object" for kind in reply.body["kinds"])


def test_a_connected_source_is_told_its_url(call: Call, connections: FakeConnections) -> None:
    reply = call("manage_sources", "POST", "/sources", body={"kind": "segment", "label": "website"})

    assert reply.status == 201
    assert reply.body["url"] == f"{PUBLIC_URL}/webhooks/{SOURCE_ID}"
    assert connections.calls == [("connect", Wanted("segment", "website", None, {}), "key:laptop")]


def test_a_source_without_a_label_is_called_as_its_kind(call: Call) -> None:
    assert call("manage_sources", "POST", "/sources", body={"kind": "segment"}).body["label"] == "segment"


def test_a_secret_is_neither_answered_nor_logged(call: Call, log_lines: list[dict[str, Any]]) -> None:
    reply = call("manage_sources", "POST", "/sources", body={"kind": "typeform", "secret": "swordfish"})

    assert "swordfish" not in str(reply.body)
    assert "swordfish" not in str(log_lines)


@pytest.mark.parametrize("title", REQUESTS["SourceBody"])
def test_the_examples_of_the_contract_are_taken(call: Call, title: str) -> None:
    assert call("manage_sources", "POST", "/sources", body=REQUESTS["SourceBody"][title]).status == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "/kind"),
        ({"kind": "segment", "secret": ""}, "/secret"),
        ({"kind": "segment", "secret": " x"}, "/secret"),
        ({"kind": "segment", "settings": []}, "/settings"),
        ({"kind": "segment", "colour": "red"}, "/colour"),
    ],
)
def test_what_is_wrong_is_named(call: Call, body: dict[str, Any], field: str) -> None:
    reply = call("manage_sources", "POST", "/sources", body=body)

    assert (reply.status, reply.fields) == (422, [field])


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (SecretNeededError("the client secret"), 422, "secret-needed"),
        (InvalidSettingsError([("/stages", "breaks the rule 'type' (object)")]), 422, "invalid-settings"),
        (SourcesBusyError(), 409, "source-changed"),
    ],
)
def test_what_cannot_be_is_refused(
    call: Call, connections: FakeConnections, error: Exception, status: int, slug: str
) -> None:
    connections.fails_with = error

    reply = call("manage_sources", "POST", "/sources", body={"kind": "segment"})

    assert (reply.status, reply.body["type"].rpartition(":")[2]) == (status, slug)


def test_wrong_settings_are_named_with_what_would_be_right(call: Call, connections: FakeConnections) -> None:
    connections.fails_with = InvalidSettingsError([(f"/forms/{number}", "is no object") for number in range(1000)])

    reply = call("manage_sources", "POST", "/sources", body={"kind": "segment"})

    assert (reply.status, reply.body["type"].rpartition(":")[2]) == (422, "invalid-settings")
    assert reply.body["errors"][0] == {
        "field": "/settings/forms/0",
        "reason": "is no object",
        "expected": "what GET /sources/kinds says of this kind",
    }
    assert len(reply.body["errors"]) + reply.body["omitted"] == 1000


def test_sources_are_listed_with_their_health(call: Call) -> None:
    (source,) = call("manage_sources", "GET", "/sources").body["sources"]

    assert (source["source_id"], source["quarantined"], source["last_received_at"]) == (SOURCE_ID, 1, None)


def test_a_source_is_shown_changed_and_disconnected(call: Call, connections: FakeConnections) -> None:
    assert call("manage_sources", "GET", SOURCE).body["label"] == "website"
    changed = call("manage_sources", "PUT", SOURCE, body={"label": "all domains", "settings": {"a": 1}})
    assert (changed.body["label"], changed.body["version"]) == ("all domains", 2)
    assert call("manage_sources", "DELETE", SOURCE).status == 204
    assert [name for name, *_ in connections.calls] == ["change", "disconnect"]


@pytest.mark.parametrize("path", ["/sources/short", "/sources/" + "!" * 32, f"/sources/{SOURCE_ID[:-1]}x"])
def test_a_source_that_is_none_is_not_found(call: Call, path: str) -> None:
    assert call("manage_sources", "GET", path).status == 404


@pytest.mark.parametrize("hours", [-1, 337, 10**30, 1.5, "24", None, True, [24]])
def test_how_long_the_secret_before_is_kept_is_a_number_of_hours_within_two_weeks(call: Call, hours: Any) -> None:
    reply = call("manage_sources", "POST", f"{SOURCE}/secret", body={"secret": "new", "keep_for_hours": hours})

    assert (reply.status, reply.fields) == (422, ["/keep_for_hours"])


def test_a_replaced_secret_is_said_to_stay_valid_for_a_while(call: Call) -> None:
    reply = call("manage_sources", "POST", f"{SOURCE}/secret", body={"secret": "new", "keep_for_hours": 48})

    assert reply.body == {"previous_valid_until": "2026-06-03T12:00:00Z"}


def test_parts_in_quarantine_are_shown_as_they_came(call: Call) -> None:
    (part,) = call("manage_sources", "GET", f"{SOURCE}/quarantine").body["parts"]

    assert (part["part_id"], part["part"]) == (PART_ID, {"messageId": "m-2"})


def test_a_part_is_replayed_as_it_came_or_mended(call: Call, connections: FakeConnections) -> None:
    assert call("manage_sources", "POST", f"{PART}/replay").body == {"accepted": 1, "duplicates": 0}
    assert call("manage_sources", "POST", f"{PART}/replay", body={"fixed": {"amount": 12.5}}).status == 200
    assert connections.calls == [("replay", PART_ID, None), ("replay", PART_ID, b'{"amount": 12.5}')]


def test_a_part_that_still_cannot_be_read_stays(call: Call, connections: FakeConnections) -> None:
    connections.fails_with = StillUnreadableError("it names nobody")

    reply = call("manage_sources", "POST", f"{PART}/replay")

    assert (reply.status, "it names nobody" in reply.body["detail"]) == (422, True)


def test_a_part_is_discarded(call: Call) -> None:
    assert call("manage_sources", "DELETE", PART).status == 204
    assert call("manage_sources", "DELETE", f"{SOURCE}/quarantine/{'0' * 32}").status == 404


def test_what_waits_is_listed(call: Call) -> None:
    reply = call("manage_sources", "GET", "/webhooks/unresolved")

    assert [(one["what"], one["name"]) for one in reply.body["waiting"]] == [("contact", "crm:hubspot:151")]
    assert reply.body["next_cursor"] is None


def test_a_preview_keeps_nothing(call: Call, connections: FakeConnections) -> None:
    payload = {"type": "track", "event": "Trial Started", "messageId": "m-1", "userId": "u-7", "properties": {"n": 1.5}}

    reply = call(
        "manage_sources", "POST", "/sources/preview", body={"kind": "segment", "call": "track", "payload": payload}
    )

    assert [one["becomes"] for one in reply.body["said"]] == ["activity"]
    assert reply.body["said"][0]["content"]["type"] == "form_submission"
    assert connections.calls == []


def test_a_preview_says_why_a_payload_cannot_be_read(call: Call) -> None:
    reply = call(
        "manage_sources", "POST", "/sources/preview", body={"kind": "segment", "call": "track", "payload": "no json"}
    )

    assert [one["becomes"] for one in reply.body["said"]] == ["quarantine"]
