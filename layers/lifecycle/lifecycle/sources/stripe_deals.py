"""What Stripe's subscriptions, checkouts and invoices say of deals.

A subscription is a deal, and so is a single payment. A deal that was won stays won when the subscription ends: the
sale did happen. Nothing is won by a trial or by an invoice of nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from lifecycle.events import DealStatus
from lifecycle.sources.reading import optional_text

#: Currencies whose amounts are not in hundredths (Stripe, "Supported currencies"). UGX and ISK have no decimals either,
#: but Stripe writes them in hundredths.
_WHOLE = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
_THOUSANDTHS = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
_CURRENCY = re.compile(r"[A-Z]{3}")
_MAX_AMOUNT = Decimal(10) ** 15

_STATUSES: Mapping[str, DealStatus] = {"incomplete": "open", "active": "won", "incomplete_expired": "lost"}
#: By the setting ``trialing``.
_TRIALS: Mapping[str, DealStatus | None] = {"open": "open", "won": "won", "nothing": None}

Money = tuple[Decimal, str]


class Sale(NamedTuple):
    """What one event says of a deal; ``None`` is unchanged."""

    number: str
    status: DealStatus | None = None
    money: Money | None = None
    name: str | None = None
    lost_reason: str | None = None


def sale_of(event: str, record: Mapping[str, Any], settings: Mapping[str, Any]) -> Sale | None:
    """What an event says of a deal; ``None`` where it is about none, or says nothing new of it."""
    if event.startswith("checkout.session."):
        return _of_checkout(event.removeprefix("checkout.session."), record)
    if event == "invoice.paid":
        return _of_invoice(record)
    if event.startswith("customer.subscription."):
        return _of_subscription(event.removeprefix("customer.subscription."), record, settings)
    return None


def _of_checkout(what: str, session: Mapping[str, Any]) -> Sale | None:
    number = _first_id(session.get("subscription"), session.get("invoice"), session.get("id"))
    if number is None or session.get("mode") not in ("payment", "subscription"):
        return None
    if what == "async_payment_failed":
        return Sale(number, "lost", lost_reason="payment failed")
    if what not in ("completed", "async_payment_succeeded"):
        return None
    money = _money(session.get("amount_total"), session.get("currency"))
    if session.get("mode") == "subscription" and not (money and money[0]):
        return Sale(number)  # a trial, perhaps: the subscription says what it is, this says whose
    paid = session.get("payment_status") in ("paid", "no_payment_required")
    return Sale(number, "won" if paid else "open", money)


def _of_invoice(invoice: Mapping[str, Any]) -> Sale | None:
    money = _money(invoice.get("amount_paid"), invoice.get("currency"))
    number = _first_id(_subscription_of(invoice), invoice.get("id"))
    if number is None or not money or not money[0]:
        return None
    return Sale(number, "won", money)


def _subscription_of(invoice: Mapping[str, Any]) -> Any:
    """Since the API's version of 2025-03-31 it stands further in."""
    inner: Any = invoice.get("parent")
    for name in ("subscription_details", "subscription"):
        inner = inner.get(name) if isinstance(inner, dict) else None
    return invoice.get("subscription") or inner


def _of_subscription(what: str, subscription: Mapping[str, Any], settings: Mapping[str, Any]) -> Sale | None:
    number = _first_id(subscription.get("id"))
    if number is None or what not in ("created", "updated", "deleted"):
        return None
    if what == "deleted":
        return Sale(number, "lost", lost_reason=_why(subscription)) if _only_tried(subscription) else None
    status = _status(subscription.get("status"), settings)
    if status is None:
        return None
    money, name = _price(subscription)
    return Sale(number, status, money, name, "payment failed" if status == "lost" else None)


def _status(value: Any, settings: Mapping[str, Any]) -> DealStatus | None:
    """What a subscription's status says of its deal: nothing, where it is late or paused, or has ended."""
    if value == "trialing":
        return _TRIALS.get(settings.get("trialing", "open"))
    return _STATUSES.get(value) if isinstance(value, str) else None


def _only_tried(subscription: Mapping[str, Any]) -> bool:
    """Whether it ended before its trial did, so that it was never paid for."""
    trial, ended = subscription.get("trial_end"), subscription.get("ended_at") or subscription.get("canceled_at")
    return isinstance(trial, int) and isinstance(ended, int) and ended <= trial


def _why(subscription: Mapping[str, Any]) -> str:
    details = subscription.get("cancellation_details")
    told = details if isinstance(details, dict) else {}
    return optional_text(told.get("feedback")) or optional_text(told.get("reason")) or "trial ended"


def _price(subscription: Mapping[str, Any]) -> tuple[Money | None, str | None]:
    """What it costs for one period, and the name of its first price. Prices in tiers have no single amount."""
    listed = subscription.get("items")
    items = listed.get("data") if isinstance(listed, dict) else None
    known = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    prices = [(item.get("price"), item.get("quantity", 1)) for item in known]
    total = 0
    for price, quantity in prices:
        each = price.get("unit_amount") if isinstance(price, dict) else None
        if not isinstance(each, int) or not isinstance(quantity, int):
            return None, _name(prices)
        total += each * quantity
    return (_money(total, subscription.get("currency")) if prices else None), _name(prices)


def _name(prices: list[tuple[Any, Any]]) -> str | None:
    first = prices[0][0] if prices else None
    return optional_text(first.get("nickname")) if isinstance(first, dict) else None


def _money(smallest: Any, currency: Any) -> Money | None:
    """An amount from the smallest units of its currency; ``None`` where it is none, or absurd."""
    if not isinstance(smallest, int) or isinstance(smallest, bool) or not isinstance(currency, str):
        return None
    code = currency.upper()
    decimals = 0 if code in _WHOLE else 3 if code in _THOUSANDTHS else 2
    if not _CURRENCY.fullmatch(code) or not 0 <= smallest <= 10**18:
        return None
    amount = Decimal(smallest).scaleb(-decimals)
    return (_plain(amount), code) if amount <= _MAX_AMOUNT else None


def _plain(amount: Decimal) -> Decimal:
    """Without zeros behind the point, so that equal amounts look equal."""
    text = f"{amount:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def _first_id(*records: Any) -> str | None:
    """The first id among records, of which Stripe gives the id, or, where it was asked to, the record itself."""
    ids = (optional_text(record.get("id") if isinstance(record, dict) else record) for record in records)
    return next((number for number in ids if number), None)
