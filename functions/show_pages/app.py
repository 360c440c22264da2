"""Shows the pages: the prospects, the funnel, the settings of the reports, and where one signs in."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import funnel_parameters as segments
from lifecycle.contract import page_routes as routes
from lifecycle.contract import parameters
from lifecycle.contract.caller import read_caller
from lifecycle.contract.desk import desk_for, jobs_for
from lifecycle.contract.doorway import has_issuer
from lifecycle.contract.prospects import lifecycle_for
from lifecycle.contract.report_settings_desk import report_settings_for
from lifecycle.contract.resolver import logger, send_to
from lifecycle.contract.times import now
from lifecycle.pages.frame import PageApi
from lifecycle.pages.funnel import FunnelPages
from lifecycle.pages.prospects import ProspectPages
from lifecycle.pages.report_settings import ReportSettingsPage

api = PageApi()


def _prospects() -> ProspectPages:
    caller = read_caller(api.event)
    return ProspectPages(caller, lifecycle_for(caller), desk_for(caller), now())


def _funnel() -> FunnelPages:
    caller = read_caller(api.event)
    return FunnelPages(caller, desk_for(caller), jobs_for(caller), now())


@api.route(routes.GET_SIGN_IN)
def show_sign_in() -> Response[str]:
    """Where one signs in."""
    query = parameters.read_query(api.event, routes.GET_SIGN_IN.query_names)
    return_to = parameters.read_one(query, "return_to", parameters.local_path) or "/"
    shown = {"title": "Sign in", "has_issuer": has_issuer(), "return_to": return_to, "is_refused": "refused" in query}
    return api.show("sign_in.html", shown)


@api.route(routes.GET_PROSPECTS)
def show_prospects() -> Response[str]:
    """The search; an email or an id leads straight to its prospect."""
    query = parameters.read_query(api.event, routes.GET_PROSPECTS.query_names)
    found = _prospects().search(query)
    if found.only and not api.is_asked_by_script:
        return send_to(f"{api.base}/pages/prospects/{found.only}")
    return api.show("prospects.html", found.shown)


@api.route(routes.GET_PROSPECT)
def show_prospect(prospect_id: str) -> Response[str]:
    """One prospect."""
    parameters.read_query(api.event, routes.GET_PROSPECT.query_names)
    shown = _prospects().prospect(parameters.prospect_id(prospect_id))
    return api.show("prospect.html", shown)


@api.route(routes.GET_TIMELINE)
def show_timeline(prospect_id: str) -> Response[str]:
    """More of a prospect's timeline, for its page to put in."""
    query = parameters.read_query(api.event, routes.GET_TIMELINE.query_names)
    pages = _prospects()
    return api.show("timeline.html", pages.timeline(parameters.prospect_id(prospect_id), query.get("cursor")))


@api.route(routes.GET_FUNNEL)
def show_funnel() -> Response[str]:
    """The funnel in force, its versions and its drafts."""
    parameters.read_query(api.event, routes.GET_FUNNEL.query_names)
    return api.show("funnel.html", _funnel().funnel())


@api.route(routes.GET_DRAFT)
def show_draft(draft_id: str) -> Response[str]:
    """A draft."""
    parameters.read_query(api.event, routes.GET_DRAFT.query_names)
    return api.show("draft.html", _funnel().draft(segments.draft_id(draft_id)))


@api.route(routes.GET_SIMULATION)
def show_simulation(simulation_id: str) -> Response[str]:
    """A simulation: how far it is, and what it found."""
    parameters.read_query(api.event, routes.GET_SIMULATION.query_names)
    pages = _funnel()
    return api.show("simulation.html", pages.simulation(segments.simulation_id(simulation_id)))


@api.route(routes.LIST_MOVES)
def show_moves(simulation_id: str) -> Response[str]:
    """Who would move."""
    query = parameters.read_query(api.event, routes.LIST_MOVES.query_names)
    pages = _funnel()
    between = segments.read_stages(query)
    return api.show("moves.html", pages.moves(segments.simulation_id(simulation_id), between, query.get("cursor")))


@api.route(routes.GET_REPORT_SETTINGS)
def show_report_settings() -> Response[str]:
    """The settings of the reports."""
    parameters.read_query(api.event, routes.GET_REPORT_SETTINGS.query_names)
    caller = read_caller(api.event)
    page = ReportSettingsPage(desk_for(caller), report_settings_for(caller), now())
    return api.show("report_settings.html", page.shown())


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
