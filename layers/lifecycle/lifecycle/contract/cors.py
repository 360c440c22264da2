"""Which pages of other sites a browser lets read our answers (Fetch standard, "HTTP CORS protocol"): those of the
origins that the deployment lists, and no others.

Never any origin, and never with cookies: what a page gets, it gets for the key that it sends itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

#: What requests may carry beyond what any may: the key, the type of a body, and the token of a session.
_REQUEST_HEADERS = "authorization, content-type, x-csrf-token"
#: Seconds for which a browser need not ask again. Chromium takes no more than two hours.
_REMEMBERED = 7200


def origins() -> tuple[str, ...]:
    """The origins that are listed; without a word about them, none."""
    return tuple(filter(None, os.environ.get("CORS_ORIGINS", "").split(",")))


def answer_headers(event: Mapping[str, Any]) -> Mapping[str, str]:
    """What any answer to a request says about who may read it.

    Arguments:
        event: the request, as API Gateway handed it over.
    """
    listed = origins()
    if not listed:
        return {}
    # The answer differs by origin, so no cache may give one's to another (Fetch standard, "CORS protocol and HTTP
    # caches").
    differs = {"Vary": "Origin"}
    origin = _origin(event)
    if origin not in listed:
        return differs
    return {**differs, "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "Retry-After"}


def preflight_headers(event: Mapping[str, Any], methods: Sequence[str]) -> Mapping[str, str]:
    """What the answer to a preflight says beyond that.

    Arguments:
        event: the request that asks beforehand.
        methods: those that its path takes.
    """
    if _origin(event) not in origins():
        return {}
    return {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": _REQUEST_HEADERS,
        "Access-Control-Max-Age": str(_REMEMBERED),
    }


def _origin(event: Mapping[str, Any]) -> str:
    headers = event.get("headers") or {}
    return next((str(value) for name, value in headers.items() if name.lower() == "origin"), "")
