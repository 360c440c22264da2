"""The ways to prove a delivery that several systems share. Comparisons take the same time whatever they find."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from lifecycle.sources.delivery import BUS, Delivery
from lifecycle.sources.source import RefusedDeliveryError

#: How far the time of a signature may be from the present (Standard Webhooks, "Verifying webhook authenticity").
WINDOW = timedelta(minutes=5)
#: How far a system's clock may be ahead of ours.
AHEAD = timedelta(minutes=5)
_MAX_DIGITS = 11
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def one_of(given: Iterable[bytes], expected: Iterable[bytes]) -> None:
    """At least one of what was given must be one of what is right; all are compared with all.

    Raises:
        RefusedDeliveryError: none is.
    """
    right = list(expected)
    if not sum(hmac.compare_digest(text, other) for text in given for other in right):
        raise RefusedDeliveryError("mismatch")


def by_hmac(message: bytes, secrets: Sequence[str], signatures: Iterable[str]) -> None:
    """One of the signatures (hexadecimal) must be the HMAC-SHA256 of a message under one of the secrets, as text.

    An empty secret is none: everybody knows it.

    Raises:
        RefusedDeliveryError: none is.
    """
    keys = [secret.encode("utf-8", "surrogatepass") for secret in secrets if secret]
    right = [hmac.digest(key, message, hashlib.sha256).hex().encode() for key in keys]
    one_of([signature.lower().encode("utf-8", "surrogatepass") for signature in signatures], right)


def by_bus(delivery: Delivery) -> None:
    """It came by an event bus of this account, which IAM guards, and not over HTTP.

    Raises:
        RefusedDeliveryError: nothing would prove it there.
    """
    if not delivery.url.startswith(BUS):
        raise RefusedDeliveryError("foreign")


def by_basic(delivery: Delivery, secrets: Sequence[str], user: str | None = None) -> None:
    """Basic authentication: the secret is the password of a user, or of one that it names itself (``user:password``).

    Raises:
        RefusedDeliveryError: the user and the password are others, or not there.
    """
    credentials = delivery.credentials
    if credentials is None:
        raise RefusedDeliveryError("missing")
    # A user name has no colon (RFC 7617, section 2), so that the two together say which is which.
    right = secrets if user is None else [f"{user}:{secret}" for secret in secrets]
    given = f"{credentials.user}:{credentials.password}"
    one_of([given.encode("utf-8", "surrogatepass")], [pair.encode("utf-8", "surrogatepass") for pair in right])


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


def in_window(seconds: str, received_at: datetime, window: timedelta = WINDOW) -> None:
    """The time that a signature covers, as the digits of its seconds since 1970, must be near the present.

    Raises:
        RefusedDeliveryError: it is older than the window, further ahead than clocks differ, or no time.
    """
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= _MAX_DIGITS):
        raise RefusedDeliveryError("missing")
    within(_EPOCH + timedelta(seconds=int(seconds)), received_at, window)


def within(time: datetime, received_at: datetime, window: timedelta) -> None:
    """A time must be no older than a window, and no further ahead than clocks differ. Raises RefusedDeliveryError."""
    if not -AHEAD <= received_at - time <= window:
        raise RefusedDeliveryError("stale")
