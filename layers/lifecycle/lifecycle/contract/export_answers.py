"""The documents that the API answers with about exports to the lake, and how they are made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from lifecycle.contract.encode_jobs import encode_progress
from lifecycle.contract.job_answers import JobStatus, ProgressAnswer
from lifecycle.contract.times import format_time
from lifecycle.services.exports import ExportView
from lifecycle.store.job_records import JobRecord
from lifecycle.store.lake_tables import LAKE_TABLES


class LakeExportEntry(TypedDict):
    """An export, without its figures."""

    export_id: str
    status: JobStatus
    """Once it is `done`, it is what Athena reads."""
    nightly: bool
    """It was the night's, and nobody asked for it."""
    created_at: str
    """It holds what was recorded before then; of what was recorded while it ran, it may hold some."""
    created_by: str
    finished_at: str | None
    failure: str | None
    """What went wrong."""


class LakeExportAnswer(LakeExportEntry):
    """An export, and how far it is."""

    progress: ProgressAnswer
    events: int
    """Rows of the table of events, so far."""
    transitions: int
    """Rows of the table of transitions, so far."""
    files: int


class LakeExportsAnswer(TypedDict):
    """The exports, newest first."""

    exports: list[LakeExportEntry]


class LakeTablesAnswer(TypedDict):
    """What the tables are called in the database of the deployment (its output `LakeDatabase`)."""

    events: str
    transitions: str


class ExportSettingsAnswer(TypedDict):
    """Whether there is an export each night, and the names of the tables."""

    nightly: bool
    next_at: str | None
    """When the next nightly one is due; null: there is none, or this deployment makes none."""
    tables: LakeTablesAnswer


def encode_export(view: ExportView) -> LakeExportAnswer:
    """An export, and how far it is."""
    return {
        **_entry(view.job),
        "progress": encode_progress(view.progress),
        "events": view.events,
        "transitions": view.transitions,
        "files": view.files,
    }


def encode_exports(jobs: Iterable[JobRecord]) -> LakeExportsAnswer:
    """The exports, without their figures."""
    return {"exports": [_entry(job) for job in jobs]}


def encode_export_settings(workspace: str, *, nightly: bool, next_at: datetime | None) -> ExportSettingsAnswer:
    """The settings of a workspace."""
    events, transitions = (table.name_of(workspace) for table in LAKE_TABLES)
    return {
        "nightly": nightly,
        "next_at": _time(next_at),
        "tables": {"events": events, "transitions": transitions},
    }


def _entry(job: JobRecord) -> LakeExportEntry:
    return {
        "export_id": job.job_id,
        "status": job.status,
        "nightly": job.subject == "nightly",
        "created_at": format_time(job.created_at),
        "created_by": job.created_by,
        "finished_at": _time(job.finished_at),
        "failure": job.failure,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
