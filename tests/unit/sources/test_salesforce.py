"""Salesforce's change events: what they say of people, opportunities and roles, from either way onto the bus."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from lifecycle.events import Activity, Contact, DealUpdate, Identity
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.said import LinkUpdate, Said, Unreadable
from lifecycle.sources.salesforce import SOURCE
from lifecycle.sources.salesforce_account import long_id
from lifecycle.sources.source import RefusedDeliveryError, UnreadableDeliveryError
from tests.senders.bodies import bodies
from tests.senders.salesforce import (
    BEGIN,
    CONTACT,
    CONVERSION,
    LEAD,
    OPPORTUNITY,
    ORGANISATION,
    ROLE,
    SENDER,
    body,
    flowed,
    relayed,
)
from tests.senders.sender import Sample, delivery

NOW = datetime(2026, 2, 27, 10, 0, tzinfo=UTC)
BEGAN = datetime(2026, 2, 27, 9, 0, tzinfo=UTC)
SHARED = Path(__file__).parents[3].parent / "shared/payloads/salesforce"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the vendor's samples are not beside the project")

ANN, ANN_AS_LEAD = Identity("crm:salesforce", CONTACT), Identity("crm:salesforce", LEAD)
ANNS_EMAIL = Identity("email", "ann@example.com")
DEAL = f"salesforce:{OPPORTUNITY}"


def sent(name: str) -> Delivery:
    """A sample, from the bus."""
    return delivery(SENDER, SENDER.samples[name], "", NOW)


def said(value: Any, **settings: Any) -> list[Said]:
    """What an event says."""
    content = value if isinstance(value, bytes) else body(value)
    return list(SOURCE.translate(delivery(SENDER, Sample(content), "", NOW), {**SENDER.settings, **settings}))


def only(value: Any, **settings: Any) -> Any:
    """The one thing that an event says."""
    (one,) = said(value, **settings)
    return one


@pytest.mark.parametrize("name", SENDER.samples)
def test_every_sample_is_let_in_and_read(name: str) -> None:
    SOURCE.verify(sent(name), [], SENDER.settings)
    said = list(SOURCE.translate(sent(name), SENDER.settings))

    assert said
    assert not [one for one in said if isinstance(one, Unreadable)]


# ---- people ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("contact_created", "crm_contact_created"),
        ("contact_changed", "crm_contact_changed"),
        ("contact_deleted", "crm_contact_deleted"),
        ("contact_restored", "crm_contact_restored"),
        ("contact_gone_in_a_gap", "crm_contact_deleted"),
        ("lead_created", "crm_lead_created"),
    ],
)
def test_what_became_of_a_person_is_an_activity_that_counts_for_nothing(name: str, type_: str) -> None:
    one = only(SENDER.samples[name].body)

    assert isinstance(one, Activity)
    assert (one.type, one.direction, one.source, one.occurred_at) == (type_, "internal", "salesforce", BEGAN)
    assert one.identities[0] in (ANN, ANN_AS_LEAD)


def test_fields_are_traits_the_parts_of_a_name_by_themselves_and_the_address_an_identity() -> None:
    one = only(SENDER.samples["contact_created"].body)

    assert one.identities == (ANN, ANNS_EMAIL)
    assert one.traits == {"salutation": "Ms.", "first_name": "Ann", "last_name": "Example", "region_c": "Danube"}


def test_the_parts_of_an_address_are_named_after_it() -> None:
    one = only(relayed("Contact", "UPDATE", CONTACT, MailingAddress={"City": "Ulm", "Street": None}))

    assert one.traits == {"mailing_address_city": "Ulm"}


def test_no_value_means_cleared_where_the_field_is_named_and_unchanged_elsewhere() -> None:
    cleared = relayed("Contact", "UPDATE", CONTACT, Phone=None)
    whole = relayed("Contact", "UPDATE", CONTACT, Phone=None, Title="CTO", header={"changedFields": ["Title"]})
    nulled = relayed(
        "Contact", "UPDATE", CONTACT, Phone=None, header={"changedFields": ["0x400000"], "nulledFields": ["Phone"]}
    )
    part = relayed(
        "Contact", "UPDATE", CONTACT, Name={"Salutation": None}, header={"changedFields": ["Name.Salutation"]}
    )

    assert only(cleared).traits == {"phone": ""}
    assert only(whole).traits == {"title": "CTO"}
    assert only(nulled).traits == {"phone": ""}
    assert only(part).traits == {"salutation": ""}


def test_a_converted_lead_and_its_contact_are_one_person_on_the_new_opportunity() -> None:
    merged, joined, changed = said(SENDER.samples["lead_converted"].body)

    assert isinstance(merged, Activity)
    assert isinstance(joined, DealUpdate)
    assert isinstance(changed, Activity)
    assert (merged.type, merged.identities) == ("crm_contact_merged", (ANN_AS_LEAD, ANN))
    assert (joined.deal_id, joined.joined, joined.status) == (DEAL, (Contact((ANN,), None),), None)
    assert changed.type == "crm_lead_changed"


def test_a_lead_may_be_converted_without_an_opportunity() -> None:
    fields: dict[str, Any] = {name: CONVERSION[name] for name in ("IsConverted", "ConvertedContactId")}

    assert [type(one) for one in said(relayed("Lead", "UPDATE", LEAD, **fields))] == [Activity, Activity]


# ---- opportunities ---------------------------------------------------------------------------------------------------


def test_an_opportunity_is_a_deal() -> None:
    one = only(SENDER.samples["opportunity_created"].body)

    assert isinstance(one, DealUpdate)
    assert (one.deal_id, one.status, one.name, one.occurred_at) == (DEAL, "open", "Ten seats", BEGAN)
    assert (one.amount, one.currency, one.pipeline) == (Decimal("1200.5"), "EUR", "0125f000000RtAAAEA")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"StageName": "Closed Won"}, "won"),
        ({"StageName": "Closed Lost"}, "lost"),
        ({"StageName": "Negotiation"}, "open"),
        ({"StageName": "Signed", "IsClosed": True, "IsWon": True}, "won"),
        ({"StageName": "Gone", "IsClosed": True}, "lost"),
        ({"IsClosed": True, "IsWon": False}, "lost"),
        ({"IsWon": True}, "won"),  # from lost to won: it was closed before, too
        ({"IsWon": False}, "lost"),  # from won to lost
        ({"StageName": "Gone", "IsWon": False}, "lost"),
        ({"IsClosed": False, "IsWon": False}, "open"),  # from won to open
        ({"IsClosed": False}, "open"),  # from lost to open
        ({"Amount": 5}, None),
        ({"StageName": None, "IsClosed": None, "IsWon": None, "header": {"changedFields": ["Amount"]}}, None),
    ],
)
def test_the_status_follows_from_the_fields_that_changed(fields: dict[str, Any], status: str | None) -> None:
    assert only(relayed("Opportunity", "UPDATE", OPPORTUNITY, **fields)).status == status


def test_stages_mean_what_the_settings_say_first() -> None:
    event = relayed("Opportunity", "UPDATE", OPPORTUNITY, StageName="Signed", IsClosed=False)

    assert only(event, deal_stages={"Signed": "won"}).status == "won"


def test_the_reason_for_a_loss_is_in_the_field_that_the_settings_name() -> None:
    assert only(SENDER.samples["opportunity_lost"].body).lost_reason == "No budget"
    event = relayed("Opportunity", "UPDATE", OPPORTUNITY, Why__c="Too dear")
    assert only(event, lost_reason_field="Why__c").lost_reason == "Too dear"


def test_an_organisation_with_one_currency_names_it_once() -> None:
    assert only(relayed("Opportunity", "UPDATE", OPPORTUNITY, Amount=5), currency="EUR").currency == "EUR"
    assert only(relayed("Opportunity", "UPDATE", OPPORTUNITY, Name="x"), currency="EUR").currency is None


@pytest.mark.parametrize("value", [-1, 10**16, "much", True])
def test_an_absurd_amount_is_left_out(value: Any) -> None:
    one = only(relayed("Opportunity", "UPDATE", OPPORTUNITY, Amount=value, StageName="Closed Won"))

    assert (one.amount, one.status) == (None, "won")


def test_a_deleted_opportunity_is_withdrawn_and_a_restored_one_is_there_again() -> None:
    assert only(SENDER.samples["opportunity_deleted"].body).deleted
    restored = only(relayed("Opportunity", "UNDELETE", OPPORTUNITY, StageName="Signed", IsClosed=True, IsWon=True))
    assert (restored.deleted, restored.status) == (False, "won")


def test_one_event_may_be_of_many_records() -> None:
    several = said(SENDER.samples["opportunities_at_once"].body)

    assert len({one.id for one in several if isinstance(one, DealUpdate)}) == 3
    assert {one.status for one in several if isinstance(one, DealUpdate)} == {"lost"}


# ---- roles -----------------------------------------------------------------------------------------------------------


def test_a_role_is_a_link_of_its_own() -> None:
    created, changed, deleted = (
        only(SENDER.samples[f"role_{what}"].body) for what in ("created", "changed", "deleted")
    )

    assert isinstance(created, LinkUpdate)
    assert (created.link_id, created.deal_id, created.contact) == (f"salesforce:{ROLE}", DEAL, ANN)
    assert (created.role, created.deleted) == ("Decision Maker", False)
    assert (changed.role, changed.deal_id, changed.contact, changed.deleted) == ("Influencer", None, None, False)
    assert (deleted.link_id, deleted.deleted) == (created.link_id, True)


# ---- ids, repeats, order, bad parts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("short", "long"),
    [("0015f00002J9YYE", "0015f00002J9YYEAA3"), ("00D5f000005KcCn", "00D5f000005KcCnEAK")],
)
def test_ids_of_fifteen_characters_are_those_of_eighteen(short: str, long: str) -> None:
    assert long_id(short, "id") == long
    assert long_id(long, "id") == long


def test_both_envelopes_say_the_same() -> None:
    assert said(relayed("Opportunity", "UPDATE", OPPORTUNITY, Amount=5)) == said(
        flowed("Opportunity", "UPDATE", OPPORTUNITY, Amount=5)
    )


def test_a_redelivery_says_the_same_whatever_id_the_bus_gives_it() -> None:
    for name, sample in SENDER.samples.items():
        again = {**json.loads(sample.body), "id": "another", "time": "2026-02-27T09:59:59Z"}
        assert said(sample.body) == said(again), name


def test_events_of_one_transaction_are_told_apart() -> None:
    key = "0007a1b2-0000-4000-8000-000000000001"
    first, second = (
        only(relayed("Contact", "UPDATE", CONTACT, header={"transactionKey": key, "sequenceNumber": number}))
        for number in (1, 2)
    )

    assert first.id != second.id


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (relayed("Account", "UPDATE", "0015f00000A1AAAAA3", Name="Acme"), "another kind of record"),
        (relayed("Contact", "GAP_UPDATE", CONTACT), "a gap"),
        (relayed("Contact", "GAP_OVERFLOW", CONTACT), "a gap"),
        (relayed("Contact", "DELETE", "003*"), "all records of a kind"),
        (relayed("Contact", "SNAPSHOT", CONTACT), "changeType is none of"),
        (relayed("Contact", "DELETE"), "recordIds is not a list"),
        (relayed("Contact", "DELETE", CONTACT, header={"recordIds": "x"}), "recordIds is not a list"),
        (relayed("Contact", "DELETE", CONTACT, header={"commitTimestamp": "soon"}), "commitTimestamp is not a time"),
        (relayed("Contact", "DELETE", CONTACT, header={"transactionKey": ""}), "transactionKey is missing"),
        (relayed("Contact", "DELETE", CONTACT, after=7_200_000), "ahead of the present"),
        (relayed("Opportunity", "DELETE", OPPORTUNITY, after=7_200_000), "ahead of the present"),
        (relayed("OpportunityContactRole", "DELETE", ROLE, after=7_200_000), "ahead of the present"),
        ({"detail": None}, "detail is not an object"),
        ([], "the event is not an object"),
    ],
)
def test_what_cannot_be_read_is_set_aside_whole(event: Any, why: str) -> None:
    one = only(event)

    assert isinstance(one, Unreadable)
    assert why in one.why
    assert one.part == event


@pytest.mark.parametrize("content", [b"", b"{", b"\xff"])
def test_what_is_no_json_cannot_be_read(content: bytes) -> None:
    with pytest.raises(UnreadableDeliveryError):
        said(content)


# ---- proof -----------------------------------------------------------------------------------------------------------


def refusal(delivery: Delivery, **settings: str) -> str:
    """Why a delivery is refused."""
    with pytest.raises(RefusedDeliveryError) as error:
        SOURCE.verify(delivery, [], settings)
    return error.value.reason


def test_the_same_event_over_http_is_refused() -> None:
    assert refusal(replace(sent("role_created"), url="https://hooks.example.com/webhooks/s_1"), **SENDER.settings) == (
        "foreign"
    )


def test_an_organisation_is_named_by_either_form_of_its_id() -> None:
    SOURCE.verify(sent("role_created"), [], {"organisation": ORGANISATION})
    SOURCE.verify(sent("role_created"), [], {"organisation": ORGANISATION[:15]})


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"organisation": ORGANISATION[:14] + "B"},
        {"organisation": ORGANISATION[:14] + "BEA2"},
        {"organisation": ORGANISATION[:10]},
        {"organisation": ""},
        {"event_source": "aws.partner/appflow/salesforce.com/123456789012/another"},
        {"event_source": ""},
    ],
)
def test_another_organisations_events_are_refused(settings: dict[str, str]) -> None:
    assert refusal(sent("role_created"), **settings) == "foreign"
    assert refusal(sent("from_a_flow"), **settings) == "foreign"


def test_a_flow_is_known_by_the_name_of_its_source() -> None:
    SOURCE.verify(sent("from_a_flow"), [], {"event_source": SENDER.settings["event_source"]})
    assert refusal(sent("from_a_flow"), organisation=ORGANISATION) == "foreign"


def test_an_event_without_origin_is_refused() -> None:
    event = json.loads(SENDER.samples["role_created"].body)
    for content, reason in ((body({**event, "source": None}), "missing"), (b"[]", "missing"), (b"{", "foreign")):
        assert refusal(replace(sent("role_created"), body=content), **SENDER.settings) == reason


# ---- what Salesforce sends, and whatever comes -----------------------------------------------------------------------


@needs_shared
@pytest.mark.parametrize("path", sorted(SHARED.glob("*.json")) or [SHARED], ids=lambda path: path.stem)
def test_what_salesforce_really_sent_goes_through(path: Path) -> None:
    event = json.loads(path.read_text())
    if "detail" not in event:
        event = {"source": f"aws.partner/salesforce.com/{ORGANISATION}/0YL", "detail": {"payload": event}}
    origin = event["source"]
    organisation = origin.split("/")[2] if "appflow" not in origin else ""
    settings = {"organisation": organisation, "event_source": origin}
    arrived = replace(delivery(SENDER, Sample(body(event)), "", NOW), received_at=datetime(2026, 7, 1, tzinfo=UTC))

    SOURCE.verify(arrived, [], settings)
    said = list(SOURCE.translate(arrived, settings))

    is_account = "account" in path.stem.lower()
    assert said
    assert [isinstance(one, Unreadable) for one in said] == [is_account] * len(said)


@given(bodies(SENDER.samples))
def test_whatever_is_sent_only_the_known_errors_come(content: bytes) -> None:
    arrived = delivery(SENDER, Sample(content), "", NOW)

    try:
        SOURCE.verify(arrived, [], SENDER.settings)
        said = list(SOURCE.translate(arrived, SENDER.settings))
    except (RefusedDeliveryError, UnreadableDeliveryError):
        return
    for one in said:
        if isinstance(one, Activity | DealUpdate | LinkUpdate):
            assert len(one.id) <= 128
            assert one.occurred_at <= NOW + timedelta(minutes=5)


@given(bodies(SENDER.samples))
def test_whatever_comes_over_http_is_refused(content: bytes) -> None:
    arrived = replace(delivery(SENDER, Sample(content), "", NOW), url="https://hooks.example.com/webhooks/s_1")

    with pytest.raises(RefusedDeliveryError):
        SOURCE.verify(arrived, [], SENDER.settings)


def test_the_beginning_is_when_it_is_said_to_be() -> None:
    assert datetime.fromtimestamp(BEGIN / 1000, UTC) == BEGAN
