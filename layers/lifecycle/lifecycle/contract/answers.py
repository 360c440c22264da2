"""The documents that the API answers with. ``encode`` makes them; the OpenAPI document describes them.

Typed dictionaries and not models: the functions that only answer then need not import pydantic.
"""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

LeadStatus = Literal["New", "MQL", "SQL", "Opportunity", "Closed-Won", "Closed-Lost", "Disqualified"]

#: One move of a prospect. Written as a call, for ``from`` is a keyword. ``event_id`` is the event at which it became
#: true; ``criterion`` is the condition that held, as a sentence; ``evidence`` are the ids of the events that satisfied
#: it; ``corrected_by`` is the id of the event that withdrew them; ``restated_by`` that of the event whose withdrawals
#: brought the move to light; ``qualification`` holds the answers to the checklist as they were then; ``actions`` names
#: the actions that entering the stage sets off.
TransitionAnswer = TypedDict(
    "TransitionAnswer",
    {
        "sequence": int,
        "from": str,
        "to": str,
        "occurred_at": str,
        "recorded_at": str,
        "cause": str,
        "funnel_version": int,
        "criterion": str,
        "evidence": list[str],
        "actor": str | None,
        "reason": str | None,
        "cycle": int,
        "event_id": str,
        "corrected_by": str | None,
        "restated_by": str | None,
        "qualification": dict[str, Any],
        "actions": list[str],
    },
)


class _Outcome(TypedDict):
    event_id: str
    """The id of the event: yours, or one that was made for it."""
    prospect_id: str
    """The prospect that it belongs to."""
    stage: str
    """Where the prospect stands now."""
    transition: TransitionAnswer | None
    """The move that the event caused, if any."""
    duplicate: bool
    """Whether the event was known already."""


class OutcomeAnswer(_Outcome, total=False):
    """What recording one event did."""

    erased: Literal[True]
    """There, where the event is about somebody who was erased: it was not kept, and the stage is nobody's."""


class RejectedAnswer(TypedDict):
    """An entry of a batch that was not kept."""

    index: int
    """Its place in the batch, from 0."""
    problem: ProblemAnswer
    """What is wrong with it."""


class BatchAnswer(TypedDict):
    """What recording a batch did."""

    accepted: int
    """Entries that were new."""
    duplicates: int
    """Entries that were known already."""
    rejected: list[RejectedAnswer]
    """Entries that were not kept."""


class DealProspectAnswer(TypedDict):
    """What a deal update did to one prospect."""

    prospect_id: str
    stage: str
    transition: TransitionAnswer | None


class DealAnswer(TypedDict):
    """What a deal update did, prospect by prospect."""

    deal_id: str
    prospects: list[DealProspectAnswer]


class IdentitiesAnswer(TypedDict):
    """Every identity by which a prospect is recognised."""

    email: list[str]
    visitor: list[str]
    user: list[str]
    crm: dict[str, list[str]]
    """The ids in each CRM, by its name."""


class ProspectDealAnswer(TypedDict):
    """A deal of a prospect."""

    deal_id: str
    status: Literal["open", "won", "lost"]
    since: str
    """When it entered this status."""
    roles: list[str]
    """The prospect's roles on the deal."""
    name: str | None
    amount: int | float | None
    currency: str | None
    pipeline: str | None
    lost_reason: str | None


class QualificationAnswer(TypedDict):
    """How far a prospect answers one question of the funnel's checklist."""

    met: bool
    answer: Any
    """As it was given; null where nobody answered."""


class ProspectAnswer(TypedDict):
    """The state of a prospect."""

    prospect_id: str
    stage: str
    status: str | None
    """The status within the stage, where the funnel gives the stage any."""
    since: str
    """When it entered the stage."""
    due_at: str | None
    """When its time in the stage is up, where the funnel limits it."""
    overdue: bool
    """Whether that has passed."""
    lead_status: LeadStatus | None
    """The sales view."""
    lost_reason: str | None
    """Why its deals were lost, while all of them are."""
    score: int | float
    qualification: dict[str, QualificationAnswer]
    """The funnel's checklist, question by question."""
    cycle: int
    """Counts the passes through the funnel, from 1."""
    identities: IdentitiesAnswer
    deals: list[ProspectDealAnswer]
    counts: dict[str, int]
    """Numbers of activities, in all and inbound, outbound, internal and automated."""
    first_seen: str
    last_event: str
    funnel_version: int


class ProspectsAnswer(TypedDict):
    """A page of prospects."""

    prospects: list[ProspectAnswer]
    next_cursor: str | None
    """Where the next page starts; null at the end."""


