"""What happens to one person (or one cookie), written down in the order in which it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.request import Activity, Decision, Identities, Request


@dataclass(frozen=True, slots=True)
class Happening:
    """What an activity is about, apart from whom it concerns and when it was."""

    type: str
    source: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    direction: str | None = None
    traits: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a decision says, apart from whom it concerns and when it was taken. A merge is with ``other``."""

    action: str
    by: str
    reason: str | None = None
    qualification: Mapping[str, Any] = field(default_factory=dict)
    stage: str | None = None
    event_id: str | None = None
    other: Identities | None = None


class Diary:
    """Collects the requests of one prospect and numbers them.

    An id tells whose entry it is and which one: the same seed writes the same ids, so nothing is counted twice.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self.requests: list[Request] = []

    def tell(self, at: datetime, who: Identities, what: Happening) -> str:
        """Write down an activity; returns its id."""
        entry = Activity(self._next_id(), what.type, at, who, what.direction, what.properties, what.traits, what.source)
        self.requests.append(entry)
        return entry.id

    def rule(self, at: datetime, who: Identities, what: Ruling) -> None:
        """Write down a decision."""
        entry = Decision(
            self._next_id(),
            at,
            who,
            what.action,
            what.by,
            what.reason,
            what.stage,
            what.qualification,
            what.event_id,
            what.other,
        )
        self.requests.append(entry)

    def _next_id(self) -> str:
        return f"{self._key}-{len(self.requests):03d}"
