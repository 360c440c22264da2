"""From what the funnel's use cases result in to the documents that the API answers with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lifecycle.contract import funnel_answers as answers
from lifecycle.contract.json_numbers import json_value
from lifecycle.contract.times import format_time
from lifecycle.services.funnel_results import (
    ComparedVersion,
    DraftView,
    FunnelView,
    Publication,
    VersionView,
)
from lifecycle.store.funnel_records import DraftRecord, Signature

if TYPE_CHECKING:
    from lifecycle.funnel.form.document import Problem


def encode_funnel(view: FunnelView) -> answers.FunnelAnswer:
    """The funnel in force."""
    in_force, upcoming = view.in_force, view.next
    return {
        "version": in_force.version,
        "content_hash": in_force.content_hash,
        "definition": json_value(in_force.definition),
        "signatures": _signatures(in_force.signatures),
        "effective_at": _time_or_none(in_force.effective_at),
        "published_at": _time_or_none(in_force.published_at),
        "published_by": in_force.published_by,
        "next": None
        if upcoming is None or upcoming.effective_at is None
        else {"version": upcoming.version, "effective_at": format_time(upcoming.effective_at)},
    }


def encode_versions(versions: Iterable[VersionView]) -> answers.VersionsAnswer:
    """All versions, without their definitions."""
    return {"versions": [_version_entry(version) for version in versions]}


def encode_version(compared: ComparedVersion) -> answers.VersionAnswer:
    """A version, with what it changed."""
    return {
        **_version_entry(compared.version),
        "definition": json_value(compared.version.definition),
        "changes": list(compared.changes),
    }


def _version_entry(version: VersionView) -> answers.VersionEntry:
    return {
        "version": version.version,
        "content_hash": version.content_hash,
        "name": _title(version.definition),
        "effective_at": _time_or_none(version.effective_at),
        "published_at": _time_or_none(version.published_at),
        "published_by": version.published_by,
        "reason": version.reason,
        "in_force": version.in_force,
        "restores": version.restores,
        "cancelled_at": _time_or_none(version.cancelled_at),
        "signatures": _signatures(version.signatures),
    }


def encode_publication(publication: Publication) -> answers.PublicationAnswer:
    """A version that was published."""
    return {
        "version": publication.version,
        "content_hash": publication.content_hash,
        "effective_at": format_time(publication.effective_at),
        "reevaluation_id": publication.reevaluation_id,
        "warnings": list(publication.warnings),
    }


def encode_settings(*, signatures_required: bool) -> answers.SettingsAnswer:
    """How the workspace treats its funnel."""
    return {"signatures_required": signatures_required}


def encode_checked_draft(view: DraftView) -> answers.CheckedDraftAnswer:
    """A draft that was made or changed."""
    return {
        "draft_id": view.draft.draft_id,
        "content_hash": view.draft.content_hash,
        "warnings": _findings(view.judgement.warnings),
        "changes": list(view.judgement.changes),
    }


def encode_drafts(drafts: Iterable[DraftRecord]) -> answers.DraftsAnswer:
    """All drafts, without their definitions."""
    return {"drafts": [_draft_entry(draft) for draft in drafts]}


def encode_draft(view: DraftView) -> answers.DraftAnswer:
    """A draft, as it is judged now."""
    return {
        **_draft_entry(view.draft),
        "definition": json_value(view.draft.definition),
        "problems": _findings(view.judgement.problems),
        "warnings": _findings(view.judgement.warnings),
        "changes": list(view.judgement.changes),
    }


def _draft_entry(draft: DraftRecord) -> answers.DraftEntry:
    return {
        "draft_id": draft.draft_id,
        "name": _title(draft.definition),
        "content_hash": draft.content_hash,
        "signatures": _signatures(draft.signatures),
        "based_on": draft.based_on,
        "created_by": draft.created_by,
        "created_at": format_time(draft.created_at),
        "updated_at": format_time(draft.updated_at),
        "published_as": draft.published_as,
    }


def encode_signatures(draft: DraftRecord) -> answers.SignaturesAnswer:
    """Who has signed a draft."""
    return {
        "draft_id": draft.draft_id,
        "content_hash": draft.content_hash,
        "signatures": _signatures(draft.signatures),
    }


def encode_gallery(definitions: Mapping[str, Mapping[str, Any]]) -> answers.GalleryAnswer:
    """The ready definitions, in short."""
    return {"definitions": [_ready_made_entry(name, definition) for name, definition in definitions.items()]}


def encode_ready_made(name: str, definition: Mapping[str, Any]) -> answers.ReadyMadeAnswer:
    """A ready definition."""
    return {**_ready_made_entry(name, definition), "definition": json_value(definition)}


def _ready_made_entry(name: str, definition: Mapping[str, Any]) -> answers.ReadyMadeEntry:
    return {
        "name": name,
        "title": _title(definition),
        "description": str(definition.get("description", "")),
        "stages": [str(stage.get("label", stage["key"])) for stage in definition["stages"]],
    }


def _title(definition: Mapping[str, Any]) -> str:
    return str(definition.get("name", ""))


def _signatures(signatures: Iterable[Signature]) -> list[answers.SignatureAnswer]:
    return [
        {
            "team": signature.team,
            "by": signature.by,
            "signed_at": format_time(signature.signed_at),
            "content_hash": signature.content_hash,
        }
        for signature in signatures
    ]


def _findings(problems: Iterable[Problem]) -> list[answers.FindingAnswer]:
    return [{"where": problem.where, "reason": problem.reason, "expected": problem.expected} for problem in problems]


def _time_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
