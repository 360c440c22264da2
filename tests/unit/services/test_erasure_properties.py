"""Whatever happened before: whoever is erased leaves no trace, does not come back by what is repeated, and takes
nothing from anybody else."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.engine.fold import fold
from lifecycle.engine.snapshot import dump
from lifecycle.events import Activity, DealUpdate, Identity
from lifecycle.services import erasure
from lifecycle.services.erasure import Erased
from lifecycle.services.errors import LifecycleError, ProspectErasedError, ProspectNotFoundError
from lifecycle.services.neighbourhood import Neighbourhood
from lifecycle.services.stream import evaluate_stream
from lifecycle.store.items import from_attributes
from tests.builders import DEFAULT, id_of, merge, unmerge, visit
from tests.fakes.memory_store import MemoryStore
from tests.scenarios import EVERYBODY, Operation, Rule, World, operations

RANDOMS = st.randoms(use_true_random=False)
WHOM = st.sampled_from(EVERYBODY)
#: Of the table's stream, as a Lambda sees them.
Images = list[tuple[str, Mapping[str, Any]]]


def world() -> World:
    """A world on a store in memory."""
    store = MemoryStore()
    return World(store, store.images)


def always() -> bool:
    """There is time."""
    return True


def erase(here: World, whom: Identity) -> Erased | None:
    """Erase the prospect that an identity belongs to; ``None`` where there is none."""
    try:
        prospect_id = here.lifecycle.find_prospect(whom).prospect_id
    except ProspectNotFoundError:
        return None
    return here.lifecycle.erase(prospect_id, always)


def alone(here: World, whom: Identity) -> list[Identity]:
    """The identities that belong to somebody's prospect and to no other."""
    around = Neighbourhood(here.store)
    root = around.root(id_of(whom))
    found = []
    for identity in EVERYBODY:
        id_ = id_of(identity)
        owners = {around.root(owner) for _, owner in around[id_].bindings} or {around.root(id_)}
        if around[id_].version and owners == {root}:
            found.append(identity)
    return found


def named(value: Any) -> Iterator[tuple[str, ...]]:
    """Every string of an item, and every list of strings (as which identities are kept), those within JSON too."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield (name,)
            yield from named(part)
    elif isinstance(value, list | tuple):
        if value and all(isinstance(part, str) for part in value):
            yield tuple(value)
        for part in value:
            yield from named(part)
    elif isinstance(value, str):
        yield (value,)
        if value[:1] in ("{", "["):
            # A step is several texts of JSON, and its times.
            for part in re.split(r"[\t\n]", value):
                if part[:1] in ("{", "["):
                    yield from named(json.loads(part))


def traces(here: World, identities: Iterable[Identity]) -> list[Identity]:
    """Those of some identities that are anywhere in the table."""
    held = {texts for _, item in here.images() for texts in named(from_attributes(item))}
    return [identity for identity in identities if any(_tells(texts, identity) for texts in held)]


def _tells(texts: tuple[str, ...], identity: Identity) -> bool:
    return texts == identity or (identity.kind == "email" and any(identity.value in text for text in texts))


def counts(here: World) -> Counter[tuple[str, ...]]:
    """The moves that the reports count."""
    items = [from_attributes(item) for sk, item in here.images() if sk.startswith("T#")]
    return Counter(
        (it["occurred_at"], it["from_stage"], it["to_stage"], it["cause"], str(it["cycle"]), str("corrected_by" in it))
        for it in items
    )


def others(here: World, without: set[str]) -> dict[frozenset[str], tuple[Any, ...]]:
    """How everybody else stands."""
    return {events: stand for events, stand in here.stands().items() if events and not events & without}


def repeat(here: World, done: Iterable[Operation], images: Images, random: Random) -> None:
    """Everything arrives once more: requests, rulings, records of the stream."""
    for operation in done:
        if isinstance(operation, Activity):
            here.lifecycle.record_activity(operation)
        elif isinstance(operation, DealUpdate):
            here.lifecycle.update_deal(operation)
    for prospect, ruling in here.rulings:
        with suppress(LifecycleError):  # there may be nobody any more to rule on, or nothing to withdraw
            here.lifecycle.decide(prospect, ruling)
    records = [
        {"dynamodb": {"SequenceNumber": str(number), "NewImage": image}}
        for number, (sk, image) in enumerate(images)
        if sk.startswith("E#")
    ]
    random.shuffle(records)
    assert evaluate_stream("table", records, lambda _: here.lifecycle) == []


def apart(done: Iterable[Operation]) -> list[Operation]:
    """Operations, each at a time of its own: what ties with an erased person's own to the microsecond may go too."""
    done = list(done)
    for number, operation in enumerate(done):
        if isinstance(operation, Activity | DealUpdate):
            operation.occurred_at += timedelta(microseconds=number)
            operation.__post_init__()
    return done


