"""Answers GET /prospects, and the state, timeline and explanation of one prospect."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import encode, parameters, routes
from lifecycle.contract.caller import Caller, read_caller
from lifecycle.contract.cursors import CursorMaker
from lifecycle.contract.prospects import lifecycle_for
from lifecycle.contract.resolver import Api, answer, logger
from lifecycle.events import Identity
from lifecycle.services.errors import ProspectNotFoundError

api = Api()


@api.route(routes.LIST_PROSPECTS)
def list_prospects() -> Response[str]:
    """Find one prospect by an identity, or list those that filters let through."""
    caller = read_caller(api.event)
    query = parameters.read_query(api.event, routes.LIST_PROSPECTS.query_names)
    identity = parameters.read_identity(query)
    return _filtered(caller, query) if identity is None else _identified(caller, identity)


def _identified(caller: Caller, identity: Identity) -> Response[str]:
    try:
        found = [lifecycle_for(caller).find_prospect(identity)]
    except ProspectNotFoundError:
        found = []  # a search that finds nothing went well
    return answer(encode.encode_prospects(found, None))


def _filtered(caller: Caller, query: dict[str, str]) -> Response[str]:
    filters = parameters.read_filters(query)
    cursors = CursorMaker(caller, routes.LIST_PROSPECTS.path, [query.get(name) for name in filters._fields])
    page = lifecycle_for(caller).list_prospects(
        **filters._asdict(), position=cursors.read(query.get("cursor")), limit=parameters.read_limit(query)
    )
    return answer(encode.encode_prospects(page.prospects, cursors.make(page.position)))


@api.route(routes.GET_PROSPECT)
def get_prospect(prospect_id: str) -> Response[str]:
    """Show the state of a prospect."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.GET_PROSPECT.query_names)
    return answer(encode.encode_prospect(lifecycle_for(caller).get_prospect(parameters.prospect_id(prospect_id))))


@api.route(routes.GET_TIMELINE)
def get_timeline(prospect_id: str) -> Response[str]:
    """Show what happened with a prospect, newest first."""
    caller = read_caller(api.event)
    query = parameters.read_query(api.event, routes.GET_TIMELINE.query_names)
    cursors = CursorMaker(caller, routes.GET_TIMELINE.path, [prospect_id])
    page = lifecycle_for(caller).timeline(
        parameters.prospect_id(prospect_id),
        position=cursors.read(query.get("cursor")),
        limit=parameters.read_limit(query),
    )
    return answer(encode.encode_timeline(page, cursors.make(page.position)))


@api.route(routes.GET_EXPLANATION)
def get_explanation(prospect_id: str) -> Response[str]:
    """Explain the stage of a prospect."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.GET_EXPLANATION.query_names)
    return answer(encode.encode_explanation(lifecycle_for(caller).explain(parameters.prospect_id(prospect_id))))


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
