"""What a draft would do to a prospect: held against what publishing it does."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import fold
from lifecycle.engine.forecast import Forecast, Passage, forecast, passages_of
from lifecycle.engine.plan import Plan
from lifecycle.events import Event
from lifecycle.funnel.parsing import parse_funnel
from tests.builders import DEFAULT, at, default_definition, demo_form, email_sent, folded, set_stage, visit, withdrawal
from tests.unit.engine.test_fold_properties import logs

SHORT: tuple[dict[str, Any], ...] = (
    {"key": "lead"},
    {
        "key": "hot",
        "enter_when": {"activity": {"type": "website_visit", "count": 2}},
        "replaces": ["marketing_qualified"],
        "actions": ["call"],
    },
    {"key": "won", "enter_when": {"deal": {"status": "won"}}, "actions": ["cheer", "invoice"]},
    {"key": "gone", "beside": True, "decision": "disqualify"},
)


def funnel_of(*stages: dict[str, Any], version: int = 9, **rest: Any) -> Plan:
    return Plan(parse_funnel({"stages": list(stages), **rest}, version))


def eager_default(version: int) -> Plan:
    """The default funnel, in which a visit makes a marketing qualified."""
    stages = [dict(stage) for stage in default_definition()["stages"]]
    place = next(number for number, stage in enumerate(stages) if stage["key"] == "marketing_qualified")
    criterion = {"all": [{"known": "email"}, {"activity": {"type": "website_visit"}}]}
    stages[place] |= {"enter_when": criterion, "actions": ["call"]}
    return funnel_of(*stages, version=version)


DRAFTS = st.sampled_from((funnel_of(*SHORT), funnel_of(*SHORT, on_publication="by_criteria"), eager_default(version=9)))
CALENDARS = st.sampled_from(
    (DEFAULT, DEFAULT.followed_by(eager_default(version=8), at(4)), Calendar.always(funnel_of(*SHORT, version=8)))
)
#: The logs' events lie in the first nine minutes.
MOMENTS = st.integers(0, 12)


def told(*log: Event, draft: Plan, minute: float = 100, calendar: Calendar = DEFAULT) -> Forecast:
    found = forecast(log, calendar, draft, at(minute))
    assert found is not None
    return found


# ---- what would move ------------------------------------------------------------------------------------------------


def test_who_meets_a_higher_stage_of_the_draft_moves_and_sets_off_its_actions() -> None:
    found = told(visit("v", 0), draft=eager_default(version=9))

    assert (found.from_stage, found.to_stage) == ("engaged", "marketing_qualified")
    assert found.because == "an email is known and one website_visit"
    assert found.actions == ("call",)


def test_who_does_not_move_needs_no_reason_and_sets_off_nothing() -> None:
    found = told(email_sent("e", 0), draft=eager_default(version=9))

    assert (found.from_stage, found.to_stage) == ("suspect", "suspect")
    assert (found.because, found.actions) == ("", ())


def test_a_stage_that_the_draft_lacks_is_left_for_the_one_that_replaces_it() -> None:
    found = told(demo_form("d", 0), draft=funnel_of(*SHORT))

    assert (found.from_stage, found.to_stage) == ("marketing_qualified", "hot")
    assert found.because.startswith("hot takes the place of ")
    assert found.actions == ()  # it is the stage that changed, not the prospect


def test_what_happens_after_the_moment_is_left_out() -> None:
    early, late = visit("v", 0), demo_form("d", 50)

    assert told(early, late, draft=eager_default(version=9), minute=10) == told(
        early, draft=eager_default(version=9), minute=10
    )
    assert forecast([late], DEFAULT, eager_default(version=9), at(10)) is None


@given(logs(), CALENDARS, DRAFTS, MOMENTS)
def test_a_forecast_is_what_publishing_then_does(
    log: list[Event], calendar: Calendar, draft: Plan, minute: int
) -> None:
    found = forecast(log, calendar, draft, at(minute))
    until_then = [event for event in log if event.occurred_at <= at(minute)]

    assert (found is None) == (not until_then)
    if found is not None:
        before = fold(until_then, calendar, at(minute)).machine.at.stage.key
        after = fold(until_then, calendar.followed_by(draft, at(minute)), at(minute)).machine.at.stage.key
        assert (found.from_stage, found.to_stage) == (before, after)
        assert bool(found.because) == (before != after)


# ---- what history would have looked like ----------------------------------------------------------------------------


def test_the_histories_are_those_of_the_draft_alone_and_of_the_version_in_force_alone() -> None:
    changed = DEFAULT.followed_by(eager_default(version=8), at(50))
    found = told(email_sent("e", 0), visit("v", 10), visit("w", 20), draft=funnel_of(*SHORT), calendar=changed)

    assert found.under_draft == (Passage("lead", at(0), at(20)), Passage("hot", at(20), None))
    assert found.under_current == (Passage("suspect", at(0), at(10)), Passage("marketing_qualified", at(10), None))


def test_who_is_moved_by_the_first_event_never_stood_where_everybody_starts() -> None:
    assert passages_of(folded(visit("v", 3))) == (Passage("engaged", at(3), None),)


def test_stages_passed_at_one_instant_by_several_events_were_all_entered() -> None:
    found = passages_of(folded(visit("v", 0), set_stage("s", 0, "customer")))

    assert found == (Passage("engaged", at(0), at(0)), Passage("customer", at(0), None))


def test_what_was_withdrawn_never_happened() -> None:
    found = passages_of(folded(email_sent("e", 0), demo_form("d", 5), visit("v", 9), withdrawal("w", 20, "d")))

    assert found == (Passage("suspect", at(0), at(9)), Passage("engaged", at(9), None))


@given(logs(), CALENDARS, st.integers(9, 12))
def test_the_stays_follow_each_other_without_a_gap(log: list[Event], calendar: Calendar, minute: int) -> None:
    done = fold(log, calendar, at(minute))
    stays = passages_of(done)

    assert stays[0].entered_at == min(event.occurred_at for event in log)
    assert [stay.left_at for stay in stays] == [*(stay.entered_at for stay in stays[1:]), None]
    assert stays[-1].stage == done.machine.at.stage.key
    assert all((stay.left_at or at(minute)) - stay.entered_at >= timedelta(0) for stay in stays)
    assert all(one.stage != two.stage for one, two in pairwise(stays))
