"""What every function behind a queue of steps does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

from tests.unit.functions.conftest import FakeContext

EVENTS = Path(__file__).parents[3] / "events"


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
    again: bool | None = None

    def work(self, step: Mapping[str, Any], remaining: Callable[[], float], *, again: bool) -> None:
        self.seconds, self.again = remaining(), again
        if self.error:
            raise self.error
        self.done.append(step)

    def give_up(self, step: Mapping[str, Any], error: Exception) -> None:
        self.given_up.append((step, error))


class QueueContract:
    """The tests. A subclass names the function's module and the worker's class."""

    app: ClassVar[ModuleType]
    worker_class: ClassVar[type]
    step: ClassVar[Mapping[str, Any]] = {"workspace": "local", "job_id": "job-1", "step": "plan"}

    @pytest.fixture
    def worker(self, monkeypatch: pytest.MonkeyPatch) -> FakeWorker:
        """Whom the function has do its steps."""
        worker = FakeWorker()

        def connect(table: str, workspace: str, per_second: float) -> FakeWorker:
            assert (table, workspace, per_second) == ("table", "local", 200.0)
            return worker

        monkeypatch.setenv("TABLE_NAME", "table")
        monkeypatch.setenv("JOB_PROSPECTS_PER_SECOND", "200")
        monkeypatch.setattr(self.worker_class, "connect", connect)
        return worker

    def handle(self, event: Mapping[str, Any]) -> Any:
        """What the function answers."""
        return self.app.handler(event, TimedContext())

    def deliver(self, attempt: int = 1) -> Any:
        """What the function answers to the step as a message."""
        record = {
            "messageId": "m1",
            "body": json.dumps(self.step),
            "attributes": {"ApproximateReceiveCount": str(attempt)},
        }
        return self.handle({"Records": [record]})

    def test_a_step_is_done_in_the_time_that_is_left(self, worker: FakeWorker) -> None:
        assert self.deliver() == {"batchItemFailures": []}
        assert (worker.done, worker.seconds) == ([self.step], 10.0)

    def test_the_sample_events_are_done(self, worker: FakeWorker) -> None:
        samples = sorted(EVENTS.glob(f"{self.app.__name__.split('.')[1]}*.json"))
        assert samples

        for path in samples:
            event = json.loads(path.read_text())
            worker.done.clear()
            assert self.handle(event) == {"batchItemFailures": []}
            assert worker.done == [json.loads(record["body"]) for record in event["Records"]] != []

    def test_a_step_that_fails_is_delivered_again(self, worker: FakeWorker) -> None:
        worker.error = KeyError()

        assert self.deliver(attempt=self.app.ATTEMPTS - 1) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
        assert worker.given_up == []

    @pytest.mark.parametrize(("attempt", "again"), [(1, False), (2, True)])
    def test_the_worker_is_told_whether_a_step_failed_before(
        self, worker: FakeWorker, attempt: int, again: bool
    ) -> None:
        self.deliver(attempt)

        assert worker.again is again

    def test_after_the_last_attempt_the_job_is_given_up(self, worker: FakeWorker) -> None:
        worker.error = KeyError()

        assert self.deliver(attempt=self.app.ATTEMPTS) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
        assert worker.given_up == [(self.step, worker.error)]
