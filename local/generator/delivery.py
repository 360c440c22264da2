"""How what happened reaches the engine: mostly at once, sometimes late, twice, or in the wrong order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from math import log
from random import Random

from local.generator import rates
from local.generator.calendar import Window
from local.request import Activity, DealUpdate, Decision, Delivery, Request

#: From here on a delivery counts as late.
LATE_FROM = timedelta(hours=1)
_OUTAGE = timedelta(hours=12)


def deliver(rng: Random, window: Window, requests: Iterable[Request]) -> tuple[Delivery, ...]:
    """The deliveries in order of arrival.

    A decision waits until the engine has heard of its prospect, and a withdrawal for what it withdraws: nobody can rule
    on what they cannot see.

    Arguments:
        rng: where the chance comes from.
        window: when it happened.
        requests: what happened, in any order.
    """
    arriving = [_arrival(rng, request) for request in requests]
    first_heard = _first_heard(arriving)
    deliveries = [_not_before(delivery, first_heard) for delivery in arriving]
    deliveries += _repeats(rng, window, deliveries)
    return tuple(sorted(deliveries, key=_by_arrival))


def _arrival(rng: Random, request: Request) -> Delivery:
    at = request.occurred_at
    delay = timedelta(seconds=rng.uniform(0.2, 20))
    if rng.random() < rates.DELIVERED_LATE:
        delay = LATE_FROM + timedelta(hours=rng.lognormvariate(log(rates.LATE_HOURS_MEDIAN), rates.LATE_SIGMA))
    elif isinstance(request, DealUpdate) and rng.random() < rates.DEAL_OUT_OF_ORDER:
        delay = timedelta(days=rng.uniform(2, 20))
    return Delivery(request, at + delay, late=delay >= LATE_FROM)


def _first_heard(deliveries: Iterable[Delivery]) -> dict[tuple[str, str], datetime]:
    """When each identity is first named by something other than a decision, and when each activity arrives."""
    first: dict[tuple[str, str], datetime] = {}
    for delivery in deliveries:
        if not isinstance(delivery.request, Decision):
            for name in _heard(delivery.request):
                first[name] = min(first.get(name, delivery.arrived_at), delivery.arrived_at)
    return first


def _heard(request: Request) -> frozenset[tuple[str, str]]:
    return request.names() | ({("activity", request.id)} if isinstance(request, Activity) else frozenset())


def _asked(decision: Decision) -> frozenset[tuple[str, str]]:
    return decision.names() | ({("activity", decision.event_id)} if decision.event_id else frozenset())


def _not_before(delivery: Delivery, first_heard: dict[tuple[str, str], datetime]) -> Delivery:
    if not isinstance(delivery.request, Decision):
        return delivery
    seen_at = max(first_heard[name] for name in _asked(delivery.request)) + timedelta(minutes=1)
    return replace(delivery, arrived_at=max(delivery.arrived_at, seen_at))


def _repeats(rng: Random, window: Window, deliveries: list[Delivery]) -> list[Delivery]:
    """Single doubles some minutes or hours later, and the whole last hours again after an outage."""
    repeats = [
        replace(delivery, arrived_at=_again(rng, delivery), repeat=True)
        for delivery in deliveries
        if rng.random() < rates.DELIVERED_TWICE
    ]
    for _ in range(rates.OUTAGES):
        end = window.any_moment(rng)
        repeats += [
            replace(delivery, arrived_at=end + (delivery.arrived_at - end + _OUTAGE) / 60, repeat=True)
            for delivery in deliveries
            if end - _OUTAGE <= delivery.arrived_at < end
        ]
    return repeats


def _again(rng: Random, delivery: Delivery) -> datetime:
    return delivery.arrived_at + timedelta(hours=rng.lognormvariate(log(0.5), 1.5))


def _by_arrival(delivery: Delivery) -> tuple[datetime, str]:
    """Ties are broken by content, so that the order depends on nothing but the seed."""
    return delivery.arrived_at, repr(delivery.request)
