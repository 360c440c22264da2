"""The reports of a workspace: their days are freshened, then their figures added up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from lifecycle.reports.asked import Asked, Report
from lifecycle.reports.conversion_figures import PairFigures, conversion_by_cohort, conversion_by_period
from lifecycle.reports.flow_figures import FlowFigures, flow_report
from lifecycle.reports.funnel_figures import StageFigures, funnel_report
from lifecycle.reports.open_stays import open_stays
from lifecycle.reports.periods import DAY, Granularity, Span, local_date, midnight, noon
from lifecycle.reports.reason_figures import ReasonReport, reason_report
from lifecycle.reports.velocity_figures import VelocityFigures, usual_limits, velocity_report
from lifecycle.reports.viscosity_figures import ViscosityReport, overdue_before, viscosity_report
from lifecycle.reports.windows import WINDOWS
from lifecycle.services.calendars import Calendars, CalendarSource, remembered
from lifecycle.services.errors import DaysReversedError, TooManyPeriodsError
from lifecycle.services.report_days import ReportDays
from lifecycle.services.report_requests import Wanted, WantedDays
from lifecycle.services.report_results import Answered
from lifecycle.services.report_rows import ReportRows
from lifecycle.steps import DayRow
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.funnels import FunnelStore
from lifecycle.store.protocol import ReportRecords, Store
from lifecycle.store.report_records import ReportSettings
from lifecycle.store.reports import ReportStore
from lifecycle.store.workspace_clients import workspace_client

#: How many days a report is of that does not say.
USUAL_DAYS = 30
#: How many periods a report may have: three years by day.
MOST_PERIODS = 1_100
_DAYS_OF: dict[Granularity, int] = {"day": 1, "week": 7, "month": 28}

_Kind = TypeVar("_Kind")


class Reports:
    """The reports of one workspace.

    Arguments:
        records: what the store keeps of reports.
        calendars: tells which version of the funnel is in force.
        days: keeps the figures of days fresh.
        rows: what reports count.
        store: the workspace's prospects.
    """

    def __init__(
        self,
        records: ReportRecords,
        calendars: CalendarSource,
        days: ReportDays,
        rows: ReportRows,
        store: Store,
    ) -> None:
        self._records = records
        self._calendars = calendars
        self._days = days
        self._rows = rows
        self._store = store

    @classmethod
    def connect(cls, table: str, workspace: str) -> Reports:
        """The reports that a table keeps for a workspace."""
        client = workspace_client(workspace)
        calendars = Calendars(FunnelStore(client, table, workspace), remembered(table, workspace))
        records, store = ReportStore(client, table, workspace), DynamoStore(client, table, workspace)
        return cls(records, calendars, ReportDays.connect(table, workspace), ReportRows(records, store), store)

    def funnel(self, wanted: Wanted, now: datetime) -> Answered[Report[StageFigures]]:
        """How many were in each stage, came in and went out."""
        settings = self._records.settings()
        return self._answer(
            "funnel", wanted, settings, now, lambda asked: funnel_report(self._records, asked, settings.goals)
        )

    def flows(self, wanted: Wanted, now: datetime) -> Answered[Report[FlowFigures]]:
        """How many went from which stage to which."""
        settings = self._records.settings()
        return self._answer("flows", wanted, settings, now, lambda asked: flow_report(self._records, asked))

    def conversion(self, wanted: Wanted, now: datetime) -> Answered[Report[PairFigures]]:
        """How many of those who were in a stage got to a higher one."""
        settings = self._records.settings()
        if wanted.basis == "period":
            return self._answer(
                "conversion", wanted, settings, now, lambda asked: conversion_by_period(self._records, asked)
            )
        zone = ZoneInfo(settings.time_zone)
        window = None if wanted.within is None else WINDOWS.index(wanted.within)
        return self._answer(
            "conversion",
            wanted,
            settings,
            now,
            lambda asked: conversion_by_cohort(self._records, asked, window, now, zone),
            until_now=True,
        )

    def velocity(self, wanted: Wanted, now: datetime) -> Answered[Report[VelocityFigures]]:
        """How long stays in each stage are."""
        settings = self._records.settings()
        zone = ZoneInfo(settings.time_zone)
        return self._answer(
            "velocity", wanted, settings, now, lambda asked: velocity_report(self._records, asked, now, zone)
        )

    def lost_reasons(self, wanted: Wanted, now: datetime) -> Answered[ReasonReport]:
        """Why deals were lost, and prospects left the ladder."""
        settings = self._records.settings()
        return self._answer("lost-reasons", wanted, settings, now, lambda asked: reason_report(self._records, asked))

    def viscosity(self, now: datetime) -> Answered[ViscosityReport]:
        """Where prospects are stuck now."""
        settings = self._records.settings()
        zone = ZoneInfo(settings.time_zone)
        today = local_date(now, zone)
        wanted = Wanted(WantedDays(today, today))
        return self._answer("viscosity", wanted, settings, now, lambda asked: self._stuck(asked, zone, now))

    # ---- the frame of all of them -----------------------------------------------------------------------------------

    def _answer(
        self,
        name: str,
        wanted: Wanted,
        settings: ReportSettings,
        now: datetime,
        make: Callable[[Asked], _Kind],
        *,
        until_now: bool = False,
    ) -> Answered[_Kind]:
        """A report, of days that are freshened before.

        Arguments:
            name: the report's.
            wanted: what is asked for.
            settings: of the workspace's reports.
            now: the present.
            make: makes the report.
            until_now: it is made of all days up to now, and not of those up to the last one asked for.

        Raises:
            DaysReversedError, TooManyPeriodsError: there is no such report.
        """
        span = span_of(wanted.days, ZoneInfo(settings.time_zone), now)
        if span.length > MOST_PERIODS * _DAYS_OF[wanted.by]:
            raise TooManyPeriodsError(MOST_PERIODS)
        last = date.max if until_now else span.in_utc.last
        days = [record for record in self._records.days() if record.day <= last]
        pending = self._days.freshen(days, settings.time_zone)
        funnel = self._calendars.calendar(now).at(now).funnel
        asked = Asked(funnel, span, wanted.by, wanted.part, wanted.break_down)
        earlier = asked.of_the_period_before() if wanted.compare else None
        return Answered(
            name=name,
            wanted=wanted,
            span=span,
            zone=settings.time_zone,
            as_of=now,
            pending=pending,
            report=make(asked),
            before=None if earlier is None else (earlier.span, make(earlier)),
        )

    # ---- who is stuck -----------------------------------------------------------------------------------------------

    def _stuck(self, asked: Asked, zone: ZoneInfo, now: datetime) -> ViscosityReport:
        """Who is stuck. Since when each is in its stage is asked only where the day on which they came does not tell:
        where a limit falls on that very day."""
        business = asked.funnel.business_time
        usual = usual_limits(self._records, now, zone)
        limits = {stage.key: stage.time_limit for stage in asked.funnel.stages}
        inside: dict[str, list[datetime]] = {}
        for stage, stays in open_stays(self._records, asked.span.last).items():
            limit, p90 = limits.get(stage), usual.get(stage)
            bounds = [] if limit is None else [overdue_before(limit, business, now)]
            bounds += [] if p90 is None else [now - p90]
            doubtful = {local_date(bound, zone) for bound in bounds}
            inside[stage] = [
                since
                for day, count in stays.items()
                for since in (
                    self._came(stage, day, count, zone, now) if day in doubtful else [noon(day, zone)] * count
                )
            ]
        return viscosity_report(asked.funnel, inside, usual, now)

    def _came(self, stage: str, day: date, count: int, zone: ZoneInfo, now: datetime) -> list[datetime]:
        """When those came on a day who still are in a stage. Most are listed there; who was erased is not, nor who was
        in the stage before it was known, nor who moved just now."""
        begins, ends = midnight(day, zone), midnight(day + DAY, zone)
        listed = self._store.since(stage, begins, ends)
        if len(listed) == count:
            return listed
        span = Span(begins.date(), ends.date())
        rows = [one for chunk in self._rows.listed(span, None) for one in chunk if isinstance(one[1], DayRow)]
        came = [(place, row) for place, row in rows if isinstance(row, DayRow) and begins <= row.occurred_at < ends]
        return [row.occurred_at for _, row in self._rows.standing(came, stage, max(ends, now))]


def span_of(days: WantedDays, zone: ZoneInfo, now: datetime) -> Span:
    """The whole days that are asked for; of a time the day in which it lies, and before which it ends.

    Raises:
        DaysReversedError: they are to end before they begin.
    """
    today = local_date(now, zone)
    last = _day(days.last, zone, timedelta(microseconds=1)) or today
    first = _day(days.first, zone) or last - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        raise DaysReversedError
    return Span(first, last)


def _day(wanted: date | datetime | None, zone: ZoneInfo, earlier: timedelta = timedelta(0)) -> date | None:
    return local_date(wanted - earlier, zone) if isinstance(wanted, datetime) else wanted
