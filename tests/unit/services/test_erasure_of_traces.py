"""What retention left of a person goes with an erasure, and what it left of others stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle.services.errors import ProspectErasedError
from lifecycle.store.schema import TRACES_PREFIX
from tests.builders import ANN, BOB, COOKIE, id_of
from tests.fakes.memory_store import MemoryStore
from tests.unit.services.test_retaining import DAY, NINETY, NOW, Place, ago, calendar


def traces(store: MemoryStore) -> str:
    """All that is kept in items of traces."""
    return repr([item for (_, sk), item in store.items.items() if sk.startswith(TRACES_PREFIX)])


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def condensed(store: MemoryStore) -> Place:
    """Ann and Bob have shared a cookie, and their visits are there as traces alone."""
    place = Place(store, calendar(NINETY))
    place.record(
        ago("ann-1", 80, ANN, COOKIE), ago("ann-2", 79, COOKIE), ago("bob-1", 78, BOB, COOKIE), ago("bob-2", 77, COOKIE)
    )
    place.run_timers()
    store.expire(NOW + 30 * DAY)
    assert "ann-1" in traces(store)
    assert "bob-2" in traces(store)
    return place


def test_traces_of_the_erased_go_and_those_of_others_stay(store: MemoryStore) -> None:
    place = condensed(store)
    before = place.lifecycle.get_prospect(id_of(BOB))

    erased = place.lifecycle.erase(id_of(ANN), lambda: True)

    assert erased.is_complete
    assert not [key for key, item in store.items.items() if "ann" in repr((key, item))]
    assert "bob-2" in traces(store)
    after = place.lifecycle.get_prospect(id_of(BOB))
    assert (after.stage, after.since, after.counts) == (before.stage, before.since, before.counts)


def test_what_was_deleted_long_ago_does_not_come_back_when_it_is_sent_again(store: MemoryStore) -> None:
    place = condensed(store)
    place.lifecycle.erase(id_of(ANN), lambda: True)
    held = dict(store.items)

    outcome = place.lifecycle.record_activity(ago("ann-1", 80, ANN, COOKIE))

    assert outcome.erased
    assert store.items == held
    with pytest.raises(ProspectErasedError):
        place.lifecycle.get_prospect(id_of(ANN))


def test_whoever_comes_back_has_an_end_to_their_activities_too(store: MemoryStore) -> None:
    place = condensed(store)
    place.lifecycle.erase(id_of(ANN), lambda: True)

    moment = datetime.now(UTC) + timedelta(seconds=1)
    place.record(replace(ago("again", 0, ANN), occurred_at=moment, recorded_at=moment))
    place.run_timers()
    store.expire(NOW + 91 * DAY)

    assert not [sk for _, sk in store.items if sk == "E#again"]
    assert place.lifecycle.get_prospect(id_of(ANN)).counts["inbound"] == 1
