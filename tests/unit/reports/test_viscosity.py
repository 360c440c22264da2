"""Who is stuck: beyond the stage's limit, in business time too, and beyond what is usual."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lifecycle.funnel.business_time import end_of
from lifecycle.funnel.durations import parse_duration
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.reports.viscosity_figures import StuckFigures, overdue_before, viscosity_report

FUNNEL = parse_funnel(
    {
        "stages": [
            {"key": "visitor", "anonymous": True},
            {"key": "lead", "time_limit": "2 business days"},
            {"key": "hot", "time_limit": "30 days"},
            {"key": "won"},
        ]
    },
    version=1,
)
AS_OF = datetime(2026, 3, 17, 10, 30, tzinfo=UTC)

moments = st.timedeltas(timedelta(0), timedelta(days=106)).map(lambda back: AS_OF - back)
limits = st.sampled_from(("1 business hour", "5 business hours", "2 business days", "1 hour", "3 days", "2 weeks"))


@given(st.lists(moments, max_size=20), limits)
def test_overdue_is_whose_limit_ended_before(since: list[datetime], text: str) -> None:
    limit = parse_duration(text)
    bound = overdue_before(limit, FUNNEL.business_time, AS_OF)

    for one in [*since, bound, bound - timedelta(microseconds=1)]:
        assert (one < bound) == (end_of(limit, one, FUNNEL.business_time) < AS_OF)


def test_who_is_stuck_is_counted_by_stage() -> None:
    inside = {
        "lead": [datetime(2026, 3, 13, 15, tzinfo=UTC), datetime(2026, 3, 12, 9, tzinfo=UTC)],
        "hot": [AS_OF - timedelta(days=30), AS_OF - timedelta(days=31)],
        "gone": [AS_OF],
    }
    report = viscosity_report(FUNNEL, inside, {"hot": timedelta(days=29), "lead": timedelta(days=365)}, AS_OF)

    assert report.figures == (
        StuckFigures("lead", 2, "2 business days", 1, timedelta(days=365), 0),
        StuckFigures("hot", 2, "30 days", 1, timedelta(days=29), 2),
        StuckFigures("won", 0, None, None, None, None),
        StuckFigures("gone", 1, None, None, None, None),
    )
