"""The requests as the contract writes them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from local.request import (
    Activity,
    Contact,
    DealRemoval,
    DealUpdate,
    Decision,
    Identities,
    Request,
    identities_of,
    rfc3339,
)

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
ANN = Identities(email="ann@birch.example", visitor="v-1", crm=("salesforce", "003A"))


def test_a_moment_is_written_in_utc() -> None:
    assert rfc3339(NOON.astimezone(timezone(timedelta(hours=2)))) == "2026-03-04T12:00:00Z"


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        rfc3339(NOON.replace(tzinfo=None))


def test_an_activity_leaves_out_what_it_does_not_say() -> None:
    activity = Activity("a-1", "website_visit", NOON, Identities(visitor="v-1"))
    assert activity.body() == {
        "id": "a-1",
        "type": "website_visit",
        "occurred_at": "2026-03-04T12:00:00Z",
        "identities": {"visitor": "v-1"},
    }


def test_identities_name_the_crm_by_its_system() -> None:
    assert ANN.body() == {"email": "ann@birch.example", "visitor": "v-1", "crm": {"salesforce": "003A"}}
    assert ANN.names() == {("email", "ann@birch.example"), ("visitor", "v-1"), ("crm:salesforce", "003A")}


def test_a_deal_without_contacts_differs_from_one_whose_contacts_are_unchanged() -> None:
    assert DealUpdate("d", NOON, "won", contacts=()).body()["contacts"] == []
    assert "contacts" not in DealUpdate("d", NOON, "won").body()


def test_a_contact_stands_beside_its_role() -> None:
    contact = Contact(Identities(email="ann@birch.example"), "champion")
    assert contact.body() == {"email": "ann@birch.example", "role": "champion"}


def test_all_identities_of_all_requests_are_collected() -> None:
    requests: list[Request] = [
        Activity("a-1", "website_visit", NOON, Identities(visitor="v-9")),
        DealUpdate("d", NOON, contacts=(Contact(Identities(email="bo@birch.example"), "user"),)),
        DealRemoval("d", NOON),
        Decision("r-1", NOON, Identities(email="ann@birch.example"), "accept", "sam"),
    ]
    assert identities_of(requests) == {
        ("visitor", "v-9"),
        ("email", "bo@birch.example"),
        ("email", "ann@birch.example"),
    }
