"""The parameters of paths and query strings about the funnel. What cannot be the name of anything names nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lifecycle.contract import fields, parameters
from lifecycle.services.errors import (
    DraftNotFoundError,
    JobNotFoundError,
    SignatureNotFoundError,
    VersionNotFoundError,
)
from lifecycle.services.sign_off import TEAMS
from lifecycle.store.funnel_records import Team

_ID = re.compile(r"[a-z0-9-]{1,64}")
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


def draft_id(segment: str) -> str:
    """The id of a draft. Raises DraftNotFoundError: no draft can have such an id."""
    if not _ID.fullmatch(segment):
        raise DraftNotFoundError
    return segment


def simulation_id(segment: str) -> str:
    """The id of a simulation. Raises JobNotFoundError: no simulation can have such an id."""
    if not _ID.fullmatch(segment):
        raise JobNotFoundError
    return segment


def version(segment: str) -> int:
    """The number of a version. Raises VersionNotFoundError: no version can have such a number."""
    if not _NUMBER.fullmatch(segment):
        raise VersionNotFoundError
    return int(segment)


def team(segment: str) -> Team:
    """The team of a signature. Raises SignatureNotFoundError: nobody can sign for it."""
    if segment not in TEAMS:
        raise SignatureNotFoundError
    return segment


def read_stages(query: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The stages left and entered that a list of moves is narrowed down to.

    Raises:
        InvalidRequestError: one of them cannot be the key of a stage.
    """
    return parameters.read_one(query, "from", fields.snake_case), parameters.read_one(query, "to", fields.snake_case)
