"""Evaluates the prospects that new entries of the log concern: the safety net behind the API, and the way of deals."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.services.stream import evaluate_stream

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Evaluate a batch of records of the table's stream.

    Arguments:
        event: the records (AWS, "Using AWS Lambda with Amazon DynamoDB").
        _context: of the invocation.

    Returns:
        The sequence numbers of the records that failed. Lambda takes the shard up again from the lowest of them, so
        what follows it comes once more; evaluating twice is evaluating once (AWS, "Configuring partial batch response
        with DynamoDB and Lambda").
    """
    records = event["Records"]
    failed = evaluate_stream(os.environ["TABLE_NAME"], records)
    log = logger.error if failed else logger.info
    log("stream", records=len(records), failed=failed)
    return {"batchItemFailures": [{"itemIdentifier": sequence_number} for sequence_number in failed]}
