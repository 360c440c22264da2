"""Receives what a rule of an event bus hands over: change events of Salesforce, events of Amazon SES.

A rule names the source that it is for: ``{"source_id": ..., "event": <the event>}``. Whoever may make rules in this
account may send; nobody else can, so no signature is needed, and each kind of source holds the event's own origin
against its settings.
"""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.contract.parameters import source_id as read_source_id
from lifecycle.contract.source_desk import connected
from lifecycle.contract.times import now
from lifecycle.sources.delivery import BUS, Delivery

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Receive one event.

    Arguments:
        event: what the rule's input transformer made of it.

    Raises:
        Whatever is in the way, a refusal included: Lambda tries twice more, and then keeps the event in the dead-letter
        queue.
    """
    given = event["event"]
    delivery = Delivery(
        method="POST",
        url=f"{BUS}{given['source']}",
        headers={"content-type": "application/json"},
        query={},
        body=json.dumps(given).encode(),
        received_at=now(),
    )
    source = connected(read_source_id(event["source_id"]), delivery.received_at)
    source.receiver.receive(delivery, source.secrets)
    logger.info("received", workspace=source.workspace, source=source.record.kind)
