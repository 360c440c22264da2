"""The queues of long work and of records."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.store.queue import LONGEST_DELAY, JobQueue, QueueRefusedError, RecordQueue, job_queue, record_queue


class FakeSqs:
    """Remembers what it was asked to send."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.refuses = False

    def send_message_batch(self, **batch: Any) -> dict[str, Any]:
        self.sent.append(batch)
        return {"Failed": batch["Entries"][:1]} if self.refuses else {"Successful": batch["Entries"]}

    def send_message(self, **message: Any) -> None:
        self.sent.append(message)


@pytest.mark.parametrize(("delay", "held_back"), [(0, 0), (8, 8), (86_400, LONGEST_DELAY)])
def test_a_step_is_sent_and_held_back_no_longer_than_the_service_can(delay: int, held_back: int) -> None:
    sqs = FakeSqs()
    JobQueue(sqs, "the-url").send({"job_id": "a", "segment": 3}, delay)  # type: ignore[arg-type]

    assert sqs.sent == [{"QueueUrl": "the-url", "MessageBody": '{"job_id":"a","segment":3}', "DelaySeconds": held_back}]


def test_the_deployment_names_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOB_QUEUE_URL", "the-url")
    job_queue.cache_clear()

    assert job_queue() is job_queue()
    job_queue.cache_clear()


@pytest.mark.parametrize(("count", "requests"), [(0, []), (1, [1]), (10, [10]), (21, [10, 10, 1])])
def test_records_are_asked_for_by_ten_in_a_request(count: int, requests: list[int]) -> None:
    sqs = FakeSqs()
    RecordQueue(sqs, "the-url").send([{"name": str(number)} for number in range(count)])  # type: ignore[arg-type]

    assert [len(request["Entries"]) for request in sqs.sent] == requests
    bodies = [entry["MessageBody"] for request in sqs.sent for entry in request["Entries"]]
    assert bodies == [f'{{"name":"{number}"}}' for number in range(count)]


def test_a_request_that_is_taken_in_part_has_failed() -> None:
    sqs = FakeSqs()
    sqs.refuses = True

    with pytest.raises(QueueRefusedError):
        RecordQueue(sqs, "the-url").send([{"name": "1"}, {"name": "2"}])  # type: ignore[arg-type]


def test_the_deployment_names_the_queue_of_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORD_QUEUE_URL", "the-url")
    record_queue.cache_clear()

    assert record_queue() is record_queue()
    record_queue.cache_clear()
