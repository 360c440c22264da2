"""Amazon SES by SNS: what its messages become, and which requests are its own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.events import Activity, Identity
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.said import SubscriptionOffer, Unreadable
from lifecycle.sources.sns import WINDOW, certificate
from lifecycle.sources.source import UnreadableDeliveryError
from tests.senders.ses import CERTIFICATE_URL, CONFIRM, PRIVATE_KEY, SENDER, TOPIC, certified, envelope, sealed
from tests.senders.ses_events import EVENTS, event
from tests.source_contract import (
    FUZZ,
    JSON,
    NOW,
    activity_of,
    assert_ids_are_distinct,
    assert_keepable,
    assert_only_the_two_errors,
    assert_repeats_are_the_same,
    bodies,
    mutated,
    payloads,
    refused,
    said,
    sent,
    translated,
    verify,
    with_body,
)

OTHER_KEY = rsa.generate_private_key(65537, 2048)


def _resealed(**changed: Any) -> Delivery:
    """A notification that says something else, with a right signature of it."""
    told = sent(SENDER, "open")
    body = json.dumps(envelope("Notification", json.dumps(EVENTS["open"])) | changed).encode()
    return with_body(told, sealed(body, SENDER.secret, NOW))


def _forged(told: Delivery, **changed: Any) -> Delivery:
    """The same with other values, and the signature that it had."""
    values = {name: value for name, value in (json.loads(told.body) | changed).items() if value is not None}
    return with_body(told, json.dumps(values).encode())


@pytest.mark.parametrize(
    ("sample", "type_", "direction", "properties"),
    [
        ("send", "email_sent", "outbound", {}),
        ("delivery", "email_delivered", "outbound", {}),
        ("by_sha1", "email_delivered", "outbound", {}),
        ("delay", "email_deferred", "internal", {}),
        ("open", "email_open", "internal", {"user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X)"}),
        ("click", "email_click", "inbound", {"url": "https://shop.example/prices"}),
        ("soft_bounce", "email_bounce", "internal", {"bounce": "soft", "reason": "MailboxFull"}),
        ("suppressed", "email_dropped", "internal", {"reason": "OnAccountSuppressionList"}),
        ("complaint", "spam_complaint", "internal", {"reason": "abuse"}),
        ("reject", "email_dropped", "internal", {"reason": "Bad content"}),
        ("rendering", "email_dropped", "internal", {}),
        ("unsubscribe", "email_unsubscribe", "internal", {}),
        ("preferences", "email_preferences_changed", "internal", {}),
        ("new_kind", "ses_reheated", "internal", {}),
    ],
)
def test_each_event_becomes_an_activity(sample: str, type_: str, direction: str, properties: dict[str, Any]) -> None:
    activity = activity_of(SENDER, sample)

    assert (activity.type, activity.direction) == (type_, direction)
    assert activity.identities == (Identity("email", "ada@example.com"), Identity("user", "u-17"))
    assert activity.occurred_at.replace(second=0, microsecond=0) == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert activity.properties["message_id"].startswith("0100019caaaaaaaa")
    assert properties.items() <= activity.properties.items()


def test_each_recipient_of_a_bounce_has_an_activity() -> None:
    ada, bob = (one for one in said(SENDER, "hard_bounce") if isinstance(one, Activity))

    assert (ada.identities[0].value, bob.identities[0].value) == ("ada@example.com", "bob@example.com")
    assert ada.properties["bounce"] == bob.properties["bounce"] == "hard"
    assert ada.id != bob.id


def test_a_click_by_one_of_several_recipients_makes_nobody_engaged() -> None:
    """SES does not say whose click it was."""
    both = [one for one in said(SENDER, "click_of_several") if isinstance(one, Activity)]

    assert [one.identities[0].value for one in both] == ["ada@example.com", "bob@example.com"]
    assert {(one.type, one.direction) for one in both} == {("email_click_of_one_of_several", "internal")}


def test_a_bad_recipient_goes_to_quarantine_and_the_others_are_kept() -> None:
    told = _resealed(Message=json.dumps(event("Send", ("nobody", "bob@example.com"), send={})))

    bad, bob = said(SENDER, told)

    assert isinstance(bad, Unreadable)
    assert isinstance(bob, Activity)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({}, "eventType is missing"),
        ({"eventType": "Send"}, "mail is not an object"),
        (event("Send", ()), "its recipients are no list of 1 to 50"),
        (event("Send", ("a@example.com",) * 51), "its recipients are no list of 1 to 50"),
        (event("Open", open={"timestamp": "later"}), "its timestamp is not a time"),
    ],
)
def test_a_bad_event_goes_to_quarantine(message: Any, why: str) -> None:
    (one,) = said(SENDER, _resealed(Message=json.dumps(message)))

    assert isinstance(one, Unreadable)
    assert why in one.why


@pytest.mark.parametrize("message", ["Hello", "{", ""])
def test_a_message_that_is_no_event_is_unreadable(message: str) -> None:
    with pytest.raises(UnreadableDeliveryError):
        said(SENDER, _resealed(Message=message))


@pytest.mark.parametrize("body", [b"[]", b"{}", b"hello"])
def test_a_body_without_a_message_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableDeliveryError):
        translated(SENDER, body)


def test_the_greeting_of_a_new_event_destination_says_nothing() -> None:
    assert said(SENDER, _resealed(Message="Successfully validated SNS topic for Amazon SES event publishing.\n")) == []


def test_the_end_of_the_subscription_is_seen_in_quarantine() -> None:
    (one,) = said(SENDER, _resealed(Type="UnsubscribeConfirmation", **CONFIRM))

    assert isinstance(one, Unreadable)
    assert "Token" not in one.part


def test_redelivery_says_the_same_events() -> None:
    assert_repeats_are_the_same(SENDER)


def test_every_event_has_an_id_of_its_own() -> None:
    assert_ids_are_distinct(SENDER, list(EVENTS))


# --- subscriptions ------------------------------------------------------------------------------------------------


def test_a_subscription_of_the_topic_is_offered() -> None:
    (offer,) = said(SENDER, "subscription")

    assert isinstance(offer, SubscriptionOffer)
    assert offer.url.startswith("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/?Action=ConfirmSubscription",
        "http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription",
        "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription",
        "https://sns.eu-west-1.amazonaws.com.evil.example/",
        "https://sns.eu-west-1.amazonaws.com@evil.example/",
        "https://user@sns.eu-west-1.amazonaws.com/",
        "https://sns.eu-west-1.amazonaws.com",
        "",
    ],
)
def test_no_other_address_is_ever_offered(url: str) -> None:
    told = _resealed(Type="SubscriptionConfirmation", Token="t", SubscribeURL=url)

    with pytest.raises(UnreadableDeliveryError, match="SubscribeURL"):
        said(SENDER, told)


def test_a_subscription_of_another_topic_is_refused() -> None:
    told = _resealed(Type="SubscriptionConfirmation", Token="t", SubscribeURL="https://x/", TopicArn=TOPIC + "2")

    assert refused(SENDER, told) == "foreign"


# --- signatures ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Message", "MessageId", "Subject", "Timestamp", "Type"])
def test_a_signature_of_other_values_is_refused(name: str) -> None:
    changed = "SubscriptionConfirmation" if name == "Type" else "2026-03-02T11:59:59.000Z"
    told = _forged(sent(SENDER, "open"), **{name: changed, "Token": "t", "SubscribeURL": "https://x/"})

    assert refused(SENDER, told) == "mismatch"


@pytest.mark.parametrize("name", ["Message", "MessageId", "Timestamp", "Type", "Signature"])
def test_a_signature_with_a_value_missing_is_refused(name: str) -> None:
    assert refused(SENDER, _forged(sent(SENDER, "open"), **{name: None})) == "missing"


def test_a_signature_loses_its_meaning_when_the_subject_is_taken_away() -> None:
    assert refused(SENDER, _forged(sent(SENDER, "open"), Subject=None)) == "mismatch"


@pytest.mark.parametrize("version", ["2", "3", None])
def test_a_signature_is_of_the_version_that_it_says(version: str | None) -> None:
    assert refused(SENDER, _forged(sent(SENDER, "by_sha1"), SignatureVersion=version)) == "mismatch"


@pytest.mark.parametrize("value", ["", "no base 64!", "AAAA"])
def test_a_signature_that_is_none_is_refused(value: str) -> None:
    assert refused(SENDER, _forged(sent(SENDER, "open"), Signature=value)) == "mismatch"


def test_a_signature_of_another_certificate_is_refused() -> None:
    assert refused(SENDER, sent(SENDER, "open"), [certified(OTHER_KEY)]) == "mismatch"
    verify(SENDER, sent(SENDER, "open"), [certified(OTHER_KEY), SENDER.secret])


def test_a_certificate_that_has_run_out_proves_nothing() -> None:
    assert refused(SENDER, sent(SENDER, "open"), [certified(PRIVATE_KEY, until=2025)]) == "mismatch"


def test_what_is_no_certificate_proves_nothing() -> None:
    bare = PRIVATE_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    assert refused(SENDER, sent(SENDER, "open"), [bare]) == "mismatch"
    assert refused(SENDER, sent(SENDER, "open"), [""]) == "mismatch"
    assert refused(SENDER, sent(SENDER, "open"), []) == "mismatch"


@pytest.mark.parametrize(
    "url",
    [
        CERTIFICATE_URL.replace("https", "http"),
        CERTIFICATE_URL.replace("amazonaws.com", "amazonaws.com.evil.example"),
        CERTIFICATE_URL.replace("https://", "https://evil.example/"),
        CERTIFICATE_URL.replace("eu-west-1", "us-east-1"),
        CERTIFICATE_URL + "?x",
        CERTIFICATE_URL.replace(".amazonaws.com/", ".amazonaws.com/../"),
        "https://sns.eu-west-1.amazonaws.com/bucket/anything.pem",
        None,
        5,
    ],
)
def test_no_certificate_is_fetched_from_anywhere_else(url: Any) -> None:
    told = _forged(sent(SENDER, "open"), SigningCertURL=url)

    assert certificate(told, SENDER.settings) is None
    assert refused(SENDER, told) == "foreign"


@pytest.mark.parametrize(
    "change", [{"Type": "Rumour"}, {"Type": []}, {"Type": None}, {"Signature": None}, {"Signature": 7}]
)
def test_no_certificate_is_fetched_for_what_none_could_prove(change: dict[str, Any]) -> None:
    request = sent(SENDER, "open")
    told = replace(request, body=json.dumps(json.loads(request.body) | change).encode())

    assert certificate(told, SENDER.settings) is None
    assert refused(SENDER, told) == "missing"


def test_the_certificate_of_the_topics_region_is_asked_for() -> None:
    assert certificate(sent(SENDER, "open"), SENDER.settings) == CERTIFICATE_URL


@pytest.mark.parametrize(
    ("late", "accepted"),
    [
        (WINDOW, True),
        (WINDOW + timedelta(seconds=1), False),
        (-timedelta(minutes=5), True),
        (-timedelta(minutes=5, seconds=1), False),
    ],
)
def test_a_signature_is_good_for_as_long_as_sns_tries(late: timedelta, accepted: bool) -> None:
    told = replace(sent(SENDER, "open", NOW - late), received_at=NOW)

    if accepted:
        verify(SENDER, told)
    else:
        assert refused(SENDER, told) == "stale"


@pytest.mark.parametrize("path", payloads("ses", "sns_message_*.json"))
def test_the_samples_of_the_documentation_go_through_with_a_true_signature(path: Path) -> None:
    everything = said(SENDER, _resealed(Message=path.read_text()))

    assert everything
    assert all(isinstance(one, Activity) and not one.type.startswith("ses_") for one in everything)


@FUZZ
@given(bodies(SENDER))
def test_whatever_comes_is_refused_unreadable_or_kept(body: bytes) -> None:
    assert_only_the_two_errors(SENDER, body)


@FUZZ
@given(st.sampled_from(list(EVENTS.values())).flatmap(mutated) | JSON)
def test_whatever_a_message_says_is_unreadable_or_kept(message: Any) -> None:
    try:
        everything = translated(SENDER, json.dumps(envelope("Notification", json.dumps(message))).encode())
    except UnreadableDeliveryError:
        return
    for one in everything:
        assert_keepable(one)


@FUZZ
@given(mutated(json.loads(sent(SENDER, "open").body)))
def test_a_signed_envelope_that_was_changed_says_what_was_signed_or_nothing(changed: Any) -> None:
    told = sent(SENDER, "open")
    was = json.loads(told.body)
    signed = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type", "Signature", "SignatureVersion")
    if isinstance(changed, dict) and all(changed.get(name) == was[name] for name in (*signed, "SigningCertURL")):
        verify(SENDER, with_body(told, json.dumps(changed).encode()))
    else:
        assert refused(SENDER, with_body(told, json.dumps(changed).encode()))
