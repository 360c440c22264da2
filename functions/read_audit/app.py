"""Answers GET /audit: who did what, when, from where, and how it was before and after."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import parameters
from lifecycle.contract.audit_answers import encode_audit
from lifecycle.contract.audit_parameters import read_wanted
from lifecycle.contract.audit_routes import LIST_AUDIT
from lifecycle.contract.auditing import audit_for
from lifecycle.contract.caller import read_caller
from lifecycle.contract.cursors import CursorMaker
from lifecycle.contract.resolver import Api, answer, logger

api = Api()

_FILTERS = ("from", "to", "action", "actor", "subject")


@api.route(LIST_AUDIT)
def list_audit() -> Response[str]:
    """Show who did what."""
    caller = read_caller(api.event)
    query = parameters.read_query(api.event, LIST_AUDIT.query_names)
    cursors = CursorMaker(caller, LIST_AUDIT.path, [query.get(name) for name in _FILTERS])
    page = audit_for(caller).page(
        read_wanted(query), position=cursors.read(query.get("cursor")), limit=parameters.read_limit(query)
    )
    return answer(encode_audit(page.entries, cursors.make(page.position)))


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
