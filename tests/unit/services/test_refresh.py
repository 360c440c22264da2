"""Bringing prospects up to the present whom no event concerns: by a publication, or by the passing of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.plan import Plan
from lifecycle.events import Activity
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.settle import Refreshed
from tests.builders import ANN, BOB, COOKIE, DEFAULT, WORKSPACE, default_definition, id_of
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_store import MemoryStore

NOW = datetime.now(UTC)


def ago(id_: str, days: float, *identities: Any, type_: str = "website_visit") -> Activity:
    at = NOW - timedelta(days=days)
    return Activity(id_, at, at, type_, "inbound", identities or (ANN,))


def plan(version: int, **changes: dict[str, Any]) -> Plan:
    stages = [{**stage, **changes.get(stage["key"], {})} for stage in default_definition()["stages"]]
    return Plan(parse_funnel(default_definition() | {"stages": stages}, version))


EAGER = plan(2, marketing_qualified={"enter_when": {"activity": {"type": "website_visit"}}})
PUBLISHED = Calendar([(None, DEFAULT.latest), (NOW - timedelta(days=1), EAGER)])


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(WORKSPACE)


def open_(store: MemoryStore, calendar: Calendar) -> Lifecycle:
    return Lifecycle(store, FixedCalendar(calendar))


def moves(refreshed: Sequence[Refreshed]) -> list[tuple[str, str, str, str]]:
    """Who moved from where to where, and why."""
    return [(one.prospect_id, one.from_stage, one.to_stage, one.because) for one in refreshed if one.moved]


def test_a_publication_moves_those_who_meet_it_and_tells_whom(store: MemoryStore) -> None:
    open_(store, DEFAULT).record_activities([ago("a", 5), ago("b", 5, BOB, type_="email_click"), ago("c", 5, COOKIE)])
    ids = [id_of(one) for one in (ANN, BOB, COOKIE)]

    refreshed = open_(store, PUBLISHED).refresh(ids)

    assert moves(refreshed) == [
        (id_of(ANN), "engaged", "marketing_qualified", "one website_visit"),
        (id_of(COOKIE), "anonymous", "marketing_qualified", "one website_visit"),
    ]
    assert [one.prospect_id for one in refreshed] == ids
    (transition,) = [record for record in store.transitions(id_of(ANN)) if record.cause == "funnel_published"]
    assert (transition.occurred_at, transition.funnel_version) == (NOW - timedelta(days=1), 2)


def test_the_last_event_of_a_prospect_is_no_publication(store: MemoryStore) -> None:
    open_(store, DEFAULT).record_activity(ago("a", 5))
    lifecycle = open_(store, PUBLISHED)

    views = [lifecycle.find_prospect(ANN)]
    lifecycle.refresh([id_of(ANN)])
    views.append(lifecycle.find_prospect(ANN))

    assert [view.last_event for view in views] == [NOW - timedelta(days=5)] * 2


def test_refreshing_again_writes_nothing(store: MemoryStore) -> None:
    open_(store, DEFAULT).record_activities([ago("a", 5), ago("b", 5, BOB)])
    lifecycle = open_(store, PUBLISHED)
    lifecycle.refresh([id_of(ANN), id_of(BOB)])
    before = dict(store.items)

    assert moves(lifecycle.refresh([id_of(ANN), id_of(BOB)])) == []
    assert store.items == before


def test_pointers_and_strangers_are_passed_over(store: MemoryStore) -> None:
    open_(store, DEFAULT).record_activity(ago("a", 5, ANN, COOKIE))

    moved = open_(store, PUBLISHED).refresh([id_of(COOKIE), id_of(BOB), id_of(ANN), id_of(ANN)])

    assert [one.prospect_id for one in moved] == [id_of(ANN)]


def test_a_state_that_no_one_refreshed_yet_is_told_as_the_version_in_force_has_it(store: MemoryStore) -> None:
    open_(store, DEFAULT).record_activity(ago("a", 5))
    lifecycle = open_(store, PUBLISHED)

    view = lifecycle.find_prospect(ANN)

    assert (view.stage, view.funnel_version) == ("marketing_qualified", 2)
    assert [one.stage for one in lifecycle.list_prospects("engaged", None, None, None, None, 10).prospects] == [
        "engaged"
    ]


def test_a_worker_that_has_not_heard_of_a_version_asks_again_and_does_not_judge_by_the_one_before(
    store: MemoryStore,
) -> None:
    class Late(FixedCalendar):
        def refresh(self, now: datetime) -> Calendar:
            return PUBLISHED

    open_(store, PUBLISHED).record_activity(ago("a", 5))

    Lifecycle(store, Late(DEFAULT)).record_activity(ago("b", 0.5))

    summary = store.partitions([id_of(ANN)])[id_of(ANN)].summary
    assert summary is not None
    assert summary["funnel"] == 2


ASLEEP = {"key": "asleep", "beside": True, "enter_when": {"stage": {"in": "engaged", "for": "30 days"}}}
SLEEPY = Calendar.always(
    Plan(parse_funnel(default_definition() | {"stages": [*default_definition()["stages"], ASLEEP]}, 1))
)


def due(store: MemoryStore) -> datetime | None:
    return store.partitions([id_of(ANN)])[id_of(ANN)].due


def test_a_prospect_says_when_to_look_at_it_next(store: MemoryStore) -> None:
    open_(store, SLEEPY).record_activity(ago("a", 5))

    assert due(store) == NOW + timedelta(days=25)


def test_a_prospect_whose_time_has_come_moves_when_it_is_looked_at(store: MemoryStore) -> None:
    open_(store, SLEEPY).record_activity(ago("a", 29))
    item = store.partitions([id_of(ANN)])[id_of(ANN)]
    assert item.due is not None

    later = Lifecycle(store, FixedCalendar(SLEEPY))
    later_now = NOW + timedelta(days=2)
    moved = later._settler.refresh([id_of(ANN)], later_now)

    assert moves(moved) == [(id_of(ANN), "engaged", "asleep", "30 days in engaged")]
    assert due(store) is None
    assert store.transitions(id_of(ANN))[-1].occurred_at == NOW + timedelta(days=1)


def test_an_event_that_puts_the_moment_off_leaves_the_index_alone_until_it_has_come(store: MemoryStore) -> None:
    quiet = {
        "key": "asleep",
        "beside": True,
        "enter_when": {"not": {"activity": {"type": "website_visit", "within": "30 days"}}},
    }
    calendar = Calendar.always(
        Plan(parse_funnel({"stages": [{"key": "cold"}, {"key": "warm", "enter_when": {"activity": {}}}, quiet]}, 1))
    )
    lifecycle = open_(store, calendar)
    lifecycle.record_activity(ago("a", 20))
    first = due(store)

    lifecycle.record_activity(ago("b", 10))
    assert due(store) == first == NOW + timedelta(days=10)

    lifecycle._settler.refresh([id_of(ANN)], NOW + timedelta(days=11))
    assert due(store) == NOW + timedelta(days=20)
