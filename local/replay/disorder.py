"""The same deliveries in another order of arrival, and some of them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from local.request import Delivery


def disorder(deliveries: Sequence[Delivery], *, shuffle: int | None, repeat: float) -> list[Delivery]:
    """Shuffle and repeat deliveries.

    Arguments:
        deliveries: in order of arrival.
        shuffle: the seed of the shuffle, ``None`` to keep the order. Repeats come at random places either way.
        repeat: the share of the deliveries that arrive again, from 0 to 1.

    Raises:
        ValueError: ``repeat`` is not a share.
    """
    if not 0 <= repeat <= 1:
        raise ValueError(f"repeat must be a share from 0 to 1, not {repeat}")
    rng = Random(f"disorder/{shuffle}")
    arriving = list(deliveries)
    if shuffle is not None:
        rng.shuffle(arriving)
    again = [replace(delivery, repeat=True) for delivery in rng.sample(arriving, round(repeat * len(arriving)))]
    places = sorted((rng.randrange(len(arriving) + 1) for _ in again), reverse=True)
    for place, delivery in zip(places, again, strict=True):
        arriving.insert(place, delivery)
    return arriving
