"""The issuer's keys: remembered, fetched anew with restraint, and nobody let in by a guess."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lifecycle.services.errors import IssuerUnreachableError
from lifecycle.services.issuer import (
    FAILURE_PAUSE,
    KEYS_FRESH,
    KEYS_KEPT,
    UNKNOWN_KEY_PAUSE,
    Issuer,
    algorithms_of,
    is_safe,
)
from tests.builders import at
from tests.fakes.issuer import URL, FakeIssuer, signing_key

NOW = at(0)
SECOND = timedelta(seconds=1)


@pytest.fixture
def there() -> FakeIssuer:
    return FakeIssuer()


@pytest.fixture
def issuer(there: FakeIssuer) -> Issuer:
    return Issuer(URL, there.ask)


def looks(there: FakeIssuer) -> int:
    """How often the keys were fetched."""
    return there.asked.count(f"{URL}/keys")


def test_keys_are_fetched_once_an_hour(there: FakeIssuer, issuer: Issuer) -> None:
    for minutes in (0, 1, 30, 59):
        assert issuer.key("k1", NOW + timedelta(minutes=minutes)) == signing_key("k1").public
    assert looks(there) == 1

    issuer.key("k1", NOW + KEYS_FRESH)
    assert looks(there) == 2


def test_a_new_key_is_accepted_at_once_and_a_dropped_one_no_longer(there: FakeIssuer, issuer: Issuer) -> None:
    issuer.key("k1", NOW)
    there.keys = {"k2": signing_key("k2")}
    later = NOW + UNKNOWN_KEY_PAUSE

    assert issuer.key("k1", later) is not None
    assert issuer.key("k2", later) == signing_key("k2").public
    assert issuer.key("k1", later) is None


def test_a_dropped_key_is_refused_when_the_keys_are_no_longer_fresh(there: FakeIssuer, issuer: Issuer) -> None:
    issuer.key("k1", NOW)
    there.keys = {"k2": signing_key("k2")}

    assert issuer.key("k1", NOW + KEYS_FRESH - SECOND) is not None
    assert issuer.key("k1", NOW + KEYS_FRESH) is None


def test_unknown_keys_make_nobody_hammer_the_issuer(there: FakeIssuer, issuer: Issuer) -> None:
    issuer.key("k1", NOW)
    for number in range(100):
        assert issuer.key(f"made-up-{number}", NOW + UNKNOWN_KEY_PAUSE + SECOND * (number / 10)) is None

    assert looks(there) == 2


def test_an_unknown_key_right_after_the_first_look_causes_no_second_one(there: FakeIssuer, issuer: Issuer) -> None:
    assert issuer.key("made-up", NOW) is None
    assert looks(there) == 1


def test_an_issuer_out_of_reach_lets_nobody_in(there: FakeIssuer, issuer: Issuer) -> None:
    there.is_down = True
    for _ in range(10):
        with pytest.raises(IssuerUnreachableError):
            issuer.key("k1", NOW)
    assert len(there.asked) == 1

    there.is_down = False
    with pytest.raises(IssuerUnreachableError):
        issuer.key("k1", NOW + FAILURE_PAUSE - SECOND)
    assert issuer.key("k1", NOW + FAILURE_PAUSE) is not None


def test_known_keys_outlive_an_outage_for_some_hours(there: FakeIssuer, issuer: Issuer) -> None:
    issuer.key("k1", NOW)
    there.is_down = True

    assert issuer.key("k1", NOW + KEYS_FRESH) is not None
    assert issuer.key("made-up", NOW + KEYS_FRESH + UNKNOWN_KEY_PAUSE) is None
    assert issuer.key("k1", NOW + KEYS_KEPT - SECOND) is not None
    with pytest.raises(IssuerUnreachableError):
        issuer.key("k1", NOW + KEYS_KEPT)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://issuer.example/other"},
        {"issuer": f"{URL}/"},
        {"jwks_uri": None},
        {"jwks_uri": "http://issuer.example/pool/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": f"{URL}/nothing"},
    ],
)
def test_an_issuer_that_contradicts_itself_lets_nobody_in(
    there: FakeIssuer, issuer: Issuer, changes: dict[str, Any]
) -> None:
    there.changes = changes
    with pytest.raises(IssuerUnreachableError):
        issuer.key("k1", NOW)


def test_an_endpoint_without_tls_is_as_good_as_none(there: FakeIssuer, issuer: Issuer) -> None:
    there.changes = {"token_endpoint": "http://issuer.example/pool/token"}
    with pytest.raises(IssuerUnreachableError):
        issuer.redeem({"code": "c"}, NOW)
    assert issuer.endpoint("authorization_endpoint", NOW) == f"{URL}/authorize"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://issuer.example", True),
        ("http://localhost:4000/pool", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:80", True),
        ("http://issuer.example", False),
        ("http://localhost.issuer.example", False),
        ("http://localhost@issuer.example", False),
        ("https://", False),
        ("ftp://issuer.example", False),
        ("", False),
    ],
)
def test_an_issuer_is_reached_by_tls_or_on_this_machine(there: FakeIssuer, url: str, safe: bool) -> None:
    assert is_safe(url) is safe
    if not safe:
        with pytest.raises(ValueError, match="https"):
            Issuer(url, there.ask)


@pytest.mark.parametrize(
    ("changes", "usable"),
    [
        ({}, True),
        ({"use": "enc"}, False),
        ({"alg": "PS256"}, True),
        ({"alg": "HS256"}, False),
        ({"alg": "none"}, False),
        ({"alg": "ES256"}, False),
        ({"alg": 5}, False),
        ({"kty": "oct", "k": "c2VjcmV0"}, False),
        ({"kty": ["RSA"]}, False),
        ({"kty": "EC", "crv": "secp256k1"}, False),
        ({"crv": {}}, False),
    ],
)
def test_only_keys_that_verify_and_cannot_sign_are_of_use(changes: dict[str, Any], usable: bool) -> None:
    assert bool(algorithms_of({**signing_key("k1").public, **changes})) is usable
    assert not [name for name in algorithms_of({**signing_key("k1").public, **changes}) if name.startswith("HS")]