def log_of(here: World, whom: Identity) -> set[str]:
    """The ids of the events of somebody's prospect."""
    around = Neighbourhood(here.store)
    return {event.id for event in around.whole_log(around.root(id_of(whom)))[0]}


@settings(max_examples=150, deadline=None)
@given(operations(most=14), WHOM, RANDOMS)
def test_whoever_is_erased_leaves_no_trace_and_takes_nothing_from_others(
    given_: list[Operation], whom: Identity, random: Random
) -> None:
    here, given_ = world(), apart(given_)
    for operation in given_:
        here.do(operation)
    images = list(here.images())
    mine, theirs, counted = alone(here, whom), log_of(here, whom), counts(here)
    elsewhere = others(here, theirs)

    erased = erase(here, whom)
    if erased is None:
        return

    assert erased.is_complete
    assert traces(here, mine) == []
    assert others(here, theirs) == elsewhere
    assert counts(here) == counted

    repeat(here, given_, images, random)

    assert traces(here, mine) == []
    assert others(here, theirs) == elsewhere
    assert counts(here) == counted
    with pytest.raises(ProspectErasedError):
        here.lifecycle.get_prospect(erased.prospect_id)


@settings(deadline=None)
@given(operations(most=14), WHOM)
def test_what_says_of_itself_that_it_happened_just_now_is_recognised_all_the_same(
    given_: list[Operation], whom: Identity
) -> None:
    here, given_ = world(), apart(given_)
    for operation in given_:
        here.do(operation)
    mine, theirs = alone(here, whom), log_of(here, whom)
    elsewhere = others(here, theirs)
    if erase(here, whom) is None:
        return
    now = datetime.now(UTC) + timedelta(seconds=1)

    for operation in given_:
        if isinstance(operation, Activity) and operation.id in theirs:
            outcome = here.lifecycle.record_activity(replace(operation, occurred_at=now, recorded_at=now))
            assert (outcome.erased, outcome.duplicate, outcome.transition) == (True, True, None)

    assert traces(here, mine) == []
    assert others(here, theirs) == elsewhere


@settings(deadline=None)
@given(operations(most=14), WHOM, RANDOMS)
def test_by_their_own_act_a_person_comes_back_as_somebody_new(
    given_: list[Operation], whom: Identity, random: Random
) -> None:
    here, given_ = world(), apart(given_)
    for operation in given_:
        here.do(operation)
    images = list(here.images())
    mine, theirs = alone(here, whom), log_of(here, whom)
    if erase(here, whom) is None:
        return
    elsewhere = others(here, theirs)
    later = datetime.now(UTC) + timedelta(seconds=1)
    again = [replace(visit(f"again-{number}", 0, one), occurred_at=later, recorded_at=later)
             for number, one in enumerate(mine)]  # fmt: skip

    for one in again:
        outcome = here.lifecycle.record_activity(one)
        assert (outcome.erased, outcome.duplicate) == (False, False)
    repeat(here, given_, images, random)

    for one, identity in zip(again, mine, strict=True):
        assert log_of(here, identity) == {one.id}
        assert here.lifecycle.find_prospect(identity).cycle == 1
    assert others(here, theirs | {one.id for one in again}) == elsewhere


@settings(max_examples=120, deadline=None)
@given(operations(most=14), WHOM, RANDOMS)
def test_whatever_is_under_way_during_an_erasure_leaves_no_trace_in_the_end(
    given_: list[Operation], whom: Identity, random: Random
) -> None:
    here = world()
    assert isinstance(here.store, MemoryStore)
    waiting = list(given_)
    erasures: list[Erased | None] = []
    images: Images = []
    moment = random.randrange(len(waiting) + 1)

    while waiting:
        if len(erasures) == 0 and len(given_) - len(waiting) >= moment:
            here.store.before_commit.append(lambda: erasures.append(erase(here, whom)))
        operation = waiting.pop(0)
        while waiting and not isinstance(waiting[0], Rule) and random.random() < 0.4:
            here.store.before_commit.append(partial(here.do, waiting.pop(0), crash=random.random() < 0.3))
        try:
            here.do(operation, crash=random.random() < 0.3)
        except ProspectErasedError:
            assert isinstance(operation, Rule)
        while here.store.before_commit:
            here.store.before_commit.pop()()
        images += here.images()
    erasures.append(erase(here, whom))
    for _ in range(3):
        repeat(here, (), list(dict(images).items()), random)
        assert here.stream(random) == []

    assert traces(here, _gone(here)) == []
    _assert_states_follow_from_logs(here)


