"""Activities and the stream: the append is the commit, and evaluating is idempotent."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lifecycle.events import Event, prospect_id
from lifecycle.services.errors import TooBusyError
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.settle import ATTEMPTS, RECENT
from lifecycle.services.stream import evaluate_stream
from lifecycle.store.items import deal_update_item, event_item, to_attributes
from lifecycle.store.protocol import Appended
from lifecycle.store.records import Change, KeptLog, TransitionRecord
from tests.builders import (
    ANN,
    BOB,
    COOKIE,
    DEFAULT,
    WORKSPACE,
    activity,
    at,
    deal_update,
    demo_form,
    email_sent,
    home_of,
    id_of,
    visit,
)
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_store import MemoryStore


def record_of(event: Event, home: str, number: str = "1") -> dict[str, object]:
    """The stream record of an event that was appended."""
    image = to_attributes(event_item(WORKSPACE, home, event, home))
    return {"dynamodb": {"SequenceNumber": number, "NewImage": image}}


# ---- activities ----------------------------------------------------------------------------------------------------


def test_a_new_activity_answers_with_the_prospect_its_stage_and_the_transition(lifecycle: Lifecycle) -> None:
    outcome = lifecycle.record_activity(visit("v", 1))

    assert (outcome.event_id, outcome.prospect_id, outcome.stage, outcome.duplicate) == (
        "v", id_of(ANN), "engaged", False,
    )  # fmt: skip
    assert outcome.transition is not None
    assert (outcome.transition.from_stage, outcome.transition.to_stage) == ("anonymous", "engaged")
    assert outcome.transition.sequence == 1


def test_an_activity_that_moves_nobody_answers_without_a_transition(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 1))

    assert lifecycle.record_activity(visit("w", 2)).transition is None


def test_the_same_id_again_is_a_duplicate_and_changes_nothing(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 1))
    items = dict(store.items)

    again = lifecycle.record_activity(visit("v", 1))

    assert (again.stage, again.transition, again.duplicate) == ("engaged", None, True)
    assert store.items == items


def test_a_duplicate_answers_with_where_its_prospect_stands_now(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 1, COOKIE))
    lifecycle.record_activity(demo_form("d", 2, ANN, COOKIE))

    again = lifecycle.record_activity(visit("v", 1, COOKIE))

    assert (again.prospect_id, again.stage, again.duplicate) == (id_of(ANN), "marketing_qualified", True)


def test_a_late_activity_may_change_when_and_why_a_prospect_moved(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 5))

    late = lifecycle.record_activity(demo_form("d", 3))

    assert late.transition is not None
    assert (late.transition.from_stage, late.stage) == ("anonymous", "marketing_qualified")
    transitions = [e for e in lifecycle.timeline(id_of(ANN), None, 9).entries if isinstance(e, TransitionRecord)]
    assert [(one.sequence, one.occurred_at) for one in transitions] == [(1, at(3))]


def test_a_batch_tells_how_many_were_new(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v0", 0))

    outcome = lifecycle.record_activities([visit("v0", 0), visit("v1", 1), visit("v1", 1), visit("b", 1, BOB)])

    assert (outcome.accepted, outcome.duplicates) == (2, 2)
    assert lifecycle.find_prospect(ANN).counts["activities"] == 2


def test_a_batch_may_link_what_it_names(lifecycle: Lifecycle) -> None:
    batch = [visit("v1", 1, COOKIE), email_sent("link", 2, ANN, COOKIE), visit("v3", 3, COOKIE), visit("b", 1, BOB)]

    lifecycle.record_activities(list(reversed(batch)))

    assert lifecycle.find_prospect(COOKIE).counts["activities"] == 3
    assert lifecycle.find_prospect(ANN).stage == "engaged"


def test_a_batch_of_five_hundred_is_kept_whole(lifecycle: Lifecycle) -> None:
    lifecycle.record_activities([activity(f"e{number}", number, "email_open") for number in range(500)])

    assert lifecycle.find_prospect(ANN).counts["internal"] == 500


def test_an_activity_that_moves_nobody_costs_one_read_and_two_writes(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 1, ANN, COOKIE))
    reads, writes = store.reads, store.writes

    lifecycle.record_activity(visit("w", 2, ANN, COOKIE))

    assert (store.reads - reads, store.writes - writes) == (1, 2)


# ---- conflicts -----------------------------------------------------------------------------------------------------


class ContestedStore(MemoryStore):
    """A store to which another writer is always faster, for the first so many commits."""

    def __init__(self, lost: int) -> None:
        super().__init__(WORKSPACE)
        self.lost = lost

    def commit(self, changes: Sequence[Change]) -> list[bool]:
        if self.lost:
            self.lost -= 1
            return [False] * len(changes)
        return super().commit(changes)


def test_a_lost_race_is_run_again() -> None:
    store = ContestedStore(lost=ATTEMPTS - 1)

    assert Lifecycle(store, FixedCalendar(DEFAULT)).record_activity(visit("v", 1)).stage == "engaged"


def test_who_always_loses_gives_up_and_what_it_recorded_is_kept() -> None:
    store = ContestedStore(lost=ATTEMPTS)
    lifecycle = Lifecycle(store, FixedCalendar(DEFAULT))

    with pytest.raises(TooBusyError):
        lifecycle.record_activity(visit("v", 1))

    assert [event.id for event in store.log(id_of(ANN))[0]] == ["v"]
    assert evaluate_stream("table", [record_of(visit("v", 1), id_of(ANN))], lambda _: lifecycle) == []
    assert lifecycle.find_prospect(ANN).stage == "engaged"


def test_a_retry_after_giving_up_is_a_duplicate_that_does_not_hide_the_event() -> None:
    store = ContestedStore(lost=ATTEMPTS)
    lifecycle = Lifecycle(store, FixedCalendar(DEFAULT))
    with pytest.raises(TooBusyError):
        lifecycle.record_activity(visit("v", 1))

    again = lifecycle.record_activity(visit("v", 1))

    assert again.duplicate
    assert lifecycle.record_activity(visit("w", 2)).stage == "engaged"


# ---- the stream ----------------------------------------------------------------------------------------------------


def test_an_event_that_was_appended_and_not_evaluated_is_evaluated_by_the_stream(
    store: MemoryStore, lifecycle: Lifecycle
) -> None:
    store.append([Appended(id_of(ANN), visit("v", 1), id_of(ANN))])

    failed = evaluate_stream("table", [record_of(visit("v", 1), id_of(ANN))], lambda _: lifecycle)

    assert failed == []
    assert lifecycle.find_prospect(ANN).stage == "engaged"


def test_the_stream_reads_once_and_writes_nothing_where_all_is_done(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 1))
    reads, writes = store.reads, store.writes

    evaluate_stream("table", [record_of(visit("v", 1), id_of(ANN))], lambda _: lifecycle)

    assert (store.reads - reads, store.writes - writes) == (1, 0)


def test_an_event_that_the_state_no_longer_remembers_changes_nothing(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.record_activities([visit(f"v{number}", number) for number in range(RECENT + 5)])
    view = lifecycle.find_prospect(ANN)

    evaluate_stream("table", [record_of(visit("v0", 0), id_of(ANN))], lambda _: lifecycle)

    assert lifecycle.find_prospect(ANN) == view


def test_a_deal_update_of_the_stream_is_copied_to_its_contacts(store: MemoryStore, lifecycle: Lifecycle) -> None:
    update = deal_update("open", 1, "open", (ANN, BOB))
    store.append_deal_updates([update])
    image = to_attributes(deal_update_item(WORKSPACE, update))

    failed = evaluate_stream("t", [{"dynamodb": {"SequenceNumber": "1", "NewImage": image}}], lambda _: lifecycle)

    assert failed == []
    assert {lifecycle.find_prospect(who).stage for who in (ANN, BOB)} == {"opportunity"}


class BrokenStore(MemoryStore):
    """A store in which one prospect's log cannot be read."""

    broken = id_of(BOB)

    def kept(self, prospect_id: str) -> KeptLog:
        if prospect_id == self.broken:
            raise OSError("the log cannot be read")
        return super().kept(prospect_id)


