"""Requests to outside systems, where a source asks for one: few, short, and only to addresses that the source has
checked."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from lifecycle.services.errors import LifecycleError

if TYPE_CHECKING:
    from urllib3 import PoolManager

#: Bytes of an answer that is read. A certificate has two thousand.
_MOST_BYTES = 64 * 1024
#: Seconds for which a process remembers a certificate, and how many of them. A region has one at a time.
_REMEMBERED = 3600
_MOST_CERTIFICATES = 32
_certificates: dict[str, tuple[float, str]] = {}
#: What says that nothing is at an address, today or in a minute (RFC 9110, section 15.5). At SNS, whose certificates
#: lie in S3, what is not there is forbidden.
_NOTHING_THERE = frozenset({400, 403, 404, 405, 410})


class OutsideError(LifecycleError):
    """An outside system could not be reached, or did not answer as it should.

    ``status`` is what it answered with, if it did.
    """

    def __init__(self, what: str, status: int | None = None) -> None:
        super().__init__(f"An address of the outside system could not be fetched: {what}. Send the same request again.")
        self.status = status


def fetch(url: str) -> bytes:
    """Get an address.

    Returns:
        At most 64 kB of what is there.

    Raises:
        OutsideError: nothing came within five seconds, or something else than a good answer. Redirects are none.
    """
    from urllib3.exceptions import HTTPError

    try:
        answer = _pool().request("GET", url, redirect=False, preload_content=False)
        content = answer.read(_MOST_BYTES)
        answer.release_conn()
    except HTTPError as error:
        raise OutsideError(f"no answer: {type(error).__name__}") from None
    if answer.status != 200:
        raise OutsideError(f"it answered {answer.status}", answer.status)
    return content


def certificate(url: str) -> str:
    """The certificate (PEM) at an address; it is fetched once an hour at most.

    Returns:
        Nothing where there is none: whoever names such an address proves nothing by it, however often it is sent.

    Raises:
        OutsideError: it could not be had at present.
    """
    known = _certificates.get(url)
    if known is None or not 0 <= time.monotonic() - known[0] < _REMEMBERED:
        try:
            known = time.monotonic(), fetch(url).decode("ascii", "replace")
        except OutsideError as error:
            if error.status in _NOTHING_THERE:
                return ""
            raise
        if len(_certificates) >= _MOST_CERTIFICATES:
            _certificates.clear()
        _certificates[url] = known
    return known[1]


@lru_cache(maxsize=1)
def _pool() -> PoolManager:
    """Connections with short time-outs. urllib3 comes with the AWS SDK; it is loaded where it is first needed."""
    from urllib3 import PoolManager, Retry, Timeout

    return PoolManager(timeout=Timeout(connect=2, read=3), retries=Retry(total=1, redirect=False))
