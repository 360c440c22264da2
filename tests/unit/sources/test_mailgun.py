"""Mailgun: what its events become, and which requests are its own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from lifecycle.events import Activity, Identity
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.mailgun import SOURCE, WINDOW, verify
from lifecycle.sources.said import Unreadable
from lifecycle.sources.source import UnreadableDeliveryError
from tests.senders.mailgun import EVENTS, SENDER, event, sealed, signature
from tests.source_contract import (
    FUZZ,
    NOW,
    URL,
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
    with_body,
)
from tests.source_contract import verify as verify_sample

OLDER = "an-older-signing-key"


def _body(part: Any) -> bytes:
    return json.dumps({"event-data": part}).encode()


def _resigned(told: Delivery, **changed: Any) -> Delivery:
    body = json.loads(told.body)
    return with_body(told, json.dumps(body | {"signature": body["signature"] | changed}).encode())


@pytest.mark.parametrize(
    ("sample", "type_", "direction", "properties"),
    [
        ("accepted", "email_sent", "outbound", {"categories": ["onboarding"]}),
        ("routed", "mailgun_routed", "internal", {}),
        ("delivered", "email_delivered", "outbound", {"status": 250}),
        ("opened", "email_open", "internal", {"user_agent": "Mozilla/5.0 (Macintosh)"}),
        ("clicked", "email_click", "inbound", {"url": "https://shop.example/prices"}),
        ("failed_permanent", "email_bounce", "internal", {"bounce": "hard", "reason": "no such user"}),
        ("failed_temporary", "email_bounce", "internal", {"bounce": "soft"}),
        ("failed_old", "email_bounce", "internal", {"bounce": "soft", "reason": "old"}),
        ("failed_suppressed", "email_dropped", "internal", {"reason": "suppress-unsubscribe"}),
        ("unsubscribed", "email_unsubscribe", "internal", {}),
        ("complained", "spam_complaint", "internal", {}),
        ("stored", "mailgun_stored", "internal", {}),
    ],
)
def test_each_event_becomes_an_activity(sample: str, type_: str, direction: str, properties: dict[str, Any]) -> None:
    activity = activity_of(SENDER, sample)

    assert (activity.type, activity.direction, activity.automated) == (type_, direction, False)
    assert activity.id == f"mailgun:{EVENTS[sample]['id']}"
    assert activity.identities == (Identity("email", "ada@example.com"), Identity("user", "u-17"))
    assert activity.occurred_at == datetime.fromtimestamp(EVENTS[sample]["timestamp"], UTC)
    assert activity.properties["message_id"] == "20260301120000.1.ABC@mg.shop.example"
    assert properties.items() <= activity.properties.items()


def test_an_open_by_a_bot_is_automated() -> None:
    activity = activity_of(SENDER, "opened_by_machine")

    assert activity.automated
    assert activity.properties["automated_because"] == "Mailgun: client-info.bot"


def test_an_event_of_old_is_read_from_either_form_and_is_the_same() -> None:
    fields, parts = activity_of(SENDER, "of_old"), activity_of(SENDER, "of_old_in_parts")

    assert fields == parts
    assert (fields.type, fields.properties["bounce"]) == ("email_bounce", "hard")
    assert fields.identities == (Identity("email", "ada@example.com"), Identity("user", "u-17"))


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (event("clicked", recipient="nobody"), "recipient is not an email address"),
        (event("clicked", id=None), "id is missing"),
        (event("clicked", timestamp="NaN"), "timestamp is not a time"),
        ([], "event-data is not an object"),
    ],
)
def test_a_bad_event_goes_to_quarantine(part: Any, why: str) -> None:
    (one,) = translated(SENDER, _body(part))

    assert isinstance(one, Unreadable)
    assert why in one.why


@pytest.mark.parametrize("body", [b"{}", b"[]", b"no json", b"\xff"])
def test_a_body_without_an_event_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableDeliveryError):
        translated(SENDER, body)


def test_redelivery_says_the_same_events() -> None:
    assert_repeats_are_the_same(SENDER)


def test_every_event_has_an_id_of_its_own() -> None:
    assert_ids_are_distinct(SENDER, list(EVENTS))


# --- signatures ---------------------------------------------------------------------------------------------------


def test_the_published_vector_of_the_signature() -> None:
    """From the tests of Mailgun's own library for PHP (``verifyWebhookSignature``)."""
    key, token = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0", "5egbgr1vjgqxtrnp65xfznchgdccwh5d6i09vijqi3whgowmn6"
    proof = {
        "timestamp": "1403645220",
        "token": token,
        "signature": "9cfc5c41582e51246e73c88d34db3af0a3a2692a76fbab81492842f000256d33",
    }
    told = Delivery(
        "POST", URL, {}, {}, json.dumps({"signature": proof}).encode(), datetime.fromtimestamp(1403645220, UTC)
    )

    verify(told, [key], {})

    other = proof | {"token": "owyldpe6nxhmrn78epljl6bj0orrki1u3d2v5e6cnlmmuox8jr"}
    assert refused(SENDER, with_body(told, json.dumps({"signature": other}).encode()), [key]) == "mismatch"


