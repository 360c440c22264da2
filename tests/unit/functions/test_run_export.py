"""The function behind the queue of exports."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from functions.run_export import app
from lifecycle.services.export_worker import ExportWorker
from tests.unit.functions.conftest import FakeContext

EVENTS = Path(__file__).parents[3] / "events"
STEP = {"workspace": "local", "job_id": "export-1", "step": "plan"}


@dataclass(frozen=True)
class TimedContext(FakeContext):
    """An invocation with ten seconds left."""

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


@dataclass
class FakeWorker:
    """A worker that does what it is told, or fails."""

    error: Exception | None = None
    done: list[Mapping[str, Any]] = field(default_factory=list)
    given_up: list[tuple[Mapping[str, Any], Exception]] = field(default_factory=list)
    seconds: float | None = None

    def work(self, step: Mapping[str, Any], remaining: Callable[[], float], *, again: bool) -> None:
        self.seconds = remaining()
        if self.error:
            raise self.error
        self.done.append(step)

    def give_up(self, step: Mapping[str, Any], error: Exception) -> None:
        self.given_up.append((step, error))


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> FakeWorker:
    worker = FakeWorker()

    def connect(table: str, workspace: str, per_second: float) -> FakeWorker:
        assert (table, workspace, per_second) == ("table", "local", 200.0)
        return worker

    monkeypatch.setenv("TABLE_NAME", "table")
    monkeypatch.setenv("JOB_PROSPECTS_PER_SECOND", "200")
    monkeypatch.setattr(ExportWorker, "connect", connect)
    return worker


def deliver(attempt: int = 1) -> dict[str, Any]:
    record = {
        "messageId": "m1",
        "body": json.dumps(STEP),
        "attributes": {"ApproximateReceiveCount": str(attempt)},
    }
    return app.handler({"Records": [record]}, TimedContext())  # type: ignore[arg-type]


def test_a_step_is_done_in_the_time_that_is_left(worker: FakeWorker) -> None:
    assert deliver() == {"batchItemFailures": []}
    assert (worker.done, worker.seconds) == ([STEP], 10.0)


@pytest.mark.parametrize("path", sorted(EVENTS.glob("run_export*.json")), ids=lambda path: path.stem)
def test_the_sample_events_are_done(worker: FakeWorker, path: Path) -> None:
    event = json.loads(path.read_text())

    assert app.handler(event, TimedContext()) == {"batchItemFailures": []}  # type: ignore[arg-type]
    assert worker.done == [json.loads(record["body"]) for record in event["Records"]] != []


def test_a_step_that_fails_is_delivered_again(worker: FakeWorker) -> None:
    worker.error = KeyError()

    assert deliver(attempt=app.ATTEMPTS - 1) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert worker.given_up == []


def test_after_the_last_attempt_the_job_is_given_up(worker: FakeWorker) -> None:
    worker.error = KeyError()

    assert deliver(attempt=app.ATTEMPTS) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert worker.given_up == [(STEP, worker.error)]
