"""Pipedrive: its webhooks of version 2, and of version 1. How to connect it: docs/sources/pipedrive.md."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lifecycle.events import Contact, DealStatus, Identity
from lifecycle.sources.crm import SYSTEM_SETTING, deal_id, deal_update, settings_schema, traits_of
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.pipedrive_change import Change, Person, change_of, company_of, person_of
from lifecycle.sources.proofs import by_basic
from lifecycle.sources.reading import activity, crm, each, event_id, json_of, optional_email, snake_case
from lifecycle.sources.said import Said
from lifecycle.sources.source import RefusedDeliveryError, Source, UnreadableDeliveryError, UnreadablePartError

KIND = "pipedrive"

_SHARED = "User name and password of HTTP authentication, with a colon between them, as entered at the webhook."
_STATUSES: Mapping[str, DealStatus] = {"open": "open", "won": "won", "lost": "lost"}
_PERSON_TYPES = {
    "create": "crm_contact_created",
    "change": "crm_contact_changed",
    "delete": "crm_contact_deleted",
}


def verify(delivery: Delivery, secrets: Sequence[str], settings: Mapping[str, Any]) -> None:
    """Basic authentication, which is all that Pipedrive has, and then the company, where one is set.

    Raises:
        RefusedDeliveryError: neither of the secrets, or another company's.
    """
    by_basic(delivery, secrets)
    company = settings.get("company")
    if company is not None and not hmac.compare_digest(company.encode(), _company(delivery).encode()):
        raise RefusedDeliveryError("foreign")


def _company(delivery: Delivery) -> str:
    try:
        return company_of(json_of(delivery.body))
    except UnreadableDeliveryError:
        return ""


def translate(delivery: Delivery, settings: Mapping[str, Any]) -> Iterable[Said]:
    """What one change says."""
    system = settings.get("system", KIND)
    return each([json_of(delivery.body)], lambda part: _Translation(change_of(part), system, delivery).said())


class _Translation:
    """A change, and what it says."""

    def __init__(self, change: Change, system: str, delivery: Delivery) -> None:
        self._change = change
        self._system = system
        self._now = delivery.received_at

    def said(self) -> Iterator[Said]:
        """What the change says. Raises UnreadablePartError."""
        match self._change.entity:
            case "deal":
                yield from self._of_deal()
            case "person":
                yield from self._of_person()
            case _:
                yield self._of_another()

    # ---- deals -------------------------------------------------------------------------------------------------------

    def _of_deal(self) -> Iterator[Said]:
        change, data = self._change, self._change.data
        deal = deal_id(self._system, change.id, "the deal's id")
        status = data.get("status")
        there = person_of(data)
        before = person_of(change.previous)
        gone = before if before and "person_id" in data and (there is None or there.id != before.id) else None
        deleted = change.action == "delete" or status == "deleted"
        yield deal_update(
            event_id(KIND, change.event),
            change.occurred_at,
            self._now,
            deal,
            status=_STATUSES.get(status) if isinstance(status, str) and not deleted else None,
            name=data.get("title"),
            money=data.get("value"),
            currency=data.get("currency"),
            pipeline=data.get("pipeline_id"),
            lost_reason=data.get("lost_reason"),
            joined=(self._contact(there),) if there and not deleted else (),
            left=(self._contact(gone),) if gone and not deleted else (),
            deleted=deleted,
        )
        if change.merged_from is not None:
            merged = deal_id(self._system, change.merged_from, "the id of the merged deal")
            if merged != deal:
                event = event_id(KIND, change.event, "merged")
                yield deal_update(event, change.occurred_at, self._now, merged, deleted=True)

    def _contact(self, person: Person) -> Contact:
        return Contact(self._identities(person), None)

    def _identities(self, person: Person) -> tuple[Identity, ...]:
        return (crm(self._system, person.id, "the person's id"), *optional_email(person.email))

    # ---- people, and what concerns them ------------------------------------------------------------------------------

    def _of_person(self) -> Iterator[Said]:
        change = self._change
        other = change.merged_to if change.merged_to is not None else change.merged_from
        identities = self._identities(Person(change.id, change.email))
        if other is not None:
            identities += (crm(self._system, other, "the id of the merged person"),)
        yield activity(
            event_id(KIND, change.event),
            "crm_contact_merged" if other is not None else _PERSON_TYPES[change.action],
            change.occurred_at,
            self._now,
            identities,
            source=KIND,
            direction="internal",
            traits=traits_of(change.traits),
        )

    def _of_another(self) -> Said:
        """What was done to a lead, a note or an activity counts for nothing, and is kept with whom it concerns."""
        change = self._change
        person = person_of(change.data) or person_of(change.previous)
        event = event_id(KIND, change.event)
        if person:
            type_ = f"{KIND}_{snake_case(change.entity)}_{change.action}"[:64]
            identities = self._identities(person)
            return activity(event, type_, change.occurred_at, self._now, identities, source=KIND, direction="internal")
        deal = change.data.get("deal_id") or change.previous.get("deal_id")
        if deal:
            return deal_update(event, change.occurred_at, self._now, deal_id(self._system, deal, "deal_id"))
        raise UnreadablePartError("it concerns neither a person nor a deal: end that webhook in Pipedrive")


SOURCE = Source(
    kind=KIND,
    title="Pipedrive",
    connecting=(
        "Under **Tools and apps, Webhooks**, create two webhooks of version 2 for all actions (`*`), one for `deal` "
        "and one for `person`, with the address as the endpoint and a user name and password of your own as HTTP "
        "authentication. The secret is `user:password`."
    ),
    secret=_SHARED,
    settings=settings_schema(
        system={**SYSTEM_SETTING, "default": KIND},
        company={
            "type": "string",
            "pattern": "^[0-9]{1,20}$",
            "description": "The id of the company. What other companies send is refused then.",
        },
    ),
    verify=verify,
    translate=translate,
)
