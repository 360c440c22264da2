"""Answers PUT and DELETE /deals/{deal_id}."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import parameters, routes
from lifecycle.contract.body import read_json
from lifecycle.contract.caller import read_caller
from lifecycle.contract.decode import deal_deletion, decode_deal
from lifecycle.contract.encode import encode_deal
from lifecycle.contract.limits import MAX_BODY_BYTES
from lifecycle.contract.prospects import lifecycle_for
from lifecycle.contract.resolver import Api, answer, logger
from lifecycle.contract.times import now

api = Api()


@api.route(routes.PUT_DEAL)
def put_deal(deal_id: str) -> Response[str]:
    """Record what a CRM says of a deal."""
    caller = read_caller(api.event)
    update = decode_deal(read_json(api.event, MAX_BODY_BYTES), parameters.deal_id(deal_id), now())
    return answer(encode_deal(lifecycle_for(caller).update_deal(update)))


@api.route(routes.DELETE_DEAL)
def delete_deal(deal_id: str) -> Response[str]:
    """Withdraw a deal."""
    caller = read_caller(api.event)
    query = parameters.read_query(api.event, routes.DELETE_DEAL.query_names)
    present = now()
    occurred_at = parameters.read_past_time(query, "occurred_at", present)
    update = deal_deletion(parameters.deal_id(deal_id), occurred_at, present)
    return answer(encode_deal(lifecycle_for(caller).update_deal(update)))


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
