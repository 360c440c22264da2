"""Signatures as Standard Webhooks has them (https://www.standardwebhooks.com), and Svix before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from lifecycle.sources.delivery import Delivery
from lifecycle.sources.proofs import in_window, one_of
from lifecycle.sources.source import RefusedDeliveryError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMES = ("id", "timestamp", "signature")


def headers_of(delivery: Delivery) -> tuple[str, str, str]:
    """Id, timestamp and signatures, by the names of the standard or those of Svix.

    Raises:
        RefusedDeliveryError: they are not all there by one of the names.
    """
    for prefix in ("webhook", "svix"):
        id_, timestamp, signatures = (delivery.header(f"{prefix}-{name}") for name in _NAMES)
        if id_ and timestamp and signatures:
            return id_, timestamp, signatures
    raise RefusedDeliveryError("missing")


def verify(delivery: Delivery, secrets: Sequence[str]) -> None:
    """One of the signatures must be by one of the secrets, and its time near the present.

    Only symmetric signatures (``v1``) are known; those of other versions are passed over, as the standard wants it.

    Raises:
        RefusedDeliveryError: it is not so.
    """
    id_, timestamp, signatures = headers_of(delivery)
    in_window(timestamp, delivery.received_at)
    given = [entry.encode("utf-8", "surrogatepass") for entry in signatures.split(" ") if entry.startswith("v1,")]
    if not given:
        raise RefusedDeliveryError("missing")
    one_of(given, _signed(delivery, id_, timestamp, secrets))


def _signed(delivery: Delivery, id_: str, timestamp: str, secrets: Sequence[str]) -> Iterator[bytes]:
    """What each secret signs the delivery with; nothing for a secret that is none, and for what is no text.

    The library's own ``verify`` reads the clock; so it is asked to sign, and the window is held above.
    """
    from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

    time = _EPOCH + timedelta(seconds=int(timestamp))
    for secret in secrets:
        with suppress(ValueError, EmptyWebhookSecretError):
            yield Webhook(secret).sign(id_, time, delivery.body.decode()).encode()
