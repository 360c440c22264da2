"""The throttle of the functions behind the API, asked for each caller. Tests put another in its place."""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import sha256

from lifecycle.contract.caller import Caller
from lifecycle.services.throttle import Rates, Throttle

_LENGTH = 12


@lru_cache(maxsize=1)
def throttle() -> Throttle:
    """The throttle of this process."""
    return Throttle.connect(os.environ["TABLE_NAME"])


def admit(caller: Caller) -> None:
    """Let a request in. A batch is one request, whatever its length. Who comes without a key is counted as a person.

    Raises:
        ThrottledError: its workspace, or its key, has made too many.
    """
    of_key = caller.requests_per_second
    rates = Rates(
        workspace=int(os.environ["WORKSPACE_REQUESTS_PER_SECOND"]),
        key=int(os.environ["KEY_REQUESTS_PER_SECOND"]) if of_key is None else of_key,
    )
    # A hash, for an actor may be somebody's address.
    whose = caller.key_id or sha256(caller.actor.encode()).hexdigest()[:_LENGTH]
    throttle().admit(caller.workspace, whose, rates)
