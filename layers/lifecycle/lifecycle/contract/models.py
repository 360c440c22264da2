"""The bodies of requests, as they stand on the wire. ``decode`` turns them into domain values.

A field that is ``null`` counts as left out, for many clients write absent values that way.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from lifecycle.contract import fields
from lifecycle.contract.limits import (
    MAX_CONTACTS,
    MAX_CRM_SYSTEMS,
    MAX_EVENT_ID,
    MAX_OUTSIDE_ID,
    MAX_PROPERTIES,
)
from lifecycle.contract.refusals import RefusedValueError
from lifecycle.contract.times import parse_time, refuse_future
from lifecycle.mail_address import MAX_EMAIL


def _read_time(value: Any, info: ValidationInfo) -> datetime:
    """A time that is not ahead of the present, which the caller of the validation gives as ``context["now"]``."""
    if not isinstance(value, str):
        raise RefusedValueError("is not a string", "an RFC 3339 time, such as 2026-05-04T09:30:00Z")
    context = info.context or {}
    return refuse_future(parse_time(value), context["now"])


def _read_amount(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise RefusedValueError("is not an amount", "a number, or a string of it")
    return fields.amount(value)


def _schema(schema_type: str = "string", **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": schema_type, **more})


Time = Annotated[datetime, BeforeValidator(_read_time), _schema(format="date-time")]
Email = Annotated[StrictStr, AfterValidator(fields.email), _schema(format="email", maxLength=MAX_EMAIL)]
OutsideId = Annotated[StrictStr, AfterValidator(fields.outside_id), _schema(minLength=1, maxLength=MAX_OUTSIDE_ID)]
EventId = Annotated[StrictStr, AfterValidator(fields.event_id), _schema(minLength=1, maxLength=MAX_EVENT_ID)]
ProspectId = Annotated[StrictStr, AfterValidator(fields.prospect_id), _schema(pattern="^p[a-z2-7]{26}$")]
SnakeCase = Annotated[StrictStr, AfterValidator(fields.snake_case), _schema(pattern="^[a-z][a-z0-9_]{0,63}$")]
CrmSystem = Annotated[StrictStr, AfterValidator(fields.crm_system), _schema(pattern="^[a-z0-9_-]{1,32}$")]
Label = Annotated[StrictStr, AfterValidator(fields.label), _schema(minLength=1, maxLength=MAX_OUTSIDE_ID)]
Currency = Annotated[StrictStr, AfterValidator(fields.currency), _schema(pattern="^[A-Z]{3}$")]
Amount = Annotated[
    Decimal,
    BeforeValidator(_read_amount),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d+)?$"}]}),
]
CrmIds = Annotated[dict[CrmSystem, OutsideId], Field(max_length=MAX_CRM_SYSTEMS)]
Properties = Annotated[dict[str, Any], Field(max_length=MAX_PROPERTIES)]


class Body(BaseModel):
    """What all bodies have in common: an unknown field is refused, for it would be silently lost."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class IdentitiesBody(Body):
    """The ways to recognise a prospect; at least one."""

    email: Email | None = None
    """An email address; upper and lower case are the same."""
    visitor: OutsideId | None = None
    """A cookie or device id."""
    user: OutsideId | None = None
    """The id of the prospect in your own application."""
    crm: CrmIds | None = None
    """The id of the contact or lead in each CRM, by the CRM's name."""

    @model_validator(mode="after")
    def _one_at_least(self) -> IdentitiesBody:
        if not (self.email or self.visitor or self.user or self.crm):
            raise RefusedValueError("names no identity", "at least one of email, visitor, user, crm")
        return self


class ActivityBody(Body):
    """Something that happened with a prospect."""

    id: EventId | None = None
    """Your id of the activity. The same id again is the same activity, so a request can be repeated safely."""
    type: SnakeCase
    """What happened: website_visit, email_click, form_submission, ... A type of your own is kept."""
    direction: Literal["inbound", "outbound", "internal"] | None = None
    """Who acted: the prospect (inbound), you (outbound), or a system. By default what is usual for the type."""
    occurred_at: Time | None = None
    """When it happened; by default now. At most five minutes ahead."""
    identities: IdentitiesBody
    """Whom it concerns."""
    traits: Properties | None = None
    """Attributes of the prospect as of this moment, such as name, company or country."""
    properties: Properties | None = None
    """Attributes of the activity, such as form, content, rating or score."""
    source: Label | None = None
    """The system that saw it."""
    automated: StrictBool | None = None
    """A scanner or a bot did it: kept and shown, and never counted. properties.automated means the same."""


