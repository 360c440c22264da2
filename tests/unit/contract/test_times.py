"""Times: RFC 3339, all of it and nothing else."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lifecycle.contract.refusals import RefusedValueError
from lifecycle.contract.times import format_time, now, parse_time, refuse_future, refuse_past

offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 (Hypothesis adds the zone)
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=offsets,
)


@given(moments)
def test_a_time_is_read_in_utc_whatever_its_offset(moment: datetime) -> None:
    read = parse_time(moment.isoformat())
    assert read == moment
    assert read.tzinfo is UTC


@given(moments)
def test_what_is_written_is_read_back(moment: datetime) -> None:
    written = format_time(moment)
    assert written.endswith("Z")
    assert parse_time(written) == moment


@given(st.text() | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})"))
@example("9999-12-31T23:59:60Z")
@example("9999-12-31T23:59:59-23:59")
@example("0001-01-01T00:00:00+23:59")
@example("2026-01-01T00:00:00Z\n")
@example("٢٠٢٦-01-01T00:00:00Z")
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with suppress(RefusedValueError):
        assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-05-04t09:30:00z", "2026-05-04T09:30:00Z"),
        ("2026-05-04T09:30:00-00:00", "2026-05-04T09:30:00Z"),
        ("2026-05-04T09:30:00.1234567Z", "2026-05-04T09:30:00.123456Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
    ],
)
def test_the_odd_forms_of_rfc_3339_are_read(text: str, read: str) -> None:
    assert format_time(parse_time(text)) == read


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-04",
        "2026-05-04T09:30:00",
        "2026-05-04 09:30:00Z",
        "2026-05-04T09:30Z",
        "20260504T093000Z",
        "1780315200",
        "2025-02-29T00:00:00Z",
        "2026-05-04T24:00:00Z",
        "2026-05-04T09:30:61Z",
        "2026-05-04T09:30:00+24:00",
        "2026-05-04T09:30:00+0200",
        "2026-05-04T09:30:00.Z",
        "2026-W19-1T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(RefusedValueError):
        parse_time(text)


def test_a_clock_may_be_five_minutes_ahead() -> None:
    present = datetime(2026, 6, 1, 12, tzinfo=UTC)
    latest = present + timedelta(minutes=5)
    assert refuse_future(latest, present) == latest
    with pytest.raises(RefusedValueError, match="five minutes"):
        refuse_future(latest + timedelta(microseconds=1), present)


def test_what_is_to_come_is_ahead_of_now() -> None:
    present = datetime(2026, 6, 1, 12, tzinfo=UTC)
    later = present + timedelta(microseconds=1)

    assert refuse_past(later, present) == later
    for moment in (present, present - timedelta(days=1)):
        with pytest.raises(RefusedValueError, match="2026"):
            refuse_past(moment, present)


def test_the_present_is_in_utc() -> None:
    assert now().tzinfo is UTC
