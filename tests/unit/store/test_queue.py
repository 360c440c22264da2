"""The queues of what nobody waits for."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.store.queue import LONGEST_DELAY, JobQueue, job_queue, record_queue


class FakeSqs:
    """Remembers what it was asked to send."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_message(self, **message: Any) -> None:
        self.sent.append(message)


@pytest.mark.parametrize(("delay", "held_back"), [(0, 0), (8, 8), (86_400, LONGEST_DELAY)])
def test_a_step_is_sent_and_held_back_no_longer_than_the_service_can(delay: int, held_back: int) -> None:
    sqs = FakeSqs()
    JobQueue(sqs, "the-url").send({"job_id": "a", "segment": 3}, delay)  # type: ignore[arg-type]

    assert sqs.sent == [{"QueueUrl": "the-url", "MessageBody": '{"job_id":"a","segment":3}', "DelaySeconds": held_back}]


@pytest.mark.parametrize(("queue", "variable"), [(job_queue, "JOB_QUEUE_URL"), (record_queue, "RECORD_QUEUE_URL")])
def test_the_deployment_names_the_queues(monkeypatch: pytest.MonkeyPatch, queue: Any, variable: str) -> None:
    monkeypatch.setenv(variable, "the-url")
    queue.cache_clear()

    assert queue() is queue()
    queue.cache_clear()
