"""Answers POST /activities and POST /activities/batch."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import routes
from lifecycle.contract.body import read_json
from lifecycle.contract.caller import read_caller
from lifecycle.contract.decode import decode_activity, decode_batch
from lifecycle.contract.encode import encode_batch, encode_outcome
from lifecycle.contract.limits import MAX_BATCH_BYTES, MAX_BODY_BYTES
from lifecycle.contract.prospects import lifecycle_for
from lifecycle.contract.resolver import Api, answer, logger
from lifecycle.contract.times import now

api = Api()


@api.route(routes.POST_ACTIVITY)
def record_activity() -> Response[str]:
    """Record one activity."""
    caller = read_caller(api.event)
    activity = decode_activity(read_json(api.event, MAX_BODY_BYTES), now())
    outcome = lifecycle_for(caller).record_activity(activity)
    return answer(encode_outcome(outcome), 200 if outcome.duplicate else 201)


@api.route(routes.POST_BATCH)
def record_batch() -> Response[str]:
    """Record the good entries of a batch, and name the bad ones."""
    caller = read_caller(api.event)
    batch = decode_batch(read_json(api.event, MAX_BATCH_BYTES), now())
    outcome = lifecycle_for(caller).record_activities(batch.activities)
    return answer(encode_batch(outcome, batch.rejected), 202)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
