"""What is wrong with a request: each place, why it was refused, and what would be right.

The words are meant for the caller. They name fields, limits and the values of an enumeration, and never repeat a value
that was sent: it may be an email.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_SHOWN_NAME = 64


class RefusedValueError(ValueError):
    """One value is not acceptable, wherever it stands.

    A ``ValueError``, so that a pydantic validator may raise it (pydantic, "Validators": "Raising validation errors").
    """

    def __init__(self, reason: str, expected: str) -> None:
        self.reason = reason
        self.expected = expected
        super().__init__(f"{reason}; expected: {expected}")


class FieldError(NamedTuple):
    """One thing wrong with a request.

    ``field`` is a JSON pointer into the body (RFC 6901), ``?name`` for a query parameter or ``{name}`` for a path
    parameter. ``reason`` and ``expected`` go on from there: "/identities/email" "is not an email address".
    """

    field: str
    reason: str
    expected: str


class InvalidRequestError(Exception):
    """The request is readable and says something that is not acceptable. Nothing of it was stored."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__(f"{len(self.errors)} fields are not acceptable")


class MalformedBodyError(Exception):
    """The body cannot be read as JSON. The message says why, and is meant for the caller."""


class BodyTooLargeError(Exception):
    """The body holds more bytes or entries than a request may. The message is meant for the caller."""


class InvalidCursorError(Exception):
    """The cursor was not issued for this list, these filters and this caller."""

    def __init__(self) -> None:
        super().__init__(
            "?cursor is not one that this list answered with, for these filters and this caller. "
            "Repeat the request without cursor to start from the beginning, and pass next_cursor on unchanged."
        )


class UnauthenticatedError(Exception):
    """The request reached a function without the workspace that the authorizer vouches for."""

    def __init__(self) -> None:
        super().__init__("Send an API key of your workspace, or a token, as Authorization: Bearer <key or token>.")


class InsufficientScopeError(Exception):
    """The key or the person of the request may not do this.

    Attributes:
        needed: the scopes of which any would do.
        held: those that are there.
    """

    def __init__(self, needed: Sequence[str], held: Sequence[str]) -> None:
        self.needed = tuple(needed)
        self.held = tuple(held)
        wanted = " or ".join(self.needed)
        super().__init__(
            f"This takes the scope {wanted}; whoever sends this request has {', '.join(self.held) or 'none'}."
        )


class WrongCredentialError(Exception):
    """The route is not for this kind of credential: a browser's session opens pages, keys and tokens open the rest."""

    def __init__(self, wanted: str) -> None:
        super().__init__(f"This takes {wanted}.")


class CsrfError(Exception):
    """A browser's cookie came along with a change, and nothing shows that a page of ours asked for it."""

    def __init__(self) -> None:
        super().__init__(
            "This takes a request of our own page; and a change takes the header X-CSRF-Token, with the csrf_token "
            "that GET /session answers with."
        )


def pointer(parts: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901, section 3); names that are long or not printable are shown shortened and escaped."""
    return "".join(f"/{_shown(str(part))}" for part in parts)


def _shown(name: str) -> str:
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in name[:_SHOWN_NAME])
    return (shown + "..." if len(name) > _SHOWN_NAME else shown).replace("~", "~0").replace("/", "~1")


class WriteKeyMissingError(Exception):
    """A call of a tracking SDK names no source."""

    def __init__(self) -> None:
        super().__init__(
            "The request names no source. Send the source's id as the write key: as the user of Basic authentication."
        )
