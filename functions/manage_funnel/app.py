"""Answers everything under /funnel: the definition in force, drafts and their signatures, versions, simulations."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import decode_funnel, encode_funnel, encode_jobs, parameters
from lifecycle.contract import funnel_parameters as segments
from lifecycle.contract import funnel_routes as routes
from lifecycle.contract.body import read_json, read_json_or_nothing
from lifecycle.contract.caller import read_caller, require_scope
from lifecycle.contract.cursors import CursorMaker
from lifecycle.contract.desk import desk_for, jobs_for
from lifecycle.contract.limits import MAX_BODY_BYTES
from lifecycle.contract.resolver import Api, answer, answer_nothing, logger
from lifecycle.contract.times import now
from lifecycle.services.jobs import reevaluation_id
from lifecycle.services.scopes import SIGNING

api = Api()


# ----------------------------------------------------------------------------------------------------------------------
# What is in force, and what there is to start from
# ----------------------------------------------------------------------------------------------------------------------


@api.route(routes.GET_FUNNEL)
def get_funnel() -> Response[str]:
    """Show the funnel in force."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.GET_FUNNEL.query_names)
    return answer(encode_funnel.encode_funnel(desk_for(caller).in_force(now())))


@api.route(routes.LIST_READY_MADE)
def list_ready_made() -> Response[str]:
    """List the ready definitions."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.LIST_READY_MADE.query_names)
    return answer(encode_funnel.encode_gallery(desk_for(caller).gallery()))


@api.route(routes.GET_READY_MADE)
def get_ready_made(name: str) -> Response[str]:
    """Show a ready definition."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.GET_READY_MADE.query_names)
    return answer(encode_funnel.encode_ready_made(name, desk_for(caller).ready_made(name)))


@api.route(routes.GET_SETTINGS)
def get_settings() -> Response[str]:
    """Show the settings."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.GET_SETTINGS.query_names)
    return answer(encode_funnel.encode_settings(signatures_required=desk_for(caller).requires_signatures()))


@api.route(routes.PUT_SETTINGS)
def put_settings() -> Response[str]:
    """Change the settings."""
    caller = read_caller(api.event)
    present = now()
    required = decode_funnel.decode_settings(read_json(api.event, MAX_BODY_BYTES), present)
    desk_for(caller).require_signatures(required, present)
    return answer(encode_funnel.encode_settings(signatures_required=required))


# ----------------------------------------------------------------------------------------------------------------------
# Drafts
# ----------------------------------------------------------------------------------------------------------------------


@api.route(routes.LIST_DRAFTS)
def list_drafts() -> Response[str]:
    """List the drafts."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.LIST_DRAFTS.query_names)
    return answer(encode_funnel.encode_drafts(desk_for(caller).drafts()))


@api.route(routes.POST_DRAFT)
def post_draft() -> Response[str]:
    """Make a draft."""
    caller = read_caller(api.event)
    present = now()
    wanted = decode_funnel.decode_draft(decode_funnel.read_draft(api.event), caller.actor, present)
    view = desk_for(caller).create_draft(wanted.definition, wanted.by, present)
    return answer(encode_funnel.encode_checked_draft(view), 201)


@api.route(routes.GET_DRAFT)
def get_draft(draft_id: str) -> Response[str]:
    """Show a draft, judged as of now."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.GET_DRAFT.query_names)
    return answer(encode_funnel.encode_draft(desk_for(caller).draft(segments.draft_id(draft_id), now())))


@api.route(routes.PUT_DRAFT)
def put_draft(draft_id: str) -> Response[str]:
    """Change a draft."""
    caller = read_caller(api.event)
    present = now()
    wanted = decode_funnel.decode_draft_change(decode_funnel.read_draft(api.event), present)
    view = desk_for(caller).change_draft(segments.draft_id(draft_id), wanted.definition, wanted.seen, present)
    return answer(encode_funnel.encode_checked_draft(view))


@api.route(routes.DELETE_DRAFT)
def delete_draft(draft_id: str) -> Response[str]:
    """Delete a draft."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.DELETE_DRAFT.query_names)
    desk_for(caller).delete_draft(segments.draft_id(draft_id), now())
    return answer_nothing()


@api.route(routes.SIGN_DRAFT)
def sign_draft(draft_id: str) -> Response[str]:
    """Sign a draft for one of the teams."""
    caller = read_caller(api.event)
    present = now()
    word = decode_funnel.decode_signature(read_json(api.event, MAX_BODY_BYTES), present)
    require_scope(caller, [SIGNING[word.team]])
    by = decode_funnel.signer(word.by, caller.person)
    signed = desk_for(caller).sign(segments.draft_id(draft_id), word.team, by, word.seen, present)
    return answer(encode_funnel.encode_signatures(signed.draft), 201 if signed.is_new else 200)


