"""The use cases of outside systems, opened for a caller or for an address. Tests put fakes in their place."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import NamedTuple

from lifecycle.contract.caller import Caller
from lifecycle.services.connections import Connections
from lifecycle.services.erasure import within
from lifecycle.services.errors import SourceNotFoundError
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.outside import certificate, fetch
from lifecycle.services.receiving import Receiver, Workplace
from lifecycle.sources.table import source_of
from lifecycle.store.client import dynamodb_client
from lifecycle.store.source_records import SourceRecord
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
    return Connections(store, vault(), prospects, caller.origin)


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
    )


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
