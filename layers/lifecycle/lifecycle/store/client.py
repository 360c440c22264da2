"""The DynamoDB clients of a function: made once, on first use, with explicit retries and time-outs.

These act by the function's own role, which reaches the items of no workspace but where something is about all of them:
the hashes of keys, what is due. Whatever is one workspace's goes through ``sessions.workspace_client``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from lifecycle.store.deadline import keeping_time

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: Three attempts in standard mode: the SDK's own default for DynamoDB is ten with growing pauses, longer than a caller
#: of the API waits. The time-outs are those of a service that answers in milliseconds.
PATIENT = Config(
    retries={"mode": "standard", "max_attempts": 3}, connect_timeout=2, read_timeout=5, max_pool_connections=16
)
#: For what is not worth waiting for: one attempt, a second at most for each step.
HASTY = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=1, read_timeout=1)


@lru_cache(maxsize=1)
def dynamodb_client() -> DynamoDBClient:
    """The client of this process."""
    return keeping_time(boto3.client("dynamodb", config=PATIENT))


@lru_cache(maxsize=1)
def hasty_dynamodb_client() -> DynamoDBClient:
    """The client of this process for what is not worth waiting for."""
    return keeping_time(boto3.client("dynamodb", config=HASTY))
