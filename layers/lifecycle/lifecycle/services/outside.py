"""Requests to outside systems, where a source asks for one: few, short, and only to addresses that the source has
checked, or that are checked here."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lifecycle.services.errors import LifecycleError

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool, PoolManager

#: Bytes of an answer that is read. A certificate has two thousand.
_MOST_BYTES = 64 * 1024
#: Seconds for which a process remembers a certificate, and how many of them. A region has one at a time.
_REMEMBERED = 3600
_MOST_CERTIFICATES = 32
_certificates: dict[str, tuple[float, str]] = {}
#: What says that nothing is at an address, today or in a minute (RFC 9110, section 15.5). At SNS, whose certificates
#: lie in S3, what is not there is forbidden.
_NOTHING_THERE = frozenset({400, 403, 404, 405, 410})
_PRIVATE = "its host is on this machine or in a private network"
#: What a hook answers where it knows nothing of a record (RFC 9110, section 15).
_NOTHING_KNOWN = (204, 404, 410)
#: Addresses of IPv6 that lead to those of IPv4 (RFC 6052, 3056, 4380): where to, the networks in between decide.
_DISGUISES = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))


class OutsideError(LifecycleError):
    """An outside system could not be reached, or did not answer as it should.

    ``status`` is what it answered with, if it did.
    """

    def __init__(self, what: str, status: int | None = None) -> None:
        super().__init__(f"An address of the outside system could not be fetched: {what}. Send the same request again.")
        self.status = status


class ForbiddenAddressError(LifecycleError):
    """A hook's address leads to where only this deployment, and nobody outside, should reach."""

    def __init__(self, why: str) -> None:
        super().__init__(f"settings.enrichment.url: {why}. An https address that the internet reaches is right.")


def ask(url: str, secret: str, question: bytes, *, private: bool) -> bytes | None:
    """Post a question (JSON) to a hook, with its secret as a bearer token. There is one attempt.

    The host is looked up once, and the connection is made to the address that was checked: a name that leads somewhere
    else a moment later gains nothing.

    Arguments:
        url: anybody's word.
        secret: goes with the question.
        question: JSON.
        private: whether the hook may be on this machine or in a network of one's own, and without TLS: for the local
            stack.

    Returns:
        At most 64 kB of the answer; ``None`` where the hook knows nothing.

    Raises:
        ForbiddenAddressError: the address is not to be asked.
        OutsideError: no good answer came within seconds, or more of it. Redirects are none.
    """
    from urllib3.exceptions import HTTPError

    wrong = misfit_of(url, private=private)
    if wrong:
        raise ForbiddenAddressError(wrong)
    parts = urlsplit(url)
    host, path = parts.hostname or "", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    pool = _pool_of_one(parts.scheme, host, _address(host, port, private=private), port)
    headers = {
        "Host": parts.netloc,
        "Authorization": f"Bearer {secret}",
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    try:
        return _answer(pool, path, question, headers)
    except HTTPError as error:
        raise OutsideError(f"no answer: {type(error).__name__}") from None
    finally:
        pool.close()


def misfit_of(url: str, *, private: bool) -> str | None:
    """What is wrong with a hook's address as it is written, without looking its host up; ``None``: nothing.

    Arguments:
        url: anybody's word.
        private: as ``ask`` takes it.
    """
    try:
        parts = urlsplit(url)
        host, scheme = parts.hostname or "", parts.scheme
        parts.port  # noqa: B018 - is looked at here
    except ValueError:
        return "it is no address"
    if not host or scheme not in ("https", "http"):
        return "it is no address"
    if private:
        return None
    if scheme != "https":
        return "it is no https"
    return _PRIVATE if _is_address(host) and not is_public(host) else None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _answer(pool: HTTPConnectionPool, path: str, question: bytes, headers: Mapping[str, str]) -> bytes | None:
    answer = pool.urlopen("POST", path, body=question, headers=headers, redirect=False, preload_content=False)
    if answer.status in _NOTHING_KNOWN:
        return None
    if answer.status != 200:
        raise OutsideError(f"it answered {answer.status}")
    # Packed it would not be (no Accept-Encoding), and unpacked it could be of any size.
    content = answer.read(_MOST_BYTES + 1, decode_content=False)
    if len(content) > _MOST_BYTES:
        raise OutsideError(f"its answer has more than {_MOST_BYTES} bytes")
    return content


def _address(host: str, port: int, *, private: bool) -> str:
    """The address of a host. Every one that its name leads to must be one of the internet's."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise OutsideError("its host is not known") from None
    addresses = [str(address[4][0]) for address in found]
    if not private and not all(map(is_public, addresses)):
        raise ForbiddenAddressError(_PRIVATE)
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet's: not this machine's, a network's own, AWS's metadata service."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _DISGUISES)


def _pool_of_one(scheme: str, host: str, address: str, port: int) -> HTTPConnectionPool:
    """Connections to one address, whose certificate has to be the host's."""
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout

    timeout = Timeout(connect=2, read=5)
    if scheme == "http":
        return HTTPConnectionPool(address, port, timeout=timeout, retries=False)
    return HTTPSConnectionPool(
        address,
        port,
        timeout=timeout,
        retries=False,
        cert_reqs="CERT_REQUIRED",
        server_hostname=host,
        assert_hostname=host,
    )


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
