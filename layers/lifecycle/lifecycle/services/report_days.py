"""The figures of a workspace's days, kept fresh: a day on which something changed is aggregated anew, never added to.

A day is marked before anything of it changes (``store.day_marks``). Its figures are clean when they come from a reading
that began long enough after its last mark, and are by the dates of the workspace's time zone. Whoever reads reports
aggregates what is not clean, as far as that is quick; the rest is done from the job queue, for which the timers ask.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from lifecycle.services.job_steps import Send, day_step
from lifecycle.store.protocol import ReportRecords
from lifecycle.store.queue import job_queue
from lifecycle.store.report_records import DayRecord
from lifecycle.store.reports import ReportStore
from lifecycle.store.workspace_clients import workspace_client

#: Seconds that a request gives to days that are not clean; one that was begun in them is given up after the second
#: figure, and done in the background.
INLINE_SECONDS = 3.0
LONGEST_INLINE_SECONDS = 8.0
#: What took longer than this is not done at each read: not before so many times its cost has passed.
CHEAP_SECONDS = 0.2
_REST = 10
#: For how long a day that was asked for is not asked for again.
ASKED_FOR = timedelta(minutes=5)


class NoTimeError(Exception):
    """There is no time left to read all of a day."""


class ReportDays:
    """The figures of one workspace's days.

    Arguments:
        records: what the store keeps of reports.
        send: asks for a step of work in the background.
        now: tells the present.
        clock: tells seconds.
    """

    def __init__(
        self,
        records: ReportRecords,
        send: Send,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._records = records
        self._send = send
        self._now = now
        self._clock = clock

    @classmethod
    def connect(cls, table: str, workspace: str) -> ReportDays:
        """The days of which a table keeps figures for a workspace."""
        records = ReportStore(workspace_client(workspace), table, workspace)
        return cls(records, lambda step, delay=0: job_queue().send(step, delay))

    def freshen(self, days: Sequence[DayRecord], zone: str) -> tuple[date, ...]:
        """Aggregate those days that are not clean, the latest first, as long as that is quick.

        Arguments:
            days: what a report is made of, as they were read just now.
            zone: the workspace's time zone.

        Returns:
            The days whose figures are missing, or not of all that has happened on them.
        """
        started = self._clock()
        pending: list[date] = []
        for record in sorted(days, key=lambda record: record.day, reverse=True):
            if record.is_clean(zone):
                continue
            spent = self._clock() - started
            if spent + record.cost > INLINE_SECONDS or self._rests(record, zone):
                pending.append(record.day)
                continue
            try:
                is_fresh = self.aggregate(record, zone, lambda: self._clock() - started < LONGEST_INLINE_SECONDS)
            except NoTimeError:
                is_fresh = False
                self._send(day_step(self._records.workspace, record.day))
            if not is_fresh:
                pending.append(record.day)
        return tuple(sorted(pending))

    def _rests(self, record: DayRecord, zone: str) -> bool:
        """Whether a day took long, was done a short while ago, and so is left alone."""
        if record.done_at is None or record.zone != zone or record.cost <= CHEAP_SECONDS:
            return False
        return self._now() - record.done_at < timedelta(seconds=_REST * record.cost)

    def aggregate(self, record: DayRecord, zone: str, has_time: Callable[[], bool] = lambda: True) -> bool:
        """Make the figures of a day anew, from all that is listed of it.

        Arguments:
            record: the day, read before this is called.
            zone: by whose dates.
            has_time: tells whether there is any time left.

        Returns:
            Whether the figures now come from this reading or a later one; ``False``: other writers were in the way.

        Raises:
            NoTimeError: there was not, before all of it was read. The figures are as they were.
        """
        # Only who makes figures has what counts them, and its loading is no part of what a day costs.
        from lifecycle.reports.aggregate import aggregate_day

        def see_to_time() -> None:
            if not has_time():
                raise NoTimeError

        began, started = self._now(), self._clock()
        parts = aggregate_day(self._records.columns(record.day, see_to_time), ZoneInfo(zone))
        done = replace(record, done_at=began, zone=zone, cost=self._clock() - started)
        if self._records.put_figures(done, parts):
            if done.is_clean(zone):
                self._records.clear(record)
            return True
        stored = self._records.day(record.day)
        return stored.zone == zone and stored.done_at is not None and stored.done_at > began

    # ---- in the background ------------------------------------------------------------------------------------------

    def ask_for(self, day: date, now: datetime) -> None:
        """Have a day that is due done in the background. It is due again after a while, should that come to nothing."""
        record = self._records.day(day)
        if self._records.postpone(record, now + ASKED_FOR):
            self._send(day_step(self._records.workspace, day))

    def do(self, day: date) -> None:
        """Make the figures of a day anew, unless they are clean or were made a short while ago."""
        zone, record = self._records.settings().time_zone, self._records.day(day)
        if not record.is_clean(zone) and not self._rests(record, zone):
            self.aggregate(record, zone)

    def do_all(self, has_time: Callable[[], bool]) -> bool:
        """Make the figures of those days anew that are not by the dates of the workspace's time zone.

        Arguments:
            has_time: tells whether there is time for another day.

        Returns:
            Whether that is all; ``False``: there was no time for more.
        """
        zone = self._records.settings().time_zone
        for record in reversed(self._records.days()):
            if record.zone != zone:
                if not has_time():
                    return False
                self.aggregate(record, zone)
        return True
