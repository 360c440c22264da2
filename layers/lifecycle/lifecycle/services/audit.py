"""The audit trail of a workspace: who did what, when, from where, and how it was before and after.

The entries are written by the use cases themselves, in the transaction of what they do (``services.audit_entries``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from lifecycle.services.audit_entries import hash_of
from lifecycle.services.neighbourhood import Neighbourhood
from lifecycle.store.audit import AuditStore
from lifecycle.store.audit_records import Action, AuditEntry, Difference
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.items import format_time
from lifecycle.store.protocol import AuditRecords, Store
from lifecycle.store.workspace_clients import workspace_client

#: Before and after all times that an entry can have.
_EARLIEST, _LATEST = "0", "~"
#: How many entries a page goes through at most in search of those wanted, so that a rare one costs several short
#: requests and not one that API Gateway gives up.
MOST_READ = 5_000


class Wanted(NamedTuple):
    """Which entries are asked for; ``None``: any. ``actor`` is the name of a credential, or of a person whom a request
    named; ``since`` is inclusive, ``until`` is not."""

    since: datetime | None = None
    until: datetime | None = None
    action: Action | None = None
    actor: str | None = None
    subject: str | None = None


class AuditPage(NamedTuple):
    """Entries, the newest first, and where the next page starts; ``None`` where there is none."""

    entries: tuple[AuditEntry, ...]
    position: tuple[str, ...] | None


class AuditTrail:
    """The audit trail of one workspace.

    Arguments:
        records: what the store keeps of it.
        store: the workspace's prospects.
    """

    def __init__(self, records: AuditRecords, store: Store) -> None:
        self._records = records
        self._store = store

    @classmethod
    def connect(cls, table: str, workspace: str) -> AuditTrail:
        """The audit trail that a table keeps for a workspace."""
        client = workspace_client(workspace)
        return cls(AuditStore(client, table, workspace), DynamoStore(client, table, workspace))

    def record(self, entry: AuditEntry) -> None:
        """Append an entry of what changes nothing in the table, such as an export; once, however often it is asked."""
        self._records.record(entry)

    def page(self, wanted: Wanted, position: tuple[str, ...] | None, limit: int) -> AuditPage:
        """Entries, the newest first.

        Arguments:
            wanted: which.
            position: where the page before ended; ``None``: at the newest.
            limit: at most so many.

        Returns:
            A page; one may hold few entries, or none, although there are more to come.
        """
        first = _EARLIEST if wanted.since is None else format_time(wanted.since)
        last = _LATEST if wanted.until is None else format_time(wanted.until)
        if position is not None:
            last = min(last, position[0])
        read = ((at, entry) for at, entry in self._records.newest_first(first, last) if position != (at,))
        found: list[AuditEntry] = []
        end: tuple[str, ...] | None = None
        for at, entry in islice(read, MOST_READ):
            end = (at,)
            if _is_wanted(entry, wanted):
                found.append(entry)
                if len(found) == limit:
                    break
        is_more = next(read, None) is not None
        return AuditPage(self._with_outcomes(found), end if is_more else None)

    def _with_outcomes(self, entries: Sequence[AuditEntry]) -> tuple[AuditEntry, ...]:
        """Entries, those of decisions with the stage that each led to."""
        prospects = {entry.subject.id for entry in entries if entry.action == "decision.recorded"}
        around = Neighbourhood(self._store)
        around.load(prospects)
        outcomes = {id_: self._outcomes(around, id_) for id_ in sorted(prospects)}
        return tuple(
            replace(entry, difference=_led_to(entry, outcomes[entry.subject.id]))
            if entry.action == "decision.recorded"
            else entry
            for entry in entries
        )

    def _outcomes(self, around: Neighbourhood, prospect_id: str) -> dict[str, str] | None:
        """The stage that each event of a prospect led to, where it led to one; ``None`` if the prospect is gone."""
        root = around.root(prospect_id)
        if around[root].summary is None:
            return None
        # What a withdrawal brought to light later is not where anybody went at the time.
        moves = (move for move in self._store.transitions(root) if move.restated_by is None)
        return {hash_of(move.event_id): move.to_stage for move in moves}


def _is_wanted(entry: AuditEntry, wanted: Wanted) -> bool:
    return (
        wanted.action in (None, entry.action)
        and wanted.actor in (None, entry.origin.actor.name, entry.by)
        and wanted.subject in (None, entry.subject.id)
    )


def _led_to(entry: AuditEntry, outcomes: dict[str, str] | None) -> Difference:
    """What a decision changed: its move went somewhere, or it moved nobody."""
    before = entry.difference.before
    if outcomes is None or before is None or entry.details is None:
        return Difference(before, None)
    return Difference(before, {"stage": outcomes.get(entry.details["event_hash"], before["stage"])})
