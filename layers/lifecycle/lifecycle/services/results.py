"""What the use cases answer: plain values, ready to be encoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from lifecycle.engine.evidence import CriterionReport
from lifecycle.events import Event, Identity
from lifecycle.store.records import TransitionRecord


@dataclass(frozen=True, slots=True)
class Outcome:
    """What recording one event did.

    ``transition`` is the last move that the event caused, if any. ``erased`` says that the event is about somebody who
    was erased, and was not kept.
    """

    event_id: str
    prospect_id: str
    stage: str
    transition: TransitionRecord | None
    duplicate: bool
    erased: bool = False


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """How many entries of a batch were new, and how many were known already."""

    accepted: int
    duplicates: int


@dataclass(frozen=True, slots=True)
class ProspectOutcome:
    """What a deal update did to one prospect."""

    prospect_id: str
    stage: str
    transition: TransitionRecord | None


@dataclass(frozen=True, slots=True)
class DealOutcome:
    """What a deal update did, prospect by prospect, in ascending order of their ids."""

    deal_id: str
    prospects: tuple[ProspectOutcome, ...]


@dataclass(frozen=True, slots=True)
class DealView:
    """A deal as one prospect sees it. ``since`` is when it entered its status."""

    deal_id: str
    status: str
    since: datetime
    roles: tuple[str, ...]
    name: str | None
    amount: Decimal | None
    currency: str | None
    lost_reason: str | None
    pipeline: str | None


@dataclass(frozen=True, slots=True)
class AnswerView:
    """A question of the checklist: whether it is met, and what was answered last."""

    met: bool
    answer: Any


@dataclass(frozen=True, slots=True)
class ProspectView:
    """The state of a prospect.

    ``status`` is its status within the stage. ``due_at`` is when the stage's time limit ends, ``overdue`` that it has.
    ``qualification`` maps the questions of the checklist. ``counts`` maps activities, inbound, outbound, internal and
    automated to numbers.
    """

    prospect_id: str
    stage: str
    since: datetime
    status: str | None
    due_at: datetime | None
    overdue: bool
    lead_status: str | None
    lost_reason: str | None
    score: float
    qualification: Mapping[str, AnswerView]
    cycle: int
    identities: tuple[Identity, ...]
    deals: tuple[DealView, ...]
    counts: Mapping[str, int]
    first_seen: datetime
    last_event: datetime
    funnel_version: int


@dataclass(frozen=True, slots=True)
class ProspectPage:
    """One page of a list; ``position`` is where the next one starts, ``None`` at the end."""

    prospects: tuple[ProspectView, ...]
    position: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """One page of a timeline, newest first; ``position`` is where the next one starts, ``None`` at the end."""

    prospect_id: str
    entries: tuple[Event | TransitionRecord, ...]
    position: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class RequirementReport:
    """What a stage requires of the checklist, in words, and what is missing: (key, label) of each question."""

    sentence: str
    met: bool
    missing: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StageReport:
    """What a stage asks for, and how far the prospect meets it; no criterion where only a decision leads in."""

    stage: str
    label: str
    criterion: CriterionReport | None
    requires: RequirementReport | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a prospect is where it is, and what the stages ahead still ask for."""

    prospect_id: str
    stage: str
    since: datetime
    cycle: int
    because: TransitionRecord | None
    criterion: CriterionReport | None
    next: tuple[StageReport, ...]
