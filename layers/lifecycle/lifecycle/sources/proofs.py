"""The ways to prove a delivery that several systems share. Comparisons take the same time whatever they find."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from lifecycle.sources.delivery import Delivery
from lifecycle.sources.source import RefusedDeliveryError

#: How far the time of a signature may be from the present (Standard Webhooks, "Verifying webhook authenticity").
WINDOW = timedelta(minutes=5)


def one_of(given: Iterable[bytes], expected: Iterable[bytes]) -> None:
    """At least one of what was given must be one of what is right; all are compared with all.

    Raises:
        RefusedDeliveryError: none is.
    """
    right = list(expected)
    if not sum(hmac.compare_digest(text, other) for text in given for other in right):
        raise RefusedDeliveryError("mismatch")


def by_basic(delivery: Delivery, secrets: Sequence[str], user: str) -> None:
    """Basic authentication: the secret is the password. Raises RefusedDeliveryError."""
    credentials = delivery.credentials
    if credentials is None:
        raise RefusedDeliveryError("missing")
    one_of([_pair(*credentials)], [_pair(user, secret) for secret in secrets])


def _pair(user: str, password: str) -> bytes:
    return f"{user}\x00{password}".encode("utf-8", "surrogatepass")


def by_bearer(delivery: Delivery, secrets: Sequence[str]) -> None:
    """The secret as a bearer token (RFC 6750, section 2.1). Raises RefusedDeliveryError."""
    scheme, _, token = delivery.header("authorization").partition(" ")
    if scheme.lower() != "bearer":
        raise RefusedDeliveryError("missing")
    by_value(token.strip(), secrets)


def by_value(given: str, secrets: Sequence[str]) -> None:
    """The secret itself, as some systems send it in a header of their own. Raises RefusedDeliveryError."""
    if not given:
        raise RefusedDeliveryError("missing")
    one_of([given.encode("utf-8", "surrogatepass")], [secret.encode() for secret in secrets])


def by_address(_delivery: Delivery, _secrets: Sequence[str], _settings: object) -> None:
    """Nothing but the unguessable address, which whoever calls this has found to be right."""


def in_window(seconds: str, present: datetime, window: timedelta = WINDOW) -> None:
    """The time that a signature covers, as digits, must be near the present. Raises RefusedDeliveryError."""
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 12):
        raise RefusedDeliveryError("missing")
    if abs(present.timestamp() - int(seconds)) > window.total_seconds():
        raise RefusedDeliveryError("stale")
