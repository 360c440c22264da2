"""The function that looks once a minute for what is due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from functions.run_timers import app
from lifecycle.services.timers import TimersRun, Workplaces
from tests.unit.functions.conftest import FakeContext


@dataclass(frozen=True)
class TimedContext(FakeContext):
    """An invocation with some time left."""

    def get_remaining_time_in_millis(self) -> int:
        return 55_000


def after(monkeypatch: pytest.MonkeyPatch, run: TimersRun) -> list[tuple[object, datetime, float]]:
    """Call the handler with timers that come to a certain end; what they were called with."""
    calls: list[tuple[object, datetime, float]] = []

    def run_timers(workplaces: object, now: datetime, remaining: Callable[[], float]) -> TimersRun:
        calls.append((workplaces, now, remaining()))
        return run

    monkeypatch.setenv("TABLE_NAME", "table")
    monkeypatch.setattr(app, "run_timers", run_timers)
    monkeypatch.setattr(Workplaces, "connect", lambda table: f"places of {table}")
    app.handler({}, TimedContext())  # type: ignore[arg-type]
    return calls


def test_what_is_due_in_the_table_is_seen_to(monkeypatch: pytest.MonkeyPatch) -> None:
    ((places, now, seconds),) = after(monkeypatch, TimersRun(due=2, moved=1, failed=0))

    assert (places, seconds) == ("places of table", 55.0)
    assert abs((datetime.now(UTC) - now).total_seconds()) < 60


def test_a_run_in_which_something_failed_counts_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(app.TimersFailedError, match="1 of 2 timers failed"):
        after(monkeypatch, TimersRun(due=2, moved=1, failed=1))
