"""Where browsers reach this API: what its own pages are told apart by, and where an issuer sends people back to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit


def base_url(event: Mapping[str, Any]) -> str:
    """The address to which the paths of the contract are appended.

    The parameter PublicUrl says it, where the API has a name of its own; else API Gateway, by what it was called, and
    that is one of the names that it answers to. A header is never asked: whoever sends the request writes those.

    Raises:
        LookupError: nobody says it.
    """
    given = os.environ.get("PUBLIC_URL", "")
    if given:
        return given.rstrip("/")
    context = event["requestContext"]
    if not context.get("domainName"):
        raise LookupError("nobody says where browsers reach this API: set the parameter PublicUrl")
    return f"https://{context['domainName']}/{context['stage']}"


def own_origin(event: Mapping[str, Any]) -> str:
    """The origin of our own pages, as a browser writes it (RFC 6454, section 7)."""
    parts = urlsplit(base_url(event))
    return f"{parts.scheme}://{parts.netloc}".lower()
