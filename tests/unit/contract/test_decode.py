"""Decoding: whatever the JSON value, it becomes a domain value or a list of what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.contract import examples, models
from lifecycle.contract.decode import decode_activity, decode_batch, decode_deal, decode_decision
from lifecycle.contract.refusals import BodyTooLargeError, FieldError, InvalidRequestError
from lifecycle.events import DEFAULT_DIRECTIONS, Activity, DealUpdate, Decision, Withdrawal

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)

#: Names that mean something to a model, and values that are nearly right, so that a search gets past the first check.
NAMES = sorted(
    {
        name
        for model in (models.ActivityBody, models.IdentitiesBody, models.DealBody, models.ContactBody)
        for name in model.model_fields
    }
    | {name for model in models.DECISION_BODIES.values() for name in model.model_fields}
    | {"automated", "hubspot", "x" * 300, "\ud800", "a/b~c"}
)
scalars = st.sampled_from(
    [
        "ann@example.com",
        "a@b",
        "website_visit",
        "2026-05-04T09:30:00Z",
        "2027-01-01T00:00:00Z",
        "open",
        "EUR",
        "12.50",
        "p" + "a" * 26,
        *models.DECISION_BODIES,
        "",
        " ",
        "\x00",
        "x" * 5000,
        5,
        -1,
        10**40,
        True,
        False,
        None,
    ]
) | st.text(max_size=10)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=25,
)
bodies = st.dictionaries(st.sampled_from(NAMES), values, max_size=8) | values


@settings(max_examples=400, deadline=None)
@given(bodies)
def test_any_value_is_decoded_or_every_problem_has_words(value: Any) -> None:
    decoders = [
        (lambda: decode_activity(value, NOON), Activity),
        (lambda: decode_deal(value, "D-1", NOON), DealUpdate),
        (lambda: decode_decision(value, "laptop", NOON), Decision | Withdrawal),
    ]
    for decode, kind in decoders:
        decoded, errors = _decoded(decode)
        assert isinstance(decoded, kind) or errors
        for found in errors:
            assert found.reason
            assert found.expected
            json.dumps(found, ensure_ascii=False).encode()  # no half of a character can get into an answer


def _decoded(decode: Callable[[], Any]) -> tuple[Any, tuple[FieldError, ...]]:
    try:
        return decode(), ()
    except InvalidRequestError as error:
        return None, error.errors


@settings(deadline=None)
@given(st.lists(bodies, max_size=5))
def test_every_entry_of_a_batch_is_either_kept_or_rejected(entries: list[Any]) -> None:
    try:
        batch = decode_batch({"activities": entries}, NOON)
    except InvalidRequestError:
        assert not entries
    else:
        assert len(batch.activities) + len(batch.rejected) == len(entries)
        assert [entry.index for entry in batch.rejected] == sorted({entry.index for entry in batch.rejected})


def test_a_batch_that_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(BodyTooLargeError, match="501"):
        decode_batch([None] * 501, NOON)


DECODERS: dict[str, Callable[[Any], object]] = {
    "ActivityBody": lambda value: decode_activity(value, NOON),
    "DealBody": lambda value: decode_deal(value, "D-1", NOON),
    "AnyDecisionBody": lambda value: decode_decision(value, "laptop", NOON),
}


@pytest.mark.parametrize("name", sorted(DECODERS))
def test_the_examples_of_the_document_are_acceptable(name: str) -> None:
    for title, value in examples.REQUESTS[name].items():
        assert DECODERS[name](value), title


def test_the_example_of_a_batch_is_acceptable() -> None:
    for value in examples.REQUESTS["ActivityBatch"].values():
        assert not decode_batch(value, NOON).rejected


@pytest.mark.parametrize(
    ("kind", "direction"), [*DEFAULT_DIRECTIONS.items(), ("referral", "inbound"), ("of_our_own", "inbound")]
)
def test_an_activity_has_the_usual_direction_of_its_type(kind: str, direction: str) -> None:
    body = {"type": kind, "identities": {"user": "u"}}
    assert decode_activity(body, NOON).direction == direction
    assert decode_activity({**body, "direction": "internal"}, NOON).direction == "internal"


@pytest.mark.parametrize(
    ("more", "automated"),
    [
        ({}, False),
        ({"automated": True}, True),
        ({"automated": False}, False),
        ({"properties": {"automated": True}}, True),
        ({"properties": {"automated": "true"}}, False),
        ({"properties": {"automated": 1}}, False),
        ({"automated": False, "properties": {"automated": True}}, True),
    ],
)
def test_an_activity_is_automated_if_it_says_so_in_either_place(more: dict[str, Any], automated: bool) -> None:
    body = {"type": "email_click", "identities": {"user": "u"}, **more}
    assert decode_activity(body, NOON).automated is automated


def test_two_activities_without_an_id_are_two_activities() -> None:
    body = {"type": "website_visit", "identities": {"visitor": "v"}}
    assert decode_activity(body, NOON).id != decode_activity(body, NOON).id


def test_null_is_the_same_as_left_out() -> None:
    full: dict[str, Any] = dict.fromkeys(models.ActivityBody.model_fields)
    identities = {"email": None, "visitor": "v", "user": None, "crm": None}
    activity = decode_activity({**full, "type": "website_visit", "identities": identities}, NOON)
    assert activity.properties == activity.traits == {}
    assert activity.source is None


def test_a_pointer_shows_strange_names_shortened_and_escaped() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        decode_activity({"a/b~c\n": 1, "x" * 100: 1}, NOON)
    fields = [error.field for error in caught.value.errors]
    assert "/a~1b~0c\\u000a" in fields
    assert "/" + "x" * 64 + "..." in fields
