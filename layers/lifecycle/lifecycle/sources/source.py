"""What is to be known of an outside system."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from lifecycle.sources.delivery import Delivery
from lifecycle.sources.said import Said


class RefusedDeliveryError(Exception):
    """A request is not, or not provably, from the system: 401, nothing parsed, nothing stored.

    ``reason`` is one of few words, by which refusals are counted; it repeats nothing that was sent.
    """

    def __init__(self, reason: Literal["missing", "mismatch", "stale", "replayed", "foreign"]) -> None:
        super().__init__(reason)
        self.reason = reason


class UnreadableDeliveryError(Exception):
    """A request as a whole cannot be translated. Its message says why, and repeats no value that was sent."""


class UnreadablePartError(ValueError):
    """A part of a delivery cannot be translated. Its message says why, and repeats no value that was sent."""


class Tally(NamedTuple):
    """What became of a delivery: how many of its events are new, were there already, and went to quarantine."""

    accepted: int
    duplicates: int
    quarantined: int


class Reply(NamedTuple):
    """What the system is answered."""

    status: int
    body: str = ""
    content_type: str = "application/json"
    headers: Mapping[str, str] = {}


class Misfit(NamedTuple):
    """What is wrong with settings, beyond what their schema says.

    Attributes:
        place: a JSON pointer into the settings.
        why: what is wrong and what would be right, without repeating it.
    """

    place: str
    why: str


def none_misfit(_settings: Mapping[str, Any]) -> Sequence[Misfit]:
    """For sources whose schema says all that is to be said of their settings."""
    return ()


def always(_settings: Mapping[str, Any]) -> bool:
    """For sources that are proven in one way only."""
    return True


def plain_reply(_delivery: Delivery, _settings: Mapping[str, Any], tally: Tally) -> Reply:
    """What suits most: 200, and what became of it."""
    return Reply(200, json.dumps(tally._asdict()))


@dataclass(frozen=True, slots=True)
class Source:
    """An outside system.

    Attributes:
        kind: what it is called in ``POST /sources``.
        title: what people call it.
        connecting: how to connect it there, in a few sentences (Markdown).
        secret: what secret the system shares, in words; ``None`` where it has none to share, and the unguessable
            address alone proves it.
        settings: JSON Schema (2020-12) of what may be set, every property with a description and, where there is one,
            a default.
        verify: raises RefusedDeliveryError unless one of the secrets (the newest first; two while one is replaced)
            proves the delivery. It parses nothing that is not proven.
        translate: what the delivery says, one thing after the other. It raises UnreadableDeliveryError where nothing
            can be made of the whole of it, and gives ``Unreadable`` for single parts.
        reply: what the system is answered once all of it is kept.
        once: what a delivery may be used once for only (a nonce), or ``None``; for systems whose signature does not
            cover the body. The same body again with the same nonce is a repeat, any other body is refused.
        certificate: for systems that sign by a certificate of theirs: the address that a delivery names for it, if it
            is one of that system's own, else ``None``. The service fetches it once, and gives it (PEM) to ``verify``
            in front of the secrets.
        misfits: what is wrong with settings that the schema has found right.
        needs_secret: whether a source with such settings needs the secret; for kinds that can be proven without.
        handshake: for systems that ask by ``OPTIONS`` whether they may send: what they are answered, by their headers
            (names in lower case).
    """

    kind: str
    title: str
    connecting: str
    secret: str | None
    settings: Mapping[str, Any]
    verify: Callable[[Delivery, Sequence[str], Mapping[str, Any]], None]
    translate: Callable[[Delivery, Mapping[str, Any]], Iterable[Said]]
    reply: Callable[[Delivery, Mapping[str, Any], Tally], Reply] = plain_reply
    once: Callable[[Delivery], str | None] | None = None
    certificate: Callable[[Delivery, Mapping[str, Any]], str | None] | None = None
    misfits: Callable[[Mapping[str, Any]], Sequence[Misfit]] = none_misfit
    needs_secret: Callable[[Mapping[str, Any]], bool] = always
    handshake: Callable[[Mapping[str, str]], Reply] | None = None
