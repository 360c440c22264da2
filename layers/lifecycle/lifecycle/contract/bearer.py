"""The credential of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lifecycle.contract.headers import read_header

_SCHEME = "bearer"


def bearer_token(event: Mapping[str, Any]) -> str | None:
    """The token of the ``Authorization`` header (RFC 6750, section 2.1), whatever the case of header and scheme.

    Returns:
        The token, ``None`` without such a header or with another scheme.
    """
    scheme, _, token = (read_header(event, "authorization") or "").partition(" ")
    return token.strip() or None if scheme.lower() == _SCHEME else None