class ContactBody(Body):
    """A person on a deal, named by email or by a CRM's id."""

    email: Email | None = None
    """The contact's email address."""
    crm: CrmIds | None = None
    """The id of the contact in each CRM, by the CRM's name."""
    crm_id: OutsideId | None = None
    """Short for {"crm": {"crm": <id>}}, for a workspace with a single CRM."""
    role: Label | None = None
    """The contact's role on the deal, such as decision_maker."""

    @model_validator(mode="after")
    def _named(self) -> ContactBody:
        if self.crm_id and self.crm:
            raise RefusedValueError("has crm as well as crm_id", "either of them")
        if not (self.email or self.crm_id or self.crm):
            raise RefusedValueError("names nobody", "at least one of email, crm, crm_id")
        return self


class DealBody(Body):
    """What a CRM says of a deal as of occurred_at. What is left out is unchanged."""

    status: Literal["open", "won", "lost"] | None = None
    """Where the deal stands."""
    occurred_at: Time | None = None
    """As of when this holds; by default now. Updates are applied in this order, whatever the order of arrival."""
    name: Label | None = None
    """The deal's name."""
    amount: Amount | None = None
    """The deal's amount, with its currency."""
    currency: Currency | None = None
    """ISO 4217."""
    pipeline: Label | None = None
    """The CRM's pipeline that it is in."""
    lost_reason: Label | None = None
    """Why it was lost."""
    contacts: Annotated[list[ContactBody], Field(max_length=MAX_CONTACTS)] | None = None
    """The whole set of contacts: who is missing from it is removed from the deal."""

    @model_validator(mode="after")
    def _says_something(self) -> DealBody:
        said = (self.status, self.name, self.amount, self.pipeline, self.lost_reason, self.contacts)
        if all(value is None for value in said):
            raise RefusedValueError(
                "says nothing of the deal", "at least one of status, name, amount, pipeline, lost_reason, contacts"
            )
        if self.amount is not None and self.currency is None:
            raise RefusedValueError("has an amount without its currency", "currency next to amount, such as EUR")
        return self


class DecisionBody(Body):
    """What all rulings have in common."""

    id: EventId | None = None
    """Your id of the decision. The same id again is the same decision, so a request can be repeated safely."""
    occurred_at: Time | None = None
    """When it was taken; by default now. At most five minutes ahead."""
    by: Label | None = None
    """Who took it; by default the name of the API key."""


class AcceptBody(DecisionBody):
    """Sales accepts the prospect."""

    action: Literal["accept"]
    reason: Label | None = None
    """Why."""
    qualification: Properties | None = None
    """Answers to the funnel's checklist, such as budget, authority, need and timeline. They stay on the prospect."""


class DisqualifyBody(DecisionBody):
    """The prospect is out."""

    action: Literal["disqualify"]
    reason: Label
    """Why."""


class SetStageBody(DecisionBody):
    """The prospect is in another stage than the criteria say; backwards too."""

    action: Literal["set_stage"]
    stage: SnakeCase
    """A stage of the funnel in force."""
    status: SnakeCase | None = None
    """A status within that stage, as the funnel defines them; by default its first."""
    reason: Label
    """Why."""
    qualification: Properties | None = None
    """Answers to the funnel's checklist, such as budget, authority, need and timeline. They stay on the prospect."""


class WithdrawBody(DecisionBody):
    """An event of the prospect counts as if it had never happened."""

    action: Literal["withdraw"]
    event_id: EventId
    """The id of the event, as the timeline shows it."""
    reason: Label | None = None
    """Why."""


class MergeBody(DecisionBody):
    """Another prospect is the same person."""

    action: Literal["merge"]
    prospect_id: ProspectId
    """The other prospect."""
    reason: Label | None = None
    """Why."""


class UnmergeBody(DecisionBody):
    """Another prospect, merged into this one, is somebody else after all."""

    action: Literal["unmerge"]
    prospect_id: ProspectId
    """The other prospect."""
    reason: Label | None = None
    """Why."""


AnyDecisionBody = AcceptBody | DisqualifyBody | SetStageBody | WithdrawBody | MergeBody | UnmergeBody

DECISION_BODIES: dict[str, type[AnyDecisionBody]] = {
    "accept": AcceptBody,
    "disqualify": DisqualifyBody,
    "set_stage": SetStageBody,
    "withdraw": WithdrawBody,
    "merge": MergeBody,
    "unmerge": UnmergeBody,
}
