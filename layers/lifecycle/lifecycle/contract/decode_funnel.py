"""From the bodies of requests about the funnel to values: a definition, a signature, a publication."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from lifecycle.contract.body import media_type, read_json, read_text
from lifecycle.contract.funnel_models import (
    DraftBody,
    DraftChangeBody,
    PublicationBody,
    RollbackBody,
    SettingsBody,
    SignatureBody,
    SimulationBody,
)
from lifecycle.contract.limits import MAX_DEFINITION_BODY_BYTES
from lifecycle.contract.refusals import FieldError, InvalidRequestError, MalformedBodyError
from lifecycle.contract.route import YAML_TYPES
from lifecycle.contract.validation import validate
from lifecycle.contract.values import DEFINITION
from lifecycle.funnel.form.document import DefinitionSyntaxError, read_yaml
from lifecycle.services.publishing import When
from lifecycle.store.funnel_records import Team

#: Where a definition stands in a body.
_FIELD = "definition"


class DraftRequest(NamedTuple):
    """What a draft is to say, and who says so."""

    definition: Any
    by: str


class ChangeRequest(NamedTuple):
    """What a draft is to say, and the hash of the content that this replaces (``None``: any)."""

    definition: Any
    seen: str | None


class SignatureRequest(NamedTuple):
    """Who signs for which team, and the hash of the content that is signed (``None``: what is there)."""

    team: Team
    by: str | None
    seen: str | None


class PublicationRequest(NamedTuple):
    """When a draft comes into force, who says so, and the hash of the content (``None``: what is there)."""

    when: When
    by: str
    seen: str | None


class RollbackRequest(NamedTuple):
    """When an earlier version comes back, who says so and why."""

    when: When
    by: str
    reason: str | None


def read_draft(event: Mapping[str, Any]) -> Any:
    """Read the body of a request with a definition, in JSON or in YAML.

    A body of YAML is the object that JSON would have, or the definition alone.

    Raises:
        MalformedBodyError: there is no body, or it is neither JSON nor YAML.
        BodyTooLargeError: it is larger than that of any definition that could be kept.
    """
    if media_type(event) not in YAML_TYPES:
        return _read_json(event)
    try:
        value = read_yaml(read_text(event, MAX_DEFINITION_BODY_BYTES))
    except DefinitionSyntaxError as error:
        raise MalformedBodyError(f"The body is not YAML that can be read: {error}") from None
    return value if isinstance(value, dict) and _FIELD in value else {_FIELD: value}


def _read_json(event: Mapping[str, Any]) -> Any:
    try:
        return read_json(event, MAX_DEFINITION_BODY_BYTES)
    except MalformedBodyError as error:
        raise MalformedBodyError(f"{error} If it is YAML, say so: Content-Type: {YAML_TYPES[0]}.") from None


def decode_draft(value: Any, actor: str, now: datetime) -> DraftRequest:
    """Read a new draft.

    Arguments:
        value: as ``read_draft`` read it.
        actor: the caller, who makes it unless the body says who.
        now: the present.

    Raises:
        InvalidRequestError: with everything that is wrong with the request. What is wrong with the definition itself is
            for the use case to say.
    """
    body = validate(DraftBody, value, now, DEFINITION)
    return DraftRequest(_definition(body.definition), body.by or actor)


def decode_draft_change(value: Any, now: datetime) -> ChangeRequest:
    """Read a draft's new content. Raises InvalidRequestError, as ``decode_draft``."""
    body = validate(DraftChangeBody, value, now, DEFINITION)
    return ChangeRequest(_definition(body.definition), body.content_hash)


def _definition(given: Any) -> Any:
    """A definition, of whatever form it is: out of its YAML, if it is text."""
    if not isinstance(given, str):
        return given
    try:
        return read_yaml(given)
    except DefinitionSyntaxError as error:
        raise InvalidRequestError(
            [FieldError(f"/{_FIELD}", f"is not YAML that can be read: {error}", "an object, or YAML of one in a text")]
        ) from None


def decode_signature(value: Any, now: datetime) -> SignatureRequest:
    """Read a signature. Raises InvalidRequestError with everything that is wrong."""
    body = validate(SignatureBody, value, now)
    return SignatureRequest(body.team, body.by, body.content_hash)


def signer(named: str | None, person: str | None) -> str:
    """Who signs.

    Arguments:
        named: whom the request names.
        person: who has signed in, and signs by no other name; ``None`` for a key, whose holder says who signs.

    Raises:
        InvalidRequestError: the request names nobody, or somebody else than who signed in.
    """
    if named not in (None, person or named):
        raise InvalidRequestError(
            [FieldError("/by", "names somebody else than who signed in", "your own name, or leave it out")]
        )
    who = person or named
    if who is None:
        raise InvalidRequestError([FieldError("/by", "is missing", "who signs: a person's name or email")])
    return who


def decode_publication(value: Any, actor: str, now: datetime) -> PublicationRequest:
    """Read when a draft comes into force. Raises InvalidRequestError with everything that is wrong."""
    body = validate(PublicationBody, value, now)
    return PublicationRequest(When(now, body.effective_at), body.by or actor, body.content_hash)


def decode_rollback(value: Any, actor: str, now: datetime) -> RollbackRequest:
    """Read when and why a version comes back. Raises InvalidRequestError with everything that is wrong."""
    body = validate(RollbackBody, value, now)
    return RollbackRequest(When(now, body.effective_at), body.by or actor, body.reason)


def decode_settings(value: Any, now: datetime) -> bool:
    """Read whether publishing takes signatures. Raises InvalidRequestError with everything that is wrong."""
    return validate(SettingsBody, value, now).signatures_required


def decode_simulation(value: Any, actor: str, now: datetime) -> str:
    """Read who tries a draft. Raises InvalidRequestError with everything that is wrong."""
    return validate(SimulationBody, value, now).by or actor
