"""The day after the half-year."""

from datetime import UTC, date, datetime, timedelta

import pytest

from local.generator import HalfYear, generate, today
from local.request import Activity, Decision

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def half_year() -> HalfYear:
    return generate(date(2026, 11, 22), prospects=300)


def test_everything_happens_now(half_year: HalfYear) -> None:
    deliveries = today(half_year, NOW)
    assert {type(delivery.request) for delivery in deliveries} == {Activity, Decision}
    assert {delivery.request.occurred_at for delivery in deliveries} == {NOW}


def test_on_another_day_the_same_ids_are_sent(half_year: HalfYear) -> None:
    def ids(now: datetime) -> list[str]:
        requests = (delivery.request for delivery in today(half_year, now))
        return [request.id for request in requests if isinstance(request, Activity | Decision)]

    assert ids(NOW) == ids(NOW + timedelta(days=3))
    assert not set(ids(NOW)) & {activity.id for activity in half_year.activities}


def test_decisions_are_about_people_of_the_half_year_on_whom_nobody_ruled(half_year: HalfYear) -> None:
    known = {activity.identities.email for activity in half_year.activities}
    ruled = {each.prospect.email for each in half_year.requests if isinstance(each, Decision)}
    decided = {each.request.prospect.email for each in today(half_year, NOW) if isinstance(each.request, Decision)}
    assert decided
    assert decided <= known - ruled


def test_some_are_new(half_year: HalfYear) -> None:
    known = {activity.identities.email for activity in half_year.activities}
    new = {each.request.identities.email for each in today(half_year, NOW) if isinstance(each.request, Activity)}
    assert len(new - known) == 8
