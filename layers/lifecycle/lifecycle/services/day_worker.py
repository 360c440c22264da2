"""Does the steps that make the figures of days for reports, in the background."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date

from lifecycle.services.failures import failure
from lifecycle.services.job_steps import Send, Step, days_step
from lifecycle.services.report_days import ReportDays
from lifecycle.store.queue import job_queue

_LOGGER = logging.getLogger(__name__)

#: With fewer seconds left, no further day is begun.
RESERVE = 15.0


class DayWorker:
    """Works on the days of one workspace.

    Arguments:
        workspace: whose.
        days: their figures.
        send: asks for a step.
    """

    #: The steps that it does.
    STEPS = ("day", "days")

    def __init__(self, workspace: str, days: ReportDays, send: Send) -> None:
        self._workspace = workspace
        self._days = days
        self._send = send

    @classmethod
    def connect(cls, table: str, workspace: str) -> DayWorker:
        """A worker on the days of which a table keeps figures for a workspace."""
        return cls(workspace, ReportDays.connect(table, workspace), job_queue().send)

    def work(self, step: Step, remaining: Callable[[], float], *, again: bool = False) -> None:  # noqa: ARG002
        """Do a step, as far as the time allows; what is left of it is asked for anew.

        Arguments:
            step: as ``job_steps`` makes them.
            remaining: tells how many seconds are left.
            again: it failed before, which makes no difference: a day is made anew as a whole.
        """
        if step["step"] == "day":
            self._days.do(date.fromisoformat(step["day"]))
        elif not self._days.do_all(lambda: remaining() > RESERVE):
            self._send(days_step(self._workspace))

    def give_up(self, step: Step, error: Exception) -> None:
        """Tell of a step that failed at every attempt: until its days are marked again, they stay as they are."""
        told = {"workspace": self._workspace, "day": step.get("day"), **failure(error)}
        _LOGGER.error("the figures of a day could not be made", extra=told)
