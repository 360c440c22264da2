"""Messages of a queue, and the steps of long work that they ask for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.services.failures import failure
from lifecycle.services.job_steps import Step
from lifecycle.services.workers import Worker

logger = Logger()

BatchAnswer = dict[str, list[dict[str, str]]]


def answer_batch(event: Mapping[str, Any], is_done: Callable[[Mapping[str, Any]], bool]) -> BatchAnswer:
    """See to a batch of messages (AWS, "Using Lambda with Amazon SQS").

    Arguments:
        event: the messages.
        is_done: sees to one; whether that went well.

    Returns:
        The ids of the messages that failed. The queue delivers them again, and at last to the dead letters.
    """
    failed = [record["messageId"] for record in event["Records"] if not is_done(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def do_step(
    record: Mapping[str, Any], context: LambdaContext, worker_of: Callable[[Step], Worker], name: str, attempts: int
) -> bool:
    """Do the step that a message asks for.

    Arguments:
        record: the message.
        context: of the invocation; it tells how much time is left.
        worker_of: gives the worker for a step.
        name: of such a step in the log.
        attempts: after so many the queue gives a step up, and its worker is told.

    Returns:
        Whether it was done, as far as the time allowed.
    """
    step = json.loads(record["body"])
    attempt = int(record["attributes"]["ApproximateReceiveCount"])
    logger.info(name, attempt=attempt, **step)
    worker = worker_of(step)
    try:
        worker.work(step, lambda: context.get_remaining_time_in_millis() / 1000, again=attempt > 1)
    except Exception as error:
        told = {"attempt": attempt, **step, **failure(error)}
        logger.error(name + "_failed", **told)  # noqa: TRY400, G003 - not the message; two names there are
        if attempt >= attempts:
            worker.give_up(step, error)
        return False
    return True
