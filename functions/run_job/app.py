"""Does steps of long work (simulations, re-evaluations, the figures of days) as the job queue asks for them."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract.queue_steps import BatchAnswer, answer_batch, do_step
from lifecycle.services.job_steps import Step
from lifecycle.services.workers import Worker, worker_for

logger = Logger()

#: After so many attempts the queue gives a step up (template.yaml: maxReceiveCount).
ATTEMPTS = 4


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    """Do the steps that some messages ask for."""
    return answer_batch(event, lambda record: do_step(record, context, _worker, "job_step", ATTEMPTS))


def _worker(step: Step) -> Worker:
    return worker_for(step, os.environ["TABLE_NAME"], float(os.environ["JOB_PROSPECTS_PER_SECOND"]))
