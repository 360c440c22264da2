"""Salesforce's outbound messages: what they say, who may send them, and that no session is ever kept."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree
from hypothesis import given

from lifecycle.events import Activity, Contact, DealUpdate, Identity
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.said import Said, Unreadable
from lifecycle.sources.salesforce_outbound import SOURCE
from lifecycle.sources.source import RefusedDeliveryError, Tally
from tests.senders.bodies import bodies
from tests.senders.salesforce import CONTACT, LEAD, OPPORTUNITY, ORGANISATION
from tests.senders.salesforce_outbound import SENDER, SESSION, contact, lead, message, notification, opportunity
from tests.senders.sender import Sample, delivery

URL = "https://hooks.example.com/webhooks/s_6hv2"
NOW = datetime(2026, 2, 27, 10, 0, tzinfo=UTC)
BEGAN = datetime(2026, 2, 27, 9, 0, tzinfo=UTC)
SHARED = Path(__file__).parents[3].parent / "shared/payloads/salesforce"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the vendor's samples are not beside the project")

ANN, ANN_AS_LEAD = Identity("crm:salesforce", CONTACT), Identity("crm:salesforce", LEAD)
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def sent(name: str) -> Delivery:
    """A sample, with the token in its path."""
    return delivery(SENDER, SENDER.samples[name], URL, NOW)


def said(content: bytes, **settings: Any) -> list[Said]:
    """What a message says."""
    arrived = delivery(SENDER, Sample(content, "text/xml"), URL, NOW)
    return list(SOURCE.translate(arrived, {**SENDER.settings, **settings}))


def only(*notifications: str, **settings: Any) -> Any:
    """The one thing that a message says."""
    (one,) = said(message(*notifications), **settings)
    return one


# ---- what the samples become -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SENDER.samples)
def test_every_sample_is_proven_and_read(name: str) -> None:
    SOURCE.verify(sent(name), [SENDER.secret], SENDER.settings)
    said = list(SOURCE.translate(sent(name), SENDER.settings))

    assert said
    assert not [one for one in said if isinstance(one, Unreadable)]


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("contact", "crm_contact_changed"),
        ("contact_created", "crm_contact_created"),
        ("contact_deleted", "crm_contact_deleted"),
        ("lead", "crm_lead_changed"),
    ],
)
def test_a_person_is_an_activity_that_counts_for_nothing(name: str, type_: str) -> None:
    (one,) = said(SENDER.samples[name].body)

    assert isinstance(one, Activity)
    assert (one.type, one.direction, one.source) == (type_, "internal", "salesforce_outbound")
    assert one.identities == (ANN if "contact" in name else ANN_AS_LEAD, Identity("email", "ann@example.com"))


def test_fields_are_traits_and_an_empty_one_is_cleared() -> None:
    one = only(contact())

    assert one.traits == {"first_name": "Ann", "last_name": "O'Neill & Co", "phone": ""}
    assert one.occurred_at == BEGAN


def test_a_converted_lead_and_its_contact_are_one_person() -> None:
    merged, joined, _ = said(SENDER.samples["lead_converted"].body)

    assert isinstance(merged, Activity)
    assert isinstance(joined, DealUpdate)
    assert set(merged.identities) == {ANN, ANN_AS_LEAD}
    assert (joined.deal_id, joined.joined) == (f"salesforce:{OPPORTUNITY}", (Contact((ANN,), None),))


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, "open"),
        ({"StageName": "Closed Won", "IsClosed": "true", "IsWon": "true"}, "won"),
        ({"StageName": "Signed", "IsClosed": "true", "IsWon": "true"}, "won"),
        ({"StageName": "Gone", "IsClosed": "true"}, "lost"),
        ({"StageName": "Closed Lost", "IsClosed": None, "IsWon": None}, "lost"),
        ({"StageName": "Talks", "IsClosed": None, "IsWon": None}, "open"),
        # The record as it is, and one field of three says nothing: it is not what changed.
        ({"StageName": None, "IsClosed": None, "IsWon": "false"}, None),
    ],
)
def test_the_status_follows_from_the_record_as_it_is(fields: dict[str, Any], status: str | None) -> None:
    assert only(opportunity(**fields)).status == status


def test_an_opportunity_is_a_deal() -> None:
    one = only(opportunity(CurrencyIsoCode="EUR"))

    assert isinstance(one, DealUpdate)
    assert (one.deal_id, one.name, one.amount, one.currency) == (
        f"salesforce:{OPPORTUNITY}", "Ten seats", Decimal("1200.5"), "EUR",
    )  # fmt: skip
    assert only(opportunity(IsDeleted="true")).deleted


def test_a_record_without_times_is_as_of_now() -> None:
    assert only(notification(1, "Contact", Id=CONTACT)).occurred_at == NOW


def test_short_ids_are_those_of_the_change_events() -> None:
    assert only(contact(Id=CONTACT[:15])).identities[0] == ANN


# ---- repeats, bad parts, sessions ------------------------------------------------------------------------------------


def test_a_redelivery_in_another_message_says_the_same() -> None:
    several = said(SENDER.samples["several"].body)

    assert several == [one for part in (contact(1), lead(2), opportunity(3)) for one in said(message(part))]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (notification(9, "Account", Id="0015f00000A1AAAAA3"), "another kind of record"),
        (contact(9, Id=None), "the record's id is missing"),
        (contact(9, LastModifiedDate="soon"), "LastModifiedDate is not a time"),
        (contact(9, LastModifiedDate="2026-02-27T12:00:00.000Z"), "ahead of the present"),
        (opportunity(9, LastModifiedDate="2026-02-27T12:00:00.000Z"), "ahead of the present"),
        ("<Notification><Id>04l</Id></Notification>", "no sObject"),
        ("<Notification/>", "no Id"),
    ],
)
def test_a_bad_record_is_set_aside_and_the_others_are_kept(bad: str, why: str) -> None:
    first, unreadable, last = said(message(contact(1), bad, contact(2)))

    assert isinstance(first, Activity)
    assert isinstance(last, Activity)
    assert isinstance(unreadable, Unreadable)
    assert why in unreadable.why
    assert ElementTree.fromstring(unreadable.part).tag.endswith("Notification")


def test_a_record_that_was_set_aside_can_be_read_alone() -> None:
    _, unreadable = said(message(contact(1), notification(9, "Account", Id="0015f00000A1AAAAA3")))

    assert isinstance(unreadable, Unreadable)
    assert [one.why for one in said(unreadable.part) if isinstance(one, Unreadable)] == [unreadable.why]


@pytest.mark.parametrize(
    "content",
    [
        message(contact())[:-30],
        message(contact(), before=BOMB),
        message(contact(), before=OUTSIDE),
        message(),
        message(contact()).replace(b"<SessionId>", b"<a:SessionId b='>'>"),
        message(contact()).replace(SESSION.encode(), b"<![CDATA[" + SESSION.encode() + b"]]>")[:-9],
        message(contact()).decode().encode("utf-16"),
        message(notification(9, "Account", Id="1")),
    ],
)
def test_no_session_is_kept_whatever_is_wrong(content: bytes) -> None:
    for one in said(content):
        assert isinstance(one, Unreadable)
        kept = one.part if isinstance(one.part, bytes) else str(one.part).encode()
        assert SESSION.encode() not in kept.replace(b"\x00", b"")


@pytest.mark.parametrize("before", [BOMB, OUTSIDE])
def test_a_document_type_is_refused_before_anything_is_expanded(before: str) -> None:
    assert [type(one) for one in said(message(contact(), before=before))] == [Unreadable]
    with pytest.raises(RefusedDeliveryError):
        SOURCE.verify(
            replace(sent("contact"), body=message(contact(), before=before)), [SENDER.secret], SENDER.settings
        )


@pytest.mark.parametrize(("before", "after"), [(b"\xef\xbb\xbf", b""), (b"", b"\r\n\r\n")])
def test_a_byte_order_mark_and_line_ends_are_let_pass(before: bytes, after: bytes) -> None:
    content = message(contact())
    arrived = replace(sent("contact"), body=before + content.rstrip() + after)

    SOURCE.verify(arrived, [SENDER.secret], SENDER.settings)
    assert list(SOURCE.translate(arrived, SENDER.settings)) == said(content)


# ---- proof and answer ------------------------------------------------------------------------------------------------


def refusal(delivery: Delivery, *secrets: str, **settings: str) -> str:
    """Why a delivery is refused."""
    with pytest.raises(RefusedDeliveryError) as error:
        SOURCE.verify(delivery, secrets or [SENDER.secret], settings or SENDER.settings)
    return error.value.reason


def test_either_token_proves() -> None:
    SOURCE.verify(sent("lead"), ["a new one", SENDER.secret], SENDER.settings)
    SOURCE.verify(sent("lead"), [SENDER.secret, "an old one"], SENDER.settings)
    assert refusal(sent("lead"), "a new one", "an old one") == "mismatch"


@pytest.mark.parametrize(
    "call", [SENDER.secret[:-1], SENDER.secret + "0", SENDER.secret.upper(), "ä", "\ud800", "batch"]
)
def test_another_token_is_a_mismatch(call: str) -> None:
    assert refusal(replace(sent("lead"), call=call)) == "mismatch"


def test_no_token_is_missing() -> None:
    assert refusal(replace(sent("lead"), call="")) == "missing"


def test_an_organisation_is_named_by_either_form_of_its_id() -> None:
    for ours in (ORGANISATION, ORGANISATION[:15]):
        for theirs in (ORGANISATION, ORGANISATION[:15]):
            arrived = replace(sent("lead"), body=message(lead(), organisation=theirs))
            SOURCE.verify(arrived, [SENDER.secret], {"organisation": ours})


@pytest.mark.parametrize("organisation", ["", "00D5f0000011AAB", "00D5f0000011AABEA2", ORGANISATION[:10]])
def test_another_organisations_message_is_refused(organisation: str) -> None:
    arrived = replace(sent("lead"), body=message(lead(), organisation=organisation))

    assert refusal(arrived) == "foreign"
    assert refusal(sent("lead"), organisation=organisation) == "foreign"


@pytest.mark.parametrize("content", [b"", b"<a/>", b"<", b"\xff\xfe", b'<?xml version="1.0" encoding="x-none"?><a/>'])
def test_what_names_no_organisation_is_refused(content: bytes) -> None:
    assert refusal(replace(sent("lead"), body=content)) == "foreign"


def test_the_answer_is_the_acknowledgement_that_ends_the_repeating() -> None:
    reply = SOURCE.reply(sent("lead"), {}, Tally(1, 0, 3))
    root = ElementTree.fromstring(reply.body)

    assert (reply.status, reply.content_type) == (200, "text/xml; charset=utf-8")
    assert [one.text for one in root.iter("{http://soap.sforce.com/2005/09/outbound}Ack")] == ["true"]


@needs_shared
def test_the_answer_is_that_of_a_receiver_in_use() -> None:
    def nodes(text: str) -> list[tuple[str, str]]:
        return [(one.tag, (one.text or "").strip()) for one in ElementTree.fromstring(text).iter()]

    theirs = (SHARED / "outbound_message_ack.xml").read_text("utf-8-sig")
    assert nodes(SOURCE.reply(sent("lead"), {}, Tally(1, 0, 0)).body) == nodes(theirs.split("?>")[-1].strip())


@needs_shared
@pytest.mark.parametrize(
    "path", sorted(SHARED.glob("outbound_message_[0-9]*.xml")) or [SHARED], ids=lambda path: path.stem
)
def test_what_salesforce_really_sent_goes_through(path: Path) -> None:
    # Its types were edited there to have numbers.
    content = re.sub(rb"sf:Lead\d", b"sf:Lead", path.read_bytes())
    found = re.search(rb"<OrganizationId>(\w+)<", content)
    assert found
    arrived = replace(delivery(SENDER, Sample(content, "text/xml"), URL, NOW))

    SOURCE.verify(arrived, [SENDER.secret], {"organisation": found[1].decode()})
    said = list(SOURCE.translate(arrived, {}))

    assert len(said) == int(path.stem.split("_")[2])
    assert all(isinstance(one, Activity) for one in said)
    assert len({one.id for one in said if isinstance(one, Activity)}) == len(said)


# ---- whatever comes --------------------------------------------------------------------------------------------------


@given(bodies(SENDER.samples))
def test_whatever_is_sent_only_the_known_errors_come(content: bytes) -> None:
    arrived = delivery(SENDER, Sample(content), URL, NOW)

    with suppress(RefusedDeliveryError):
        SOURCE.verify(arrived, [SENDER.secret], SENDER.settings)
    for one in SOURCE.translate(arrived, SENDER.settings):
        if isinstance(one, Activity | DealUpdate):
            assert len(one.id) <= 128
            assert one.occurred_at <= NOW + timedelta(minutes=5)


@given(bodies(SENDER.samples))
def test_whatever_is_sent_without_the_token_is_refused(content: bytes) -> None:
    arrived = delivery(SENDER, Sample(content), URL, NOW, secret="another")

    with pytest.raises(RefusedDeliveryError):
        SOURCE.verify(arrived, [SENDER.secret], SENDER.settings)
