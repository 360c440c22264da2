"""The documents that the API answers with about the funnel. ``encode_funnel`` makes them."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on


class SignatureAnswer(TypedDict):
    """One owner's word for an exact content."""

    team: Literal["marketing", "sales"]
    by: str
    signed_at: str
    content_hash: str


class ScheduledAnswer(TypedDict):
    """A version that is about to come into force."""

    version: int
    effective_at: str


class FunnelAnswer(TypedDict):
    """The funnel in force."""

    version: int
    """Version 1 is the default, which is in force until another one is published."""
    content_hash: str
    """Of the definition, whatever the order of its fields: the same content has the same hash."""
    definition: dict[str, Any]
    """As GET /funnel/schema.json describes it."""
    signatures: list[SignatureAnswer]
    """Those that it was published on."""
    effective_at: str | None
    """Null for the default."""
    published_at: str | None
    published_by: str | None
    next: ScheduledAnswer | None
    """The version that is scheduled, if any."""


class VersionEntry(TypedDict):
    """A version of the funnel, without its definition."""

    version: int
    content_hash: str
    name: str
    effective_at: str | None
    """Null for the default."""
    published_at: str | None
    published_by: str | None
    reason: str | None
    """Why it was brought back, if it was."""
    in_force: bool
    restores: int | None
    """The earlier version that it brings back."""
    cancelled_at: str | None
    """When it was called off before it came into force."""
    signatures: list[SignatureAnswer]


class VersionsAnswer(TypedDict):
    """All versions, newest first."""

    versions: list[VersionEntry]


class VersionAnswer(VersionEntry):
    """A version of the funnel."""

    definition: dict[str, Any]
    changes: list[str]
    """What it changed against the version before it."""


class PublicationAnswer(TypedDict):
    """A version that was published."""

    version: int
    content_hash: str
    effective_at: str
    reevaluation_id: str | None
    """The job that evaluates all prospects anew; null until the version comes into force."""
    warnings: list[str]
    """What happens to prospects in stages that the version does not have."""


class SettingsAnswer(TypedDict):
    """How the workspace treats its funnel."""

    signatures_required: bool
    """Whether publishing takes the signatures of both marketing and sales."""


class FindingAnswer(TypedDict):
    """Something to be said of a definition."""

    where: str
    """A JSON pointer into the definition."""
    reason: str
    expected: str


class CheckedDraftAnswer(TypedDict):
    """A draft that was found good."""

    draft_id: str
    content_hash: str
    """Of the definition, whatever the order of its fields: the same content has the same hash."""
    warnings: list[FindingAnswer]
    """What is allowed and may be a mistake."""
    changes: list[str]
    """What it changes against the version in force."""


class DraftEntry(TypedDict):
    """A draft, without its definition."""

    draft_id: str
    name: str
    content_hash: str
    signatures: list[SignatureAnswer]
    based_on: int
    """The version in force that it was compared with last; it can be published while that is in force."""
    created_by: str
    created_at: str
    updated_at: str
    published_as: int | None
    """The version that it became."""


class DraftsAnswer(TypedDict):
    """All drafts, the last changed first."""

    drafts: list[DraftEntry]


class DraftAnswer(DraftEntry):
    """A draft, checked and compared as of now."""

    definition: dict[str, Any]
    problems: list[FindingAnswer]
    """Why it could not be published as it is."""
    warnings: list[FindingAnswer]
    """What is allowed and may be a mistake."""
    changes: list[str]
    """What it changes against the version in force."""


class SignaturesAnswer(TypedDict):
    """Who has signed a draft."""

    draft_id: str
    content_hash: str
    signatures: list[SignatureAnswer]


class ReadyMadeEntry(TypedDict):
    """A ready definition, in short."""

    name: str
    """Its name in the path."""
    title: str
    description: str
    stages: list[str]
    """The labels of its stages."""


class GalleryAnswer(TypedDict):
    """The ready definitions."""

    definitions: list[ReadyMadeEntry]


class ReadyMadeAnswer(ReadyMadeEntry):
    """A ready definition."""

    definition: dict[str, Any]
