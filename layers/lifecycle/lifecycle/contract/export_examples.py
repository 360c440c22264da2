"""Examples of the contract about exports to the lake, as the OpenAPI document shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EXPORT_ID = "export-5d1e8b0c7a3f2946"

#: Bodies of requests, by the name of their type: each with a title.
REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "ExportSettingsBody": {"Each night": {"nightly": True}},
}

_EXPORT: Mapping[str, Any] = {
    "export_id": EXPORT_ID,
    "status": "done",
    "nightly": False,
    "created_at": "2026-05-04T09:30:00Z",
    "created_by": "key:laptop",
    "finished_at": "2026-05-04T09:31:12Z",
    "failure": None,
}

#: Answers, by the name of their type.
ANSWERS: Mapping[str, Any] = {
    "LakeExportAnswer": {
        **_EXPORT,
        "progress": {"done": 8120, "total": 8120, "percent": 100, "segments": {"done": 8, "total": 8}},
        "events": 91402,
        "transitions": 17733,
        "files": 96,
    },
    "LakeExportsAnswer": {"exports": [_EXPORT]},
    "ExportSettingsAnswer": {
        "nightly": True,
        "next_at": "2026-05-05T02:17:00Z",
        "tables": {"events": "events_acme", "transitions": "transitions_acme"},
    },
}
