"""A simulation on a store in memory: what it says of everybody is what publishing then does, and it writes nothing."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.plan import Plan
from lifecycle.events import Activity, Event, Identity
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.services.job_results import Histories
from lifecycle.services.settle import Settler
from lifecycle.services.simulation import LONGEST_REASON
from lifecycle.store.job_records import FoundMove
from lifecycle.store.protocol import Appended
from tests.builders import (
    ANN,
    BOB,
    COOKIE,
    DEFAULT,
    WORKSPACE,
    at,
    default_definition,
    demo_form,
    email_sent,
    id_of,
    visit,
)
from tests.fakes.memory_store import MemoryStore
from tests.fakes.workshop import Workshop, draft_of, eager_default
from tests.random_funnels import random_definition
from tests.random_logs import EMAILS, random_log
from tests.scenarios import Operation, World, operations


@pytest.fixture
def shop(store: MemoryStore) -> Workshop:
    return Workshop(store)


def test_moves_are_found_with_the_reason_and_the_actions_of_each(shop: Workshop) -> None:
    shop.lifecycle.record_activities([visit("v", 0), email_sent("e", 0, BOB), visit("w", 0, COOKIE)])

    job = shop.simulated(eager_default())
    view = shop.view(job)

    assert shop.found(job) == {
        id_of(ANN): FoundMove(id_of(ANN), "engaged", "marketing_qualified", "an email is known and one website_visit")
    }
    assert view.job.status == "done"
    assert view.moves == {"engaged": {"marketing_qualified": 1}}
    assert (view.moved, view.stayed, view.actions) == (1, 2, {"call": 1})
    assert (view.progress.done, view.progress.total, view.progress.percent) == (3, 3, 100)


def test_both_histories_are_told(shop: Workshop) -> None:
    shop.lifecycle.record_activities([visit("v", 0), visit("w", 60, BOB), demo_form("d", 120, BOB)])

    histories = shop.view(shop.simulated(eager_default())).histories
    assert isinstance(histories, Histories)
    draft, in_force = ({row.stage: row for row in told.stages} for told in (histories.draft, histories.in_force))

    assert "anonymous" not in draft
    assert (draft["engaged"].entered, draft["marketing_qualified"].entered) == (0, 2)
    assert (in_force["engaged"].entered, in_force["marketing_qualified"].now) == (2, 1)


def test_a_simulation_writes_nothing_to_prospects(shop: Workshop) -> None:
    shop.lifecycle.record_activities([visit("v", 0), email_sent("e", 0, BOB)])
    before, writes = deepcopy(shop.store.items), shop.store.writes

    shop.simulated(eager_default())

    assert (shop.store.items, shop.store.writes) == (before, writes)


def test_a_draft_that_moves_nobody_finds_nothing(shop: Workshop) -> None:
    shop.lifecycle.record_activities([visit("v", 0), demo_form("d", 5, BOB)])

    job = shop.simulated(default_definition())
    view = shop.view(job)

    assert (shop.found(job), view.moved, view.stayed) == ({}, 0, 2)
    assert view.histories is not None
    assert view.histories.draft == view.histories.in_force


def test_what_happens_after_it_was_asked_for_is_left_out(shop: Workshop) -> None:
    shop.lifecycle.record_activity(email_sent("e", 0))
    job = shop.jobs.start_simulation(draft_of(eager_default()), "ann", shop.now)
    shop.lifecycle.record_activity(visit("v", 2_000))
    shop.run()

    assert shop.found(job) == {}


def test_a_version_that_is_scheduled_for_later_has_no_part_in_it(shop: Workshop) -> None:
    shop.lifecycle.record_activity(visit("v", 0))
    job = shop.simulated(eager_default())
    shop.calendar = DEFAULT.followed_by(Plan(parse_funnel(eager_default(), 2)), at(5_000))

    assert shop.found(shop.simulated(eager_default())) == shop.found(job)


def test_a_reason_that_goes_on_and_on_is_cut(shop: Workshop) -> None:
    shop.lifecycle.record_activity(visit("v", 0))
    definition = eager_default()
    many = [{"activity": {"type": f"a_type_with_a_long_name_{number}"}} for number in range(60)]
    stage = next(stage for stage in definition["stages"] if stage["key"] == "marketing_qualified")
    stage["enter_when"] = {"not": {"any": many}}

    (move,) = shop.found(shop.simulated(definition)).values()

    assert len(move.because) == LONGEST_REASON


@settings(deadline=None)
@given(operations(), st.randoms(use_true_random=False), st.booleans())
def test_the_forecast_for_whoever_was_merged_and_parted_is_what_publishing_does(
    happens: list[Operation], random: Random, lenient: bool
) -> None:
    store = MemoryStore(WORKSPACE)
    world, shop = World(store, store.images), Workshop(store)
    for operation in happens:
        world.do(operation)

    assert_forecast_comes_true(
        shop, eager_default() | {"on_publication": "by_criteria" if lenient else "forward_only"}, random
    )


@pytest.mark.parametrize("seed", range(60))
def test_the_forecast_under_random_funnels_is_what_publishing_does(seed: int) -> None:
    random = Random(seed)
    before = random_definition(random)
    shop = Workshop(
        MemoryStore(WORKSPACE), Calendar.always(Plan(parse_funnel(before, 1))), now=at(60 * 24 * random.randint(9, 30))
    )
    for person in range(4):
        live(shop, person, random_log(random, 12))

    assert_forecast_comes_true(shop, random_definition(random, before), random)


def live(shop: Workshop, person: int, log: list[Event]) -> None:
    """Let a random log happen to one of several persons."""
    home = id_of(Identity("email", f"{person}-{EMAILS[0].value}"))
    entries = [Appended(home, _of(person, event), home) for event in log]
    shop.store.append(entries)
    Settler(shop.store, shop.calendars).settle(entries, shop.now)


def _of(person: int, event: Event) -> Event:
    """An event as it comes in by the API: its numbers as JSON has them."""
    if not isinstance(event, Activity):
        return event
    return replace(
        event,
        identities=tuple(Identity(kind, f"{person}-{value}") for kind, value in event.identities),
        properties={
            name: Decimal(str(one)) if isinstance(one, float) else one for name, one in event.properties.items()
        },
        traits={name: Decimal(str(one)) if isinstance(one, float) else one for name, one in event.traits.items()},
    )


def assert_forecast_comes_true(shop: Workshop, definition: dict[str, Any], random: Random) -> None:
    everybody = shop.everybody()
    shop.refresh(everybody)
    before = shop.stages()

    job = shop.simulated(definition, random)
    moves, view = shop.found(job), shop.view(job)
    shop.publish(definition, 99)
    refreshed = shop.refresh(everybody)
    after = shop.stages()

    assert view.job.status == "done"
    assert {id_: (move.from_stage, move.to_stage) for id_, move in moves.items()} == {
        id_: (before[id_], after[id_]) for id_ in everybody if before[id_] != after[id_]
    }
    assert {one.prospect_id for one in refreshed if one.moved} == set(moves)
    assert (view.moved, view.stayed) == (len(moves), len(everybody) - len(moves))
    assert sum(view.moves.get(stage, {}).get(other, 0) for stage in view.moves for other in view.moves[stage]) == len(
        moves
    )
    assert view.actions == Counter(
        name
        for id_ in moves
        for transition in shop.store.transitions(id_)
        if transition.occurred_at == shop.now and transition.cause == "funnel_published"
        for name in transition.actions
    )
