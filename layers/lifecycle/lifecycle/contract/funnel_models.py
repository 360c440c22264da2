"""The bodies of requests about the funnel, as they stand on the wire. ``decode_funnel`` turns them into values."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, StrictBool, ValidationInfo, WithJsonSchema

from lifecycle.contract.models import Body, Label, OutsideId
from lifecycle.contract.refusals import RefusedValueError
from lifecycle.contract.times import parse_time, refuse_past


def _read_time_ahead(value: Any, info: ValidationInfo) -> datetime:
    """A time that is ahead of the present, which the caller of the validation gives as ``context["now"]``."""
    if not isinstance(value, str):
        raise RefusedValueError("is not a string", "an RFC 3339 time, such as 2026-05-04T09:30:00Z")
    context = info.context or {}
    return refuse_past(parse_time(value), context["now"])


def _read_definition(value: Any) -> Any:
    if not isinstance(value, dict | str):
        raise RefusedValueError("is neither an object nor a text", "a definition, as an object or as YAML in a text")
    return value


TimeAhead = Annotated[
    datetime, BeforeValidator(_read_time_ahead), WithJsonSchema({"type": "string", "format": "date-time"})
]
#: What a definition may say is not this model's concern: ``GET /funnel/schema.json`` has all of it.
Definition = Annotated[
    Any,
    BeforeValidator(_read_definition),
    WithJsonSchema({"anyOf": [{"type": "object"}, {"type": "string", "description": "The same as YAML."}]}),
]


class DraftBody(Body):
    """A funnel to be."""

    definition: Definition
    """The whole funnel, as GET /funnel/schema.json describes it."""
    by: Label | None = None
    """Who makes the draft; by default the name of the API key."""


class DraftChangeBody(Body):
    """A draft's new content."""

    definition: Definition
    """The whole funnel, as GET /funnel/schema.json describes it."""
    content_hash: OutsideId | None = None
    """The hash of the content that is to be changed, as an answer gave it. Without it, whatever is there goes."""


class SignatureBody(Body):
    """One owner's word for what a draft says."""

    team: Literal["marketing", "sales"]
    """For which of the funnel's owners."""
    by: Label | None = None
    """Who signs: a person's name or email. Whoever has signed in signs by their own name, and may leave it out."""
    content_hash: OutsideId | None = None
    """The hash of the content that is signed, as an answer gave it. Without it, the content that the draft has."""


class PublicationBody(Body):
    """When a draft comes into force."""

    effective_at: TimeAhead | None = None
    """When; by default now."""
    by: Label | None = None
    """Who publishes it; by default the name of the API key."""
    content_hash: OutsideId | None = None
    """The hash of the content that is published, as an answer gave it. Without it, the content that the draft has."""


class RollbackBody(Body):
    """When an earlier version comes back, and why."""

    effective_at: TimeAhead | None = None
    """When; by default now."""
    by: Label | None = None
    """Who brings it back; by default the name of the API key."""
    reason: Label | None = None
    """Why."""


class SettingsBody(Body):
    """How the workspace treats its funnel."""

    signatures_required: StrictBool
    """Whether publishing takes the signatures of both marketing and sales."""


class SimulationBody(Body):
    """Who tries a draft."""

    by: Label | None = None
    """Who; by default the name of the API key."""


FUNNEL_BODIES: tuple[type[Body], ...] = (
    DraftBody,
    DraftChangeBody,
    SignatureBody,
    PublicationBody,
    RollbackBody,
    SettingsBody,
    SimulationBody,
)
