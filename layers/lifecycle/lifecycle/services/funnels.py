"""The use cases of a workspace's funnel: what marketing and sales do with the document that they own together."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from lifecycle.funnel.ready_made import ready_made, ready_made_names
from lifecycle.services.audit_entries import SYSTEM, requirement_changed
from lifecycle.services.drafts import ATTEMPTS, Drafts
from lifecycle.services.errors import FunnelBusyError, UnknownReadyMadeError
from lifecycle.services.funnel_results import (
    ComparedVersion,
    DraftView,
    FunnelView,
    Publication,
    SignOff,
    VersionView,
)
from lifecycle.services.funnel_versions import FunnelVersions
from lifecycle.services.jobs import Jobs
from lifecycle.services.judging import Judge, ProspectCounts
from lifecycle.services.publishing import Publisher, Wait, When
from lifecycle.store.audit_records import Origin
from lifecycle.store.funnel_records import DraftRecord, Team, VersionRecord
from lifecycle.store.funnels import FunnelStore
from lifecycle.store.job_records import JobRecord
from lifecycle.store.jobs import JobStore
from lifecycle.store.protocol import FunnelRecords
from lifecycle.store.workspace_clients import workspace_client

#: What a draft starts from, where that is none of the gallery.
IN_FORCE = "in_force"


class LongWork(Protocol):
    """What the funnel needs of long work; ``services.jobs.Jobs`` does it."""

    def start_reevaluation(self, record: VersionRecord, now: datetime) -> JobRecord: ...
    def start_simulation(self, draft: DraftRecord, by: str, now: datetime) -> JobRecord: ...


class FunnelDesk:
    """The funnel of one workspace.

    Arguments:
        records: what the store keeps of the funnel.
        prospects: counts the workspace's prospects.
        work: starts long work over all of them.
        wait: lets some seconds pass.
        origin: who asks, and from where: for the audit trail.
    """

    def __init__(
        self,
        records: FunnelRecords,
        prospects: ProspectCounts,
        work: LongWork,
        wait: Wait,
        origin: Origin = SYSTEM,
    ) -> None:
        judge = Judge(prospects)
        self._records = records
        self._origin = origin
        self._work = work
        self._versions = FunnelVersions(records)
        self._drafts = Drafts(records, self._versions, judge, origin)
        self._publisher = Publisher(records, self._drafts, judge, work.start_reevaluation, wait, origin)

    @classmethod
    def connect(cls, table: str, workspace: str, origin: Origin) -> FunnelDesk:
        """The funnel that a table keeps for a workspace."""
        client = workspace_client(workspace)
        prospects = JobStore(client, table, workspace)
        records = FunnelStore(client, table, workspace)
        return cls(records, prospects, Jobs.connect(table, workspace), time.sleep, origin)

    # ---- what is in force -------------------------------------------------------------------------------------------

    def in_force(self, now: datetime) -> FunnelView:
        """The version in force, and the one that is scheduled, if any."""
        return self._versions.current(now)

    def versions(self, now: datetime) -> tuple[VersionView, ...]:
        """All versions there ever were, newest first."""
        return self._versions.all(now)

    def version(self, number: int, now: datetime) -> ComparedVersion:
        """A version, and what it changed against the one before it. Raises VersionNotFoundError."""
        return self._versions.compared(number, now)

    def gallery(self) -> Mapping[str, Mapping[str, Any]]:
        """The ready definitions to start from, by their names."""
        return {name: ready_made(name) for name in ready_made_names()}

    def ready_made(self, name: str) -> Mapping[str, Any]:
        """A definition of the gallery. Raises UnknownReadyMadeError."""
        if name not in ready_made_names():
            raise UnknownReadyMadeError(ready_made_names())
        return ready_made(name)

    # ---- settings ---------------------------------------------------------------------------------------------------

    def requires_signatures(self) -> bool:
        """Whether publishing takes both owners' signatures."""
        return self._records.head().signatures_required

    def require_signatures(self, required: bool, now: datetime) -> None:
        """Set whether publishing takes both owners' signatures. Raises FunnelBusyError."""
        told = requirement_changed(self._origin, required, now)
        for _ in range(ATTEMPTS):
            head = self._records.head()
            if head.signatures_required == required or self._records.require_signatures(head, required, told):
                return
        raise FunnelBusyError

    # ---- drafts -----------------------------------------------------------------------------------------------------

    def drafts(self) -> tuple[DraftRecord, ...]:
        """All drafts, the last changed first."""
        return self._drafts.all()

    def draft(self, draft_id: str, now: datetime) -> DraftView:
        """A draft, judged and compared as of now. Raises DraftNotFoundError."""
        return self._drafts.view(draft_id, now)

    def create_draft(self, definition: Any, by: str, now: datetime) -> DraftView:
        """Make a draft (see ``Drafts.create``)."""
        return self._drafts.create(definition, by, now)

    def create_draft_from(self, start: str, by: str, now: datetime) -> DraftView:
        """Make a draft of what is there already.

        Arguments:
            start: ``IN_FORCE`` for the version in force, or the name of a definition of the gallery.
            by: who makes it.
            now: the present.

        Raises:
            UnknownReadyMadeError: the gallery has no such definition.
            InvalidDefinitionError: it cannot replace the version in force, with all that is wrong.
        """
        definition = self.in_force(now).in_force.definition if start == IN_FORCE else self.ready_made(start)
        return self.create_draft(definition, by, now)

    def change_draft(self, draft_id: str, definition: Any, seen: str | None, now: datetime) -> DraftView:
        """Give a draft another content (see ``Drafts.change``)."""
        return self._drafts.change(draft_id, definition, seen, now)

    def delete_draft(self, draft_id: str, now: datetime) -> None:
        """Delete a draft (see ``Drafts.delete``)."""
        self._drafts.delete(draft_id, now)

    def sign(self, draft_id: str, team: Team, by: str, seen: str | None, now: datetime) -> SignOff:
        """Sign a draft for a team (see ``Drafts.sign``)."""
        return self._drafts.sign(draft_id, team, by, seen, now)

    def take_signature_back(self, draft_id: str, team: Team, now: datetime) -> DraftRecord:
        """Take a signature back (see ``Drafts.take_back``)."""
        return self._drafts.take_back(draft_id, team, now)

    def simulate(self, draft_id: str, by: str, now: datetime) -> JobRecord:
        """Start to try a draft on the workspace's prospects. Raises DraftNotFoundError."""
        return self._work.start_simulation(self._drafts.record(draft_id), by, now)

    # ---- versions ---------------------------------------------------------------------------------------------------

    def publish(self, draft_id: str, seen: str | None, by: str, when: When) -> Publication:
        """Make a draft the next version (see ``Publisher.publish``)."""
        return self._publisher.publish(draft_id, seen, by, when)

    def roll_back(self, version: int, by: str, reason: str | None, when: When) -> Publication:
        """Bring an earlier version back (see ``Publisher.roll_back``)."""
        return self._publisher.roll_back(version, by, reason, when)

    def cancel(self, version: int, now: datetime) -> ComparedVersion:
        """Call a version off before it comes into force (see ``Publisher.cancel``)."""
        self._publisher.cancel(version, now)
        return self._versions.compared(version, now)

    def resume_reevaluation(self, version: int, now: datetime) -> JobRecord:
        """Evaluate all prospects anew by a version, or go on where that failed; again, it does nothing.

        Raises:
            VersionNotFoundError, VersionCancelledError, NotInForceYetError: see ``Publisher.in_force``.
        """
        return self._work.start_reevaluation(self._publisher.in_force(version, now), now)
