"""Examples of the contract about API keys, as the OpenAPI document shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KEY_ID = "3f9a1c7e5b2d"

#: Bodies of requests, by the name of their type: each with a title.
REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "KeyBody": {
        "For the web site": {"name": "web site", "scopes": ["ingest"]},
        "For a night's import, slowly": {"name": "import", "scopes": ["ingest"], "requests_per_second": 10},
        "For sales, until the end of the year": {
            "name": "dashboard",
            "scopes": ["read", "decide"],
            "expires_at": "2027-01-01T00:00:00Z",
        },
    },
}

_KEY: Mapping[str, Any] = {
    "key_id": KEY_ID,
    "name": "web site",
    "scopes": ["ingest"],
    "created_at": "2026-05-04T09:30:00Z",
    "created_by": "key:first key",
    "expires_at": None,
    "last_used_at": "2026-05-04T11:02:17Z",
    "requests_per_second": None,
}

#: Answers, by the name of their type.
ANSWERS: Mapping[str, Any] = {
    "KeysAnswer": {"keys": [_KEY]},
    "NewKeyAnswer": {**_KEY, "last_used_at": None, "key": "plc_ExampleKeyThatOpensNothing0123456789abcdefg"},
}
