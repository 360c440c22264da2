"""Whether a browser was asked by a page of ours, and not by one of somebody else's.

A cookie comes along whichever page asks. So a change takes a token as well, which only our own pages can know; and what
the browser itself says about the page that asks must say that it is ours.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from lifecycle.contract import cookies
from lifecycle.contract.address import own_origin
from lifecycle.contract.headers import read_header
from lifecycle.contract.refusals import CsrfError
from lifecycle.services.sessions import csrf_token_of

#: The header that carries the token.
HEADER = "X-CSRF-Token"

#: Methods that change nothing (RFC 9110, section 9.2.1).
SAFE_METHODS = frozenset({"GET"})


def require_own_page(event: Mapping[str, Any]) -> None:
    """Refuse what another site's page asks for. A client that is no browser says nothing about pages, and passes.

    Raises:
        CsrfError: the browser says that the page is not ours.
    """
    site = read_header(event, "sec-fetch-site")
    if site is not None and site != "same-origin":
        raise CsrfError
    origin = read_header(event, "origin")
    if origin is not None and origin.lower() != own_origin(event):
        raise CsrfError


def require_csrf_token(event: Mapping[str, Any]) -> None:
    """Refuse a change that a cookie alone asks for.

    Raises:
        CsrfError: the page is not ours, or the token is missing or another session's.
    """
    require_own_page(event)
    session, sent = cookies.read_cookie(event, cookies.SESSION), read_header(event, HEADER.lower())
    # compare_digest takes the same time however much of the token is right.
    if not (session and sent and hmac.compare_digest(sent.encode(), csrf_token_of(session).encode())):
        raise CsrfError
