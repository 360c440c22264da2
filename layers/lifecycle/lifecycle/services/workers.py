"""Who does a step of long work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from lifecycle.services.day_worker import DayWorker
from lifecycle.services.job_steps import Step
from lifecycle.services.job_worker import JobWorker


class Worker(Protocol):
    """Does steps."""

    def work(self, step: Step, remaining: Callable[[], float], *, again: bool = False) -> None: ...
    def give_up(self, step: Step, error: Exception) -> None: ...


def worker_for(step: Step, table: str, per_second: float) -> Worker:
    """The worker for a step, in the step's workspace.

    Arguments:
        step: as ``job_steps`` makes them.
        table: the table's name.
        per_second: how many prospects a worker takes a second at most.
    """
    if step["step"] in DayWorker.STEPS:
        return DayWorker.connect(table, step["workspace"])
    return JobWorker.connect(table, step["workspace"], per_second)
