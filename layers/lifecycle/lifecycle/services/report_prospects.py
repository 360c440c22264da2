"""The very prospects behind each number of a report, found by the same functions that count them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from lifecycle.funnel.definition import Funnel
from lifecycle.reports.dimensions import ALL, NOT_TOLD
from lifecycle.reports.numbers import Question, counts_as, origins
from lifecycle.reports.periods import DAY, Span, local_date, midnight
from lifecycle.reports.velocity_figures import usual_limits
from lifecycle.reports.viscosity_figures import overdue_before
from lifecycle.reports.windows import WINDOWS
from lifecycle.services.calendars import Calendars, CalendarSource, remembered
from lifecycle.services.report_requests import Counted
from lifecycle.services.report_results import CountedPage, CountedProspect
from lifecycle.services.report_rows import Place, ReportRows
from lifecycle.services.reports import span_of
from lifecycle.services.standing import Stand, Standing
from lifecycle.steps import DayRow, LostDeal
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.funnels import FunnelStore
from lifecycle.store.protocol import ReportRecords
from lifecycle.store.reports import ReportStore
from lifecycle.store.workspace_clients import workspace_client

#: After so many seconds a page ends, however few it has: API Gateway gives up after 29.
PAGE_SECONDS = 8.0

_Rows = list[tuple[Place, DayRow]]


class CountedProspects:
    """The prospects behind the numbers of one workspace's reports.

    Arguments:
        records: what the store keeps of reports.
        rows: what reports count.
        calendars: tells which version of the funnel is in force.
        standing: tells who stands where now.
        clock: tells seconds.
    """

    def __init__(
        self,
        records: ReportRecords,
        rows: ReportRows,
        calendars: CalendarSource,
        standing: Standing,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._records = records
        self._rows = rows
        self._calendars = calendars
        self._standing = standing
        self._clock = clock

    @classmethod
    def connect(cls, table: str, workspace: str) -> CountedProspects:
        """Those of whom a table keeps."""
        client = workspace_client(workspace)
        records = ReportStore(client, table, workspace)
        return cls(
            records,
            ReportRows(records, DynamoStore(client, table, workspace)),
            Calendars(FunnelStore(client, table, workspace), remembered(table, workspace)),
            Standing.connect(table, workspace),
        )

    def page(self, counted: Counted, position: tuple[str, ...] | None, limit: int, now: datetime) -> CountedPage:
        """Some of those that a number counts, each as often as it is counted; those of the longest ago first.

        Arguments:
            counted: which number.
            position: where the page before ended; ``None``: at the start.
            limit: at most so many.
            now: the present.

        Returns:
            A page; one may hold few, or none, although there are more to come.

        Raises:
            DaysReversedError: the days are to end before they begin.
        """
        zone = ZoneInfo(self._records.settings().time_zone)
        span = span_of(counted.days, zone, now)
        stage = counted.stage or ""
        if counted.number in ("beyond_limit", "beyond_p90"):
            before = self._too_long_since(counted, zone, now)
            return CountedPage((), (), None) if before is None else self._now_in(stage, before, position, limit, now)
        if counted.number == "stock":
            end = midnight(span.last + DAY, zone)
            if end > now and counted.part.dimension == ALL:
                return self._now_in(stage, end, position, limit, now)
            return self._then_in(counted, end, position, limit, now)
        if counted.number == "lost":
            return self._lost(counted, span, zone, position, limit)
        question = _question(counted, span, self._calendars.calendar(now).at(now).funnel)
        holds = counts_as(question, zone)
        last = max(local_date(now, zone), span.last) if question.number == "cohort_reached" else span.last
        days = Span(span.first, last).in_utc
        return self._walk(days, position, limit, now, lambda rows: [one for one in rows if holds(one[1])])

    # ---- through the rows of days -----------------------------------------------------------------------------------

    def _walk(
        self,
        days: Span,
        position: tuple[str, ...] | None,
        limit: int,
        now: datetime,
        choose: Callable[[_Rows], _Rows],
    ) -> CountedPage:
        """The chosen of the rows of some days in UTC, from a position on."""
        found: _Rows = []
        end: Place | None = None
        started = self._clock()
        for chunk in self._rows.listed(days, Place.of(position) if position else None):
            found += choose([(place, row) for place, row in chunk if isinstance(row, DayRow)])
            if len(found) >= limit:
                end = found[limit - 1][0]
                break
            if self._clock() - started > PAGE_SECONDS:
                end = chunk[-1][0]
                break
        rows = [row for _, row in found[:limit]]
        stands = self._standing.of(list(dict.fromkeys(row.prospect_id for row in rows)), now)
        prospects = tuple(_counted(row, stands[row.prospect_id]) for row in rows)
        return CountedPage(prospects, (), end and end.position)

    def _lost(
        self, counted: Counted, span: Span, zone: ZoneInfo, position: tuple[str, ...] | None, limit: int
    ) -> CountedPage:
        """The deals that were lost for a reason."""
        found: list[LostDeal] = []
        started = self._clock()
        for chunk in self._rows.listed(span.in_utc, Place.of(position) if position else None):
            for place, deal in chunk:
                if isinstance(deal, LostDeal) and _is_lost_so(deal, counted.reason, span, zone):
                    found.append(deal)
                    if len(found) == limit:
                        return CountedPage((), tuple(found), place.position)
            if self._clock() - started > PAGE_SECONDS:
                return CountedPage((), tuple(found), chunk[-1][0].position)
        return CountedPage((), tuple(found), None)

    # ---- who is in a stage ------------------------------------------------------------------------------------------

    def _then_in(
        self, counted: Counted, moment: datetime, position: tuple[str, ...] | None, limit: int, now: datetime
    ) -> CountedPage:
        """Who was in a stage at a moment: of the entries before it those that were not left by then."""

        def choose(rows: _Rows) -> _Rows:
            return self._rows.standing(rows, counted.stage or "", moment, counted.part)

        return self._walk(_up_to(moment), position, limit, now, choose)

    def _now_in(
        self, stage: str, before: datetime, position: tuple[str, ...] | None, limit: int, now: datetime
    ) -> CountedPage:
        """Who is in a stage now, and came into it before a moment. Those who were erased come last: they are in no list
        but that of days."""
        found: tuple[CountedProspect, ...] = ()
        if position is None or position[0] == _LISTED:
            standing = self._standing.in_stage(stage, (None, before), now, position[1] if position else "")
            listed = list(islice(standing, limit + 1))
            found = tuple(_standing(stand, now) for _, stand in listed[:limit])
            if len(listed) > limit:
                return CountedPage(found, (), (_LISTED, listed[limit - 1][0]))
            position = None

        def choose(rows: _Rows) -> _Rows:
            entries = [(place, row) for place, row in rows if row.to_stage == stage and row.occurred_at < before]
            stands = self._standing.of([row.prospect_id for _, row in entries], now)
            erased = [(place, row) for place, row in entries if stands[row.prospect_id] is None]
            return self._rows.standing(erased, stage, max(before, now))

        if len(found) == limit:
            return CountedPage(found, (), Place(date.min).position)
        page = self._walk(_up_to(before), position, limit - len(found), now, choose)
        return page._replace(prospects=(*found, *page.prospects))

    def _too_long_since(self, counted: Counted, zone: ZoneInfo, now: datetime) -> datetime | None:
        """Since before when somebody has been in a stage for too long; ``None`` where nobody can."""
        stage = counted.stage or ""
        plan = self._calendars.calendar(now).at(now)
        if counted.number == "beyond_limit":
            limit = plan.by_key[stage].stage.time_limit if stage in plan.by_key else None
            return None if limit is None else overdue_before(limit, plan.funnel.business_time, now)
        usual = usual_limits(self._records, now, zone).get(stage)
        return None if usual is None else now - usual


#: The beginning of a position in the list of those who stand in a stage.
_LISTED = "listed"


def _up_to(moment: datetime) -> Span:
    """The days in UTC up to a moment."""
    return Span(date.min, moment.astimezone(UTC).date())


def _question(counted: Counted, span: Span, funnel: Funnel) -> Question:
    by_cohort = counted.number == "reached" and counted.basis == "cohort"
    from_stages: frozenset[str | None] | None = None
    if counted.number == "flow":
        from_stages = origins(funnel, counted.from_stage)
    elif counted.from_stage is not None:
        from_stages = frozenset((counted.from_stage,))
    return Question(
        number="cohort_reached" if by_cohort else counted.number,  # type: ignore[arg-type]  # the others are seen to
        stage=counted.stage or "",
        span=span,
        from_stages=from_stages,
        reason=None if counted.reason == NOT_TOLD else counted.reason,
        within=None if counted.within is None else WINDOWS.index(counted.within),
        slice=counted.part,
    )


def _is_lost_so(deal: LostDeal, reason: str | None, span: Span, zone: ZoneInfo) -> bool:
    return reason in (None, deal.reason or NOT_TOLD) and local_date(deal.lost_at, zone) in span


def _counted(row: DayRow, stand: Stand | None) -> CountedProspect:
    return CountedProspect(
        prospect_id=stand.prospect_id if stand else None,
        email=stand.email if stand else None,
        stage_now=stand.stage if stand else None,
        at=row.occurred_at,
        from_stage=row.from_stage if row.step is None else row.step.from_stage,
        to_stage=row.to_stage,
        sequence=row.sequence or None,
    )


def _standing(stand: Stand, now: datetime) -> CountedProspect:
    return CountedProspect(
        prospect_id=stand.prospect_id,
        email=stand.email,
        stage_now=stand.stage,
        at=stand.since or now,
        from_stage=None,
        to_stage=stand.stage,
        sequence=None,
    )