@api.route(routes.TAKE_SIGNATURE_BACK)
def take_signature_back(draft_id: str, team: str) -> Response[str]:
    """Take a signature back."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.TAKE_SIGNATURE_BACK.query_names)
    owner = segments.team(team)
    require_scope(caller, [SIGNING[owner]])
    draft = desk_for(caller).take_signature_back(segments.draft_id(draft_id), owner, now())
    return answer(encode_funnel.encode_signatures(draft))


@api.route(routes.PUBLISH_DRAFT)
def publish_draft(draft_id: str) -> Response[str]:
    """Make a draft the next version."""
    caller = read_caller(api.event)
    body = read_json_or_nothing(api.event, MAX_BODY_BYTES)
    wanted = decode_funnel.decode_publication(body, caller.actor, now())
    publication = desk_for(caller).publish(segments.draft_id(draft_id), wanted.seen, wanted.by, wanted.when)
    return answer(encode_funnel.encode_publication(publication), 201 if publication.is_new else 200)


# ----------------------------------------------------------------------------------------------------------------------
# Versions
# ----------------------------------------------------------------------------------------------------------------------


@api.route(routes.LIST_VERSIONS)
def list_versions() -> Response[str]:
    """List all versions."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.LIST_VERSIONS.query_names)
    return answer(encode_funnel.encode_versions(desk_for(caller).versions(now())))


@api.route(routes.GET_VERSION)
def get_version(version: str) -> Response[str]:
    """Show a version, and what it changed."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.GET_VERSION.query_names)
    return answer(encode_funnel.encode_version(desk_for(caller).version(segments.version(version), now())))


@api.route(routes.CANCEL_VERSION)
def cancel_version(version: str) -> Response[str]:
    """Call off a version that is not yet in force."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.CANCEL_VERSION.query_names)
    return answer(encode_funnel.encode_version(desk_for(caller).cancel(segments.version(version), now())))


@api.route(routes.ROLL_BACK)
def roll_back(version: str) -> Response[str]:
    """Bring an earlier version back."""
    caller = read_caller(api.event)
    body = read_json_or_nothing(api.event, MAX_BODY_BYTES)
    wanted = decode_funnel.decode_rollback(body, caller.actor, now())
    publication = desk_for(caller).roll_back(segments.version(version), wanted.by, wanted.reason, wanted.when)
    return answer(encode_funnel.encode_publication(publication), 201 if publication.is_new else 200)


@api.route(routes.GET_REEVALUATION)
def get_reevaluation(version: str) -> Response[str]:
    """Show how far the re-evaluation of all prospects is."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.GET_REEVALUATION.query_names)
    job_id = reevaluation_id(segments.version(version))
    return answer(encode_jobs.encode_reevaluation(jobs_for(caller).view(job_id, "reevaluation", now())))


@api.route(routes.RESUME_REEVALUATION)
def resume_reevaluation(version: str) -> Response[str]:
    """Start the re-evaluation again where it failed."""
    caller = read_caller(api.event)
    present = now()
    job = desk_for(caller).resume_reevaluation(segments.version(version), present)
    return answer(encode_jobs.encode_reevaluation(jobs_for(caller).view(job.job_id, job.kind, present)), 202)


# ----------------------------------------------------------------------------------------------------------------------
# Simulations
# ----------------------------------------------------------------------------------------------------------------------


@api.route(routes.SIMULATE_DRAFT)
def simulate_draft(draft_id: str) -> Response[str]:
    """Try a draft on the workspace's prospects."""
    caller = read_caller(api.event)
    present = now()
    by = decode_funnel.decode_simulation(read_json_or_nothing(api.event, MAX_BODY_BYTES), caller.actor, present)
    return answer(encode_jobs.encode_started(desk_for(caller).simulate(segments.draft_id(draft_id), by, present)), 202)


@api.route(routes.LIST_SIMULATIONS)
def list_simulations() -> Response[str]:
    """List the simulations."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.LIST_SIMULATIONS.query_names)
    return answer(encode_jobs.encode_simulations(jobs_for(caller).all("simulation")))


@api.route(routes.GET_SIMULATION)
def get_simulation(simulation_id: str) -> Response[str]:
    """Show how far a simulation is, and what it found."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.GET_SIMULATION.query_names)
    view = jobs_for(caller).view(segments.simulation_id(simulation_id), "simulation", now())
    return answer(encode_jobs.encode_simulation(view))


@api.route(routes.LIST_SIMULATED_MOVES)
def list_simulated_moves(simulation_id: str) -> Response[str]:
    """List the prospects that would move."""
    caller = read_caller(api.event)
    route = routes.LIST_SIMULATED_MOVES
    query = parameters.read_query(api.event, route.query_names)
    stages = segments.read_stages(query)
    cursors = CursorMaker(caller, route.path, [simulation_id, *stages])
    page = jobs_for(caller).moves(
        segments.simulation_id(simulation_id),
        "simulation",
        stages,
        position=cursors.read(query.get("cursor")),
        limit=parameters.read_limit(query),
    )
    return answer(encode_jobs.encode_moves(page, cursors.make(page.position)))


@api.route(routes.CANCEL_SIMULATION)
def cancel_simulation(simulation_id: str) -> Response[str]:
    """Stop a simulation."""
    caller = read_caller(api.event)
    parameters.read_query(api.event, routes.CANCEL_SIMULATION.query_names)
    present = now()
    jobs = jobs_for(caller)
    job = jobs.cancel(segments.simulation_id(simulation_id), "simulation", present)
    return answer(encode_jobs.encode_simulation(jobs.view(job.job_id, job.kind, present)))


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
