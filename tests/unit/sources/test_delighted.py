"""Delighted: what its events become, and which requests are its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from lifecycle.events import Activity, Identity
from lifecycle.sources.said import Unreadable
from tests.senders.delighted import EVENTS, SENDER, event, sign
from tests.source_contract import (
    FUZZ,
    NOW,
    URL,
    activity_of,
    assert_ids_are_distinct,
    assert_only_the_two_errors,
    assert_repeats_are_the_same,
    bodies,
    flipped,
    payloads,
    refused,
    said,
    sent,
    translated,
    verify,
    with_body,
    with_headers,
)

HEADER = "x_delighted_webhook_signature"


@pytest.mark.parametrize(
    ("sample", "type_", "direction", "properties"),
    [
        ("answered", "nps_response", "inbound", {"score": 9, "response_id": "99"}),
        ("commented", "nps_response", "inbound", {"score": 9, "response_id": "99", "comment": "Good work."}),
        ("satisfaction", "survey_response", "inbound", {"score": 5, "survey_type": "csat"}),
        ("unsubscribed", "email_unsubscribe", "internal", {}),
        ("new_kind", "delighted_person_merged", "internal", {}),
    ],
)
def test_each_event_becomes_an_activity(sample: str, type_: str, direction: str, properties: dict[str, Any]) -> None:
    activity = activity_of(SENDER, sample)

    assert (activity.type, activity.direction) == (type_, direction)
    assert activity.id == f"delighted:{EVENTS[sample]['event_id']}"
    assert activity.identities == (Identity("email", "ada@example.com"), Identity("crm:delighted", "4711"))
    assert properties.items() <= activity.properties.items()


def test_an_answer_dates_from_its_last_change() -> None:
    assert activity_of(SENDER, "commented").occurred_at == datetime(2026, 2, 28, 12, 1, tzinfo=UTC)


def test_a_person_without_an_email_is_known_by_the_id() -> None:
    part = event("survey_response.created", survey_type="nps", score=10, updated_at=1, person={"id": 5, "email": None})

    (one,) = translated(SENDER, json.dumps(part).encode())

    assert isinstance(one, Activity)
    assert one.identities == (Identity("crm:delighted", "5"),)


def test_a_withdrawal_whose_person_is_not_nested_is_read_as_well() -> None:
    part = event("unsubscribe.created") | {"event_data": {"person_id": "5", "email": "bob@example.com"}}

    (one,) = translated(SENDER, json.dumps(part).encode())

    assert isinstance(one, Activity)
    assert one.identities == (Identity("email", "bob@example.com"), Identity("crm:delighted", "5"))
    assert one.occurred_at == NOW


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (event("survey_response.created", person={}, updated_at=1), "names nobody"),
        (event("survey_response.created", updated_at="later"), "updated_at is not a time"),
        ({"event_type": "survey_response.created"}, "event_data is not an object"),
        ({}, "event_type is missing"),
    ],
)
def test_a_bad_event_goes_to_quarantine(part: Any, why: str) -> None:
    (one,) = translated(SENDER, json.dumps(part).encode())

    assert isinstance(one, Unreadable)
    assert why in one.why


def test_redelivery_says_the_same_events() -> None:
    assert_repeats_are_the_same(SENDER)


def test_an_answer_and_its_comment_are_two_events() -> None:
    assert_ids_are_distinct(SENDER, list(EVENTS))


# --- signatures ---------------------------------------------------------------------------------------------------


def test_a_signature_of_something_else_is_refused() -> None:
    told = sent(SENDER, "answered")
    signature = told.header("x-delighted-webhook-signature")

    assert refused(SENDER, with_body(told, flipped(told.body))) == "mismatch"
    assert refused(SENDER, with_body(told, told.body + b"\r\n")) == "mismatch"
    other = "0" if signature[-1] != "0" else "1"
    assert refused(SENDER, with_headers(told, **{HEADER: signature[:-1] + other})) == "mismatch"
    assert refused(SENDER, with_headers(told, **{HEADER: signature[:-1]})) == "mismatch"


@pytest.mark.parametrize("value", [None, "", "sha256=", "sha1=abc", "abc"])
def test_a_request_without_a_signature_is_refused(value: str | None) -> None:
    assert refused(SENDER, with_headers(sent(SENDER, "answered"), **{HEADER: value})) == "missing"


def test_a_signature_in_capitals_is_the_same_number() -> None:
    told = sent(SENDER, "answered")
    method, _, signature = told.header("x-delighted-webhook-signature").partition("=")

    verify(SENDER, with_headers(told, **{HEADER: f"{method}={signature.upper()}"}))


def test_a_signature_of_the_key_before_is_accepted_while_the_key_is_replaced() -> None:
    told = sent(SENDER, "answered", secret="the-key-before")

    assert refused(SENDER, told) == "mismatch"
    verify(SENDER, told, [SENDER.secret, "the-key-before"])


def test_without_a_secret_everything_is_refused() -> None:
    told = sent(SENDER, "answered")
    by_nothing = sign(told.body, URL, "", NOW)["X-Delighted-Webhook-Signature"]

    assert refused(SENDER, with_headers(told, **{HEADER: by_nothing}), [""]) == "mismatch"


def test_the_vector_of_the_hmac() -> None:
    """RFC 4231, test case 2; Delighted publishes no vector of its own."""
    told = with_headers(
        with_body(sent(SENDER, "answered"), b"what do ya want for nothing?"),
        **{HEADER: "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    )

    verify(SENDER, told, ["Jefe"])


@pytest.mark.parametrize("path", payloads("delighted"))
def test_the_samples_of_the_documentation_go_through_with_a_true_signature(path: Path) -> None:
    body = path.read_bytes()
    headers = {name.lower().replace("-", "_"): value for name, value in sign(body, URL, SENDER.secret, NOW).items()}

    (one,) = said(SENDER, with_headers(with_body(sent(SENDER, "answered"), body), **headers))

    assert isinstance(one, Activity)
    assert (one.type, one.properties["score"]) == ("nps_response", 9)


@FUZZ
@given(bodies(SENDER))
def test_whatever_comes_is_refused_unreadable_or_kept(body: bytes) -> None:
    assert_only_the_two_errors(SENDER, body)
