"""Does what the forms of the pages ask for: decisions, a draft's way to a version, settings; each as the API does."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import decode_funnel, parameters
from lifecycle.contract import funnel_parameters as segments
from lifecycle.contract import page_routes as routes
from lifecycle.contract.caller import read_caller, require_scope
from lifecycle.contract.decode import decode_decision
from lifecycle.contract.desk import desk_for, jobs_for
from lifecycle.contract.prospects import lifecycle_for
from lifecycle.contract.refusals import InvalidRequestError
from lifecycle.contract.report_models import decode_report_settings
from lifecycle.contract.report_settings_desk import report_settings_for
from lifecycle.contract.resolver import logger, send_to
from lifecycle.contract.times import now
from lifecycle.pages.forms import decision_value, publication_value, read_form, report_settings_value
from lifecycle.pages.frame import PageApi
from lifecycle.pages.report_settings import ReportSettingsPage
from lifecycle.services.scopes import SIGNING

api = PageApi()

_FUNNEL = routes.GET_FUNNEL.path


def _draft(draft_id: str) -> str:
    return routes.GET_DRAFT.path.format(draft_id=draft_id)


@api.route(routes.POST_DECISION)
def decide(prospect_id: str) -> Response[str]:
    """Rule on a prospect."""
    caller = read_caller(api.event)
    value = decision_value(read_form(api.event))
    ruling = decode_decision(value, caller.actor, now())
    outcome = lifecycle_for(caller).decide(parameters.prospect_id(prospect_id), ruling)
    return api.done(routes.GET_PROSPECT.path.format(prospect_id=outcome.prospect_id), str(value["action"]))


@api.route(routes.POST_DRAFT)
def make_draft() -> Response[str]:
    """Make a draft, from the version in force or from the gallery."""
    caller, present = read_caller(api.event), now()
    view = desk_for(caller).create_draft_from(read_form(api.event).get("start", ""), caller.actor, present)
    return api.done(_draft(view.draft.draft_id), "drafted")


@api.route(routes.PUT_DRAFT)
def change_draft(draft_id: str) -> Response[str]:
    """Change a draft."""
    caller, present = read_caller(api.event), now()
    wanted = decode_funnel.decode_draft_change(read_form(api.event), present)
    view = desk_for(caller).change_draft(segments.draft_id(draft_id), wanted.definition, wanted.seen, present)
    return api.done(_draft(view.draft.draft_id), "changed")


@api.route(routes.DELETE_DRAFT)
def delete_draft(draft_id: str) -> Response[str]:
    """Delete a draft."""
    desk_for(read_caller(api.event)).delete_draft(segments.draft_id(draft_id), now())
    return api.done(_FUNNEL, "deleted")


@api.route(routes.SIGN_DRAFT)
def sign_draft(draft_id: str) -> Response[str]:
    """Sign a draft for one of the teams."""
    caller, present = read_caller(api.event), now()
    word = decode_funnel.decode_signature(read_form(api.event), present)
    require_scope(caller, [SIGNING[word.team]])
    by = decode_funnel.signer(word.by, caller.person)
    signed = desk_for(caller).sign(segments.draft_id(draft_id), word.team, by, word.seen, present)
    return api.done(_draft(signed.draft.draft_id), "signed")


@api.route(routes.TAKE_SIGNATURE_BACK)
def take_signature_back(draft_id: str, team: str) -> Response[str]:
    """Take a signature back."""
    caller, owner = read_caller(api.event), segments.team(team)
    require_scope(caller, [SIGNING[owner]])
    draft = desk_for(caller).take_signature_back(segments.draft_id(draft_id), owner, now())
    return api.done(_draft(draft.draft_id), "taken_back")


@api.route(routes.SIMULATE_DRAFT)
def simulate_draft(draft_id: str) -> Response[str]:
    """Try a draft on the workspace's prospects, and show how far that is."""
    caller = read_caller(api.event)
    job = desk_for(caller).simulate(segments.draft_id(draft_id), caller.actor, now())
    return send_to(api.base + routes.GET_SIMULATION.path.format(simulation_id=job.job_id), status=303)


@api.route(routes.CANCEL_SIMULATION)
def cancel_simulation(simulation_id: str) -> Response[str]:
    """Stop a simulation."""
    job = jobs_for(read_caller(api.event)).cancel(segments.simulation_id(simulation_id), "simulation", now())
    return send_to(api.base + routes.GET_SIMULATION.path.format(simulation_id=job.job_id), status=303)


@api.route(routes.PUBLISH_DRAFT)
def publish_draft(draft_id: str) -> Response[str]:
    """Make a draft the next version."""
    caller, present = read_caller(api.event), now()
    wanted = decode_funnel.decode_publication(publication_value(read_form(api.event)), caller.actor, present)
    published = desk_for(caller).publish(segments.draft_id(draft_id), wanted.seen, wanted.by, wanted.when)
    return api.done(_FUNNEL, "published" if published.reevaluation_id else "scheduled")


@api.route(routes.ROLL_BACK)
def roll_back(version: str) -> Response[str]:
    """Bring an earlier version back."""
    caller = read_caller(api.event)
    wanted = decode_funnel.decode_rollback(read_form(api.event), caller.actor, now())
    desk_for(caller).roll_back(segments.version(version), wanted.by, wanted.reason, wanted.when)
    return api.done(_FUNNEL, "rolled_back")


@api.route(routes.PUT_REPORT_SETTINGS)
def change_report_settings() -> Response[str]:
    """Change the settings of the reports. What is refused stands beside its field, for there are many of them."""
    caller, present, fields = read_caller(api.event), now(), read_form(api.event)
    page = ReportSettingsPage(desk_for(caller), report_settings_for(caller), present)
    try:
        notice = page.change(decode_report_settings(report_settings_value(fields), present))
    except InvalidRequestError as refusal:
        return api.show_again("report_settings.html", page.refused(fields, refusal.errors), refusal)
    return api.done(routes.GET_REPORT_SETTINGS.path, notice)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
