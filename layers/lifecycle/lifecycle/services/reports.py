"""The reports of a workspace: their days are freshened, then their figures added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from lifecycle.engine.plan import Plan
from lifecycle.funnel.durations import Duration
from lifecycle.reports.asked import Asked, Report
from lifecycle.reports.conversion_figures import PairFigures, conversion_by_cohort, conversion_by_period
from lifecycle.reports.flow_figures import FlowFigures, flow_report
from lifecycle.reports.funnel_figures import StageFigures, funnel_report
from lifecycle.reports.open_stays import open_stays
from lifecycle.reports.periods import Granularity, Span, local_date, midnight
from lifecycle.reports.reason_figures import ReasonReport, reason_report
from lifecycle.reports.velocity_figures import VelocityFigures, usual_limits, velocity_report
from lifecycle.reports.windows import WINDOWS
from lifecycle.services.calendars import Calendars, CalendarSource, remembered
from lifecycle.services.errors import DaysReversedError, TooManyPeriodsError
from lifecycle.services.report_days import ReportDays
from lifecycle.services.report_requests import Wanted, WantedDays
from lifecycle.services.report_results import Answered, StuckFigures
from lifecycle.services.standing import Standing
from lifecycle.services.stuck import too_long_since
from lifecycle.store.funnels import FunnelStore
from lifecycle.store.protocol import ReportRecords
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
        standing: tells who stands where now.
    """

    def __init__(
        self, records: ReportRecords, calendars: CalendarSource, days: ReportDays, standing: Standing
    ) -> None:
        self._records = records
        self._calendars = calendars
        self._days = days
        self._standing = standing

    @classmethod
    def connect(cls, table: str, workspace: str) -> Reports:
        """The reports that a table keeps for a workspace."""
        client = workspace_client(workspace)
        calendars = Calendars(FunnelStore(client, table, workspace), remembered(table, workspace))
        return cls(
            ReportStore(client, table, workspace),
            calendars,
            ReportDays.connect(table, workspace),
            Standing.connect(table, workspace),
        )

    def funnel(self, wanted: Wanted, now: datetime) -> Answered[Report[StageFigures]]:
        """How many were in each stage, came in and went out."""
        settings = self._records.settings()
        return self._answer("funnel", wanted, settings, now, lambda asked: funnel_report(self._records, asked, settings.goals))

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

    def viscosity(self, now: datetime) -> Answered[Report[StuckFigures]]:
        """Where prospects are stuck now."""
        settings = self._records.settings()
        today = local_date(now, ZoneInfo(settings.time_zone))
        wanted = Wanted(WantedDays(today, today))
        return self._answer(
            "viscosity", wanted, settings, now, lambda asked: self._stuck(asked, settings, now)
        )

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

    def _stuck(self, asked: Asked, settings: ReportSettings, now: datetime) -> Report[StuckFigures]:
        zone = ZoneInfo(settings.time_zone)
        stages = funnel_report(self._records, asked, {}).stages
        inside = open_stays(self._records, asked.span.last)
        usual = usual_limits(self._records, now, zone)
        plan = self._calendars.calendar(now).at(now)

        def figures(stage: str) -> StuckFigures:
            stays = inside.get(stage, Counter())
            limit = plan.by_key[stage].stage.time_limit if stage in plan.by_key else None
            return StuckFigures(
                stage=stage,
                inside=sum(stays.values()),
                limit=None if limit is None else str(limit),
                beyond_limit=None if limit is None else self._beyond(stage, stays, limit, plan, zone, now),
                p90=usual.get(stage),
                beyond_p90=self._beyond(stage, stays, usual[stage], plan, zone, now) if stage in usual else None,
            )

        return Report(stages, tuple(figures(stage.stage) for stage in stages), (), ())

    def _beyond(  # noqa: PLR0913 - all of it says which moment it is about
        self, stage: str, stays: Counter[date], limit: Duration | timedelta, plan: Plan, zone: ZoneInfo, now: datetime
    ) -> int:
        """How many have been in a stage for longer than a limit: those of whole days by the figures, those of the day on
        which the limit falls one by one."""
        before = too_long_since(limit, now, plan.funnel.business_time)
        day = local_date(before, zone)
        whole_days = sum(count for came, count in stays.items() if came < day)
        return whole_days + sum(1 for _ in self._standing.in_stage(stage, (midnight(day, zone), before), now))


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


