"""HubSpot: what its webhooks and its workflows send, and how it is proven."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hubspot.utils.signature import Signature
from hypothesis import given

from lifecycle.events import Activity, Contact, DealUpdate, Identity
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.hubspot import SOURCE
from lifecycle.sources.said import ErasureRequest, Said, Unreadable
from lifecycle.sources.source import RefusedDeliveryError, UnreadableDeliveryError
from tests.senders.bodies import bodies
from tests.senders.hubspot import (
    BEGIN,
    CONTACT,
    CONTACT_RECORD,
    DEAL,
    DEAL_RECORD,
    OTHER_CONTACT,
    SENDER,
    association,
    body,
    change,
    changed,
    deal_changed,
    held,
    sign,
)
from tests.senders.sender import Sample, delivery

URL = "https://hooks.example.com/webhooks/s_6hv2"
NOW = datetime(2026, 2, 27, 10, 0, tzinfo=UTC)
SHARED = Path(__file__).parents[3].parent / "shared/payloads/hubspot"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the vendor's samples are not beside the project")

ANN = Identity("crm:hubspot", str(CONTACT))
ANNS_EMAIL = Identity("email", "ann@example.com")
BEGAN = datetime(2026, 2, 27, 9, 0, tzinfo=UTC)


def sent(name: str) -> Delivery:
    """A sample, signed."""
    return delivery(SENDER, SENDER.samples[name], URL, NOW)


def said(value: Any, **settings: Any) -> list[Said]:
    """What a body says."""
    content = value if isinstance(value, bytes) else body(value)
    return list(SOURCE.translate(delivery(SENDER, Sample(content), URL, NOW), {**SENDER.settings, **settings}))


def only(value: Any, **settings: Any) -> Any:
    """The one thing that a body says."""
    (one,) = said(value, **settings)
    return one


# ---- what the samples become -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SENDER.samples)
def test_every_sample_is_proven_and_read(name: str) -> None:
    SOURCE.verify(sent(name), [SENDER.secret], SENDER.settings)
    said = list(SOURCE.translate(sent(name), SENDER.settings))

    assert said
    assert not [one for one in said if isinstance(one, Unreadable)]


@pytest.mark.parametrize(
    ("name", "type_", "direction"),
    [
        ("contact_created", "crm_contact_created", "internal"),
        ("contact_named", "crm_contact_changed", "internal"),
        ("contact_email", "crm_contact_changed", "internal"),
        ("contact_deleted", "crm_contact_deleted", "internal"),
        ("contact_restored", "crm_contact_restored", "internal"),
        ("contacts_merged", "crm_contact_merged", "internal"),
        ("contact_unknown", "hubspot_contact_something_new", "internal"),
        ("company_of_contact", "hubspot_contact_association_change", "internal"),
        ("workflow_contact", "crm_contact_changed", "internal"),
        ("contact_clicked", "email_click", "inbound"),
        ("contact_form", "form_submission", "inbound"),
        ("contact_bounced", "email_bounce", "internal"),
        ("contact_unsubscribed", "email_unsubscribe", "internal"),
    ],
)
def test_what_happened_with_a_contact_is_an_activity(name: str, type_: str, direction: str) -> None:
    one = only(SENDER.samples[name].body)

    assert isinstance(one, Activity)
    assert (one.type, one.direction, one.source, one.recorded_at) == (type_, direction, "hubspot", NOW)
    assert ANN in one.identities


def test_a_property_is_a_trait_and_an_address_an_identity() -> None:
    named = only(SENDER.samples["contact_named"].body)
    addressed = only(SENDER.samples["contact_email"].body)

    assert (named.identities, named.traits) == ((ANN,), {"firstname": "Ann"})
    assert (addressed.identities, addressed.traits) == ((ANN, ANNS_EMAIL), {})
    assert named.occurred_at == BEGAN


def test_further_addresses_are_the_same_persons() -> None:
    more = only(SENDER.samples["contact_more_emails"].body)

    assert [identity.value for identity in more.identities[1:]] == ["ann.b@example.com", "ann.c@example.com"]


def test_what_was_cleared_is_empty_and_what_is_secret_is_left_out() -> None:
    assert only([changed("phone", "")]).traits == {"phone": ""}
    assert only([changed("iban", "REDACTED")]).traits == {}


def test_a_form_is_called_as_the_settings_say_and_a_bounce_is_hard() -> None:
    form = only(SENDER.samples["contact_form"].body)
    other_form = only([changed("recent_conversion_event_name", "Newsletter")])
    bounce = only(SENDER.samples["contact_bounced"].body)

    assert (form.properties["form"], other_form.properties["form"]) == ("contact", "Newsletter")
    assert bounce.properties["bounce"] == "hard"


def test_consent_given_back_is_no_unsubscription() -> None:
    assert only([changed("hs_email_optout", "false")]).type == "crm_contact_changed"


def test_merged_contacts_are_one_person() -> None:
    merged = only(SENDER.samples["contacts_merged"].body)

    assert set(merged.identities) == {ANN, Identity("crm:hubspot", str(OTHER_CONTACT))}


def test_a_deletion_for_privacy_asks_to_forget_the_person() -> None:
    one = only(SENDER.samples["contact_forgotten"].body)

    assert isinstance(one, ErasureRequest)
    assert one.identity == ANN


def test_the_family_that_names_types_by_ids_says_the_same() -> None:
    created, addressed = said(SENDER.samples["generic_contact"].body)
    deal = only(SENDER.samples["generic_deal"].body)

    assert isinstance(created, Activity)
    assert isinstance(addressed, Activity)
    assert (created.type, addressed.identities) == ("crm_contact_created", (ANN, ANNS_EMAIL))
    assert (deal.deal_id, deal.status) == (f"hubspot:{DEAL}", "open")


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("dealname", "Ten seats", "name", "Ten seats"),
        ("amount", "1200.50", "amount", Decimal("1200.5")),
        ("amount", "-3", "amount", None),
        ("amount", "", "amount", None),
        ("amount", "1e999999999", "amount", None),
        ("amount", "NaN", "amount", None),
        ("amount", "10000000.000000000555111512312578", "amount", Decimal(10_000_000)),
        ("deal_currency_code", "EUR", "currency", "EUR"),
        ("deal_currency_code", "euro", "currency", None),
        ("pipeline", "default", "pipeline", "default"),
        ("dealstage", "qualifiedtobuy", "status", "open"),
        ("dealstage", "closedwon", "status", "won"),
        ("dealstage", "closedlost", "status", "lost"),
        ("hs_is_closed_won", "true", "status", "won"),
        ("hs_is_closed_won", "false", "status", None),
        ("hs_is_closed_lost", "true", "status", "lost"),
        ("hs_is_closed", "false", "status", "open"),
        ("hs_is_closed", "true", "status", None),
        ("hubspot_owner_id", "7", "status", None),
    ],
)
def test_a_property_of_a_deal_is_what_changed_of_it(name: str, value: str, field: str, expected: Any) -> None:
    one = only([deal_changed(name, value)])

    assert isinstance(one, DealUpdate)
    assert getattr(one, field) == expected
    assert (one.deal_id, one.occurred_at, one.contacts, one.deleted) == (f"hubspot:{DEAL}", BEGAN, None, False)


def test_the_reason_of_a_loss_comes_right_after_the_loss() -> None:
    reason, lost = said([deal_changed("closed_lost_reason", "No budget"), deal_changed("dealstage", "closedlost")])

    assert isinstance(reason, DealUpdate)
    assert isinstance(lost, DealUpdate)
    assert (reason.lost_reason, reason.status) == ("No budget", None)
    assert lost.key < reason.key


def test_stages_mean_what_the_settings_say() -> None:
    stages = {"9120437": "won", "9120438": "lost"}

    assert only([deal_changed("dealstage", "9120437")], deal_stages=stages).status == "won"
    assert only([deal_changed("dealstage", "9120438")], deal_stages=stages).status == "lost"
    assert only([deal_changed("dealstage", "closedwon")], deal_stages=stages).status == "open"


def test_an_account_with_one_currency_names_it_once() -> None:
    assert only([deal_changed("amount", "5")], currency="EUR").currency == "EUR"
    assert only([deal_changed("amount", "5")]).currency is None
    assert only([deal_changed("dealname", "x")], currency="EUR").currency is None


def test_a_deleted_deal_is_withdrawn_and_a_restored_one_kept() -> None:
    assert only(SENDER.samples["deal_deleted"].body).deleted
    restored = only(SENDER.samples["deal_restored"].body)
    assert (restored.deleted, restored.status) == (False, None)


def test_of_merged_deals_the_new_one_is_left() -> None:
    left, *gone = said(SENDER.samples["deals_merged"].body)

    assert isinstance(left, DealUpdate)
    assert (left.deal_id, left.deleted) == ("hubspot:332000000203", False)
    assert [(one.deal_id, one.deleted) for one in gone if isinstance(one, DealUpdate)] == [
        ("hubspot:332000000201", True),
        ("hubspot:332000000202", True),
    ]


def test_a_system_of_another_name_has_ids_of_its_own() -> None:
    assert only([change("contact.creation")], system="hubspot-uk").identities[0].kind == "crm:hubspot-uk"
    assert only([change("deal.creation", DEAL)], system="hubspot-uk").deal_id == f"hubspot-uk:{DEAL}"


# ---- associations ----------------------------------------------------------------------------------------------------


def test_the_two_sides_of_an_association_are_one_event() -> None:
    sides = json.loads(SENDER.samples["associated"].body)
    one, other = (only([side]) for side in sides)

    assert one == other == only(sides)
    assert one.joined == (Contact((ANN,), None),)


def test_who_is_dissociated_leaves() -> None:
    one = only(SENDER.samples["dissociated"].body)

    assert (one.joined, one.left) == ((), (Contact((ANN,), None),))


def test_a_label_is_a_role_and_to_lose_it_is_not_to_leave() -> None:
    labelled = only(SENDER.samples["associated_by_label"].body)
    sample = json.loads(SENDER.samples["associated_by_label"].body)
    unlabelled = only([{**sample[0], "associationRemoved": True}])

    assert labelled.joined == (Contact((ANN,), "decision_maker"),)
    assert isinstance(unlabelled, Activity)
    assert unlabelled.type == "hubspot_association_label_removed"


def test_of_one_instant_a_role_comes_after_the_link_and_leaving_after_both() -> None:
    pair: dict[str, Any] = {
        "fromObjectTypeId": "0-3",
        "toObjectTypeId": "0-1",
        "fromObjectId": DEAL,
        "toObjectId": CONTACT,
    }
    plain = change("object.associationChange", None, **pair, associationTypeId=3, associationRemoved=False)
    labelled = {**plain, "associationTypeId": 31}
    removed = {**plain, "associationRemoved": True}

    updates = [only([one]) for one in (plain, labelled, removed)]

    assert sorted(updates, key=lambda update: update.key) == updates


def test_an_association_may_name_nothing_but_its_ends() -> None:
    named = association("DEAL", "CONTACT", (DEAL, CONTACT))
    few = {name: named[name] for name in named if name not in ("subscriptionId", "appId", "eventId", "sourceId")}

    assert only([few]) == only([named])


# ---- records of workflows --------------------------------------------------------------------------------------------


def test_the_record_of_a_contact_names_addresses_and_cookies() -> None:
    one = only(SENDER.samples["workflow_contact"].body)

    assert one.identities == (ANN, ANNS_EMAIL, Identity("visitor", "5f9c7f3e-0000-4000-8000-0123456789ab"))
    assert one.traits == {"firstname": "Ann", "lifecyclestage": "lead"}
    assert one.occurred_at == BEGAN + timedelta(milliseconds=300)


def test_a_property_may_have_its_time_in_its_history_alone() -> None:
    city = {"value": "Ulm", "versions": held(("Ulm", 900), ("Wien", 500))["versions"]}

    one = only({"vid": CONTACT, "portalId": CONTACT_RECORD["portalId"], "properties": {"city": city}})

    assert (one.occurred_at, one.traits) == (BEGAN + timedelta(milliseconds=900), {"city": "Ulm"})


def test_the_record_of_a_deal_tells_its_history() -> None:
    opened, won, details = said(SENDER.samples["workflow_deal"].body)

    assert isinstance(opened, DealUpdate)
    assert isinstance(won, DealUpdate)
    assert isinstance(details, DealUpdate)
    assert (opened.status, opened.occurred_at) == ("open", BEGAN)
    assert (won.status, won.occurred_at) == ("won", BEGAN + timedelta(seconds=5))
    assert (details.name, details.amount, details.currency) == ("Ten seats", Decimal("1200.5"), "EUR")


def test_a_deleted_record_is_gone() -> None:
    assert only({**DEAL_RECORD, "isDeleted": True}).deleted
    assert only({**CONTACT_RECORD, "isDeleted": True}).type == "crm_contact_deleted"


def test_the_same_record_later_is_another_event() -> None:
    later = {**CONTACT_RECORD, "properties": {**CONTACT_RECORD["properties"], "city": held(("Ulm", 900))}}  # type: ignore[dict-item]

    assert only(CONTACT_RECORD).id == only(CONTACT_RECORD).id != only(later).id


# ---- repeats, order, bad parts ---------------------------------------------------------------------------------------


def test_a_redelivery_says_the_same() -> None:
    for name, sample in SENDER.samples.items():
        again = json.loads(sample.body)
        if isinstance(again, list):
            again = [{**one, "attemptNumber": 3} for one in again]
        assert said(sample.body) == said(again), name


def test_order_and_batches_change_nothing() -> None:
    parts = [
        change("deal.creation", DEAL),
        association("CONTACT", "DEAL", (CONTACT, DEAL), 5),
        changed("email", "ann@example.com", 9),
        deal_changed("dealstage", "closedwon", 12),
    ]
    expected = {one.id: one for part in parts for one in said([part]) if not isinstance(one, Unreadable)}  # type: ignore[union-attr]

    for order in permutations(parts):
        assert {one.id: one for one in said(list(order)) if not isinstance(one, Unreadable)} == expected  # type: ignore[union-attr]


def test_ids_tell_events_apart_that_have_the_same_number() -> None:
    same = {"eventId": 100, "subscriptionId": 1}
    ids = [
        only([{**change("contact.creation"), **same}]).id,
        only([{**change("contact.creation", after=1), **same}]).id,
        only([{**change("contact.creation", OTHER_CONTACT), **same}]).id,
    ]

    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("text", "the event is not an object"),
        ({}, "neither a subscriptionType nor properties"),
        ({**change("contact.creation"), "portalId": 1}, "portalId is not that of the setting portal"),
        ({**change("contact.creation"), "occurredAt": None}, "occurredAt is not a time"),
        ({**change("contact.creation"), "objectId": None}, "objectId is missing"),
        (change("contact.creation", after=3_600_000 * 2), "ahead of the present"),
        (change("deal.creation", DEAL, after=3_600_000 * 2), "ahead of the present"),
        (change("company.creation", 330000000301), "neither a contact nor a deal"),
        (change("object.creation", 1, objectTypeId="0-2"), "neither a contact nor a deal"),
        (association("COMPANY", "TICKET", (1, 2)), "neither a contact nor a deal"),
        (change("contact.merge", mergedObjectIds="1"), "mergedObjectIds is not a list"),
        (change("contact.merge", mergedObjectIds=[]), "names no two contacts"),
        (change("deal.merge", None, mergedObjectIds=[]), "primaryObjectId is missing"),
        (change("deal.propertyChange", DEAL), "propertyName is missing"),
        ({**DEAL_RECORD, "properties": {}}, "no property with a timestamp"),
        ({**DEAL_RECORD, "objectTypeId": "0-2"}, "neither a contact nor a deal"),
    ],
)
def test_a_bad_part_is_set_aside_and_the_others_are_kept(bad: Any, why: str) -> None:
    if isinstance(bad, dict):
        bad = {"portalId": SENDER.settings["portal"], **bad}

    first, unreadable, last = said([change("contact.creation"), bad, change("contact.deletion")])

    assert isinstance(first, Activity)
    assert isinstance(last, Activity)
    assert isinstance(unreadable, Unreadable)
    assert unreadable.part == json.loads(json.dumps(bad))
    assert why in unreadable.why


def test_a_part_that_was_set_aside_can_be_read_alone() -> None:
    assert only(change("contact.creation")) == only([change("contact.creation")])


@pytest.mark.parametrize("content", [b"", b"{", b"[1,", b"\xff", b"{'a':1}"])
def test_what_is_no_json_cannot_be_read(content: bytes) -> None:
    with pytest.raises(UnreadableDeliveryError):
        said(content)


def test_a_byte_order_mark_and_a_line_end_are_signed_and_let_pass() -> None:
    content = b"\xef\xbb\xbf" + SENDER.samples["contact_created"].body + b"\r\n"
    marked = delivery(SENDER, Sample(content), URL, NOW)

    SOURCE.verify(marked, [SENDER.secret], {})
    assert len(list(SOURCE.translate(marked, SENDER.settings))) == 1
    with pytest.raises(RefusedDeliveryError):
        SOURCE.verify(replace(marked, body=content.strip()), [SENDER.secret], {})


# ---- proof -----------------------------------------------------------------------------------------------------------


def refusal(delivery: Delivery, *secrets: str) -> str:
    """Why a delivery is refused."""
    with pytest.raises(RefusedDeliveryError) as error:
        SOURCE.verify(delivery, secrets or [SENDER.secret], SENDER.settings)
    return error.value.reason


def test_either_secret_proves() -> None:
    SOURCE.verify(sent("deal_won"), ["a new one", SENDER.secret], {})
    SOURCE.verify(sent("deal_won"), [SENDER.secret, "an old one"], {})
    assert refusal(sent("deal_won"), "a new one", "an old one") == "mismatch"
    assert refusal(sent("deal_won"), SENDER.secret[:-1]) == "mismatch"
    with pytest.raises(RefusedDeliveryError):
        SOURCE.verify(sent("deal_won"), [], {})


def test_one_bit_anywhere_is_a_mismatch() -> None:
    good = sent("deal_won")
    for place in range(0, len(good.body), 7):
        flipped = bytearray(good.body)
        flipped[place] ^= 1
        assert refusal(replace(good, body=bytes(flipped))) == "mismatch"
    signature = good.header("x-hubspot-signature-v3")
    other = signature[:5] + ("A" if signature[5] != "A" else "B") + signature[6:]
    assert refusal(replace(good, headers={**good.headers, "x-hubspot-signature-v3": other})) == "mismatch"
    for odd in ("ä", "\ud800"):
        assert refusal(replace(good, headers={**good.headers, "x-hubspot-signature-v3": odd})) == "mismatch"
    later = str(int(good.header("x-hubspot-request-timestamp")) + 1)
    assert refusal(replace(good, headers={**good.headers, "x-hubspot-request-timestamp": later})) == "mismatch"
    assert refusal(replace(good, url=URL + "/")) == "mismatch"
    assert refusal(replace(good, method="PUT")) == "mismatch"


@pytest.mark.parametrize("name", ["x-hubspot-signature-v3", "x-hubspot-request-timestamp"])
def test_a_missing_header_is_a_refusal(name: str) -> None:
    good = sent("deal_won")

    assert refusal(replace(good, headers={other: good.headers[other] for other in good.headers if other != name})) == (
        "missing"
    )


@pytest.mark.parametrize("seconds", [-301, -86400, 301, 86400])
def test_what_was_signed_at_another_time_is_stale(seconds: int) -> None:
    signed = delivery(SENDER, SENDER.samples["deal_won"], URL, NOW + timedelta(seconds=seconds))

    assert refusal(replace(signed, received_at=NOW)) == "stale"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_are_allowed(seconds: int) -> None:
    signed = delivery(SENDER, SENDER.samples["deal_won"], URL, NOW + timedelta(seconds=seconds))

    SOURCE.verify(replace(signed, received_at=NOW), [SENDER.secret], {})


@pytest.mark.parametrize("timestamp", ["soon", "NaN", "1e9999999", "-1", "99999999999999999999999"])
def test_a_time_that_is_none_is_refused_even_if_signed(timestamp: str) -> None:
    good = sent("deal_won")
    signed = b"POST" + URL.encode() + good.body + timestamp.encode()
    signature = b64encode(hmac.digest(SENDER.secret.encode(), signed, hashlib.sha256)).decode()
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": timestamp}

    assert refusal(replace(good, headers=headers)) == "mismatch"


def test_the_older_signatures_alone_prove_nothing() -> None:
    good = sent("deal_won")
    secret = SENDER.secret.encode()
    first = hashlib.sha256(secret + good.body).hexdigest()
    second = hashlib.sha256(secret + b"POST" + URL.encode() + good.body).hexdigest()

    for version, signature in (("v1", first), ("v2", second)):
        headers = {"x-hubspot-signature": signature, "x-hubspot-signature-version": version}
        assert refusal(replace(good, headers=headers)) == "missing"


def test_the_address_is_signed_with_some_characters_decoded() -> None:
    decoded = "https://hooks.example.com/webhooks/s?to=a:b/c&say=hi!%20%26"
    encoded = "https://hooks.example.com/webhooks/s?to=a%3Ab%2fc&say=hi%21%20%26"
    signed = delivery(SENDER, SENDER.samples["deal_won"], decoded, NOW)

    SOURCE.verify(replace(signed, url=encoded), [SENDER.secret], {})


def test_a_signature_made_by_another_tool_passes() -> None:
    # printf 'POST...' | openssl dgst -sha256 -hmac b1f0c0de -binary | base64
    headers = {
        "x-hubspot-signature-v3": "rm1Ai4VCpJsTHIM7LdsHb/12XXiJhdz9viXvzDrNTDU=",
        "x-hubspot-request-timestamp": str(BEGIN),
    }
    url = "https://hooks.example.com/webhooks/s_1"

    SOURCE.verify(Delivery("POST", url, headers, {}, b'[{"eventId":1}]', BEGAN), ["b1f0c0de"], {})


@needs_shared
@pytest.mark.parametrize("name", SENDER.samples)
def test_hubspots_own_library_signs_as_our_sender_does(name: str) -> None:
    body = SENDER.samples[name].body
    made = sign(body, URL, SENDER.secret, NOW)
    timestamp = made["X-HubSpot-Request-Timestamp"]

    signature = Signature.get_signature(SENDER.secret, body.decode(), "v3", URL, "POST", timestamp)
    assert made["X-HubSpot-Signature-v3"] == signature


def test_the_published_vector_passes() -> None:
    (vector,) = [one for one in json.loads((SHARED / "signature_vectors.json").read_text()) if one["version"] == "v3"]
    headers = {"x-hubspot-signature-v3": vector["signature"], "x-hubspot-request-timestamp": vector["timestamp"]}
    at = datetime.fromtimestamp(int(vector["timestamp"]) / 1000, UTC)
    published = Delivery(vector["method"], vector["url"], headers, {}, vector["requestBody"].encode(), at)

    SOURCE.verify(published, [vector["clientSecret"]], {})
    with pytest.raises(RefusedDeliveryError):
        SOURCE.verify(replace(published, body=published.body.replace(b"'", b'"')), [vector["clientSecret"]], {})


@needs_shared
@pytest.mark.parametrize("path", sorted(SHARED.glob("*.json")) or [SHARED], ids=lambda path: path.stem)
def test_what_hubspot_really_sent_goes_through(path: Path) -> None:
    if path.stem == "signature_vectors":
        pytest.skip("no payload")
    content = json.loads(path.read_text())
    value = content["body"] if "headers" in content else [content]
    at = datetime(2026, 7, 1, tzinfo=UTC)
    arrived = delivery(SENDER, Sample(body(value)), URL, at)

    SOURCE.verify(arrived, [SENDER.secret], {})
    said = list(SOURCE.translate(arrived, {}))

    is_company = "company" in path.stem
    assert said
    assert [isinstance(one, Unreadable) for one in said] == [is_company] * len(said)


# ---- whatever comes --------------------------------------------------------------------------------------------------


@given(bodies(SENDER.samples))
def test_whatever_is_sent_only_the_known_errors_come(content: bytes) -> None:
    arrived = delivery(SENDER, Sample(content), URL, NOW)
    SOURCE.verify(arrived, [SENDER.secret], SENDER.settings)

    try:
        said = list(SOURCE.translate(arrived, SENDER.settings))
    except UnreadableDeliveryError:
        return
    for one in said:
        if isinstance(one, Activity | DealUpdate):
            assert len(one.id) <= 128
            assert one.occurred_at <= NOW + timedelta(minutes=5)


@given(bodies(SENDER.samples))
def test_whatever_is_sent_without_proof_is_refused(content: bytes) -> None:
    arrived = delivery(SENDER, Sample(content), URL, NOW, secret="another")

    with pytest.raises(RefusedDeliveryError):
        SOURCE.verify(arrived, [SENDER.secret], SENDER.settings)


def test_the_beginning_is_when_it_is_said_to_be() -> None:
    assert datetime.fromtimestamp(BEGIN / 1000, UTC) == BEGAN
