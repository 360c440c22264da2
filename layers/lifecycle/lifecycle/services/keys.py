"""The API keys of a workspace: listed, given out, withdrawn."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from lifecycle.services.audit_entries import SYSTEM, key_withdrawn
from lifecycle.services.credentials import Grant, IssuedKey, NotKeptError, issue_api_key
from lifecycle.services.errors import KeyNotFoundError, KeysBusyError, ScopesNotHeldError
from lifecycle.services.scopes import granted, in_order
from lifecycle.store import api_keys
from lifecycle.store.api_keys import ApiKeyRecord
from lifecycle.store.audit_records import Origin
from lifecycle.store.client import dynamodb_client
from lifecycle.store.schema import checked_workspace
from lifecycle.store.workspace_clients import workspace_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


#: How often a withdrawal is tried anew while something else is written of the key, such as its last use.
_ATTEMPTS = 3


class Keys:
    """The API keys of one workspace.

    Arguments:
        client: a DynamoDB client, to read the workspace's list.
        writer: another, which may also write what the authorizer finds a key by. That is no workspace's: a key's
            workspace is not known before it is found.
        table: the table's name.
        workspace: the workspace's id.
        origin: who asks, and from where: for the audit trail.
    """

    def __init__(
        self, client: DynamoDBClient, writer: DynamoDBClient, table: str, workspace: str, origin: Origin = SYSTEM
    ) -> None:
        self._client = client
        self._writer = writer
        self._table = table
        self._workspace = checked_workspace(workspace)
        self._origin = origin

    @classmethod
    def connect(cls, table: str, workspace: str, origin: Origin) -> Keys:
        """The keys that a table keeps for a workspace."""
        return cls(workspace_client(workspace), dynamodb_client(), table, workspace, origin)

    def all(self) -> tuple[ApiKeyRecord, ...]:
        """The keys in the workspace's list, newest first, those that have expired included."""
        listed = api_keys.list_api_keys(self._client, self._table, self._workspace)
        return tuple(sorted(listed, key=lambda record: (record.created_at, record.key_id or ""), reverse=True))

    def issue(self, grant: Grant, held: Collection[str], now: datetime) -> IssuedKey:
        """Give out a key.

        Arguments:
            grant: what it is to be.
            held: the scopes of whoever asks.
            now: the present.

        Returns:
            The key, which is told this once, and what is kept of it.

        Raises:
            ScopesNotHeldError: whoever asks may not do all of that.
            KeysBusyError: the table did not take it for now.
        """
        missing = frozenset(grant.scopes) - granted(held)
        if missing:
            raise ScopesNotHeldError(in_order(missing))
        try:
            return issue_api_key(self._writer, self._table, self._workspace, grant, now, self._origin)
        except NotKeptError:
            raise KeysBusyError from None

    def withdraw(self, key_id: str, now: datetime) -> None:
        """Take a key back: the authorizer refuses it from now on.

        Arguments:
            key_id: of the key.
            now: the present.

        Raises:
            KeyNotFoundError: the workspace's list has no such key.
            KeysBusyError: its items are in another transaction's hands.
        """
        for _ in range(_ATTEMPTS):
            listed = api_keys.listed_api_key(self._client, self._table, self._workspace, key_id)
            if listed is None:
                raise KeyNotFoundError
            digest, record = listed
            told = key_withdrawn(self._origin, record, now)
            if api_keys.delete_api_key(self._writer, self._table, digest, record, told):
                return
        raise KeysBusyError
