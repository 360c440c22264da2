"""The documents that the API answers with about outside systems."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on


class SourceKindAnswer(TypedDict):
    """A kind of outside system."""

    kind: str
    """Its name in POST /sources."""
    title: str
    """What people call it."""
    connecting: str
    """How to connect it there (Markdown)."""
    secret: str | None
    """What secret it shares; null: none."""
    settings: dict[str, Any]
    """The JSON Schema of its settings."""


class SourceKindsAnswer(TypedDict):
    """The outside systems that can be connected."""

    kinds: list[SourceKindAnswer]


class ConnectedSourceAnswer(TypedDict):
    """An outside system that is connected."""

    source_id: str
    """The unguessable part of its URL, which names the workspace."""
    kind: str
    """Which system."""
    label: str
    """What it is called."""
    url: str
    """Where the system is to send."""
    settings: dict[str, Any]
    """As its kind describes them."""
    version: int
    """How often it was changed, from 1."""
    created_at: str
    """When it was connected."""
    created_by: str
    """By whom."""
    last_received_at: str | None
    """When something true came in last, to within a minute; null: never yet."""
    last_refused_at: str | None
    """When something was refused last, to within a minute; null: never yet."""
    quarantined: int
    """How many parts of deliveries could not be read and wait in quarantine."""


class SourcesAnswer(TypedDict):
    """The connected systems of the workspace."""

    sources: list[ConnectedSourceAnswer]


class RotationAnswer(TypedDict):
    """A secret was replaced."""

    previous_valid_until: str
    """Until when the one before is valid as well."""


class QuarantinedAnswer(TypedDict):
    """A part of a delivery that could not be read."""

    part_id: str
    """Its name."""
    received_at: str
    """When it came."""
    why: str
    """What is wrong with it."""
    content_type: str
    """What it is."""
    part: Any
    """The part: JSON where it is, else a text, or `base64:` and its bytes."""


class QuarantineAnswer(TypedDict):
    """A page of the quarantine."""

    parts: list[QuarantinedAnswer]
    next_cursor: str | None
    """For the next page; null at the end."""


class ReplayAnswer(TypedDict):
    """A part was read again."""

    accepted: int
    """How many of its events are new."""
    duplicates: int
    """How many were there already."""


class WaitingAnswer(TypedDict):
    """Something that was named by an id alone."""

    what: Literal["contact", "deal", "link"]
    """A contact without an email, a deal without a contact, or a link that lacks an end."""
    name: str
    """Its identity or id."""
    since: str
    """When it was first named."""
    source_id: str
    """Who named it."""


class UnresolvedAnswer(TypedDict):
    """A page of what waits."""

    waiting: list[WaitingAnswer]
    next_cursor: str | None
    """For the next page; null at the end."""


class SaidAnswer(TypedDict):
    """One thing that a payload says."""

    becomes: Literal["activity", "deal", "link", "erasure", "confirmation", "quarantine"]
    """What it would become."""
    content: dict[str, Any]
    """With what in it."""


class PreviewAnswer(TypedDict):
    """What a payload would become."""

    said: list[SaidAnswer]