class OneEachAnswer(TypedDict, total=False):
    """The identities that one event named."""

    email: str
    visitor: str
    user: str
    crm: dict[str, str]


class ActivityEntry(TypedDict):
    """An activity of a timeline."""

    kind: Literal["activity"]
    event_id: str
    occurred_at: str
    recorded_at: str
    type: str
    direction: Literal["inbound", "outbound", "internal"]
    automated: bool
    identities: OneEachAnswer
    properties: dict[str, Any]
    traits: dict[str, Any]
    source: str | None
    condensed: bool
    """Whether it is not kept in full any more: of its properties and traits, those are left that the funnel reads."""


class DealEntry(TypedDict):
    """A deal update of a timeline."""

    kind: Literal["deal"]
    event_id: str
    occurred_at: str
    recorded_at: str
    deal_id: str
    linked: bool | None
    """Whether the update put the prospect on the deal, took it off, or did not speak of contacts (null)."""
    role: str | None
    status: Literal["open", "won", "lost"] | None
    name: str | None
    amount: int | float | None
    currency: str | None
    pipeline: str | None
    lost_reason: str | None
    deleted: bool


class DecisionEntry(TypedDict):
    """A decision of a timeline."""

    kind: Literal["decision"]
    event_id: str
    occurred_at: str
    recorded_at: str
    action: Literal["accept", "disqualify", "set_stage", "merge", "unmerge"]
    by: str
    reason: str | None
    stage: str | None
    status: str | None
    """The status within the stage."""
    qualification: dict[str, Any]
    prospect_id: str | None
    """The prospect that a merge or unmerge names."""


class WithdrawalEntry(TypedDict):
    """A withdrawal of a timeline."""

    kind: Literal["withdrawal"]
    event_id: str
    occurred_at: str
    recorded_at: str
    withdrawn_event_id: str
    by: str
    reason: str | None


class TransitionEntry(TransitionAnswer):
    """A transition of a timeline."""

    kind: Literal["transition"]


TimelineEntry = ActivityEntry | DealEntry | DecisionEntry | WithdrawalEntry | TransitionEntry


class TimelineAnswer(TypedDict):
    """A page of a timeline, newest first."""

    prospect_id: str
    entries: list[TimelineEntry]
    next_cursor: str | None
    """Where the next page starts; null at the end."""


class CriterionAnswer(TypedDict):
    """One criterion held against what is known of a prospect."""

    sentence: str
    met: bool
    evidence: list[str]
    """The ids of the events that satisfy it."""
    parts: list[CriterionAnswer]


class QuestionAnswer(TypedDict):
    """One question of the funnel's checklist."""

    key: str
    label: str


class RequirementAnswer(TypedDict):
    """What a stage requires of the checklist, and what is missing."""

    sentence: str
    met: bool
    missing: list[QuestionAnswer]


class StageAnswer(TypedDict):
    """What a stage asks for, and how far it is met."""

    stage: str
    label: str
    criterion: CriterionAnswer | None
    """Null where only a decision leads in."""
    requires: RequirementAnswer | None
    """Null where the stage requires nothing of the checklist."""


class ExplanationAnswer(TypedDict):
    """Why a prospect is in its stage."""

    prospect_id: str
    stage: str
    since: str
    cycle: int
    because: TransitionAnswer | None
    """The transition that led here."""
    criterion: CriterionAnswer | None
    """What the stage asks for."""
    next: list[StageAnswer]
    """What the stages ahead ask for."""


class HealthAnswer(TypedDict):
    """A sign of life."""

    status: Literal["ok"]


class FieldErrorAnswer(TypedDict):
    """One thing wrong with a request."""

    field: str
    """A JSON pointer into the body, `?name` for a query parameter or `{name}` for a path parameter."""
    reason: str
    expected: str


class _Problem(TypedDict):
    type: str
    """Names the kind of problem; compare it, it does not resolve."""
    title: str
    status: int
    detail: str
    """What is wrong here, and what would be right."""


class ProblemAnswer(_Problem, total=False):
    """A problem document (RFC 9457)."""

    errors: list[FieldErrorAnswer]
    """Everything wrong with the request, up to 20 places."""
    omitted: int
    """How many more there are."""
    survivor: str
    """The prospect that this one was merged into."""
    content_hash: str
    """Of the content that the draft has by now."""
    missing: list[Literal["marketing", "sales"]]
    """The teams that have not signed."""
    needed: list[str]
    """The scopes of which the API key needs one."""
    scopes: list[str]
    """The scopes that the API key has."""
    not_held: list[str]
    """The scopes that the API key cannot give, for it does not have them."""
    request_id: str
    """What to quote in a report."""
