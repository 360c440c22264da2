"""How many requests a workspace, and each of its keys, may make in a while.

Requests are counted in fixed windows of ten seconds, in the table, for all processes together. A process does not ask
the table for each request but takes a lease of several: one for the first request of a window, then as many as it has
used of the window so far, up to a twentieth of what is allowed. So a busy process writes once for many requests, and

* in no window are more requests let in than allowed, for leases are counted before they are used;
* none is refused before at least half of what is allowed has been used: of its leases a process has used more than half
  at any time, and what is left is given out one by one;
* in any ten seconds, whatever windows they touch, at most twice as many are let in as are allowed.

It is no wall: a failing table lets requests through, to where they meet it themselves.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil, inf
from typing import Protocol

from lifecycle.services.errors import ThrottledError
from lifecycle.store.counters import Counter, Counters, CountersUnreachableError
from lifecycle.store.workspace_clients import hasty_workspace_client

_LOGGER = logging.getLogger(__name__)

#: Seconds of a window.
WINDOW = 10
#: The part of what is allowed in a window that a process leases at most at once.
_PARTS = 20
#: How often a process asks for a lease, for less each time, before it takes the counters to be full.
_TRIES = 4

_WORKSPACE = "workspace"
_KEY = "key"
#: What keys from before there was a list are counted as, all together.
_UNLISTED = "unlisted"


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a second; 0: as many as come.

    Attributes:
        workspace: of a workspace, all its keys together.
        key: of one key.
    """

    workspace: int
    key: int


class Counting(Protocol):
    """Where requests are counted; ``store.counters.Counters`` describes it."""

    def add(self, window: int, ends: int, amount: int, counters: tuple[Counter, ...]) -> Mapping[str, int] | None: ...


@dataclass(slots=True)
class _Lease:
    """What a process has of a window: the requests that it may still let in, and those that it has let in."""

    left: float = 0
    used: int = 0


class Throttle:
    """Lets requests in, or not, for one process.

    Arguments:
        counting: gives the counters of a workspace.
        clock: tells the seconds since 1970.
    """

    def __init__(self, counting: Callable[[str], Counting], clock: Callable[[], float] = time.time) -> None:
        self._counting = counting
        self._clock = clock
        self._window = -1
        self._leases: dict[tuple[str, str], _Lease] = {}
        self._full: dict[tuple[str, str], Counter] = {}

    @classmethod
    def connect(cls, table: str) -> Throttle:
        """One that counts in a table."""
        return cls(lambda workspace: Counters(lambda: hasty_workspace_client(workspace), table, workspace))

    def admit(self, workspace: str, key_id: str | None, rates: Rates) -> None:
        """Let a request in.

        Arguments:
            workspace: whose.
            key_id: of its key; ``None`` for one from before there was a list.
            rates: what is allowed.

        Raises:
            ThrottledError: it is one too many.
        """
        now = self._clock()
        self._turn_to(int(now // WINDOW))
        counters = tuple(_counters(key_id or _UNLISTED, rates))
        lease = self._leases.setdefault((workspace, key_id or _UNLISTED), _Lease())
        if counters and lease.left < 1:
            full = self._known_to_be_full(workspace, counters) or self._renew(lease, workspace, counters)
            if full is not None:
                self._full[workspace, full.name] = full
                whose = _WORKSPACE if full.name == _WORKSPACE else _KEY
                raise ThrottledError(whose, full.limit // WINDOW, ceil((self._window + 1) * WINDOW - now) or 1)
        lease.left -= 1
        lease.used += 1

    def _turn_to(self, window: int) -> None:
        """Forget what was leased of another window."""
        if window != self._window:
            self._window = window
            self._leases.clear()
            self._full.clear()

    def _known_to_be_full(self, workspace: str, counters: tuple[Counter, ...]) -> Counter | None:
        return next((counter for counter in counters if (workspace, counter.name) in self._full), None)

    def _renew(self, lease: _Lease, workspace: str, counters: tuple[Counter, ...]) -> Counter | None:
        """Take another lease; the counter that has no room for it, if one has none."""
        amount = max(1, min(lease.used, *(counter.limit // _PARTS for counter in counters)))
        room = {counter: counter.limit for counter in counters}
        for _ in range(_TRIES):
            try:
                standing = self._counting(workspace).add(self._window, (self._window + 1) * WINDOW, amount, counters)
            except CountersUnreachableError as error:
                said = {"workspace": workspace, "error": type(error.__cause__).__name__}
                _LOGGER.warning("requests are let in uncounted for the rest of the window", extra=said)
                lease.left = inf
                return None
            if standing is None:
                lease.left = amount
                return None
            room = {counter: counter.limit - standing.get(counter.name, 0) for counter in counters}
            if min(room.values()) < 1:
                break
            amount = max(1, min(amount // 2, *room.values()))
        return min(room, key=lambda counter: room[counter])


def _counters(key_id: str, rates: Rates) -> list[Counter]:
    """What a request is counted in, with what is allowed in a window."""
    wanted = [(_WORKSPACE, rates.workspace), (f"{_KEY}:{key_id}", rates.key)]
    return [Counter(name, rate * WINDOW) for name, rate in wanted if rate]
