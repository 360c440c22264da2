"""The routes of the pages: what a browser shows to somebody who has signed in, and what its forms send.

They are no part of the API: the OpenAPI document does not name them, and nobody but our own pages calls them. Each
does what a route of the API does too.
"""

from __future__ import annotations

from functools import partial

from lifecycle.contract import report_routes
from lifecycle.contract.route import STAGE, TEAM_SCOPE, TEXT, TIME, Answer, Parameter, Route

_HTML = "text/html"
_SHOWN = (Answer(200, "The page.", None, _HTML),)
_DONE = (Answer(303, "Done; back to the page.", None, None),)

_page = partial(Route, "GET", function="show_pages", answers=_SHOWN, scope="read", credential="session", page=True)
_form = partial(Route, function="submit_pages", answers=_DONE, credential="session", page=True)

#: What a page says of what was done just before; one of ``pages.notices``.
_NOTICE = Parameter("notice", "What was done just before.", {"type": "string"})

#: The filters of the dashboard. Those of the reports are what ``report_routes`` says; the others are the page's own.
_FILTERS = (
    Parameter("from", "The first day.", TEXT),
    Parameter("to", "The last day.", TEXT),
    Parameter("by", "Days, weeks or months.", TEXT),
    Parameter("compare", "With the period before.", TEXT),
    Parameter("only", "The dimension that all is narrowed down by.", TEXT),
    Parameter("value", "The value of it.", TEXT),
    Parameter("break_down", "The dimension that is broken down by.", TEXT),
    Parameter("measure", "Which number the charts show.", TEXT),
    Parameter("conversion", "By period, or of a cohort within so many days.", TEXT),
)
_dashboard = partial(_page, function="show_dashboard", query=_FILTERS)

GET_DASHBOARD = _dashboard(path="/", summary="Show the dashboard")
GET_PANEL = _dashboard(path="/pages/panels/{name}", summary="Show a panel of the dashboard")
GET_REPORT = _dashboard(
    path="/pages/reports/{name}", summary="Save a report", answers=(Answer(200, "The report.", None, "text/csv"),)
)
LIST_COUNTED = _dashboard(
    path="/pages/reports/counted",
    summary="Show the prospects behind a number",
    query=tuple(parameter for parameter in report_routes.LIST_COUNTED.query if parameter.name != "limit"),
)

GET_SIGN_IN = Route(
    "GET",
    "/pages/sign-in",
    "show_pages",
    "Sign in",
    _SHOWN,
    query=(
        Parameter("return_to", "Where to go then: a path of these pages.", {"type": "string"}),
        Parameter("refused", "The issuer did not sign them in.", {"type": "string", "enum": ["true"]}),
    ),
    public=True,
    page=True,
)
GET_PROSPECTS = _page(
    path="/pages/prospects",
    summary="Find prospects",
    query=(
        Parameter("q", "An email, or an id.", TEXT),
        Parameter("stage", "Prospects in this stage.", STAGE),
        Parameter("lead_status", "Prospects with this lead status.", TEXT),
        Parameter("since_from", "In their stage since this time or later.", TIME),
        Parameter("since_to", "In their stage since this time or earlier.", TIME),
        Parameter("cursor", "Where the page starts.", TEXT),
    ),
)
GET_PROSPECT = _page(path="/pages/prospects/{prospect_id}", summary="Show a prospect", query=(_NOTICE,))
GET_TIMELINE = _page(
    path="/pages/prospects/{prospect_id}/timeline",
    summary="Show more of a timeline",
    query=(Parameter("cursor", "Where it starts.", TEXT),),
)
GET_FUNNEL = _page(path="/pages/funnel", summary="Show the funnel", query=(_NOTICE,))
GET_DRAFT = _page(path="/pages/funnel/drafts/{draft_id}", summary="Show a draft", query=(_NOTICE,))
GET_SIMULATION = _page(path="/pages/funnel/simulations/{simulation_id}", summary="Show a simulation")
LIST_MOVES = _page(
    path="/pages/funnel/simulations/{simulation_id}/moves",
    summary="Show who would move",
    query=(
        Parameter("from", "Those who leave this stage.", STAGE),
        Parameter("to", "Those who go to this stage.", STAGE),
        Parameter("cursor", "Where the page starts.", TEXT),
    ),
)
GET_REPORT_SETTINGS = _page(
    path="/pages/reports/settings", summary="Show the settings of the reports", query=(_NOTICE,)
)

POST_DECISION = _form("POST", "/pages/prospects/{prospect_id}/decisions", summary="Rule on a prospect", scope="decide")
POST_DRAFT = _form("POST", "/pages/funnel/drafts", summary="Make a draft", scope="funnel:write")
PUT_DRAFT = _form("PUT", "/pages/funnel/drafts/{draft_id}", summary="Change a draft", scope="funnel:write")
DELETE_DRAFT = _form("DELETE", "/pages/funnel/drafts/{draft_id}", summary="Delete a draft", scope="funnel:write")
SIGN_DRAFT = _form("POST", "/pages/funnel/drafts/{draft_id}/signatures", summary="Sign a draft", scope=TEAM_SCOPE)
TAKE_SIGNATURE_BACK = _form(
    "DELETE", "/pages/funnel/drafts/{draft_id}/signatures/{team}", summary="Take a signature back", scope=TEAM_SCOPE
)
SIMULATE_DRAFT = _form(
    "POST", "/pages/funnel/drafts/{draft_id}/simulations", summary="Try a draft", scope="funnel:write"
)
CANCEL_SIMULATION = _form(
    "DELETE", "/pages/funnel/simulations/{simulation_id}", summary="Stop a simulation", scope="funnel:write"
)
PUBLISH_DRAFT = _form(
    "POST", "/pages/funnel/drafts/{draft_id}/publication", summary="Publish a draft", scope="funnel:write"
)
ROLL_BACK = _form(
    "POST", "/pages/funnel/versions/{version}/rollback", summary="Bring a version back", scope="funnel:write"
)
PUT_REPORT_SETTINGS = _form(
    "PUT", "/pages/reports/settings", summary="Change the settings of the reports", scope="funnel:write"
)

GET_ASSET = Route(
    "GET",
    "/assets/{file}",
    "serve_assets",
    "Load what the pages are made of",
    (Answer(200, "The file, which never changes.", None, "*/*"),),
    public=True,
    page=True,
)

PAGE_ROUTES: tuple[Route, ...] = (
    GET_DASHBOARD,
    GET_PANEL,
    LIST_COUNTED,
    GET_REPORT,
    GET_SIGN_IN,
    GET_PROSPECTS,
    GET_PROSPECT,
    GET_TIMELINE,
    GET_FUNNEL,
    GET_DRAFT,
    GET_SIMULATION,
    LIST_MOVES,
    GET_REPORT_SETTINGS,
    POST_DECISION,
    POST_DRAFT,
    PUT_DRAFT,
    DELETE_DRAFT,
    SIGN_DRAFT,
    TAKE_SIGNATURE_BACK,
    SIMULATE_DRAFT,
    CANCEL_SIMULATION,
    PUBLISH_DRAFT,
    ROLL_BACK,
    PUT_REPORT_SETTINGS,
    GET_ASSET,
)

_FOR_PEOPLE = frozenset((route.method, route.path) for route in PAGE_ROUTES if not route.public)


def is_page(method: str, path: str) -> bool:
    """Whether a path of the contract is a page that one signs in for.

    Arguments:
        method: of the request.
        path: as the route has it, with names in braces.
    """
    return (method, path) in _FOR_PEOPLE
