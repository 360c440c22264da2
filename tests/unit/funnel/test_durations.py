"""Durations, and the time limits that count business time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.funnel.business_time import end_of
from lifecycle.funnel.definition import BusinessTime
from lifecycle.funnel.durations import Duration, parse_duration

OFFICE = BusinessTime("Europe/Berlin", frozenset(range(5)), time(9), time(17), frozenset({date(2026, 12, 25)}))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["1 hour", "30 days", "2 weeks", "1 business day", "4 business hours"])
def test_a_duration_reads_as_it_is_written(text: str) -> None:
    assert str(parse_duration(text)) == text


@pytest.mark.parametrize("text", ["", "0 days", "01 days", "-1 day", "1.5 days", "day", "3 months", "30  days", "P30D"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


def test_a_day_is_24_hours_and_a_business_day_has_no_fixed_length() -> None:
    assert parse_duration("2 weeks").length == timedelta(days=14)
    with pytest.raises(KeyError):
        _ = parse_duration("2 business days").length


@pytest.mark.parametrize(
    ("limit", "start", "end"),
    [
        # Berlin is at UTC+2 in summer and UTC+1 in winter; 2026-06-05 is a Friday.
        ("4 business hours", "2026-06-04T08:00", "2026-06-04T12:00"),
        ("4 business hours", "2026-06-05T13:00", "2026-06-08T09:00"),
        ("2 business days", "2026-06-05T13:00", "2026-06-09T13:00"),
        ("1 business hour", "2026-06-06T12:00", "2026-06-08T08:00"),
        ("1 business hour", "2026-06-05T20:00", "2026-06-08T08:00"),
        ("1 business hour", "2026-06-05T03:00", "2026-06-05T08:00"),
        ("8 business hours", "2026-06-05T07:00", "2026-06-05T15:00"),
        ("1 business day", "2026-12-24T12:00", "2026-12-28T12:00"),
        ("1 business day", "2026-10-23T12:00", "2026-10-26T13:00"),
        ("2 days", "2026-06-05T13:00", "2026-06-07T13:00"),
    ],
)
def test_the_clock_runs_in_working_hours_only(limit: str, start: str, end: str) -> None:
    assert end_of(parse_duration(limit), utc(start), OFFICE) == utc(end)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.integers(1, 40), st.integers(1, 40))  # noqa: DTZ001
def test_one_limit_after_another_ends_when_both_together_do(start: datetime, one: int, other: int) -> None:
    begin = start.replace(tzinfo=UTC)
    halfway = end_of(Duration(one, "business hour"), begin, OFFICE)

    assert end_of(Duration(other, "business hour"), halfway, OFFICE) == end_of(
        Duration(one + other, "business hour"), begin, OFFICE
    )
