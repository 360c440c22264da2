"""Answers what outside systems send to /webhooks/{source_id}, and the calls of tracking SDKs under /v1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract import source_routes as routes
from lifecycle.contract.deliveries import read_delivery
from lifecycle.contract.pages import ANY_PAGE, PREFLIGHT, who_may_read
from lifecycle.contract.parameters import source_id as read_source_id
from lifecycle.contract.refusals import WriteKeyMissingError
from lifecycle.contract.resolver import Api, logger
from lifecycle.contract.source_desk import connected
from lifecycle.contract.times import now
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.segment import write_key
from lifecycle.sources.source import RefusedDeliveryError, Reply
from lifecycle.sources.table import source_of

api = Api()


@api.route(routes.POST_WEBHOOK)
def receive(source_id: str) -> Response[str]:
    """Receive what an outside system sends."""
    return _receive(read_source_id(source_id), read_delivery(api.event, now()))


@api.route(routes.POST_WEBHOOK_CALL)
def receive_call(source_id: str, call: str) -> Response[str]:
    """Receive what an outside system sends to an address with a secret at its end."""
    return _receive(read_source_id(source_id), read_delivery(api.event, now(), call))


@api.route(routes.OPTIONS_WEBHOOK)
def ask(source_id: str) -> Response[str]:
    """Tell who may send."""
    delivery = read_delivery(api.event, now())
    source = connected(read_source_id(source_id), delivery.received_at)
    handshake = source_of(source.record.kind).handshake
    if handshake is not None:
        return _answer(handshake(delivery.headers), {})
    return _answer(Reply(204), {**who_may_read(source.record.settings, delivery.header("origin")), **PREFLIGHT})


@api.route(routes.POST_TRACKING)
def receive_tracking(call: str) -> Response[str]:
    """Receive what a tracking SDK sends."""
    delivery = read_delivery(api.event, now(), call)
    key = write_key(delivery)
    if key is None:
        raise WriteKeyMissingError
    return _receive(read_source_id(key), delivery)


@api.route(routes.OPTIONS_TRACKING)
def ask_for_tracking(call: str) -> Response[str]:  # noqa: ARG001 - whatever it is
    """Tell a page that its SDK may send. Whose write key it has is not known yet."""
    return _answer(Reply(204), {**ANY_PAGE, **PREFLIGHT})


def _receive(source_id: str, delivery: Delivery) -> Response[str]:
    source = connected(source_id, delivery.received_at)
    logger.append_keys(workspace=source.workspace, source=source.record.kind)
    try:
        reply = source.receiver.receive(delivery, source.secrets)
    except RefusedDeliveryError as error:
        # These very words are counted: template.yaml, RefusedDeliveriesMetric.
        logger.warning("delivery refused", reason=error.reason)
        raise
    return _answer(reply, who_may_read(source.record.settings, delivery.header("origin")))


def _answer(reply: Reply, headers: Mapping[str, str]) -> Response[str]:
    content_type = reply.content_type if reply.body else None
    return Response(reply.status, content_type, reply.body, headers={**headers, **reply.headers})


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """The entry point."""
    return api.respond(event, context)
