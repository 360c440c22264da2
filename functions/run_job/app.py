"""Does steps of long work (simulations, re-evaluations, the figures of days) as the job queue asks for them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.services.failures import failure
from lifecycle.services.workers import worker_for

logger = Logger()

#: After so many attempts the queue gives a step up (template.yaml: maxReceiveCount).
ATTEMPTS = 4


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Do the steps that some messages ask for.

    Arguments:
        event: the messages (AWS, "Using Lambda with Amazon SQS").
        context: of the invocation; it tells how much time is left.

    Returns:
        The ids of the messages whose steps failed. The queue delivers them again, and at last to the dead letters.
    """
    failed = [record["messageId"] for record in event["Records"] if not _done(record, context)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _done(record: Mapping[str, Any], context: LambdaContext) -> bool:
    """Whether the step that a message asks for was done, as far as the time allowed."""
    step = json.loads(record["body"])
    attempt = int(record["attributes"]["ApproximateReceiveCount"])
    logger.info("job_step", attempt=attempt, **step)
    worker = worker_for(step, os.environ["TABLE_NAME"], float(os.environ["JOB_PROSPECTS_PER_SECOND"]))
    try:
        worker.work(step, lambda: context.get_remaining_time_in_millis() / 1000, again=attempt > 1)
    except Exception as error:
        logger.error("job_step_failed", attempt=attempt, **step, **failure(error))  # noqa: TRY400 - not the message
        if attempt >= ATTEMPTS:
            worker.give_up(step, error)
        return False
    return True
