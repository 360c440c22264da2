"""The outside systems of a workspace: connected, looked after, disconnected."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from lifecycle.services.audit_entries import (
    SYSTEM,
    part_ruled_on,
    secret_replaced,
    source_changed,
    source_connected,
    source_disconnected,
)
from lifecycle.services.errors import (
    HookSecretError,
    InvalidSettingsError,
    NoSecretError,
    PartNotFoundError,
    SecretNeededError,
    SourceNotFoundError,
    SourcesBusyError,
    StillUnreadableError,
    UnknownKindError,
)
from lifecycle.services.outside import misfit_of
from lifecycle.services.receiving import Receiver, Workplace
from lifecycle.services.unresolved import Prospects, is_resolved
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.enrichment import hook_of
from lifecycle.sources.said import Said, Unreadable
from lifecycle.sources.source import Source, Tally, UnreadableDeliveryError
from lifecycle.sources.table import SOURCES, source_of
from lifecycle.store.audit_records import Action, Origin
from lifecycle.store.source_records import QuarantinedPart, SourceRecord, Waiting
from lifecycle.store.sources import SourceStore, position_of
from lifecycle.store.vault import Secret, Vault

_ADDRESS_BYTES = 24
#: How long the secret before stays valid, unless it is said: time to change it at the other side.
KEPT_FOR = timedelta(hours=24)
#: How many entries of what waits one request looks at, so that it ends in time whatever it finds.
_MOST_LOOKED_AT = 200


class Wanted(NamedTuple):
    """What a source is to be.

    ``secret`` may be ``None`` where the kind has none, ``hook_secret`` where the settings name no hook.
    """

    kind: str
    label: str
    secret: str | None
    settings: Mapping[str, Any]
    hook_secret: str | None = None


class SourceView(NamedTuple):
    """A source, and how many parts of what it sent are in quarantine."""

    record: SourceRecord
    quarantined: int


class WaitingPage(NamedTuple):
    """Some of what waits; ``position`` is where the rest starts, ``None`` at the end."""

    entries: tuple[Waiting, ...]
    position: str | None


class Connections:
    """The sources of one workspace.

    Arguments:
        store: where they are kept.
        vault: where their secrets are.
        prospects: the workspace's use cases.
        origin: who asks, and from where: for the audit trail.
        private_hooks: as ``services.outside.ask`` takes it.
    """

    def __init__(
        self,
        store: SourceStore,
        vault: Vault,
        prospects: Prospects,
        origin: Origin = SYSTEM,
        *,
        private_hooks: bool = False,
    ) -> None:
        self._private_hooks = private_hooks
        self._origin = origin
        self._store = store
        self._vault = vault
        self._prospects = prospects

    # ---- connecting -------------------------------------------------------------------------------------------------

    def connect(self, wanted: Wanted, by: str, now: datetime) -> SourceRecord:
        """Connect an outside system.

        Raises:
            UnknownKindError, SecretNeededError, NoSecretError, InvalidSettingsError, HookSecretError: it cannot be as
                it is wanted.
            SourcesBusyError: other writes were in the way.
        """
        source = kind_of(wanted.kind)
        check_settings(source, wanted.settings)
        if source.secret is not None and wanted.secret is None and source.needs_secret(wanted.settings):
            raise SecretNeededError(source.secret)
        if source.secret is None and wanted.secret is not None:
            raise NoSecretError
        self._check_hook({}, wanted.settings, wanted.hook_secret)
        record = SourceRecord(
            source_id=secrets.token_urlsafe(_ADDRESS_BYTES),
            kind=wanted.kind,
            label=wanted.label,
            settings=wanted.settings,
            created_at=now,
            created_by=by,
        )
        # The secret first: an address without it would refuse what is true, and secrets without an address harm nobody.
        if wanted.secret is not None:
            self._vault.keep(record.source_id, (Secret(wanted.secret),))
        self._keep_hook_secret(record.source_id, wanted.settings, wanted.hook_secret)
        if not self._store.connect(record, source_connected(self._origin, record)):
            raise SourcesBusyError
        return record

    def all(self) -> list[SourceView]:
        """The sources, newest first."""
        records = sorted(self._store.all(), key=lambda record: (record.created_at, record.source_id), reverse=True)
        return [self.view(record) for record in records]

    def view(self, record: SourceRecord) -> SourceView:
        """A source as callers see it."""
        return SourceView(record, self._store.count_quarantined(record.source_id))

    def get(self, source_id: str) -> SourceRecord:
        """A source. Raises SourceNotFoundError."""
        record = self._store.get(source_id)
        if record is None:
            raise SourceNotFoundError
        return record

    def change(
        self, source_id: str, label: str, settings: Mapping[str, Any], now: datetime, hook_secret: str | None = None
    ) -> SourceRecord:
        """Give a source another label and other settings, and its hook another secret.

        Raises:
            SourceNotFoundError: there is no such source.
            InvalidSettingsError, HookSecretError: it cannot be as it is wanted.
            SourcesBusyError: another change came first.
        """
        record = self.get(source_id)
        check_settings(source_of(record.kind), settings)
        self._check_hook(record.settings, settings, hook_secret)
        self._keep_hook_secret(source_id, settings, hook_secret)
        changed = replace(record, label=label, settings=settings)
        newer = replace(changed, version=record.version + 1)
        if not self._store.change(changed, source_changed(self._origin, record, newer, now)):
            raise SourcesBusyError
        if hook_of(record.settings) != hook_of(settings):
            self._forget_hook_secret(record)
        return newer

    def rotate(self, source_id: str, secret: str, keep_for: timedelta, now: datetime) -> datetime:
        """Put a new secret in the place of a source's secret, which stays valid for a while.

        Returns:
            Until when the old one is valid.

        Raises:
            SourceNotFoundError: there is no such source.
            NoSecretError: it has no secret.
        """
        record = self.get(source_id)
        if source_of(record.kind).secret is None:
            raise NoSecretError
        until = now + keep_for
        before = self._vault.secrets(source_id, now)[:1]
        self._vault.keep(source_id, (Secret(secret), *(replace(old, until=until) for old in before)))
        self._store.record(secret_replaced(self._origin, record, until, now))
        return until

    def disconnect(self, source_id: str, now: datetime) -> None:
        """Forget a source and its secret; what came in by it stays in the logs. Raises SourceNotFoundError."""
        record = self.get(source_id)
        if not self._store.disconnect(source_id, source_disconnected(self._origin, record, now)):
            raise SourcesBusyError
        if source_of(record.kind).secret is not None:
            self._vault.forget(source_id)
        self._forget_hook_secret(record)

    # ---- the hook ---------------------------------------------------------------------------------------------------

    def _check_hook(self, before: Mapping[str, Any], settings: Mapping[str, Any], hook_secret: str | None) -> None:
        """See to it that a hook has a secret, and each address its own: whoever changes where questions go must know
        what goes with them, and cannot have it sent to themselves.

        Raises:
            HookSecretError: there is a secret without a hook, or a new address without a secret.
            InvalidSettingsError: the address is none that may be asked.
        """
        hook = hook_of(settings)
        if hook is None:
            if hook_secret is not None:
                raise HookSecretError("there is no hook for it")
            return
        wrong = misfit_of(hook, private=self._private_hooks)
        if wrong:
            raise InvalidSettingsError(
                [("/enrichment/url", f"{wrong}; one that the internet reaches by https is right")]
            )
        if hook_secret is None and hook != hook_of(before):
            raise HookSecretError("a hook's new address needs its secret along with it")

    def _keep_hook_secret(self, source_id: str, settings: Mapping[str, Any], hook_secret: str | None) -> None:
        hook = hook_of(settings)
        if hook is not None and hook_secret is not None:
            self._vault.keep(hook_name(source_id, hook), (Secret(hook_secret),))

    def _forget_hook_secret(self, record: SourceRecord) -> None:
        hook = hook_of(record.settings)
        if hook is not None:
            self._vault.forget(hook_name(record.source_id, hook))

    # ---- quarantine -------------------------------------------------------------------------------------------------

    def quarantined(self, source_id: str, after: str, limit: int) -> list[QuarantinedPart]:
        """Parts that could not be read, in the order of their ids, after one of them. Raises SourceNotFoundError."""
        self.get(source_id)
        return list(islice(self._store.quarantined(source_id, after), limit))

    def replay(self, source_id: str, part_id: str, fixed: bytes | None, workplace: Workplace, now: datetime) -> Tally:
        """Translate and keep a part again, as it came or as somebody mended it, and take it out of quarantine.

        Raises:
            SourceNotFoundError, PartNotFoundError: there is no such source or part.
            StillUnreadableError: it cannot be read this time either. It stays where it is.
        """
        record, part = self.get(source_id), self._part(source_id, part_id)
        source = source_of(record.kind)
        content_type = part.content_type if fixed is None else "application/json"
        body = part.body if fixed is None else fixed
        delivery = Delivery("POST", "", {"content-type": content_type}, {}, body, now, part.call, part.alone)
        unreadable = next(
            (one for one in preview(source, record.settings, delivery) if isinstance(one, Unreadable)), None
        )
        if unreadable is not None:
            raise StillUnreadableError(unreadable.why)
        tally = Receiver(workplace, record, source).replay(delivery)
        self._release(record, part_id, "source.part_replayed", now)
        return tally

    def discard(self, source_id: str, part_id: str, now: datetime) -> None:
        """Take a part out of quarantine for good. Raises SourceNotFoundError and PartNotFoundError."""
        record = self.get(source_id)
        self._part(source_id, part_id)
        self._release(record, part_id, "source.part_discarded", now)

    def _release(self, record: SourceRecord, part_id: str, action: Action, now: datetime) -> None:
        told = part_ruled_on(self._origin, action, record, part_id, now)
        if not self._store.release(record.source_id, part_id, told):
            raise SourcesBusyError

    def _part(self, source_id: str, part_id: str) -> QuarantinedPart:
        part = self._store.quarantined_part(source_id, part_id)
        if part is None:
            raise PartNotFoundError
        return part

    # ---- what waits -------------------------------------------------------------------------------------------------

    def waiting(self, after: str, limit: int) -> WaitingPage:
        """What was named by an id alone, and is not known any better by now.

        Whatever is known meanwhile is taken off the list as it is met. At most 200 entries are looked at, so a page
        may hold fewer than ``limit`` and still not be the last.
        """
        found: list[Waiting] = []
        position: str | None = None
        for looked_at, entry in enumerate(self._store.waiting(after), start=1):
            if is_resolved(entry, self._prospects, self._store):
                self._store.resolve(entry)
            else:
                found.append(entry)
            position = position_of(entry)
            if len(found) == limit or looked_at == _MOST_LOOKED_AT:
                return WaitingPage(tuple(found), position)
        return WaitingPage(tuple(found), None)


def kinds() -> list[Source]:
    """Every kind of outside system that can be connected."""
    return [source_of(kind) for kind in SOURCES]


def kind_of(kind: str) -> Source:
    """The source of a kind. Raises UnknownKindError."""
    if kind not in SOURCES:
        raise UnknownKindError(tuple(SOURCES))
    return source_of(kind)


def check_settings(source: Source, settings: Mapping[str, Any]) -> None:
    """Hold settings against what the kind defines.

    Raises:
        InvalidSettingsError: with everything that is wrong, and where.
    """
    # Loaded where it is needed: receiving, which knows connections too, has no use for it.
    from jsonschema import Draft202012Validator

    errors = sorted(Draft202012Validator(source.settings).iter_errors(settings), key=lambda error: list(error.path))
    if errors:
        raise InvalidSettingsError([(_pointer(error.path), _in_words(error)) for error in errors])
    misfits = source.misfits(settings)
    if misfits:
        raise InvalidSettingsError([(misfit.place, misfit.why) for misfit in misfits])


def hook_name(source_id: str, hook: str) -> str:
    """What the secret of a source's hook is kept under: by its address, so that it goes to no other one."""
    return f"{source_id}#enrichment#{hook}"


def preview(source: Source, settings: Mapping[str, Any], delivery: Delivery) -> Sequence[Said]:
    """What a delivery would become, without verifying or keeping any of it."""
    try:
        return list(source.translate(delivery, settings))
    except UnreadableDeliveryError as error:
        return [Unreadable(delivery.body, str(error))]


def _pointer(path: Iterable[str | int]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def _in_words(error: Any) -> str:
    """What is wrong, without the value, which may be anything."""
    expected = error.validator_value if error.validator in {"type", "enum", "pattern", "required", "const"} else None
    return f"breaks the rule {error.validator!r}" + (f" ({expected})" if expected is not None else "")
