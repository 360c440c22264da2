"""Cursors: where the next page starts, in a form that a caller can pass on but not make up.

A cursor holds a position in an index. Signed, it cannot be bent to read elsewhere, and one that was cut or mixed up
is refused instead of silently starting somewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from itsdangerous import BadData, URLSafeSerializer

from lifecycle.contract.caller import Caller
from lifecycle.contract.refusals import InvalidCursorError


class CursorMaker:
    """Makes and reads the cursors of one list.

    The secret is the caller's own (``Caller.secret``), its API key where it has one: as hard to guess, and nothing has
    to be kept or rotated for it. The salt binds a cursor to the workspace, the list and its filters (itsdangerous, "The
    Salt").
    """

    def __init__(self, caller: Caller, listing: str, filters: Sequence[str | None] = ()) -> None:
        salt = json.dumps([caller.workspace, listing, *filters])
        self._serializer = URLSafeSerializer(
            caller.secret, salt=salt, signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        )

    def read(self, cursor: str | None) -> tuple[str, ...] | None:
        """The position that a cursor stands for; ``None`` without one.

        Raises:
            InvalidCursorError: it was not made for this caller, list and filters.
        """
        if cursor is None:
            return None
        try:
            return tuple(self._serializer.loads(cursor))
        except BadData:
            raise InvalidCursorError from None

    def make(self, position: Sequence[str] | None) -> str | None:
        """The cursor for a position; ``None`` where there is no next page."""
        if position is None:
            return None
        return self._serializer.dumps(list(position))
