"""What the cursors of a caller are signed with where its credential changes by the hour."""

from __future__ import annotations

import hashlib
import hmac
import json
from functools import lru_cache

from lifecycle.services.admission import Admission
from lifecycle.store.client import dynamodb_client
from lifecycle.store.paging_secret import get_paging_secret


def paging_secret_of(table: str, admission: Admission) -> str:
    """The secret of a person's cursors: the same for every token of that person, and of no use to anybody else.

    The cursors of a key are signed with the key, those of a session with what its cookie holds. Tokens are replaced
    every hour, and a list that takes longer to go through must not break off.
    """
    place = json.dumps([admission.workspace, admission.subject])
    return hmac.new(_secret(table).encode(), place.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=1)
def _secret(table: str) -> str:
    return get_paging_secret(dynamodb_client(), table)
