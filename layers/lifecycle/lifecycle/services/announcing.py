"""Stage changes go out: each new transition that the table's stream reports is put on the event bus.

At least once: the same change may be announced again, and then with the same ``id``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from lifecycle.store.bus import BusEvent
from lifecycle.store.items import format_time, from_attributes, item_transition
from lifecycle.store.records import TransitionRecord
from lifecycle.store.schema import owner_of

STAGE_CHANGED = "prospect.stage_changed"

#: A transition that was recorded longer before it was written is an old one in another place: the sequence of a
#: prospect's transitions is renumbered when one comes to light between others. Longer than any evaluation takes.
_NEW = timedelta(minutes=5)
#: A change that came to light longer after it happened sets off no actions: nobody wants a welcome mail for a visit of
#: last year because an old data set was loaded.
ACTIONS_WITHIN = timedelta(hours=24)

Put = Callable[[Sequence[BusEvent]], list[bool]]


def announce_stream(records: Sequence[Mapping[str, Any]], put: Put) -> list[str]:
    """Announce what a batch of the table's stream reports.

    Arguments:
        records: DynamoDB stream records, of transitions.
        put: puts events on the bus; for each whether it has taken it.

    Returns:
        The sequence numbers of the records that the bus did not take.
    """
    changes: dict[str, BusEvent] = {}
    for record in records:
        item = from_attributes(record["dynamodb"]["NewImage"])
        transition = item_transition(item)
        written_at = datetime.fromtimestamp(float(record["dynamodb"]["ApproximateCreationDateTime"]), UTC)
        if is_news(transition, written_at):
            workspace, _, prospect_id = owner_of(item["pk"])
            number = record["dynamodb"]["SequenceNumber"]
            changes[number] = BusEvent(STAGE_CHANGED, stage_changed(workspace, prospect_id, transition))
    taken = put(list(changes.values())) if changes else []
    return [number for number, went in zip(changes, taken, strict=True) if not went]


def is_news(transition: TransitionRecord, written_at: datetime) -> bool:
    """Whether a transition that was written is a move that nobody has heard of yet."""
    return (
        not transition.pseudonymous
        and transition.corrected_by is None
        and transition.restated_by is None
        and written_at - transition.recorded_at < _NEW
    )


def stage_changed(workspace: str, prospect_id: str, transition: TransitionRecord) -> dict[str, Any]:
    """A move as the detail of an event.

    Arguments:
        workspace: the workspace's id.
        prospect_id: who moved.
        transition: the move.

    Returns:
        Plain JSON values. ``actions`` names what the stage sets off; where the move came to light too late for that,
        they are named as ``actions_withheld`` instead.
    """
    in_time = transition.recorded_at - transition.occurred_at <= ACTIONS_WITHIN
    actions = list(transition.actions)
    return {
        "id": _change_id(workspace, prospect_id, transition),
        "workspace": workspace,
        "prospect_id": prospect_id,
        "from": transition.from_stage,
        "to": transition.to_stage,
        "occurred_at": format_time(transition.occurred_at),
        "recorded_at": format_time(transition.recorded_at),
        "cause": transition.cause,
        "criterion": transition.criterion,
        "evidence": list(transition.evidence),
        "funnel_version": transition.funnel_version,
        "cycle": transition.cycle,
        "actor": transition.actor,
        "reason": transition.reason,
        "actions": actions if in_time else [],
        "actions_withheld": [] if in_time else actions,
    }


def _change_id(workspace: str, prospect_id: str, transition: TransitionRecord) -> str:
    """The same for the same move, wherever it stands in the sequence."""
    parts = (
        workspace, prospect_id, transition.from_stage, transition.to_stage, transition.event_id, transition.cause,
        format_time(transition.occurred_at),
    )  # fmt: skip
    return sha256("\x00".join(parts).encode()).hexdigest()[:32]
