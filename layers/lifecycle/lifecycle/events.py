"""What can be in a log: the events of a prospect, the updates of a deal, and the identities they name.

Domain types only: no wire format, no storage format, no clock. Every time is an aware UTC ``datetime``.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any, ClassVar, Literal, NamedTuple

Direction = Literal["inbound", "outbound", "internal"]
DealStatus = Literal["open", "won", "lost"]
Action = Literal["accept", "disqualify", "set_stage", "merge", "unmerge"]

#: Activity types that are not inbound unless the caller says so: what we sent, and what a mail system did by itself.
#: An open is among them because mail clients open by themselves (image proxies, privacy protection).
DEFAULT_DIRECTIONS: Mapping[str, Direction] = {
    "email_sent": "outbound",
    "email_delivered": "outbound",
    "email_open": "internal",
    "email_bounce": "internal",
    "email_unsubscribe": "internal",
    "spam_complaint": "internal",
}


class Order(IntEnum):
    """The order of the kinds at one instant (design, section 3); what needs no event comes before all events."""

    PUBLICATION = -2
    TIMER = -1
    ACTIVITY = 0
    DEAL_OPEN = 1
    DEAL_LOST = 2
    DEAL_WON = 3
    DECISION = 4
    WITHDRAWAL = 5


class Key(NamedTuple):
    """Where an event stands in its log: the fold walks events in ascending order of their keys."""

    occurred_at: datetime
    order: int
    id: str


class Identity(NamedTuple):
    """One way to recognise a prospect.

    ``kind`` is ``email``, ``user``, ``visitor`` or ``crm:<system>``; ``value`` is already normalised
    (an email in lower case).
    """

    kind: str
    value: str

    @property
    def is_strong(self) -> bool:
        """Whether it joins prospects: every kind but a visitor (a cookie may be shared by several people)."""
        return self.kind != "visitor"


def prospect_id(workspace: str, identity: Identity) -> str:
    """The id of the partition that belongs to an identity.

    Arguments:
        workspace: the workspace's id.
        identity: a normalised identity.

    Returns:
        ``p`` and 26 characters of base 32: 130 bits of a SHA-256 over workspace, kind and value, so that an identity
        leads to its partition without a lookup and the id tells nothing about the person.
    """
    text = "\x00".join((workspace, identity.kind, identity.value))
    digest = hashlib.sha256(text.encode()).digest()
    return "p" + b32encode(digest)[:26].decode().lower()


_STRENGTH = {"email": 0, "user": 1, "crm": 2, "visitor": 3}


def home_identity(identities: Sequence[Identity]) -> Identity:
    """The identity whose partition keeps an event: the email, else the user, else a CRM id, else the visitor.

    It depends on nothing but the event itself, so that the same event always goes to the same partition, whatever has
    been merged meanwhile, and a repeat is recognised by its key.

    Raises:
        ValueError: ``identities`` is empty.
    """
    return min(identities, key=lambda identity: (_STRENGTH[identity.kind.partition(":")[0]], identity))


@dataclass(slots=True)
class Activity:
    """Something that happened with a prospect.

    ``automated`` marks what a scanner or a bot did: it is kept and shown, and never counts. ``condensed`` marks a
    trace: what is left of an activity that was not to be kept any longer.
    """

    id: str
    occurred_at: datetime
    recorded_at: datetime
    type: str
    direction: Direction
    identities: tuple[Identity, ...]
    automated: bool = False
    properties: Mapping[str, Any] = field(default_factory=dict)
    traits: Mapping[str, Any] = field(default_factory=dict)
    source: str | None = None
    condensed: bool = False
    key: Key = field(init=False, repr=False, compare=False)
    kind: ClassVar[str] = "activity"

    def __post_init__(self) -> None:
        self.key = Key(self.occurred_at, Order.ACTIVITY, self.id)


class Contact(NamedTuple):
    """A person on a deal, with a role (``None`` where the CRM names none)."""

    identities: tuple[Identity, ...]
    role: str | None


_DEAL_ORDER = {None: Order.DEAL_OPEN, "open": Order.DEAL_OPEN, "lost": Order.DEAL_LOST, "won": Order.DEAL_WON}


@dataclass(slots=True)
class DealUpdate:
    """One entry of a deal's log: what a CRM said of it as of ``occurred_at``; ``None`` means unchanged.

    ``contacts`` present is the whole set, so a contact that is missing from it is removed. A CRM that tells of single
    contacts names those that came as ``joined`` and those that went as ``left``, and the others stay.
    ``deleted`` withdraws the deal and all that was said of it before.
    """

    id: str
    occurred_at: datetime
    recorded_at: datetime
    deal_id: str
    status: DealStatus | None = None
    name: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    pipeline: str | None = None
    lost_reason: str | None = None
    contacts: tuple[Contact, ...] | None = None
    joined: tuple[Contact, ...] = ()
    left: tuple[Contact, ...] = ()
    deleted: bool = False
    key: Key = field(init=False, repr=False, compare=False)
    kind: ClassVar[str] = "deal_update"

    def __post_init__(self) -> None:
        order = Order.WITHDRAWAL if self.deleted else _DEAL_ORDER[self.status]
        self.key = Key(self.occurred_at, order, self.id)

    @property
    def named(self) -> tuple[Contact, ...]:
        """Every contact that it names."""
        return (*(self.contacts or ()), *self.joined, *self.left)


@dataclass(slots=True)
class DealFact:
    """A deal update as it concerns one contact: the copy that stands in the contact's own log.

    ``contact`` is the id of the contact's partition. ``linked`` says whether the update put the contact on the deal
    (``True``), left it out of the whole set (``False``) or did not speak of contacts (``None``). ``identities`` are
    those that the update names for the contact, empty unless ``linked``.
    A fact is true whatever else is known of the deal, so facts may arrive in any order.
    """

    id: str
    occurred_at: datetime
    recorded_at: datetime
    deal_id: str
    contact: str
    linked: bool | None
    role: str | None = None
    identities: tuple[Identity, ...] = ()
    status: DealStatus | None = None
    name: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    pipeline: str | None = None
    lost_reason: str | None = None
    deleted: bool = False
    key: Key = field(init=False, repr=False, compare=False)
    kind: ClassVar[str] = "deal"

    def __post_init__(self) -> None:
        order = Order.WITHDRAWAL if self.deleted else _DEAL_ORDER[self.status]
        self.key = Key(self.occurred_at, order, self.id)


@dataclass(slots=True)
class Decision:
    """A person's ruling on a prospect.

    ``qualification`` answers questions of the checklist. ``status`` is the status within the stage that ``set_stage``
    names. ``other`` is the prospect that a ``merge`` or ``unmerge`` names.
    """

    id: str
    occurred_at: datetime
    recorded_at: datetime
    action: Action
    by: str
    reason: str | None = None
    stage: str | None = None
    status: str | None = None
    qualification: Mapping[str, Any] = field(default_factory=dict)
    other: str | None = None
    key: Key = field(init=False, repr=False, compare=False)
    kind: ClassVar[str] = "decision"

    def __post_init__(self) -> None:
        self.key = Key(self.occurred_at, Order.DECISION, self.id)


@dataclass(slots=True)
class Withdrawal:
    """A person's ruling that an event of the log counts as if it had never happened."""

    id: str
    occurred_at: datetime
    recorded_at: datetime
    event_id: str
    by: str
    reason: str | None = None
    key: Key = field(init=False, repr=False, compare=False)
    kind: ClassVar[str] = "withdrawal"

    def __post_init__(self) -> None:
        self.key = Key(self.occurred_at, Order.WITHDRAWAL, self.id)


