"""Announces stage changes on the event bus, as the table's stream reports them."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lifecycle.services.announcing import announce_stream
from lifecycle.store.bus import event_bus

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Announce a batch of records of the table's stream.

    Arguments:
        event: the records (AWS, "Using AWS Lambda with Amazon DynamoDB").
        _context: of the invocation.

    Returns:
        The sequence numbers of the records that the bus did not take. Lambda takes the shard up again from the lowest
        of them, so what follows it is announced once more, under the same id.
    """
    records = event["Records"]
    failed = announce_stream(records, event_bus().put)
    log = logger.error if failed else logger.info
    log("announcements", records=len(records), failed=failed)
    return {"batchItemFailures": [{"itemIdentifier": sequence_number} for sequence_number in failed]}
