"""What reports know of prospects follows from their logs, whatever arrives, and each change of it marks its day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lifecycle.services.lifecycle import Lifecycle
from lifecycle.steps import DayRow, LostDeal
from tests.builders import (
    ANN,
    BOB,
    COOKIE,
    DEFAULT,
    T0,
    WORKSPACE,
    activity,
    at,
    deal_update,
    decision,
    demo_form,
    email_sent,
    id_of,
    merge,
    visit,
    withdrawal,
)
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_store import MemoryStore

DAY = 24 * 60


@pytest.fixture
def store() -> MemoryStore:
    """An empty store."""
    return MemoryStore(WORKSPACE)


@pytest.fixture
def lifecycle(store: MemoryStore) -> Lifecycle:
    """The use cases of the default funnel."""
    return Lifecycle(store, FixedCalendar(DEFAULT))


def rows(store: MemoryStore) -> list[DayRow]:
    """All that reports know of prospects, in order."""
    listed = (row for day in range(10) for row in store.day_rows((T0 + timedelta(days=day)).date()))
    return sorted((row for row in listed if isinstance(row, DayRow)), key=lambda row: row.occurred_at)


def ways(store: MemoryStore) -> list[tuple[str | None, str]]:
    """From where to where people moved, as reports count it."""
    return [(row.step.from_stage, row.step.to_stage) for row in rows(store) if row.step]


def losses(store: MemoryStore) -> list[LostDeal]:
    """The deals that reports count as lost."""
    listed = (row for day in range(10) for row in store.day_rows((T0 + timedelta(days=day)).date()))
    return [row for row in listed if isinstance(row, LostDeal)]


def test_a_late_event_changes_the_right_past_day_and_marks_it(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(email_sent("e", 0))
    lifecycle.record_activity(visit("v", 5 * DAY))
    store.marked.clear()

    lifecycle.record_activity(visit("late", 2 * DAY))

    assert [(row.occurred_at, row.to_stage) for row in rows(store)] == [(at(0), "suspect"), (at(2 * DAY), "engaged")]
    assert store.marked == {at(2 * DAY).date(), at(5 * DAY).date()}


def test_what_moves_nobody_marks_no_day(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 0, ANN))
    store.marked.clear()

    lifecycle.record_activity(visit("w", DAY))

    assert store.marked == set()


def test_a_correction_takes_the_move_out_of_its_day(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(email_sent("e", 0))
    lifecycle.record_activity(demo_form("f", DAY))
    store.marked.clear()

    lifecycle.decide(id_of(ANN), withdrawal("w", 3 * DAY, "f"))

    assert ways(store) == [(None, "suspect")]
    assert [row.corrected for row in rows(store)] == [False, True, False]
    assert at(DAY).date() in store.marked


def test_two_who_turn_out_to_be_one_are_counted_once(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(email_sent("e", 0, ANN))
    lifecycle.record_activity(email_sent("f", DAY, BOB))
    store.marked.clear()

    lifecycle.decide(id_of(ANN), merge("m", 2 * DAY, id_of(BOB)))

    assert ways(store) == [(None, "suspect")]
    assert at(DAY).date() in store.marked


def test_whoever_becomes_known_where_he_stands_is_counted_from_then_on(
    store: MemoryStore, lifecycle: Lifecycle
) -> None:
    lifecycle.record_activity(visit("v", 0, COOKIE))
    lifecycle.decide(id_of(COOKIE), decision("d", DAY, "disqualify", reason="a robot"))
    store.marked.clear()

    lifecycle.record_activity(email_sent("e", 2 * DAY, COOKIE, ANN))

    assert ways(store) == [(None, "disqualified")]
    assert [row.cause for row in rows(store) if row.step] == ["known"]
    assert at(2 * DAY).date() in store.marked


def test_the_counts_stay_when_somebody_is_erased(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 0, COOKIE))
    lifecycle.decide(id_of(COOKIE), decision("d", DAY, "disqualify", reason="a robot"))
    lifecycle.record_activity(email_sent("e", 2 * DAY, COOKIE, ANN))
    lifecycle.record_activity(activity("r", 3 * DAY, "referral", BOB))
    before = ways(store)

    for identity in (ANN, BOB):
        lifecycle.erase(lifecycle.find_prospect(identity).prospect_id, lambda: True)

    assert ways(store) == before
    assert all(row.step is None or row.step.why is None for row in rows(store))


def test_a_deal_counts_as_lost_while_it_is(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.update_deal(deal_update("u1", 0, "open", (ANN,)))
    assert losses(store) == []

    lifecycle.update_deal(deal_update("u2", DAY, "lost", reason="price"))
    assert [(loss.deal_id, loss.lost_at, loss.reason) for loss in losses(store)] == [("D1", at(DAY), "price")]

    lifecycle.update_deal(deal_update("u3", 2 * DAY, "open"))
    assert losses(store) == []


def test_a_deleted_deal_was_never_lost(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.update_deal(deal_update("u1", 0, "lost", (ANN,), reason="price"))

    lifecycle.update_deal(deal_update("u2", DAY, deleted=True))

    assert losses(store) == []
