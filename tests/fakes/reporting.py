"""The reports of a workspace in memory: its prospects, what is kept of days, and the use cases, without a clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from lifecycle.engine.calendar import Calendar
from lifecycle.services.audit_entries import SYSTEM
from lifecycle.services.job_steps import Step
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.report_days import ReportDays
from lifecycle.services.report_prospects import CountedProspects
from lifecycle.services.report_rows import ReportRows
from lifecycle.services.report_settings import ReportSettingsDesk
from lifecycle.services.reports import Reports
from lifecycle.services.standing import Standing
from tests.builders import DEFAULT, at
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_reports import MemoryReports
from tests.fakes.memory_store import MemoryStore


class Reporting:
    """The reports of one workspace.

    Attributes:
        now: the present; a test that waits puts a later one here.
        seconds: what the clock says; ``tick`` is how many pass with each look at it.
        sent: the steps that were asked for.
    """

    def __init__(
        self, store: MemoryStore | None = None, calendar: Calendar = DEFAULT, now: datetime | None = None
    ) -> None:
        self.store = store or MemoryStore()
        self.now = now or at(1_000)
        self.seconds, self.tick = 0.0, 0.0
        self.sent: list[Step] = []
        self.records = MemoryReports(self.store, lambda: self.now)
        calendars = FixedCalendar(calendar)
        self.days = ReportDays(self.records, self._send, self._tell_time, self._clock)
        rows, standing = ReportRows(self.records, self.store), Standing(self.store, calendars)
        self.reports = Reports(self.records, calendars, self.days, rows, self.store)
        self.counted = CountedProspects(self.records, rows, calendars, standing, self._clock)
        self.settings = ReportSettingsDesk(self.records, self._send, SYSTEM)
        self.lifecycle = Lifecycle(self.store, calendars)

    def _send(self, message: Step, delay: int = 0) -> None:
        self.sent.append(message)

    def _tell_time(self) -> datetime:
        # No two looks at a clock see the same microsecond.
        self.now += timedelta(microseconds=1)
        return self.now

    def _clock(self) -> float:
        self.seconds += self.tick
        return self.seconds

    def wait(self, length: timedelta) -> None:
        """Let some time pass."""
        self.now += length
