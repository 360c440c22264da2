"""Answers GET and PUT /reports/settings: at whose midnights the days of reports begin, and what is aimed at. And what
browsers ask before they send a request with a key to any path under /reports."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import parameters
from lifecycle.contract.body import read_json
from lifecycle.contract.caller import read_caller
from lifecycle.contract.limits import MAX_BODY_BYTES
from lifecycle.contract.report_answers import encode_report_settings
from lifecycle.contract.report_models import decode_report_settings
from lifecycle.contract.report_routes import GET_REPORT_SETTINGS, PUT_REPORT_SETTINGS, REPORT_ROUTES
from lifecycle.contract.report_settings_desk import report_settings_for
from lifecycle.contract.resolver import Api, answer, logger
from lifecycle.contract.times import now

api = Api()
api.preflight({route.path for route in REPORT_ROUTES})


@api.route(GET_REPORT_SETTINGS)
def get_settings() -> Response[str]:
    """Show the settings."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, GET_REPORT_SETTINGS.query_names)
    return answer(encode_report_settings(report_settings_for(caller).settings()))


@api.route(PUT_REPORT_SETTINGS)
def put_settings() -> Response[str]:
    """Change the settings."""
    caller = read_caller(api.event)
    present = now()
    wanted = decode_report_settings(read_json(api.event, MAX_BODY_BYTES), present)
    return answer(encode_report_settings(report_settings_for(caller).change(wanted, present)))


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
