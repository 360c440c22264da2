"""Small builders of events, so that a test shows only what it is about. Times are minutes after ``T0``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import Folded, fold
from lifecycle.engine.machine import Transition
from lifecycle.engine.plan import Plan
from lifecycle.events import (
    DEFAULT_DIRECTIONS,
    Action,
    Activity,
    Contact,
    DealFact,
    DealStatus,
    DealUpdate,
    Decision,
    Direction,
    Event,
    Identity,
    Withdrawal,
    home_identity,
    prospect_id,
)
from lifecycle.funnel.parsing import default_funnel, parse_funnel

T0 = datetime(2026, 1, 1, tzinfo=UTC)
WORKSPACE = "acme"
DEFAULT = Calendar.always(Plan(default_funnel()))

ANN = Identity("email", "ann@example.com")
BOB = Identity("email", "bob@example.com")
COOKIE = Identity("visitor", "cookie-1")
#: The contact of deal facts, where a test has one person only.
ANN_ID = prospect_id(WORKSPACE, ANN)


def at(minute: float) -> datetime:
    """The time so many minutes after ``T0``."""
    return T0 + timedelta(minutes=minute)


def activity(
    id_: str,
    minute: float,
    type_: str = "website_visit",
    *identities: Identity,
    direction: Direction | None = None,
    automated: bool = False,
    **properties: Any,
) -> Activity:
    """An activity, of Ann unless identities are named, with the direction that its type has by default."""
    return Activity(
        id=id_,
        occurred_at=at(minute),
        recorded_at=at(minute),
        type=type_,
        direction=direction or DEFAULT_DIRECTIONS.get(type_, "inbound"),
        identities=identities or (ANN,),
        automated=automated,
        properties=properties,
    )


def email_sent(id_: str, minute: float, *identities: Identity) -> Activity:
    """What makes a suspect: an email is known, and its owner did nothing."""
    return activity(id_, minute, "email_sent", *identities)


def visit(id_: str, minute: float, *identities: Identity) -> Activity:
    """The plainest inbound activity."""
    return activity(id_, minute, "website_visit", *identities)


def demo_form(id_: str, minute: float, *identities: Identity) -> Activity:
    """A key conversion form, which makes marketing qualified."""
    return activity(id_, minute, "form_submission", *identities, form="demo")


def hard_bounce(id_: str, minute: float, *identities: Identity) -> Activity:
    """An email that can never arrive."""
    return activity(id_, minute, "email_bounce", *identities, bounce="hard")


def referral(id_: str, minute: float, *identities: Identity) -> Activity:
    """What an evangelist does."""
    return activity(id_, minute, "referral", *identities)


def deal(
    id_: str,
    minute: float,
    status: DealStatus | None = None,
    *,
    deal_id: str = "D1",
    linked: bool | None = True,
    contact: str = ANN_ID,
    identities: tuple[Identity, ...] = (),
    role: str | None = None,
    amount: int | None = None,
    reason: str | None = None,
    deleted: bool = False,
) -> DealFact:
    """A deal update as Ann's own log has it."""
    return DealFact(
        id=id_,
        occurred_at=at(minute),
        recorded_at=at(minute),
        deal_id=deal_id,
        contact=contact,
        linked=None if deleted else linked,
        role=role,
        identities=identities,
        status=status,
        amount=None if amount is None else Decimal(amount),
        lost_reason=reason,
        deleted=deleted,
    )


def deal_update(
    id_: str,
    minute: float,
    status: DealStatus | None = None,
    contacts: tuple[Identity | Contact, ...] | None = None,
    *,
    deal_id: str = "D1",
    amount: int | None = None,
    reason: str | None = None,
    deleted: bool = False,
) -> DealUpdate:
    """An update of a deal as its CRM sends it; a contact without a role may be given by its identity."""
    return DealUpdate(
        id=id_,
        occurred_at=at(minute),
        recorded_at=at(minute),
        deal_id=deal_id,
        status=status,
        amount=None if amount is None else Decimal(amount),
        lost_reason=reason,
        contacts=None
        if contacts is None
        else tuple(Contact((one,), None) if isinstance(one, Identity) else one for one in contacts),
        deleted=deleted,
    )


