"""The parameters of a path and of a query string."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar, get_args
from urllib.parse import unquote

from lifecycle.contract import fields
from lifecycle.contract.answers import LeadStatus
from lifecycle.contract.limits import DEFAULT_PAGE, MAX_PAGE
from lifecycle.contract.refusals import FieldError, InvalidRequestError, RefusedValueError
from lifecycle.contract.times import parse_time, refuse_future
from lifecycle.events import Identity
from lifecycle.services.errors import KeyNotFoundError, PartNotFoundError, ProspectNotFoundError, SourceNotFoundError

#: The sales view of a prospect (design, section 1).
LEAD_STATUSES: tuple[str, ...] = get_args(LeadStatus)

IDENTITY_PARAMETERS = ("email", "visitor", "user", "crm")

_MOST_DIGITS = 4
_KEY_ID = re.compile("[0-9a-f]{12}")
_SOURCE_ID = re.compile("[A-Za-z0-9_-]{32}")
_PART_ID = re.compile("[0-9a-f]{32}")
#: A path with its query, as a browser would write it (RFC 3986). Neither a second slash nor a backslash comes first,
#: which browsers take for the start of another host.
_LOCAL_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,1023}")
_Value = TypeVar("_Value")


class Filters(NamedTuple):
    """What a list of prospects is narrowed down to; the times bound when they entered their stage."""

    stage: str | None
    lead_status: str | None
    since_from: datetime | None
    since_to: datetime | None


def deal_id(segment: str) -> str:
    """The id of a deal, from its segment of the path.

    Arguments:
        segment: as API Gateway hands it over: a REST API leaves the path percent-encoded, unlike the query string
            (captures in https://github.com/hotsock/voker/pull/8; https://github.com/serverless/serverless/issues/5037).

    Raises:
        InvalidRequestError: it is not UTF-8, empty, too long, or holds control characters.
    """
    try:
        return fields.outside_id(unquote(segment, errors="strict"))
    except UnicodeDecodeError:
        raise InvalidRequestError(
            [FieldError("{deal_id}", "is not UTF-8", "the id percent-encoded in UTF-8 (RFC 3986)")]
        ) from None
    except RefusedValueError as refusal:
        raise InvalidRequestError([FieldError("{deal_id}", refusal.reason, refusal.expected)]) from None


def prospect_id(segment: str) -> str:
    """The id of a prospect, from its segment of the path.

    Raises:
        ProspectNotFoundError: no prospect can have such an id, so none has.
    """
    try:
        return fields.prospect_id(segment)
    except RefusedValueError:
        raise ProspectNotFoundError("id") from None


def key_id(segment: str) -> str:
    """The id of an API key, from its segment of the path. Raises KeyNotFoundError: no key can have such an id."""
    if not _KEY_ID.fullmatch(segment):
        raise KeyNotFoundError
    return segment


def source_id(segment: str) -> str:
    """The id of a source, from its segment of the path. Raises SourceNotFoundError: no source can have such an id."""
    if not _SOURCE_ID.fullmatch(segment):
        raise SourceNotFoundError
    return segment


def part_id(segment: str) -> str:
    """The id of a part in quarantine, from its segment of the path. Raises PartNotFoundError: none can have such an
    id."""
    if not _PART_ID.fullmatch(segment):
        raise PartNotFoundError
    return segment


def local_path(text: str) -> str:
    """A path of this API, where a browser is to go: never to another host.

    Raises:
        RefusedValueError: it is something else.
    """
    if not _LOCAL_PATH.fullmatch(text):
        raise RefusedValueError("is not a path of this API", "a path that begins with one slash, such as /docs")
    return text


def read_query(event: Mapping[str, Any], known: Collection[str]) -> dict[str, str]:
    """The parameters of the query string.

    Arguments:
        event: what API Gateway hands to the function; values are percent-decoded already.
        known: the names that the route knows.

    Raises:
        InvalidRequestError: a name is not known, which would be silently lost, or stands twice.
    """
    values: Mapping[str, list[str]] = event.get("multiValueQueryStringParameters") or {}
    expected = f"one of {', '.join(known)}" if known else "no parameters"
    unknown = [FieldError(_field(name), "is not a parameter here", expected) for name in values if name not in known]
    repeated = [
        FieldError(_field(name), "stands more than once", "each parameter once")
        for name, given in values.items()
        if name in known and len(given) > 1
    ]
    if unknown or repeated:
        raise InvalidRequestError(unknown + repeated)
    return {name: given[0] for name, given in values.items()}


def read_identity(query: Mapping[str, str]) -> Identity | None:
    """The identity that a query looks for.

    Returns:
        The normalised identity; ``None`` where the query names none and filters instead.

    Raises:
        InvalidRequestError: it names several identities, or filters as well, or the identity is not acceptable.
    """
    named = [name for name in IDENTITY_PARAMETERS if name in query]
    if not named:
        return None
    if len(query) > 1:
        others = [name for name in query if name != named[0]]
        raise InvalidRequestError(
            [FieldError(_field(name), f"does not go with {_field(named[0])}", "one identity alone") for name in others]
        )
    name = named[0]
    return read_one(query, name, _IDENTITY_READERS[name])


def _crm_identity(text: str) -> Identity:
    system, colon, value = text.partition(":")
    if not colon:
        raise RefusedValueError("names no CRM", "the CRM and its id with a colon between, such as hubspot:12345")
    return Identity(f"crm:{fields.crm_system(system)}", fields.outside_id(value))


_IDENTITY_READERS: Mapping[str, Callable[[str], Identity]] = {
    "email": lambda text: Identity("email", fields.email(text)),
    "visitor": lambda text: Identity("visitor", fields.outside_id(text)),
    "user": lambda text: Identity("user", fields.outside_id(text)),
    "crm": _crm_identity,
}


def read_filters(query: Mapping[str, str]) -> Filters:
    """The filters of a list of prospects.

    Raises:
        InvalidRequestError: a filter is not acceptable, or the times are the wrong way round.
    """
    filters = Filters(
        stage=read_one(query, "stage", fields.snake_case),
        lead_status=read_one(query, "lead_status", _lead_status),
        since_from=read_one(query, "since_from", parse_time),
        since_to=read_one(query, "since_to", parse_time),
    )
    if filters.since_from and filters.since_to and filters.since_from > filters.since_to:
        raise InvalidRequestError([FieldError("?since_from", "is after since_to", "a time before it")])
    return filters


def read_past_time(query: Mapping[str, str], name: str, present: datetime) -> datetime | None:
    """A time of the query string that is not ahead of the present, ``None`` where it is not given."""
    return read_one(query, name, lambda text: refuse_future(parse_time(text), present))


def read_limit(query: Mapping[str, str], default: int = DEFAULT_PAGE, most: int = MAX_PAGE) -> int:
    """How many entries a page shall have."""
    given = read_one(query, "limit", lambda text: _limit(text, most))
    return default if given is None else given


def _lead_status(text: str) -> str:
    if text not in LEAD_STATUSES:
        raise RefusedValueError("is not a lead status", f"one of {', '.join(LEAD_STATUSES)}")
    return text


def _limit(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and 1 <= int(text) <= most):
        raise RefusedValueError("is not a size of a page", f"a whole number from 1 to {most}")
    return int(text)


def read_one(query: Mapping[str, str], name: str, read: Callable[[str], _Value]) -> _Value | None:
    """One parameter, ``None`` where it is not given.

    Raises:
        InvalidRequestError: ``read`` refuses it.
    """
    if name not in query:
        return None
    try:
        return read(query[name])
    except RefusedValueError as refusal:
        hint = "; write + as %2B in a query" if " " in query[name] else ""
        raise InvalidRequestError([FieldError(_field(name), refusal.reason, refusal.expected + hint)]) from None


def _field(name: str) -> str:
    return "?" + name[:64]
