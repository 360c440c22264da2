"""From JSON values to domain values: an activity, a batch, a deal update, a decision."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any, NamedTuple
from uuid import uuid4

from lifecycle.contract.body import RepeatedNames
from lifecycle.contract.limits import MAX_BATCH_ENTRIES
from lifecycle.contract.models import (
    DECISION_BODIES,
    AcceptBody,
    ActivityBody,
    AnyDecisionBody,
    ContactBody,
    DealBody,
    IdentitiesBody,
    MergeBody,
    SetStageBody,
    UnmergeBody,
    WithdrawBody,
)
from lifecycle.contract.refusals import BodyTooLargeError, FieldError, InvalidRequestError, pointer
from lifecycle.contract.times import format_time
from lifecycle.contract.validation import validate
from lifecycle.events import (
    DEFAULT_DIRECTIONS,
    Activity,
    Contact,
    DealUpdate,
    Decision,
    Identity,
    Withdrawal,
    home_identity,
)
from lifecycle.sources.automation import by_user_agent

#: The system that a contact's ``crm_id`` belongs to, for a workspace with a single CRM.
_THE_CRM = "crm"


@dataclass(frozen=True, slots=True)
class RejectedEntry:
    """An entry of a batch that is not acceptable, and where it stands."""

    index: int
    error: InvalidRequestError


class Batch(NamedTuple):
    """A batch, sorted into what is kept and what is not."""

    activities: list[Activity]
    rejected: list[RejectedEntry]


def decode_activity(value: Any, now: datetime) -> Activity:
    """Read one activity.

    Arguments:
        value: a JSON value, as ``body.read_json`` read it.
        now: the present: when the activity is recorded, and when it occurred unless it says so.

    Raises:
        InvalidRequestError: with everything that is wrong.
    """
    body = validate(ActivityBody, value, now)
    properties = dict(body.properties or {})
    because = by_user_agent(body.type, properties)
    if because:
        properties["automated_because"] = because
    return Activity(
        id=body.id or str(uuid4()),
        occurred_at=body.occurred_at or now,
        recorded_at=now,
        type=body.type,
        direction=body.direction or DEFAULT_DIRECTIONS.get(body.type, "inbound"),
        identities=_identities(body.identities),
        automated=bool(because) or bool(body.automated) or properties.get("automated") is True,
        properties=properties,
        traits=body.traits or {},
        source=body.source,
    )


def _identities(body: IdentitiesBody) -> tuple[Identity, ...]:
    named = [("email", body.email), ("visitor", body.visitor), ("user", body.user)]
    plain = [Identity(kind, value) for kind, value in named if value]
    return (*plain, *_crm_identities(body.crm))


def _crm_identities(ids: Mapping[str, str] | None) -> list[Identity]:
    return [Identity(f"crm:{system}", value) for system, value in sorted((ids or {}).items())]


def decode_batch(value: Any, now: datetime) -> Batch:
    """Read a batch: each entry by itself.

    Arguments:
        value: an array of activities, or an object that holds it as ``activities``.
        now: the present.

    Raises:
        InvalidRequestError: there is no such array, or it is empty.
        BodyTooLargeError: it has more entries than a batch may.
    """
    batch = Batch([], [])
    for index, entry in enumerate(_entries(value)):
        try:
            batch.activities.append(decode_activity(entry, now))
        except InvalidRequestError as error:
            batch.rejected.append(RejectedEntry(index, error))
    return batch


def _entries(value: Any) -> Sequence[Any]:
    entries, field = value, ""
    if isinstance(value, dict):
        unknown = [name for name in value if name != "activities"]
        if unknown or isinstance(value, RepeatedNames):
            raise InvalidRequestError(
                [FieldError(pointer(unknown[:1]), "is not right for a batch", "an object with activities alone")]
            )
        entries, field = value.get("activities"), "/activities"
    if not isinstance(entries, list) or not entries:
        raise InvalidRequestError(
            [FieldError(field, "is not an array with entries", f"an array of 1 to {MAX_BATCH_ENTRIES} activities")]
        )
    if len(entries) > MAX_BATCH_ENTRIES:
        raise BodyTooLargeError(
            f"The batch has {len(entries)} entries, and {MAX_BATCH_ENTRIES} are allowed. Send several batches."
        )
    return entries


def decode_deal(value: Any, deal_id: str, now: datetime) -> DealUpdate:
    """Read what a CRM says of a deal.

    Arguments:
        value: a JSON value, as ``body.read_json`` read it.
        deal_id: from the path.
        now: the present.

    Returns:
        The update, whose id is derived from all that it says: the same request repeated is the same event.

    Raises:
        InvalidRequestError: with everything that is wrong.
    """
    body = validate(DealBody, value, now)
    contacts = None if body.contacts is None else _contacts(body.contacts)
    occurred_at = body.occurred_at or now
    said = {
        "status": body.status,
        "name": body.name,
        "amount": None if body.amount is None else str(body.amount),
        "currency": body.currency,
        "lost_reason": body.lost_reason,
        "contacts": None if contacts is None else sorted(contacts, key=repr),
        # Only where it is said: updates without it keep the ids that they had before there were pipelines.
        **({} if body.pipeline is None else {"pipeline": body.pipeline}),
    }
    return DealUpdate(
        id=_derived_id(deal_id, occurred_at, said),
        occurred_at=occurred_at,
        recorded_at=now,
        deal_id=deal_id,
        status=body.status,
        name=body.name,
        amount=body.amount,
        currency=body.currency,
        pipeline=body.pipeline,
        lost_reason=body.lost_reason,
        contacts=contacts,
    )


def deal_deletion(deal_id: str, occurred_at: datetime | None, now: datetime) -> DealUpdate:
    """The update that withdraws a deal, as of ``occurred_at`` or the present."""
    moment = occurred_at or now
    update_id = _derived_id(deal_id, moment, {"deleted": True})
    return DealUpdate(id=update_id, occurred_at=moment, recorded_at=now, deal_id=deal_id, deleted=True)


def _derived_id(deal_id: str, occurred_at: datetime, said: Mapping[str, Any]) -> str:
    """128 bits of a SHA-256 over everything that an update says, so that no two updates share an id by chance."""
    text = json.dumps([deal_id, format_time(occurred_at), said], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _contacts(bodies: Sequence[ContactBody]) -> tuple[Contact, ...]:
    """The contacts of a deal, each once.

    Raises:
        InvalidRequestError: one person stands twice and not alike. Which of the two is meant cannot be told.
    """
    contacts = [_contact(body) for body in bodies]
    homes = [home_identity(contact.identities) for contact in contacts]
    clashes = [
        FieldError(
            pointer(("contacts", second)),
            f"names the same person as {pointer(('contacts', first))} in another way or role",
            "each contact once, with one role",
        )
        for first, second in _pairs_of_equals(homes)
        if contacts[first] != contacts[second]
    ]
    if clashes:
        raise InvalidRequestError(clashes)
    return tuple(dict.fromkeys(contacts))


def _pairs_of_equals(homes: Sequence[Identity]) -> list[tuple[int, int]]:
    return [(first, second) for first, second in combinations(range(len(homes)), 2) if homes[first] == homes[second]]


def _contact(body: ContactBody) -> Contact:
    ids = {_THE_CRM: body.crm_id} if body.crm_id else body.crm
    email = [Identity("email", body.email)] if body.email else []
    return Contact((*email, *_crm_identities(ids)), body.role)


def decode_decision(value: Any, actor: str, now: datetime) -> Decision | Withdrawal:
    """Read a ruling.

    Arguments:
        value: a JSON value, as ``body.read_json`` read it.
        actor: the caller, who decides unless the body says who.
        now: the present.

    Raises:
        InvalidRequestError: with everything that is wrong, fields that do not belong to the action included.
    """
    body = validate(_decision_model(value), value, now)
    event_id, occurred_at, by = body.id or str(uuid4()), body.occurred_at or now, body.by or actor
    if isinstance(body, WithdrawBody):
        return Withdrawal(
            id=event_id, occurred_at=occurred_at, recorded_at=now, event_id=body.event_id, by=by, reason=body.reason
        )
    return Decision(
        id=event_id,
        occurred_at=occurred_at,
        recorded_at=now,
        action=body.action,
        by=by,
        reason=body.reason,
        stage=body.stage if isinstance(body, SetStageBody) else None,
        status=body.status if isinstance(body, SetStageBody) else None,
        qualification=(body.qualification or {}) if isinstance(body, AcceptBody | SetStageBody) else {},
        other=body.prospect_id if isinstance(body, MergeBody | UnmergeBody) else None,
    )


def _decision_model(value: Any) -> type[AnyDecisionBody]:
    """The model that belongs to the action: chosen by hand, so that a stray field is held against that action alone."""
    if not isinstance(value, dict):
        raise InvalidRequestError([FieldError("", "is not an object", "an object with an action")])
    action = value.get("action")
    model = DECISION_BODIES.get(action) if isinstance(action, str) else None
    if model is None:
        raise InvalidRequestError([FieldError("/action", "is not an action", f"one of {', '.join(DECISION_BODIES)}")])
    return model
