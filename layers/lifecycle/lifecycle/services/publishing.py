"""Publishing: a draft becomes a version, an earlier version comes back, a scheduled one is called off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from lifecycle.services.audit_entries import version_cancelled, version_published
from lifecycle.services.calendars import PUBLICATION_LEAD
from lifecycle.services.drafts import ATTEMPTS, Drafts
from lifecycle.services.errors import (
    AlreadyInForceError,
    DraftChangedError,
    FunnelBusyError,
    InvalidDefinitionError,
    NotInForceYetError,
    SignaturesMissingError,
    StaleDraftError,
    TooLateToCancelError,
    VersionCancelledError,
    VersionPendingError,
)
from lifecycle.services.funnel_results import Publication, VersionView
from lifecycle.services.funnel_versions import DEFAULT_VERSION, FunnelVersions, term_after, version_at
from lifecycle.services.judging import Judge
from lifecycle.services.sign_off import missing_teams, valid_signatures
from lifecycle.store.audit_records import Origin
from lifecycle.store.funnel_records import DraftRecord, FunnelHead, VersionRecord
from lifecycle.store.job_records import JobRecord
from lifecycle.store.protocol import FunnelRecords

StartReevaluation = Callable[[VersionRecord, datetime], JobRecord]
Wait = Callable[[float], None]
_Done = TypeVar("_Done")


class When(NamedTuple):
    """The present, and when a version is to come into force (``None``: at once)."""

    now: datetime
    wanted: datetime | None

    @property
    def effective_at(self) -> datetime:
        """When it does: never sooner than every process can know of it."""
        soonest = self.now + PUBLICATION_LEAD
        return max(self.wanted or soonest, soonest)


class Publisher:
    """Publishes versions of one workspace's funnel.

    Arguments:
        records: what the store keeps of the funnel.
        drafts, judge: of the same workspace.
        start_reevaluation: starts the job that evaluates all prospects anew; again for the same version, it goes on
            where that failed, and answers with the same job.
        wait: lets some seconds pass.
        origin: who asks, and from where: for the audit trail.
    """

    def __init__(
        self,
        records: FunnelRecords,
        drafts: Drafts,
        judge: Judge,
        start_reevaluation: StartReevaluation,
        wait: Wait,
        origin: Origin,
    ) -> None:
        self._records = records
        self._drafts = drafts
        self._versions = FunnelVersions(records)
        self._judge = judge
        self._start_reevaluation = start_reevaluation
        self._wait = wait
        self._origin = origin

    def publish(self, draft_id: str, seen: str | None, by: str, when: When) -> Publication:
        """Make a draft the next version. Done twice, it answers with the same version, unless that was called off.

        Arguments:
            draft_id: of the draft.
            seen: the hash of the content that is to be published; ``None``: whatever it is.
            by: who publishes.
            when: the present, and when it is to come into force. At once, it is in force when this returns.

        Raises:
            DraftNotFoundError, DraftChangedError: there is no such draft, or it has another content than ``seen``.
            SignaturesMissingError: its owners have not both signed, and the workspace requires it.
            StaleDraftError: another version came into force since the draft was checked.
            VersionPendingError: another version is scheduled.
            InvalidDefinitionError: prospects have come to stand in stages that it lacks.
            FunnelBusyError: others keep changing the funnel.
        """
        return self._insist(lambda: self._try_to_publish(draft_id, seen, by, when))

    def _try_to_publish(self, draft_id: str, seen: str | None, by: str, when: When) -> Publication | None:
        draft = self._drafts.record(draft_id)
        if seen not in (None, draft.content_hash):
            raise DraftChangedError(draft.content_hash)
        published = self._published(draft)
        if published:
            return self._bring_into_force(published, when.now, is_new=False)
        head = self._records.head()
        self._refuse_early(draft, head, when.now)
        record = VersionRecord(
            version=head.last_version + 1,
            content_hash=draft.content_hash,
            definition=draft.definition,
            signatures=valid_signatures(draft),
            effective_at=when.effective_at,
            published_at=when.now,
            published_by=by,
            draft_id=draft_id,
        )
        # What became a version is marked already, and stays so when that version is called off.
        if not self._publish(head, record, draft if draft.published_as is None else None):
            return None
        return self._bring_into_force(record, when.now, is_new=True)

    def _publish(self, head: FunnelHead, record: VersionRecord, draft: DraftRecord | None) -> bool:
        """Write a version, and the entry that tells of it; whether that was done."""
        now = record.published_at
        in_force = self._versions.view(version_at(head, now), head, now)
        return self._records.publish(head, record, draft, version_published(self._origin, record, in_force))

    def _published(self, draft: DraftRecord) -> VersionRecord | None:
        """The version that a draft became; ``None`` if it became none, or only such as were called off."""
        if draft.published_as is None:
            return None
        versions = self._records.versions()
        became = [one for one in versions if one.draft_id == draft.draft_id and one.cancelled_at is None]
        return became[-1] if became else None

    def _refuse_early(self, draft: DraftRecord, head: FunnelHead, now: datetime) -> None:
        """Refuse what must not become a version."""
        missing = missing_teams(valid_signatures(draft))
        if missing and head.signatures_required:
            raise SignaturesMissingError(missing)
        _refuse_pending(head, now)
        in_force = version_at(head, now)
        if draft.based_on != in_force:
            raise StaleDraftError(draft.based_on, in_force)
        judgement = self._judge.judge(draft.definition, self._versions.definition(in_force))
        if judgement.problems:
            raise InvalidDefinitionError(judgement.problems)

    def roll_back(self, version: int, by: str, reason: str | None, when: When) -> Publication:
        """Bring an earlier version back, as a new version. Done twice, it answers with the same new version.

        Nothing is asked of it that was asked when it was published: going back must be possible in a hurry. Prospects
        in stages that it does not have go where the funnel takes them, and ``warnings`` says how many they are.

        Raises:
            VersionNotFoundError, VersionCancelledError: there is no such version, or it was never in force.
            AlreadyInForceError: it is in force.
            VersionPendingError: another version is scheduled.
            FunnelBusyError: others keep changing the funnel.
        """
        return self._insist(lambda: self._try_to_roll_back(version, by, reason, when))

    def _try_to_roll_back(self, version: int, by: str, reason: str | None, when: When) -> Publication | None:
        head = self._records.head()
        target = self._versions.view(version, head, when.now)
        repeated = self._restoring(version, head)
        if repeated:
            return self._bring_into_force(repeated, when.now, is_new=False)
        _refuse_unrestorable(target)
        _refuse_pending(head, when.now)
        record = VersionRecord(
            version=head.last_version + 1,
            content_hash=target.content_hash,
            definition=target.definition,
            signatures=target.signatures,
            effective_at=when.effective_at,
            published_at=when.now,
            published_by=by,
            reason=reason,
            restores=version,
        )
        in_force = self._versions.definition(version_at(head, when.now))
        stranded = self._judge.stranded(record.definition, in_force)
        if not self._publish(head, record, None):
            return None
        return self._bring_into_force(record, when.now, is_new=True, stranded=stranded)

    def _restoring(self, version: int, head: FunnelHead) -> VersionRecord | None:
        """The last version, if it is one that brings a given version back."""
        last = head.terms[-1].version
        record = None if last == DEFAULT_VERSION else self._versions.record(last)
        return record if record and record.restores == version else None

    def cancel(self, version: int, now: datetime) -> None:
        """Call a version off before it comes into force. Done twice, it does nothing.

        Raises:
            VersionNotFoundError: there is no such version.
            TooLateToCancelError: it is in force, or so soon that some process may act on it already.
            FunnelBusyError: others keep changing the funnel.
        """
        self._insist(lambda: self._try_to_cancel(version, now) or None)

    def _try_to_cancel(self, version: int, now: datetime) -> bool:
        if version == DEFAULT_VERSION:
            raise TooLateToCancelError(version)
        head = self._records.head()
        record = self._versions.record(version)
        if record.cancelled_at is not None:
            return True
        if record.effective_at < now + PUBLICATION_LEAD:
            raise TooLateToCancelError(version)
        return self._records.cancel(head, record, now, version_cancelled(self._origin, record, now))

    def in_force(self, version: int, now: datetime) -> VersionRecord:
        """A version that is in force or was.

        Raises:
            VersionNotFoundError: there is no such version, or it is the default, which nobody published.
            VersionCancelledError, NotInForceYetError: it never was in force, or is not yet.
        """
        record = self._versions.record(version)
        if record.cancelled_at is not None:
            raise VersionCancelledError(version)
        if record.effective_at > now:
            raise NotInForceYetError(version, record.effective_at)
        return record

    def _bring_into_force(
        self, record: VersionRecord, now: datetime, *, is_new: bool, stranded: list[tuple[str, int]] | None = None
    ) -> Publication:
        """Wait for a version that is about to come into force, and start its re-evaluation. For one that is scheduled
        for later a timer does (``functions/run_timers``), as it does where a request ends in between."""
        left = record.effective_at - now
        reevaluation_id = None
        if left <= PUBLICATION_LEAD:
            self._wait(max(left, timedelta(0)).total_seconds())
            reevaluation_id = self._start_reevaluation(record, max(now, record.effective_at)).job_id
            self._records.clear_due(record.version)
        return Publication(
            version=record.version,
            content_hash=record.content_hash,
            effective_at=record.effective_at,
            reevaluation_id=reevaluation_id,
            warnings=tuple(_leaving(key, count) for key, count in stranded or ()),
            is_new=is_new,
        )

    @staticmethod
    def _insist(attempt: Callable[[], _Done | None]) -> _Done:
        """Try until no other request was faster."""
        for _ in range(ATTEMPTS):
            done = attempt()
            if done is not None:
                return done
        raise FunnelBusyError


def _refuse_pending(head: FunnelHead, now: datetime) -> None:
    pending = term_after(head, now)
    if pending and pending.effective_at:
        raise VersionPendingError(pending.version, pending.effective_at)


def _refuse_unrestorable(target: VersionView) -> None:
    if target.in_force:
        raise AlreadyInForceError(target.version)
    if target.cancelled_at is not None:
        raise VersionCancelledError(target.version)


def _leaving(key: str, count: int) -> str:
    who = "1 prospect leaves" if count == 1 else f"{count} prospects leave"
    return f"{who} the stage {key!r}, which this version does not have."
