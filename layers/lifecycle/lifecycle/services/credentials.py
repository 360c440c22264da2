"""API keys: made for a workspace, and recognised again.

A key is 256 random bits, and the table holds its SHA-256 alone. A slow, salted hash makes guessing expensive where
secrets are guessable; nobody guesses 256 bits, and such a hash would cost every request tens of milliseconds.
NIST SP 800-63B (section 5.1.2.2, look-up secrets) asks for salt and a key derivation function only below 112 bits of
entropy.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lifecycle.store.api_keys import ApiKeyRecord, get_api_key, put_api_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: Marks a key as one of ours, so that scanners for leaked secrets can recognise it.
_PREFIX = "plc_"
_RANDOM_BYTES = 32
_TOKEN = re.compile(r"plc_[A-Za-z0-9_-]{43}")

#: A workspace's name becomes part of partition keys, in which ``#`` separates.
_WORKSPACE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}")


@dataclass(frozen=True, slots=True)
class Credential:
    """Whose key a request carries."""

    workspace: str
    name: str


def create_api_key(client: DynamoDBClient, table: str, workspace: str, name: str, now: datetime) -> str:
    """Make an API key.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        workspace: whose prospects it opens: lower-case letters, digits and hyphens, at most 63.
        name: what to call the key, in logs and as the author of decisions; not a secret, and not a person's email.
        now: the present.

    Returns:
        The key. It is told this once and cannot be read again.

    Raises:
        ValueError: ``workspace`` or ``name`` has other characters.
    """
    if not _WORKSPACE.fullmatch(workspace):
        raise ValueError("workspace: use 1 to 63 lower-case letters, digits and hyphens")
    if not _NAME.fullmatch(name):
        raise ValueError("name: use 1 to 63 letters, digits, blanks, dots, hyphens and underscores")
    token = _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    put_api_key(client, table, _digest(token), ApiKeyRecord(workspace, name, now))
    return token


def find_credential(client: DynamoDBClient, table: str, token: str) -> Credential | None:
    """Recognise an API key.

    No comparison in constant time is needed: the key is looked up by its hash. What the time of the look-up might tell
    is about hashes, and nobody can choose a key by the hash that it will have.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        token: what a request sent; text that cannot be a key costs no read.

    Returns:
        Whose it is, ``None`` where it is nobody's.
    """
    if not _TOKEN.fullmatch(token):
        return None
    record = get_api_key(client, table, _digest(token))
    return None if record is None else Credential(record.workspace, record.name)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
