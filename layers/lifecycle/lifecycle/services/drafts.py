"""Drafts of a funnel: made, checked, changed, signed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from lifecycle.funnel.form.document import content_hash
from lifecycle.services.audit_entries import signatures_changed
from lifecycle.services.errors import (
    DraftChangedError,
    DraftNotFoundError,
    DraftPublishedError,
    FunnelBusyError,
    InvalidDefinitionError,
)
from lifecycle.services.funnel_results import DraftView, Judgement, SignOff
from lifecycle.services.funnel_versions import FunnelVersions, version_at
from lifecycle.services.judging import Judge
from lifecycle.services.sign_off import signed, unsigned, valid_signatures
from lifecycle.store.audit_records import AuditEntry, Origin
from lifecycle.store.funnel_records import DraftRecord, Team
from lifecycle.store.protocol import FunnelRecords

#: How often a change is tried anew when others change the same record.
ATTEMPTS = 5

Change = Callable[[DraftRecord], DraftRecord]
#: What the audit trail says of a change of a draft, if anything.
Told = Callable[[DraftRecord, DraftRecord], AuditEntry | None]


class Drafts:
    """The drafts of one workspace.

    Arguments:
        records: what the store keeps of the funnel.
        versions: of the funnel.
        judge: of definitions.
        origin: who asks, and from where: for the audit trail.
    """

    def __init__(self, records: FunnelRecords, versions: FunnelVersions, judge: Judge, origin: Origin) -> None:
        self._records = records
        self._origin = origin
        self._versions = versions
        self._judge = judge

    def create(self, definition: Any, by: str, now: datetime) -> DraftView:
        """Make a draft. Raises InvalidDefinitionError with all that is wrong."""
        in_force, judgement = self._accepted(definition, now)
        draft = DraftRecord(
            draft_id=uuid4().hex,
            revision=0,
            content_hash=content_hash(judgement.definition),
            definition=judgement.definition,
            signatures=(),
            based_on=in_force,
            created_by=by,
            created_at=now,
            updated_at=now,
        )
        if not self._records.put_draft(draft):
            raise FunnelBusyError
        return DraftView(draft, judgement)

    def change(self, draft_id: str, definition: Any, seen: str | None, now: datetime) -> DraftView:
        """Give a draft another content, or compare it with the version that is in force by now.

        The signatures stay only where nothing changed that they were given for: neither what the draft says, nor the
        version that it changes.

        Arguments:
            draft_id: of the draft.
            definition: what it is to say.
            seen: the hash of the content that is to be changed; ``None``: whatever it is.
            now: the present.

        Raises:
            DraftNotFoundError, DraftPublishedError: there is no such draft, or it became a version.
            DraftChangedError: it has another content than ``seen``.
            InvalidDefinitionError: with all that is wrong with the definition.
            FunnelBusyError: others keep changing it.
        """
        self.open(draft_id)
        in_force, judgement = self._accepted(definition, now)
        new_hash = content_hash(judgement.definition)

        def changed(draft: DraftRecord) -> DraftRecord:
            is_same = (draft.content_hash, draft.based_on) == (new_hash, in_force)
            return replace(
                draft,
                content_hash=new_hash,
                definition=judgement.definition,
                signatures=draft.signatures if is_same else (),
                based_on=in_force,
                updated_at=draft.updated_at if is_same else now,
            )

        def told(before: DraftRecord, after: DraftRecord) -> AuditEntry | None:
            if after.signatures or not valid_signatures(before):
                return None
            return signatures_changed(self._origin, "signatures.voided", before, after, now)

        return DraftView(self._change(draft_id, seen, changed, told), judgement)

    def delete(self, draft_id: str, now: datetime) -> None:
        """Delete a draft.

        Arguments:
            draft_id: of the draft.
            now: the present.

        Raises:
            DraftNotFoundError, DraftPublishedError: there is no such draft, or it became a version.
            FunnelBusyError: others keep changing it.
        """
        for _ in range(ATTEMPTS):
            draft = self.open(draft_id)
            told = signatures_changed(self._origin, "draft.deleted", draft, None, now)
            if self._records.delete_draft(draft, told):
                return
        raise FunnelBusyError

    def view(self, draft_id: str, now: datetime) -> DraftView:
        """A draft, judged and compared as of now. Raises DraftNotFoundError."""
        draft = self.record(draft_id)
        in_force = version_at(self._records.head(), now)
        return DraftView(draft, self._judge.judge(draft.definition, self._versions.definition(in_force)))

    def all(self) -> tuple[DraftRecord, ...]:
        """Every draft, the last changed first."""
        return tuple(sorted(self._records.drafts(), key=lambda draft: draft.updated_at, reverse=True))

    def sign(self, draft_id: str, team: Team, by: str, seen: str | None, now: datetime) -> SignOff:
        """Sign a draft, for exactly the content that it has.

        Raises:
            DraftNotFoundError, DraftPublishedError: there is no such draft, or it became a version.
            DraftChangedError: it has another content than ``seen``, or got one meanwhile.
            SamePersonError, TeamSignedError: see ``sign_off.signed``.
            FunnelBusyError: others keep changing it.
        """
        before = self.open(draft_id)
        seen = before.content_hash if seen is None else seen
        after = self._change(
            draft_id,
            seen,
            lambda draft: signed(draft, team, by, now),
            lambda draft, changed: signatures_changed(self._origin, "draft.signed", draft, changed, now, by),
        )
        return SignOff(after, is_new=after.signatures != before.signatures)

    def take_back(self, draft_id: str, team: Team, now: datetime) -> DraftRecord:
        """Take a signature back.

        Arguments:
            draft_id: of the draft.
            team: whose signature.
            now: the present.

        Raises:
            DraftNotFoundError, DraftPublishedError: there is no such draft, or it became a version.
            SignatureNotFoundError: the team has not signed.
            FunnelBusyError: others keep changing it.
        """
        return self._change(
            draft_id,
            None,
            lambda draft: unsigned(draft, team),
            lambda draft, changed: signatures_changed(self._origin, "signature.withdrawn", draft, changed, now),
        )

    def record(self, draft_id: str) -> DraftRecord:
        """A draft as it is kept. Raises DraftNotFoundError."""
        draft = self._records.draft(draft_id)
        if draft is None:
            raise DraftNotFoundError
        return draft

    def open(self, draft_id: str) -> DraftRecord:
        """A draft that may be changed: it is no version yet.

        Raises:
            DraftNotFoundError, DraftPublishedError: there is no such draft, or it became a version.
        """
        draft = self.record(draft_id)
        if draft.published_as is not None:
            raise DraftPublishedError(draft.published_as)
        return draft

    def _accepted(self, definition: Any, now: datetime) -> tuple[int, Judgement]:
        """The version in force, and what is to be said of a definition that could replace it."""
        in_force = version_at(self._records.head(), now)
        judgement = self._judge.judge(definition, self._versions.definition(in_force))
        if judgement.problems:
            raise InvalidDefinitionError(judgement.problems)
        return in_force, judgement

    def _change(self, draft_id: str, seen: str | None, change: Change, told: Told) -> DraftRecord:
        """Change a draft on condition of what it is when read; again, where another request was faster."""
        for _ in range(ATTEMPTS):
            draft = self.open(draft_id)
            if seen not in (None, draft.content_hash):
                raise DraftChangedError(draft.content_hash)
            changed = change(draft)
            if changed == draft:
                return draft
            if self._records.put_draft(changed, told(draft, changed)):
                return replace(changed, revision=draft.revision + 1)
        raise FunnelBusyError
