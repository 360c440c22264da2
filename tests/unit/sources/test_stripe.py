"""Stripe: what its events become, and which requests are its own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.events import Activity, Contact, DealUpdate, Identity
from lifecycle.sources.said import Unreadable
from lifecycle.sources.stripe import WINDOW
from tests.senders.stripe import AT, EVENTS, SENDER, checkout, event, invoice, sign, signature, subscription
from tests.source_contract import (
    FUZZ,
    NOW,
    URL,
    activity_of,
    assert_ids_are_distinct,
    assert_only_the_two_errors,
    assert_repeats_are_the_same,
    bodies,
    flipped,
    payloads,
    refused,
    said,
    sent,
    translated,
    verify,
    with_body,
    with_headers,
)

ADA = (Identity("email", "ada@example.com"), Identity("crm:stripe", "cus_Ada"))


def _deal(sample: str, settings: dict[str, Any] | None = None) -> DealUpdate:
    deals = [one for one in said(SENDER, sample, settings) if isinstance(one, DealUpdate)]
    assert len(deals) == 1
    return deals[0]


def _translated(part: Any) -> Any:
    return translated(SENDER, json.dumps(part).encode())[0]


@pytest.mark.parametrize(
    ("sample", "type_", "email"),
    [
        ("customer_created", "crm_contact_created", "ada@example.com"),
        ("customer_updated", "crm_contact_changed", "ada@new.example"),
        ("customer_deleted", "crm_contact_deleted", "ada@example.com"),
    ],
)
def test_a_customer_is_a_person_with_traits(sample: str, type_: str, email: str) -> None:
    activity = activity_of(SENDER, sample)

    assert (activity.type, activity.direction) == (type_, "internal")
    assert activity.identities == (
        Identity("email", email),
        Identity("user", "u-17"),
        Identity("crm:stripe", "cus_Ada"),
    )
    assert activity.traits == {"name": "Ada Lovelace", "phone": "+44 20 7946 0000", "country": "GB", "locale": "en-GB"}


@pytest.mark.parametrize(
    ("sample", "deal", "status", "amount", "currency"),
    [
        ("subscription_incomplete", "stripe:sub_Ada", "open", Decimal(21), "EUR"),
        ("subscription_trialing", "stripe:sub_Ada", "open", Decimal(21), "EUR"),
        ("subscription_active", "stripe:sub_Ada", "won", Decimal(21), "EUR"),
        ("subscription_expired", "stripe:sub_Ada", "lost", Decimal(21), "EUR"),
        ("trial_deleted", "stripe:sub_Ada", "lost", None, None),
        ("checkout_paid", "stripe:cs_live_Ada", "won", Decimal("120.5"), "EUR"),
        ("checkout_unpaid", "stripe:cs_live_Ada", "open", Decimal("120.5"), "EUR"),
        ("checkout_paid_later", "stripe:cs_live_Ada", "won", Decimal("120.5"), "EUR"),
        ("checkout_failed", "stripe:cs_live_Ada", "lost", None, None),
        ("checkout_of_trial", "stripe:sub_Ada", None, None, None),
        ("invoice_paid", "stripe:sub_Ada", "won", Decimal(21), "EUR"),
        ("invoice_of_yen", "stripe:in_Ada", "won", Decimal(2100), "JPY"),
    ],
)
def test_a_sale_is_a_deal(
    sample: str, deal: str, status: str | None, amount: Decimal | None, currency: str | None
) -> None:
    update = _deal(sample)

    assert (update.deal_id, update.status, update.amount, update.currency) == (deal, status, amount, currency)
    assert update.occurred_at == datetime.fromtimestamp(EVENTS[sample]["created"], UTC)
    assert [contact.identities[-1] for contact in update.joined] == [Identity("crm:stripe", "cus_Ada")]
    assert update.contacts is None


def test_whoever_pays_is_on_the_deal_by_email_and_by_customer() -> None:
    assert _deal("checkout_paid").joined == (Contact(ADA, None),)
    assert _deal("checkout_of_trial").joined == (Contact(ADA, None),)
    assert _deal("invoice_paid").joined == (Contact(ADA, None),)


@pytest.mark.parametrize(
    ("sample", "type_"),
    [
        ("subscription_past_due", "stripe_customer_subscription_updated"),
        ("subscription_deleted", "subscription_cancelled"),
        ("checkout_expired", "stripe_checkout_session_expired"),
        ("invoice_of_nothing", "stripe_invoice_paid"),
        ("refund", "stripe_charge_refunded"),
    ],
)
def test_what_changes_no_deal_is_kept_and_counts_for_nothing(sample: str, type_: str) -> None:
    activity = activity_of(SENDER, sample)

    assert (activity.type, activity.direction) == (type_, "internal")
    assert Identity("crm:stripe", "cus_Ada") in activity.identities


def test_a_cancelled_subscription_leaves_its_deal_won() -> None:
    """The sale did happen: only a trial that was given up was never one."""
    assert not [one for one in said(SENDER, "subscription_deleted") if isinstance(one, DealUpdate)]

    lost, cancelled = said(SENDER, "trial_deleted")
    assert isinstance(lost, DealUpdate)
    assert (lost.status, lost.lost_reason) == ("lost", "trial ended")
    assert isinstance(cancelled, Activity)
    assert cancelled.type == "subscription_cancelled"


@pytest.mark.parametrize(("setting", "status"), [("open", "open"), ("won", "won"), ("nothing", None)])
def test_what_a_trial_is_the_settings_say(setting: str, status: str | None) -> None:
    (one,) = said(SENDER, "subscription_trialing", {"trialing": setting})

    assert (one.status if isinstance(one, DealUpdate) else None) == status


def test_two_accounts_are_kept_apart_by_the_setting() -> None:
    update = _deal("checkout_paid", {"system": "stripe-uk"})

    assert update.deal_id == "stripe-uk:cs_live_Ada"
    assert update.joined[0].identities[-1] == Identity("crm:stripe-uk", "cus_Ada")


@pytest.mark.parametrize(
    ("smallest", "currency", "amount"),
    [
        (500, "usd", Decimal(5)),
        (500, "jpy", Decimal(500)),
        (500, "krw", Decimal(500)),
        (500, "ugx", Decimal(5)),  # without decimals, but written in hundredths
        (500, "isk", Decimal(5)),
        (5120, "kwd", Decimal("5.12")),
        (1, "bhd", Decimal("0.001")),
    ],
)
def test_amounts_are_read_in_the_units_of_their_currency(smallest: int, currency: str, amount: Decimal) -> None:
    update = _translated(event("invoice.paid", invoice(amount_paid=smallest, currency=currency)))

    assert (str(update.amount), update.currency) == (str(amount), currency.upper())


@pytest.mark.parametrize(
    ("smallest", "currency"),
    [(-1, "usd"), (10**19, "usd"), ("100", "usd"), (100, "dollars"), (100, None), (True, "usd")],
)
def test_an_absurd_amount_is_left_out_and_the_rest_is_kept(smallest: Any, currency: Any) -> None:
    update = _translated(event("checkout.session.completed", checkout(amount_total=smallest, currency=currency)))

    assert (update.status, update.amount, update.currency) == ("won", None, None)


def test_prices_in_tiers_have_no_amount() -> None:
    tiered = {"price": {"id": "p", "unit_amount": None, "nickname": "Tiers"}, "quantity": 3}

    update = _translated(event("customer.subscription.updated", subscription("active", items={"data": [tiered]})))

    assert (update.status, update.amount, update.name) == ("won", None, "Tiers")


def test_a_record_that_is_given_whole_is_read_as_its_id() -> None:
    whole = {"id": "cus_Ada", "object": "customer", "email": "ada@example.com"}

    update = _translated(event("invoice.paid", invoice(customer=whole, customer_email=None)))

    assert update.joined == (Contact(ADA, None),)


def test_a_sale_to_nobody_is_kept_with_its_deal() -> None:
    update = _translated(event("checkout.session.completed", checkout(customer=None, customer_details=None)))

    assert (update.status, update.joined) == ("won", ())


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (event("product.created", {"id": "prod_1", "object": "product"}), "names nobody"),
        (event("invoice.paid", invoice(), at=int(NOW.timestamp()) + 3600), "more than five minutes ahead"),
        (event("customer.created", {}) | {"data": {}}, "data.object is not an object"),
        (event("invoice.paid", invoice()) | {"id": None}, "id is missing"),
        (event("invoice.paid", invoice()) | {"created": "now"}, "created is not a time"),
        ([], "the event is not an object"),
    ],
)
def test_a_bad_event_goes_to_quarantine(part: Any, why: str) -> None:
    one = _translated(part)

    assert isinstance(one, Unreadable)
    assert why in one.why


def test_redelivery_says_the_same_events() -> None:
    assert_repeats_are_the_same(SENDER)


def test_every_event_has_an_id_of_its_own() -> None:
    assert_ids_are_distinct(SENDER, [name for name in EVENTS if name != "trial_deleted"])


@FUZZ
@given(st.permutations(["subscription_incomplete", "subscription_active", "checkout_of_trial", "invoice_paid"]))
def test_the_order_of_arrival_does_not_matter(order: list[str]) -> None:
    """An update dates from its event; at one instant, won stands behind open."""
    log = sorted((_deal(name) for name in order), key=lambda update: update.key)

    assert [update.status for update in log if update.status] == ["open", "won", "won"]


# --- signatures ---------------------------------------------------------------------------------------------------


def test_a_right_signature_is_accepted_by_us_and_by_stripes_own_library() -> None:
    told = sent(SENDER, "checkout_paid")

    verify(SENDER, told)

    header = told.header("stripe-signature")
    assert stripe.WebhookSignature.verify_header(told.body.decode(), header, SENDER.secret)


def test_the_vector_of_stripes_own_library() -> None:
    """What their library (16.1) makes of a time, a body and a secret."""
    body = b'{"id": "evt_test_webhook", "object": "event"}'
    told = with_headers(
        with_body(sent(SENDER, "refund"), body),
        stripe_signature="t=1772366400,v1=6f922598f45061408e4234e1af162d3fe94632ca0335fdf4807ce5e315e38d0d",
    )

    verify(SENDER, replace(told, received_at=datetime.fromtimestamp(1772366400, UTC)), ["whsec_test_secret"])


def test_a_signature_of_something_else_is_refused() -> None:
    told = sent(SENDER, "checkout_paid")
    now = int(NOW.timestamp())
    right = signature(told.body, SENDER.secret, now)

    assert refused(SENDER, with_body(told, flipped(told.body))) == "mismatch"
    assert refused(SENDER, with_body(told, json.dumps(json.loads(told.body)).encode())) == "mismatch"
    assert refused(SENDER, with_headers(told, stripe_signature=f"t={now + 1},v1={right}")) == "mismatch"
    assert refused(SENDER, with_headers(told, stripe_signature=f"t={now},v1={'0' * 64}")) == "mismatch"


def test_a_signature_of_another_scheme_does_not_count() -> None:
    told = sent(SENDER, "checkout_paid")
    right = signature(told.body, SENDER.secret, int(NOW.timestamp()))

    assert refused(SENDER, with_headers(told, stripe_signature=f"t={int(NOW.timestamp())},v0={right}")) == "missing"


@pytest.mark.parametrize("value", [None, "", "t=1", "v1=abc", "t=,v1=abc", "abc"])
def test_a_request_without_a_whole_signature_is_refused(value: str | None) -> None:
    assert refused(SENDER, with_headers(sent(SENDER, "checkout_paid"), stripe_signature=value)) == "missing"


def test_one_of_several_signatures_is_enough() -> None:
    """Stripe signs with both secrets while one is replaced."""
    told = sent(SENDER, "checkout_paid")
    now = int(NOW.timestamp())
    both = f"t={now},v1={signature(told.body, 'whsec_new', now)}, v1={signature(told.body, SENDER.secret, now)}"

    verify(SENDER, with_headers(told, stripe_signature=both))
    verify(SENDER, with_headers(told, stripe_signature=both), ["whsec_new"])


def test_a_signature_of_the_secret_before_is_accepted_while_it_is_replaced() -> None:
    verify(SENDER, sent(SENDER, "checkout_paid", secret="whsec_old"), [SENDER.secret, "whsec_old"])


@pytest.mark.parametrize(
    ("late", "accepted"),
    [
        (WINDOW, True),
        (WINDOW + timedelta(seconds=1), False),
        (-timedelta(minutes=5), True),
        (-timedelta(minutes=5, seconds=1), False),
    ],
)
def test_a_signature_is_good_for_five_minutes(late: timedelta, accepted: bool) -> None:
    told = replace(sent(SENDER, "checkout_paid", NOW - late), received_at=NOW)

    if accepted:
        verify(SENDER, told)
    else:
        assert refused(SENDER, told) == "stale"


def test_without_a_secret_everything_is_refused() -> None:
    told = sent(SENDER, "checkout_paid")
    now = int(NOW.timestamp())
    by_nothing = with_headers(told, stripe_signature=f"t={now},v1={signature(told.body, '', now)}")

    assert refused(SENDER, by_nothing, [""]) == "mismatch"
    assert refused(SENDER, told, []) == "mismatch"


@pytest.mark.parametrize("path", payloads("stripe"))
def test_captured_requests_go_through_with_a_true_signature(path: Path) -> None:
    body = json.dumps(json.loads(path.read_text())["body"]).encode()
    header = sign(body, URL, SENDER.secret, NOW)["Stripe-Signature"]

    (one,) = said(SENDER, with_headers(with_body(sent(SENDER, "refund"), body), stripe_signature=header))

    assert isinstance(one, Activity | DealUpdate)
    assert AT > one.occurred_at.timestamp() > 0


@FUZZ
@given(bodies(SENDER))
def test_whatever_comes_is_refused_unreadable_or_kept(body: bytes) -> None:
    assert_only_the_two_errors(SENDER, body)
