"""API keys: made for a workspace, with scopes and perhaps an end, and recognised again.

A key is 256 random bits, and the table holds its SHA-256 alone. A slow, salted hash makes guessing expensive where
secrets are guessable; nobody guesses 256 bits, and such a hash would cost every request tens of milliseconds.
NIST SP 800-63B (section 5.1.2.2, look-up secrets) asks for salt and a key derivation function only below 112 bits of
entropy.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from lifecycle.services.admission import Admission
from lifecycle.services.audit_entries import BY_HAND, key_issued
from lifecycle.services.scopes import SCOPES, Scope, in_order
from lifecycle.store import api_keys
from lifecycle.store.api_keys import ApiKeyRecord
from lifecycle.store.audit_records import Origin
from lifecycle.store.schema import checked_workspace

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: Marks a key as one of ours, so that scanners for leaked secrets can recognise it.
PREFIX = "plc_"
_RANDOM_BYTES = 32
_TOKEN = re.compile(r"plc_[A-Za-z0-9_-]{43}")

#: What a key may be called.
KEY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}")
_KEY_ID_BYTES = 6

#: How exact the last use of a key is known. Finer would be a write for nearly every request.
_NOTED_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Credential:
    """Whose key a request carries.

    Attributes:
        workspace: whose data it opens.
        name: what it is called.
        scopes: what it was given. A key from before there were scopes has what it had then: all of them.
        key_id: its id in the list; ``None`` for one from before there was a list.
        last_used_at: what is noted of its last use.
        requests_per_second: how many requests it may make; ``None``: as many as other keys.
        expires_at: from when on it is refused; ``None``: never.
    """

    workspace: str
    name: str
    scopes: tuple[Scope, ...]
    key_id: str | None = None
    last_used_at: datetime | None = None
    requests_per_second: int | None = None
    expires_at: datetime | None = None

    @property
    def admission(self) -> Admission:
        """Whom it lets in."""
        return Admission(
            workspace=self.workspace,
            actor=f"key:{self.name}",
            subject=self.name,
            scopes=self.scopes,
            kind="key",
            valid_until=self.expires_at,
            key_id=self.key_id,
            requests_per_second=self.requests_per_second,
        )


class Grant(NamedTuple):
    """What a key is to be.

    Attributes:
        name: what to call it, in logs and as the author of decisions; not a secret, and not a person's email.
        scopes: what it may do; at least one.
        expires_at: from when on it is refused; ``None``: never.
        created_by: who makes it.
        requests_per_second: how many requests it may make; ``None``: as many as other keys.
    """

    name: str
    scopes: tuple[Scope, ...] = SCOPES
    expires_at: datetime | None = None
    created_by: str = "by hand"
    requests_per_second: int | None = None


class IssuedKey(NamedTuple):
    """A new key, which is told this once, and what is kept of it."""

    token: str
    record: ApiKeyRecord


class NotKeptError(Exception):
    """The table did not take a new key: other writes were in the way. The same again may succeed."""


def issue_api_key(
    client: DynamoDBClient, table: str, workspace: str, grant: Grant, now: datetime, origin: Origin
) -> IssuedKey:
    """Make an API key, and tell of it in the workspace's audit trail.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        workspace: whose data it opens: lower-case letters, digits and hyphens, at most 63.
        grant: what it is to be.
        now: the present.
        origin: who makes it, and from where.

    Returns:
        The key, which cannot be read again, and what is kept of it.

    Raises:
        ValueError: the workspace or the name has other characters, a scope is none, there is no scope at all, or the
            key would have expired already.
        NotKeptError: the table did not take it.
    """
    checked_workspace(workspace)
    if not KEY_NAME.fullmatch(grant.name):
        raise ValueError("name: use 1 to 63 letters, digits, blanks, dots, hyphens and underscores")
    if not grant.scopes or not set(grant.scopes) <= set(SCOPES):
        raise ValueError(f"scopes: use one or more of {', '.join(SCOPES)}")
    if grant.expires_at is not None and grant.expires_at <= now:
        raise ValueError("expires_at: use a time after the present")
    token = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    record = ApiKeyRecord(
        workspace=workspace,
        name=grant.name,
        created_at=now,
        key_id=secrets.token_hex(_KEY_ID_BYTES),
        scopes=in_order(grant.scopes),
        created_by=grant.created_by,
        expires_at=grant.expires_at,
        requests_per_second=grant.requests_per_second,
    )
    if not api_keys.put_api_key(client, table, digest_of(token), record, key_issued(origin, record)):
        raise NotKeptError
    return IssuedKey(token, record)


def create_api_key(
    client: DynamoDBClient,
    table: str,
    workspace: str,
    name: str,
    now: datetime,
    *,
    scopes: Collection[Scope] = SCOPES,
    expires_at: datetime | None = None,
) -> str:
    """Make an API key from outside the API, as ``issue_api_key`` does. Returns the key alone."""
    return issue_api_key(client, table, workspace, Grant(name, tuple(scopes), expires_at), now, BY_HAND).token


def find_credential(client: DynamoDBClient, table: str, token: str, now: datetime) -> Credential | None:
    """Recognise an API key.

    No comparison in constant time is needed: the key is looked up by its hash. What the time of the look-up might tell
    is about hashes, and nobody can choose a key by the hash that it will have.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        token: what a request sent; text that cannot be a key costs no read.
        now: the present.

    Returns:
        Whose it is, ``None`` where it is nobody's, or has expired.
    """
    if not _TOKEN.fullmatch(token):
        return None
    return find_credential_of(client, table, digest_of(token), now)


def find_credential_of(client: DynamoDBClient, table: str, digest: str, now: datetime) -> Credential | None:
    """Recognise an API key by its SHA-256, as ``find_credential`` does."""
    record = api_keys.get_api_key(client, table, digest)
    if record is None or (record.expires_at is not None and record.expires_at <= now):
        return None
    scopes = SCOPES if record.scopes is None else in_order(record.scopes)
    return Credential(
        workspace=record.workspace,
        name=record.name,
        scopes=scopes,
        key_id=record.key_id,
        last_used_at=record.last_used_at,
        requests_per_second=record.requests_per_second,
        expires_at=record.expires_at,
    )


def is_use_noted(credential: Credential, now: datetime) -> bool:
    """Whether the use that is noted of a key is recent enough."""
    return credential.last_used_at is not None and credential.last_used_at >= now - _NOTED_FOR


def note_use(client: DynamoDBClient, table: str, token: str, credential: Credential, now: datetime) -> None:
    """Note that a key is used now, unless another process has just done so.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        token: the key.
        credential: what ``find_credential`` found for it.
        now: the present.
    """
    place = (credential.workspace, credential.key_id)
    api_keys.note_use(client, table, digest_of(token), place, at=now, since=now - _NOTED_FOR)


def digest_of(token: str) -> str:
    """The SHA-256 of a key, in hexadecimal: all that is kept of it."""
    return hashlib.sha256(token.encode()).hexdigest()
