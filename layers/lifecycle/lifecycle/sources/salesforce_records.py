"""What Salesforce says of a record, whichever way it came: contacts, leads, opportunities, the roles of contacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from lifecycle.events import DealStatus, Identity
from lifecycle.sources.crm import alone, deal_update, traits_of
from lifecycle.sources.reading import activity, event_id, not_ahead, optional_email, optional_text
from lifecycle.sources.said import LinkUpdate, Said
from lifecycle.sources.salesforce_account import Organisation
from lifecycle.sources.source import UnreadablePartError

Change = Literal["created", "changed", "deleted", "restored"]

_ENTITIES = {"Contact": "contact", "Lead": "lead"}
#: Fields that are an identity, the record's own housekeeping, or links to records that mean nothing here.
_NO_TRAITS = {
    "Email", "Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", "LastViewedDate", "LastReferencedDate",
    "IsDeleted", "PhotoUrl", "OwnerId", "AccountId", "CreatedById", "LastModifiedById", "MasterRecordId", "ReportsToId",
    "ConvertedAccountId", "ConvertedContactId", "ConvertedOpportunityId",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """A record, and what became of it.

    Attributes:
        event: the id of the event, as Salesforce tells its events apart.
        entity: what it is.
        id: the record's.
        change: what became of it.
        fields: by Salesforce's names; those that are missing or ``None`` are unchanged, an empty text is cleared.
        occurred_at: when.
        whole: the fields are the record as it is now, rather than what changed.
    """

    event: str
    entity: str
    id: Any
    change: Change
    fields: Mapping[str, Any]
    occurred_at: datetime
    whole: bool = False


def said_by(record: Record, organisation: Organisation) -> Iterable[Said]:
    """What a record says. Raises UnreadablePartError."""
    if record.entity in _ENTITIES:
        return _of_person(record, organisation)
    if record.entity == "Opportunity":
        return _of_opportunity(record, organisation)
    if record.entity == "OpportunityContactRole":
        return _of_role(record, organisation)
    raise UnreadablePartError(
        "it is about another kind of record than Contact, Lead, Opportunity and OpportunityContactRole: "
        "send only those from Salesforce"
    )


# ---- people ----------------------------------------------------------------------------------------------------------


def _of_person(record: Record, organisation: Organisation) -> Iterator[Said]:
    entity, fields = _ENTITIES[record.entity], record.fields
    identity = organisation.person(record.id, "the record's id")
    converted = _text(fields, "ConvertedContactId") if record.entity == "Lead" else None
    if converted:
        yield from _conversion(record, identity, converted, organisation)
    yield activity(
        event_id(organisation.kind, record.event),
        f"crm_{entity}_{record.change}",
        record.occurred_at,
        organisation.received_at,
        (identity, *optional_email(fields.get("Email"))),
        source=organisation.kind,
        direction="internal",
        traits=traits_of(_flat(fields)),
    )


def _conversion(record: Record, lead: Identity, converted: str, organisation: Organisation) -> Iterator[Said]:
    """A lead becomes a contact: one person under two ids, and mostly the first on a new opportunity."""
    contact = organisation.person(converted, "ConvertedContactId")
    yield activity(
        event_id(organisation.kind, record.event, "converted"),
        "crm_contact_merged",
        record.occurred_at,
        organisation.received_at,
        (lead, contact),
        source=organisation.kind,
        direction="internal",
    )
    opportunity = _text(record.fields, "ConvertedOpportunityId")
    if opportunity:
        yield deal_update(
            event_id(organisation.kind, record.event, "opportunity"),
            record.occurred_at,
            organisation.received_at,
            organisation.deal(opportunity, "ConvertedOpportunityId"),
            joined=(alone(contact),),
        )


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a person, and the parts of a compound one: those of a name as they are, of an address after it."""
    told = {name: value for name, value in fields.items() if name not in _NO_TRAITS}
    for name in [name for name, value in told.items() if isinstance(value, dict)]:
        parts = told.pop(name)
        told |= {(part if name == "Name" else f"{name}_{part}"): inner for part, inner in parts.items()}
    return told


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    return optional_text(fields.get(name))


# ---- opportunities ---------------------------------------------------------------------------------------------------


def _of_opportunity(record: Record, organisation: Organisation) -> Iterator[Said]:
    fields = record.fields
    yield deal_update(
        event_id(organisation.kind, record.event),
        record.occurred_at,
        organisation.received_at,
        organisation.deal(record.id, "the record's id"),
        status=None if record.change == "deleted" else status_of(record, organisation.stages),
        name=fields.get("Name"),
        money=fields.get("Amount"),
        currency=fields.get("CurrencyIsoCode") or (organisation.currency if fields.get("Amount") is not None else None),
        pipeline=fields.get("RecordTypeId"),
        lost_reason=fields.get(organisation.lost_reason_field),
        deleted=record.change == "deleted",
    )


def status_of(record: Record, stages: Mapping[str, DealStatus]) -> DealStatus | None:
    """The status of an opportunity, from what is known of it or has changed; ``None``: nothing that says it.

    Of a change only the fields that changed are told, so that one of IsClosed and IsWon has to do: whoever is no
    longer won and not said to be open again is closed still.
    """
    fields = record.fields
    stage = _text(fields, "StageName")
    if stage is not None and stage in stages:
        return stages[stage]
    closed, won = _flag(fields, "IsClosed"), _flag(fields, "IsWon")
    if won:
        return "won"
    is_update = record.change == "changed" and not record.whole
    if closed or (is_update and closed is None and won is False):
        return "lost"
    if closed is False or stage is not None or record.change in ("created", "restored"):
        return "open"
    return None


def _flag(fields: Mapping[str, Any], name: str) -> bool | None:
    """A checkbox: as JSON has it, or as XML."""
    value = fields.get(name)
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


# ---- roles -----------------------------------------------------------------------------------------------------------


def _of_role(record: Record, organisation: Organisation) -> Iterator[Said]:
    """A role's own record: a deletion names nothing but it, a change only what changed."""
    fields = record.fields
    opportunity, contact = _text(fields, "OpportunityId"), _text(fields, "ContactId")
    yield LinkUpdate(
        id=event_id(organisation.kind, record.event),
        occurred_at=not_ahead(record.occurred_at, organisation.received_at),
        recorded_at=organisation.received_at,
        link_id=organisation.deal(record.id, "the record's id"),
        deal_id=organisation.deal(opportunity, "OpportunityId") if opportunity else None,
        contact=organisation.person(contact, "ContactId") if contact else None,
        role=_text(fields, "Role"),
        deleted=record.change == "deleted",
    )
