"""What a delivery says, once it is translated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lifecycle.events import Activity, DealUpdate, Identity


@dataclass(frozen=True, slots=True)
class LinkUpdate:
    """What a CRM says of a record of its own that puts a contact on a deal, as Salesforce's OpportunityContactRole.

    ``None`` means unchanged: an update names what changed, and a deletion names nothing but the record, so that only
    all of them together say who was on which deal when.

    Attributes:
        id: the event's.
        link_id: the record's, with its system, as ``salesforce:00K...``.
        deal_id: of the deal.
        contact: of the contact.
        role: in the deal.
        deleted: the record is no more.
    """

    id: str
    occurred_at: datetime
    recorded_at: datetime
    link_id: str
    deal_id: str | None = None
    contact: Identity | None = None
    role: str | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """A person asked the outside system to be forgotten, and it passes that on."""

    id: str
    identity: Identity


@dataclass(frozen=True, slots=True)
class SubscriptionOffer:
    """The system asks to fetch an address, by which the receiver says that it wants what will come."""

    url: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of a delivery that cannot be translated: it goes to quarantine, and the rest is kept.

    Attributes:
        part: the part, as JSON where it was JSON, else as text.
        why: what is wrong, which field, and what would be right. It repeats no value that was sent.
    """

    part: Any
    why: str


Said = Activity | DealUpdate | LinkUpdate | ErasureRequest | SubscriptionOffer | Unreadable
