"""The changes that an app's webhooks tell of: one object and what became of it, never more.

They name no email and no deal of a contact: those are changes of their own, and whatever comes first waits in the log
of the CRM id or of the deal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from lifecycle.events import Activity, DealUpdate, Identity
from lifecycle.sources.crm import alone
from lifecycle.sources.hubspot_account import Account
from lifecycle.sources.hubspot_change import DONE, OBJECT_TYPES, Change
from lifecycle.sources.reading import optional_email, snake_case, text_in
from lifecycle.sources.said import ErasureRequest, Said
from lifecycle.sources.source import UnreadablePartError
from lifecycle.sources.times import from_millis

_CONTACT_TYPES = {
    "creation": "crm_contact_created",
    "deletion": "crm_contact_deleted",
    "restore": "crm_contact_restored",
}
_DEAL_FIELDS = {
    "dealname": "name",
    "pipeline": "pipeline",
    "deal_currency_code": "currency",
}
#: What HubSpot sends in place of the value of a sensitive property.
_REDACTED = "REDACTED"
#: An association between deal and contact without a label: from the deal, from the contact ("Association type ids").
_UNLABELLED = {"3", "4", ""}
_MOST_MERGED = 50
_MOMENT = timedelta(microseconds=1)


def said_by(sent: Mapping[str, Any], account: Account) -> Iterable[Said]:
    """What one change says. Raises UnreadablePartError."""
    family, _, action = text_in(sent["subscriptionType"], "subscriptionType").partition(".")
    change = Change(sent, account, _occurred_at(sent))
    if action == "associationChange":
        yield _association(change)
        return
    match change.object_type(family):
        case "contact":
            yield from _of_contact(action, change)
        case "deal":
            yield from _of_deal(action, change)
        case _:
            raise UnreadablePartError("it is about neither a contact nor a deal: end that subscription in HubSpot")


def _occurred_at(sent: Mapping[str, Any]) -> datetime:
    try:
        return from_millis(sent.get("occurredAt"))
    except UnreadablePartError as error:
        raise UnreadablePartError(f"occurredAt {error}") from None


# ---- contacts --------------------------------------------------------------------------------------------------------


def _of_contact(action: str, change: Change) -> Iterable[Said]:
    match action:
        case "merge":
            yield _merged_contacts(change)
        case "privacyDeletion":
            yield ErasureRequest(change.id(), change.account.contact(change.sent.get("objectId")))
        case "propertyChange":
            yield _changed_contact(change)
        case _:
            type_ = _CONTACT_TYPES.get(action) or f"hubspot_{snake_case(change.text('subscriptionType'))}"[:64]
            yield change.activity(type_, (change.account.contact(change.sent.get("objectId")),))


def _changed_contact(change: Change) -> Activity:
    name, value = _property(change)
    addresses = _addresses(name, value)
    traits = {} if addresses or value == _REDACTED else {snake_case(name): value}
    type_, told = _done(name, value, change.account)
    identities = (change.account.contact(change.sent.get("objectId")), *addresses)
    return change.activity(type_, identities, {"property": name, **told}, traits)


def _property(change: Change) -> tuple[str, str]:
    """A property and its new value: HubSpot sends all of them as text, and an empty one for what was cleared."""
    value = change.sent.get("propertyValue")
    if value is not None and not isinstance(value, str):
        value = text_in(value, "propertyValue")
    return text_in(change.sent.get("propertyName"), "propertyName"), value or ""


def _addresses(name: str, value: str) -> tuple[Identity, ...]:
    if name == "email":
        return optional_email(value)
    if name == "hs_additional_emails":
        return tuple(identity for address in value.split(";") for identity in optional_email(address))
    return ()


def _done(name: str, value: str, account: Account) -> tuple[str, dict[str, Any]]:
    """The type of the activity that a property's new value stands for, and what else there is to say of it."""
    type_ = DONE.get(name)
    if type_ is None or not value or value in (_REDACTED, "false"):
        return "crm_contact_changed", {}
    if type_ == "form_submission":
        return type_, {"form": account.forms.get(value, value)}
    if type_ == "email_bounce":
        return type_, {"bounce": "hard", "reason": value}
    return type_, {}


def _merged_contacts(change: Change) -> Activity:
    identities = tuple(change.account.contact(value, "an id of the merged contacts") for value in _merged(change))
    if len(set(identities)) < 2:
        raise UnreadablePartError("it names no two contacts: primaryObjectId and mergedObjectIds would be right")
    return change.activity("crm_contact_merged", identities)


