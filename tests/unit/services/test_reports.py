"""Reports hold against all logs, whatever corrects the past; and as many are listed behind a number as it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.contract.encode_reports import encode_counted, encode_report
from lifecycle.contract.report_parameters import read_counted, read_wanted
from lifecycle.reports.periods import Span
from lifecycle.services.errors import DaysReversedError, TooManyPeriodsError
from lifecycle.services.report_requests import WantedDays
from lifecycle.services.reports import MOST_PERIODS, span_of
from lifecycle.store.report_records import ReportSettings
from tests.builders import ANN, DEFAULT, T0, demo_form, email_sent, merge, set_stage, visit, withdrawal
from tests.counted_by_hand import NUMBERS, behind, count, differences, unlisted, unreconciled
from tests.fakes.reporting import Reporting
from tests.report_store_contract import told
from tests.scenarios import Operation, Rule, World, operations

DAYS = {"from": "2025-12-31", "to": "2026-01-31"}
DAY = 24 * 60
#: The minutes of the scenarios become so many.
SPREAD = 600
ZONES = ("UTC", "Asia/Kathmandu", "America/New_York")


class Office:
    """The reports of a workspace, asked for as the API is."""

    def __init__(self, zone: str = "UTC") -> None:
        self.reporting = Reporting(now=T0 + timedelta(days=40))
        self.zone = zone
        if zone != "UTC":
            settings = ReportSettings(zone)
            self.reporting.records.put_settings(settings, told(settings))

    def ask(self, path: str, **parameters: Any) -> Any:
        """A report, or who is behind a number."""
        query = {name: str(value) for name, value in parameters.items()}
        now = self.reporting.now
        if path == "/reports/prospects":
            limit, cursor = int(query.pop("limit")), parameters.get("cursor")
            query.pop("cursor", None)
            page = self.reporting.counted.page(read_counted(query), cursor, limit, now)
            # The position stands for the cursor that is made of it.
            return encode_counted(page, page.position)  # type: ignore[arg-type]
        name = path.rpartition("/")[2].replace("-", "_")
        report = getattr(self.reporting.reports, name)
        return encode_report(report(now) if name == "viscosity" else report(read_wanted(query), now))

    def funnel(self, **parameters: Any) -> Any:
        """The funnel over all days of the story."""
        return self.ask("/reports/funnel", **DAYS, **parameters)

    def assert_right(self) -> Any:
        """Hold the report against all logs, and its numbers against the lists behind them; the report."""
        report = self.funnel()
        hand = count(self.reporting.store, DEFAULT, ZoneInfo(self.zone), self.reporting.now)
        assert report["complete"]
        assert differences(report, hand) == []
        assert unreconciled(report) == []
        assert unlisted(report, self.ask, **DAYS) == []
        return report


def figures(report: Any, stage: str) -> Any:
    """The figures of a stage over the whole time."""
    return next(of for of in report["stages"] if of["stage"] == stage)


def spread(operation: Operation) -> Operation:
    """An operation of a scenario, in days in place of minutes."""
    if isinstance(operation, Rule):
        return replace(operation, minute=operation.minute * SPREAD)
    operation.occurred_at = T0 + (operation.occurred_at - T0) * SPREAD
    operation.__post_init__()
    return operation


# ----------------------------------------------------------------------------------------------------------------------
# Right, whatever happens
# ----------------------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(operations(), st.sampled_from(ZONES), st.randoms(use_true_random=False))
def test_reports_agree_with_all_logs_in_whatever_order_these_came(
    scenario: list[Operation], zone: str, random: Any
) -> None:
    office = Office(zone)
    world = World(office.reporting.store, office.reporting.store.images)
    arriving = [spread(operation) for operation in scenario]
    random.shuffle(arriving)

    for operation in arriving:
        world.do(operation)
        if random.random() < 0.3:
            office.funnel()

    office.assert_right()


@settings(max_examples=30, deadline=None)
@given(operations(), st.sampled_from(ZONES), st.integers(0, 18))
def test_as_many_are_listed_in_the_stock_of_any_past_day_as_it_says(
    scenario: list[Operation], zone: str, day: int
) -> None:
    office = Office(zone)
    world = World(office.reporting.store, office.reporting.store.images)
    for operation in scenario:
        world.do(spread(operation))
    days = {"from": "2025-12-31", "to": (date(2025, 12, 31) + timedelta(days=day)).isoformat()}

    report = office.ask("/reports/funnel", **days)

    assert unlisted(report, office.ask, **days) == []


def climb(email_number: int, first_day: float) -> list[Any]:
    """Somebody climbs the ladder in three days."""
    email = email_of(email_number)
    start = first_day * DAY
    return [
        email_sent(f"s{email_number}", start, email),
        visit(f"v{email_number}", start + DAY, email),
        demo_form(f"f{email_number}", start + 2 * DAY, email),
    ]


def email_of(number: int) -> Any:
    """The email of a person of a number."""
    return ANN._replace(value=f"person-{number}@example.com")


def test_a_late_event_a_withdrawal_a_merge_and_a_return_correct_the_past() -> None:
    office = Office()
    lifecycle = office.reporting.lifecycle
    for number in range(4):
        lifecycle.record_activities(climb(number, number * 3))
    assert figures(office.assert_right(), "marketing_qualified")["entered"] == 4

    lifecycle.record_activity(visit("late", 3 * DAY + 5, email_of(1)))
    office.assert_right()

    (second, third, fourth) = (lifecycle.find_prospect(email_of(number)).prospect_id for number in (1, 2, 3))
    lifecycle.decide(second, withdrawal("w", 20 * DAY, "f1"))
    of = figures(office.assert_right(), "marketing_qualified")
    assert (of["entered"], of["corrected"]) == (3, 1)

    lifecycle.decide(third, merge("m", 21 * DAY, fourth))
    assert sum(of["stock"] for of in office.assert_right()["stages"]) == 3

    flows = office.ask("/reports/flows", **DAYS)["flows"]
    for flow in flows:
        listed = behind(office.ask, number="flow", stage=flow["to"], from_stage=flow["from"] or "(none)", **DAYS)
        assert len(listed["prospects"]) == flow["count"]


def test_who_was_erased_stays_in_the_numbers_and_is_listed_without_a_name() -> None:
    office = Office()
    office.reporting.lifecycle.record_activities(climb(0, 0) + climb(1, 1))
    before = office.funnel()
    gone = office.reporting.lifecycle.find_prospect(email_of(0)).prospect_id
    office.reporting.lifecycle.erase(gone, lambda: True)

    assert office.funnel()["stages"] == before["stages"]
    assert unlisted(office.funnel(), office.ask, **DAYS) == []
    for number in ("stock", "entered"):
        listed = behind(office.ask, number=number, stage="marketing_qualified", **DAYS)["prospects"]
        assert sorted(one["erased"] for one in listed) == [False, True]
        assert all((one["prospect_id"] is None) is one["erased"] for one in listed)
        assert gone not in str(listed)


def test_stock_now_lists_who_is_there_longest_first_page_by_page() -> None:
    office = Office()
    for number in range(7):
        office.reporting.lifecycle.record_activities(climb(number, 7 - number))

    # The present is within the last day of the report.
    today = {"from": "2026-01-01", "to": office.reporting.now.date().isoformat()}
    listed = behind(office.ask, number="stock", stage="marketing_qualified", **today)["prospects"]

    assert [one["email"] for one in listed] == [email_of(number).value for number in range(6, -1, -1)]


def test_who_is_in_a_stage_without_being_known_is_in_no_list() -> None:
    office = Office()
    cookie = ANN._replace(kind="visitor", value="cookie")
    recorded = office.reporting.lifecycle.record_activity(visit("v", 0, cookie))
    office.reporting.lifecycle.decide(recorded.prospect_id, set_stage("d", 5, "engaged", "as it is"))
    today = {"from": "2026-01-01", "to": office.reporting.now.date().isoformat()}

    report = office.ask("/reports/funnel", **today)
    assert all(of[number] == 0 for of in report["stages"] for number in NUMBERS)
    assert unlisted(report, office.ask, **today) == []


# ----------------------------------------------------------------------------------------------------------------------
# Stuck
# ----------------------------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 39), min_size=1, max_size=8), st.sampled_from(ZONES), st.sets(st.integers(0, 7)))
def test_as_many_are_stuck_as_are_listed_and_as_have_been_there_for_too_long(
    days: list[float], zone: str, erased: set[int]
) -> None:
    office = Office(zone)
    lifecycle = office.reporting.lifecycle
    for number, day in enumerate(days):
        lifecycle.record_activities(climb(number, day - 2))
    for number in erased & set(range(len(days))):
        lifecycle.erase(lifecycle.find_prospect(email_of(number)).prospect_id, lambda: True)

    report = office.ask("/reports/viscosity")

    for of in report["stages"]:
        for counted in ("beyond_limit", "beyond_p90"):
            listed = behind(office.ask, number=counted, stage=of["stage"])["prospects"]
            assert len(listed) == (of[counted] or 0), (of, listed)
            assert {one["stage_now"] for one in listed if not one["erased"]} <= {of["stage"]}
    qualified = figures(report, "marketing_qualified")
    assert qualified["inside"] == len(days)
    limit = next(stage for stage in DEFAULT.latest.funnel.stages if stage.key == "marketing_qualified").time_limit
    assert qualified["limit"] == (str(limit) if limit else None)


def test_nobody_is_read_to_tell_how_many_are_stuck() -> None:
    office = Office("Europe/Berlin")
    for number in range(5):
        office.reporting.lifecycle.record_activities(climb(number, 3 + number / 5))
    before = office.reporting.store.reads

    report = office.ask("/reports/viscosity")

    assert figures(report, "marketing_qualified")["inside"] == 5
    assert office.reporting.store.reads == before


# ----------------------------------------------------------------------------------------------------------------------
# Which days
# ----------------------------------------------------------------------------------------------------------------------

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 5, 10, 22, 30, tzinfo=ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("wanted", "span"),
    [
        # Half past ten in the evening, UTC, is the next day in Berlin.
        (WantedDays(), Span(date(2026, 4, 12), date(2026, 5, 11))),
        (WantedDays(date(2026, 5, 1), date(2026, 5, 3)), Span(date(2026, 5, 1), date(2026, 5, 3))),
        (WantedDays(None, date(2026, 5, 3)), Span(date(2026, 4, 4), date(2026, 5, 3))),
        (WantedDays(NOON, None), Span(date(2026, 5, 11), date(2026, 5, 11))),
        (WantedDays(NOON, NOON), Span(date(2026, 5, 11), date(2026, 5, 11))),
        # A midnight in Berlin: the day before it is the last one.
        (
            WantedDays(date(2026, 5, 1), datetime(2026, 5, 9, 22, tzinfo=ZoneInfo("UTC"))),
            Span(date(2026, 5, 1), date(2026, 5, 9)),
        ),
    ],
)
def test_days_are_whole_days_of_the_time_zone(wanted: WantedDays, span: Span) -> None:
    assert span_of(wanted, BERLIN, NOON) == span


def test_days_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(DaysReversedError):
        span_of(WantedDays(date(2026, 5, 2), date(2026, 5, 1)), BERLIN, NOON)


@pytest.mark.parametrize(
    ("by", "days", "refused"), [("day", 1_100, False), ("day", 1_101, True), ("week", 7_701, True)]
)
def test_a_report_of_too_many_periods_is_refused(by: str, days: int, refused: bool) -> None:
    office = Office()
    wanted = {"from": "1990-01-01", "to": (date(1989, 12, 31) + timedelta(days=days)).isoformat(), "by": by}

    if refused:
        with pytest.raises(TooManyPeriodsError):
            office.ask("/reports/flows", **wanted)
    else:
        assert len(office.ask("/reports/flows", **wanted)["periods"]) == MOST_PERIODS


def test_the_period_before_is_as_long_and_told_beside() -> None:
    office = Office()
    office.reporting.lifecycle.record_activities(climb(0, 0))

    report = office.ask("/reports/funnel", **{"from": "2026-01-02", "to": "2026-01-03"}, compare="previous")

    previous = report["previous"]
    assert (previous["from"], previous["to"]) == ("2025-12-31", "2026-01-01")
    assert figures(previous, "suspect")["entered"] == 1
    assert figures(report, "suspect")["left"] == 1
