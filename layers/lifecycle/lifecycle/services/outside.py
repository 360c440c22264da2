"""Requests to outside systems, where a source asks for one: few, short, and only to addresses that the source has
checked."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from urllib3 import PoolManager

#: Bytes of an answer that is read. A certificate has two thousand.
_MOST_BYTES = 64 * 1024


class OutsideError(Exception):
    """An outside system could not be reached, or did not answer as it should."""


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
        raise OutsideError(f"it answered {answer.status}")
    return content


@lru_cache(maxsize=1)
def _pool() -> PoolManager:
    """Connections with short time-outs. urllib3 comes with the AWS SDK; it is loaded where it is first needed."""
    from urllib3 import PoolManager, Retry, Timeout

    return PoolManager(timeout=Timeout(connect=2, read=3), retries=Retry(total=1, redirect=False))
