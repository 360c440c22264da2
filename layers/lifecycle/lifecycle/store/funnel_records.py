"""What the store keeps of a workspace's funnel: its versions, the drafts, and which version is in force when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

Team = Literal["marketing", "sales"]


class Signature(NamedTuple):
    """One owner's word for a definition: for which team, by whom, when, and for which exact content."""

    team: Team
    by: str
    signed_at: datetime
    content_hash: str


class Term(NamedTuple):
    """From when on a version is in force, until the next one (``None``: from the beginning)."""

    version: int
    effective_at: datetime | None


@dataclass(frozen=True, slots=True)
class FunnelHead:
    """The one record that tells which version is in force when.

    Attributes:
        revision: how often it was written; 0 is not there yet, and stands for the default funnel alone.
        terms: the versions that were, are or will be in force, in order of time; cancelled ones are left out.
        last_version: the highest number that was ever given.
        signatures_required: whether publishing takes both owners' signatures.
    """

    revision: int = 0
    terms: tuple[Term, ...] = (Term(1, None),)
    last_version: int = 1
    signatures_required: bool = True


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """A published version of the funnel. Version 1, the default funnel, is not stored.

    Attributes:
        restores: the earlier version that this one brings back, where it is a rollback.
        cancelled_at: when it was called off before it came into force.
    """

    version: int
    content_hash: str
    definition: Mapping[str, Any]
    signatures: tuple[Signature, ...]
    effective_at: datetime
    published_at: datetime
    published_by: str
    reason: str | None = None
    draft_id: str | None = None
    restores: int | None = None
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """A draft. Its ``signatures`` are for its content: a change drops them.

    Attributes:
        revision: how often it was written; a write replaces the revision that was read.
        based_on: the version that was in force when it was made.
        published_as: the version that it became; it cannot be changed any more.
    """

    draft_id: str
    revision: int
    content_hash: str
    definition: Mapping[str, Any]
    signatures: tuple[Signature, ...]
    based_on: int
    created_by: str
    created_at: datetime
    updated_at: datetime
    published_as: int | None = None
