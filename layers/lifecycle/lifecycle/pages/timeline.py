"""The timeline of a prospect in words: what happened, which move followed from it, and on which evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from lifecycle.events import Activity, DealFact, Decision, Event, Withdrawal
from lifecycle.pages.render import money
from lifecycle.pages.stages import Stages
from lifecycle.services import scanners
from lifecycle.services.results import TimelinePage
from lifecycle.store.records import TransitionRecord

#: What is shown of an activity's properties and traits; the export has all of them.
_MOST_DETAILS = 12
_MOST_CHARACTERS = 200

_CAUSES = {
    "rule": "because",
    "decision": "by decision",
    "correction": "corrected, because",
    "funnel_published": "by a new version of the funnel, because",
    "merge": "after a merge, because",
}
_ACTIONS = {
    "accept": "Accepted by sales",
    "disqualify": "Disqualified",
    "set_stage": "Stage set by hand",
    "merge": "Merged with another prospect",
    "unmerge": "Taken apart from another prospect",
}


class Entry(NamedTuple):
    """One entry of a timeline.

    Attributes:
        kind: activity, deal, decision, withdrawal or transition: how it looks.
        at: when it happened.
        title: what it was.
        details: names and values.
        event_id: what evidence points at; ``None`` for a transition.
        evidence: the ids of the events that a transition rests on.
        from_stage, to_stage: of a transition.
        faded: it does not count (automated), or no longer stands (corrected).
        withdrawable: somebody may withdraw it.
        recorded_at: when it became known, where that was later.
    """

    kind: str
    at: datetime
    title: str
    details: tuple[tuple[str, str], ...] = ()
    event_id: str | None = None
    evidence: tuple[str, ...] = ()
    from_stage: str | None = None
    to_stage: str | None = None
    faded: str | None = None
    withdrawable: bool = False
    recorded_at: datetime | None = None


def timeline_entries(page: TimelinePage, stages: Stages) -> tuple[Entry, ...]:
    """The entries of a page of a timeline, newest first, and what was withdrawn marked as such.

    Arguments:
        page: as the use case read it.
        stages: of the funnel in force.
    """
    withdrawn = {entry.event_id for entry in page.entries if isinstance(entry, Withdrawal)}
    return tuple(_entry(entry, stages, withdrawn) for entry in page.entries)


def _entry(entry: Event | TransitionRecord, stages: Stages, withdrawn: set[str]) -> Entry:
    if isinstance(entry, TransitionRecord):
        return _transition(entry)
    told = _TELLERS[type(entry)](entry, stages)
    late = entry.recorded_at if (entry.recorded_at - entry.occurred_at).total_seconds() > 60 else None
    told = told._replace(event_id=entry.id, recorded_at=late)
    if entry.id in withdrawn:
        return told._replace(faded="withdrawn", withdrawable=False)
    return told


def _transition(record: TransitionRecord) -> Entry:
    why = " ".join(filter(None, (_CAUSES.get(record.cause, record.cause), record.criterion)))
    told = {
        "By": record.actor,
        "Reason": record.reason,
        "Funnel": f"version {record.funnel_version}",
        "Cycle": str(record.cycle) if record.cycle > 1 else None,
        "Sets off": ", ".join(record.actions) or None,
    }
    return Entry(
        "transition",
        record.occurred_at,
        why,
        _present(told),
        evidence=tuple(record.evidence),
        from_stage=record.from_stage,
        to_stage=record.to_stage,
        faded="no longer stands" if record.corrected_by is not None else None,
    )


def _activity(activity: Activity, _: Stages) -> Entry:
    told = {"Direction": activity.direction, "Source": activity.source, **activity.properties, **activity.traits}
    return Entry(
        "activity",
        activity.occurred_at,
        _words(activity.type),
        _present(told),
        faded="automated: does not count" if activity.automated else None,
        withdrawable=True,
    )


def _deal(fact: DealFact, _: Stages) -> Entry:
    if fact.deleted:
        title = "Deal deleted"
    elif not fact.linked:
        title = "Taken off a deal"
    else:
        title = f"Deal {fact.status}" if fact.status else "Deal updated"
    told = {
        "Deal": fact.name or fact.deal_id,
        "Amount": money(fact.amount, fact.currency) or None,
        "Role": fact.role,
        "Pipeline": fact.pipeline,
        "Lost because": fact.lost_reason,
    }
    return Entry("deal", fact.occurred_at, title, _present(told))


def _decision(decision: Decision, stages: Stages) -> Entry:
    told = {
        "Stage": stages[decision.stage].label if decision.stage else None,
        "Status": decision.status,
        "By": decision.by,
        "Reason": decision.reason,
        **{f"Checklist, {key}": answer for key, answer in decision.qualification.items()},
        "Other prospect": decision.other,
    }
    title = _ACTIONS.get(decision.action, _words(decision.action))
    return Entry("decision", decision.occurred_at, title, _present(told), withdrawable=decision.other is None)


def _withdrawal(withdrawal: Withdrawal, _: Stages) -> Entry:
    told = {"By": withdrawal.by, "Reason": withdrawal.reason}
    by_rule = withdrawal.by == scanners.BY
    return Entry("withdrawal", withdrawal.occurred_at, "Event withdrawn", _present(told), withdrawable=by_rule)


_TELLERS: Mapping[type, Callable[[Any, Stages], Entry]] = {
    Activity: _activity,
    DealFact: _deal,
    Decision: _decision,
    Withdrawal: _withdrawal,
}


def _present(told: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What is said at all, and of that no more than fits."""
    said = [(name, _text(value)) for name, value in told.items() if value not in (None, "", {}, [])]
    return tuple(said[:_MOST_DETAILS])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        value = ", ".join(f"{name}: {_text(part)}" for name, part in value.items())
    elif isinstance(value, list | tuple):
        value = ", ".join(map(_text, value))
    text = str(value)
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "…"


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
