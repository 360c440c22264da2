"""Asks the hooks of sources for records that were named by their ids alone, as the queue of records asks for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract.queue_steps import BatchAnswer, answer_batch
from lifecycle.contract.source_desk import enrich
from lifecycle.contract.times import now
from lifecycle.services.failures import failure

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> BatchAnswer:
    """Ask for the records that some messages name."""
    return answer_batch(event, _done)


def _done(record: Mapping[str, Any]) -> bool:
    """Whether nothing was in the way. The log names no record: an id may be a person's."""
    question = json.loads(record["body"])
    told = {"workspace": question["workspace"], "what": question["what"]}
    try:
        asked = enrich(question, now())
    except Exception as error:
        logger.error("hook failed", attempt=record["attributes"]["ApproximateReceiveCount"], **told, **failure(error))  # noqa: TRY400 - not the message
        return False
    logger.info("hook", asked=asked, **told)
    return True
