"""The sessions of browsers: opened with an API key or a token, recognised by a cookie, and closed.

What opens a session is 256 random bits, of which the table holds the SHA-256 alone, as of a key (``credentials``). A
session ends after half a day, with the credential that it was opened with, or when somebody signs out. One that was
opened with a key is held against that key at every request, so that withdrawing the key withdraws the session.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from lifecycle.services.admission import Admission
from lifecycle.services.credentials import digest_of, find_credential, find_credential_of, is_use_noted, note_use
from lifecycle.services.errors import SignInRefusedError
from lifecycle.services.scopes import in_order
from lifecycle.store import sessions as stored
from lifecycle.store.client import dynamodb_client
from lifecycle.store.sessions import SessionRecord
from lifecycle.store.sign_ins import use_token

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from lifecycle.services.tokens import VerifiedToken

#: A working day with its breaks: nobody is asked to sign in twice, and a forgotten browser is closed by the morning.
LONGEST = timedelta(hours=12)

_RANDOM_BYTES = 32
_SESSION = re.compile(r"[A-Za-z0-9_-]{43}")


class OpenedSession(NamedTuple):
    """A new session: what opens it, which is told this once, whom it lets in, and when it ends."""

    session: str
    admission: Admission
    ends_at: datetime


class Sessions:
    """The sessions of a deployment."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    @classmethod
    def connect(cls, table: str) -> Sessions:
        """The sessions that a table keeps."""
        return cls(dynamodb_client(), table)

    def open_with_key(self, key: str, now: datetime) -> OpenedSession:
        """Open a session with an API key.

        Raises:
            SignInRefusedError: nobody has this key, or it has expired.
        """
        credential = find_credential(self._client, self._table, key, now)
        if credential is None:
            raise SignInRefusedError("key")
        if not is_use_noted(credential, now):
            note_use(self._client, self._table, key, credential, now)
        return self._open(credential.admission, now, digest_of(key))

    def open_with_token(self, token: VerifiedToken, now: datetime) -> OpenedSession:
        """Open a session with a token, which nobody can do again with the same one.

        Raises:
            SignInRefusedError: somebody has done so before.
        """
        if not use_token(self._client, self._table, token.digest, token.expires_at):
            raise SignInRefusedError("replayed")
        return self._open(token.admission, now)

    def _open(self, admission: Admission, now: datetime, key_digest: str | None = None) -> OpenedSession:
        end = min(now + LONGEST, admission.valid_until or now + LONGEST).replace(microsecond=0)
        session = secrets.token_urlsafe(_RANDOM_BYTES)
        record = SessionRecord(admission.workspace, admission.actor, admission.scopes, end, key_digest)
        stored.put_session(self._client, self._table, digest_of(session), record)
        return OpenedSession(session, replace(admission, kind="session", valid_until=end), end)

    def find(self, session: str, now: datetime) -> Admission | None:
        """Recognise a session.

        As with a key, it is looked up by its hash, so that no comparison can tell by its time how much was right.

        Arguments:
            session: what the cookie holds; text that cannot be one costs no read.
            now: the present.

        Returns:
            Whom it lets in; ``None`` where there is no such session, or none any more.
        """
        if not _SESSION.fullmatch(session):
            return None
        record = stored.get_session(self._client, self._table, digest_of(session))
        if record is None or record.expires_at <= now:
            return None
        scopes = in_order(record.scopes)
        if record.key_digest is not None:
            credential = find_credential_of(self._client, self._table, record.key_digest, now)
            if credential is None:
                return None
            scopes = credential.scopes
        return Admission(record.workspace, record.actor, "session", scopes, "session", record.expires_at)

    def close(self, session: str) -> None:
        """End a session: its cookie is refused from now on."""
        stored.delete_session(self._client, self._table, digest_of(session))


def csrf_token_of(session: str) -> str:
    """What a page of ours sends along with a change, and no page of others can know.

    It follows from the session by a keyed hash, so that nothing is kept of it: who does not hold the cookie cannot
    make it, and it does not lead back to the cookie (OWASP, "Cross-Site Request Forgery Prevention", signed tokens).
    """
    return hmac.new(session.encode(), b"csrf", hashlib.sha256).hexdigest()