#: Any entry of a prospect's log.
Event = Activity | DealFact | Decision | Withdrawal


def fact_of(update: DealUpdate, contact: str, workspace: str) -> DealFact:
    """The fact that a deal update states for one contact.

    Arguments:
        update: an entry of a deal's log.
        contact: the id of the contact's partition (``prospect_id`` of its home identity).
        workspace: the workspace's id, from which partition ids derive.

    Returns:
        The fact, whose id is derived from the deal's, the update's and the contact's: copying twice is copying once.
        Of one update, removals sort behind links (``~`` behind every letter and digit), so that a person who is on a
        deal by two contacts stays on it while one takes the place of the other.
    """
    linked: bool | None = None
    role: str | None = None
    identities: tuple[Identity, ...] = ()
    if update.contacts is not None or any(_is(named, contact, workspace) for named in update.left):
        linked = False
    for named in (*(update.contacts or ()), *update.joined):
        if _is(named, contact, workspace):
            linked, role, identities = True, named.role, named.identities
    return DealFact(
        id=f"{update.deal_id}/{update.id}:{'~' if linked is False else ''}{contact}",
        occurred_at=update.occurred_at,
        recorded_at=update.recorded_at,
        deal_id=update.deal_id,
        contact=contact,
        linked=linked,
        role=role,
        identities=identities,
        status=update.status,
        name=update.name,
        amount=update.amount,
        currency=update.currency,
        pipeline=update.pipeline,
        lost_reason=update.lost_reason,
        deleted=update.deleted,
    )


def _is(named: Contact, contact: str, workspace: str) -> bool:
    return prospect_id(workspace, home_identity(named.identities)) == contact
