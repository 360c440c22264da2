"""Examples of the contract, as the OpenAPI document shows them. Tests send each through the code that it describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PROSPECT_ID = "pt63neaix7kvmvrriqas6ke46on"

_TRANSITION: Mapping[str, Any] = {
    "sequence": 3,
    "from": "engaged",
    "to": "marketing_qualified",
    "occurred_at": "2026-05-04T09:30:00Z",
    "recorded_at": "2026-05-04T09:30:01.250000Z",
    "cause": "rule",
    "funnel_version": 1,
    "criterion": "a form_submission with properties.form in contact, demo, trial",
    "evidence": ["form-2041"],
    "actor": None,
    "reason": None,
    "cycle": 1,
    "event_id": "form-2041",
    "corrected_by": None,
    "restated_by": None,
    "qualification": {},
    "actions": ["notify_owner"],
}

_CRITERION: Mapping[str, Any] = {
    "sentence": "a linked deal is open",
    "met": False,
    "evidence": [],
    "parts": [],
}

_STATE: Mapping[str, Any] = {
    "prospect_id": PROSPECT_ID,
    "stage": "marketing_qualified",
    "status": "new",
    "since": "2026-05-04T09:30:00Z",
    "due_at": "2026-05-06T09:30:00Z",
    "overdue": False,
    "lead_status": "MQL",
    "lost_reason": None,
    "score": 14,
    "qualification": {"need": {"met": True, "answer": "replacement"}, "budget": {"met": False, "answer": None}},
    "cycle": 1,
    "identities": {"email": ["ann@example.com"], "visitor": ["v-81d2"], "user": [], "crm": {"hubspot": ["151"]}},
    "deals": [],
    "counts": {"activities": 6, "inbound": 5, "outbound": 1, "internal": 0, "automated": 0},
    "first_seen": "2026-04-28T14:02:11Z",
    "last_event": "2026-05-04T09:30:00Z",
    "funnel_version": 1,
}

ACTIVITY: Mapping[str, Any] = {
    "id": "form-2041",
    "type": "form_submission",
    "occurred_at": "2026-05-04T09:30:00Z",
    "identities": {"email": "ann@example.com", "visitor": "v-81d2"},
    "traits": {"company": "Example Ltd"},
    "properties": {"form": "demo"},
    "source": "website",
}

#: Bodies of requests, by the name of their type: each with a title.
REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "ActivityBody": {
        "A form": ACTIVITY,
        "A visit": {"type": "website_visit", "identities": {"visitor": "v-81d2"}, "properties": {"path": "/pricing"}},
        "A click by a mail scanner": {
            "type": "email_click",
            "identities": {"email": "ann@example.com"},
            "automated": True,
        },
    },
    "ActivityBatch": {
        "Two activities": {
            "activities": [
                ACTIVITY,
                {
                    "id": "open-9",
                    "type": "email_open",
                    "occurred_at": "2026-05-04T11:31:00+02:00",
                    "identities": {"email": "ann@example.com"},
                },
            ]
        }
    },
    "DealBody": {
        "An open deal": {
            "status": "open",
            "occurred_at": "2026-05-11T08:00:00Z",
            "name": "Example Ltd, 40 seats",
            "amount": "4800.00",
            "currency": "EUR",
            "pipeline": "new business",
            "contacts": [{"email": "ann@example.com", "role": "decision_maker"}],
        },
        "A lost deal": {"status": "lost", "occurred_at": "2026-05-28T16:20:00Z", "lost_reason": "no budget"},
    },
    "AnyDecisionBody": {
        "Accept": {
            "action": "accept",
            "by": "sales:kim",
            "qualification": {"budget": True, "authority": True, "need": "replacement", "timeline": "this quarter"},
        },
        "Disqualify": {"action": "disqualify", "reason": "a competitor", "by": "sales:kim"},
        "Set a stage": {"action": "set_stage", "stage": "engaged", "reason": "asked to be called next year"},
        "Set a status": {
            "action": "set_stage",
            "stage": "suspect",
            "status": "unresponsive",
            "reason": "five calls, no answer",
        },
        "Withdraw evidence": {"action": "withdraw", "event_id": "form-2041", "reason": "sent by a test"},
        "Merge": {"action": "merge", "prospect_id": "pa2b3c4d5e6f7ghijklmnopqrst", "reason": "same person"},
    },
}

#: Answers, by the name of their type.
ANSWERS: Mapping[str, Any] = {
    "OutcomeAnswer": {
        "event_id": "form-2041",
        "prospect_id": PROSPECT_ID,
        "stage": "marketing_qualified",
        "transition": _TRANSITION,
        "duplicate": False,
    },
    "BatchAnswer": {"accepted": 2, "duplicates": 0, "rejected": []},
    "DealAnswer": {
        "deal_id": "D-77",
        "prospects": [{"prospect_id": PROSPECT_ID, "stage": "opportunity", "transition": None}],
    },
    "ProspectAnswer": _STATE,
    "ProspectsAnswer": {"prospects": [_STATE], "next_cursor": None},
    "TimelineAnswer": {
        "prospect_id": PROSPECT_ID,
        "entries": [{"kind": "transition", **_TRANSITION}],
        "next_cursor": None,
    },
    "ExplanationAnswer": {
        "prospect_id": PROSPECT_ID,
        "stage": "marketing_qualified",
        "since": "2026-05-04T09:30:00Z",
        "cycle": 1,
        "because": _TRANSITION,
        "criterion": {**_CRITERION, "sentence": _TRANSITION["criterion"], "met": True, "evidence": ["form-2041"]},
        "next": [
            {
                "stage": "sales_qualified",
                "label": "Sales qualified",
                "criterion": {**_CRITERION, "sentence": "a decision to accept"},
                "requires": {
                    "sentence": "3 of budget, authority, need, timeline, need among them",
                    "met": False,
                    "missing": [{"key": "budget", "label": "Budget"}, {"key": "timeline", "label": "Timeline"}],
                },
            },
            {"stage": "opportunity", "label": "Opportunity", "criterion": _CRITERION, "requires": None},
        ],
    },
    "HealthAnswer": {"status": "ok"},
}
