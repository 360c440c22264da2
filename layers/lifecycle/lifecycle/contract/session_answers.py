"""The document that the API answers a browser with about its session, and how it is made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from lifecycle.contract.times import format_time


class SessionAnswer(TypedDict):
    """Who is signed in."""

    workspace: str
    """Whose prospects these are."""
    actor: str
    """Who signed in, as the author of decisions: `key:` and the name of a key, an email, or `user:` and an id."""
    scopes: list[str]
    """What may be done; `admin` brings along all but the signatures."""
    expires_at: str | None
    """From when on the session is refused."""
    csrf_token: str
    """What a change takes in the header `X-CSRF-Token`. The same as long as the session lasts."""


def encode_session(
    workspace: str, actor: str, scopes: Sequence[str], expires_at: datetime | None, csrf_token: str
) -> SessionAnswer:
    """Who is signed in, and what changes take."""
    return {
        "workspace": workspace,
        "actor": actor,
        "scopes": list(scopes),
        "expires_at": None if expires_at is None else format_time(expires_at),
        "csrf_token": csrf_token,
    }
