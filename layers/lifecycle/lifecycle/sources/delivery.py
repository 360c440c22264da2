"""One request of an outside system, as it arrived."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

#: How the address of what an event bus hands over begins. No request from outside has such a one.
BUS = "eventbridge:"


class Credentials(NamedTuple):
    """What a request sent by Basic authentication (RFC 7617)."""

    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request of an outside system.

    Attributes:
        method: in capitals.
        url: the public address that the system was told, with the query as it was sent: from the configuration, never
            from the ``Host`` header, which anybody can set.
        headers: by name in lower case.
        query: the parameters of the query, decoded.
        body: the raw bytes: what signatures are over.
        received_at: the present.
        call: what follows the source's own address, as in ``batch`` of ``/v1/batch``; mostly empty.
        alone: the body is a single part of a delivery, in JSON, as it is kept in quarantine.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    received_at: datetime
    call: str = ""
    alone: bool = False

    def header(self, name: str) -> str:
        """A header, empty where there is none. ``name`` in lower case."""
        return self.headers.get(name, "")

    @property
    def media_type(self) -> str:
        """What the body is said to be (RFC 9110, section 8.3.1), without parameters; empty if it is not said."""
        return self.header("content-type").partition(";")[0].strip().lower()

    @property
    def credentials(self) -> Credentials | None:
        """User and password of Basic authentication; ``None`` where there are none."""
        scheme, _, encoded = self.header("authorization").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            text = b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            return None
        user, _, password = text.partition(":")
        return Credentials(user, password)
