"""When a request has to be answered by: no call to AWS is begun, and none repeated, that might not end in time.

Without this a slow table would be waited for until Lambda ends the function, and the caller would learn nothing. With
it there is time left to say that the request may be repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from botocore.client import BaseClient

_Client = TypeVar("_Client", bound=BaseClient)

#: Seconds that the last call and the answer may take: two to connect and five to read (``client.PATIENT``), a pause of
#: at most two before a third attempt that is then not made, and one to encode the answer.
RESERVE = 10.0

_answered_by: ContextVar[float | None] = ContextVar("answered_by", default=None)


class OutOfTimeError(Exception):
    """There is no time left for another call. What was written before is kept."""

    def __init__(self) -> None:
        super().__init__(
            "The storage is slow, and the time for an answer was up. What was recorded is kept. Send the same request "
            "again: the same id is counted once."
        )


@contextmanager
def answered_within(seconds: float, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """While this lasts, clients that keep time begin nothing that might end later.

    Arguments:
        seconds: that are left.
        clock: tells seconds.
    """
    token = _answered_by.set(clock() + seconds)
    try:
        yield
    finally:
        _answered_by.reset(token)


def keeping_time(client: _Client, clock: Callable[[], float] = time.monotonic) -> _Client:
    """Have a client keep time: it raises ``OutOfTimeError`` rather than begin a call, or an attempt at one, too late.

    Outside of ``answered_within`` it takes as long as it takes.
    """

    def check(**_: object) -> None:
        answered_by = _answered_by.get()
        if answered_by is not None and answered_by - clock() < RESERVE:
            raise OutOfTimeError

    # With every attempt, so that neither the SDK's own repetitions nor a loop of ours goes on for too long.
    client.meta.events.register_first("before-send", check)
    return client
