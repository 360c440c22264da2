"""Answers everything under /keys: lists the workspace's API keys, gives them out, withdraws them."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import key_routes as routes
from lifecycle.contract import parameters
from lifecycle.contract.body import read_json
from lifecycle.contract.caller import Caller, read_caller
from lifecycle.contract.key_answers import encode_keys, encode_new_key
from lifecycle.contract.key_models import decode_key
from lifecycle.contract.keyring import keys_for
from lifecycle.contract.limits import MAX_BODY_BYTES
from lifecycle.contract.resolver import Api, answer, answer_nothing, logger
from lifecycle.contract.times import now
from lifecycle.services.credentials import Grant

api = Api()


@api.route(routes.LIST_KEYS)
def list_keys() -> Response[str]:
    """List the keys."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.LIST_KEYS.query_names)
    return answer(encode_keys(keys_for(caller).all()))


@api.route(routes.POST_KEY)
def post_key() -> Response[str]:
    """Give out a key."""
    caller = read_caller(api.event)
    present = now()
    wanted = decode_key(read_json(api.event, MAX_BODY_BYTES), present)
    grant = Grant(wanted.name, wanted.scopes, wanted.expires_at, caller.actor, wanted.requests_per_second)
    issued = keys_for(caller).issue(grant, caller.scopes, present)
    logger.info("key given out", key_id=issued.record.key_id, scopes=issued.record.scopes, by=_by(caller))
    return answer(encode_new_key(issued), 201)


@api.route(routes.DELETE_KEY)
def delete_key(key_id: str) -> Response[str]:
    """Withdraw a key."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.DELETE_KEY.query_names)
    keys_for(caller).withdraw(parameters.key_id(key_id), now())
    logger.info("key withdrawn", key_id=key_id, by=_by(caller))
    return answer_nothing()


def _by(caller: Caller) -> str:
    """Who did it, as the log may say it: a key's name is no secret, and a person's email is not for it."""
    return caller.actor if caller.kind == "key" else caller.kind


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
