"""The documents that the API answers with about privacy, and how they are made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, cast

from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from lifecycle.contract.answers import ProspectAnswer, TimelineEntry, TransitionEntry
from lifecycle.contract.encode import encode_entry, encode_prospect
from lifecycle.contract.times import format_time
from lifecycle.events import Activity, DealFact, Identity
from lifecycle.services.erasure import Erased
from lifecycle.services.exporting import DealMention, ExportEntry, ExportPage, StoredEvent


class NamedIdentity(TypedDict):
    """An identity, as an event or a deal named it."""

    kind: str
    """`email`, `visitor`, `user` or `crm:<system>`."""
    value: str


class StoredEventEntry(TypedDict):
    """An event of the log."""

    kind: Literal["event"]
    partition: str
    """Which of the person's partitions holds it."""
    identities: list[NamedIdentity]
    """All that it names."""
    event: TimelineEntry


class DealMentionEntry(TypedDict):
    """An entry of a deal's log that names the person as a contact."""

    kind: Literal["deal_mention"]
    deal_id: str
    event_id: str
    occurred_at: str
    recorded_at: str
    deal_name: str | None
    role: str | None
    identities: list[NamedIdentity]


class ExportAnswer(TypedDict):
    """A page of all that is held on a person."""

    prospect_id: str
    prospect: ProspectAnswer | None
    """The state; on the first page only."""
    partitions: list[str]
    """Where the log is kept; on the first page only."""
    entries: list[StoredEventEntry | TransitionEntry | DealMentionEntry]
    next_cursor: str | None
    """Where the next page starts; null at the end."""


class RemovedAnswer(TypedDict):
    """How much an erasure removed, and kept."""

    events: int
    """Events that were deleted."""
    identities: int
    """Identities that are held no longer."""
    deal_entries: int
    """Entries of logs of deals from which the person was taken out."""
    transitions_kept: int
    """Moves that are kept for the counts of the reports, under a random name."""


class ErasureAnswer(TypedDict):
    """What erasing a prospect has done."""

    prospect_id: str
    erased_at: str
    removed: RemovedAnswer
    complete: bool
    """Whether nothing is left to delete."""


def encode_export(page: ExportPage, next_cursor: str | None) -> ExportAnswer:
    """A page of an export."""
    return {
        "prospect_id": page.prospect_id,
        "prospect": None if page.view is None else encode_prospect(page.view),
        "partitions": list(page.partitions),
        "entries": [_entry(entry) for entry in page.entries],
        "next_cursor": next_cursor,
    }


def encode_erasure(erased: Erased) -> ErasureAnswer:
    """What erasing a prospect has done."""
    return {
        "prospect_id": erased.prospect_id,
        "erased_at": format_time(erased.erased_at),
        "removed": cast("RemovedAnswer", dict(erased.removed)),
        "complete": erased.is_complete,
    }


def _entry(entry: ExportEntry) -> StoredEventEntry | TransitionEntry | DealMentionEntry:
    match entry:
        case StoredEvent(partition, event):
            named = event.identities if isinstance(event, Activity | DealFact) else ()
            return {
                "kind": "event",
                "partition": partition,
                "identities": _identities(named),
                "event": encode_entry(event),
            }
        case DealMention(update, contact):
            return {
                "kind": "deal_mention",
                "deal_id": update.deal_id,
                "event_id": update.id,
                "occurred_at": format_time(update.occurred_at),
                "recorded_at": format_time(update.recorded_at),
                "deal_name": update.name,
                "role": contact.role,
                "identities": _identities(contact.identities),
            }
    return cast("TransitionEntry", encode_entry(cast("Any", entry)))


def _identities(named: Iterable[Identity]) -> list[NamedIdentity]:
    return [{"kind": kind, "value": value} for kind, value in named]
