"""The routes of the API: the one table that the OpenAPI document and the template are held against."""

from __future__ import annotations

from lifecycle.contract.audit_routes import AUDIT_ROUTES
from lifecycle.contract.funnel_routes import FUNNEL_ROUTES
from lifecycle.contract.key_routes import KEY_ROUTES
from lifecycle.contract.privacy_routes import PRIVACY_ROUTES
from lifecycle.contract.report_routes import REPORT_ROUTES
from lifecycle.contract.route import PAGING, STAGE, TEXT, TIME, Answer, Method, Parameter, Route
from lifecycle.contract.session_routes import SESSION_ROUTES
from lifecycle.contract.source_routes import SOURCE_ROUTES
from lifecycle.mail_address import MAX_EMAIL

POST_ACTIVITY = Route(
    method="POST",
    path="/activities",
    function="ingest_activity",
    scope="ingest",
    summary="Record an activity",
    description="Appends it to the prospect's log and answers with the stage that follows from it.",
    request="ActivityBody",
    answers=(
        Answer(201, "Recorded.", "OutcomeAnswer"),
        Answer(200, "Known already: the same id was recorded before.", "OutcomeAnswer"),
    ),
    problems=(400, 413, 422, 503),
)

POST_BATCH = Route(
    method="POST",
    path="/activities/batch",
    function="ingest_activity",
    scope="ingest",
    summary="Record up to 500 activities",
    description=(
        "Each entry is judged by itself: good ones are kept whatever the bad ones are. "
        "Give each activity an id, so that the batch can be repeated safely."
    ),
    request="ActivityBatch",
    answers=(Answer(202, "Recorded, but for the entries listed as rejected.", "BatchAnswer"),),
    problems=(400, 413, 422, 503),
)

PUT_DEAL = Route(
    method="PUT",
    path="/deals/{deal_id}",
    function="update_deal",
    scope="ingest",
    summary="Say where a deal stands",
    description=(
        "What is left out is unchanged. `contacts`, where present, is the whole set as of `occurred_at`. "
        "Updates are applied in the order of `occurred_at`, whatever the order of arrival."
    ),
    request="DealBody",
    answers=(Answer(200, "Recorded; the prospects that the deal concerns.", "DealAnswer"),),
    problems=(400, 413, 422, 503),
)

DELETE_DEAL = Route(
    method="DELETE",
    path="/deals/{deal_id}",
    function="update_deal",
    scope="ingest",
    summary="Withdraw a deal",
    description="The deal counts as if it had never been.",
    query=(Parameter("occurred_at", "When it was deleted; by default now.", TIME),),
    answers=(Answer(200, "Withdrawn; the prospects that the deal concerned.", "DealAnswer"),),
    problems=(422, 503),
)

POST_DECISION = Route(
    method="POST",
    path="/prospects/{prospect_id}/decisions",
    function="decide_stage",
    scope="decide",
    summary="Rule on a prospect",
    description="A decision that moves nobody is recorded all the same.",
    request="AnyDecisionBody",
    answers=(
        Answer(201, "Recorded.", "OutcomeAnswer"),
        Answer(200, "Known already: the same id was recorded before.", "OutcomeAnswer"),
    ),
    problems=(400, 404, 409, 410, 413, 422, 503),
)

LIST_PROSPECTS = Route(
    method="GET",
    path="/prospects",
    function="read_prospects",
    scope="read",
    summary="Find one prospect, or list many",
    description="By one identity, or by filters. An identity that nobody has gives an empty list.",
    query=(
        Parameter("email", "The prospect with this email.", {**TEXT, "format": "email", "maxLength": MAX_EMAIL}),
        Parameter("visitor", "The prospect with this cookie or device id.", TEXT),
        Parameter("user", "The prospect with this id of your own application.", TEXT),
        Parameter("crm", "The prospect with this id in a CRM: `<system>:<id>`.", TEXT),
        Parameter("stage", "Prospects in this stage.", STAGE),
        Parameter("lead_status", "Prospects with this lead status.", {"$ref": "#/components/schemas/LeadStatus"}),
        Parameter("since_from", "Prospects in their stage since this time or later.", TIME),
        Parameter("since_to", "Prospects in their stage since this time or earlier.", TIME),
        *PAGING,
    ),
    answers=(Answer(200, "The prospects.", "ProspectsAnswer"),),
    problems=(400, 422, 503),
)

GET_PROSPECT = Route(
    method="GET",
    path="/prospects/{prospect_id}",
    function="read_prospects",
    scope="read",
    summary="Show the state of a prospect",
    description="The id of a prospect that was merged into another one answers with the survivor.",
    answers=(Answer(200, "The state.", "ProspectAnswer"),),
    problems=(404, 410, 422, 503),
)

GET_TIMELINE = Route(
    method="GET",
    path="/prospects/{prospect_id}/timeline",
    function="read_prospects",
    scope="read",
    summary="Show what happened with a prospect",
    description="Events and transitions, newest first.",
    query=PAGING,
    answers=(Answer(200, "A page of the timeline.", "TimelineAnswer"),),
    problems=(400, 404, 410, 422, 503),
)

GET_EXPLANATION = Route(
    method="GET",
    path="/prospects/{prospect_id}/explanation",
    function="read_prospects",
    scope="read",
    summary="Explain the stage of a prospect",
    description="The criterion that holds and its evidence, and what the stages ahead still ask for.",
    answers=(Answer(200, "The explanation.", "ExplanationAnswer"),),
    problems=(404, 410, 422, 503),
)

GET_OPENAPI = Route(
    method="GET",
    path="/openapi.json",
    function="describe_api",
    summary="Describe the API",
    answers=(Answer(200, "This document (OpenAPI 3.1).", "AnyObject"),),
    public=True,
)

GET_DOCS = Route(
    method="GET",
    path="/docs",
    function="describe_api",
    summary="Show the API in a browser",
    answers=(Answer(200, "A page with Swagger UI.", None, "text/html"),),
    public=True,
)

GET_HEALTH = Route(
    method="GET",
    path="/health",
    function="describe_api",
    summary="Tell whether the API answers",
    answers=(Answer(200, "It does.", "HealthAnswer"),),
    public=True,
)

ROUTES: tuple[Route, ...] = (
    POST_ACTIVITY,
    POST_BATCH,
    PUT_DEAL,
    DELETE_DEAL,
    POST_DECISION,
    LIST_PROSPECTS,
    GET_PROSPECT,
    GET_TIMELINE,
    GET_EXPLANATION,
    *PRIVACY_ROUTES,
    *FUNNEL_ROUTES,
    *KEY_ROUTES,
    *SOURCE_ROUTES,
    *AUDIT_ROUTES,
    *REPORT_ROUTES,
    *SESSION_ROUTES,
    GET_OPENAPI,
    GET_DOCS,
    GET_HEALTH,
)


def methods_at(path: str) -> tuple[Method, ...]:
    """The methods that a requested path takes; none where no route has such a path."""
    segments = path.strip("/").split("/")
    return tuple(route.method for route in ROUTES if _matches(route.path.strip("/").split("/"), segments))


def _matches(template: list[str], segments: list[str]) -> bool:
    return len(template) == len(segments) and all(
        wanted == given or wanted.startswith("{") for wanted, given in zip(template, segments, strict=True)
    )
