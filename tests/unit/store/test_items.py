"""What an item holds beside its values: keys, index keys, and nothing that an index need not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lifecycle.events import Identity, prospect_id
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.store.items import event_item, format_time, parse_time, partition_item, transition_item
from lifecycle.store.schema import BY_DAY, BY_DUE, BY_STAGE, SHARDS, owner_of, shard_of
from tests.builders import ANN, COOKIE, DEFAULT, WORKSPACE, at, id_of, visit
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_store import MemoryStore
from tests.store_contract import PARTITIONS, transition

INDEX_KEYS = {key for index in (BY_STAGE, BY_DAY, BY_DUE) for key in (index.partition_key, index.sort_key)}


def test_an_event_is_in_no_index() -> None:
    assert not INDEX_KEYS & set(event_item(WORKSPACE, "p1", visit("e", 1), "p1"))


def test_an_event_names_its_prospect_only_where_that_is_not_its_own_partition() -> None:
    assert event_item(WORKSPACE, "p1", visit("e", 1), "p1")["root"] is None
    assert event_item(WORKSPACE, "p1", visit("e", 1), "p2")["root"] == "p2"


@pytest.mark.parametrize("kind", ["a pointer", "a visitor"])
def test_a_pointer_is_in_no_index(kind: str) -> None:
    assert not INDEX_KEYS & set(partition_item(WORKSPACE, PARTITIONS[kind]))


def test_a_prospect_is_listed_by_stage_and_since() -> None:
    item = partition_item(WORKSPACE, PARTITIONS["a prospect"])

    assert item[BY_STAGE.partition_key] == f"W#{WORKSPACE}#S#engaged#{shard_of('p1')}"
    assert item[BY_STAGE.sort_key] == "2026-01-01T00:03:00.000007Z#p1"


def test_a_prospect_is_listed_by_what_is_due_only_while_something_is() -> None:
    item = partition_item(WORKSPACE, replace(PARTITIONS["a prospect"], due=at(60)))

    assert item[BY_DUE.partition_key] == f"DUE#{shard_of('p1')}"
    assert item[BY_DUE.sort_key] == f"2026-01-01T01:00:00.000000Z#{WORKSPACE}#P#p1"
    assert not {*BY_DUE[1:]} & set(partition_item(WORKSPACE, replace(PARTITIONS["a prospect"], due=None)))


def test_what_a_transition_has_not_it_does_not_keep() -> None:
    item = transition_item(WORKSPACE, "p1", transition(1))

    assert (item["qualification"], item["actions"]) == (None, None)


def test_a_transition_is_listed_by_the_day_on_which_it_became_true() -> None:
    item = transition_item(WORKSPACE, "p1", replace(transition(7), occurred_at=at(60 * 24)))

    assert item[BY_DAY.partition_key] == f"W#{WORKSPACE}#T#2026-01-02#{shard_of('p1')}"
    assert item[BY_DAY.sort_key] == "2026-01-02T00:00:00.000000Z#p1#000007"


def test_an_activity_that_moves_nobody_changes_no_index_key() -> None:
    store = MemoryStore(WORKSPACE)
    lifecycle = Lifecycle(store, FixedCalendar(DEFAULT))
    lifecycle.record_activity(visit("v", 1, ANN, COOKIE))
    before = {key: {name: item.get(name) for name in INDEX_KEYS} for key, item in store.items.items()}

    lifecycle.record_activity(visit("w", 2, ANN, COOKIE))

    after = {key: {name: item.get(name) for name in INDEX_KEYS} for key, item in store.items.items()}
    assert {key: after[key] for key in before} == before
    assert [values for key, values in after.items() if key not in before] == [dict.fromkeys(INDEX_KEYS)]


def test_prospects_spread_over_all_shards() -> None:
    shards = [shard_of(prospect_id(WORKSPACE, Identity("email", f"{n}@example.com"))) for n in range(800)]

    assert {shard: shards.count(shard) > 50 for shard in range(SHARDS)} == dict.fromkeys(range(SHARDS), True)


def test_times_sort_as_their_texts() -> None:
    times = [at(-1), at(0), at(0.0001), at(1), at(60 * 24 * 365 * 100)]

    assert sorted(map(format_time, times)) == list(map(format_time, times))
    assert [parse_time(format_time(time)) for time in times] == times


def test_the_owner_of_a_partition_key_may_have_a_hash_sign_in_its_id() -> None:
    assert owner_of("W#acme#D#deal#7") == ("acme", "D", "deal#7")


def test_the_id_of_a_prospect_depends_on_workspace_kind_and_value_and_tells_none_of_them() -> None:
    ids = {
        prospect_id("acme", ANN),
        prospect_id("umbrella", ANN),
        prospect_id("acme", Identity("user", ANN.value)),
        prospect_id("acme", Identity("email", "bob@example.com")),
        prospect_id("ac", Identity("mee", "mail")),
    }

    assert len(ids) == 5
    assert id_of(ANN) in ids
    assert all(len(id_) == 27 and "ann" not in id_ for id_ in ids)
