"""Steps: what reports know of a prospect's way. Held to the transitions of the fold, and to the rules of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import Folded, fold
from lifecycle.engine.journey import journey
from lifecycle.engine.plan import Plan
from lifecycle.events import Activity, Event
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.steps import Step, Told
from tests.builders import (
    ANN,
    COOKIE,
    DEFAULT,
    activity,
    at,
    deal,
    decision,
    demo_form,
    email_sent,
    set_stage,
    visit,
    withdrawal,
)
from tests.random_logs import Case, random_case, random_withdrawals

CASES = 400

Make = Callable[[int], Case]


def calendar_of(case: Case) -> Calendar:
    """When which version of a case is in force."""
    return Calendar([(start, Plan(funnel)) for start, funnel in case.terms])


def steps_of(folded: Folded) -> list[Step]:
    """The steps of a prospect in order."""
    way = journey(folded)
    moved = sorted((folded.transitions[place].event, place, step) for place, step in way.steps.items())
    return [*([way.arrival] if way.arrival else []), *(step for *_, step in moved)]


def ways(*events: Event, calendar: Calendar = DEFAULT) -> list[tuple[str | None, str]]:
    return [(step.from_stage, step.to_stage) for step in steps_of(fold(events, calendar))]


def told(activity: Activity, source: str | None = None, **traits: str) -> Activity:
    return replace(activity, source=source, traits=traits)


NO_ANONYMOUS = Calendar.always(
    Plan(
        parse_funnel(
            {
                "stages": [
                    {"key": "contact", "enter_when": {"known": "email"}},
                    {"key": "talking", "enter_when": {"activity": {"type": "meeting"}}},
                    {"key": "out", "beside": True, "decision": "disqualify"},
                ]
            },
            1,
        )
    )
)


# ---- the chain ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [random_case, random_withdrawals])
def test_each_step_begins_where_the_one_before_ended(make: Make) -> None:
    seen = 0
    for seed in range(CASES):
        case = make(seed)
        folded = fold(case.log, calendar_of(case), case.until)

        steps = steps_of(folded)

        seen += len(steps)
        for before, after in pairwise(steps):
            assert (after.from_stage, after.left) == (before.to_stage, before.entry), f"seed {seed}"
            assert after.entry.at >= before.entry.at, f"seed {seed}"
        if steps:
            assert (steps[0].from_stage, steps[0].left) == (None, None)
            assert steps[-1].to_stage == folded.machine.at.stage.key, f"seed {seed}"
    assert seen > CASES


@pytest.mark.parametrize("make", [random_case, random_withdrawals])
def test_every_move_of_somebody_known_that_stands_is_a_step_and_no_other(make: Make) -> None:
    for seed in range(CASES):
        case = make(seed)
        folded = fold(case.log, calendar_of(case), case.until)

        way = journey(folded)

        first = min((folded.transitions[place].event for place in way.steps), default=None)
        for place, move in enumerate(folded.transitions):
            stands = move.corrected_by is None and move.cause != "correction"
            if place in way.steps:
                step = way.steps[place]
                assert stands, f"seed {seed}"
                assert (step.to_stage, step.entry.at) == (move.to_stage, move.occurred_at), f"seed {seed}"
            elif stands and way.steps:
                assert first is not None, f"seed {seed}"
                assert move.event <= first, f"seed {seed}"


def test_a_stage_is_opened_once_in_each_cycle_and_reached_keeps_the_first_entry() -> None:
    for seed in range(CASES):
        case = random_case(seed)
        opened: dict[int, list[str]] = {}
        entered: dict[int, dict[str, object]] = {}

        for step in steps_of(fold(case.log, calendar_of(case), case.until)):
            cycle = step.entry.cycle
            assert dict(step.reached) == entered.get(cycle, {}), f"seed {seed}"
            opened.setdefault(cycle, []).extend(step.opened)
            entered.setdefault(cycle, {}).setdefault(step.to_stage, step.entry)

        assert all(len(set(stages)) == len(stages) for stages in opened.values()), f"seed {seed}"


# ---- who is in the reports ------------------------------------------------------------------------------------------


def test_nobody_anonymous_is_in_the_reports() -> None:
    assert ways(visit("v", 0, COOKIE), visit("w", 5, COOKIE)) == []


def test_becoming_known_is_the_first_step_dated_at_that_moment() -> None:
    (step,) = steps_of(fold([visit("v", 0, COOKIE), activity("f", 9, "form_submission", COOKIE, ANN)], DEFAULT))

    assert (step.from_stage, step.to_stage, step.entry.at) == (None, "engaged", at(9))
    assert step.opened == ("suspect", "engaged")


def test_a_deal_makes_somebody_known_without_an_email() -> None:
    folded = fold([visit("v", 0, COOKIE), deal("d", 5, "open")], DEFAULT)

    assert [(step.from_stage, step.to_stage) for step in steps_of(folded)] == [(None, "opportunity")]


def test_whoever_becomes_known_without_moving_arrives_in_the_stage_where_he_stands() -> None:
    events: list[Event] = [
        visit("v", 0, COOKIE),
        decision("d", 3, "disqualify", reason="a robot"),
        email_sent("e", 7, COOKIE, ANN),
    ]

    way = journey(fold(events, DEFAULT))

    assert way.steps == {}
    assert way.arrival is not None
    assert (way.arrival.to_stage, way.arrival.entry.at, way.arrival.from_stage) == ("disqualified", at(7), None)


def test_in_a_funnel_without_a_stage_of_the_anonymous_people_arrive_when_they_are_known() -> None:
    events: list[Event] = [visit("v", 0, COOKIE), activity("m", 4, "meeting", COOKIE), email_sent("e", 7, COOKIE, ANN)]

    assert ways(*events[:2], calendar=NO_ANONYMOUS) == []
    assert ways(events[0], events[2], calendar=NO_ANONYMOUS) == [(None, "contact")]
    assert ways(*events, calendar=NO_ANONYMOUS) == [(None, "talking")]


# ---- what was withdrawn ---------------------------------------------------------------------------------------------


def test_what_was_withdrawn_is_no_step_and_neither_is_its_correction() -> None:
    events: list[Event] = [email_sent("e", 0), visit("v", 5), withdrawal("w", 9, "v")]

    folded = fold(events, DEFAULT)

    assert [move.cause for move in folded.transitions] == ["rule", "rule", "correction"]
    assert ways(*events) == [(None, "suspect")]


def test_what_came_to_light_by_a_withdrawal_is_a_step() -> None:
    events: list[Event] = [email_sent("e", 0), demo_form("f", 5), visit("v", 7), withdrawal("w", 9, "f")]

    assert ways(*events) == [(None, "suspect"), ("suspect", "engaged")]


# ---- cycles, skips and returns --------------------------------------------------------------------------------------


def test_stages_that_were_passed_are_opened_with_the_one_that_is_reached() -> None:
    steps = steps_of(fold([email_sent("e", 0), deal("d", 5, "won")], DEFAULT))

    assert steps[1].opened == ("engaged", "marketing_qualified", "sales_qualified", "opportunity", "customer")


def test_a_return_begins_a_cycle_that_has_reached_nothing() -> None:
    steps = steps_of(
        fold([email_sent("e", 0), decision("d", 3, "disqualify", reason="no budget"), deal("o", 8, "open")], DEFAULT)
    )

    assert [(step.to_stage, step.opened, step.entry.cycle) for step in steps] == [
        ("suspect", ("suspect",), 1),
        ("disqualified", ("disqualified",), 1),
        ("opportunity", ("opportunity",), 2),
    ]
    assert steps[1].why == "no budget"
    assert (set(steps[1].reached), set(steps[2].reached)) == ({"suspect"}, set())


def test_being_in_a_stage_again_is_told() -> None:
    events: list[Event] = [
        email_sent("e", 0),
        visit("v", 1),
        set_stage("d", 3, "suspect", "too early"),
        visit("w", 8),
    ]

    assert [(step.to_stage, step.again) for step in steps_of(fold(events, DEFAULT))] == [
        ("suspect", False),
        ("engaged", False),
        ("suspect", True),
        ("engaged", True),
    ]


# ---- what reports break down by -------------------------------------------------------------------------------------


def test_source_and_campaign_are_of_the_first_activity_that_names_one_and_the_owner_is_the_last() -> None:
    first = told(activity("a", 0, "email_sent"), owner="kim")
    second = told(activity("b", 2, utm_source="google", utm_campaign="spring"), "website", owner="lee")
    third = told(activity("c", 4, "form_submission", form="demo", utm_source="bing"), "website")

    steps = steps_of(fold([first, second, third], DEFAULT))

    assert [step.entry.told for step in steps] == [
        Told(None, None, "kim"),
        Told("google", "spring", "lee"),
        Told("google", "spring", "lee"),
    ]


def test_where_no_utm_source_is_named_the_source_of_the_activity_is() -> None:
    (step,) = steps_of(fold([told(email_sent("e", 0), "sendgrid")], DEFAULT))

    assert step.entry.told.source == "sendgrid"


def test_a_bot_and_what_was_withdrawn_tell_of_no_source() -> None:
    bot = replace(activity("a", 0, utm_source="bot"), automated=True)
    events: list[Event] = [
        bot,
        activity("b", 1, utm_source="wrong"),
        withdrawal("w", 2, "b"),
        activity("c", 3, utm_source="right"),
    ]

    assert steps_of(fold(events, DEFAULT))[-1].entry.told.source == "right"
