"""Pipedrive: what both versions of its webhooks say of deals and persons, and how they are proven."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from lifecycle.events import Activity, Contact, DealUpdate, Identity
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.pipedrive import SOURCE
from lifecycle.sources.said import Said, Unreadable
from lifecycle.sources.source import RefusedDeliveryError, UnreadableDeliveryError
from tests.senders.bodies import bodies
from tests.senders.pipedrive import (
    BEGIN,
    DEAL,
    OTHER_DEAL,
    OTHER_PERSON,
    PERSON,
    SENDER,
    body,
    deal,
    first,
    first_person,
    person,
    second,
)
from tests.senders.sender import Sample, delivery

URL = "https://hooks.example.com/webhooks/s_6hv2"
NOW = datetime(2026, 2, 27, 10, 0, tzinfo=UTC)
SHARED = Path(__file__).parents[3].parent / "shared/payloads/pipedrive"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the vendor's samples are not beside the project")

ANN, BEN = Identity("crm:pipedrive", str(PERSON)), Identity("crm:pipedrive", str(OTHER_PERSON))
ANNS_EMAIL = Identity("email", "ann@example.com")


def sent(name: str) -> Delivery:
    """A sample, with its credentials."""
    return delivery(SENDER, SENDER.samples[name], URL, NOW)


def said(value: Any, **settings: Any) -> list[Said]:
    """What a body says."""
    content = value if isinstance(value, bytes) else body(value)
    return list(SOURCE.translate(delivery(SENDER, Sample(content), URL, NOW), {**SENDER.settings, **settings}))


def only(value: Any, **settings: Any) -> Any:
    """The one thing that a body says."""
    (one,) = said(value, **settings)
    return one


@pytest.mark.parametrize("name", SENDER.samples)
def test_every_sample_is_proven_and_read(name: str) -> None:
    SOURCE.verify(sent(name), [SENDER.secret], SENDER.settings)
    said = list(SOURCE.translate(sent(name), SENDER.settings))

    assert said
    assert not [one for one in said if isinstance(one, Unreadable)]


# ---- deals -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("deal_created", "open"),
        ("deal_moved", "open"),
        ("deal_won", "won"),
        ("deal_lost", "lost"),
        ("deal_reopened", "open"),
        ("first_deal_added", "open"),
        ("first_deal_updated", "won"),
    ],
)
def test_a_deal_has_the_status_that_pipedrive_says(name: str, status: str) -> None:
    one = only(SENDER.samples[name].body)

    assert isinstance(one, DealUpdate)
    assert (one.deal_id, one.status, one.name) == (f"pipedrive:{DEAL}", status, "Ten seats")
    assert (one.amount, one.currency, one.pipeline) == (Decimal("1200.5"), "EUR", "50")
    assert (one.joined, one.left, one.contacts) == ((Contact((ANN,), None),), (), None)


def test_a_lost_deal_says_why() -> None:
    assert only(SENDER.samples["deal_lost"].body).lost_reason == "No budget"


@pytest.mark.parametrize(
    ("name", "microseconds"), [("deal_created", 57_000), ("first_deal_added", 460_452), ("person_created", 57_000)]
)
def test_it_is_dated_by_the_change(name: str, microseconds: int) -> None:
    began = datetime(2026, 2, 27, 9, 0, tzinfo=UTC)

    assert only(SENDER.samples[name].body).occurred_at == began + timedelta(microseconds=microseconds)


def test_who_takes_anothers_place_joins_and_the_other_leaves() -> None:
    taken, left = only(SENDER.samples["deal_of_another"].body), only(SENDER.samples["deal_of_nobody"].body)

    assert (taken.joined, taken.left) == ((Contact((BEN,), None),), (Contact((ANN,), None),))
    assert (left.joined, left.left) == ((), (Contact((ANN,), None),))


def test_version_1_of_old_names_the_person_with_an_address() -> None:
    one = only(SENDER.samples["first_deal_of_old"].body)

    assert (one.joined, one.left) == ((Contact((ANN, ANNS_EMAIL), None),), ())


@pytest.mark.parametrize("name", ["deal_deleted", "deal_merged_away", "first_deal_deleted"])
def test_a_deleted_deal_is_withdrawn(name: str) -> None:
    one = only(SENDER.samples[name].body)

    assert (one.deleted, one.status, one.joined) == (True, None, ())


def test_of_merged_deals_one_is_left() -> None:
    kept, gone = said(SENDER.samples["deal_merged"].body)

    assert isinstance(kept, DealUpdate)
    assert isinstance(gone, DealUpdate)
    assert (kept.deal_id, kept.deleted) == (f"pipedrive:{DEAL}", False)
    assert (gone.deal_id, gone.deleted) == (f"pipedrive:{OTHER_DEAL}", True)


@pytest.mark.parametrize("value", [-5, 10**16, None, "much", True])
def test_an_absurd_amount_is_left_out(value: Any) -> None:
    one = only(second("deal", "change", DEAL, deal(value=value, status="won")))

    assert (one.amount, one.status) == (None, "won")


# ---- persons ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("person_created", "crm_contact_created"),
        ("person_changed", "crm_contact_changed"),
        ("person_deleted", "crm_contact_deleted"),
        ("person_merged", "crm_contact_merged"),
        ("first_person_added", "crm_contact_created"),
        ("first_person_updated", "crm_contact_changed"),
        ("first_person_deleted", "crm_contact_deleted"),
        ("first_person_merged", "crm_contact_merged"),
        ("lead_created", "pipedrive_lead_create"),
    ],
)
def test_what_became_of_a_person_is_an_activity_that_counts_for_nothing(name: str, type_: str) -> None:
    one = only(SENDER.samples[name].body)

    assert isinstance(one, Activity)
    assert (one.type, one.direction, one.source) == (type_, "internal", "pipedrive")
    assert one.identities[0] == ANN


def test_of_several_addresses_the_primary_one_is_the_identity() -> None:
    second_version, first_version = (
        only(SENDER.samples[name].body) for name in ("person_created", "first_person_added")
    )

    assert second_version.identities == first_version.identities == (ANN, ANNS_EMAIL)


def test_fields_are_traits_and_counters_are_none() -> None:
    traits = {"name": "Ann Example", "phone": "+43 1 234", "custom_ee7b1a2521cc3a95eefdaa47611ad18572bd1a2f": "gold"}

    assert only(SENDER.samples["first_person_added"].body).traits == traits
    assert only(SENDER.samples["person_created"].body).traits == {
        **traits, "first_name": "Ann", "last_name": "Example",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["person_merged", "person_merged_away", "first_person_merged"])
def test_merged_persons_are_one(name: str) -> None:
    one = only(SENDER.samples[name].body)

    assert one.type == "crm_contact_merged"
    assert {ANN, BEN} <= set(one.identities)


def test_what_concerns_a_deal_alone_is_kept_with_the_deal() -> None:
    one = only(SENDER.samples["note_on_deal"].body)

    assert isinstance(one, DealUpdate)
    assert (one.deal_id, one.status, one.deleted) == (f"pipedrive:{DEAL}", None, False)


def test_a_system_of_another_name_has_ids_of_its_own() -> None:
    assert only(SENDER.samples["person_created"].body, system="pd2").identities[0].kind == "crm:pd2"
    assert only(SENDER.samples["deal_created"].body, system="pd2").deal_id == f"pd2:{DEAL}"


# ---- repeats, bad events ---------------------------------------------------------------------------------------------


def test_a_redelivery_says_the_same() -> None:
    for name, sample in SENDER.samples.items():
        again = json.loads(sample.body)
        again["meta"]["attempt"] = again["retry"] = 3
        assert said(sample.body) == said(again), name


def test_two_changes_are_two_events() -> None:
    one, other = (only(second("deal", "change", DEAL, deal(stage_id=stage))) for stage in (1, 2))
    old, older = (only(first("deal", "updated", DEAL, deal(), timestamp_micro=BEGIN * 1_000_000 + i)) for i in (1, 2))

    assert one.id != other.id
    assert old.id != older.id


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ([], "the event is not an object"),
        ({}, "meta is not an object"),
        (second("deal", "explode", DEAL, deal()), "meta.action is none of"),
        (second("deal", "create", "", deal()), "meta.entity_id is missing"),
        (second("deal", "create", DEAL, deal(), timestamp="soon"), "meta.timestamp is not a time"),
        (first("deal", "added", DEAL, deal(), timestamp_micro=None, timestamp=None), "meta.timestamp is not a time"),
        (second("deal", "create", DEAL, deal(), timestamp="2026-02-27T12:00:00Z"), "ahead of the present"),
        (second("person", "create", PERSON, person(), timestamp="2026-02-27T12:00:00Z"), "ahead of the present"),
        (second("organization", "create", 501, {"id": 501}), "neither a person nor a deal"),
    ],
)
def test_what_cannot_be_read_is_set_aside(event: Any, why: str) -> None:
    one = only(event)

    assert isinstance(one, Unreadable)
    assert why in one.why
    assert one.part == event


@pytest.mark.parametrize("content", [b"", b"{", b"\xff"])
def test_what_is_no_json_cannot_be_read(content: bytes) -> None:
    with pytest.raises(UnreadableDeliveryError):
        said(content)


# ---- proof -----------------------------------------------------------------------------------------------------------


def refusal(delivery: Delivery, *secrets: str, **settings: str) -> str:
    """Why a delivery is refused."""
    with pytest.raises(RefusedDeliveryError) as error:
        SOURCE.verify(delivery, secrets or [SENDER.secret], settings)
    return error.value.reason


def authorized(value: str) -> Delivery:
    """A delivery with another Authorization header."""
    good = sent("deal_won")
    return replace(good, headers={**good.headers, "authorization": value})


def test_either_secret_proves() -> None:
    SOURCE.verify(sent("deal_won"), ["new:one", SENDER.secret], {})
    SOURCE.verify(sent("deal_won"), [SENDER.secret, "old:one"], {})
    assert refusal(sent("deal_won"), "new:one", "old:one") == "mismatch"


@pytest.mark.parametrize(
    "secret",
    [SENDER.secret[:-1], SENDER.secret + "x", SENDER.secret.upper(), SENDER.secret.replace(":", "::"), ":", "ä:ö"],
)
def test_other_credentials_are_a_mismatch(secret: str) -> None:
    assert refusal(authorized(f"Basic {b64encode(secret.encode()).decode()}")) == "mismatch"


@pytest.mark.parametrize("value", ["", "Basic ???", "Bearer abc", "Basic " + b64encode(b"\xff:\xff").decode()])
def test_what_are_no_credentials_are_missing(value: str) -> None:
    assert refusal(authorized(value)) == "missing"


def test_another_companys_events_are_refused_where_one_is_set() -> None:
    SOURCE.verify(sent("deal_won"), [SENDER.secret], SENDER.settings)
    SOURCE.verify(sent("first_deal_added"), [SENDER.secret], SENDER.settings)
    SOURCE.verify(sent("deal_won"), [SENDER.secret], {})
    assert refusal(sent("deal_won"), company="1") == "foreign"
    for content in (b"", b"[]", b'{"meta": 5}', b'{"meta": {}}'):
        assert refusal(replace(sent("deal_won"), body=content), company="1") == "foreign"


def test_a_byte_order_mark_and_a_line_end_are_let_pass() -> None:
    content = SENDER.samples["deal_won"].body

    assert said(b"\xef\xbb\xbf" + content + b"\r\n") == said(content)


# ---- what Pipedrive sends, and whatever comes ------------------------------------------------------------------------


@needs_shared
@pytest.mark.parametrize("path", sorted(SHARED.glob("*.json")) or [SHARED], ids=lambda path: path.stem)
def test_what_pipedrive_really_sent_goes_through(path: Path) -> None:
    content = json.loads(path.read_text())
    headers = {name.lower(): value for name, value in content.get("headers", {}).items()}
    event = content.get("body", content)
    secret = "username:password" if headers else SENDER.secret
    arrived = delivery(SENDER, Sample(body(event), headers=headers), URL, NOW, secret=secret)

    SOURCE.verify(arrived, [secret], {"company": str(event["meta"]["company_id"])})
    said = list(SOURCE.translate(arrived, {}))

    assert [type(one) for one in said] == [Activity if "person" in path.stem else DealUpdate]


@given(bodies(SENDER.samples))
def test_whatever_is_sent_only_the_known_errors_come(content: bytes) -> None:
    arrived = delivery(SENDER, Sample(content), URL, NOW)
    SOURCE.verify(arrived, [SENDER.secret], {})

    try:
        said = list(SOURCE.translate(arrived, SENDER.settings))
    except UnreadableDeliveryError:
        return
    for one in said:
        if isinstance(one, Activity | DealUpdate):
            assert len(one.id) <= 128
            assert one.occurred_at <= NOW + timedelta(minutes=5)


@given(bodies(SENDER.samples))
def test_whatever_is_sent_without_credentials_is_refused(content: bytes) -> None:
    arrived = delivery(SENDER, Sample(content), URL, NOW, secret="an:other")

    with pytest.raises(RefusedDeliveryError):
        SOURCE.verify(arrived, [SENDER.secret], SENDER.settings)


def test_first_persons_are_persons() -> None:
    assert only(first("person", "added", PERSON, first_person(email=None))).identities == (ANN, ANNS_EMAIL)
