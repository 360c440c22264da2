"""Signatures by HMAC, and how old what is signed may be."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from lifecycle.sources import proofs
from lifecycle.sources.source import RefusedDeliveryError

#: How far a system's clock may be ahead of ours.
AHEAD = timedelta(minutes=5)
_MAX_DIGITS = 11
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def by_hmac(message: bytes, secrets: Sequence[str], signatures: Iterable[str]) -> None:
    """One of the signatures (hexadecimal) must be the HMAC-SHA256 of a message under one of the secrets, as text.

    An empty secret is none: everybody knows it.

    Raises:
        RefusedDeliveryError: none is.
    """
    keys = [secret.encode("utf-8", "surrogatepass") for secret in secrets if secret]
    right = [hmac.new(key, message, hashlib.sha256).hexdigest().encode() for key in keys]
    proofs.one_of([signature.lower().encode("utf-8", "surrogatepass") for signature in signatures], right)


def seconds_within(seconds: str, received_at: datetime, window: timedelta) -> None:
    """The same of a time in seconds since 1970, as digits. Raises RefusedDeliveryError."""
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= _MAX_DIGITS):
        raise RefusedDeliveryError("missing")
    within(_EPOCH + timedelta(seconds=int(seconds)), received_at, window)


def within(time: datetime, received_at: datetime, window: timedelta) -> None:
    """A time must be no older than ``window``, and no further ahead than clocks differ. Raises RefusedDeliveryError."""
    if not -AHEAD <= received_at - time <= window:
        raise RefusedDeliveryError("stale")
