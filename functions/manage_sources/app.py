"""Answers everything under /sources, and GET /webhooks/unresolved."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import encode_sources as encode
from lifecycle.contract import parameters
from lifecycle.contract import source_routes as routes
from lifecycle.contract.address import base_url
from lifecycle.contract.body import read_json, read_json_or_nothing
from lifecycle.contract.caller import read_caller
from lifecycle.contract.cursors import CursorMaker
from lifecycle.contract.json_numbers import json_value
from lifecycle.contract.limits import MAX_BODY_BYTES
from lifecycle.contract.resolver import Api, answer, answer_nothing, logger
from lifecycle.contract.source_desk import connections_for, workplace_of
from lifecycle.contract.source_models import PreviewBody, ReplayBody, RotationBody, SourceBody, SourceChangeBody
from lifecycle.contract.times import now
from lifecycle.contract.validation import validate
from lifecycle.services.connections import SourceView, Wanted, check_settings, kind_of, kinds, preview
from lifecycle.sources.delivery import Delivery

api = Api()


@api.route(routes.LIST_KINDS)
def list_kinds() -> Response[str]:
    """List what can be connected."""
    return answer(encode.encode_kinds(kinds()))


@api.route(routes.PREVIEW_SOURCE)
def preview_payload() -> Response[str]:
    """Show what a payload would become."""
    present = now()
    wanted = validate(PreviewBody, read_json(api.event, MAX_BODY_BYTES), present)
    source = kind_of(wanted.kind)
    check_settings(source, wanted.settings)
    is_text = isinstance(wanted.payload, str)
    content = wanted.payload if is_text else json.dumps(json_value(wanted.payload))
    headers = {"content-type": wanted.content_type or "application/json"}
    delivery = Delivery("POST", "", headers, {}, content.encode("utf-8", "replace"), present, wanted.call or "")
    return answer(encode.encode_preview(preview(source, wanted.settings, delivery)))


@api.route(routes.LIST_SOURCES)
def list_sources() -> Response[str]:
    """List the sources."""
    parameters.read_query(api.event, routes.LIST_SOURCES.query_names)
    return answer({"sources": [_source(view) for view in connections_for(read_caller(api.event)).all()]})


@api.route(routes.POST_SOURCE)
def connect() -> Response[str]:
    """Connect a system."""
    caller, present = read_caller(api.event), now()
    wanted = validate(SourceBody, read_json(api.event, MAX_BODY_BYTES), present)
    record = connections_for(caller).connect(
        Wanted(wanted.kind, wanted.label or wanted.kind, wanted.secret, wanted.settings, wanted.enrichment_secret),
        caller.actor,
        present,
    )
    logger.info("source connected", kind=record.kind)
    return answer(_source(SourceView(record, 0)), 201)


@api.route(routes.GET_SOURCE)
def show(source_id: str) -> Response[str]:
    """Show a source."""
    connections = connections_for(read_caller(api.event))
    return answer(_source(connections.view(connections.get(parameters.source_id(source_id)))))


@api.route(routes.PUT_SOURCE)
def change(source_id: str) -> Response[str]:
    """Change a source."""
    present = now()
    wanted = validate(SourceChangeBody, read_json(api.event, MAX_BODY_BYTES), present)
    connections = connections_for(read_caller(api.event))
    record = connections.change(
        parameters.source_id(source_id), wanted.label, wanted.settings, present, wanted.enrichment_secret
    )
    return answer(_source(connections.view(record)))


@api.route(routes.POST_SECRET)
def rotate(source_id: str) -> Response[str]:
    """Replace a source's secret."""
    present = now()
    wanted = validate(RotationBody, read_json(api.event, MAX_BODY_BYTES), present)
    until = connections_for(read_caller(api.event)).rotate(
        parameters.source_id(source_id), wanted.secret, timedelta(hours=wanted.keep_for_hours), present
    )
    logger.info("secret of a source replaced")
    return answer(encode.encode_rotation(until))


@api.route(routes.DELETE_SOURCE)
def disconnect(source_id: str) -> Response[str]:
    """Disconnect a source."""
    connections_for(read_caller(api.event)).disconnect(parameters.source_id(source_id), now())
    logger.info("source disconnected")
    return answer_nothing()


@api.route(routes.LIST_QUARANTINE)
def list_quarantine(source_id: str) -> Response[str]:
    """List what could not be read."""
    caller = read_caller(api.event)
    query = parameters.read_query(api.event, routes.LIST_QUARANTINE.query_names)
    cursors = CursorMaker(caller, routes.LIST_QUARANTINE.path, [source_id])
    (after,) = cursors.read(query.get("cursor")) or ("",)
    limit = parameters.read_limit(query)
    parts = connections_for(caller).quarantined(parameters.source_id(source_id), after, limit + 1)
    more = [parts[limit - 1].part_id] if len(parts) > limit else None
    return answer(encode.encode_quarantine(parts[:limit], cursors.make(more)))


@api.route(routes.REPLAY_PART)
def replay(source_id: str, part_id: str) -> Response[str]:
    """Read a part again."""
    caller, present = read_caller(api.event), now()
    wanted = validate(ReplayBody, read_json_or_nothing(api.event, MAX_BODY_BYTES), present)
    fixed = None if wanted.fixed is None else json.dumps(json_value(wanted.fixed)).encode()
    tally = connections_for(caller).replay(
        parameters.source_id(source_id), parameters.part_id(part_id), fixed, workplace_of(caller.workspace), present
    )
    return answer(encode.encode_replay(tally))


@api.route(routes.DELETE_PART)
def discard(source_id: str, part_id: str) -> Response[str]:
    """Discard a part."""
    connections = connections_for(read_caller(api.event))
    connections.discard(parameters.source_id(source_id), parameters.part_id(part_id), now())
    return answer_nothing()


@api.route(routes.LIST_UNRESOLVED)
def list_unresolved() -> Response[str]:
    """List what still waits."""
    caller = read_caller(api.event)
    query = parameters.read_query(api.event, routes.LIST_UNRESOLVED.query_names)
    cursors = CursorMaker(caller, routes.LIST_UNRESOLVED.path)
    (after,) = cursors.read(query.get("cursor")) or ("",)
    page = connections_for(caller).waiting(after, parameters.read_limit(query))
    return answer(encode.encode_waiting(page.entries, cursors.make(page.position and [page.position])))


def _source(view: SourceView) -> dict[str, Any]:
    return dict(encode.encode_source(view, f"{base_url(api.event)}/webhooks/{view.record.source_id}"))


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
