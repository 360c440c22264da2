"""What the use cases of the funnel answer: plain values, ready to be encoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lifecycle.store.funnel_records import DraftRecord, Signature, Term

if TYPE_CHECKING:
    from lifecycle.funnel.form.document import Problem


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version of the funnel. Version 1, the default, was in force before anybody published anything.

    Attributes:
        in_force: whether it is, at the time of asking.
        restores: the earlier version that it brings back, where it is a rollback.
        cancelled_at: when it was called off before it came into force.
    """

    version: int
    content_hash: str
    definition: Mapping[str, Any]
    signatures: tuple[Signature, ...]
    effective_at: datetime | None
    published_at: datetime | None
    published_by: str | None
    reason: str | None
    restores: int | None
    cancelled_at: datetime | None
    in_force: bool


@dataclass(frozen=True, slots=True)
class ComparedVersion:
    """A version with what it changed against the one before it, in sentences."""

    version: VersionView
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FunnelView:
    """The version in force, and the one that is scheduled, if any."""

    in_force: VersionView
    next: Term | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of a definition.

    Attributes:
        definition: as it would be kept, numbers in one form; of a wrong form, as it was given.
        problems: why it cannot be published; none where it can.
        warnings: what is allowed and may be a mistake.
        changes: what it changes against the version in force, in sentences.
    """

    definition: Any
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft, and what is to be said of it as of now."""

    draft: DraftRecord
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class SignOff:
    """A draft as it is signed now; ``is_new`` is false where the same word had been given before."""

    draft: DraftRecord
    is_new: bool


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing did; ``is_new`` is false where it had been done before.

    Attributes:
        reevaluation_id: the job that evaluates all prospects anew; ``None`` until the version comes into force.
        warnings: what happens to prospects in stages that the version does not have, in sentences.
    """

    version: int
    content_hash: str
    effective_at: datetime
    reevaluation_id: str | None
    warnings: tuple[str, ...]
    is_new: bool
