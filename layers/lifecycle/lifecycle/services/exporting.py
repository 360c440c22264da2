"""Export: all that is held on a person, as it is stored, whatever it counts for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from lifecycle.events import Contact, DealFact, DealUpdate, Event, prospect_id
from lifecycle.services.reading import Reader
from lifecycle.services.results import ProspectView
from lifecycle.store.protocol import Store
from lifecycle.store.records import TransitionRecord


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event of the log, and the partition that holds it."""

    partition: str
    event: Event


@dataclass(frozen=True, slots=True)
class DealMention:
    """What an entry of a deal's log says of the person."""

    update: DealUpdate
    contact: Contact


ExportEntry = StoredEvent | TransitionRecord | DealMention


@dataclass(frozen=True, slots=True)
class ExportPage:
    """One page of an export.

    ``view`` is the state and ``partitions`` where the log is kept, on the first page only. ``position`` is where the
    next page starts, ``None`` at the end.
    """

    prospect_id: str
    view: ProspectView | None
    partitions: tuple[str, ...]
    entries: tuple[ExportEntry, ...]
    position: tuple[str, ...] | None


class Exporter:
    """Exports the prospects of one workspace.

    Arguments:
        store: the workspace's store.
        reader: reads states.
    """

    def __init__(self, store: Store, reader: Reader) -> None:
        self._store = store
        self._reader = reader

    def page(self, prospect_id: str, position: tuple[str, ...] | None, limit: int, now: datetime) -> ExportPage:
        """Events as they are stored, withdrawn and repeated ones too; then transitions; then what deals say.

        Arguments:
            prospect_id: an absorbed one answers with the survivor.
            position: where the page before ended.
            limit: at most so many entries.
            now: the present.

        Raises:
            ProspectNotFoundError, ProspectErasedError: there is no such prospect, or no longer.
        """
        around, root = self._reader.locate(prospect_id)
        events, transitions = around.stored_log(root), around.log(root)[1]
        partitions = tuple(dict.fromkeys([root, *around[root].members]))
        entries: list[ExportEntry] = [StoredEvent(home, event) for home, event in events]
        entries += transitions
        entries += self._mentions({event.deal_id for _, event in events if isinstance(event, DealFact)}, partitions)
        listed = sorted(entries, key=_place)
        if position:
            listed = [entry for entry in listed if _place(entry) > position]
        page = listed[:limit]
        return ExportPage(
            prospect_id=root,
            view=None if position else self._reader.get(root, now),
            partitions=() if position else partitions,
            entries=tuple(page),
            position=_place(page[-1]) if len(listed) > limit else None,
        )

    def _mentions(self, deal_ids: Iterable[str], partitions: Iterable[str]) -> Iterator[DealMention]:
        mine = set(partitions)
        for deal_id in deal_ids:
            for update in self._store.deal_log(deal_id):
                for contact in update.contacts or ():
                    if mine.intersection(prospect_id(self._store.workspace, named) for named in contact.identities):
                        yield DealMention(update, contact)


def _place(entry: ExportEntry) -> tuple[str, ...]:
    """Where an entry stands in an export; also the position at which the next page starts."""
    match entry:
        case StoredEvent(partition, event):
            return "1", partition, event.id
        case TransitionRecord():
            return "2", f"{entry.sequence:06d}", ""
        case DealMention(update, contact):
            return "3", update.deal_id, f"{update.id} {contact.identities}"
