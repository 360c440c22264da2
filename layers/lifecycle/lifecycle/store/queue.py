"""The queues of what nobody waits for: a message asks for one step of long work, or for one record of an outside
system. The only place that knows SQS."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from lifecycle.store.deadline import keeping_time

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

#: The longest that SQS holds a message back (AWS, "Amazon SQS message timers").
LONGEST_DELAY = 900


class JobQueue:
    """Asks for steps, one by a message.

    Arguments:
        client: of SQS.
        url: of the queue.
    """

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, message: Mapping[str, Any], delay: int = 0) -> None:
        """Ask for a step.

        Arguments:
            message: plain JSON values.
            delay: for how many seconds it is held back; at most 15 minutes are.
        """
        body = json.dumps(message, separators=(",", ":"))
        self._client.send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=min(delay, LONGEST_DELAY))


@lru_cache(maxsize=1)
def job_queue() -> JobQueue:
    """The queue of long work, which the environment variable ``JOB_QUEUE_URL`` names."""
    return JobQueue(_client(), os.environ["JOB_QUEUE_URL"])


@lru_cache(maxsize=1)
def record_queue() -> JobQueue:
    """The queue of records that are missing, which the environment variable ``RECORD_QUEUE_URL`` names."""
    return JobQueue(_client(), os.environ["RECORD_QUEUE_URL"])


@lru_cache(maxsize=1)
def export_queue() -> JobQueue:
    """The queue of exports, whose steps are longer; the environment variable ``EXPORT_QUEUE_URL`` names it."""
    return JobQueue(_client(), os.environ["EXPORT_QUEUE_URL"])


def _client() -> SQSClient:
    config = Config(retries={"mode": "standard", "max_attempts": 3}, connect_timeout=2, read_timeout=5)
    return keeping_time(boto3.client("sqs", config=config))
