"""What every store must do with activities that are not kept for ever: one set of tests that is run against each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lifecycle.events import Activity, Identity
from lifecycle.store.protocol import Appended, Store
from lifecycle.store.records import Change, NewTraces, Partition
from tests.builders import at, deal, visit
from tests.store_contract import HOME, appended, prospect, transition

#: A trace of everything that a trace can hold.
RICH = Activity(
    id="Ünïcode #~ id 🚀",
    occurred_at=at(0) + timedelta(microseconds=1),
    recorded_at=at(0.5),
    type="review",
    direction="internal",
    identities=(Identity("crm:sales force", "003/ü"), Identity("visitor", "cookie#1")),
    automated=True,
    properties={
        "rating": Decimal("4.5"),
        "count": Decimal(60),
        "tiny": Decimal("1E-120"),
        "yes": True,
        "none": None,
        "nested": {"list": [Decimal(1), "two 🐎", {"deep": [[]]}]},
    },
    traits={"name": "Ann", "company.size": Decimal(50)},
    condensed=True,
)


PLAIN = replace(visit("id", 0), condensed=True)


def trace(id_: str, minute: float) -> Activity:
    """The trace of a visit."""
    return replace(visit(id_, minute), condensed=True)


def keep(store: Store, *traces: Activity, chunks: int = 0, home: str = HOME) -> bool:
    """Add traces to a log, behind so many items."""
    there = store.partitions([home]).get(home, prospect(home))
    (made,) = store.commit([Change([there], traces=[NewTraces(home, home, chunks, list(traces))])])
    return made


class TracesContract:
    """The tests. A subclass gives the fixture ``store``, an empty store."""

    @pytest.mark.parametrize("one", [PLAIN, RICH], ids=["plain", "rich"])
    def test_a_trace_comes_back_as_it_was_kept(self, store: Store, one: Activity) -> None:
        keep(store, one)

        kept = store.kept(HOME)

        assert (kept.events, dict(kept.traces), kept.chunks) == ([one], {one.key: one}, 1)
        assert store.log(HOME)[0] == [one]

    def test_numbers_of_a_trace_are_written_as_those_of_an_activity_in_full(self, store: Store) -> None:
        full = replace(RICH, condensed=False)
        store.append(appended(full))
        keep(store, RICH)

        kept = store.kept(HOME)

        (event,) = kept.events
        assert repr(event) == repr(full)
        assert repr(kept.traces[RICH.key].properties) == repr(event.properties)  # type: ignore[union-attr]

    def test_an_activity_that_is_there_in_full_stands_for_its_trace(self, store: Store) -> None:
        store.append(appended(visit("a", 1), visit("b", 2)))
        keep(store, trace("a", 1), trace("c", 3))

        kept = store.kept(HOME)

        assert sorted(kept.events, key=lambda event: event.key) == [visit("a", 1), visit("b", 2), trace("c", 3)]
        assert {one.id for one in kept.traces.values()} == {"a", "c"}

    def test_of_two_traces_of_an_activity_the_last_one_counts(self, store: Store) -> None:
        keep(store, trace("a", 1), trace("b", 2))
        keep(store, replace(trace("a", 1), properties={"form": "demo"}), chunks=1)

        assert {one.id: one.properties for one in store.kept(HOME).traces.values()} == {"a": {"form": "demo"}, "b": {}}

    def test_an_item_with_traces_is_never_written_again(self, store: Store) -> None:
        keep(store, trace("a", 1))

        assert keep(store, trace("b", 2), chunks=0) is False
        assert store.log(HOME)[0] == [trace("a", 1)]

    def test_traces_are_kept_whole_with_the_change_or_not_at_all(self, store: Store) -> None:
        keep(store, trace("a", 1))
        outdated = Partition(HOME, version=7)

        assert store.commit([Change([outdated], traces=[NewTraces(HOME, HOME, 1, [trace("b", 2)])])]) == [False]
        assert store.log(HOME)[0] == [trace("a", 1)]

    def test_traces_go_with_changes_of_others_in_one_commit(self, store: Store) -> None:
        homes = [f"p{number}" for number in range(60)]
        changes = [
            Change([prospect(home)], {home: [transition(1)]}, traces=[NewTraces(home, home, 0, [trace(home, 1)])])
            for home in homes
        ]

        assert store.commit(changes) == [True] * 60
        assert [store.log(home)[0] for home in homes] == [[trace(home, 1)] for home in homes]

    def test_for_two_prospects_traces_of_one_visitor_may_be_made_at_once(self, store: Store) -> None:
        changes = [
            Change([prospect(owner)], traces=[NewTraces(HOME, owner, 0, [trace(owner, 1)])]) for owner in ("p1", "p2")
        ]

        assert store.commit(changes) == [True, True]
        assert sorted(event.id for event in store.log(HOME)[0]) == ["p1", "p2"]

    def test_more_traces_than_an_item_takes_are_kept_in_several(self, store: Store) -> None:
        many = [replace(trace(f"e{number}", number), properties={"text": "x" * 900}) for number in range(300)]

        keep(store, *many)

        kept = store.kept(HOME)
        assert sorted(kept.events, key=lambda event: event.key) == many
        assert 4 <= kept.chunks <= 10
        assert keep(store, trace("more", 999), chunks=kept.chunks)
        assert len(store.log(HOME)[0]) == 301

    # ---- when they may go ------------------------------------------------------------------------------------------

    def test_an_activity_says_when_it_may_go(self, store: Store) -> None:
        ends = datetime(2027, 1, 1, tzinfo=UTC)
        store.append([Appended(HOME, visit("a", 1), HOME, ends), Appended(HOME, visit("b", 1), HOME)])
        store.append(appended(deal("d", 1)))

        assert store.kept(HOME).expiries == {"a": ends, "b": None}

    def test_when_activities_may_go_can_be_set_anew(self, store: Store) -> None:
        one, other = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
        store.append([Appended(HOME, visit(id_, 1), HOME, one) for id_ in "abc"])
        before = store.log(HOME)[0]

        store.set_expiries(HOME, {"a": other, "b": None})

        assert store.kept(HOME).expiries == {"a": other, "b": None, "c": one}
        assert store.log(HOME)[0] == before

    def test_what_is_gone_stays_gone_and_holds_up_no_other(self, store: Store) -> None:
        ends = datetime(2027, 1, 1, tzinfo=UTC)
        store.append(appended(*(visit(f"e{number}", 1) for number in range(120))))

        store.set_expiries(HOME, {"gone": ends} | {f"e{number}": ends for number in range(120)})

        assert store.kept(HOME).expiries == {f"e{number}": ends for number in range(120)}

    def test_a_prospect_says_when_its_next_trace_is_due_and_by_which_policy(self, store: Store) -> None:
        partition = Partition(HOME, summary={"at": "x"}, condense_at=at(60), retention="12ab34cd")
        store.commit([Change([partition])])

        assert store.partitions([HOME])[HOME] == replace(partition, version=1)
