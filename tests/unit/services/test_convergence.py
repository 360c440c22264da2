"""Whatever the order of arrival, the repeats, the crashes and the interleavings: each prospect stands where the fold of
its log puts it, and its log holds all that is its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.events import Activity
from tests.fakes.memory_store import MemoryStore
from tests.scenarios import Operation, Rule, World, operations

RANDOMS = st.randoms(use_true_random=False)


def world() -> World:
    """A world on a store in memory."""
    store = MemoryStore()
    return World(store, store.images)


@given(operations(only_activities=True), RANDOMS)
def test_activities_in_any_order_and_with_repeats_come_to_the_fold_of_each_prospects_log(
    given_: list[Operation], random: Random
) -> None:
    arrived = [*given_, *random.sample(given_, min(2, len(given_)))]
    random.shuffle(arrived)
    here = world()

    for operation in arrived:
        here.do(operation)

    assert here.stands() == here.should_stand()


@given(operations(), RANDOMS)
def test_activities_deals_and_decisions_in_any_order_come_to_the_fold_of_each_prospects_log(
    given_: list[Operation], random: Random
) -> None:
    here = world()

    for operation in _with_repeats(given_, random):
        here.do(operation)

    assert here.stands() == here.should_stand()


@given(operations(), RANDOMS)
def test_crashes_between_append_and_evaluation_are_healed_by_the_stream(
    given_: list[Operation], random: Random
) -> None:
    here = world()

    for operation in _with_repeats(given_, random):
        here.do(operation, crash=random.random() < 0.4)
    # The facts that the stream copies to contacts come through the stream themselves.
    failed = [here.stream(random) for _ in range(3)]

    assert failed == [[], [], []]
    assert here.stands() == here.should_stand()


@settings(max_examples=150)
@given(operations(most=14), RANDOMS)
def test_interleaved_writers_come_to_the_same_as_writers_one_after_the_other(
    given_: list[Operation], random: Random
) -> None:
    here = world()
    assert isinstance(here.store, MemoryStore)
    waiting = _with_repeats(given_, random)

    while waiting:
        operation = waiting.pop(0)
        while waiting and not isinstance(waiting[0], Rule) and random.random() < 0.4:
            here.store.before_commit.append(partial(here.do, waiting.pop(0), crash=random.random() < 0.2))
        here.do(operation)
        while here.store.before_commit:
            here.store.before_commit.pop()()
    for _ in range(3):
        assert here.stream(random) == []

    assert here.stands() == here.should_stand()


@given(operations(), RANDOMS)
def test_a_stream_that_finds_nothing_new_writes_nothing(given_: list[Operation], random: Random) -> None:
    here = world()
    assert isinstance(here.store, MemoryStore)
    for operation in given_:
        here.do(operation)
    here.stream(random)
    writes = here.store.writes

    assert here.stream(random) == []
    assert here.store.writes == writes


@given(operations(), RANDOMS)
def test_the_same_operations_again_change_nothing(given_: list[Operation], random: Random) -> None:
    here = world()
    for operation in given_:
        here.do(operation)
    before = here.stands()

    for operation in _with_repeats(given_, random):
        if not isinstance(operation, Rule):
            here.do(operation)

    assert here.stands() == before


@given(operations(only_activities=True, most=20), st.integers(1, 7))
def test_batches_come_to_the_same_as_single_activities(given_: list[Operation], size: int) -> None:
    here = world()
    activities = [one for one in given_ if isinstance(one, Activity)]

    for start in range(0, len(activities), size):
        batch = activities[start : start + size]
        here.activities += batch
        outcome = here.lifecycle.record_activities([*batch, *batch[:1]])
        assert (outcome.accepted, outcome.duplicates) == (len(batch), 1)

    assert here.stands() == here.should_stand()


def _with_repeats(given_: Sequence[Operation], random: Random) -> list[Operation]:
    """Operations in some order, some of them twice. A ruling comes once: what it rules on is found when it arrives."""
    arrived = [*given_, *(one for one in given_ if not isinstance(one, Rule) and random.random() < 0.2)]
    random.shuffle(arrived)
    return arrived
