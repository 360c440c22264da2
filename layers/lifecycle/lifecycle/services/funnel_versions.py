"""The versions of a funnel: which one is in force when, and what each says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lifecycle.funnel.changes.sentences import changes
from lifecycle.funnel.form.document import content_hash
from lifecycle.funnel.parsing import default_definition
from lifecycle.services.errors import VersionNotFoundError
from lifecycle.services.funnel_results import ComparedVersion, FunnelView, VersionView
from lifecycle.store.funnel_records import FunnelHead, Term, VersionRecord
from lifecycle.store.protocol import FunnelRecords

#: The version that every workspace starts with, and that no store keeps.
DEFAULT_VERSION = 1


def version_at(head: FunnelHead, moment: datetime) -> int:
    """The version that is in force at a moment."""
    begun = [term for term in head.terms if term.effective_at is None or term.effective_at <= moment]
    return begun[-1].version


def term_after(head: FunnelHead, moment: datetime) -> Term | None:
    """The next version to come into force after a moment, if one is scheduled."""
    return next((term for term in head.terms if term.effective_at is not None and term.effective_at > moment), None)


class FunnelVersions:
    """Reads the versions of one workspace's funnel.

    Arguments:
        records: what the store keeps of the funnel.
    """

    def __init__(self, records: FunnelRecords) -> None:
        self._records = records

    def current(self, now: datetime) -> FunnelView:
        """The version in force, and the one to come."""
        head = self._records.head()
        return FunnelView(self.view(version_at(head, now), head, now), term_after(head, now))

    def all(self, now: datetime) -> tuple[VersionView, ...]:
        """Every version there ever was, newest first."""
        in_force = version_at(self._records.head(), now)
        published = [_view(record, in_force) for record in self._records.versions()]
        return (*reversed(published), _default_view(in_force))

    def view(self, version: int, head: FunnelHead, now: datetime) -> VersionView:
        """One version.

        Raises:
            VersionNotFoundError: there is none of this number.
        """
        in_force = version_at(head, now)
        if version == DEFAULT_VERSION:
            return _default_view(in_force)
        return _view(self.record(version), in_force)

    def compared(self, version: int, now: datetime) -> ComparedVersion:
        """One version, and what it changed against the one that it replaced.

        Raises:
            VersionNotFoundError: there is none of this number.
        """
        history = {view.version: view for view in self.all(now)}
        if version not in history:
            raise VersionNotFoundError
        view = history[version]
        # A version that was called off was never replaced, and replaced nothing.
        earlier = [other for other in history.values() if other.version < version and other.cancelled_at is None]
        replaced = max(earlier, key=lambda other: other.version, default=view)
        return ComparedVersion(view, changes(replaced.definition, view.definition))

    def record(self, version: int) -> VersionRecord:
        """What the store keeps of a published version.

        Raises:
            VersionNotFoundError: there is none of this number, or it is the default.
        """
        record = self._records.version(version)
        if record is None:
            raise VersionNotFoundError
        return record

    def definition(self, version: int) -> Mapping[str, Any]:
        """What a version says.

        Raises:
            VersionNotFoundError: there is none of this number.
        """
        return default_definition() if version == DEFAULT_VERSION else self.record(version).definition


def _view(record: VersionRecord, in_force: int) -> VersionView:
    return VersionView(
        version=record.version,
        content_hash=record.content_hash,
        definition=record.definition,
        signatures=record.signatures,
        effective_at=record.effective_at,
        published_at=record.published_at,
        published_by=record.published_by,
        reason=record.reason,
        restores=record.restores,
        cancelled_at=record.cancelled_at,
        in_force=record.version == in_force,
    )


def _default_view(in_force: int) -> VersionView:
    definition = default_definition()
    return VersionView(
        version=DEFAULT_VERSION,
        content_hash=content_hash(definition),
        definition=definition,
        signatures=(),
        effective_at=None,
        published_at=None,
        published_by=None,
        reason=None,
        restores=None,
        cancelled_at=None,
        in_force=in_force == DEFAULT_VERSION,
    )
