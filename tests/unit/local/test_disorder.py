"""The same deliveries in another order and some of them twice."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from local.replay.disorder import disorder
from local.request import Activity, Delivery, Identities

START = datetime(2026, 3, 4, 12, tzinfo=UTC)
DELIVERIES = [
    Delivery(
        Activity(f"a-{number}", "website_visit", START, Identities(visitor="v")), START + timedelta(minutes=number)
    )
    for number in range(100)
]


def test_without_options_nothing_changes() -> None:
    assert disorder(DELIVERIES, shuffle=None, repeat=0) == DELIVERIES


def test_a_shuffle_keeps_every_delivery_and_is_the_same_for_the_same_seed() -> None:
    shuffled = disorder(DELIVERIES, shuffle=1, repeat=0)
    assert shuffled != DELIVERIES
    assert sorted(shuffled, key=lambda each: each.arrived_at) == DELIVERIES
    assert shuffled == disorder(DELIVERIES, shuffle=1, repeat=0)
    assert shuffled != disorder(DELIVERIES, shuffle=2, repeat=0)


def test_a_share_is_repeated_once_each() -> None:
    arriving = disorder(DELIVERIES, shuffle=None, repeat=0.2)
    counts = Counter(repr(delivery.request) for delivery in arriving)
    assert len(arriving) == 120
    assert sorted(counts.values()) == [1] * 80 + [2] * 20
    assert sum(delivery.repeat for delivery in arriving) == 20


@pytest.mark.parametrize("repeat", [-0.1, 1.1])
def test_what_is_not_a_share_is_refused(repeat: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        disorder(DELIVERIES, shuffle=None, repeat=repeat)
