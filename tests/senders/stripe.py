"""Stripe: one event a request, signed by HMAC over the time and the body."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.senders.sender import Sample, Sender

AT = 1772280000


def event(name: str, record: Mapping[str, Any], at: int = AT, number: str = "") -> dict[str, Any]:
    """An event, as of ``at``."""
    return {
        "id": f"evt_1A{number or name.replace('.', '_')}",
        "object": "event",
        "api_version": "2025-09-30",
        "created": at,
        "livemode": True,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": name,
        "data": {"object": dict(record)},
    }


CUSTOMER = {
    "id": "cus_Ada",
    "object": "customer",
    "email": "Ada@Example.com",
    "name": "Ada Lovelace",
    "phone": "+44 20 7946 0000",
    "address": {"country": "GB", "city": "London"},
    "preferred_locales": ["en-GB"],
    "metadata": {"app_user": "u-17"},
}


def subscription(status: str, **more: Any) -> dict[str, Any]:
    """Three seats at 7.00 a month."""
    price = {"id": "price_1", "object": "price", "unit_amount": 700, "currency": "eur", "nickname": "Team"}
    return {
        "id": "sub_Ada",
        "object": "subscription",
        "customer": "cus_Ada",
        "status": status,
        "currency": "eur",
        "items": {"object": "list", "data": [{"id": "si_1", "price": price, "quantity": 3}]},
        "metadata": {},
        "trial_end": None,
        "ended_at": None,
        "cancellation_details": {"feedback": None, "reason": None},
        **more,
    }


def checkout(**more: Any) -> dict[str, Any]:
    """A checkout of a single payment."""
    return {
        "id": "cs_live_Ada",
        "object": "checkout.session",
        "mode": "payment",
        "payment_status": "paid",
        "amount_total": 12050,
        "currency": "eur",
        "customer": "cus_Ada",
        "customer_details": {"email": "ada@example.com", "name": "Ada Lovelace"},
        "subscription": None,
        "invoice": None,
        **more,
    }


def invoice(**more: Any) -> dict[str, Any]:
    """An invoice of a subscription, as the API of 2025 has it."""
    return {
        "id": "in_Ada",
        "object": "invoice",
        "customer": "cus_Ada",
        "customer_email": "ada@example.com",
        "amount_paid": 2100,
        "currency": "eur",
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": "sub_Ada"}},
        **more,
    }


_TRIAL = {"trial_end": AT + 86400, "ended_at": AT + 3600, "canceled_at": AT + 3600}

EVENTS = {
    "customer_created": event("customer.created", CUSTOMER),
    "customer_updated": event("customer.updated", CUSTOMER | {"email": "ada@new.example"}, AT + 60),
    "customer_deleted": event("customer.deleted", CUSTOMER, AT + 120),
    "subscription_incomplete": event("customer.subscription.created", subscription("incomplete")),
    "subscription_trialing": event("customer.subscription.created", subscription("trialing"), number="trial"),
    "subscription_active": event("customer.subscription.updated", subscription("active"), AT + 1),
    "subscription_past_due": event("customer.subscription.updated", subscription("past_due"), AT + 2, "late"),
    "subscription_expired": event("customer.subscription.updated", subscription("incomplete_expired"), AT + 2, "exp"),
    "subscription_deleted": event("customer.subscription.deleted", subscription("canceled", ended_at=AT + 3), AT + 3),
    "trial_deleted": event("customer.subscription.deleted", subscription("canceled", **_TRIAL), AT + 3600, "over"),
    "checkout_paid": event("checkout.session.completed", checkout()),
    "checkout_unpaid": event("checkout.session.completed", checkout(payment_status="unpaid"), number="unpaid"),
    "checkout_paid_later": event("checkout.session.async_payment_succeeded", checkout(), AT + 5),
    "checkout_failed": event("checkout.session.async_payment_failed", checkout(payment_status="unpaid"), AT + 5),
    "checkout_of_trial": event(
        "checkout.session.completed",
        checkout(mode="subscription", subscription="sub_Ada", amount_total=0),
        number="trial_checkout",
    ),
    "checkout_expired": event("checkout.session.expired", checkout(payment_status="unpaid"), AT + 5),
    "invoice_paid": event("invoice.paid", invoice()),
    "invoice_of_nothing": event("invoice.paid", invoice(amount_paid=0), number="nothing"),
    "invoice_of_yen": event("invoice.paid", invoice(parent=None, currency="jpy"), number="yen"),
    "refund": event(
        "charge.refunded", {"id": "ch_1", "object": "charge", "customer": "cus_Ada", "status": "succeeded"}
    ),
}

SAMPLES: Mapping[str, Sample] = {
    name: Sample(json.dumps(one, indent=2).encode(), "application/json; charset=utf-8") for name, one in EVENTS.items()
}


def signature(body: bytes, secret: str, timestamp: int | str) -> str:
    """A signature of the scheme ``v1``."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def sign(body: bytes, _url: str, secret: str, now: datetime) -> Mapping[str, str]:
    """The header: the time, the signature, and the one of the scheme ``v0``, which Stripe adds to events of tests."""
    timestamp = int(now.timestamp())
    return {"Stripe-Signature": f"t={timestamp},v1={signature(body, secret, timestamp)},v0={'0' * 64}"}


SENDER = Sender("stripe", "whsec_9fJ2kQ0sYq", SAMPLES, sign, settings={"user_field": "app_user"})
