"""The very prospects behind each number of a report, found by the same functions that count them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from lifecycle.funnel.definition import Funnel
from lifecycle.reports.dimensions import NOT_TOLD
from lifecycle.reports.numbers import Question, counts_as, inside, origins
from lifecycle.reports.periods import DAY, Span, local_date, midnight
from lifecycle.reports.velocity_figures import usual_limits
from lifecycle.reports.windows import WINDOWS
from lifecycle.services.calendars import Calendars, CalendarSource, remembered
from lifecycle.services.errors import UnknownStageError
from lifecycle.services.report_requests import Counted
from lifecycle.services.report_results import CountedPage, CountedProspect
from lifecycle.services.reports import span_of
from lifecycle.services.standing import Stand, Standing
from lifecycle.services.stuck import too_long_since
from lifecycle.steps import DayRow, LostDeal, Step
from lifecycle.store.day_items import KNOWN
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.funnels import FunnelStore
from lifecycle.store.protocol import ReportRecords, Store
from lifecycle.store.records import TransitionRecord
from lifecycle.store.reports import ReportStore
from lifecycle.store.workspace_clients import workspace_client

#: After so many seconds a page ends, however few it has: API Gateway gives up after 29.
PAGE_SECONDS = 8.0
#: How many rows are looked at together.
_TOGETHER = 100

Listed = tuple[str, DayRow | LostDeal]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page starts: after a position in the list of a day."""

    day: date
    after: str = ""

    @property
    def position(self) -> tuple[str, str]:
        return self.day.isoformat(), self.after


