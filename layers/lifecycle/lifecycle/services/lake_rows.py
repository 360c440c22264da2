"""What the lake tells of a prospect: its log and its transitions, as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lifecycle.engine.fold import Withdrawn, in_order
from lifecycle.events import Activity, DealFact, Decision, Event, Withdrawal
from lifecycle.steps import Step
from lifecycle.store.items import format_time
from lifecycle.store.json_text import to_json
from lifecycle.store.lake_tables import LakeRow
from lifecycle.store.records import TransitionRecord


def event_rows(workspace: str, prospect_id: str, events: Sequence[Event]) -> Iterator[LakeRow]:
    """The rows of a prospect's log, in the order of time.

    Arguments:
        workspace: whose the prospect is.
        prospect_id: the prospect, and none that was merged into it.
        events: the whole log.
    """
    ordered = in_order(events)
    withdrawn = Withdrawn()
    for event in ordered:
        withdrawn.take(event)
    for event in ordered:
        yield {
            "workspace": workspace,
            "prospect_id": prospect_id,
            "event_id": event.id,
            "kind": event.kind,
            "withdrawn": withdrawn.covers(event),
            "occurred_at": format_time(event.occurred_at),
            "recorded_at": format_time(event.recorded_at),
            **_of_its_kind(event),
        }


def _of_its_kind(event: Event) -> LakeRow:
    """The columns that events of one kind have."""
    match event:
        case Activity():
            return {
                "type": event.type,
                "direction": event.direction,
                "automated": event.automated,
                "condensed": event.condensed,
                "source": event.source,
                "properties": _json(event.properties),
                "traits": _json(event.traits),
            }
        case DealFact():
            return {
                "deal_id": event.deal_id,
                "linked": event.linked,
                "role": event.role,
                "deal_status": event.status,
                "deal_name": event.name,
                "amount": None if event.amount is None else str(event.amount),
                "currency": event.currency,
                "pipeline": event.pipeline,
                "lost_reason": event.lost_reason,
                "deleted": event.deleted,
            }
        case Decision():
            return {
                "type": event.action,
                "stage": event.stage,
                "stage_status": event.status,
                "actor": event.by,
                "reason": event.reason,
                "qualification": _json(event.qualification),
                "other_prospect": event.other,
            }
        case Withdrawal():
            return {"about_event": event.event_id, "actor": event.by, "reason": event.reason}


def transition_rows(workspace: str, prospect_id: str, records: Sequence[TransitionRecord]) -> Iterator[LakeRow]:
    """The rows of a prospect's transitions. Those of somebody who was erased say nothing of whose they are."""
    for record in records:
        yield {
            "workspace": workspace,
            "prospect_id": None if record.pseudonymous else prospect_id,
            "sequence": record.sequence,
            "from_stage": record.from_stage,
            "to_stage": record.to_stage,
            "occurred_at": format_time(record.occurred_at),
            "recorded_at": format_time(record.recorded_at),
            "cause": record.cause,
            "funnel_version": record.funnel_version,
            "cycle": record.cycle,
            "criterion": record.criterion or None,
            "evidence": list(record.evidence),
            "event_id": record.event_id or None,
            "actor": record.actor,
            "reason": record.reason,
            "qualification": _json(record.qualification),
            "actions": list(record.actions),
            "corrected": record.corrected_by is not None,
            "corrected_by": record.corrected_by,
            "restated_by": record.restated_by,
            "pseudonymous": record.pseudonymous,
            "counted": record.step is not None,
            **_of_step(record.step),
        }


def _of_step(step: Step | None) -> LakeRow:
    """What a transition is to a report, where it is anything."""
    if step is None:
        return {}
    return {
        "counted_from": step.from_stage,
        "stay_began_at": None if step.left is None else format_time(step.left.at),
        "again": step.again,
        "opened": list(step.opened),
        "why": step.why,
        "told_source": step.entry.told.source,
        "told_campaign": step.entry.told.campaign,
        "told_owner": step.entry.told.owner,
    }


def _json(value: Mapping[str, Any]) -> str | None:
    """A mapping as the text that a column holds; ``None`` where there is nothing in it."""
    return to_json(value) if value else None
