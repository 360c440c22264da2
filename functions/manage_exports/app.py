"""Answers everything under /exports: starts exports to the lake, tells how far they are, stops them."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import export_models as segments
from lifecycle.contract import export_routes as routes
from lifecycle.contract import parameters
from lifecycle.contract.body import read_json
from lifecycle.contract.caller import Caller, read_caller
from lifecycle.contract.export_answers import encode_export, encode_export_settings, encode_exports
from lifecycle.contract.export_models import decode_export_settings
from lifecycle.contract.lakeside import exports_for
from lifecycle.contract.limits import MAX_BODY_BYTES
from lifecycle.contract.resolver import Api, answer, logger
from lifecycle.contract.times import now

api = Api()
api.preflight({route.path for route in routes.EXPORT_ROUTES})


@api.route(routes.POST_EXPORT)
def post_export() -> Response[str]:
    """Start an export."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.POST_EXPORT.query_names)
    exports = exports_for(caller)
    started = exports.start(caller.actor, now())
    return answer(encode_export(exports.view(started.job_id)), 202)


@api.route(routes.LIST_EXPORTS)
def list_exports() -> Response[str]:
    """List the exports."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.LIST_EXPORTS.query_names)
    return answer(encode_exports(exports_for(caller).all()))


@api.route(routes.GET_EXPORT_SETTINGS)
def get_settings() -> Response[str]:
    """Show the settings."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.GET_EXPORT_SETTINGS.query_names)
    return _settings(caller)


@api.route(routes.PUT_EXPORT_SETTINGS)
def put_settings() -> Response[str]:
    """Change the settings."""
    caller = read_caller(api.event)
    present = now()
    nightly = decode_export_settings(read_json(api.event, MAX_BODY_BYTES), present)
    exports_for(caller).set_nightly(nightly, present)
    return _settings(caller)


def _settings(caller: Caller) -> Response[str]:
    exports = exports_for(caller)
    return answer(encode_export_settings(caller.workspace, nightly=exports.nightly, next_at=exports.next_at()))


@api.route(routes.GET_EXPORT)
def get_export(export_id: str) -> Response[str]:
    """Show how far an export is."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.GET_EXPORT.query_names)
    return answer(encode_export(exports_for(caller).view(segments.export_id(export_id))))


@api.route(routes.CANCEL_EXPORT)
def cancel_export(export_id: str) -> Response[str]:
    """Stop an export."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.CANCEL_EXPORT.query_names)
    return answer(encode_export(exports_for(caller).cancel(segments.export_id(export_id), now())))


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
