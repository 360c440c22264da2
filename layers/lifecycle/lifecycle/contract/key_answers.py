"""The documents that the API answers with about its keys, and how they are made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from lifecycle.contract.times import format_time
from lifecycle.services.credentials import IssuedKey
from lifecycle.store.api_keys import ApiKeyRecord


class KeyAnswer(TypedDict):
    """An API key, without the key itself."""

    key_id: str
    """Names it in this API. Not a secret."""
    name: str
    """What it is called."""
    scopes: list[str]
    """What it was given; `admin` brings along all but the signatures."""
    created_at: str
    """When it was given out."""
    created_by: str | None
    """Who gave it out: `key:` and the name of a key, or `by hand`."""
    expires_at: str | None
    """From when on it is refused; null: never."""
    last_used_at: str | None
    """When it was last used, to within the hour; null: never yet."""
    requests_per_second: int | None
    """How many requests it may make; null: as many as other keys."""


class KeysAnswer(TypedDict):
    """The API keys of the workspace."""

    keys: list[KeyAnswer]


class NewKeyAnswer(KeyAnswer):
    """An API key that was just given out."""

    key: str
    """The key itself. It cannot be read again."""


def encode_keys(records: Iterable[ApiKeyRecord]) -> KeysAnswer:
    """The keys of a workspace."""
    return {"keys": [_entry(record) for record in records]}


def encode_new_key(issued: IssuedKey) -> NewKeyAnswer:
    """A key that was just made, this once with the key itself."""
    return {"key": issued.token, **_entry(issued.record)}


def _entry(record: ApiKeyRecord) -> KeyAnswer:
    return {
        "key_id": str(record.key_id),
        "name": record.name,
        "scopes": list(record.scopes or ()),
        "created_at": format_time(record.created_at),
        "created_by": record.created_by,
        "expires_at": _time(record.expires_at),
        "last_used_at": _time(record.last_used_at),
        "requests_per_second": record.requests_per_second,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
