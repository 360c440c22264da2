"""The use cases of outside systems, opened for a caller or for an address. Tests put fakes in their place."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from lifecycle.contract.caller import Caller
from lifecycle.services.connections import Connections, hook_name
from lifecycle.services.enriching import Enricher
from lifecycle.services.erasure import within
from lifecycle.services.errors import SourceNotFoundError
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.outside import ask, certificate, fetch
from lifecycle.services.receiving import Receiver, Workplace
from lifecycle.sources.enrichment import hook_of
from lifecycle.sources.table import source_of
from lifecycle.store.client import dynamodb_client
from lifecycle.store.queue import record_queue
from lifecycle.store.source_records import SourceRecord, Waiting
from lifecycle.store.sources import SourceStore, workspace_of
from lifecycle.store.vault import vault
from lifecycle.store.workspace_clients import workspace_client

#: How long a process remembers a source: so long its old settings hold, and a disconnected one is answered.
_REMEMBERED = timedelta(minutes=1)
#: Seconds for an erasure that a system asks for. What is not reached in them the timers see to.
ERASED_WITHIN = 5.0


class Connected(NamedTuple):
    """The source of an address.

    Attributes:
        workspace: whose it is.
        record: what is kept of it.
        receiver: receives for it.
        secrets: those that are valid, newest first.
    """

    workspace: str
    record: SourceRecord
    receiver: Receiver
    secrets: tuple[str, ...]


def connections_for(caller: Caller) -> Connections:
    """The sources of the caller's workspace."""
    table = os.environ["TABLE_NAME"]
    store = SourceStore(workspace_client(caller.workspace), table, caller.workspace, dynamodb_client())
    prospects = Lifecycle.connect(table, caller.workspace, caller.origin)
    return Connections(store, vault(), prospects, caller.origin, private_hooks=_local_hooks())


def _local_hooks() -> bool:
    """Whether hooks may be on private addresses, as the environment variable ``LOCAL_HOOKS`` says."""
    return os.environ["LOCAL_HOOKS"] == "true"


def workplace_of(workspace: str) -> Workplace:
    """What deliveries of a workspace are worked on with."""
    table = os.environ["TABLE_NAME"]
    prospects = Lifecycle.connect(table, workspace)
    return Workplace(
        received=SourceStore(workspace_client(workspace), table, workspace),
        prospects=prospects,
        erase=lambda identity: prospects.erase_identity(identity, within(ERASED_WITHIN)),
        accept_offer=fetch,
        certificate=certificate,
        look_up=lambda waiting: _look_up(workspace, waiting),
    )


def _look_up(workspace: str, waiting: Sequence[Waiting]) -> None:
    # One by one: the local stack's emulator knows no grant for batches, and a delivery of a CRM names few records.
    for entry in waiting:
        record_queue().send(
            {"workspace": workspace, "source_id": entry.source_id, "what": entry.what, "name": entry.name}
        )


def enrich(question: Mapping[str, str], now: datetime) -> bool:
    """Have the hook of a source asked for what waits; whether it was.

    Arguments:
        question: as ``Workplace.look_up`` sends it.
        now: the present.

    Raises:
        OutsideError, ForbiddenAddressError, HookError: it could not be asked, or its answer cannot be read.
    """
    workspace, source_id = question["workspace"], question["source_id"]
    table = os.environ["TABLE_NAME"]
    store = SourceStore(workspace_client(workspace), table, workspace)
    record = store.get(source_id)
    hook = None if record is None else hook_of(record.settings)
    if record is None or hook is None:
        return False  # taken away since
    (secret, *_) = vault().secrets(hook_name(source_id, hook), now)
    receiver = Receiver(workplace_of(workspace), record, source_of(record.kind))
    enricher = Enricher(
        store,
        Lifecycle.connect(table, workspace),
        receiver,
        lambda asked: ask(hook, secret.text, asked, private=_local_hooks()),
    )
    return enricher.enrich(record, question["what"], question["name"], now)


class _Remembered(NamedTuple):
    workspace: str
    record: SourceRecord
    read_at: datetime


_remembered: dict[str, _Remembered] = {}


def connected(source_id: str, now: datetime) -> Connected:
    """The source of an address.

    Raises:
        SourceNotFoundError: nobody has it.
    """
    found = _remembered.get(source_id)
    if found is None or not found.read_at <= now < found.read_at + _REMEMBERED:
        found = _read(source_id, now)
        _remembered[source_id] = found
    source = source_of(found.record.kind)
    receiver = Receiver(workplace_of(found.workspace), found.record, source)
    secrets = tuple(secret.text for secret in vault().secrets(source_id, now)) if source.secret else ()
    return Connected(found.workspace, found.record, receiver, secrets)


def _read(source_id: str, now: datetime) -> _Remembered:
    table = os.environ["TABLE_NAME"]
    workspace = workspace_of(dynamodb_client(), table, source_id)
    record = None if workspace is None else SourceStore(workspace_client(workspace), table, workspace).get(source_id)
    if workspace is None or record is None:
        raise SourceNotFoundError
    return _Remembered(workspace, record, now)
