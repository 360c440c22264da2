"""The headers of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def read_header(event: Mapping[str, Any], name: str) -> str | None:
    """A header of a request, whatever the case of its name; ``None`` where it was not sent.

    Arguments:
        event: what API Gateway hands to a function or to an authorizer.
        name: in lower case.
    """
    headers: Mapping[str, str] = event.get("headers") or {}
    return next((value for given, value in headers.items() if given.lower() == name), None)
