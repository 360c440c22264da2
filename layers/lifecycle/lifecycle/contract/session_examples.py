"""Examples of the contract about sessions, as the OpenAPI document shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: What the cookie of the sample events holds, and the token that follows from it.
SESSION = "ExampleSessionThatOpensNothing0123456789abc"
CSRF = "b2a71c32915f5872fcae37ee8ad70ee3823700c8ede37614ebb9be582b67abc2"
#: What the sample events bring back from the issuer.
STATE = "ExampleStateOfASignInUnderWay0123456789abcd"
_SIGNED = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJleGFtcGxlIn0.c2lnbmF0dXJl"

#: Bodies of requests, by the name of their type: each with a title.
REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "SessionBody": {
        "With an API key": {"key": "plc_ExampleKeyThatOpensNothing0123456789abcdefg"},
        "With a token": {"token": _SIGNED},
    },
}

#: Answers, by the name of their type.
ANSWERS: Mapping[str, Any] = {
    "SessionAnswer": {
        "workspace": "acme",
        "actor": "ann@example.com",
        "scopes": ["read", "decide", "funnel:write", "funnel:sign:marketing"],
        "expires_at": "2026-05-04T21:30:00Z",
        "csrf_token": CSRF,
    },
}
