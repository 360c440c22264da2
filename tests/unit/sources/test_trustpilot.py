"""Trustpilot: what its events become, and which requests are its own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from lifecycle.events import Activity, Identity
from lifecycle.sources.said import Unreadable
from lifecycle.sources.source import UnreadableDeliveryError
from tests.senders.trustpilot import EVENTS, SENDER, event
from tests.source_contract import (
    FUZZ,
    NOW,
    activity_of,
    assert_ids_are_distinct,
    assert_only_the_two_errors,
    assert_repeats_are_the_same,
    bodies,
    refused,
    said,
    sent,
    translated,
    verify,
)

REVIEWER = Identity("crm:trustpilot", "65e1f00000000000000000aa")


@pytest.mark.parametrize(
    ("sample", "type_", "direction", "rating", "of"),
    [
        ("created", "review", "inbound", 5, "service"),
        ("updated", "review", "inbound", 2, "service"),
        ("deleted", "review_deleted", "internal", None, "service"),
        ("product", "review", "inbound", 4, "product"),
        ("new_kind", "trustpilot_service_review_reported", "internal", None, None),
    ],
)
def test_each_event_becomes_an_activity(
    sample: str, type_: str, direction: str, rating: int | None, of: str | None
) -> None:
    activity = activity_of(SENDER, sample)

    assert (activity.type, activity.direction) == (type_, direction)
    assert (activity.properties.get("rating"), activity.properties.get("review_of")) == (rating, of)
    assert activity.identities == (Identity("user", "u-17"), REVIEWER)


def test_a_review_dates_from_its_writing_and_a_deletion_from_its_arrival() -> None:
    assert activity_of(SENDER, "created").occurred_at == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert activity_of(SENDER, "updated").occurred_at == datetime(2026, 2, 28, 13, tzinfo=UTC)
    assert activity_of(SENDER, "deleted").occurred_at == NOW


@pytest.mark.parametrize(
    ("settings", "reference", "identities"),
    [
        ({}, "u-17", (REVIEWER,)),
        ({"reference": "user"}, None, (REVIEWER,)),
        ({"reference": "email"}, "Ada@Example.com", (Identity("email", "ada@example.com"), REVIEWER)),
        ({"reference": "crm", "crm": "hubspot"}, "301", (Identity("crm:hubspot", "301"), REVIEWER)),
    ],
)
def test_the_reference_of_an_invitation_is_what_the_settings_say(
    settings: dict[str, str], reference: str | None, identities: tuple[Identity, ...]
) -> None:
    told = sent(SENDER, "created")
    body = json.dumps({"events": [event("service-review-created", referenceId=reference)]}).encode()

    (one,) = said(SENDER, replace(told, body=body), settings)

    assert isinstance(one, Activity)
    assert one.identities == identities


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (event("service-review-created", stars=6), "stars is no whole number from 1 to 5"),
        (event("service-review-created", stars="5"), "stars is no whole number"),
        (event("service-review-created", consumer=None), "consumer is not an object"),
        (event("service-review-created", createdAt=None), "createdAt is not a time"),
        (event("service-review-created", id=None), "eventData.id is missing"),
        (5, "the event is not an object"),
    ],
)
def test_a_bad_event_goes_to_quarantine_and_the_good_ones_are_kept(bad: Any, why: str) -> None:
    first, second, third = translated(
        SENDER, json.dumps({"events": [EVENTS["created"], bad, EVENTS["product"]]}).encode()
    )

    assert isinstance(first, Activity)
    assert isinstance(second, Unreadable)
    assert why in second.why
    assert isinstance(third, Activity)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"events": {}}', b"events"])
def test_a_body_without_events_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableDeliveryError):
        translated(SENDER, body)


def test_redelivery_says_the_same_events() -> None:
    assert_repeats_are_the_same(SENDER)


def test_a_review_and_each_change_of_it_are_events_of_their_own() -> None:
    assert_ids_are_distinct(SENDER, list(EVENTS))


# --- the token, in place of signatures ----------------------------------------------------------------------------


def test_the_token_of_the_address_is_accepted() -> None:
    verify(SENDER, sent(SENDER, "created"))


@pytest.mark.parametrize("token", [SENDER.secret + "x", SENDER.secret[:-1], SENDER.secret.upper(), "\ud800"])
def test_another_token_is_refused(token: str) -> None:
    assert refused(SENDER, replace(sent(SENDER, "created"), call=token)) == "mismatch"


def test_a_request_without_a_token_is_refused() -> None:
    told = replace(sent(SENDER, "created"), call="")

    assert refused(SENDER, told) == "missing"
    assert refused(SENDER, told, [""]) == "missing"


def test_the_token_before_is_accepted_while_it_is_replaced() -> None:
    verify(SENDER, sent(SENDER, "created", secret="the-one-before"), [SENDER.secret, "the-one-before"])


@FUZZ
@given(bodies(SENDER))
def test_whatever_comes_is_refused_unreadable_or_kept(body: bytes) -> None:
    assert_only_the_two_errors(SENDER, body)
