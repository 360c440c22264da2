"""Our own shape inside of an envelope says what ``POST /activities`` and ``PUT /deals/{deal_id}`` would have it say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.contract.decode import decode_activity, decode_deal
from lifecycle.contract.refusals import InvalidRequestError
from lifecycle.sources import own_shape
from lifecycle.sources.source import UnreadablePartError
from tests.deliveries import NOW

TEXTS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=8)
VALUES = st.none() | st.booleans() | st.integers(-5, 10**6) | TEXTS
EMAILS = st.sampled_from(["ann@example.com", "Ann@Example.COM ", "no address", "", None, 5])
TIMES = st.sampled_from(
    [
        "2026-02-28T10:00:00Z",
        "2026-02-28T10:00:00.25+02:00",
        "2026-03-01T12:04:59Z",
        "2027-01-01T00:00:00Z",
        "soon",
        5,
        None,
    ]
)
CRM = st.none() | st.dictionaries(
    st.sampled_from(["hubspot", "sales-force", "Bad", ""]), TEXTS | st.integers(), max_size=2
)


def _optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


IDENTITIES = _optional(email=EMAILS, visitor=TEXTS | st.none(), user=TEXTS, crm=CRM, other=TEXTS)
ACTIVITIES = _optional(
    type=st.sampled_from(["website_visit", "email_open", "Bad Type", "x" * 65, 5]),
    direction=st.sampled_from(["inbound", "internal", "sideways", None]),
    occurred_at=TIMES,
    identities=IDENTITIES | VALUES,
    traits=st.dictionaries(TEXTS, VALUES.filter(lambda value: value is not None), max_size=3) | st.none() | TEXTS,
    properties=st.dictionaries(TEXTS, VALUES.filter(lambda value: value is not None), max_size=3),
    automated=st.booleans() | st.none(),
    unknown=st.just(1),
)
CONTACTS = _optional(email=EMAILS, crm=CRM, crm_id=TEXTS, role=TEXTS, unknown=TEXTS)
DEALS = _optional(
    status=st.sampled_from(["open", "won", "lost", "Won", None]),
    occurred_at=TIMES,
    name=TEXTS,
    amount=st.sampled_from([0, 12, -1, 10**15, 10**15 + 1, "12.50", "1.23456", "1e3", "", True, None]),
    currency=st.sampled_from(["EUR", "eur", None]),
    pipeline=TEXTS,
    lost_reason=TEXTS,
    contacts=st.lists(CONTACTS, max_size=3) | st.none() | TEXTS,
    unknown=TEXTS,
)


def _has_numbers(value: Any) -> bool:
    """Whether an id is written as a number: the one thing that the contract refuses and an envelope takes."""
    if isinstance(value, dict):
        return any(_has_numbers(inner) for inner in value.values())
    if isinstance(value, list):
        return any(_has_numbers(inner) for inner in value)
    return isinstance(value, int) and not isinstance(value, bool)


@given(body=ACTIVITIES)
def test_an_activity_is_read_as_the_contract_reads_it(body: dict[str, Any]) -> None:
    try:
        expected = decode_activity(body, NOW)
    except InvalidRequestError:
        if not _has_numbers(body.get("identities")):
            with pytest.raises(UnreadablePartError):
                own_shape.activity(body, "id", NOW, NOW, "source")
        return

    found = own_shape.activity(body, expected.id, NOW, NOW, "source")

    assert (found.type, found.direction, found.occurred_at) == (expected.type, expected.direction, expected.occurred_at)
    assert set(found.identities) == set(expected.identities)
    assert (found.traits, found.properties) == (expected.traits, expected.properties)
    assert found.automated == expected.automated


@given(body=DEALS)
def test_a_deal_is_read_as_the_contract_reads_it(body: dict[str, Any]) -> None:
    inside = {"deal_id": "crm:1", **body}
    try:
        expected = decode_deal(body, "crm:1", NOW)
    except InvalidRequestError:
        return

    found = own_shape.deal(inside, expected.id, NOW, NOW)

    assert found == expected


@given(body=DEALS.filter(lambda body: not _has_numbers(body.get("contacts"))))
def test_a_deal_that_the_contract_refuses_is_unreadable(body: dict[str, Any]) -> None:
    try:
        decode_deal(body, "crm:1", NOW)
    except InvalidRequestError:
        with pytest.raises(UnreadablePartError):
            own_shape.deal({"deal_id": "crm:1", **body}, "id", NOW, NOW)


@pytest.mark.parametrize(
    "body", [None, [], "x", {}, {"deal_id": ""}, {"deal_id": "1", "status": "open", "deleted": True}]
)
def test_a_deal_without_what_it_needs_is_unreadable(body: Any) -> None:
    with pytest.raises(UnreadablePartError):
        own_shape.deal(body, "id", NOW, NOW)
    with pytest.raises(UnreadablePartError):
        own_shape.deleted_deal(body, "id", NOW, NOW)


def test_a_crawlers_visit_is_automated() -> None:
    body = {"type": "website_visit", "identities": {"visitor": "v"}, "properties": {"user_agent": "Googlebot/2.1"}}

    assert own_shape.activity(body, "id", NOW, NOW, "s").automated
