"""Whom hooks may be, and how they are asked: nobody but the internet, at the address that was checked."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError

from lifecycle.services import outside
from lifecycle.services.outside import ForbiddenAddressError, OutsideError, ask, is_public, misfit_of

PUBLIC = "93.184.216.34"
PRIVATE = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1"),
    *("255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1"),
    *("::ffff:169.254.169.254", "fd00:ec2::254", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1"),
)


@pytest.mark.parametrize("address", PRIVATE)
def test_what_only_this_machine_or_network_reaches_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", f"::ffff:{PUBLIC}"])
def test_what_the_internet_reaches_is_public(address: str) -> None:
    assert is_public(address)


@given(st.sampled_from(["10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"]), st.data())
def test_no_address_of_a_private_network_is_public_however_it_is_written(network: str, data: st.DataObject) -> None:
    address = data.draw(st.ip_addresses(network=network))
    forms = [str(address), f"::ffff:{address}", str(ipaddress.ip_address(f"::ffff:{address}"))]

    assert not any(map(is_public, forms))


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("http://hook.example.com/", "it is no https"),
        ("https://169.254.169.254/latest", "its host is on this machine or in a private network"),
        ("https://[::1]/", "its host is on this machine or in a private network"),
        ("https://hook.example.com:99999/", "it is no address"),
        ("https://[::1/", "it is no address"),
        ("ftp://hook.example.com/", "it is no address"),
        ("https:///x", "it is no address"),
        ("https://hook.example.com/x?y=1", None),
    ],
)
def test_an_address_is_looked_at_as_it_is_written(url: str, wrong: str | None) -> None:
    assert misfit_of(url, private=False) == wrong


def test_the_local_stack_asks_whom_it_wants_to() -> None:
    assert misfit_of("http://127.0.0.1:8080/", private=True) is None
    assert misfit_of("nowhere", private=True) == "it is no address"


class FakePool:
    """Connections to one address that answer as they are told."""

    def __init__(self, status: int = 200, content: bytes = b"{}", error: Exception | None = None) -> None:
        self.status, self.content, self.error = status, content, error
        self.made: tuple[Any, ...] = ()
        self.asked: list[tuple[str, str, bytes, Mapping[str, str]]] = []
        self.closed = False

    def urlopen(self, method: str, path: str, *, body: bytes, headers: Mapping[str, str], **how: Any) -> Any:
        assert (how["redirect"], how["preload_content"]) == (False, False)
        self.asked.append((method, path, body, headers))
        if self.error is not None:
            raise self.error
        return SimpleNamespace(status=self.status, read=lambda most, decode_content: self.content[:most])

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> FakePool:
    pool = FakePool()

    def make(*made: Any) -> FakePool:
        pool.made = made
        return pool

    monkeypatch.setattr(outside, "_pool_of_one", make)
    resolve_to(monkeypatch, PUBLIC)
    return pool


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def test_a_hook_is_asked_once_at_the_address_that_was_checked_with_its_secret(pool: FakePool) -> None:
    pool.content = b'{"traits": {}}'

    assert ask("https://hook.example.com/x?y=1", "sesame", b"{}", private=False) == b'{"traits": {}}'

    assert pool.made == ("https", "hook.example.com", PUBLIC, 443)
    ((method, path, body, headers),) = pool.asked
    assert (method, path, body) == ("POST", "/x?y=1", b"{}")
    assert (headers["Host"], headers["Authorization"]) == ("hook.example.com", "Bearer sesame")
    assert pool.closed


@pytest.mark.parametrize("status", [204, 404, 410])
def test_a_hook_may_know_nothing(pool: FakePool, status: int) -> None:
    pool.status = status

    assert ask("https://hook.example.com", "sesame", b"{}", private=False) is None


@pytest.mark.parametrize("status", [201, 301, 302, 401, 429, 500])
def test_whatever_else_a_hook_answers_is_a_failure_and_redirects_are_not_followed(pool: FakePool, status: int) -> None:
    pool.status = status

    with pytest.raises(OutsideError, match=str(status)):
        ask("https://hook.example.com", "sesame", b"{}", private=False)
    assert len(pool.asked) == 1


def test_an_answer_without_end_is_not_read_to_its_end(pool: FakePool) -> None:
    pool.content = b"x" * 70_000

    with pytest.raises(OutsideError, match="more than 65536 bytes"):
        ask("https://hook.example.com", "sesame", b"{}", private=False)


def test_a_hook_that_is_silent_is_a_failure(pool: FakePool) -> None:
    pool.error = ConnectTimeoutError()

    with pytest.raises(OutsideError, match="ConnectTimeoutError"):
        ask("https://hook.example.com", "sesame", b"{}", private=False)
    assert pool.closed


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_inside_is_not_followed_even_by_one_of_its_addresses(
    pool: FakePool, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolve_to(monkeypatch, PUBLIC, address)

    with pytest.raises(ForbiddenAddressError, match="private network"):
        ask("https://hook.example.com", "sesame", b"{}", private=False)
    assert pool.asked == []


def test_a_hook_without_tls_is_not_asked(pool: FakePool) -> None:
    with pytest.raises(ForbiddenAddressError, match="no https"):
        ask("http://hook.example.com", "sesame", b"{}", private=False)
    assert pool.asked == []


def test_a_host_that_nobody_knows_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(OutsideError, match="host is not known"):
        ask("https://hook.example.com", "sesame", b"{}", private=False)


def test_the_certificate_has_to_be_the_hosts() -> None:
    pool = outside._pool_of_one("https", "hook.example.com", PUBLIC, 443)

    assert isinstance(pool, HTTPSConnectionPool)
    assert pool.host == PUBLIC
    assert (pool.conn_kw["server_hostname"], pool.assert_hostname) == ("hook.example.com", "hook.example.com")
    assert pool.cert_reqs == "CERT_REQUIRED"