def decision(
    id_: str,
    minute: float,
    action: Action,
    *,
    stage: str | None = None,
    reason: str | None = None,
    by: str = "sam",
    other: str | None = None,
    qualification: Mapping[str, Any] | None = None,
) -> Decision:
    """A person's ruling."""
    return Decision(
        id=id_,
        occurred_at=at(minute),
        recorded_at=at(minute),
        action=action,
        by=by,
        reason=reason,
        stage=stage,
        other=other,
        qualification=qualification or {},
    )


def set_stage(id_: str, minute: float, stage: str, reason: str | None = None) -> Decision:
    """A decision for a stage."""
    return decision(id_, minute, "set_stage", stage=stage, reason=reason)


def withdrawal(id_: str, minute: float, event_id: str, reason: str | None = "a bot's") -> Withdrawal:
    """A ruling that an event counts as if it had never happened."""
    return Withdrawal(
        id=id_, occurred_at=at(minute), recorded_at=at(minute), event_id=event_id, by="sam", reason=reason
    )


def merge(id_: str, minute: float, other: str) -> Decision:
    """A ruling that two prospects are one person."""
    return decision(id_, minute, "merge", other=other)


def unmerge(id_: str, minute: float, other: str) -> Decision:
    """A ruling that two prospects are not one person."""
    return decision(id_, minute, "unmerge", other=other)


def id_of(identity: Identity) -> str:
    """The id of an identity's partition."""
    return prospect_id(WORKSPACE, identity)


def home_of(event: Activity) -> str:
    """The id of the partition that keeps an activity."""
    return id_of(home_identity(event.identities))


def folded(*events: Event, calendar: Calendar = DEFAULT) -> Folded:
    """A log, folded under the default funnel unless another is given."""
    return fold(events, calendar)


def stage_of(*events: Event, calendar: Calendar = DEFAULT) -> str:
    """The stage that a log leads to."""
    return fold(events, calendar).machine.at.stage.key


def status_of(*events: Event, calendar: Calendar = DEFAULT) -> str | None:
    """The lead status that a log leads to."""
    return fold(events, calendar).machine.lead_status


def moves_of(*events: Event, calendar: Calendar = DEFAULT) -> list[tuple[str, str, str]]:
    """The transitions of a log as (from, to, id of the event)."""
    return [move(transition) for transition in fold(events, calendar).transitions]


def move(transition: Transition) -> tuple[str, str, str]:
    """A transition as (from, to, id of the event)."""
    return transition.from_stage, transition.to_stage, transition.event.id


def funnel_of(*stages: Mapping[str, Any], **more: Any) -> Calendar:
    """A compiled funnel of some stages, and more of its definition, for what the default funnel does not use."""
    return calendar_of({"stages": list(stages), **more})


def changed_default(
    changes: Mapping[str, Mapping[str, Any]] | None = None, recycling: tuple[Mapping[str, Any], ...] = ()
) -> Calendar:
    """The default funnel with some fields of some stages set anew, and with recycling."""
    stages = [{**stage, **(changes or {}).get(stage["key"], {})} for stage in default_definition()["stages"]]
    return calendar_of(default_definition() | {"stages": stages, "recycling": list(recycling)})


def calendar_of(definition: Mapping[str, Any], version: int = 7) -> Calendar:
    """A definition as the only funnel there ever was."""
    return Calendar.always(Plan(parse_funnel(definition, version)))


def default_definition() -> dict[str, Any]:
    """The default funnel as the document that it is read from."""
    definition: dict[str, Any] = json.loads(
        files("lifecycle.funnel").joinpath("gallery", "default.json").read_text("utf-8")
    )
    return definition
