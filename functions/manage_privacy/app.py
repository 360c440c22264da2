"""Answers GET /prospects/{prospect_id}/export and DELETE /prospects/{prospect_id}."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import parameters
from lifecycle.contract import privacy_routes as routes
from lifecycle.contract.caller import read_caller
from lifecycle.contract.cursors import CursorMaker
from lifecycle.contract.limits import MAX_EXPORT_PAGE
from lifecycle.contract.privacy_answers import encode_erasure, encode_export
from lifecycle.contract.prospects import lifecycle_for
from lifecycle.contract.resolver import Api, answer, logger
from lifecycle.services.erasure import within

api = Api()

#: How long a request goes on with deleting before it leaves the rest to the timers: it ends well before the moment from
#: which on no call is begun any more (``store.deadline``).
_SECONDS = 10.0


@api.route(routes.EXPORT_PROSPECT)
def export_prospect(prospect_id: str) -> Response[str]:
    """Show all that is held on a prospect."""
    caller = read_caller(api.event)
    query = parameters.read_query(api.event, routes.EXPORT_PROSPECT.query_names)
    cursors = CursorMaker(caller, routes.EXPORT_PROSPECT.path, [prospect_id])
    page = lifecycle_for(caller).export(
        parameters.prospect_id(prospect_id),
        position=cursors.read(query.get("cursor")),
        limit=parameters.read_limit(query, MAX_EXPORT_PAGE, MAX_EXPORT_PAGE),
    )
    return answer(encode_export(page, cursors.make(page.position)))


@api.route(routes.ERASE_PROSPECT)
def erase_prospect(prospect_id: str) -> Response[str]:
    """Erase a prospect."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.ERASE_PROSPECT.query_names)
    erased = lifecycle_for(caller).erase(parameters.prospect_id(prospect_id), within(_SECONDS))
    return answer(encode_erasure(erased), 200 if erased.is_complete else 202)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
