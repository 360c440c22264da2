"""The credential of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SCHEME = "bearer"


def bearer_token(event: Mapping[str, Any]) -> str | None:
    """The token of the ``Authorization`` header (RFC 6750, section 2.1), whatever the case of header and scheme.

    Returns:
        The token, ``None`` without such a header or with another scheme.
    """
    headers = event.get("headers") or {}
    value = next((value for name, value in headers.items() if name.lower() == "authorization"), None) or ""
    scheme, _, token = value.partition(" ")
    return token.strip() or None if scheme.lower() == _SCHEME else None
