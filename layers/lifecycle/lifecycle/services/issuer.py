"""The OpenID Connect issuer: what it says of itself, and its keys, remembered and fetched anew with restraint.

It fails closed: a key that is neither at hand nor to be had opens nothing. Keys at hand outlive an outage of the
issuer for some hours. PyJWT has a client for key sets (PyJWKClient), which asks the issuer again for every unknown
key: whoever sends tokens with random key ids would have us hammer it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from lifecycle.services.errors import IssuerUnreachableError

#: How long keys are used before the issuer is asked again; a key that it has dropped is refused after this.
KEYS_FRESH = timedelta(hours=1)
#: How long keys are used that cannot be fetched anew because the issuer is out of reach.
KEYS_KEPT = timedelta(hours=12)
#: How long after one look at the keys an unknown key id does not set off another one.
UNKNOWN_KEY_PAUSE = timedelta(seconds=30)
#: How long after a look that failed nobody looks.
FAILURE_PAUSE = timedelta(seconds=5)

#: What tokens may be signed with, by the type of the key and its curve. Asymmetric alone: whoever can verify must not
#: be able to sign. The type of the key decides what its tokens may say, never the other way round (RFC 8725, 3.1).
ALGORITHMS: Mapping[tuple[str, str | None], tuple[str, ...]] = {
    ("RSA", None): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MOST_BYTES = 256 * 1024
_OK = 200
_DISCOVERY = "/.well-known/openid-configuration"

_pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=3), retries=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint of the issuer answered."""

    status: int
    body: bytes


#: Gets a URL, or posts a form to it. Raises IssuerUnreachableError.
Fetch = Callable[[str, Mapping[str, str] | None], Reply]


def fetch(url: str, form: Mapping[str, str] | None) -> Reply:
    """Ask the issuer, over the network: one attempt, no redirect, seconds at most.

    Raises:
        IssuerUnreachableError: there is no answer, or more of it than could be sensible.
    """
    body = None if form is None else urlencode(form)
    headers = {"Accept": "application/json"}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        response = _pool.request(
            "GET" if form is None else "POST",
            url,
            body=body,
            headers=headers,
            redirect=False,
            preload_content=False,
        )
        try:
            content = response.read(_MOST_BYTES + 1)
        finally:
            response.release_conn()
    except urllib3.exceptions.HTTPError:
        raise IssuerUnreachableError from None
    if len(content) > _MOST_BYTES:
        raise IssuerUnreachableError
    return Reply(response.status, content)


def is_safe(url: str) -> bool:
    """Whether nobody on the way can change what a URL answers: by TLS, or because there is no way."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What the issuer said, and when it was asked."""

    endpoints: Mapping[str, str]
    keys: Mapping[str, Mapping[str, Any]]
    at: datetime


class Issuer:
    """An issuer, as one process knows it.

    Arguments:
        url: the issuer's identifier, to the letter (OpenID Connect Discovery 1.0, section 4.3).
        ask: how it is asked.

    Raises:
        ValueError: the URL is neither https nor on the loopback interface.
    """

    def __init__(self, url: str, ask: Fetch) -> None:
        if not is_safe(url):
            raise ValueError("issuer: use an https URL, or http on the loopback interface")
        self.url = url
        self._ask = ask
        self._known: _Known | None = None
        self._asked_at: datetime | None = None
        self._failed = False

    def key(self, key_id: str, now: datetime) -> Mapping[str, Any] | None:
        """A key that the issuer signs with.

        Arguments:
            key_id: as a token names it.
            now: the present.

        Returns:
            The JSON Web Key (RFC 7517); ``None`` where the issuer has none with this id.

        Raises:
            IssuerUnreachableError: the issuer's keys are not known, and not to be had.
        """
        known = self._current(now)
        if key_id not in known.keys and self._may_ask(now, UNKNOWN_KEY_PAUSE):
            known = self._look(now)
        return known.keys.get(key_id)

    def endpoint(self, name: str, now: datetime) -> str:
        """The URL of an endpoint, such as ``token_endpoint``. Raises IssuerUnreachableError."""
        try:
            return self._current(now).endpoints[name]
        except KeyError:
            raise IssuerUnreachableError from None

    def redeem(self, form: Mapping[str, str], now: datetime) -> Mapping[str, Any] | None:
        """Redeem a code at the token endpoint (RFC 6749, section 4.1.3).

        Returns:
            What the issuer gave for it; ``None`` where it refused.

        Raises:
            IssuerUnreachableError: there is no answer that could be read.
        """
        reply = self._ask(self.endpoint("token_endpoint", now), form)
        if reply.status in (400, 401, 403):
            return None
        return _document(reply)

    def _current(self, now: datetime) -> _Known:
        """What is known, fetched anew where it is no longer fresh.

        Raises:
            IssuerUnreachableError: nothing is known that may still be used.
        """
        known = self._known
        if known is not None and now - known.at < KEYS_FRESH:
            return known
        if self._may_ask(now, FAILURE_PAUSE if self._failed else timedelta(0)):
            return self._look(now)
        return self._kept(now)

    def _may_ask(self, now: datetime, pause: timedelta) -> bool:
        return self._asked_at is None or now - self._asked_at >= pause

    def _look(self, now: datetime) -> _Known:
        """Ask the issuer; what was known before, where it does not answer."""
        self._asked_at = now
        try:
            self._known = self._fetch(now)
        except IssuerUnreachableError:
            self._failed = True
            return self._kept(now)
        self._failed = False
        return self._known

    def _kept(self, now: datetime) -> _Known:
        if self._known is None or now - self._known.at >= KEYS_KEPT:
            raise IssuerUnreachableError
        return self._known

    def _fetch(self, now: datetime) -> _Known:
        document = _document(self._ask(self.url.rstrip("/") + _DISCOVERY, None))
        if document.get("issuer") != self.url:
            raise IssuerUnreachableError
        endpoints = {
            name: value
            for name, value in document.items()
            if isinstance(value, str) and (name.endswith("_endpoint") or name == "jwks_uri") and is_safe(value)
        }
        if "jwks_uri" not in endpoints:
            raise IssuerUnreachableError
        keys = _usable(_document(self._ask(endpoints["jwks_uri"], None)).get("keys"))
        if not keys:
            raise IssuerUnreachableError
        return _Known(endpoints, keys, now)


def _document(reply: Reply) -> Mapping[str, Any]:
    if reply.status != _OK:
        raise IssuerUnreachableError
    try:
        document = json.loads(reply.body)
    except (ValueError, RecursionError):
        raise IssuerUnreachableError from None
    if not isinstance(document, dict):
        raise IssuerUnreachableError
    return document


def _usable(keys: Any) -> dict[str, Mapping[str, Any]]:
    """The keys of a set that verify signatures and have an id, by that."""
    return {
        key["kid"]: key
        for key in (keys if isinstance(keys, list) else ())
        if isinstance(key, dict) and isinstance(key.get("kid"), str) and algorithms_of(key)
    }


def algorithms_of(key: Mapping[str, Any]) -> tuple[str, ...]:
    """What the tokens of a key may be signed with; nothing for a key that is not for that."""
    kind, curve, use, own = key.get("kty"), key.get("crv"), key.get("use", "sig"), key.get("alg")
    if not (isinstance(kind, str) and (curve is None or isinstance(curve, str)) and use == "sig"):
        return ()
    allowed = ALGORITHMS.get((kind, curve), ())
    return allowed if own is None else tuple(name for name in allowed if name == own)
