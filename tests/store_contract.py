"""What every store must do: one set of tests that is run against each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lifecycle.events import (
    Activity,
    Contact,
    DealFact,
    DealUpdate,
    Decision,
    Event,
    Identity,
    Key,
    Withdrawal,
)
from lifecycle.steps import DayRow, Entry, LostDeal, Step, Told
from lifecycle.store.due import DueTimer
from lifecycle.store.items import format_time
from lifecycle.store.protocol import Appended, Store
from lifecycle.store.records import Binding, Change, Erasure, Partition, Ruling, TransitionRecord
from lifecycle.store.schema import SHARDS, shard_of
from tests.audit_store_contract import told
from tests.builders import at, visit

HOME = "p-home"
EARLIEST, LATEST = "1970", "9999"

#: What is due until a moment, at most so many.
Due = Callable[[datetime, int], list[DueTimer]]
#: What the index lists of a day (UTC), in no order.
DayRows = Callable[[date], list[Any]]
#: The days that are marked.
Marked = Callable[[], set[date]]

ACTIVITIES: dict[str, Event] = {
    "a plain activity": Activity(
        "id", at(0), at(1), "website_visit", "inbound", (Identity("email", "ann@example.com"),)
    ),
    "an activity with everything": Activity(
        id="Ünïcode #~ id 🚀",
        occurred_at=at(0) + timedelta(microseconds=1),
        recorded_at=at(0.5),
        type="review",
        direction="internal",
        identities=(Identity("crm:sales force", "003/ü"), Identity("visitor", "cookie#1")),
        automated=True,
        properties={
            "rating": Decimal("4.50"),
            "big": Decimal("12345678901234567890123456789012345678"),
            "tiny": Decimal("1E-120"),
            "text": "žluťoučký 🐎",
            "empty": "",
            "none": None,
            "yes": True,
            "map": {},
            "list": [],
            "nested": {"list": [1, "two", None, {"deep": [[]]}]},
        },
        traits={"name": "Ann", "😀": "no name"},
        source="snowplow",
    ),
    "an activity without an email": Activity("id", at(0), at(0), "x", "outbound", (Identity("visitor", "v"),)),
}
FACTS: dict[str, Event] = {
    "a plain fact": DealFact("id", at(0), at(1), "D1", HOME, None),
    "a fact that links": DealFact(
        id="id", occurred_at=at(0), recorded_at=at(1), deal_id="D#1 ü", contact=HOME, linked=True, role="buyer",
        identities=(Identity("email", "ann@example.com"), Identity("crm:sf", "1")), status="open", name="Großauftrag",
        amount=Decimal("0.10"), currency="EUR", pipeline="new business ü",
    ),
    "a fact that removes": DealFact("id", at(0), at(1), "D1", HOME, False, status="lost", lost_reason="price"),
    "a deletion": DealFact("id", at(0), at(1), "D1", HOME, None, deleted=True),
}  # fmt: skip
RULINGS: dict[str, Event] = {
    "a plain decision": Decision("id", at(0), at(1), "accept", "sally"),
    "a decision with everything": Decision(
        id="id",
        occurred_at=at(0),
        recorded_at=at(1),
        action="set_stage",
        by="sally ü",
        reason="why",
        stage="suspect",
        status="replied",
        qualification={"budget": Decimal(10), "need": None},
        other="p-other",
    ),
    "a withdrawal": Withdrawal("id", at(0), at(1), "e#1", "sally"),
    "a withdrawal with a reason": Withdrawal("id", at(0), at(1), "e1", "sally", "a bot 🤖"),
}
UPDATES = {
    "a plain update": DealUpdate("id", at(0), at(1), "D1"),
    "an update with everything": DealUpdate(
        "id", at(0), at(1), "D1", "lost", "Großauftrag", Decimal("99999999999999.99"), "EUR", "renewals", "price",
        (Contact((Identity("email", "ann@example.com"),), "buyer"), Contact((Identity("crm:sf", "1"),), None)),
    ),
    "an update of single contacts": DealUpdate(
        "id", at(0), at(1), "D1",
        joined=(Contact((Identity("crm:hubspot", "1"),), "user"),),
        left=(Contact((Identity("crm:hubspot", "2"),), None),),
    ),
    "an update that removes everybody": DealUpdate("id", at(0), at(1), "D1", contacts=()),
    "a deletion": DealUpdate("id", at(0), at(1), "D1", deleted=True),
}  # fmt: skip
STEPS = {
    "an arrival": Step(None, "other", Entry(at(1) + timedelta(microseconds=1), 1, 1, Told())),
    "a step with everything": Step(
        from_stage="engaged",
        to_stage="disqualified",
        entry=Entry(at(9), 2, 3, Told("googlé", "spring # 1", "kim")),
        left=Entry(at(5), 2, 3, Told("googlé", None, "lee")),
        again=True,
        opened=("disqualified",),
        reached={"suspect": Entry(at(2), 2, 2, Told()), "engaged": Entry(at(5), 2, 3, Told(None, None, "lee"))},
        why="no budget | at all",
    ),
}
PARTITIONS = {
    "a pointer": Partition("p1", parent="p2", rulings={"p3": Ruling(Key(at(1), 4, "id with space"), True)}),
    "a visitor": Partition(
        "p1", bindings=(Binding(None, "p2"), Binding(Key(at(1), 0, "e 1"), "p3"), Binding(Key(at(2), 3, "ü"), "p2"))
    ),
    "a prospect": Partition(
        "p1",
        summary={"at": "engaged", "counts": [0, 1], "ids": [["email", "änn@example.com"]], "deals": {"D": {"x": "1"}}},
        stage="engaged",
        since=at(3) + timedelta(microseconds=7),
        due=at(60) + timedelta(microseconds=1),
        members={"p2": "", "p3": None, "p4": at(1).isoformat()},
        rulings={"p5": Ruling(Key(at(1), 4, "m"), False)},
        recent=("abc+/1", "ABCDEF"),
    ),
    "somebody who was erased": Partition(
        "p1", due=at(9), members={"p2": None}, erased_at=at(7) + timedelta(microseconds=1),
        erasure=Erasure(("p1", "p3"), ("p2",), ("p4",), {"events": 7, "identities": 2}),
    ),
    "somebody who became known where he stood": Partition(
        "p1", summary={"at": "other"}, stage="other", since=at(1), arrival=STEPS["an arrival"]
    ),
    "a visitor of somebody who was erased": Partition("p1", bindings=(Binding(None, "p2"),), marked=True),
}  # fmt: skip


def appended(*events: Event, home: str = HOME) -> list[Appended]:
    """Events to append to one log."""
    return [Appended(home, event, home) for event in events]


def transition(sequence: int, **changes: object) -> TransitionRecord:
    """A transition, with some fields set anew."""
    record = TransitionRecord(
        sequence=sequence, from_stage="suspect", to_stage="engaged", occurred_at=at(sequence), recorded_at=at(99),
        cause="rule", funnel_version=1, criterion="an email is known", evidence=("e1", "e2"), actor=None, reason=None,
        cycle=1, event_id=f"e{sequence}", corrected_by=None, restated_by=None,
    )  # fmt: skip
    return replace(record, **changes)  # type: ignore[arg-type]


def prospect(prospect_id: str, stage: str = "engaged", since: datetime | None = None, **more: Any) -> Partition:
    """A prospect that is to be listed."""
    return Partition(prospect_id, summary={"at": stage}, stage=stage, since=since or at(0), **more)


def commit_all(store: Store, partitions: Sequence[Partition]) -> None:
    """Make each partition, every one by a change of its own."""
    assert all(store.commit([Change([partition]) for partition in partitions]))


class StoreContract:
    """The tests. A subclass gives the fixtures ``store``, an empty store, ``due``, what is due in it, ``day_rows``,
    what its index lists of a day, and ``marked``, its marked days."""

    # ---- logs -------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("event", [ACTIVITIES, FACTS, RULINGS], ids=["activity", "deal", "ruling"])
    def test_every_kind_of_event_comes_back_as_it_was_appended(self, store: Store, event: dict[str, Event]) -> None:
        for number, one in enumerate(event.values()):
            home = f"p-{number}"

            assert store.append(appended(one, home=home)) == [True]

            assert store.log(home) == ([one], [])
            assert store.events([(home, one.id)]) == {(home, one.id): one}

    @pytest.mark.parametrize("update", UPDATES.values(), ids=UPDATES)
    def test_every_kind_of_deal_update_comes_back_as_it_was_appended(self, store: Store, update: DealUpdate) -> None:
        assert store.append_deal_updates([update]) == [True]

        assert store.deal_log("D1") == [update]

    @pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
    def test_a_transition_keeps_the_step_that_it_is_to_a_report(self, store: Store, step: Step) -> None:
        record = transition(1, step=step)

        store.commit([Change([prospect(HOME)], {HOME: [record]})])

        assert store.transitions(HOME) == [record]

    # ---- what reports count -----------------------------------------------------------------------------------------

    def test_a_day_lists_its_transitions_and_who_became_known_on_it(self, store: Store, day_rows: DayRows) -> None:
        step = replace(STEPS["a step with everything"], entry=Entry(at(9), 2, 3, Told()))
        record = transition(1, occurred_at=at(9), step=step, cycle=2, funnel_version=3)
        corrected = transition(2, occurred_at=at(10), corrected_by="w")
        arrived = Partition("p-known", summary={"at": "other"}, arrival=STEPS["an arrival"])

        store.commit([Change([prospect(HOME), arrived], {HOME: [record, corrected]})])

        assert day_rows(at(1).date() + timedelta(days=1)) == []
        assert sorted(day_rows(at(1).date()), key=lambda row: (row.prospect_id, row.sequence)) == [
            DayRow(HOME, 1, at(9), "suspect", "engaged", "rule", 3, 2, False, step),
            DayRow(HOME, 2, at(10), "suspect", "engaged", "rule", 1, 1, True, None),
            DayRow(
                "p-known", 0, STEPS["an arrival"].entry.at, "other", "other", "known", 1, 1, False, STEPS["an arrival"]
            ),
        ]

    def test_who_leaves_the_reports_is_listed_no_more(self, store: Store, day_rows: DayRows) -> None:
        arrived = Partition("p-known", summary={"at": "other"}, arrival=STEPS["an arrival"])
        commit_all(store, [arrived])

        commit_all(store, [replace(arrived, version=1, arrival=None)])

        assert day_rows(at(1).date()) == []

    def test_a_lost_deal_is_listed_while_it_is_lost(self, store: Store, day_rows: DayRows) -> None:
        lost = LostDeal("D#1", at(3), "price", "new ü", Decimal("10.50"), "EUR")

        store.note_loss("D#1", 2, lost)
        assert day_rows(at(3).date()) == [lost]

        store.note_loss("D#1", 3, None)
        assert day_rows(at(3).date()) == []

    def test_who_has_read_less_of_a_deals_log_changes_nothing(self, store: Store, day_rows: DayRows) -> None:
        lost = LostDeal("D1", at(3), None, None, None, None)
        store.note_loss("D1", 3, lost)

        store.note_loss("D1", 2, None)
        store.note_loss("D1", 3, None)

        assert day_rows(at(3).date()) == [lost]

    def test_what_changes_a_day_marks_it(self, store: Store, marked: Marked) -> None:
        days = {at(0).date(), at(0).date() + timedelta(days=40)}
        store.commit([Change([prospect(HOME)])])
        assert marked() == set()

        store.commit([Change([prospect("p-1")], days=days)])
        assert marked() == days

    def test_a_loss_marks_its_day_and_the_one_that_it_was_on_before(self, store: Store, marked: Marked) -> None:
        later = LostDeal("D1", at(60 * 48), None, None, None, None)
        store.note_loss("D1", 1, replace(later, lost_at=at(0)))

        store.note_loss("D1", 2, later)

        assert marked() == {at(0).date(), at(60 * 48).date()}

    def test_a_ruling_is_appended_once(self, store: Store) -> None:
        (one,) = appended(RULINGS["a decision with everything"])

        assert [store.append_ruling(one, told(str(number), at(1))) for number in range(2)] == [True, False]
        assert store.log(HOME)[0] == [one.event]

    def test_an_empty_log_is_empty(self, store: Store) -> None:
        assert store.log(HOME) == ([], [])
        assert store.transitions(HOME) == []
        assert store.deal_log("D1") == []
        assert store.partitions([HOME]) == {}
        assert store.events([(HOME, "e")]) == {}
        assert list(store.in_stage("engaged", "", EARLIEST, LATEST)) == []

    def test_an_id_is_appended_once(self, store: Store) -> None:
        assert store.append(appended(visit("e", 1))) == [True]

        assert store.append(appended(visit("e", 2))) == [False]
        assert store.log(HOME)[0] == [visit("e", 1)]

    def test_an_id_is_appended_once_in_a_batch(self, store: Store) -> None:
        batch = appended(visit("a", 1), visit("b", 1), visit("a", 2), visit("a", 1))

        assert store.append(batch) == [True, True, False, False]
        assert sorted(event.id for event in store.log(HOME)[0]) == ["a", "b"]

    def test_what_is_new_in_a_batch_is_kept_whatever_is_not(self, store: Store) -> None:
        store.append(appended(visit("b", 1), visit("d", 1)))

        news = store.append(appended(*(visit(id_, 1) for id_ in "abcde")))

        assert news == [True, False, True, False, True]
        assert len(store.log(HOME)[0]) == 5

    def test_a_batch_of_nothing_new_changes_nothing(self, store: Store) -> None:
        batch = appended(visit("a", 1), visit("b", 1))
        store.append(batch)

        assert store.append(batch) == [False, False]

    def test_the_same_id_in_two_logs_is_two_events(self, store: Store) -> None:
        batch = [*appended(visit("e", 1), home="p1"), *appended(visit("e", 2), home="p2")]

        assert store.append(batch) == [True, True]
        assert store.events([("p1", "e"), ("p2", "e"), ("p3", "e")]) == {
            ("p1", "e"): visit("e", 1),
            ("p2", "e"): visit("e", 2),
        }

    def test_a_batch_may_be_larger_than_a_transaction(self, store: Store) -> None:
        store.append(appended(visit("e7", 1), visit("e207", 1)))

        news = store.append(appended(*(visit(f"e{number}", 1) for number in range(230))))

        assert [place for place, new in enumerate(news) if not new] == [7, 207]
        assert len(store.log(HOME)[0]) == 230

    def test_more_events_are_read_at_once_than_one_request_takes(self, store: Store) -> None:
        store.append(appended(*(visit(f"e{number}", 1) for number in range(230))))

        found = store.events([*((HOME, f"e{number}") for number in range(260)), (HOME, "e0")])

        assert len(found) == 230

    def test_an_id_may_look_like_a_sort_key(self, store: Store) -> None:
        ids = ["E#1", "T#000001", "STATE", "#", "~", "\U0010fffd", " "]
        store.append(appended(*(visit(id_, 1) for id_ in ids)))

        events, transitions = store.log(HOME)

        assert sorted(event.id for event in events) == sorted(ids)
        assert transitions == []

    def test_a_deal_update_is_appended_once(self, store: Store) -> None:
        update = UPDATES["an update with everything"]

        assert [*store.append_deal_updates([update]), *store.append_deal_updates([update])] == [True, False]
        assert store.append_deal_updates([update, replace(update, id="another")]) == [False, True]
        assert len(store.deal_log("D1")) == 2

    def test_each_deal_has_a_log_of_its_own(self, store: Store) -> None:
        store.append_deal_updates([DealUpdate("u", at(0), at(0), "D1")])
        store.append_deal_updates([DealUpdate("u", at(0), at(0), "D10")])

        assert [update.deal_id for update in store.deal_log("D1")] == ["D1"]

    # ---- partitions -------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("partition", PARTITIONS.values(), ids=PARTITIONS)
    def test_a_partition_comes_back_as_it_was_written_in_its_next_version(
        self, store: Store, partition: Partition
    ) -> None:
        assert store.commit([Change([partition])]) == [True]

        assert store.partitions(["p1", "p-none"]) == {"p1": replace(partition, version=1)}

    def test_more_partitions_are_read_at_once_than_one_request_takes(self, store: Store) -> None:
        commit_all(store, [prospect(f"p{number}") for number in range(130)])

        assert len(store.partitions([*(f"p{number}" for number in range(150)), "p0"])) == 130

    def test_a_change_is_made_on_the_version_that_was_read(self, store: Store) -> None:
        store.commit([Change([prospect("p1")])])
        (read,) = store.partitions(["p1"]).values()

        assert store.commit([Change([replace(read, stage="customer")])]) == [True]
        assert store.partitions(["p1"])["p1"] == replace(read, version=2, stage="customer")

    @pytest.mark.parametrize("stale", [0, 1, 3])
    def test_a_change_on_another_version_is_not_made(self, store: Store, stale: int) -> None:
        for version in range(2):
            store.commit([Change([replace(prospect("p1"), version=version)])])

        assert store.commit([Change([replace(prospect("p1", "customer"), version=stale)])]) == [False]
        assert store.partitions(["p1"])["p1"].stage == "engaged"

    def test_a_change_of_several_partitions_is_made_whole_or_not_at_all(self, store: Store) -> None:
        store.commit([Change([prospect("p2")])])
        change = Change([prospect("p1"), prospect("p2")], {"p1": [transition(1)]})

        assert store.commit([change]) == [False]
        assert store.partitions(["p1"]) == {}
        assert store.transitions("p1") == []

    def test_of_several_changes_each_is_made_or_not_by_itself(self, store: Store) -> None:
        store.commit([Change([prospect("p2")])])
        changes = [Change([prospect(id_, "customer")], {id_: [transition(1)]}) for id_ in ("p1", "p2", "p3")]

        assert store.commit(changes) == [True, False, True]
        assert {id_: one.stage for id_, one in store.partitions(["p1", "p2", "p3"]).items()} == {
            "p1": "customer",
            "p2": "engaged",
            "p3": "customer",
        }
        assert store.transitions("p2") == []

    def test_more_changes_than_a_transaction_holds_are_each_made_or_not(self, store: Store) -> None:
        store.commit([Change([prospect("p60")])])
        changes = [Change([prospect(f"p{number}")], {f"p{number}": [transition(1)]}) for number in range(130)]

        done = store.commit(changes)

        assert [place for place, made in enumerate(done) if not made] == [60]
        assert len(store.partitions(f"p{number}" for number in range(130))) == 130

    def test_a_change_may_be_larger_than_a_transaction(self, store: Store) -> None:
        records = [transition(sequence) for sequence in range(1, 251)]

        assert store.commit([Change([prospect("p1")], {"p1": records})]) == [True]
        assert store.transitions("p1") == records

    # ---- transitions ------------------------------------------------------------------------------------------------

    def test_transitions_come_back_as_they_were_written_and_in_order(self, store: Store) -> None:
        records = [
            transition(1),
            transition(
                2,
                cause="decision",
                actor="sally",
                reason="ü",
                evidence=(),
                cycle=2,
                corrected_by="w",
                restated_by="x",
                qualification={"budget": "50 000 €", "need": True, "seats": Decimal(7)},
                actions=("notify_sales", "b"),
                pseudonymous=True,
            ),
            *(transition(sequence) for sequence in range(3, 13)),
        ]
        store.commit([Change([prospect("p1")], {"p1": records[::-1]})])
        store.append(appended(visit("e", 1), home="p1"))

        assert store.transitions("p1") == records
        assert store.log("p1") == ([visit("e", 1)], records)

    def test_a_transition_may_be_written_anew_and_the_last_ones_erased(self, store: Store) -> None:
        store.commit([Change([prospect("p1")], {"p1": [transition(number) for number in (1, 2, 3)]})])
        anew = transition(2, to_stage="customer")

        done = store.commit([Change([replace(prospect("p1"), version=1)], {"p1": [anew]}, {"p1": [3]})])

        assert done == [True]
        assert store.transitions("p1") == [transition(1), anew]

    def test_erasing_what_is_not_there_changes_nothing(self, store: Store) -> None:
        assert store.commit([Change([prospect("p1")], {}, {"p1": [1]})]) == [True]

    def test_a_change_may_move_transitions_from_one_prospect_to_another(self, store: Store) -> None:
        store.commit([Change([prospect("p1")], {"p1": [transition(1)]}), Change([prospect("p2")])])

        store.commit(
            [
                Change(
                    [Partition("p1", version=1, parent="p2"), replace(prospect("p2"), version=1)],
                    {"p2": [transition(1)]},
                    {"p1": [1]},
                )
            ]
        )

        assert (store.transitions("p1"), store.transitions("p2")) == ([], [transition(1)])

    def test_the_names_under_which_moves_of_erased_people_are_kept_are_listed_in_order(self, store: Store) -> None:
        for name in ("pc", "pa", "pb"):
            store.commit([Change([], {name: [transition(number, pseudonymous=True) for number in (1, 2)]})])
        store.commit([Change([prospect("p1")], {"p1": [transition(1)]})])

        assert list(store.pseudonyms("")) == ["pa", "pb", "pc"]
        assert list(store.pseudonyms("pa")) == ["pb", "pc"]
        assert list(store.pseudonyms("pc")) == []

    # ---- erasing ----------------------------------------------------------------------------------------------------

    def test_an_event_that_was_buried_is_no_more_and_is_recognised_in_its_log(self, store: Store) -> None:
        store.append(appended(visit("a", 1), visit("b", 2)))

        store.bury([(HOME, "a"), (HOME, "never there")], at(60))

        assert store.log(HOME)[0] == [visit("b", 2)]
        assert store.erased([(HOME, "a"), (HOME, "b"), ("p2", "a")]) == {(HOME, "a")}
        assert store.erased([(HOME, "never there")]) == {(HOME, "never there")}

    def test_burying_twice_is_burying_once_and_more_than_a_transaction_holds_may_be_buried(self, store: Store) -> None:
        events = [visit(f"e{number}", 1) for number in range(130)]
        store.append(appended(*events))

        for _ in range(2):
            store.bury([(HOME, event.id) for event in events], at(60))

        assert store.log(HOME) == ([], [])
        assert len(store.erased((HOME, event.id) for event in events)) == 130

    def test_an_event_is_rewritten_where_it_is_and_only_there(self, store: Store) -> None:
        store.append(appended(visit("e", 1)))
        other = replace(visit("e", 1), identities=(Identity("visitor", "v"),))

        store.rewrite_event(Appended(HOME, other, HOME))
        store.rewrite_event(Appended("p2", other, "p2"))

        assert (store.log(HOME)[0], store.log("p2")[0]) == ([other], [])

    def test_a_deal_update_is_rewritten_where_it_is_and_only_there(self, store: Store) -> None:
        update = UPDATES["an update with everything"]
        store.append_deal_updates([update])

        store.rewrite_deal_update(replace(update, contacts=(), name=None))
        store.rewrite_deal_update(replace(update, id="another", contacts=()))

        assert store.deal_log("D1") == [replace(update, contacts=(), name=None)]

    # ---- lists ------------------------------------------------------------------------------------------------------

    def test_the_prospects_of_a_stage_are_listed_in_the_order_of_their_entry_whatever_their_shard(
        self, store: Store
    ) -> None:
        ids = [f"p{number:02d}" for number in range(40)]
        assert {shard_of(id_) for id_ in ids} == set(range(SHARDS))
        commit_all(store, [prospect(id_, since=at(100 - place)) for place, id_ in enumerate(ids)])
        commit_all(store, [prospect("elsewhere", "customer"), Partition("pointer", parent="p00")])

        assert [id_ for _, id_ in store.in_stage("engaged", "", EARLIEST, LATEST)] == ids[::-1]

    def test_a_list_goes_on_after_any_position_that_it_named(self, store: Store) -> None:
        commit_all(store, [prospect(f"p{number:02d}", since=at(number // 3)) for number in range(20)])
        whole = list(store.in_stage("engaged", "", EARLIEST, LATEST))

        for place, (position, _) in enumerate(whole):
            assert list(store.in_stage("engaged", position, EARLIEST, LATEST)) == whole[place + 1 :]

    def test_a_list_keeps_to_its_bounds(self, store: Store) -> None:
        commit_all(store, [prospect(f"p{number}", since=at(number)) for number in range(10)])

        listed = store.in_stage("engaged", "", format_time(at(3)), format_time(at(6)))

        assert [id_ for _, id_ in listed] == ["p3", "p4", "p5"]

    def test_a_position_after_the_bounds_lists_nothing(self, store: Store) -> None:
        commit_all(store, [prospect("p1", since=at(1))])

        assert list(store.in_stage("engaged", format_time(at(5)), EARLIEST, format_time(at(3)))) == []

    def test_one_shard_may_hold_more_than_one_page(self, store: Store) -> None:
        ids = [id_ for id_ in (f"p{number}" for number in range(2000)) if shard_of(id_) == 0][:130]
        commit_all(store, [prospect(id_) for id_ in ids])

        assert sorted(id_ for _, id_ in store.in_stage("engaged", "", EARLIEST, LATEST)) == sorted(ids)

    def test_a_prospect_that_moved_is_listed_in_its_new_stage_only(self, store: Store) -> None:
        commit_all(store, [prospect("p1")])

        store.commit([Change([replace(prospect("p1", "customer", at(9)), version=1)])])

        assert list(store.in_stage("engaged", "", EARLIEST, LATEST)) == []
        assert [id_ for _, id_ in store.in_stage("customer", "", EARLIEST, LATEST)] == ["p1"]

    def test_a_prospect_that_was_absorbed_is_listed_no_longer(self, store: Store) -> None:
        commit_all(store, [prospect("p1")])

        store.commit([Change([Partition("p1", version=1, parent="p2")])])

        assert list(store.in_stage("engaged", "", EARLIEST, LATEST)) == []

    def test_since_when_those_are_in_a_stage_whom_reports_know(self, store: Store) -> None:
        ids = [f"p{number:02d}" for number in range(20)]
        assert {shard_of(id_) for id_ in ids} == set(range(SHARDS))
        commit_all(store, [prospect(id_, since=at(place), in_reports=True) for place, id_ in enumerate(ids)])
        commit_all(store, [prospect("anonymous", since=at(5)), prospect("elsewhere", "customer", in_reports=True)])

        assert sorted(store.since("engaged", at(3), at(18))) == [at(place) for place in range(3, 18)]
        assert store.since("engaged", at(3), at(3)) == []

    # ---- what is due ------------------------------------------------------------------------------------------------

    def test_prospects_that_are_due_are_listed_longest_first_whatever_their_shard(self, store: Store, due: Due) -> None:
        ids = [f"p{number:02d}" for number in range(20)]
        assert {shard_of(id_) for id_ in ids} == set(range(SHARDS))
        commit_all(store, [prospect(id_, due=at(100 - place)) for place, id_ in enumerate(ids)])
        commit_all(store, [prospect("never"), Partition("pointer", parent="p00")])

        assert due(at(200), 100) == [
            DueTimer(store.workspace, "prospect", id_, at(81 + place)) for place, id_ in enumerate(ids[::-1])
        ]

    def test_a_prospect_is_due_from_its_very_moment_on(self, store: Store, due: Due) -> None:
        commit_all(store, [prospect("p1", due=at(5))])

        assert due(at(5) - timedelta(microseconds=1), 10) == []
        assert [timer.id for timer in due(at(5), 10)] == ["p1"]

    def test_of_many_that_are_due_those_that_have_been_longest_come_first(self, store: Store, due: Due) -> None:
        commit_all(store, [prospect(f"p{number}", due=at(number)) for number in range(9, -1, -1)])

        assert [timer.id for timer in due(at(60), 3)] == ["p0", "p1", "p2"]

    def test_an_erasure_that_has_more_to_do_is_due_as_such_until_it_is_complete(self, store: Store, due: Due) -> None:
        more, done = Erasure(("p1",), (), (), {"events": 0}), Erasure((), (), (), {"events": 1})
        commit_all(store, [Partition("p1", due=at(1), erased_at=at(0), erasure=more)])
        assert due(at(60), 10) == [DueTimer(store.workspace, "erasure", "p1", at(1))]

        commit_all(store, [Partition("p1", 1, summary={"at": "engaged"}, due=at(1), erased_at=at(0), erasure=done)])

        assert due(at(60), 10) == [DueTimer(store.workspace, "prospect", "p1", at(1))]

    def test_a_prospect_that_is_seen_to_is_due_at_its_next_time_or_no_longer(self, store: Store, due: Due) -> None:
        commit_all(store, [prospect("p1", due=at(1)), prospect("p2", due=at(2))])

        commit_all(store, [replace(prospect("p1", due=at(9)), version=1), replace(prospect("p2"), version=1)])

        assert [(timer.id, timer.at) for timer in due(at(60), 10)] == [("p1", at(9))]