@pytest.mark.parametrize("order", [1, -1], ids=["first", "last"])
def test_one_record_that_fails_holds_up_no_other(caplog: pytest.LogCaptureFixture, order: int) -> None:
    store = BrokenStore(WORKSPACE)
    lifecycle = Lifecycle(store, FixedCalendar(DEFAULT))
    activities = [visit("a", 1, ANN), visit("b", 2, BOB), visit("c", 3, COOKIE)]
    for who in activities:
        lifecycle.record_activity(who)
    late = [visit("a0", 0, ANN), visit("b0", 0, BOB), visit("c0", 0, COOKIE)]
    for event in late:
        store.append([Appended(home_of(event), event, home_of(event))])

    records = [record_of(event, home_of(event), str(number)) for number, event in enumerate(late)]
    failed = evaluate_stream("table", records[::order], lambda _: lifecycle)

    assert failed == ["1"]
    assert lifecycle.find_prospect(ANN).first_seen == at(0)
    assert lifecycle.find_prospect(COOKIE).first_seen == at(0)
    assert "evaluation of stream records failed" in caplog.text
    assert {vars(line)["workspace"] for line in caplog.records} == {WORKSPACE}


def test_a_workspace_that_cannot_be_entered_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    acme = Lifecycle(MemoryStore("acme"), FixedCalendar(DEFAULT))
    images = {name: event_item(name, prospect_id(name, ANN), visit("v", 1), prospect_id(name, ANN)) for name in "ab"}
    images["c"] = deal_update_item("c", deal_update("d", 1, deal_id="D-1"))
    records = [
        {"dynamodb": {"SequenceNumber": name, "NewImage": to_attributes(image)}} for name, image in images.items()
    ]

    def connect(name: str) -> Lifecycle:
        if name != "a":
            raise OSError("no session")
        return acme

    assert sorted(set(evaluate_stream("table", records, connect))) == ["b", "c"]
    assert {vars(line)["workspace"] for line in caplog.records} == {"b", "c"}


def test_records_of_several_workspaces_go_to_each_ones_own() -> None:
    stores = {name: MemoryStore(name) for name in ("acme", "umbrella")}
    homes = {name: prospect_id(name, ANN) for name in stores}
    records = []
    for number, (name, home) in enumerate(homes.items()):
        stores[name].append([Appended(home, visit("v", 1), home)])
        image = to_attributes(event_item(name, home, visit("v", 1), home))
        records.append({"dynamodb": {"SequenceNumber": str(number), "NewImage": image}})

    assert evaluate_stream("table", records, lambda name: Lifecycle(stores[name], FixedCalendar(DEFAULT))) == []
    assert [stores[name].partitions([home])[home].stage for name, home in homes.items()] == ["engaged", "engaged"]
