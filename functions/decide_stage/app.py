"""Answers POST /prospects/{prospect_id}/decisions."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import parameters, routes
from lifecycle.contract.body import read_json
from lifecycle.contract.caller import read_caller
from lifecycle.contract.decode import decode_decision
from lifecycle.contract.encode import encode_outcome
from lifecycle.contract.limits import MAX_BODY_BYTES
from lifecycle.contract.prospects import lifecycle_for
from lifecycle.contract.resolver import Api, answer, logger
from lifecycle.contract.times import now

api = Api()


@api.route(routes.POST_DECISION)
def decide(prospect_id: str) -> Response[str]:
    """Record a person's ruling on a prospect."""
    caller = read_caller(api.event)
    ruling = decode_decision(read_json(api.event, MAX_BODY_BYTES), caller.actor, now())
    outcome = lifecycle_for(caller).decide(parameters.prospect_id(prospect_id), ruling)
    return answer(encode_outcome(outcome), 200 if outcome.duplicate else 201)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