RULED = st.lists(st.tuples(st.sampled_from((merge, unmerge)), WHOM, WHOM), max_size=5)


@settings(max_examples=150, deadline=None)
@given(operations(most=10), RULED, operations(most=6), WHOM, RANDOMS)
def test_merged_and_parted_by_people_whoever_is_erased_leaves_no_trace(
    before: list[Operation], ruled: list[Any], after: list[Operation], whom: Identity, random: Random
) -> None:
    here = world()
    for operation in before:
        here.do(operation)
    around = Neighbourhood(here.store)
    for number, (ruling, one, other) in enumerate(ruled):
        with suppress(LifecycleError):  # there may be no two to merge or part
            here.lifecycle.decide(around.root(id_of(one)), ruling(f"ruling-{number}", 41 + number, id_of(other)))
    for operation in after:
        if isinstance(operation, Activity | DealUpdate):
            operation.id += " after"
            operation.__post_init__()
        with suppress(LifecycleError):  # a merge cannot be withdrawn
            here.do(operation)
    images = list(here.images())
    counted = counts(here)
    if erase(here, whom) is None:
        return
    # A cookie that an event of somebody else names is theirs to tell, even where a person ruled whose it is.
    gone = [one for one in _gone(here) if one.is_strong or one not in _named_by_somebody(here)]

    assert traces(here, gone) == []
    assert counts(here) == counted
    _assert_states_follow_from_logs(here)

    repeat(here, [*before, *after], images, random)

    assert traces(here, gone) == []
    _assert_states_follow_from_logs(here)


@settings(deadline=None)
@given(operations(most=14), WHOM, st.lists(st.integers(0, 3), max_size=4), RANDOMS)
def test_an_erasure_that_is_cut_short_anywhere_ends_as_one_that_is_not(
    given_: list[Operation], whom: Identity, cuts: list[int], random: Random
) -> None:
    here, given_ = world(), apart(given_)
    for operation in given_:
        here.do(operation)
    images = list(here.images())
    mine, theirs, counted = alone(here, whom), log_of(here, whom), counts(here)
    elsewhere = others(here, theirs)
    try:
        prospect_id = here.lifecycle.find_prospect(whom).prospect_id
    except ProspectNotFoundError:
        return

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(erasure, "_BATCH", 1)
        for cut in cuts:
            here.lifecycle.erase(prospect_id, _so_often(cut))
            repeat(here, given_, random.sample(images, len(images) // 2), random)
        erased = here.lifecycle.erase(prospect_id, always)

    assert erased.is_complete
    assert traces(here, mine) == []
    assert others(here, theirs) == elsewhere
    assert counts(here) == counted


def _so_often(often: int) -> Callable[[], bool]:
    left = iter(range(often))
    return lambda: next(left, None) is not None


def _gone(here: World) -> list[Identity]:
    """The identities of which the table says that their person was erased."""
    around = Neighbourhood(here.store)
    return [identity for identity in EVERYBODY if around[id_of(identity)].erased_at is not None]


def _named_by_somebody(here: World) -> set[Identity]:
    """The identities that the events of those who are not erased name."""
    around = Neighbourhood(here.store)
    roots = {around.root(id_of(identity)) for identity in EVERYBODY}
    logs = [around.whole_log(root)[0] for root in roots if around[root].summary is not None]
    return {named for log in logs for event in log for named in getattr(event, "identities", ())}


def _assert_states_follow_from_logs(here: World) -> None:
    around = Neighbourhood(here.store)
    for root in {around.root(id_of(identity)) for identity in EVERYBODY}:
        if around[root].summary is not None:
            events, _ = around.whole_log(root)
            assert json.loads(json.dumps(dump(fold(events, DEFAULT).machine))) == around[root].summary
