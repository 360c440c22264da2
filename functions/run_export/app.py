"""Does steps of exports to the lake as their queue asks for them."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract.queue_steps import BatchAnswer, answer_batch, do_step
from lifecycle.services.export_worker import ExportWorker
from lifecycle.services.job_steps import Step

logger = Logger()

#: After so many attempts the queue gives a step up (template.yaml: maxReceiveCount).
ATTEMPTS = 3


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> BatchAnswer:
    """Do the steps that some messages ask for."""
    return answer_batch(event, lambda record: do_step(record, context, _worker, "export_step", ATTEMPTS))


def _worker(step: Step) -> ExportWorker:
    return ExportWorker.connect(
        os.environ["TABLE_NAME"], step["workspace"], float(os.environ["JOB_PROSPECTS_PER_SECOND"])
    )