def _merged(change: Change) -> list[Any]:
    """The objects of a merge, first that which is left: of deals HubSpot makes a new one."""
    others = change.sent.get("mergedObjectIds")
    if not isinstance(others, list) or len(others) > _MOST_MERGED:
        raise UnreadablePartError(f"mergedObjectIds is not a list of up to {_MOST_MERGED} ids")
    first = [change.sent.get("newObjectId"), change.sent.get("primaryObjectId", change.sent.get("objectId"))]
    named = [value for value in (*first, *others) if value is not None]
    if not named:
        raise UnreadablePartError("primaryObjectId is missing, and so is newObjectId")
    return named


# ---- deals -----------------------------------------------------------------------------------------------------------


def _of_deal(action: str, change: Change) -> Iterable[DealUpdate]:
    if action == "merge":
        yield from _merged_deals(change)
        return
    event, deal = change.id(), change.account.deal(change.sent.get("objectId"))
    match action:
        case "creation":
            yield change.deal_update(event, deal, status="open")
        case "deletion":
            yield change.deal_update(event, deal, deleted=True)
        case "propertyChange":
            yield _changed_deal(change, event, deal)
        case _:  # kept, though it says nothing
            yield change.deal_update(event, deal)


def _merged_deals(change: Change) -> Iterable[DealUpdate]:
    """Of merged deals one is left, which tells of itself in changes of its own."""
    left, *gone = dict.fromkeys(change.account.deal(value, "an id of the merged deals") for value in _merged(change))
    yield change.deal_update(change.id("left"), left)
    for number, deal in enumerate(gone):
        yield change.deal_update(change.id(number), deal, deleted=True)


def _changed_deal(change: Change, event: str, deal: str) -> DealUpdate:
    name, value = _property(change)
    if value == _REDACTED:
        return change.deal_update(event, deal)
    if name == "amount":
        return change.deal_update(event, deal, money=value, currency=change.account.currency)
    if name == "closed_lost_reason":
        # Set in one go with the stage, mostly; a deal that is lost begins without a reason, so this comes right after.
        return replace(change.deal_update(event, deal, lost_reason=value), occurred_at=change.occurred_at + _MOMENT)
    if name in _DEAL_FIELDS:
        return change.deal_update(event, deal, **{_DEAL_FIELDS[name]: value})
    return change.deal_update(event, deal, status=change.account.status(name, value))


# ---- associations ----------------------------------------------------------------------------------------------------


def _association(change: Change) -> Said:
    ends = _ends(change)
    if set(ends) == {"contact", "deal"}:
        return _link(change, ends)
    if "contact" in ends:
        identity = change.account.contact(ends["contact"], "the contact's id")
        told = {"association": change.text("associationType"), "removed": change.sent.get("associationRemoved")}
        return change.activity(
            "hubspot_contact_association_change", (identity,), told, event=change.pair_id(told["removed"] is True)
        )
    if "deal" in ends:
        return change.deal_update(change.pair_id(), change.account.deal(ends["deal"], "the deal's id"))
    raise UnreadablePartError("it associates neither a contact nor a deal: end that subscription in HubSpot")


def _ends(change: Change) -> dict[str, Any]:
    """The two objects, by their types: those of old are in the association's name, those of the new family beside."""
    from_name, _, to_name = change.text("associationType").lower().partition("_to_")
    from_type = OBJECT_TYPES.get(change.text("fromObjectTypeId"), from_name)
    to_type = OBJECT_TYPES.get(change.text("toObjectTypeId"), to_name)
    return {
        type_: change.sent.get(f"{end}ObjectId")
        for type_, end in ((to_type, "to"), (from_type, "from"))
        if type_ in ("contact", "deal")
    }


def _link(change: Change, ends: Mapping[str, Any]) -> Said:
    """A contact comes onto a deal or goes.

    HubSpot tells of it once from either side; the id is that of the pair, so that both are one. A label is an
    association beside the one without: what is told of it comes after, and to lose a label is not to go.
    """
    account, label = change.account, change.text("associationTypeId")
    deal, contact = account.deal(ends["deal"], "the deal's id"), account.contact(ends["contact"], "the contact's id")
    removed, role = change.sent.get("associationRemoved") is True, account.labels.get(label)
    if removed and label not in _UNLABELLED:
        told = {"deal_id": deal, "role": role}
        return change.activity(
            "hubspot_association_label_removed", (contact,), told, event=change.pair_id("label", role or label)
        )
    # Of one instant the later id is the last word: without a label, with one, gone.
    rank = 2 if removed else 1 if role else 0
    named = (alone(contact, role),)
    return change.deal_update(
        change.pair_id(rank, (role or "")[:32]), deal, joined=() if removed else named, left=named if removed else ()
    )
