"""Examples of the contract about the funnel, as the OpenAPI document shows them. Tests send each through the code that
it describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DRAFT_ID = "6f1c0e8a5d3b4f0c9a7e2b1d4c8f6a35"
CONTENT_HASH = "sha256:9f2c6e1b7a4d3f8e0c5b1a2d4e6f8091a2b3c4d5e6f708192a3b4c5d6e7f8091"
SIMULATION_ID = "simulation-3f9a1c7e5b2d4860"

DEFINITION: Mapping[str, Any] = {
    "name": "Three steps",
    "stages": [
        {"key": "contact", "label": "Contact", "owner": "marketing", "enter_when": {"known": "email"}},
        {
            "key": "in_talks",
            "label": "In talks",
            "owner": "sales",
            "enter_when": {"any": [{"activity": {"type": "meeting"}}, {"deal": {"status": "open"}}]},
        },
        {"key": "won", "label": "Won", "owner": "sales", "enter_when": {"deal": {"status": "won"}}},
    ],
}

YAML = """\
name: Three steps
stages:
  - key: contact
    label: Contact
    owner: marketing
    enter_when: {known: email}
  - key: in_talks
    label: In talks
    owner: sales
    enter_when: {any: [{activity: {type: meeting}}, {deal: {status: open}}]}
  - key: won
    label: Won
    owner: sales
    enter_when: {deal: {status: won}}