class CountedProspects:
    """The prospects behind the numbers of one workspace's reports.

    Arguments:
        records: what the store keeps of reports.
        store: the workspace's prospects.
        calendars: tells which version of the funnel is in force.
        standing: tells who stands where now.
        clock: tells seconds.
    """

    def __init__(
        self,
        records: ReportRecords,
        store: Store,
        calendars: CalendarSource,
        standing: Standing,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._records = records
        self._store = store
        self._calendars = calendars
        self._standing = standing
        self._clock = clock

    @classmethod
    def connect(cls, table: str, workspace: str) -> CountedProspects:
        """Those of whom a table keeps."""
        client = workspace_client(workspace)
        return cls(
            ReportStore(client, table, workspace),
            DynamoStore(client, table, workspace),
            Calendars(FunnelStore(client, table, workspace), remembered(table, workspace)),
            Standing.connect(table, workspace),
        )

    def page(
        self, counted: Counted, position: tuple[str, ...] | None, limit: int, now: datetime
    ) -> CountedPage:
        """Some of those that a number counts, each as often as it is counted, in the order of time.

        Arguments:
            counted: which number.
            position: where the page before ended; ``None``: at the start.
            limit: at most so many.
            now: the present.

        Returns:
            A page; one may hold few, or none, although there are more to come.

        Raises:
            DaysReversedError: the days are to end before they begin.
            UnknownStageError: the funnel in force has no such stage, of which something of now is asked for.
        """
        zone = ZoneInfo(self._records.settings().time_zone)
        span = span_of(counted.days, zone, now)
        if counted.number in ("beyond_limit", "beyond_p90"):
            return self._stuck(counted, zone, position, limit, now)
        if counted.number == "stock" and midnight(span.last + DAY, zone) > now and counted.part.dimension == "all":
            return self._in_stage(counted.stage or "", now, position, limit, now)
        if counted.number == "stock":
            return self._in_stock(counted, midnight(span.last + DAY, zone), position, limit, now)
        if counted.number == "lost":
            return self._lost(counted, span, zone, position, limit)
        question = _question(counted, span, self._calendars.calendar(now).at(now).funnel)
        until = local_date(now, zone) if question.number == "cohort_reached" else span.last
        days = Span(span.first, max(until, span.last))
        holds = counts_as(question, zone)
        return self._walk(days, position, limit, now, lambda rows: [row for row in rows if holds(row[1])])

    # ---- through the rows of days -----------------------------------------------------------------------------------

    def _walk(  # noqa: PLR0913 - where from, how far, and what of it
        self,
        days: Span,
        position: tuple[str, ...] | None,
        limit: int,
        now: datetime,
        choose: Callable[[list[tuple[str, DayRow]]], list[tuple[str, DayRow]]],
    ) -> CountedPage:
        """The rows of some days that are chosen, from a position on."""
        found: list[tuple[_Place, DayRow]] = []
        end: _Place | None = None
        started = self._clock()
        for chunk in self._chunks(days, position):
            last = chunk[-1][0]
            rows = [(place.after, row) for place, row in chunk if isinstance(row, DayRow)]
            day = last.day
            for at, row in choose(rows):
                found.append((_Place(day, at), row))
                if len(found) == limit:
                    end = found[-1][0]
                    return CountedPage(self._prospects([row for _, row in found], now), (), end.position)
            if self._clock() - started > PAGE_SECONDS:
                end = last
                break
        return CountedPage(self._prospects([row for _, row in found], now), (), end and end.position)

    def _chunks(
        self, days: Span, position: tuple[str, ...] | None
    ) -> Iterator[list[tuple[_Place, DayRow | LostDeal]]]:
        """What the index lists of some local days, from a position on, in the order of time; each chunk is of one day."""
        utc = days.in_utc
        start = _Place(utc.first) if position is None else _Place(date.fromisoformat(position[0]), position[1])
        for record in self._records.days():
            if not max(utc.first, start.day) <= record.day <= utc.last:
                continue
            listed = self._records.listed(record.day, start.after if record.day == start.day else "")
            while chunk := list(islice(listed, _TOGETHER)):
                yield [(_Place(record.day, at), row) for at, row in chunk]

    def _lost(
        self, counted: Counted, span: Span, zone: ZoneInfo, position: tuple[str, ...] | None, limit: int
    ) -> CountedPage:
        """The deals that were lost for a reason."""
        found: list[LostDeal] = []
        started = self._clock()
        for chunk in self._chunks(span, position):
            for place, deal in chunk:
                if isinstance(deal, LostDeal) and _is_lost_so(deal, counted.reason, span, zone):
                    found.append(deal)
                    if len(found) == limit:
                        return CountedPage((), tuple(found), place.position)
            if self._clock() - started > PAGE_SECONDS:
                return CountedPage((), tuple(found), chunk[-1][0].position)
        return CountedPage((), tuple(found), None)

    def _prospects(self, rows: Sequence[DayRow], now: datetime) -> tuple[CountedProspect, ...]:
        stands = self._standing.of(list(dict.fromkeys(row.prospect_id for row in rows)), now)
        return tuple(_counted(row, stands[row.prospect_id]) for row in rows)

    # ---- who was in a stage -----------------------------------------------------------------------------------------

    def _in_stock(  # noqa: PLR0913 - as above
        self, counted: Counted, moment: datetime, position: tuple[str, ...] | None, limit: int, now: datetime
    ) -> CountedPage:
        """Who was in a stage at a moment: of the entries before it those that were not left by then."""
        stage, part = counted.stage or "", counted.part

        def choose(rows: list[tuple[str, DayRow]]) -> list[tuple[str, DayRow]]:
            entries = [
                (at, row)
                for at, row in rows
                if row.step is not None
                and row.step.to_stage == stage
                and part.holds(row.step.entry)
                and row.step.entry.at < moment
            ]
            stands = self._standing.of([row.prospect_id for _, row in entries], now)
            return [
                (at, row) for at, row in entries if self._was_inside(row, stands[row.prospect_id], counted, moment, now)
            ]

        first = self._records.days()[:1]
        last = local_date(moment - timedelta(microseconds=1), ZoneInfo("UTC"))
        days = Span(min([record.day for record in first] or [last]) + DAY, last)
        if days.first > days.last:
            days = Span(days.last, days.last)
        return self._walk(days, position, limit, now, choose)

    def _was_inside(
        self, row: DayRow, stand: Stand | None, counted: Counted, moment: datetime, now: datetime
    ) -> bool:
        """Whether the stay that a row begins had not ended at a moment."""
        step = row.step
        assert step is not None  # noqa: S101 - it is an entry
        is_still = stand is not None and (stand.stage, stand.since) == (counted.stage, step.entry.at)
        if not is_still and moment > now:
            return False
        rows = [one for one in self._rows_of(row.prospect_id) if one.step and one.step.entry.at < moment]
        stay = inside(rows, step.to_stage, counted.part).get(row.prospect_id)
        # Of two entries at one instant one stay is left, and the later row stands for it.
        same = [one for one in rows if one.step and one.step.to_stage == step.to_stage and one.step.entry == stay]
        return stay == step.entry and row.sequence == max(one.sequence for one in same)

    def _rows_of(self, prospect_id: str) -> list[DayRow]:
        """The rows of one prospect, as the index by day lists them."""
        partition = self._store.partitions([prospect_id]).get(prospect_id)
        arrival = partition.arrival if partition else None
        rows = [_arrived(prospect_id, arrival)] if arrival else []
        return rows + [_row(prospect_id, record) for record in self._store.transitions(prospect_id)]

    def _in_stage(
        self, stage: str, before: datetime, position: tuple[str, ...] | None, limit: int, now: datetime
    ) -> CountedPage:
        """Who is in a stage now, and came into it before a moment; those who have been there longest first."""
        (after,) = position or ("",)
        standing = self._standing.in_stage(stage, (None, before), now, after)
        found = list(islice(standing, limit + 1))
        prospects = tuple(_standing(stand, now) for _, stand in found[:limit])
        return CountedPage(prospects, (), (found[limit - 1][0],) if len(found) > limit else None)

    def _stuck(
        self, counted: Counted, zone: ZoneInfo, position: tuple[str, ...] | None, limit: int, now: datetime
    ) -> CountedPage:
        """Who has been in a stage for too long."""
        plan = self._calendars.calendar(now).at(now)
        stage = counted.stage or ""
        if stage not in plan.by_key:
            raise UnknownStageError(stage, plan.funnel.stage_keys)
        if counted.number == "beyond_limit":
            longest = plan.by_key[stage].stage.time_limit
        else:
            longest = usual_limits(self._records, now, zone).get(stage)
        if longest is None:
            return CountedPage((), (), None)
        return self._in_stage(stage, too_long_since(longest, now, plan.funnel.business_time), position, limit, now)


def _question(counted: Counted, span: Span, funnel: Funnel) -> Question:
    number = counted.number
    by_cohort = number == "reached" and counted.basis == "cohort"
    from_stages = None
    if number == "flow":
        from_stages = origins(funnel, counted.from_stage)
    elif counted.from_stage is not None:
        from_stages = frozenset((counted.from_stage,))
    return Question(
        number="cohort_reached" if by_cohort else number,  # type: ignore[arg-type]  # the others have no rows to ask
        stage=counted.stage or "",
        span=span,
        from_stages=from_stages,
        reason=None if counted.reason == NOT_TOLD else counted.reason,
        within=None if counted.within is None else WINDOWS.index(counted.within),
        slice=counted.part,
    )


def _is_lost_so(deal: LostDeal, reason: str | None, span: Span, zone: ZoneInfo) -> bool:
    wanted = reason is None or (deal.reason or NOT_TOLD) == reason
    return wanted and local_date(deal.lost_at, zone) in span


def _counted(row: DayRow, stand: Stand | None) -> CountedProspect:
    step = row.step
    return CountedProspect(
        prospect_id=stand and stand.prospect_id,
        email=stand and stand.email,
        stage_now=stand and stand.stage,
        at=row.occurred_at,
        from_stage=row.from_stage if step is None else step.from_stage,
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


def _arrived(prospect_id: str, step: Step) -> DayRow:
    return DayRow(
        prospect_id=prospect_id,
        sequence=0,
        occurred_at=step.entry.at,
        from_stage=step.to_stage,
        to_stage=step.to_stage,
        cause=KNOWN,
        funnel_version=step.entry.version,
        cycle=step.entry.cycle,
        corrected=False,
        step=step,
    )


def _row(prospect_id: str, record: TransitionRecord) -> DayRow:
    return DayRow(
        prospect_id=prospect_id,
        sequence=record.sequence,
        occurred_at=record.occurred_at,
        from_stage=record.from_stage,
        to_stage=record.to_stage,
        cause=record.cause,
        funnel_version=record.funnel_version,
        cycle=record.cycle,
        corrected=record.corrected_by is not None,
        step=record.step,
    )


