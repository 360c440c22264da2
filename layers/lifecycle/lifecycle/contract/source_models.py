"""The bodies of requests about outside systems, as they stand on the wire."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, StrictStr, WithJsonSchema

from lifecycle.contract.models import Body, Label
from lifecycle.contract.refusals import RefusedValueError

_MOST_SECRET = 4096
_MOST_HOURS = 14 * 24


def _read_secret(text: str) -> str:
    if not 1 <= len(text) <= _MOST_SECRET or text != text.strip():
        raise RefusedValueError(
            "is empty, too long, or has blanks around it", f"1 to {_MOST_SECRET} characters, as the system shows it"
        )
    return text


def _read_settings(value: Any) -> Any:
    if not isinstance(value, dict):
        raise RefusedValueError("is not an object", "an object, as GET /sources/kinds describes it")
    return value


Secret = Annotated[StrictStr, AfterValidator(_read_secret), WithJsonSchema({"type": "string", "writeOnly": True})]
#: What a kind's settings may say is not this model's concern: ``GET /sources/kinds`` has all of it.
Settings = Annotated[dict[str, Any], BeforeValidator(_read_settings), WithJsonSchema({"type": "object"})]


class SourceBody(Body):
    """A system to be connected."""

    kind: Label
    """Which system: one of GET /sources/kinds."""
    label: Label | None = None
    """What to call it; by default its kind."""
    secret: Secret | None = None
    """What the system shares with you, for kinds that have a secret. It is kept encrypted and never shown."""
    settings: Settings = Field(default_factory=dict)
    """As its kind describes them."""
    enrichment_secret: Secret | None = None
    """What goes with each question to the hook that settings.enrichment names. It is kept encrypted and never shown."""


class SourceChangeBody(Body):
    """What a connected system is to be like."""

    label: Label
    """What to call it."""
    settings: Settings
    """All of its settings: what is left out has its default."""
    enrichment_secret: Secret | None = None
    """The hook's new secret: needed where settings.enrichment names another address than before."""


class RotationBody(Body):
    """A new secret."""

    secret: Secret
    """The new one."""
    keep_for_hours: Annotated[StrictInt, Field(ge=0, le=_MOST_HOURS)] = 24
    """For how many hours the one before stays valid."""


class PreviewBody(Body):
    """A payload to be tried out."""

    kind: Label
    """Which system it is from."""
    settings: Settings = Field(default_factory=dict)
    """With which settings."""
    payload: Any
    """What the system would send: a JSON value, or a text where it sends something else."""
    content_type: Label | None = None
    """What the payload is, where it is a text: such as text/xml. By default application/json."""
    call: Label | None = None
    """For kinds with several calls (segment): which, such as track."""


class ReplayBody(Body):
    """A part from quarantine, mended."""

    fixed: Any = None
    """The whole part as it should have come; left out, it is read as it came."""


#: Every body, for the document that describes the API.
SOURCE_BODIES: tuple[type[Body], ...] = (SourceBody, SourceChangeBody, RotationBody, PreviewBody, ReplayBody)
