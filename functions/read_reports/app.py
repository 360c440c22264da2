"""Answers everything else under /reports: the reports, the prospects behind each number, and what the numbers are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import encode_reports, parameters
from lifecycle.contract import report_routes as routes
from lifecycle.contract.caller import read_caller
from lifecycle.contract.cursors import CursorMaker
from lifecycle.contract.report_desk import counted_for, reports_for
from lifecycle.contract.report_files import answer_report
from lifecycle.contract.report_parameters import read_counted, read_format, read_wanted
from lifecycle.contract.resolver import Api, answer, logger
from lifecycle.contract.route import Route
from lifecycle.contract.times import now
from lifecycle.services.report_requests import Wanted
from lifecycle.services.report_results import Answered
from lifecycle.services.reports import Reports

api = Api()


def _report(route: Route, make: Callable[[Reports, Wanted], Answered[Any]]) -> Response[Any]:
    caller = read_caller(api.event)
    query = parameters.read_query(api.event, route.query_names)
    wanted, form = read_wanted(query), read_format(api.event, query)
    return answer_report(make(reports_for(caller), wanted), form)


@api.route(routes.FUNNEL_REPORT)
def funnel() -> Response[Any]:
    """Report the stages."""
    return _report(routes.FUNNEL_REPORT, lambda reports, wanted: reports.funnel(wanted, now()))


@api.route(routes.FLOWS_REPORT)
def flows() -> Response[Any]:
    """Report the moves from stage to stage."""
    return _report(routes.FLOWS_REPORT, lambda reports, wanted: reports.flows(wanted, now()))


@api.route(routes.CONVERSION_REPORT)
def conversion() -> Response[Any]:
    """Report the conversion from stage to stage."""
    return _report(routes.CONVERSION_REPORT, lambda reports, wanted: reports.conversion(wanted, now()))


@api.route(routes.VELOCITY_REPORT)
def velocity() -> Response[Any]:
    """Report the time in each stage."""
    return _report(routes.VELOCITY_REPORT, lambda reports, wanted: reports.velocity(wanted, now()))


@api.route(routes.VISCOSITY_REPORT)
def viscosity() -> Response[Any]:
    """Report where prospects are stuck."""
    return _report(routes.VISCOSITY_REPORT, lambda reports, _: reports.viscosity(now()))


@api.route(routes.LOST_REASONS_REPORT)
def lost_reasons() -> Response[Any]:
    """Report why deals were lost, and prospects left the ladder."""
    return _report(routes.LOST_REASONS_REPORT, lambda reports, wanted: reports.lost_reasons(wanted, now()))


@api.route(routes.LIST_COUNTED)
def list_counted() -> Response[str]:
    """List whom a number counts."""
    caller = read_caller(api.event)
    query = parameters.read_query(api.event, routes.LIST_COUNTED.query_names)
    counted = read_counted(query)
    filters = [query.get(name) for name in routes.LIST_COUNTED.query_names if name not in ("cursor", "limit")]
    cursors = CursorMaker(caller, routes.LIST_COUNTED.path, filters)
    page = counted_for(caller).page(
        counted, position=cursors.read(query.get("cursor")), limit=parameters.read_limit(query), now=now()
    )
    return answer(encode_reports.encode_counted(page, cursors.make(page.position)))


@api.route(routes.GET_DEFINITIONS)
def get_definitions() -> Response[str]:
    """Say what each number is."""
    parameters.read_query(api.event, routes.GET_DEFINITIONS.query_names)
    return answer(encode_reports.encode_definitions())


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
