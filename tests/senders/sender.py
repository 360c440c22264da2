"""A sender: what a system would send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from lifecycle.sources.delivery import Delivery


class Sample(NamedTuple):
    """A body as the system sends it, made up by us in the system's form.

    ``query`` and ``headers`` go with it, ``settings`` are those of a workspace that connects the system for it.
    """

    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = {}
    call: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """An outside system.

    Attributes:
        kind: its row in the table of sources.
        secret: what it shares with us.
        samples: by name, at least one for each kind of event that is translated.
        sign: (body, url, secret, the present) to the headers that prove it: the vendor's own way, by the vendor's own
            library where there is one.
        settings: with which the samples make sense.
        url: the address that it sends to, where that is no webhook.
        secret_in_path: the secret follows the address, in place of a signature.
    """

    kind: str
    secret: str
    samples: Mapping[str, Sample]
    sign: Callable[[bytes, str, str, datetime], Mapping[str, str]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    url: str | None = None
    secret_in_path: bool = False


def delivery(sender: Sender, sample: Sample, url: str, now: datetime, secret: str | None = None) -> Delivery:
    """A sample as it arrives, signed."""
    shared, address = secret or sender.secret, sender.url or url
    signature = sender.sign(sample.body, address, shared, now)
    headers = {"content-type": sample.content_type, **sample.headers, **signature}
    lowered = {name.lower(): value for name, value in headers.items()}
    call = shared if sender.secret_in_path else sample.call
    return Delivery("POST", address, lowered, {}, sample.body, now, call)