"""

#: Bodies of requests, by the name of their type: each with a title.
REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "DraftBody": {"An object": {"definition": DEFINITION, "by": "ann@us.example"}, "YAML": {"definition": YAML}},
    "DraftChangeBody": {"With the content that was seen": {"definition": DEFINITION, "content_hash": CONTENT_HASH}},
    "SignatureBody": {"Marketing": {"team": "marketing", "by": "Ann Miller", "content_hash": CONTENT_HASH}},
    "PublicationBody": {
        "At once": {"by": "Ann Miller"},
        "At a given time": {"effective_at": "2027-01-01T00:00:00Z", "content_hash": CONTENT_HASH},
    },
    "RollbackBody": {"At once": {"by": "Ann Miller", "reason": "too many false alarms"}},
    "SettingsBody": {"Both sign": {"signatures_required": True}},
    "SimulationBody": {"By a person": {"by": "Ann Miller"}},
}

_SIGNATURES = [
    {
        "team": "marketing",
        "by": "Ann Miller",
        "signed_at": "2026-05-04T09:30:00Z",
        "content_hash": CONTENT_HASH,
    },
    {"team": "sales", "by": "Sam Lee", "signed_at": "2026-05-04T11:02:00Z", "content_hash": CONTENT_HASH},
]

_VERSION: Mapping[str, Any] = {
    "version": 2,
    "content_hash": CONTENT_HASH,
    "name": "Three steps",
    "effective_at": "2026-05-05T08:00:03Z",
    "published_at": "2026-05-05T08:00:00Z",
    "published_by": "Ann Miller",
    "reason": None,
    "in_force": True,
    "restores": None,
    "cancelled_at": None,
    "signatures": _SIGNATURES,
}

_DRAFT: Mapping[str, Any] = {
    "draft_id": DRAFT_ID,
    "name": "Three steps",
    "content_hash": CONTENT_HASH,
    "signatures": _SIGNATURES,
    "based_on": 1,
    "created_by": "key:web",
    "created_at": "2026-05-03T15:00:00Z",
    "updated_at": "2026-05-04T08:12:00Z",
    "published_as": None,
}

_WARNINGS = [
    {
        "where": "/stages/1/enter_when",
        "reason": "holds for prospects without an email as well",
        "expected": "known: email beside it, if that is not meant",
    }
]
_CHANGES = ["The stage In talks is new, between Contact and Won."]

_JOB: Mapping[str, Any] = {
    "status": "done",
    "progress": {"done": 1840, "total": 1840, "percent": 100, "segments": {"done": 8, "total": 8}},
    "moves": {"contact": {"in_talks": 61}},
    "moved": 61,
    "stay": 1779,
    "content_hash": CONTENT_HASH,
    "as_of": "2026-05-04T09:00:00Z",
    "created_at": "2026-05-04T09:00:00Z",
    "created_by": "Ann Miller",
    "finished_at": "2026-05-04T09:00:21Z",
    "failure": None,
}

_HISTORY: Mapping[str, Any] = {
    "stages": [
        {
            "stage": "contact",
            "label": "Contact",
            "beside": False,
            "entered": 1840,
            "now": 1500,
            "went_on": 340,
            "time_in_stage": {"median": 864000, "p75": 2592000, "p90": 5184000},
        }
    ],
    "conversion": [{"from": "contact", "to": "in_talks", "entered": 1840, "reached": 340, "rate": 0.1848}],
}

_READY_MADE: Mapping[str, Any] = {
    "name": "minimal",
    "title": "Three steps",
    "description": "The smallest funnel that sells.",
    "stages": ["Contact", "In talks", "Won"],
}

#: Answers, by the name of their type.
ANSWERS: Mapping[str, Any] = {
    "FunnelAnswer": {
        "version": 2,
        "content_hash": CONTENT_HASH,
        "definition": DEFINITION,
        "signatures": _SIGNATURES,
        "effective_at": "2026-05-05T08:00:03Z",
        "published_at": "2026-05-05T08:00:00Z",
        "published_by": "Ann Miller",
        "next": {"version": 3, "effective_at": "2027-01-01T00:00:00Z"},
    },
    "GalleryAnswer": {"definitions": [_READY_MADE]},
    "ReadyMadeAnswer": {**_READY_MADE, "definition": DEFINITION},
    "VersionsAnswer": {"versions": [_VERSION]},
    "VersionAnswer": {**_VERSION, "definition": DEFINITION, "changes": _CHANGES},
    "PublicationAnswer": {
        "version": 2,
        "content_hash": CONTENT_HASH,
        "effective_at": "2026-05-05T08:00:03Z",
        "reevaluation_id": "reevaluation-2",
        "warnings": [],
    },
    "SettingsAnswer": {"signatures_required": True},
    "CheckedDraftAnswer": {
        "draft_id": DRAFT_ID,
        "content_hash": CONTENT_HASH,
        "warnings": _WARNINGS,
        "changes": _CHANGES,
    },
    "DraftsAnswer": {"drafts": [_DRAFT]},
    "DraftAnswer": {
        **_DRAFT,
        "definition": DEFINITION,
        "problems": [],
        "warnings": _WARNINGS,
        "changes": _CHANGES,
    },
    "SignaturesAnswer": {"draft_id": DRAFT_ID, "content_hash": CONTENT_HASH, "signatures": _SIGNATURES},
    "StartedSimulationAnswer": {"simulation_id": SIMULATION_ID},
    "SimulationAnswer": {
        **_JOB,
        "simulation_id": SIMULATION_ID,
        "draft_id": DRAFT_ID,
        "actions": {"notify_owner": 61},
        "history": {"draft": _HISTORY, "in_force": _HISTORY},
    },
    "SimulationsAnswer": {
        "simulations": [
            {
                "simulation_id": SIMULATION_ID,
                "draft_id": DRAFT_ID,
                **{
                    name: _JOB[name]
                    for name in (
                        "status",
                        "content_hash",
                        "as_of",
                        "created_at",
                        "created_by",
                        "finished_at",
                        "failure",
                    )
                },
            }
        ]
    },
    "MovesAnswer": {
        "moves": [
            {
                "prospect_id": "pt63neaix7kvmvrriqas6ke46on",
                "from": "contact",
                "to": "in_talks",
                "because": "one meeting",
            }
        ],
        "next_cursor": None,
    },
    "ReevaluationAnswer": {**_JOB, "reevaluation_id": "reevaluation-2", "version": 2},
}