@pytest.mark.parametrize("name", ["timestamp", "token", "signature"])
def test_a_signature_of_something_else_is_refused(name: str) -> None:
    told = sent(SENDER, "clicked")
    was = json.loads(told.body)["signature"][name]

    assert refused(SENDER, _resigned(told, **{name: was[:-1] + ("0" if was[-1] != "0" else "1")})) == "mismatch"
    assert refused(SENDER, _resigned(told, **{name: ""})) in ("missing", "mismatch")
    assert refused(SENDER, _resigned(told, **{name: None})) in ("missing", "mismatch")


def test_a_signature_by_the_key_of_the_parent_account_is_accepted() -> None:
    told = sent(SENDER, "clicked")
    parents = json.loads(told.body)["signature"]["signature"]

    verify_sample(SENDER, _resigned(told, **{"signature": "0" * 64, "parent-signature": parents}))


@pytest.mark.parametrize(
    ("late", "accepted"),
    [
        (WINDOW, True),
        (WINDOW + timedelta(seconds=1), False),
        (-timedelta(minutes=5), True),
        (-timedelta(minutes=5, seconds=1), False),
    ],
)
def test_a_signature_is_good_for_as_long_as_mailgun_tries(late: timedelta, accepted: bool) -> None:
    told = replace(sent(SENDER, "clicked", NOW - late), received_at=NOW)

    if accepted:
        verify_sample(SENDER, told)
    else:
        assert refused(SENDER, told) == "stale"


def test_a_signature_of_the_key_before_is_accepted_while_the_key_is_replaced() -> None:
    told = sent(SENDER, "clicked", secret=OLDER)

    assert refused(SENDER, told) == "mismatch"
    verify_sample(SENDER, told, [SENDER.secret, OLDER])


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_everything_is_refused(secrets: list[str]) -> None:
    told = sent(SENDER, "clicked")
    timestamp, token = str(int(NOW.timestamp())), "t" * 50
    by_nothing = _resigned(told, timestamp=timestamp, token=token, signature=signature("", timestamp, token))

    assert refused(SENDER, by_nothing, secrets) == "mismatch"


def test_the_token_may_be_used_once_for_it_does_not_sign_the_event() -> None:
    """The service refuses a token that came with another body: so an event cannot be put beside a signature seen."""
    told = sent(SENDER, "clicked")
    forged = with_body(told, json.dumps(json.loads(told.body) | {"event-data": event("opened")}).encode())

    verify_sample(SENDER, forged)

    assert SOURCE.once is not None
    assert SOURCE.once(told) == SOURCE.once(forged) == json.loads(told.body)["signature"]["token"]


@pytest.mark.parametrize("sample", ["of_old", "of_old_in_parts"])
def test_a_form_with_another_signature_is_refused(sample: str) -> None:
    told = sent(SENDER, sample)

    assert refused(SENDER, replace(told, body=told.body.replace(b"1", b"2"))) != ""
    assert refused(SENDER, sent(SENDER, sample, secret=OLDER)) == "mismatch"


@pytest.mark.parametrize("path", payloads("mailgun"))
def test_the_samples_of_the_documentation_go_through_with_a_true_signature(path: Path) -> None:
    document = json.loads(path.read_text())
    part = document.get("event-data", document)

    (one,) = said(SENDER, with_body(sent(SENDER, "clicked"), sealed(_body(part), SENDER.secret, NOW)))

    assert isinstance(one, Activity)
    assert one.id == f"mailgun:{part['id']}"


@FUZZ
@given(bodies(SENDER))
def test_whatever_comes_is_refused_unreadable_or_kept(body: bytes) -> None:
    assert_only_the_two_errors(SENDER, body)
    assert_only_the_two_errors(SENDER, body, "application/x-www-form-urlencoded")


@FUZZ
@given(bodies(SENDER))
def test_whatever_comes_in_parts_is_refused_unreadable_or_kept(body: bytes) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="event"\r\n\r\n' + body + b"\r\n--b--\r\n"

    assert_only_the_two_errors(SENDER, part, "multipart/form-data; boundary=b")


def test_a_form_says_the_event_of_its_fields() -> None:
    (one,) = translated(
        SENDER, b"event=opened&recipient=bob%40example.com&timestamp=1", "application/x-www-form-urlencoded"
    )

    assert isinstance(one, Activity)
    assert (one.type, one.identities[0].value) == ("email_open", "bob@example.com")
