"""The body of a request to sign in, as it stands on the wire, and how it is read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import StrictStr, WithJsonSchema

from lifecycle.contract.models import Body
from lifecycle.contract.refusals import FieldError, InvalidRequestError
from lifecycle.contract.validation import validate
from lifecycle.contract.values import SIGN_IN

_Secret = Annotated[StrictStr, WithJsonSchema({"type": "string"})]


class SessionBody(Body):
    """What somebody signs in with: a key or a token."""

    key: _Secret | None = None
    """An API key."""
    token: _Secret | None = None
    """A token of the issuer, which nobody has signed in with before."""


def decode_session(value: Any, now: datetime) -> SessionBody:
    """Read what somebody signs in with.

    Arguments:
        value: as ``body.read_json`` read it.
        now: the present.

    Raises:
        InvalidRequestError: with everything that is wrong.
    """
    body = validate(SessionBody, value, now, SIGN_IN)
    if (body.key is None) is (body.token is None):
        raise InvalidRequestError([FieldError("", "names neither key nor token, or both", "one of key and token")])
    return body
