"""Postmark: what its records become, and which requests are its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from lifecycle.events import Activity, Identity
from lifecycle.sources.said import Unreadable
from lifecycle.sources.source import UnreadableDeliveryError
from tests.senders.postmark import RECORDS, SENDER, authorization, record
from tests.source_contract import (
    FUZZ,
    activity_of,
    assert_ids_are_distinct,
    assert_only_the_two_errors,
    assert_repeats_are_the_same,
    bodies,
    payloads,
    refused,
    said,
    sent,
    translated,
    verify,
    with_body,
    with_headers,
)


@pytest.mark.parametrize(
    ("sample", "type_", "direction", "properties"),
    [
        ("delivery", "email_delivered", "outbound", {"categories": ["onboarding"]}),
        ("open", "email_open", "internal", {"user_agent": "Mozilla/5.0 (Macintosh)"}),
        ("click", "email_click", "inbound", {"url": "https://shop.example/a"}),
        ("hard_bounce", "email_bounce", "internal", {"bounce": "hard"}),
        ("bad_address", "email_bounce", "internal", {"bounce": "hard"}),
        ("soft_bounce", "email_bounce", "internal", {"bounce": "soft"}),
        ("auto_reply", "email_auto_reply", "internal", {}),
        ("unsubscribe_by_mail", "email_unsubscribe", "internal", {}),
        ("complaint", "spam_complaint", "internal", {}),
        ("unsubscribe", "email_unsubscribe", "internal", {"reason": "ManualSuppression"}),
        ("suppressed", "email_suppressed", "internal", {"reason": "HardBounce"}),
        ("resubscribe", "email_resubscribe", "internal", {}),
        ("new_kind", "postmark_forwarded_again", "internal", {}),
    ],
)
def test_each_record_becomes_an_activity(sample: str, type_: str, direction: str, properties: dict[str, Any]) -> None:
    activity = activity_of(SENDER, sample)

    assert (activity.type, activity.direction) == (type_, direction)
    assert activity.identities == (Identity("email", "ada@example.com"), Identity("user", "u-17"))
    assert activity.occurred_at.replace(second=0, microsecond=0) == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert activity.properties["message_id"] == RECORDS[sample]["MessageID"]
    assert properties.items() <= activity.properties.items()
    assert ("bounce" in activity.properties) == (type_ == "email_bounce")


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (record("Open", Recipient="nobody", ReceivedAt="2026-03-01T12:00:00Z"), "Recipient is not an email address"),
        (record("Bounce", Email=None), "Email is missing"),
        (record("Open", Recipient="ada@example.com", ReceivedAt="today"), "ReceivedAt is not a time"),
        (record("Open", Recipient="ada@example.com", ReceivedAt="2027-01-01T00:00:00Z"), "ahead of the present"),
        ({}, "RecordType is missing"),
        ([], "the record is not an object"),
    ],
)
def test_a_bad_record_goes_to_quarantine(part: Any, why: str) -> None:
    (one,) = translated(SENDER, json.dumps(part).encode())

    assert isinstance(one, Unreadable)
    assert why in one.why


def test_a_body_that_is_no_json_is_unreadable() -> None:
    with pytest.raises(UnreadableDeliveryError):
        translated(SENDER, b"RecordType=Open")


def test_redelivery_says_the_same_events() -> None:
    assert_repeats_are_the_same(SENDER)


def test_every_record_has_an_id_of_its_own() -> None:
    assert_ids_are_distinct(SENDER, [name for name in RECORDS if name != "suppressed"])


def test_two_clicks_on_two_links_of_one_message_are_two() -> None:
    at = {"Recipient": "ada@example.com", "ReceivedAt": "2026-03-01T12:00:00Z"}
    first, second = (
        translated(SENDER, json.dumps(record("Click", OriginalLink=f"https://shop.example/{n}", **at)).encode())[0]
        for n in (1, 2)
    )

    assert isinstance(first, Activity)
    assert isinstance(second, Activity)
    assert first.id != second.id


# --- Basic authentication, in place of signatures -----------------------------------------------------------------


def test_the_right_password_is_accepted() -> None:
    verify(SENDER, sent(SENDER, "open"))


@pytest.mark.parametrize(
    "header",
    [
        authorization(SENDER.secret + "x"),
        authorization(SENDER.secret[:-1]),
        authorization(SENDER.secret.replace("prospect-lifecycle:", "prospect-lifecycle:x")),
        authorization(SENDER.secret.replace("prospect-lifecycle:", "somebody-else:")),
        authorization(":".join(reversed(SENDER.secret.split(":")))),
        authorization("prospect-lifecycle:"),
    ],
)
def test_another_password_or_user_is_refused(header: dict[str, str]) -> None:
    told = with_headers(sent(SENDER, "open"), authorization=header["Authorization"])

    assert refused(SENDER, told) == "mismatch"


@pytest.mark.parametrize("value", [None, "", "Basic !!!", "Bearer abc"])
def test_a_request_without_credentials_is_refused(value: str | None) -> None:
    assert refused(SENDER, with_headers(sent(SENDER, "open"), authorization=value)) == "missing"


def test_the_password_before_is_accepted_while_it_is_replaced() -> None:
    told = sent(SENDER, "open", secret="prospect-lifecycle:the-one-before")

    assert refused(SENDER, told) == "mismatch"
    verify(SENDER, told, [SENDER.secret, "prospect-lifecycle:the-one-before"])


@pytest.mark.parametrize("path", payloads("postmark"))
def test_the_samples_of_the_documentation_go_through(path: Path) -> None:
    (one,) = said(SENDER, with_body(sent(SENDER, "open"), path.read_bytes()))

    assert isinstance(one, Activity)
    assert not one.type.startswith("postmark_")


@FUZZ
@given(bodies(SENDER))
def test_whatever_comes_is_refused_unreadable_or_kept(body: bytes) -> None:
    assert_only_the_two_errors(SENDER, body)
