"""Days, weeks and months of a calendar of one's own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.reports.goals import goal_of
from lifecycle.reports.periods import Granularity, Span, before, local_date, midnight, periods

GRANULARITIES: tuple[Granularity, ...] = ("day", "week", "month")

days = st.dates(date(1990, 1, 1), date(2050, 1, 1))
spans = st.builds(lambda first, length: Span(first, first + timedelta(days=length)), days, st.integers(0, 800))


@given(spans, st.sampled_from(GRANULARITIES))
def test_periods_fill_a_span_and_only_the_ends_are_partial(span: Span, by: Granularity) -> None:
    made = periods(span, by)

    assert (made[0].span.first, made[-1].span.last) == (span.first, span.last)
    assert all(one.span.last + timedelta(days=1) == following.span.first for one, following in pairwise(made))
    assert not any(one.partial for one in made[1:-1])
    for one in made:
        first, length = one.span.first, one.span.length
        whole = {"day": 1, "week": 7, "month": (first.replace(day=28) + timedelta(days=4)).replace(day=1)}[by]
        if by == "month":
            assert one.partial == (first.day != 1 or one.span.last + timedelta(days=1) != whole)
        else:
            assert one.partial == (length != whole)
        assert by != "week" or one.partial or first.weekday() == 0


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((date(2026, 3, 10), date(2026, 3, 19)), (date(2026, 2, 28), date(2026, 3, 9))),
        ((date(2026, 3, 2), date(2026, 3, 8)), (date(2026, 2, 23), date(2026, 3, 1))),
        ((date(2026, 3, 1), date(2026, 3, 31)), (date(2026, 2, 1), date(2026, 2, 28))),
        ((date(2026, 1, 1), date(2026, 2, 28)), (date(2025, 11, 1), date(2025, 12, 31))),
        ((date(2026, 1, 1), date(2026, 12, 31)), (date(2025, 1, 1), date(2025, 12, 31))),
    ],
)
def test_the_period_before(span: tuple[date, date], expected: tuple[date, date]) -> None:
    assert before(Span(*span)) == Span(*expected)


@given(spans)
def test_the_period_before_ends_where_the_period_begins(span: Span) -> None:
    earlier = before(span)

    assert earlier.last + timedelta(days=1) == span.first
    assert abs(earlier.length - span.length) <= 62
    assert earlier.length == span.length or (earlier.first.day, span.first.day) == (1, 1)


def test_there_is_nothing_before_the_first_year() -> None:
    with pytest.raises(OverflowError):
        before(Span(date(1, 1, 1), date(1, 1, 31)))


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),
        ("America/Sao_Paulo", date(2018, 11, 4)),
        ("America/Sao_Paulo", date(2018, 2, 18)),
        ("Asia/Kolkata", date(2026, 1, 1)),
        ("Pacific/Apia", date(2011, 12, 31)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),
    ],
)
def test_a_day_begins_with_its_first_moment(zone: str, day: date) -> None:
    start = midnight(day, ZoneInfo(zone))

    assert start.tzinfo is UTC
    assert local_date(start, ZoneInfo(zone)) == day
    assert local_date(start - timedelta(microseconds=1), ZoneInfo(zone)) < day


@given(st.timedeltas(timedelta(0), timedelta(days=400)), st.sampled_from((-12, 0, 14)))
def test_a_moment_of_a_span_lies_in_its_utc_days(since: timedelta, hours: int) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + since
    local = (moment + timedelta(hours=hours)).date()

    assert moment.date() in Span(local, local).in_utc


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2026, 2, 1), date(2026, 2, 28), 280.0),
        (date(2026, 2, 1), date(2026, 2, 1), 10.0),
        (date(2026, 2, 28), date(2026, 3, 1), 19.0),
        (date(2026, 1, 1), date(2026, 12, 31), 3360.0),
    ],
)
def test_a_goal_is_shared_evenly_by_the_days_of_a_month(first: date, last: date, expected: float) -> None:
    assert goal_of(Span(first, last), 280) == expected
