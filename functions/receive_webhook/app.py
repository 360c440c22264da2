"""Answers POST /webhooks/{source_id}, and the calls of tracking SDKs under /v1."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import source_routes as routes
from lifecycle.contract.deliveries import read_delivery
from lifecycle.contract.parameters import source_id as read_source_id
from lifecycle.contract.refusals import WriteKeyMissingError
from lifecycle.contract.resolver import Api, logger
from lifecycle.contract.source_desk import connected
from lifecycle.contract.times import now
from lifecycle.sources.delivery import Delivery

api = Api()


@api.route(routes.POST_WEBHOOK)
def receive(source_id: str) -> Response[str]:
    """Receive what an outside system sends."""
    return _receive(read_source_id(source_id), read_delivery(api.event, now()))


@api.route(routes.POST_TRACKING)
def receive_tracking(call: str) -> Response[str]:
    """Receive what a tracking SDK sends."""
    delivery = read_delivery(api.event, now(), call)
    return _receive(read_source_id(_write_key(delivery)), delivery)


def _receive(source_id: str, delivery: Delivery) -> Response[str]:
    source = connected(source_id, delivery.received_at)
    logger.append_keys(workspace=source.workspace, source=source.record.kind)
    reply = source.receiver.receive(delivery, source.secrets)
    return Response(reply.status, reply.content_type, reply.body, headers=dict(reply.headers))


def _write_key(delivery: Delivery) -> str:
    """The write key of a tracking SDK: the user of Basic authentication, whose password is of no account, or a member
    of the body (Segment, "HTTP API", "Authentication")."""
    if delivery.credentials is not None and delivery.credentials.user:
        return delivery.credentials.user
    try:
        body = json.loads(delivery.body)
    except (ValueError, RecursionError):
        body = None
    key = body.get("writeKey") if isinstance(body, dict) else None
    if not isinstance(key, str):
        raise WriteKeyMissingError
    return key


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
