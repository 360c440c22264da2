"""The body of a request for an API key, as it stands on the wire, and how it is read."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StrictStr, WithJsonSchema

from lifecycle.contract.funnel_models import TimeAhead
from lifecycle.contract.limits import MAX_REQUESTS_PER_SECOND
from lifecycle.contract.models import Body
from lifecycle.contract.refusals import RefusedValueError
from lifecycle.contract.validation import validate
from lifecycle.services.credentials import KEY_NAME
from lifecycle.services.scopes import SCOPES, Scope, in_order


def _read_name(text: str) -> str:
    if not KEY_NAME.fullmatch(text):
        raise RefusedValueError(
            "is not a name of a key",
            "1 to 63 letters, digits, blanks, dots, hyphens and underscores, a letter or digit first",
        )
    return text


def _read_scopes(value: Any) -> tuple[Scope, ...]:
    expected = f"an array of one or more of {', '.join(SCOPES)}"
    if not isinstance(value, list) or not value:
        raise RefusedValueError("is not an array, or an empty one", expected)
    if not all(isinstance(scope, str) and scope in SCOPES for scope in value):
        raise RefusedValueError("holds something that is no scope", expected)
    return in_order(value)


def _read_rate(value: Any) -> int:
    whole = isinstance(value, int | Decimal) and not isinstance(value, bool) and value == int(value)
    if not whole or not 1 <= value <= MAX_REQUESTS_PER_SECOND:
        raise RefusedValueError("is not such a number", f"a whole number from 1 to {MAX_REQUESTS_PER_SECOND}")
    return int(value)


#: Requests a second.
Rate = Annotated[
    int,
    BeforeValidator(_read_rate),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_REQUESTS_PER_SECOND}),
]


class KeyBody(Body):
    """A key to be."""

    name: Annotated[
        StrictStr, AfterValidator(_read_name), WithJsonSchema({"type": "string", "pattern": f"^{KEY_NAME.pattern}$"})
    ]
    """What to call it, in the list, in the logs and as the author of decisions. Not a secret, and not a person."""
    scopes: Annotated[
        tuple[Scope, ...],
        BeforeValidator(_read_scopes),
        WithJsonSchema({"type": "array", "items": {"enum": list(SCOPES)}, "minItems": 1}),
    ]
    """What it may do; nothing that the key of this request may not do."""
    expires_at: TimeAhead | None = None
    """From when on it is refused; by default never."""
    requests_per_second: Rate | None = None
    """How many requests it may make; by default as many as other keys. A batch is one request."""


def decode_key(value: Any, now: datetime) -> KeyBody:
    """Read what key is wanted.

    Arguments:
        value: as ``body.read_json`` read it.
        now: the present.

    Raises:
        InvalidRequestError: with everything that is wrong.
    """
    return validate(KeyBody, value, now)
