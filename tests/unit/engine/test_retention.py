"""When an activity may go, and when its trace is to be made."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from lifecycle.engine.retention import GRACE, condense_at, expires_at, policy_of
from lifecycle.events import Activity
from lifecycle.funnel.definition import Retention
from lifecycle.funnel.durations import Duration, parse_duration
from tests.builders import ANN, T0

POLICY = Retention(parse_duration("2 weeks"), {"website_visit": parse_duration("90 days")})
AGES = st.timedeltas(timedelta(0), timedelta(days=4000))
DURATIONS = st.builds(Duration, st.integers(1, 9999), st.sampled_from(("hour", "day", "week")))


def visit(age: timedelta = timedelta(0), type_: str = "website_visit") -> Activity:
    """An activity recorded at ``T0``."""
    return Activity("v", T0 - age, T0, type_, "inbound", (ANN,))


def test_an_activity_may_go_when_the_time_of_its_type_has_passed_since_it_occurred() -> None:
    assert expires_at(visit(timedelta(days=10)), POLICY) == T0 + timedelta(days=80)


def test_a_type_without_a_time_of_its_own_has_that_of_all_others() -> None:
    assert expires_at(visit(type_="email_open"), POLICY) == T0 + timedelta(days=14)


def test_without_a_policy_nothing_ever_goes() -> None:
    kept = Retention(None, {"email_open": parse_duration("1 day")})

    assert (expires_at(visit(), kept), condense_at(visit(), kept)) == (None, None)


def test_a_trace_is_made_a_quarter_of_the_time_before_and_a_month_at_most() -> None:
    long = Retention(parse_duration("400 days"), {})

    assert condense_at(visit(), POLICY) == T0 + timedelta(days=67.5)
    assert condense_at(visit(), long) == T0 + timedelta(days=370)


@given(AGES, DURATIONS)
def test_a_trace_is_due_before_its_activity_may_go_and_that_is_a_day_after_it_was_recorded_or_later(
    age: timedelta, kept: Duration
) -> None:
    activity, policy = visit(age), Retention(kept, {})
    due, end = condense_at(activity, policy), expires_at(activity, policy)

    assert due is not None
    assert end is not None
    assert due <= end - min(GRACE, kept.length * 0.25)
    assert end >= activity.recorded_at + GRACE
    assert end >= activity.occurred_at + kept.length


def test_a_policy_has_the_name_of_what_it_says_and_none_if_it_says_nothing() -> None:
    day, week = parse_duration("1 day"), parse_duration("1 week")
    policies = [
        Retention(day, {}),
        Retention(None, {"a": day}),
        Retention(None, {"a": week}),
        Retention(day, {"a": day}),
    ]

    assert policy_of(Retention(None, {})) is None
    assert len({policy_of(policy) for policy in policies}) == len(policies)
    assert policy_of(Retention(None, {"a": day, "b": week})) == policy_of(Retention(None, {"b": week, "a": day}))
