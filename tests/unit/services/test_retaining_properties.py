"""Whatever happens, and whenever traces are made and activities deleted in between: each prospect stands where the fold
of the whole log puts it, as if nothing had ever been deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.plan import Plan
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.settle import Settler
from tests.builders import DEFAULT, at, default_definition
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_store import MemoryStore
from tests.scenarios import Operation, World, operations

RANDOMS = st.randoms(use_true_random=False)
#: All that happens in a world has happened long ago, so that an hour is over at once and centuries are not.
AT_ONCE, LATE = "1 hour", "9999 weeks"
POLICIES: tuple[Mapping[str, Any], ...] = (
    {"default": AT_ONCE},
    {"activities": {"website_visit": AT_ONCE, "form_submission": LATE}},
    {"default": AT_ONCE, "activities": {"email_open": LATE, "referral": LATE}},
    {"default": LATE, "activities": {"form_submission": AT_ONCE}},
)


def plan(policy: Mapping[str, Any], version: int = 1) -> Plan:
    """The default funnel with a policy."""
    return Plan(parse_funnel(default_definition() | {"retention": policy}, version))


def world(calendar: Calendar) -> World:
    """A world on a store in memory."""
    store = MemoryStore()
    return World(store, store.images, calendar)


def switch(here: World, calendar: Calendar) -> None:
    """Let another calendar be in force, and bring everybody up to it."""
    here.calendar = calendar
    here.lifecycle = Lifecycle(here.store, FixedCalendar(calendar))
    look_at(here, [pk.split("#", 3)[3] for pk, sk in _items(here) if sk == "STATE"])


def _items(here: World) -> dict[tuple[str, str], dict[str, Any]]:
    assert isinstance(here.store, MemoryStore)
    return here.store.items


def a_minute_later() -> datetime:
    """When timers look next."""
    return datetime.now(UTC) + timedelta(minutes=1)


def look_at(here: World, prospect_ids: Sequence[str]) -> None:
    """Look at prospects as timers and re-evaluations do."""
    Settler(here.store, FixedCalendar(here.calendar)).refresh(prospect_ids, a_minute_later())


def let_time_pass(here: World, random: Random) -> None:
    """What happens within two days: the stream delivers what it must, timers run, then the service deletes.

    Of all that is deleted there is a trace.
    """
    assert isinstance(here.store, MemoryStore)
    assert here.stream(random) == []
    assert here.stream(random) == []
    for _ in range(20):
        due = here.store.due_until(a_minute_later(), 1000)
        if not due:
            break
        look_at(here, [timer.id for timer in due])
    else:
        raise AssertionError("something is due for ever")
    then = datetime.now(UTC) + timedelta(days=2)
    for prospect_id in {pk.split("#", 3)[3] for pk, _ in _items(here) if "#P#" in pk}:
        kept = here.store.kept(prospect_id)
        traced = {trace.id for trace in kept.traces.values()}
        assert {id_ for id_, ends in kept.expiries.items() if ends is not None and ends <= then} <= traced
    here.store.expire(then)


@settings(max_examples=150, deadline=None)
@given(operations(most=14), st.sampled_from(POLICIES), RANDOMS)
def test_what_is_deleted_in_between_changes_nothing(
    given_: list[Operation], policy: Mapping[str, Any], random: Random
) -> None:
    here = world(Calendar.always(plan(policy)))

    for operation in given_:
        here.do(operation)
        if random.random() < 0.4:
            let_time_pass(here, random)
    let_time_pass(here, random)

    assert here.stands() == here.should_stand()


@settings(max_examples=60, deadline=None)
@given(operations(most=12), st.sampled_from(POLICIES), RANDOMS)
def test_neither_do_crashes_that_the_stream_heals(
    given_: list[Operation], policy: Mapping[str, Any], random: Random
) -> None:
    here = world(Calendar.always(plan(policy)))

    for operation in given_:
        here.do(operation, crash=random.random() < 0.4)
        if random.random() < 0.3:
            let_time_pass(here, random)
    let_time_pass(here, random)
    let_time_pass(here, random)

    assert here.stands() == here.should_stand()


@settings(max_examples=100, deadline=None)
@given(operations(most=14), st.sampled_from((*POLICIES, {})), st.sampled_from((*POLICIES, {})), RANDOMS)
def test_a_new_policy_changes_nothing_either(
    given_: list[Operation], before: Mapping[str, Any], after: Mapping[str, Any], random: Random
) -> None:
    kept, plain = world(Calendar.always(plan(before))), world(DEFAULT)
    switching = random.randrange(len(given_) + 1)

    for number, operation in enumerate(given_):
        if number == switching:
            switch(kept, Calendar.always(plan(before)).followed_by(plan(after, 2), at(20)))
            switch(plain, DEFAULT.followed_by(plan({}, 2), at(20)))
        kept.do(operation)
        plain.do(operation)
        if random.random() < 0.3:
            let_time_pass(kept, random)

    assert kept.stands() == plain.stands()


@settings(deadline=None)
@given(operations(most=10), RANDOMS)
def test_a_policy_that_is_taken_back_stops_the_deleting(given_: list[Operation], random: Random) -> None:
    here = world(Calendar.always(plan({"default": AT_ONCE})))
    for operation in given_:
        here.do(operation)

    switch(here, here.calendar.followed_by(plan({}, 2), at(50)))
    before = {sk for _, sk in _items(here)}
    let_time_pass(here, random)

    assert {sk for _, sk in _items(here)} == before
