"""Shows the dashboard: the reports as charts and tables, and the prospects behind each number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import page_routes as routes
from lifecycle.contract import parameters
from lifecycle.contract.caller import read_caller
from lifecycle.contract.desk import desk_for
from lifecycle.contract.report_desk import counted_for, reports_for
from lifecycle.contract.report_files import answer_report
from lifecycle.contract.resolver import logger
from lifecycle.contract.times import now
from lifecycle.pages.counted import counted_page
from lifecycle.pages.dashboard import PANELS, dashboard
from lifecycle.pages.frame import PageApi
from lifecycle.pages.links import filters_of
from lifecycle.pages.panels import Panels
from lifecycle.pages.stages import Stages
from lifecycle.services.report_requests import Wanted
from lifecycle.services.report_results import Answered
from lifecycle.services.reports import Reports

api = PageApi()

#: The reports that can be saved, by the names that they have in the API.
_SAVED: Mapping[str, Callable[[Reports, Wanted], Answered[Any]]] = {
    "funnel": lambda reports, wanted: reports.funnel(wanted, now()),
    "flows": lambda reports, wanted: reports.flows(wanted, now()),
    "conversion": lambda reports, wanted: reports.conversion(wanted, now()),
    "velocity": lambda reports, wanted: reports.velocity(wanted, now()),
    "viscosity": lambda reports, _: reports.viscosity(now()),
    "lost-reasons": lambda reports, wanted: reports.lost_reasons(wanted, now()),
}


@api.route(routes.GET_DASHBOARD)
def show_dashboard() -> Response[str]:
    """The dashboard, but for the panels that it asks for later."""
    query = parameters.read_query(api.event, routes.GET_DASHBOARD.query_names)
    return api.show("dashboard.html", dashboard(reports_for(read_caller(api.event)), query, api.base, now()))


@api.route(routes.GET_PANEL)
def show_panel(name: str) -> Response[str]:
    """One panel, for the dashboard to put in; or for itself, where there are no scripts."""
    query = parameters.read_query(api.event, routes.GET_PANEL.query_names)
    if name not in PANELS:
        raise NotFoundError
    caller = read_caller(api.event)
    shown = Panels(reports_for(caller), counted_for(caller), api.base, now()).panel(name, query)
    return api.show("panel.html" if api.is_asked_by_script else "panel_page.html", shown)


@api.route(routes.LIST_COUNTED)
def show_counted() -> Response[str]:
    """The prospects behind a number."""
    query = parameters.read_query(api.event, routes.LIST_COUNTED.query_names)
    caller, present = read_caller(api.event), now()
    stages = Stages(desk_for(caller).in_force(present).in_force.definition)
    return api.show("counted.html", counted_page(counted_for(caller), stages, caller, query, present))


@api.route(routes.GET_REPORT)
def save_report(name: str) -> Response[Any]:
    """A report of the dashboard, to be saved: as the API answers it as CSV."""
    query = parameters.read_query(api.event, routes.GET_REPORT.query_names)
    if name not in _SAVED:
        raise NotFoundError
    return answer_report(_SAVED[name](reports_for(read_caller(api.event)), filters_of(query).saved), "csv")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
