"""What the laptop's tools send: activities, deal updates, deal removals and decisions, as small typed objects.

Values only: no HTTP, no clock. `body` gives the JSON that the contract asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Json = dict[str, Any]
Status = Literal["open", "won", "lost"]


def rfc3339(moment: datetime) -> str:
    """A moment as the contract writes it: RFC 3339 in UTC, with microseconds only where there are any.

    Raises:
        ValueError: ``moment`` is naive, so nobody knows when it was.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Identities:
    """The ways in which one entry names its prospect. ``crm`` pairs a system with the id that it gave."""

    email: str | None = None
    visitor: str | None = None
    user: str | None = None
    crm: tuple[str, str] | None = None

    def body(self) -> Json:
        """The `identities` object of the contract."""
        crm = {self.crm[0]: self.crm[1]} if self.crm else None
        return _present(email=self.email, visitor=self.visitor, user=self.user, crm=crm)

    def names(self) -> frozenset[tuple[str, str]]:
        """Each identity as ``(kind, value)``, where the kind of a CRM id is ``crm:<system>``."""
        pairs = (("email", self.email), ("visitor", self.visitor), ("user", self.user))
        named = {(kind, value) for kind, value in pairs if value}
        return frozenset(named | ({(f"crm:{self.crm[0]}", self.crm[1])} if self.crm else set()))


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that happened with a prospect; ``direction`` is left out where the engine's default is right."""

    id: str
    type: str
    occurred_at: datetime
    identities: Identities
    direction: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    traits: Mapping[str, Any] = field(default_factory=dict)
    source: str | None = None

    def body(self) -> Json:
        """One entry of `POST /activities/batch`."""
        return _present(
            id=self.id,
            type=self.type,
            direction=self.direction,
            occurred_at=rfc3339(self.occurred_at),
            identities=self.identities.body(),
            traits=dict(self.traits) or None,
            properties=dict(self.properties) or None,
            source=self.source,
        )

    def names(self) -> frozenset[tuple[str, str]]:
        """The identities that this entry names."""
        return self.identities.names()


@dataclass(frozen=True, slots=True)
class Contact:
    """A person on a deal."""

    identities: Identities
    role: str

    def body(self) -> Json:
        """One entry of a deal's `contacts`."""
        return {**self.identities.body(), "role": self.role}


@dataclass(frozen=True, slots=True)
class DealUpdate:
    """What a CRM says of a deal as of ``occurred_at``; ``contacts`` is the whole set, or ``None`` for unchanged."""

    deal_id: str
    occurred_at: datetime
    status: Status | None = None
    name: str | None = None
    amount: int | None = None
    currency: str | None = None
    lost_reason: str | None = None
    contacts: tuple[Contact, ...] | None = None

    def body(self) -> Json:
        """The body of `PUT /deals/{deal_id}`."""
        return _present(
            status=self.status,
            occurred_at=rfc3339(self.occurred_at),
            name=self.name,
            amount=self.amount,
            currency=self.currency,
            lost_reason=self.lost_reason,
            contacts=None if self.contacts is None else [contact.body() for contact in self.contacts],
        )

    def names(self) -> frozenset[tuple[str, str]]:
        """The identities that this entry names."""
        return _union(contact.identities for contact in self.contacts or ())


@dataclass(frozen=True, slots=True)
class DealRemoval:
    """A deal that the CRM deleted: `DELETE /deals/{deal_id}?occurred_at=`."""

    deal_id: str
    occurred_at: datetime

    def names(self) -> frozenset[tuple[str, str]]:
        """A removal names nobody."""
        return frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's ruling on the prospect that ``prospect`` names, who must be looked up first.

    ``event_id`` is what a withdrawal withdraws. ``other`` is whom a merge joins to the prospect; `body` asks for the id
    that they were found by.
    """

    id: str
    occurred_at: datetime
    prospect: Identities
    action: str
    by: str
    reason: str | None = None
    stage: str | None = None
    qualification: Mapping[str, Any] = field(default_factory=dict)
    event_id: str | None = None
    other: Identities | None = None

    def body(self, other_id: str | None = None) -> Json:
        """The body of `POST /prospects/{id}/decisions`; ``other_id`` is the prospect's that ``other`` names."""
        return _present(
            id=self.id,
            occurred_at=rfc3339(self.occurred_at),
            action=self.action,
            by=self.by,
            reason=self.reason,
            stage=self.stage,
            qualification=dict(self.qualification) or None,
            event_id=self.event_id,
            prospect_id=other_id,
        )

    def names(self) -> frozenset[tuple[str, str]]:
        """The identities that this entry names."""
        return self.prospect.names() | (self.other.names() if self.other else frozenset())


Request = Activity | DealUpdate | DealRemoval | Decision


@dataclass(frozen=True, slots=True)
class Delivery:
    """A request as it reaches the engine. ``late`` and ``repeat`` say what is unusual about it."""

    request: Request
    arrived_at: datetime
    late: bool = False
    repeat: bool = False


def identities_of(requests: Iterable[Request]) -> frozenset[tuple[str, str]]:
    """Every identity that any of the requests names: what tells one data set's prospects from another's."""
    return frozenset(name for request in requests for name in request.names())


def _union(several: Iterable[Identities]) -> frozenset[tuple[str, str]]:
    return frozenset(name for identities in several for name in identities.names())


def _present(**fields: Any) -> Json:
    return {name: value for name, value in fields.items() if value is not None}
