"""The hook of a source: what it is asked, and what its answer says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.events import Activity, Contact, DealUpdate, Identity
from lifecycle.sources.enrichment import Missing, has_hook, hook_of, said_by
from lifecycle.sources.said import LinkUpdate, Said
from lifecycle.sources.source import UnreadableDeliveryError, UnreadablePartError

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CONTACT = Missing.named("hubspot", "contact", "crm:hubspot:151")
DEAL = Missing.named("hubspot", "deal", "hubspot:77")
LINK = Missing.named("salesforce", "link", "salesforce:00K1")


def says(missing: Missing, now: datetime = NOW, **record: Any) -> Said:
    (said,) = said_by(json.dumps(record).encode(), missing, now)
    return said


@pytest.mark.parametrize(
    ("missing", "asked"),
    [
        (CONTACT, {"kind": "hubspot", "system": "hubspot", "object_type": "contact", "id": "151"}),
        (DEAL, {"kind": "hubspot", "system": "hubspot", "object_type": "deal", "id": "77"}),
        (LINK, {"kind": "salesforce", "system": "salesforce", "object_type": "link", "id": "00K1"}),
        (
            Missing.named("hubspot", "deal", "hubspot:7:7"),
            {"kind": "hubspot", "system": "hubspot", "object_type": "deal", "id": "7:7"},
        ),
    ],
)
def test_the_question_names_the_record_as_its_system_does(missing: Missing, asked: dict[str, str]) -> None:
    assert json.loads(missing.question) == asked


def test_settings_name_a_hook_or_none() -> None:
    assert (hook_of({}), has_hook({})) == (None, False)
    named = {"enrichment": {"url": "https://x"}}
    assert (hook_of(named), has_hook(named)) == ("https://x", True)


def test_a_contact_is_the_one_that_was_asked_for_with_what_the_answer_knows() -> None:
    said = says(CONTACT, identities={"email": "Ann@Example.com", "user": "u-1"}, traits={"seats": 2.5})

    assert isinstance(said, Activity)
    assert set(said.identities) == {
        Identity("crm:hubspot", "151"),
        Identity("email", "ann@example.com"),
        Identity("user", "u-1"),
    }
    assert (said.type, said.direction, said.traits) == ("crm_contact_fetched", "internal", {"seats": Decimal("2.5")})
    assert (said.occurred_at, said.source) == (NOW, "hubspot")


def test_a_deal_is_the_one_that_was_asked_for_with_its_contacts() -> None:
    said = says(DEAL, deal={"status": "open", "contacts": [{"crm": {"hubspot": "151"}, "role": "buyer"}]})

    assert isinstance(said, DealUpdate)
    assert (said.deal_id, said.status) == ("hubspot:77", "open")
    assert said.contacts == (Contact((Identity("crm:hubspot", "151"),), "buyer"),)


def test_a_link_puts_its_contact_on_its_deal_by_the_id_rather_than_by_the_address() -> None:
    contacts = [{"email": "ann@example.com", "crm": {"salesforce": "0031"}, "role": "buyer"}]
    said = says(LINK, deal={"deal_id": "salesforce:0061", "contacts": contacts})

    assert isinstance(said, LinkUpdate)
    assert (said.link_id, said.deal_id) == ("salesforce:00K1", "salesforce:0061")
    assert (said.contact, said.role) == (Identity("crm:salesforce", "0031"), "buyer")


def test_the_same_answer_again_is_the_same_event_and_another_answer_another_one() -> None:
    first = says(CONTACT, traits={"a": 1, "b": 2})
    again = says(CONTACT, NOW + timedelta(days=1), traits={"b": 2, "a": 1})
    other = says(CONTACT, traits={"a": 1})

    assert isinstance(first, Activity)
    assert isinstance(again, Activity)
    assert isinstance(other, Activity)
    assert first.id == again.id != other.id


def test_an_answer_may_name_its_own_time_but_none_to_come() -> None:
    said = says(CONTACT, traits={"a": 1}, occurred_at="2026-05-01T00:00:00Z")
    assert isinstance(said, Activity)
    assert said.occurred_at == datetime(2026, 5, 1, tzinfo=UTC)
    with pytest.raises(UnreadablePartError, match="ahead"):
        says(CONTACT, occurred_at="2026-07-01T00:00:00Z")


@pytest.mark.parametrize(
    ("missing", "record", "why"),
    [
        (CONTACT, [], "the answer"),
        (CONTACT, {"deal": {}}, "other fields than identities, occurred_at, traits"),
        (CONTACT, {"identities": {"crm": {"hubspot": "152"}}}, "identities.crm.hubspot is not the id"),
        (CONTACT, {"identities": {"email": "nobody"}}, "identities.email"),
        (CONTACT, {"traits": 7}, "traits"),
        (CONTACT, {"occurred_at": "soon"}, "occurred_at is not a time"),
        (DEAL, {}, "deal"),
        (DEAL, {"deal": {"deal_id": "hubspot:78", "status": "open"}}, "deal.deal_id is not the deal"),
        (DEAL, {"deal": {}}, "the deal says nothing"),
        (DEAL, {"identities": {}}, "other fields than deal, occurred_at"),
        (LINK, {"deal": {"deal_id": "salesforce:1", "status": "open"}}, "the one contact"),
        (LINK, {"deal": {"contacts": [{"email": "a@example.com"}]}}, "deal_id"),
    ],
)
def test_an_answer_that_is_not_right_is_refused_with_what_is_wrong(missing: Missing, record: Any, why: str) -> None:
    with pytest.raises(UnreadablePartError, match=why):
        list(said_by(json.dumps(record).encode(), missing, NOW))


FIELDS = ("identities", "traits", "deal", "occurred_at", "email", "crm", "deal_id", "contacts", "status", "role")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["a@example.com", "won", "151"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_no_answer_breaks_its_reader(record: Any) -> None:
    for missing in (CONTACT, DEAL, LINK):
        try:
            said = list(said_by(json.dumps(record).encode(), missing, NOW))
        except (UnreadablePartError, UnreadableDeliveryError):
            continue
        assert len(said) == 1
