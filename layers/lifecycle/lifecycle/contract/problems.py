"""Problem documents (RFC 9457), and the one place where exceptions become them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from lifecycle.contract.limits import MAX_LISTED_ERRORS
from lifecycle.contract.refusals import (
    BodyTooLargeError,
    FieldError,
    InvalidCursorError,
    InvalidRequestError,
    MalformedBodyError,
    UnauthenticatedError,
)
from lifecycle.services.errors import (
    BareVisitorsError,
    EmailKnownError,
    EventNotFoundError,
    LifecycleError,
    NotMergedError,
    ProspectAbsorbedError,
    ProspectNotFoundError,
    SelfMergeError,
    TooBusyError,
    UnknownStageError,
)

CONTENT_TYPE = "application/problem+json"

_RETRY_AFTER_SECONDS = "1"

#: The errors of DynamoDB that pass by themselves (AWS, "Error handling with DynamoDB": errors to retry).
_PASSING = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)


class ProblemType(NamedTuple):
    """A kind of problem. ``slug`` is the last part of its ``type``, which clients may compare and need not resolve."""

    slug: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        """The ``type`` of its documents."""
        return f"urn:prospect-lifecycle:problem:{self.slug}"


class Problem(NamedTuple):
    """One occurrence of a problem, ready to be answered."""

    kind: ProblemType
    detail: str
    members: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}

    @property
    def document(self) -> dict[str, Any]:
        """The problem document."""
        return {
            "type": self.kind.uri,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            **self.members,
        }


INVALID = ProblemType("invalid-request", 422, "The request is not acceptable")
NO_SUCH_ROUTE = ProblemType("no-such-route", 404, "There is nothing at this path")
METHOD_NOT_ALLOWED = ProblemType("method-not-allowed", 405, "This path takes other methods")
UNAVAILABLE = ProblemType("unavailable", 503, "The service is busy")
INTERNAL = ProblemType("internal", 500, "The service failed")

#: Which kind of problem an exception is. Subclasses follow their base.
KINDS: Mapping[type[Exception], ProblemType] = {
    MalformedBodyError: ProblemType("malformed-body", 400, "The body cannot be read"),
    InvalidCursorError: ProblemType("invalid-cursor", 400, "The cursor is not valid here"),
    UnauthenticatedError: ProblemType("unauthenticated", 401, "The request has no valid API key"),
    ProspectNotFoundError: ProblemType("prospect-not-found", 404, "There is no such prospect"),
    ProspectAbsorbedError: ProblemType("prospect-absorbed", 409, "The prospect was merged into another one"),
    EmailKnownError: ProblemType("email-known", 409, "The prospect's email is known"),
    NotMergedError: ProblemType("not-merged", 409, "The prospects are not merged"),
    BodyTooLargeError: ProblemType("body-too-large", 413, "The request is too large"),
    InvalidRequestError: INVALID,
    UnknownStageError: ProblemType("unknown-stage", 422, "There is no such stage"),
    EventNotFoundError: ProblemType("event-not-found", 422, "The event cannot be withdrawn"),
    SelfMergeError: ProblemType("self-merge", 422, "A prospect cannot be merged with itself"),
    BareVisitorsError: ProblemType("bare-visitors", 422, "Two cookies cannot be merged with each other"),
    TooBusyError: UNAVAILABLE,
    LifecycleError: INVALID,
}


def problem_of(error: Exception, request_id: str) -> Problem:
    """What to tell the caller about an exception.

    Arguments:
        error: anything that a handler raised, except for a route that was not found.
        request_id: under which the log tells more; told where the caller can do nothing about it.

    Returns:
        The problem. Nothing of an unforeseen exception is in it, for it may hold data or internals.
    """
    kind = next((KINDS[cls] for cls in type(error).__mro__ if cls in KINDS), None)
    if kind is UNAVAILABLE or _is_passing(error):
        detail = str(error) if kind else "The storage is throttling or out of reach. Send the same request again."
        return Problem(UNAVAILABLE, detail, {"request_id": request_id}, {"Retry-After": _RETRY_AFTER_SECONDS})
    if kind is None:
        return Problem(INTERNAL, f"Report the request id {request_id}.", {"request_id": request_id})
    if isinstance(error, InvalidRequestError):
        return invalid(error)
    if isinstance(error, ProspectAbsorbedError):
        return Problem(kind, str(error), {"survivor": error.survivor})
    if isinstance(error, UnauthenticatedError):
        # RFC 9110, section 11.6.1: a 401 names the scheme that would do.
        return Problem(kind, str(error), headers={"WWW-Authenticate": "Bearer"})
    return Problem(kind, str(error))


def _is_passing(error: Exception) -> bool:
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code") in _PASSING
    return isinstance(error, HTTPClientError | NoConnectionError)


def invalid(error: InvalidRequestError) -> Problem:
    """The problem of a request, or of one entry of a batch, that is not acceptable."""
    listed = error.errors[:MAX_LISTED_ERRORS]
    more = len(error.errors) - len(listed)
    detail = " ".join([_sentence(listed[0]), *([f"{len(error.errors)} problems in all."] if len(listed) > 1 else [])])
    members: dict[str, Any] = {"errors": [listed_error._asdict() for listed_error in listed]}
    return Problem(INVALID, detail, {**members, "omitted": more} if more else members)


def _sentence(error: FieldError) -> str:
    return f"{error.field or 'The body'} {error.reason}; expected: {error.expected}."


def no_route(methods: Sequence[str]) -> Problem:
    """The problem of a request that no route takes.

    Arguments:
        methods: those that the requested path takes; none where there is no such path.
    """
    if methods:
        allowed = ", ".join(methods)
        return Problem(METHOD_NOT_ALLOWED, f"This path takes {allowed}.", headers={"Allow": allowed})
    return Problem(NO_SUCH_ROUTE, "This API has no such path. GET /openapi.json lists all there are.")
