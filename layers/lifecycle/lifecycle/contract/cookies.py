"""The cookies of a browser that signs in.

The prefix ``__Host-`` has browsers take the cookie over TLS alone, for this very host, and from nobody but it (RFC
6265bis, section 4.1.3.2); on the laptop they take ``localhost`` for safe. No script reads it (HttpOnly). It comes along
when somebody follows a link to us, and with no change that another site asks for (SameSite=Lax).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

SESSION = "__Host-session"
#: Holds the state of a sign-in that is under way.
SIGN_IN = "__Host-sign-in"

_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"


def set_cookie(name: str, value: str, lifetime: timedelta) -> str:
    """The header that has a browser keep a cookie."""
    return f"{name}={value}; Max-Age={int(lifetime.total_seconds())}; {_ATTRIBUTES}"


def clear_cookie(name: str) -> str:
    """The header that has a browser forget a cookie."""
    return f"{name}=; Max-Age=0; {_ATTRIBUTES}"


def read_cookie(event: Mapping[str, Any], name: str) -> str | None:
    """What a cookie of a request holds.

    Returns:
        Its value; ``None`` where there is none, or several, of which nobody can tell the right one.
    """
    found = [value for given, value in _pairs(event) if given == name and value]
    return found[0] if len(found) == 1 else None


def _pairs(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    # A browser that speaks HTTP/2 may send its cookies in several headers (RFC 9113, section 8.2.3).
    headers: Mapping[str, list[str]] = event.get("multiValueHeaders") or {}
    for header, values in headers.items():
        if header.lower() == "cookie":
            for pair in ";".join(values).split(";"):
                name, _, value = pair.partition("=")
                yield name.strip(), value.strip()
