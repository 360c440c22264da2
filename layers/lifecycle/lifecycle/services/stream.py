"""The safety net: what the table's stream reports is evaluated, unless the request that appended it has done so."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from lifecycle.services.failures import failure
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.store.items import Item, from_attributes, item_deal_update, item_event
from lifecycle.store.protocol import Appended
from lifecycle.store.schema import owner_of

_LOGGER = logging.getLogger(__name__)

Connect = Callable[[str], Lifecycle]


def evaluate_stream(table: str, records: Sequence[Mapping[str, Any]], connect: Connect | None = None) -> list[str]:
    """Evaluate what a batch of the table's stream reports.

    Arguments:
        table: the table's name.
        records: DynamoDB stream records, inserts of events.
        connect: gives the use cases of a workspace (default: those on the table).

    Returns:
        The sequence numbers of the records that failed. Evaluation is idempotent and knows no order, so the others
        need not wait for them and may come again with them.
    """
    connect = connect or (lambda workspace: Lifecycle.connect(table, workspace))
    failed: list[str] = []
    prospects: dict[str, dict[str, Appended]] = {}
    for record in records:
        number = record["dynamodb"]["SequenceNumber"]
        item = from_attributes(record["dynamodb"]["NewImage"])
        workspace, kind, id_ = owner_of(item["pk"])
        if kind == "D":
            failed += _failed(workspace, [number], partial(_spread, connect, workspace, item))
        else:
            entry = Appended(id_, item_event(item), item.get("root", id_))
            prospects.setdefault(workspace, {})[number] = entry
    for workspace, entries in prospects.items():
        failed += _settle(connect, workspace, entries)
    return failed


def _spread(connect: Connect, workspace: str, item: Item) -> None:
    connect(workspace).spread_stream(item_deal_update(item))


def _settle(connect: Connect, workspace: str, entries: Mapping[str, Appended]) -> list[str]:
    """Evaluate all at once; if that fails, one by one, so that one bad log holds up no other."""

    def settle(some: Sequence[Appended]) -> None:
        connect(workspace).settle_stream(some)

    if not _failed(workspace, list(entries), partial(settle, list(entries.values()))):
        return []
    return [
        failed for number, entry in entries.items() for failed in _failed(workspace, [number], partial(settle, [entry]))
    ]


def _failed(workspace: str, numbers: list[str], work: Callable[[], None]) -> list[str]:
    """Do some work; the numbers given if it fails: the stream delivers those again, and at last to the dead letters."""
    try:
        work()
    except Exception as error:
        told = {"workspace": workspace, "sequence_numbers": numbers, **failure(error)}
        _LOGGER.error("evaluation of stream records failed", extra=told)  # noqa: TRY400 - not the message
        return numbers
    return []
