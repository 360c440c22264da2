"""Criteria that time alone makes true, or untrue: periods, fading scores, time in a stage."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import Advance, advance, catch_up, fold
from lifecycle.engine.snapshot import dump, load
from lifecycle.events import Event
from tests.builders import T0, activity, at, demo_form, email_sent, funnel_of, moves_of, stage_of, visit

DAY = 24 * 60
KNOWN = {"known": "email"}


def two_stages(criterion: dict[str, Any], **score: Any) -> Calendar:
    """A funnel in which everybody is cold until a criterion holds."""
    return funnel_of({"key": "cold"}, {"key": "warm", "enter_when": criterion}, **score)


THREE_IN_A_WEEK = two_stages({"activity": {"type": "website_visit", "count": 3, "within": "1 week"}})


@pytest.mark.parametrize(
    ("days", "stage"),
    [((0, 1, 2), "warm"), ((0, 3, 6.9), "warm"), ((0, 3, 7), "cold"), ((0, 5, 10), "cold"), ((0, 8, 9, 10), "warm")],
)
def test_activities_count_within_their_period_which_excludes_its_end(days: tuple[float, ...], stage: str) -> None:
    visits = [visit(f"v{day}", day * DAY) for day in days]

    assert stage_of(*visits, calendar=THREE_IN_A_WEEK) == stage


def test_evidence_of_a_period_is_the_activities_within_it() -> None:
    log = [visit(f"v{day}", day * DAY) for day in (0, 8, 9, 10)]

    (moved,) = fold(log, THREE_IN_A_WEEK).transitions

    assert moved.evidence == ("v8", "v9", "v10")
    assert moved.because == "3 website_visit within 1 week"


QUIET = funnel_of(
    {"key": "cold"},
    {"key": "warm", "enter_when": {"activity": {"type": "website_visit"}}},
    {
        "key": "asleep",
        "beside": True,
        "enter_when": {
            "all": [{"not": {"activity": {"type": "website_visit", "within": "30 days"}}}, {"not": {"below": "warm"}}]
        },
    },
)


def test_who_does_nothing_for_a_period_moves_at_the_very_moment_at_which_it_is_over() -> None:
    log = [visit("v1", 0), visit("v2", 10 * DAY)]

    before, after = fold(log, QUIET, at(40 * DAY) - timedelta(microseconds=1)), fold(log, QUIET, at(40 * DAY))

    assert before.machine.at.stage.key == "warm"
    assert before.machine.due == at(40 * DAY)
    assert after.machine.at.stage.key == "asleep"
    moved = after.transitions[-1]
    assert (moved.occurred_at, moved.cause, moved.evidence) == (at(40 * DAY), "rule", ())
    assert moved.because == "no website_visit within 30 days and not (the prospect is below warm)"


def test_a_move_by_time_stands_in_its_place_however_late_it_is_looked_for() -> None:
    log = [visit("v1", 0), email_sent("late", 100 * DAY)]

    moves = fold(log, QUIET, at(200 * DAY)).transitions

    assert [(move.to_stage, move.occurred_at) for move in moves] == [("warm", at(0)), ("asleep", at(30 * DAY))]


def test_an_event_that_arrives_late_undoes_a_move_by_time_that_never_came_to_pass() -> None:
    log: list[Event] = [visit("v1", 0), email_sent("sent", 35 * DAY)]

    assert fold(log, QUIET).machine.at.stage.key == "asleep"
    assert fold([*log, visit("late", 20 * DAY)], QUIET).machine.at.stage.key == "warm"


STALE = funnel_of(
    {"key": "new"},
    {"key": "stale", "enter_when": {"stage": {"in": "new", "for": "10 days"}}},
    {"key": "dead", "enter_when": {"stage": {"in": ["stale", "new"], "for": "20 days"}}},
)


def test_time_in_a_stage_moves_on_step_by_step_each_at_its_due_moment() -> None:
    log = [visit("v", 0)]

    moves = fold(log, STALE, at(365 * DAY)).transitions

    assert [(move.to_stage, move.occurred_at) for move in moves] == [("stale", at(10 * DAY)), ("dead", at(30 * DAY))]
    assert moves[0].because == "10 days in new"
    assert moves[0].evidence == ("v",)


def test_nothing_is_due_where_no_criterion_waits_for_time() -> None:
    assert fold([visit("v", 0)], THREE_IN_A_WEEK).machine.due is None
    assert fold([visit("v", 0)], STALE, at(365 * DAY)).machine.due is None


FADING = two_stages({"score": {"at_least": 8}}, score={"weights": {"website_visit": 8}, "half_life": "10 days"})


@pytest.mark.parametrize(("days", "score"), [((0,), 8.0), ((0, 10), 12.0), ((0, 10, 20), 14.0), ((0, 20), 10.0)])
def test_points_are_worth_half_after_each_half_life(days: tuple[float, ...], score: float) -> None:
    log = [visit(f"v{day}", day * DAY) for day in days]

    machine = fold(log, FADING).machine

    assert machine.score == score
    assert machine.score_at(machine.now + timedelta(days=10)) == score / 2


def test_who_has_risen_by_a_score_stays_when_it_fades() -> None:
    machine = fold([visit("v", 0)], FADING, at(365 * DAY)).machine

    assert machine.at.stage.key == "warm"
    assert machine.due is None


def test_a_score_that_fades_below_its_threshold_moves_where_the_funnel_asks_for_less() -> None:
    cooled = funnel_of(
        {"key": "cold"},
        {"key": "warm", "enter_when": {"score": {"at_least": 8}}},
        {"key": "cooled", "enter_when": {"all": [{"not": {"score": {"at_least": 2}}}, {"not": {"below": "warm"}}]}},
        score={"weights": {"website_visit": 8}, "half_life": "10 days"},
    )

    moves = fold([visit("v", 0)], cooled, at(365 * DAY)).transitions

    assert [move.to_stage for move in moves] == ["warm", "cooled"]
    assert timedelta() < moves[1].occurred_at - at(20 * DAY) < timedelta(milliseconds=1)


def test_a_bad_mark_that_fades_lets_a_prospect_rise_by_itself() -> None:
    calendar = two_stages(
        {"score": {"at_least": -2}},
        score={
            "weights": {},
            "half_life": "10 days",
            "rules": [{"activity": {"type": "email_unsubscribe"}, "points": -8}],
        },
    )
    log = [activity("u", 0, "email_unsubscribe"), visit("v", 0)]

    folded = fold(log, two_stages({"score": {"at_least": 0}}, score={"other": 0, "rules": []}), at(DAY))
    assert folded.machine.at.stage.key == "warm"
    (moved,) = fold(log[:1], calendar, at(365 * DAY)).transitions
    assert timedelta() < moved.occurred_at - at(20 * DAY) < timedelta(milliseconds=1)


@pytest.mark.parametrize("calendar", [QUIET, STALE, FADING], ids=["quiet", "stale", "fading"])
def test_letting_time_pass_in_steps_is_letting_it_pass_at_once(calendar: Calendar) -> None:
    log = [visit("v1", 0), visit("v2", 3 * DAY)]
    whole = fold(log, calendar, at(90 * DAY))

    machine = fold(log, calendar).machine
    for day in range(4, 91):
        kept = load(dump(machine), calendar)
        assert kept is not None
        if catch_up(kept, at(day * DAY), calendar) is Advance.STILL:
            machine = kept
        else:
            machine = fold(log, calendar, at(day * DAY)).machine

    # What nothing happened at leaves no trace but the moment at which it was looked at.
    assert machine.at is whole.machine.at
    assert machine.since is not None
    assert whole.machine.since is not None
    assert (machine.since.occurred_at, machine.due) == (whole.machine.since.occurred_at, whole.machine.due)


def test_a_state_in_store_is_not_advanced_over_a_moment_that_moves() -> None:
    machine = fold([visit("v", 0)], STALE).machine

    assert advance(machine, demo_form("d", 11 * DAY), STALE) is Advance.MOVED


def test_a_period_counts_only_what_happened_after_the_line() -> None:
    log = [*(visit(f"v{day}", day * DAY) for day in (0, 1)), activity("bounce", 1.5 * DAY, "email_bounce")]
    exits = funnel_of(
        {"key": "cold"},
        {
            "key": "warm",
            "reopens": True,
            "enter_when": {"activity": {"type": "website_visit", "count": 3, "within": "1 week"}},
        },
        {"key": "out", "beside": True, "enter_when": {"activity": {"type": "email_bounce"}}},
    )

    assert moves_of(*log, visit("v2", 2 * DAY), calendar=exits) == [("cold", "out", "bounce")]
    assert stage_of(*log, *(visit(f"w{day}", day * DAY) for day in (2, 3, 4)), calendar=exits) == "warm"


def test_the_moment_asked_for_may_be_before_the_last_event() -> None:
    assert fold([visit("v", 5)], STALE, T0).machine.at.stage.key == "new"
