"""POST /activities and POST /activities/batch."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lifecycle.events import Activity, Identity
from tests.unit.functions.conftest import Call
from tests.unit.functions.fake_lifecycle import ANN, ANNS_ID, NOON, FakeLifecycle

VISIT: dict[str, Any] = {"type": "website_visit", "identities": {"email": "Ann@Example.com"}}


def recorded(fake: FakeLifecycle) -> Activity:
    (activity,) = fake.log
    assert isinstance(activity, Activity)
    return activity


def test_a_new_activity_is_answered_with_201_and_the_move(call: Call, fake: FakeLifecycle) -> None:
    reply = call("ingest_activity", "POST", "/activities", body={**VISIT, "id": "v-1"})

    assert reply.status == 201
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.body["event_id"] == "v-1"
    assert reply.body["prospect_id"] == ANNS_ID
    assert reply.body["stage"] == "engaged"
    assert reply.body["transition"]["from"] == "suspect"
    assert reply.body["transition"]["occurred_at"] == "2026-06-01T12:00:00Z"
    assert reply.body["duplicate"] is False


def test_the_same_id_again_is_answered_with_200_and_duplicate(call: Call, fake: FakeLifecycle) -> None:
    call("ingest_activity", "POST", "/activities", body={**VISIT, "id": "v-1"})
    reply = call("ingest_activity", "POST", "/activities", body={**VISIT, "id": "v-1"})

    assert reply.status == 200
    assert reply.body["duplicate"] is True
    assert reply.body["transition"] is None
    assert len(fake.log) == 1


def test_what_is_left_out_gets_its_default(call: Call, fake: FakeLifecycle) -> None:
    call("ingest_activity", "POST", "/activities", body=VISIT)

    activity = recorded(fake)
    assert activity.id
    assert activity.occurred_at == activity.recorded_at == NOON
    assert activity.direction == "inbound"
    assert activity.identities == (ANN,)
    assert activity.automated is False


def test_every_field_reaches_the_use_case(call: Call, fake: FakeLifecycle) -> None:
    body = {
        "id": "a#1",
        "type": "email_open",
        "direction": "inbound",
        "occurred_at": "2026-06-01T13:00:00.5+02:00",
        "identities": {"email": "ann@example.com", "visitor": " v1 ", "user": "u1", "crm": {"hubspot": "1", "a": "2"}},
        "traits": {"company": "Example Ltd"},
        "properties": {"score": 9.5, "big": 12345678901234567890123, "nested": [{"deep": None}]},
        "source": "mailer",
        "automated": True,
    }
    assert call("ingest_activity", "POST", "/activities", body=body).status == 201

    activity = recorded(fake)
    assert (activity.id, activity.type, activity.direction, activity.source) == (
        "a#1",
        "email_open",
        "inbound",
        "mailer",
    )
    assert activity.occurred_at.isoformat() == "2026-06-01T11:00:00.500000+00:00"
    assert activity.identities == (
        ANN,
        Identity("visitor", "v1"),
        Identity("user", "u1"),
        Identity("crm:a", "2"),
        Identity("crm:hubspot", "1"),
    )
    assert str(activity.properties["score"]) == "9.5"
    assert activity.properties["big"] == 12345678901234567890123
    assert activity.traits == {"company": "Example Ltd"}
    assert activity.automated is True


def test_a_body_in_base64_is_decoded(call: Call, fake: FakeLifecycle) -> None:
    body = base64.b64encode(json.dumps(VISIT).encode()).decode()
    assert call("ingest_activity", "POST", "/activities", body=body, isBase64Encoded=True).status == 201
    assert recorded(fake).type == "website_visit"


BAD_BODIES: list[tuple[str, Any, int]] = [
    ("no body", None, 400),
    ("an empty body", "", 400),
    ("no JSON", "{'type': 1}", 400),
    ("half of JSON", '{"type": "web', 400),
    ("too deep to parse", "[" * 200_000, 400),
    ("an array", "[]", 422),
    ("a number", "1", 422),
    ("a repeated name", '{"type": "a", "type": "b", "identities": {"user": "u"}}', 422),
    ("an unknown field", {**VISIT, "occured_at": "2026-06-01T12:00:00Z"}, 422),
    ("an unknown identity", {"type": "a", "identities": {"user": "u", "phone": "1"}}, 422),
    ("no identities", {"type": "a"}, 422),
    ("no identity", {"type": "a", "identities": {}}, 422),
    ("identities of null", {"type": "a", "identities": {"email": None}}, 422),
    ("an impossible email", {"type": "a", "identities": {"email": "ann@localhost"}}, 422),
    ("a time ahead", {**VISIT, "occurred_at": "2026-06-01T12:05:01Z"}, 422),
    ("a naive time", {**VISIT, "occurred_at": "2026-06-01T12:00:00"}, 422),
    ("a time of 1969", {**VISIT, "occurred_at": "1969-12-31T23:59:59Z"}, 422),
    ("a time that is a number", {**VISIT, "occurred_at": 1780315200}, 422),
    ("a long string", {**VISIT, "properties": {"text": "x" * 100_000}}, 422),
    ("many properties", {**VISIT, "properties": {f"p{n}": n for n in range(101)}}, 422),
    ("a large activity", {**VISIT, "properties": {f"p{n}": "x" * 4000 for n in range(9)}}, 422),
    ("deep nesting", {**VISIT, "properties": {"a": [[[[[[[[1]]]]]]]]}}, 422),
    ("a NUL", {**VISIT, "properties": {"a": "b\x00c"}}, 422),
    ("a NUL in a name", {**VISIT, "properties": {"a\x00": 1}}, 422),
    ("a lone surrogate", '{"type": "a", "identities": {"user": "\\ud800"}}', 422),
    ("an empty name", {**VISIT, "properties": {"": 1}}, 422),
    ("NaN", '{"type": "a", "identities": {"user": "u"}, "properties": {"a": NaN}}', 422),
    ("Infinity", '{"type": "a", "identities": {"user": "u"}, "properties": {"a": -Infinity}}', 422),
    ("a huge number", '{"type": "a", "identities": {"user": "u"}, "properties": {"a": 1e999}}', 422),
    ("a precise number", {**VISIT, "properties": {"a": int("1" * 39)}}, 422),
    (
        "a number of 5000 digits",
        '{"type": "a", "identities": {"user": "u"}, "properties": {"a": ' + "1" * 5000 + "}}",
        422,
    ),
    ("no type", {"identities": {"user": "u"}}, 422),
    ("a type in capitals", {**VISIT, "type": "Website Visit"}, 422),
    ("a wrong direction", {**VISIT, "direction": "sideways"}, 422),
    ("automated as a string", {**VISIT, "automated": "yes"}, 422),
    ("an id of blanks", {**VISIT, "id": " "}, 422),
    ("an id with a line break", {**VISIT, "id": "a\nb"}, 422),
    ("an id that is a number", {**VISIT, "id": 7}, 422),
    ("a visitor of blanks", {"type": "a", "identities": {"visitor": "  "}}, 422),
    ("a CRM with a strange name", {"type": "a", "identities": {"crm": {"Hub Spot": "1"}}}, 422),
    ("many CRMs", {"type": "a", "identities": {"crm": {f"c{n}": "1" for n in range(11)}}}, 422),
    ("a body over the limit", json.dumps(VISIT) + " " * 1024 * 1024, 413),
]


@pytest.mark.parametrize(("body", "status"), [bad[1:] for bad in BAD_BODIES], ids=[bad[0] for bad in BAD_BODIES])
def test_bad_input_is_a_problem_document_and_stores_nothing(
    call: Call, fake: FakeLifecycle, body: Any, status: int
) -> None:
    reply = call("ingest_activity", "POST", "/activities", body=body)

    assert reply.status == reply.body["status"] == status
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.body["type"].startswith("urn:prospect-lifecycle:problem:")
    assert reply.body["title"]
    assert reply.body["detail"]
    assert fake.log == []


def test_bytes_that_are_not_utf8_are_refused(call: Call, fake: FakeLifecycle) -> None:
    body = base64.b64encode(b'{"type": "\xff"}').decode()
    reply = call("ingest_activity", "POST", "/activities", body=body, isBase64Encoded=True)

    assert reply.status == 400
    assert "UTF-8" in reply.body["detail"]
    assert fake.log == []


def test_a_problem_names_each_field_its_reason_and_what_would_be_right(call: Call) -> None:
    body = {"type": "A", "identities": {"email": "x"}, "occurred_at": "tomorrow", "colour": "red"}
    reply = call("ingest_activity", "POST", "/activities", body=body)

    assert reply.fields == ["/type", "/occurred_at", "/identities/email", "/colour"]
    assert all(error["reason"] and error["expected"] for error in reply.body["errors"])
    assert "identities" in reply.body["errors"][3]["expected"]
    assert "4 problems in all" in reply.body["detail"]


def test_a_problem_never_repeats_a_value(call: Call) -> None:
    body = {
        "type": "ann@example.org",
        "identities": {"email": "ann(at)example.org", "crm": {"x": 5}},
        "direction": "ann",
    }
    reply = call("ingest_activity", "POST", "/activities", body=body)

    assert reply.status == 422
    assert "example.org" not in json.dumps(reply.body)
    assert "ann" not in reply.body["errors"][1]["expected"]


def test_no_more_than_20_problems_are_listed(call: Call) -> None:
    reply = call("ingest_activity", "POST", "/activities", body={f"unknown_{n}": n for n in range(50)})

    assert len(reply.body["errors"]) == 20
    assert reply.body["omitted"] == 32


def test_good_entries_of_a_batch_are_kept_whatever_the_bad_ones_are(call: Call, fake: FakeLifecycle) -> None:
    entries = (
        '{"activities": [{"id": "1", "type": "a", "identities": {"user": "u"}}, 7, '
        '{"id": "2", "type": "a", "type": "b", "identities": {"user": "u"}}, '
        '{"id": "3", "type": "a", "identities": {"user": "u"}, "properties": {"x": NaN}}, '
        '{"id": "1", "type": "a", "identities": {"user": "u"}}, '
        '{"id": "4", "type": "a", "identities": {"user": "u"}}]}'
    )
    reply = call("ingest_activity", "POST", "/activities/batch", body=entries)

    assert reply.status == 202
    assert (reply.body["accepted"], reply.body["duplicates"]) == (2, 1)
    assert [entry["index"] for entry in reply.body["rejected"]] == [1, 2, 3]
    assert reply.body["rejected"][2]["problem"]["errors"][0]["field"] == "/properties/x"
    assert [event.id for event in fake.log] == ["1", "4"]


def test_a_batch_may_be_a_bare_array(call: Call, fake: FakeLifecycle) -> None:
    reply = call("ingest_activity", "POST", "/activities/batch", body=[VISIT] * 500)

    assert (reply.status, reply.body["accepted"]) == (202, 500)
    assert len(fake.log) == 500


BAD_BATCHES: list[tuple[str, Any, int]] = [
    ("501 entries", [VISIT] * 501, 413),
    ("no entries", [], 422),
    ("no entries in an object", {"activities": []}, 422),
    ("an object without them", {}, 422),
    ("an unknown field", {"activities": [VISIT], "activites": []}, 422),
    ("them twice", '{"activities": [], "activities": []}', 422),
    ("a string", '"activities"', 422),
    ("null", "null", 422),
    ("4 MiB and more", json.dumps([VISIT]) + " " * 4 * 1024 * 1024, 413),
]


@pytest.mark.parametrize(("body", "status"), [bad[1:] for bad in BAD_BATCHES], ids=[bad[0] for bad in BAD_BATCHES])
def test_a_bad_batch_stores_nothing(call: Call, fake: FakeLifecycle, body: Any, status: int) -> None:
    reply = call("ingest_activity", "POST", "/activities/batch", body=body)

    assert reply.status == reply.body["status"] == status
    assert fake.log == []
