"""What erasing a person removes, keeps, and keeps away; and what an export shows before that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from lifecycle.events import Activity, Contact, DealUpdate, Decision, Identity
from lifecycle.services import lifecycle as use_cases
from lifecycle.services.announcing import announce_stream
from lifecycle.services.errors import (
    ProspectAbsorbedError,
    ProspectErasedError,
    ProspectNotFoundError,
)
from lifecycle.services.exporting import DealMention, ExportEntry, StoredEvent
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.stream import evaluate_stream
from lifecycle.store.bus import BusEvent
from lifecycle.store.items import from_attributes
from lifecycle.store.protocol import Appended
from lifecycle.store.records import Change, Partition, TransitionRecord
from tests.builders import (
    ANN,
    BOB,
    COOKIE,
    at,
    deal_update,
    decision,
    demo_form,
    id_of,
    merge,
    unmerge,
    visit,
    withdrawal,
)
from tests.fakes.memory_store import MemoryStore

E = TypeVar("E", Activity, Decision, DealUpdate)

USER = Identity("user", "u-4711")
CRM = Identity("crm:sf", "003-ann")
OTHER_COOKIE = Identity("visitor", "cookie-2")


def always() -> bool:
    """There is time."""
    return True


def never() -> bool:
    """There is none."""
    return False


def later(event: E, seconds: float = 1) -> E:
    """An event as it would arrive a moment from now."""
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return replace(event, occurred_at=moment, recorded_at=moment)


def erase(lifecycle: Lifecycle, whom: Identity = ANN) -> Any:
    return lifecycle.erase(lifecycle.find_prospect(whom).prospect_id, always)


def held(store: MemoryStore, text: str) -> list[tuple[str, str]]:
    """The keys of the items that hold a text anywhere."""
    return [key for key, item in store.items.items() if text in repr((key, item))]


def moves(store: MemoryStore) -> list[tuple[Any, ...]]:
    """The moves in the whole table, as reports count them."""
    items = [from_attributes(item) for (_, sk), item in store.items.items() if sk.startswith("T#")]
    return sorted((it["occurred_at"], it["from_stage"], it["to_stage"], it["cause"], it["cycle"]) for it in items)


# ---- what is removed -----------------------------------------------------------------------------------------------


@pytest.fixture
def ann(lifecycle: Lifecycle) -> Lifecycle:
    """Ann with two cookies, a user id and a CRM id, a deal with Bob, decisions with reasons, a withdrawn visit."""
    traits = {"first_name": "Annabel"}
    lifecycle.record_activity(visit("first", 1, COOKIE))
    lifecycle.record_activity(replace(demo_form("form", 2, ANN, COOKIE), traits=traits))
    lifecycle.record_activity(visit("other-cookie", 3, ANN, OTHER_COOKIE, USER))
    lifecycle.record_activity(visit("bot", 4, USER))
    lifecycle.update_deal(
        deal_update("u1", 5, "open", (Contact((ANN, CRM), "buyer"), Contact((BOB,), "user")), deal_id="D1")
    )
    lifecycle.update_deal(
        replace(deal_update("u2", 6, "open", (Contact((CRM,), "buyer"),), deal_id="D2"), name="Annabel, 40 seats")
    )
    prospect_id = lifecycle.find_prospect(ANN).prospect_id
    lifecycle.decide(prospect_id, decision("d", 7, "accept", reason="Annabel said yes"))
    lifecycle.decide(prospect_id, withdrawal("w", 8, "bot"))
    return lifecycle


def test_every_identity_attribute_and_text_of_a_person_goes(store: MemoryStore, ann: Lifecycle) -> None:
    erased = erase(ann)

    assert erased.is_complete
    # The form, the visits and rulings; two facts of deals.
    assert erased.removed["events"] == 8
    assert (erased.removed["identities"], erased.removed["deal_entries"]) == (5, 2)
    for text in ("ann@example.com", "cookie-1", "cookie-2", "u-4711", "003-ann", "Annabel", "demo", "said yes"):
        assert held(store, text) == []


def test_the_moves_stay_for_the_counts_under_a_name_that_leads_to_nobody(store: MemoryStore, ann: Lifecycle) -> None:
    before, names = moves(store), {id_of(one) for one in (ANN, COOKIE, OTHER_COOKIE, USER, CRM)}

    erased = erase(ann)

    assert moves(store) == before
    kept = {pk.split("#")[3] for pk, sk in store.items if sk.startswith("T#")} - {id_of(BOB)}
    assert len(kept) == 1
    assert not kept & names
    transitions = store.transitions(*kept)
    assert len(transitions) == erased.removed["transitions_kept"]
    assert {(one.evidence, one.actor, one.reason, one.event_id, one.criterion) for one in transitions} == {
        ((), None, None, "", "")
    }


def test_nobody_is_told_of_these_moves_again(store: MemoryStore, ann: Lifecycle) -> None:
    before = set(store.items)
    erase(ann)
    announced: list[BusEvent] = []

    def put(events: Sequence[BusEvent]) -> list[bool]:
        announced.extend(events)
        return [True for _ in events]

    records = [
        {"dynamodb": {"SequenceNumber": "1", "NewImage": item, "ApproximateCreationDateTime": at(1).timestamp()}}
        for key, item in store.items.items()
        if key not in before and key[1].startswith("T#")
    ]

    assert announce_stream(records, put) == []

    assert records
    assert announced == []


def test_a_deal_keeps_its_facts_and_its_other_contacts(store: MemoryStore, ann: Lifecycle) -> None:
    erase(ann)

    (shared,), (alone,) = store.deal_log("D1"), store.deal_log("D2")
    assert (shared.status, shared.contacts) == ("open", (Contact((BOB,), "user"),))
    assert (alone.status, alone.contacts, alone.name) == ("open", (), None)
    assert ann.find_prospect(BOB).stage == "opportunity"


def test_nobody_finds_who_was_erased(ann: Lifecycle) -> None:
    erased = erase(ann)

    for whom in (ANN, COOKIE, OTHER_COOKIE, USER, CRM):
        with pytest.raises(ProspectNotFoundError):
            ann.find_prospect(whom)
    for ask in (ann.get_prospect, ann.explain, lambda id_: ann.timeline(id_, None, 10)):
        with pytest.raises(ProspectErasedError):
            ask(erased.prospect_id)
    with pytest.raises(ProspectErasedError):
        ann.decide(erased.prospect_id, decision("late", 9, "accept"))
    listed = ann.list_prospects(None, None, None, None, None, 10).prospects
    assert [one.prospect_id for one in listed] == [id_of(BOB)]


# ---- who can be erased ---------------------------------------------------------------------------------------------


def test_repeated_an_erasure_answers_with_the_erasure_that_was(ann: Lifecycle) -> None:
    first = erase(ann)

    assert ann.erase(first.prospect_id, always) == first


def test_nobody_cannot_be_erased(lifecycle: Lifecycle) -> None:
    with pytest.raises(ProspectNotFoundError, match="id"):
        lifecycle.erase(id_of(ANN), always)


def test_an_absorbed_prospect_names_the_survivor_and_later_that_it_was_erased(ann: Lifecycle) -> None:
    root = ann.find_prospect(ANN).prospect_id
    absorbed = id_of(USER)
    assert root != absorbed
    with pytest.raises(ProspectAbsorbedError) as refused:
        ann.erase(absorbed, always)
    assert refused.value.survivor == root

    erase(ann)

    with pytest.raises(ProspectErasedError):
        ann.erase(absorbed, always)


# ---- what does not come back ---------------------------------------------------------------------------------------


def test_what_is_sent_again_is_answered_as_a_duplicate_and_not_kept(store: MemoryStore, ann: Lifecycle) -> None:
    erase(ann)
    before = dict(store.items)

    outcome = ann.record_activity(visit("first", 1, COOKIE))
    batch = ann.record_activities([demo_form("form", 2, ANN, COOKIE), visit("bot", 4, USER)])

    assert (outcome.duplicate, outcome.erased, outcome.stage, outcome.transition) == (True, True, "anonymous", None)
    assert (batch.accepted, batch.duplicates) == (0, 2)
    assert store.items == before


def test_an_old_event_that_nobody_has_seen_is_not_kept_either(store: MemoryStore, ann: Lifecycle) -> None:
    erase(ann)

    assert ann.record_activity(visit("late", 9, ANN)).erased
    assert ann.record_activity(visit("late by a new name", 9, Identity("email", "new@example.com"), USER)).erased
    assert held(store, "late") == []


@pytest.mark.parametrize("changes", [{"direction": "outbound"}, {"direction": "internal"}, {"automated": True}])
def test_what_is_not_the_persons_own_act_brings_nobody_back(ann: Lifecycle, changes: dict[str, Any]) -> None:
    erase(ann)

    assert ann.record_activity(replace(later(visit("new", 0, ANN)), **changes)).erased


def test_a_visit_after_the_erasure_starts_a_new_prospect(store: MemoryStore, ann: Lifecycle) -> None:
    erased = erase(ann)

    outcome = ann.record_activity(later(visit("new", 0, ANN, COOKIE)))

    assert (outcome.prospect_id, outcome.stage, outcome.erased) == (erased.prospect_id, "engaged", False)
    view = ann.find_prospect(COOKIE)
    assert (view.identities, view.counts["activities"], view.cycle) == ((ANN, COOKIE), 1, 1)
    assert ann.record_activity(visit("first", 1, COOKIE)).erased
    # And whatever follows is theirs.
    assert not ann.record_activity(replace(later(visit("mail", 0, ANN)), direction="outbound")).erased
    assert ann.decide(erased.prospect_id, later(decision("again", 0, "accept"), 2)).stage == "sales_qualified"


def test_who_came_back_can_be_erased_again(store: MemoryStore, ann: Lifecycle, clock: Clock) -> None:
    first = erase(ann)
    ann.record_activity(later(visit("new", 0, ANN, COOKIE)))
    clock.ahead = timedelta(seconds=5)

    second = erase(ann)

    assert second.erased_at > first.erased_at
    assert (second.removed["events"], second.removed["identities"]) == (1, 2)
    assert held(store, "ann@example.com") == []
    assert ann.record_activity(later(visit("new", 0, ANN, COOKIE), 0.5)).erased


def test_a_deal_neither_stores_nor_reaches_a_contact_who_was_erased(store: MemoryStore, ann: Lifecycle) -> None:
    erase(ann)
    contacts = (Contact((ANN, CRM), "buyer"), Contact((BOB,), "user"))
    update = later(deal_update("u9", 0, "won", contacts, deal_id="D1"))

    outcome = ann.update_deal(update)
    alone = ann.update_deal(replace(deal_update("u8", 9, "won", (Contact((CRM,), "x"),), deal_id="D9"), name="Annabel"))

    assert [(one.prospect_id, one.stage) for one in outcome.prospects] == [(id_of(BOB), "customer")]
    assert alone.prospects == ()
    for text in ("ann@example.com", "003-ann", "Annabel"):
        assert held(store, text) == []


def test_an_event_of_somebody_else_is_kept_without_the_identities_of_the_erased(
    store: MemoryStore, ann: Lifecycle
) -> None:
    erase(ann)

    outcome = ann.record_activity(visit("bobs", 9, BOB, USER, OTHER_COOKIE))

    assert (outcome.prospect_id, outcome.erased) == (id_of(BOB), False)
    assert BOB in ann.find_prospect(BOB).identities
    assert held(store, "u-4711") == held(store, "cookie-2") == []


# ---- what is somebody else's ---------------------------------------------------------------------------------------


def test_of_a_shared_cookie_only_the_events_of_the_erased_go(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("ann-in", 1, ANN, COOKIE))
    lifecycle.record_activity(visit("anns", 2, COOKIE))
    lifecycle.record_activity(visit("bob-in", 3, BOB, COOKIE))
    lifecycle.record_activity(visit("bobs", 4, COOKIE))
    bob = lifecycle.find_prospect(BOB)

    erase(lifecycle)

    assert lifecycle.find_prospect(BOB) == bob
    assert [event.id for event in store.log(id_of(COOKIE))[0]] == ["bobs"]
    assert lifecycle.record_activity(visit("anns", 2, COOKIE)).erased
    assert lifecycle.record_activity(later(visit("anns", 0, COOKIE))).erased
    assert not lifecycle.record_activity(later(visit("more of bob", 0, COOKIE))).erased
    assert lifecycle.find_prospect(BOB).counts["activities"] == 3


def test_whom_a_person_parted_from_the_erased_keeps_everything_but_their_identities(
    store: MemoryStore, lifecycle: Lifecycle
) -> None:
    lifecycle.record_activity(visit("a", 1, ANN, USER))
    lifecycle.record_activity(visit("b", 2, BOB))
    lifecycle.record_activity(visit("wrongly", 3, BOB, USER))
    lifecycle.decide(lifecycle.find_prospect(ANN).prospect_id, unmerge("anns secret id", 4, id_of(BOB)))
    assert lifecycle.find_prospect(BOB).prospect_id == id_of(BOB)

    erase(lifecycle)

    for text in ("ann@example.com", "u-4711", "anns secret id"):
        assert held(store, text) == []
    view = lifecycle.find_prospect(BOB)
    assert (view.identities, view.counts["activities"]) == ((BOB,), 2)


def test_whom_a_person_parted_from_a_cookie_that_joined_the_erased_keeps_nothing_of_theirs(
    store: MemoryStore, lifecycle: Lifecycle
) -> None:
    lifecycle.record_activity(visit("b", 14, BOB, COOKIE))
    lifecycle.decide(id_of(BOB), unmerge("apart", 41, id_of(COOKIE)))
    lifecycle.record_activity(visit("a", 1, ANN, COOKIE))
    contacts = (Contact((ANN, CRM), None), Contact((BOB, CRM), None))
    lifecycle.update_deal(deal_update("u", 1, None, contacts))

    erase(lifecycle)

    assert held(store, "003-ann") == []
    assert lifecycle.find_prospect(BOB).prospect_id == id_of(BOB)


def test_who_was_merged_goes_as_a_whole(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("a", 1, ANN))
    lifecycle.record_activity(visit("b", 2, BOB))
    lifecycle.decide(id_of(ANN), merge("m", 3, id_of(BOB)))

    erase(lifecycle)

    assert held(store, "bob@example.com") == []
    assert lifecycle.record_activity(visit("b", 2, BOB)).erased


# ---- what is under way ---------------------------------------------------------------------------------------------


def test_what_was_appended_while_its_person_was_erased_is_deleted_by_the_stream(
    store: MemoryStore, ann: Lifecycle
) -> None:
    erase(ann)
    late = visit("late", 9, ANN)
    store.append([Appended(id_of(ANN), late, id_of(ANN))])
    update = DealUpdate("late update", at(9), at(9), "D1", "won", "Annabels deal", contacts=(Contact((ANN,), "x"),))
    store.append_deal_updates([update])
    records = [
        {"dynamodb": {"SequenceNumber": str(number), "NewImage": item}}
        for number, (sk, item) in enumerate(store.images())
        if sk in ("E#late", "E#late update")
    ]

    assert len(records) == 2
    assert evaluate_stream("table", records, lambda _: ann) == []

    assert held(store, "ann@example.com") == held(store, "Annabel") == []
    assert store.log(id_of(ANN)) == ([], [])


def test_a_request_that_read_before_and_wrote_after_leaves_nothing(store: MemoryStore, ann: Lifecycle) -> None:
    prospect_id = ann.find_prospect(ANN).prospect_id
    store.before_commit.append(lambda: ann.erase(prospect_id, always))

    outcome = ann.record_activity(visit("meanwhile", 9, ANN))

    assert (outcome.erased, held(store, "ann@example.com")) == (True, [])


def test_a_contact_that_was_being_written_meanwhile_is_kept_without_the_erased_id(
    store: MemoryStore, ann: Lifecycle
) -> None:
    prospect_id = ann.find_prospect(ANN).prospect_id
    store.before_commit.append(lambda: ann.erase(prospect_id, always))

    ann.update_deal(deal_update("meanwhile", 9, "open", (Contact((BOB, CRM), None),), deal_id="D9"))
    records = [
        {"dynamodb": {"SequenceNumber": str(number), "NewImage": item}}
        for number, (sk, item) in enumerate(store.images())
        if sk == "E#meanwhile"
    ]
    assert evaluate_stream("table", records, lambda _: ann) == []

    assert held(store, CRM.value) == []
    assert ann.find_prospect(BOB).stage == "opportunity"


def test_an_erasure_begins_anew_where_a_request_was_faster(store: MemoryStore, ann: Lifecycle) -> None:
    another = Identity("visitor", "cookie-3")
    store.before_commit.append(lambda: ann.record_activity(visit("meanwhile", 9, ANN, another)))

    erased = erase(ann)

    assert erased.removed["identities"] == 6
    assert held(store, "cookie-3") == held(store, "ann@example.com") == []


def test_what_an_attempt_that_died_half_way_has_entombed_is_swept_by_the_next(
    store: MemoryStore, ann: Lifecycle
) -> None:
    (member,) = store.partitions([id_of(USER)]).values()
    store.commit([Change([Partition(member.prospect_id, version=member.version, erased_at=datetime.now(UTC))])])

    erased = erase(ann)

    assert erased.removed["identities"] == 5
    assert held(store, "u-4711") == []


# ---- long logs -----------------------------------------------------------------------------------------------------


def test_what_there_is_no_time_for_the_timers_see_to(store: MemoryStore, ann: Lifecycle) -> None:
    prospect_id = ann.find_prospect(ANN).prospect_id

    first = ann.erase(prospect_id, never)

    assert (first.is_complete, first.removed["events"]) == (False, 0)
    with pytest.raises(ProspectErasedError):
        ann.get_prospect(prospect_id)
    (timer,) = [due for due in store.due_until(first.erased_at + timedelta(hours=1), 10) if due.id == prospect_id]
    assert timer.kind == "erasure"

    ann.finish_erasure(prospect_id, always)

    again = ann.erase(prospect_id, always)
    assert (again.is_complete, again.erased_at, again.removed["events"]) == (True, first.erased_at, 8)
    assert held(store, "ann@example.com") == []
    assert [due for due in store.due_until(first.erased_at + timedelta(hours=1), 10) if due.id == prospect_id] == []


def test_who_comes_back_before_the_end_is_somebody_new_all_the_same(store: MemoryStore, ann: Lifecycle) -> None:
    prospect_id = ann.find_prospect(ANN).prospect_id
    ann.erase(prospect_id, never)

    ann.record_activity(later(visit("new", 0, ANN)))

    assert ann.find_prospect(ANN).counts["activities"] == 1
    (timer,) = [due for due in store.due_until(datetime.now(UTC) + timedelta(hours=1), 10) if due.id == prospect_id]
    assert timer.kind == "erasure"

    ann.finish_erasure(prospect_id, always)

    assert [event.id for event in store.log(id_of(ANN))[0]] == ["new"]
    assert ann.find_prospect(ANN).counts["activities"] == 1


def test_a_long_log_is_swept_in_pieces_and_each_goes_on_where_the_last_one_ended(
    store: MemoryStore, lifecycle: Lifecycle
) -> None:
    lifecycle.record_activity(visit("first", 0, ANN))
    store.append([Appended(id_of(ANN), visit(f"e{number}", 1), id_of(ANN)) for number in range(999)])
    turns: list[int] = []

    erased = lifecycle.erase(id_of(ANN), _only(3))
    while not erased.is_complete:
        turns.append(erased.removed["events"])
        erased = lifecycle.erase(id_of(ANN), _only(3))

    assert turns == [150, 300, 450, 600, 750, 900]
    assert erased.removed["events"] == 1000


def _only(batches: int) -> Callable[[], bool]:
    left = iter(range(batches))
    return lambda: next(left, None) is not None


def test_more_moves_than_a_transaction_holds_are_kept_too(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 0, ANN))
    for number in range(60):
        stage = ("suspect", "engaged")[number % 2]
        lifecycle.decide(id_of(ANN), replace(decision(f"d{number}", number + 1, "set_stage"), stage=stage, reason="x"))
    before = moves(store)
    assert len(before) > 50

    erase(lifecycle)

    assert moves(store) == before
    assert store.transitions(id_of(ANN)) == []


# ---- what it costs -------------------------------------------------------------------------------------------------


def test_whoever_is_not_erased_pays_nothing_for_it(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("a", 1, ANN, COOKIE))
    reads, writes = store.reads, store.writes

    lifecycle.record_activity(visit("b", 2, ANN, COOKIE))

    assert (store.reads - reads, store.writes - writes) == (1, 2)


# ---- the export ----------------------------------------------------------------------------------------------------


def test_an_export_shows_all_that_is_held(store: MemoryStore, ann: Lifecycle) -> None:
    page = ann.export(id_of(USER), None, 1000)

    assert page.prospect_id == ann.find_prospect(ANN).prospect_id
    assert page.view == ann.get_prospect(page.prospect_id)
    assert set(page.partitions) == {id_of(one) for one in (ANN, COOKIE, OTHER_COOKIE, USER, CRM)}
    events = {entry.event.id for entry in page.entries if isinstance(entry, StoredEvent)}
    assert {"first", "form", "other-cookie", "bot", "d", "w"} < events
    assert len(events) == 8
    transitions = [entry for entry in page.entries if isinstance(entry, TransitionRecord)]
    assert transitions == store.transitions(page.prospect_id)
    mentions = [entry for entry in page.entries if isinstance(entry, DealMention)]
    assert [(one.update.deal_id, one.contact.role) for one in mentions] == [("D1", "buyer"), ("D2", "buyer")]
    assert "bob@example.com" not in repr(mentions[0].contact)


def test_an_export_goes_on_page_by_page(ann: Lifecycle) -> None:
    whole = ann.export(id_of(USER), None, 1000).entries
    position: tuple[str, ...] | None = None
    pages: list[tuple[ExportEntry, ...]] = []
    while not pages or position:
        page = ann.export(id_of(USER), position, 3)
        assert (page.view is None) is (position is not None)
        position = page.position
        pages.append(page.entries)

    assert tuple(entry for page in pages for entry in page) == whole
    assert len(pages) > 2


def test_of_who_was_erased_there_is_nothing_to_export(ann: Lifecycle) -> None:
    erased = erase(ann)

    with pytest.raises(ProspectErasedError):
        ann.export(erased.prospect_id, None, 10)


class Clock:
    """The time of the use cases, ``ahead`` of the real one."""

    ahead = timedelta(0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(use_cases, "_now", lambda: datetime.now(UTC) + clock.ahead)
    return clock
