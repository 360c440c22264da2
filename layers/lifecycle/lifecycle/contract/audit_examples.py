"""Examples of the contract about who did what, as the OpenAPI document shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lifecycle.contract.examples import PROSPECT_ID
from lifecycle.contract.key_examples import KEY_ID

_SOURCE: Mapping[str, Any] = {"address": "203.0.113.10", "user_agent": "curl/8.5.0"}

#: Answers, by the name of their type.
ANSWERS: Mapping[str, Any] = {
    "AuditAnswer": {
        "entries": [
            {
                "id": "1f0e5c0d6a7b4c57a1d2c3b4e5f60718",
                "at": "2026-05-04T10:12:03.250000Z",
                "action": "decision.recorded",
                "actor": {"kind": "api_key", "name": "dashboard", "by": "sales:kim"},
                "from": _SOURCE,
                "subject": {"kind": "prospect", "id": PROSPECT_ID},
                "before": {"stage": "marketing_qualified", "status": "new"},
                "after": {"stage": "sales_qualified"},
                "details": {"event_hash": "642ed14117d0be02244bfda55172cb33", "action": "accept"},
                "request_id": "5f0c7a52-8f5f-4d0e-9a3b-6c1d2e3f4a5b",
            },
            {
                "id": "9c1d7e2f3b4a4d5e8f60718293a4b5c6",
                "at": "2026-05-04T09:30:00Z",
                "action": "key.issued",
                "actor": {"kind": "api_key", "name": "first key", "by": None},
                "from": _SOURCE,
                "subject": {"kind": "key", "id": KEY_ID},
                "before": None,
                "after": {"name": "web site", "scopes": ["ingest"], "expires_at": None},
                "details": None,
                "request_id": "0b8f4c1e-2a3d-4e5f-8a9b-0c1d2e3f4a5b",
            },
        ],
        "next_cursor": None,
    }
}
