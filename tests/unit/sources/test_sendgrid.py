"""SendGrid: what its events become, and which requests are its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from sendgrid.helpers.eventwebhook import EventWebhook

from lifecycle.events import Activity, Identity
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.said import Unreadable
from lifecycle.sources.sendgrid import MAX_EVENTS, WINDOW, verify
from lifecycle.sources.source import UnreadableDeliveryError
from tests.senders.sendgrid import EVENTS, OTHER_KEY, PRIVATE_KEY, SENDER, batch, event, public_key, signed
from tests.source_contract import (
    FUZZ,
    NOW,
    PAYLOADS,
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
    with_body,
    with_headers,
)
from tests.source_contract import verify as verify_sample

SIGNATURE, TIMESTAMP = "x_twilio_email_event_webhook_signature", "x_twilio_email_event_webhook_timestamp"


@pytest.mark.parametrize(
    ("sample", "type_", "direction", "properties"),
    [
        ("processed_0", "email_sent", "outbound", {"categories": ["onboarding"]}),
        ("deferred_1", "email_deferred", "internal", {"reason": "451 try again later"}),
        ("delivered_2", "email_delivered", "outbound", {"reason": "250 OK", "categories": ["onboarding", "spring"]}),
        ("open_3", "email_open", "internal", {}),
        ("click_5", "email_click", "inbound", {"url": "https://shop.example/prices?from=mail"}),
        ("bounce_6", "email_bounce", "internal", {"bounce": "hard", "status": "5.1.1"}),
        ("bounce_7", "email_bounce", "internal", {"bounce": "soft", "status": "5.7.1"}),
        ("dropped_8", "email_dropped", "internal", {"reason": "Bounced Address"}),
        ("spamreport_9", "spam_complaint", "internal", {}),
        ("unsubscribe_10", "email_unsubscribe", "internal", {}),
        ("group_unsubscribe_11", "email_unsubscribe", "internal", {"unsubscribe_group": 12}),
        ("group_resubscribe_12", "email_resubscribe", "internal", {"unsubscribe_group": 12}),
    ],
)
def test_each_event_becomes_an_activity(sample: str, type_: str, direction: str, properties: dict[str, Any]) -> None:
    activity = activity_of(SENDER, sample)

    assert (activity.type, activity.direction, activity.automated) == (type_, direction, False)
    assert activity.identities == (Identity("email", "ada@example.com"),)
    assert activity.occurred_at.replace(second=0) == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert properties.items() <= activity.properties.items()


def test_the_events_of_one_message_name_the_same_message() -> None:
    """The route that follows the id differs from event to event."""
    assert {activity_of(SENDER, name).properties["message_id"] for name in ("delivered_2", "open_4", "click_5")} == {
        "bWVzc2FnZQ"
    }


def test_no_address_of_a_machine_is_kept() -> None:
    assert "ip" not in activity_of(SENDER, "click_5").properties


def test_an_open_by_a_machine_is_automated() -> None:
    activity = activity_of(SENDER, "open_4")

    assert activity.automated
    assert activity.properties["automated_because"] == "SendGrid: sg_machine_open"


@pytest.mark.parametrize(("status", "bounce"), [("5.0.0", "hard"), ("4.2.2", "soft"), (None, "soft")])
def test_a_bounce_without_a_type_goes_by_its_status(status: str | None, bounce: str) -> None:
    (activity,) = translated(SENDER, batch(event("bounce", status=status)))

    assert isinstance(activity, Activity)
    assert activity.properties["bounce"] == bounce


def test_an_unknown_event_is_kept_and_counts_for_nothing() -> None:
    (activity,) = translated(SENDER, batch(event("Forwarded Twice")))

    assert isinstance(activity, Activity)
    assert (activity.type, activity.direction) == ("sendgrid_forwarded_twice", "internal")


def test_the_apps_own_user_id_is_an_identity_where_the_settings_name_its_argument() -> None:
    told = sent(SENDER, "click_5")
    body = batch(event("click", account="u-17"))

    (activity,) = said(SENDER, _resigned(told, body), {"user_field": "account"})

    assert isinstance(activity, Activity)
    assert activity.identities == (Identity("email", "ada@example.com"), Identity("user", "u-17"))


def _resigned(told: Delivery, body: bytes) -> Delivery:
    headers = {name.lower(): value for name, value in signed(body, str(int(NOW.timestamp()))).items()}
    return with_headers(with_body(told, body), **headers)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (event("click", email="nobody"), "email is not an email address"),
        (event("click", email=None), "email is missing"),
        (event("click", sg_event_id=""), "sg_event_id is missing"),
        (event("click", timestamp="soon"), "timestamp is not a time"),
        (event("click", timestamp=NOW.timestamp() + 3600), "more than five minutes ahead"),
        ("click", "the event is not an object"),
        ({"event": "account_status_change", "sg_event_id": "a", "timestamp": 1}, "names nobody"),
    ],
)
def test_a_bad_event_goes_to_quarantine_and_the_good_ones_are_kept(bad: Any, why: str) -> None:
    first, second, third = translated(SENDER, batch(EVENTS[0], bad, EVENTS[2]))

    assert isinstance(first, Activity)
    assert isinstance(second, Unreadable)
    assert second.part == bad
    assert why in second.why
    assert isinstance(third, Activity)


@pytest.mark.parametrize("body", [b"", b"5", b"[", b"\xff", b"null"])
def test_a_body_that_is_no_array_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableDeliveryError):
        translated(SENDER, body)


def test_more_events_than_fit_a_request_are_unreadable() -> None:
    with pytest.raises(UnreadableDeliveryError, match="8000"):
        translated(SENDER, json.dumps([0] * (MAX_EVENTS + 1)).encode())


def test_a_thousand_events_are_a_thousand_activities() -> None:
    assert len(said(SENDER, "thousand")) == 1000


def test_redelivery_and_overlap_say_the_same_events() -> None:
    assert_repeats_are_the_same(SENDER)
    single = [activity_of(SENDER, f"{one['event']}_{number}").id for number, one in enumerate(EVENTS)]
    assert [one.id for one in said(SENDER, "batch") if isinstance(one, Activity)] == single


def test_every_event_has_an_id_of_its_own() -> None:
    assert_ids_are_distinct(SENDER, [f"{one['event']}_{number}" for number, one in enumerate(EVENTS)])


# --- signatures ---------------------------------------------------------------------------------------------------


def test_a_right_signature_is_accepted_by_us_and_by_sendgrids_own_library() -> None:
    told = sent(SENDER, "batch")

    verify_sample(SENDER, told)

    assert EventWebhook(SENDER.secret).verify_signature(
        told.body.decode(), told.header(SIGNATURE.replace("_", "-")), told.header(TIMESTAMP.replace("_", "-"))
    )


def test_a_signature_over_one_bit_less_is_refused() -> None:
    told = sent(SENDER, "batch")
    other = signed(told.body, str(int(NOW.timestamp()) + 1))["X-Twilio-Email-Event-Webhook-Signature"]

    assert refused(SENDER, with_body(told, flipped(told.body))) == "mismatch"
    assert refused(SENDER, with_body(told, told.body.rstrip())) == "mismatch"  # the line break is signed
    assert refused(SENDER, with_headers(told, **{TIMESTAMP: str(int(NOW.timestamp()) + 1)})) == "mismatch"
    assert refused(SENDER, with_headers(told, **{SIGNATURE: other})) == "mismatch"
    assert refused(SENDER, with_headers(told, **{SIGNATURE: "no base 64!"})) == "mismatch"


@pytest.mark.parametrize("header", [SIGNATURE, TIMESTAMP])
def test_a_signature_without_one_of_its_headers_is_refused(header: str) -> None:
    assert refused(SENDER, with_headers(sent(SENDER, "batch"), **{header: None})) == "missing"


def test_a_byte_order_mark_is_signed_as_it_comes_and_let_pass() -> None:
    told = _resigned(sent(SENDER, "batch"), b"\xef\xbb\xbf" + batch(EVENTS[0]))

    assert len(said(SENDER, told)) == 1


@pytest.mark.parametrize(
    ("late", "accepted"),
    [
        (WINDOW, True),
        (WINDOW + timedelta(seconds=1), False),
        (-timedelta(minutes=5), True),
        (-timedelta(minutes=5, seconds=1), False),
    ],
)
def test_a_signature_is_good_for_as_long_as_sendgrid_tries(late: timedelta, accepted: bool) -> None:
    told = sent(SENDER, "batch", NOW - late)
    arrived = Delivery("POST", URL, told.headers, {}, told.body, NOW)

    if accepted:
        verify_sample(SENDER, arrived)
    else:
        assert refused(SENDER, arrived) == "stale"


def test_a_signature_of_the_key_before_is_accepted_while_the_key_is_replaced() -> None:
    told = sent(SENDER, "batch", secret=public_key(OTHER_KEY))

    assert refused(SENDER, told) == "mismatch"
    verify_sample(SENDER, told, [public_key(PRIVATE_KEY), public_key(OTHER_KEY)])


def test_the_key_may_be_given_as_pem() -> None:
    verify_sample(
        SENDER, sent(SENDER, "batch"), [f"-----BEGIN PUBLIC KEY-----\n{SENDER.secret}\n-----END PUBLIC KEY-----\n"]
    )


@pytest.mark.parametrize("secret", ["", "no key", "AAAA", public_key(ec.derive_private_key(7, ec.SECP384R1()))])
def test_a_secret_that_is_no_key_of_this_curve_refuses_everything(secret: str) -> None:
    assert refused(SENDER, sent(SENDER, "batch"), [secret]) == "mismatch"


def test_without_a_secret_everything_is_refused() -> None:
    assert refused(SENDER, sent(SENDER, "batch"), []) == "mismatch"


@pytest.mark.skipif(not (PAYLOADS / "sendgrid").exists(), reason="no ../shared/payloads/sendgrid")
def test_the_published_vector_of_the_signature() -> None:
    vector = json.loads((PAYLOADS / "sendgrid/signature_vector.json").read_text())
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    then = datetime.fromtimestamp(1600112502, UTC)
    told = Delivery("POST", URL, headers, {}, vector["raw_body"].encode(), then)

    verify(told, [vector["public_key_base64_der"]], {})

    negative = vector["negative_cases"]
    assert refused(SENDER, told, [negative["other_public_key"]]) == "mismatch"
    for changed in (
        with_headers(told, **{SIGNATURE: negative["other_signature"]}),
        with_headers(told, **{TIMESTAMP: negative["other_timestamp"]}),
        with_body(told, negative["other_body"].encode()),
    ):
        assert refused(SENDER, changed, [vector["public_key_base64_der"]]) == "mismatch"


@pytest.mark.parametrize("path", payloads("sendgrid", "event_webhook_*.json"))
def test_the_samples_of_the_documentation_go_through_with_a_true_signature(path: Path) -> None:
    body = json.dumps(json.loads(path.read_text())).encode()

    everything = said(SENDER, _resigned(sent(SENDER, "batch"), body))

    assert len(everything) == len(json.loads(body))
    assert all(isinstance(one, Activity) for one in everything)


@FUZZ
@given(bodies(SENDER))
def test_whatever_comes_is_refused_unreadable_or_kept(body: bytes) -> None:
    assert_only_the_two_errors(SENDER, body)
