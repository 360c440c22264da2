"""From results to the documents that the API answers with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from lifecycle.contract import answers
from lifecycle.contract.json_numbers import json_number, json_value
from lifecycle.contract.problems import invalid
from lifecycle.contract.times import format_time
from lifecycle.engine.evidence import CriterionReport
from lifecycle.events import Activity, DealFact, Decision, Event, Identity, Withdrawal
from lifecycle.services.results import (
    BatchOutcome,
    DealOutcome,
    DealView,
    Explanation,
    Outcome,
    ProspectView,
    StageReport,
    TimelinePage,
)
from lifecycle.store.records import TransitionRecord

if TYPE_CHECKING:  # it comes with pydantic, which the functions that only read do not need
    from lifecycle.contract.decode import RejectedEntry


def encode_outcome(outcome: Outcome) -> answers.OutcomeAnswer:
    """What recording an activity or a decision did."""
    encoded: answers.OutcomeAnswer = {
        "event_id": outcome.event_id,
        "prospect_id": outcome.prospect_id,
        "stage": outcome.stage,
        "transition": _transition_or_none(outcome.transition),
        "duplicate": outcome.duplicate,
    }
    if outcome.erased:
        encoded["erased"] = True
    return encoded


def encode_batch(outcome: BatchOutcome, rejected: Iterable[RejectedEntry]) -> answers.BatchAnswer:
    """What recording a batch did, and what of it was not kept."""
    return {
        "accepted": outcome.accepted,
        "duplicates": outcome.duplicates,
        "rejected": [
            {"index": entry.index, "problem": cast("answers.ProblemAnswer", invalid(entry.error).document)}
            for entry in rejected
        ],
    }


def encode_deal(outcome: DealOutcome) -> answers.DealAnswer:
    """What a deal update did."""
    return {
        "deal_id": outcome.deal_id,
        "prospects": [
            {
                "prospect_id": prospect.prospect_id,
                "stage": prospect.stage,
                "transition": _transition_or_none(prospect.transition),
            }
            for prospect in outcome.prospects
        ],
    }


def encode_prospect(view: ProspectView) -> answers.ProspectAnswer:
    """The state of a prospect."""
    return {
        "prospect_id": view.prospect_id,
        "stage": view.stage,
        "status": view.status,
        "since": format_time(view.since),
        "due_at": None if view.due_at is None else format_time(view.due_at),
        "overdue": view.overdue,
        "lead_status": cast("answers.LeadStatus | None", view.lead_status),
        "lost_reason": view.lost_reason,
        "score": json_value(view.score),
        "qualification": {
            key: {"met": question.met, "answer": json_value(question.answer)}
            for key, question in view.qualification.items()
        },
        "cycle": view.cycle,
        "identities": _all_identities(view.identities),
        "deals": [_deal(deal) for deal in view.deals],
        "counts": dict(view.counts),
        "first_seen": format_time(view.first_seen),
        "last_event": format_time(view.last_event),
        "funnel_version": view.funnel_version,
    }


def encode_prospects(views: Iterable[ProspectView], next_cursor: str | None) -> answers.ProspectsAnswer:
    """A page of prospects."""
    return {"prospects": [encode_prospect(view) for view in views], "next_cursor": next_cursor}


def encode_timeline(page: TimelinePage, next_cursor: str | None) -> answers.TimelineAnswer:
    """A page of a timeline."""
    return {
        "prospect_id": page.prospect_id,
        "entries": [encode_entry(entry) for entry in page.entries],
        "next_cursor": next_cursor,
    }


def encode_explanation(explanation: Explanation) -> answers.ExplanationAnswer:
    """Why a prospect is in its stage."""
    return {
        "prospect_id": explanation.prospect_id,
        "stage": explanation.stage,
        "since": format_time(explanation.since),
        "cycle": explanation.cycle,
        "because": _transition_or_none(explanation.because),
        "criterion": _criterion_or_none(explanation.criterion),
        "next": [_stage(report) for report in explanation.next],
    }


def _stage(report: StageReport) -> answers.StageAnswer:
    return {
        "stage": report.stage,
        "label": report.label,
        "criterion": _criterion_or_none(report.criterion),
        "requires": _requirement_or_none(report),
    }


def _requirement_or_none(report: StageReport) -> answers.RequirementAnswer | None:
    required = report.requires
    if required is None:
        return None
    return {
        "sentence": required.sentence,
        "met": required.met,
        "missing": [{"key": key, "label": label} for key, label in required.missing],
    }


def _criterion_or_none(report: CriterionReport | None) -> answers.CriterionAnswer | None:
    return None if report is None else _criterion(report)


def _criterion(report: CriterionReport) -> answers.CriterionAnswer:
    return {
        "sentence": report.sentence,
        "met": report.met,
        "evidence": list(report.evidence),
        "parts": [_criterion(part) for part in report.parts],
    }


def _transition_or_none(record: TransitionRecord | None) -> answers.TransitionAnswer | None:
    return None if record is None else _transition(record)


def _transition(record: TransitionRecord) -> answers.TransitionAnswer:
    return {
        "sequence": record.sequence,
        "from": record.from_stage,
        "to": record.to_stage,
        "occurred_at": format_time(record.occurred_at),
        "recorded_at": format_time(record.recorded_at),
        "cause": record.cause,
        "funnel_version": record.funnel_version,
        "criterion": record.criterion,
        "evidence": list(record.evidence),
        "actor": record.actor,
        "reason": record.reason,
        "cycle": record.cycle,
        "event_id": record.event_id,
        "corrected_by": record.corrected_by,
        "restated_by": record.restated_by,
        "qualification": json_value(record.qualification),
        "actions": list(record.actions),
    }


def _deal(deal: DealView) -> answers.ProspectDealAnswer:
    return {
        "deal_id": deal.deal_id,
        "status": cast("Any", deal.status),
        "since": format_time(deal.since),
        "roles": list(deal.roles),
        "name": deal.name,
        "amount": None if deal.amount is None else json_number(deal.amount),
        "currency": deal.currency,
        "pipeline": deal.pipeline,
        "lost_reason": deal.lost_reason,
    }


def _all_identities(identities: Iterable[Identity]) -> answers.IdentitiesAnswer:
    found: answers.IdentitiesAnswer = {"email": [], "visitor": [], "user": [], "crm": {}}
    plain: Mapping[str, list[str]] = {"email": found["email"], "visitor": found["visitor"], "user": found["user"]}
    for kind, value in identities:
        family, _, system = kind.partition(":")
        values = found["crm"].setdefault(system, []) if family == "crm" else plain[family]
        values.append(value)
    return found


def _one_each(identities: Sequence[Identity]) -> answers.OneEachAnswer:
    plain = {kind: value for kind, value in identities if not kind.startswith("crm:")}
    crm = {kind.removeprefix("crm:"): value for kind, value in identities if kind.startswith("crm:")}
    return cast("answers.OneEachAnswer", {**plain, "crm": crm} if crm else plain)


def encode_entry(entry: Event | TransitionRecord) -> answers.TimelineEntry:
    """An event or a transition."""
    return _ENTRIES[type(entry)](entry)


def _activity_entry(activity: Activity) -> answers.ActivityEntry:
    return {
        "kind": "activity",
        "event_id": activity.id,
        "occurred_at": format_time(activity.occurred_at),
        "recorded_at": format_time(activity.recorded_at),
        "type": activity.type,
        "direction": activity.direction,
        "automated": activity.automated,
        "identities": _one_each(activity.identities),
        "properties": json_value(activity.properties),
        "traits": json_value(activity.traits),
        "source": activity.source,
        "condensed": activity.condensed,
    }


def _deal_entry(fact: DealFact) -> answers.DealEntry:
    return {
        "kind": "deal",
        "event_id": fact.id,
        "occurred_at": format_time(fact.occurred_at),
        "recorded_at": format_time(fact.recorded_at),
        "deal_id": fact.deal_id,
        "linked": fact.linked,
        "role": fact.role,
        "status": fact.status,
        "name": fact.name,
        "amount": None if fact.amount is None else json_number(fact.amount),
        "currency": fact.currency,
        "pipeline": fact.pipeline,
        "lost_reason": fact.lost_reason,
        "deleted": fact.deleted,
    }


def _decision_entry(decision: Decision) -> answers.DecisionEntry:
    return {
        "kind": "decision",
        "event_id": decision.id,
        "occurred_at": format_time(decision.occurred_at),
        "recorded_at": format_time(decision.recorded_at),
        "action": decision.action,
        "by": decision.by,
        "reason": decision.reason,
        "stage": decision.stage,
        "status": decision.status,
        "qualification": json_value(decision.qualification),
        "prospect_id": decision.other,
    }


def _withdrawal_entry(withdrawal: Withdrawal) -> answers.WithdrawalEntry:
    return {
        "kind": "withdrawal",
        "event_id": withdrawal.id,
        "occurred_at": format_time(withdrawal.occurred_at),
        "recorded_at": format_time(withdrawal.recorded_at),
        "withdrawn_event_id": withdrawal.event_id,
        "by": withdrawal.by,
        "reason": withdrawal.reason,
    }


def _transition_entry(record: TransitionRecord) -> answers.TransitionEntry:
    return {"kind": "transition", **_transition(record)}


_ENTRIES: Mapping[type, Callable[[Any], answers.TimelineEntry]] = {
    Activity: _activity_entry,
    DealFact: _deal_entry,
    Decision: _decision_entry,
    Withdrawal: _withdrawal_entry,
    TransitionRecord: _transition_entry,
}
