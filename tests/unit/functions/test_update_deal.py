"""PUT and DELETE /deals/{deal_id}."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from lifecycle.events import Contact, DealUpdate, Identity
from tests.unit.functions.conftest import Call
from tests.unit.functions.fake_lifecycle import ANN, ANNS_ID, NOON, FakeLifecycle


def recorded(fake: FakeLifecycle) -> DealUpdate:
    (update,) = fake.log
    assert isinstance(update, DealUpdate)
    return update


def test_a_deal_is_answered_with_the_prospects_that_it_concerns(call: Call) -> None:
    reply = call("update_deal", "PUT", "/deals/D-77", body={"status": "open"})

    assert reply.status == 200
    assert reply.body["deal_id"] == "D-77"
    assert reply.body["prospects"][0]["prospect_id"] == ANNS_ID
    assert reply.body["prospects"][0]["stage"] == "opportunity"
    assert reply.body["prospects"][0]["transition"]["to"] == "engaged"


def test_every_field_reaches_the_use_case(call: Call, fake: FakeLifecycle) -> None:
    body = {
        "status": "lost",
        "occurred_at": "2026-05-01T00:00:00Z",
        "name": "40 seats",
        "amount": "4800.50",
        "currency": "EUR",
        "pipeline": " new business ",
        "lost_reason": "no budget",
        "contacts": [{"email": "ANN@example.com", "role": "buyer"}, {"crm_id": "7"}, {"crm": {"hubspot": "8"}}],
    }
    assert call("update_deal", "PUT", "/deals/D-77", body=body).status == 200

    update = recorded(fake)
    assert (update.deal_id, update.status, update.name) == ("D-77", "lost", "40 seats")
    assert (update.amount, update.currency, update.lost_reason) == (Decimal("4800.5"), "EUR", "no budget")
    assert update.pipeline == "new business"
    assert update.contacts == (
        Contact((ANN,), "buyer"),
        Contact((Identity("crm:crm", "7"),), None),
        Contact((Identity("crm:hubspot", "8"),), None),
    )
    assert update.recorded_at == NOON


def test_contacts_left_out_and_an_empty_set_are_different_things(call: Call, fake: FakeLifecycle) -> None:
    call("update_deal", "PUT", "/deals/1", body={"status": "open"})
    call("update_deal", "PUT", "/deals/1", body={"contacts": []})

    assert [update.contacts for update in fake.log if isinstance(update, DealUpdate)] == [None, ()]


def test_the_same_request_repeated_is_the_same_event(call: Call, fake: FakeLifecycle) -> None:
    body: dict[str, Any] = {
        "status": "open",
        "occurred_at": "2026-05-01T00:00:00Z",
        "amount": 100,
        "currency": "EUR",
        "contacts": [{"email": "ann@example.com"}, {"email": "bob@example.com"}],
    }
    call("update_deal", "PUT", "/deals/1", body=body)
    call(
        "update_deal", "PUT", "/deals/1", body={**body, "occurred_at": "2026-05-01T02:00:00+02:00", "amount": "100.00"}
    )
    call(
        "update_deal", "PUT", "/deals/1", body={**body, "contacts": [{"email": "BOB@example.com"}, body["contacts"][0]]}
    )

    assert len(fake.log) == 1


@pytest.mark.parametrize(
    "change",
    [{"status": "won"}, {"occurred_at": "2026-05-01T00:00:01Z"}, {"contacts": []}, {"name": "x"}, {"pipeline": "x"}],
)
def test_a_request_that_says_something_else_is_another_event(
    call: Call, fake: FakeLifecycle, change: dict[str, Any]
) -> None:
    body = {"status": "open", "occurred_at": "2026-05-01T00:00:00Z"}
    call("update_deal", "PUT", "/deals/1", body=body)
    call("update_deal", "PUT", "/deals/1", body={**body, **change})
    call("update_deal", "PUT", "/deals/2", body=body)

    assert len(fake.log) == 3


def test_what_says_nothing_of_a_pipeline_is_the_event_that_it_was_before_there_were_any(
    call: Call, fake: FakeLifecycle
) -> None:
    call("update_deal", "PUT", "/deals/1", body={"status": "open", "occurred_at": "2026-05-01T00:00:00Z"})

    assert recorded(fake).id == "b8d1d41d43f899e5929dec9c75aa6bf7"


def test_a_pipeline_alone_says_something(call: Call, fake: FakeLifecycle) -> None:
    assert call("update_deal", "PUT", "/deals/1", body={"pipeline": "renewals"}).status == 200
    assert recorded(fake).pipeline == "renewals"


def test_an_id_is_read_percent_encoded(call: Call, fake: FakeLifecycle) -> None:
    reply = call("update_deal", "PUT", "/deals/a%2Fb%20%C3%A9+1", body={"status": "open"})

    assert reply.body["deal_id"] == "a/b é+1"


@pytest.mark.parametrize("segment", ["%20", "%00", "%FF", "x" * 257, "a%0Ab"])
def test_an_impossible_id_is_refused(call: Call, fake: FakeLifecycle, segment: str) -> None:
    reply = call("update_deal", "PUT", f"/deals/{segment}", body={"status": "open"})

    assert reply.status == 422
    assert reply.fields == ["{deal_id}"]
    assert fake.log == []


BAD_DEALS: list[tuple[str, Any, str]] = [
    ("nothing", {}, ""),
    ("a time alone", {"occurred_at": "2026-05-01T00:00:00Z"}, ""),
    ("a currency alone", {"currency": "EUR"}, ""),
    ("an unknown status", {"status": "closed"}, "/status"),
    ("an amount without currency", {"amount": 5}, ""),
    ("a negative amount", {"amount": -5, "currency": "EUR"}, "/amount"),
    ("an amount in words", {"amount": "five", "currency": "EUR"}, "/amount"),
    ("an amount of true", {"amount": True, "currency": "EUR"}, "/amount"),
    ("an amount of 5 decimals", {"amount": 0.00001, "currency": "EUR"}, "/amount"),
    ("an absurd amount", {"amount": 1e30, "currency": "EUR"}, "/amount"),
    ("an unlikely currency", {"amount": 5, "currency": "euro"}, "/currency"),
    ("a contact without a name", {"contacts": [{"role": "buyer"}]}, "/contacts/0"),
    ("a contact in two ways", {"contacts": [{"crm_id": "1", "crm": {"hubspot": "1"}}]}, "/contacts/0"),
    ("a contact with another field", {"contacts": [{"email": "a@example.com", "phone": "1"}]}, "/contacts/0/phone"),
    ("201 contacts", {"contacts": [{"crm_id": str(n)} for n in range(201)]}, "/contacts"),
]


@pytest.mark.parametrize(("body", "field"), [bad[1:] for bad in BAD_DEALS], ids=[bad[0] for bad in BAD_DEALS])
def test_a_bad_deal_is_refused(call: Call, fake: FakeLifecycle, body: Any, field: str) -> None:
    reply = call("update_deal", "PUT", "/deals/1", body=body)

    assert reply.status == 422
    assert reply.fields == [field]
    assert fake.log == []


def test_an_unknown_status_is_answered_with_the_known_ones(call: Call) -> None:
    reply = call("update_deal", "PUT", "/deals/1", body={"status": "closed"})

    assert reply.body["errors"][0]["expected"] == "open, won or lost"


def test_a_contact_named_twice_alike_counts_once(call: Call, fake: FakeLifecycle) -> None:
    contact = {"email": "ann@example.com", "role": "buyer"}
    call("update_deal", "PUT", "/deals/1", body={"contacts": [contact, {**contact, "email": "Ann@Example.com"}]})

    assert recorded(fake).contacts == (Contact((ANN,), "buyer"),)


def test_a_contact_named_twice_in_different_roles_is_refused_with_both_places(call: Call) -> None:
    contacts = [{"email": "ann@example.com", "role": "buyer"}, {"crm_id": "1"}, {"email": "ann@example.com"}]
    reply = call("update_deal", "PUT", "/deals/1", body={"contacts": contacts})

    assert reply.status == 422
    assert reply.fields == ["/contacts/2"]
    assert "/contacts/0" in reply.body["errors"][0]["reason"]


def test_deleting_a_deal_withdraws_it(call: Call, fake: FakeLifecycle) -> None:
    reply = call("update_deal", "DELETE", "/deals/D-77", query={"occurred_at": ["2026-05-01T00:00:00Z"]})

    assert reply.status == 200
    assert reply.body["deal_id"] == "D-77"
    update = recorded(fake)
    assert update.deleted
    assert update.occurred_at.isoformat() == "2026-05-01T00:00:00+00:00"


def test_deleting_a_deal_needs_no_time(call: Call, fake: FakeLifecycle) -> None:
    assert call("update_deal", "DELETE", "/deals/D-77").status == 200
    assert recorded(fake).occurred_at == NOON


@pytest.mark.parametrize(
    "query",
    [
        {"occurred_at": ["2026-06-01T13:00:00Z"]},
        {"occurred_at": ["yesterday"]},
        {"at": ["2026-05-01T00:00:00Z"]},
        {"occurred_at": ["2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z"]},
    ],
)
def test_a_bad_query_deletes_nothing(call: Call, fake: FakeLifecycle, query: dict[str, list[str]]) -> None:
    reply = call("update_deal", "DELETE", "/deals/D-77", query=query)

    assert reply.status == 422
    assert reply.fields == [f"?{next(iter(query))}"]
    assert fake.log == []
