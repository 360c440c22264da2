"""Problem documents (RFC 9457), and the one place where exceptions become them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from lifecycle.contract.limits import MAX_LISTED_ERRORS
from lifecycle.contract.refusals import (
    BodyTooLargeError,
    CsrfError,
    FieldError,
    InsufficientScopeError,
    InvalidCursorError,
    InvalidRequestError,
    MalformedBodyError,
    UnauthenticatedError,
    WriteKeyMissingError,
    WrongCredentialError,
    pointer,
)
from lifecycle.services.errors import (
    AlreadyInForceError,
    BareVisitorsError,
    DaysReversedError,
    DraftChangedError,
    DraftNotFoundError,
    DraftPublishedError,
    EmailKnownError,
    EventNotFoundError,
    FunnelBusyError,
    InvalidDefinitionError,
    InvalidSettingsError,
    IssuerUnreachableError,
    JobNotFoundError,
    KeyNotFoundError,
    KeysBusyError,
    LifecycleError,
    NoIssuerError,
    NoSecretError,
    NotInForceYetError,
    NotMergedError,
    PartNotFoundError,
    ProspectAbsorbedError,
    ProspectErasedError,
    ProspectNotFoundError,
    QualificationMissingError,
    ReportSettingsBusyError,
    SamePersonError,
    ScopesNotHeldError,
    SecretNeededError,
    SelfMergeError,
    SignatureNotFoundError,
    SignaturesMissingError,
    SignInNotBegunError,
    SignInRefusedError,
    SourceNotFoundError,
    SourcesBusyError,
    StaleDraftError,
    StillUnreadableError,
    TeamSignedError,
    ThrottledError,
    TooBusyError,
    TooLateToCancelError,
    TooManyPeriodsError,
    UnknownKindError,
    UnknownReadyMadeError,
    UnknownStageError,
    UnknownSubStatusError,
    VersionCancelledError,
    VersionNotFoundError,
    VersionPendingError,
)
from lifecycle.services.outside import OutsideError
from lifecycle.sources.source import RefusedDeliveryError
from lifecycle.store.deadline import OutOfTimeError

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
    UnauthenticatedError: ProblemType("unauthenticated", 401, "The request has no valid key or token"),
    InsufficientScopeError: ProblemType("insufficient-scope", 403, "The caller may not do this"),
    ScopesNotHeldError: ProblemType("scope-not-held", 403, "A key cannot give what it does not have"),
    KeyNotFoundError: ProblemType("key-not-found", 404, "There is no such API key"),
    ProspectNotFoundError: ProblemType("prospect-not-found", 404, "There is no such prospect"),
    ProspectErasedError: ProblemType("prospect-erased", 410, "The prospect was erased"),
    ProspectAbsorbedError: ProblemType("prospect-absorbed", 409, "The prospect was merged into another one"),
    EmailKnownError: ProblemType("email-known", 409, "The prospect's email is known"),
    NotMergedError: ProblemType("not-merged", 409, "The prospects are not merged"),
    BodyTooLargeError: ProblemType("body-too-large", 413, "The request is too large"),
    InvalidRequestError: INVALID,
    UnknownStageError: ProblemType("unknown-stage", 422, "There is no such stage"),
    UnknownSubStatusError: ProblemType("unknown-status", 422, "The stage has no such status"),
    QualificationMissingError: ProblemType("qualification-missing", 422, "The stage requires more qualification"),
    EventNotFoundError: ProblemType("event-not-found", 422, "The event cannot be withdrawn"),
    SelfMergeError: ProblemType("self-merge", 422, "A prospect cannot be merged with itself"),
    BareVisitorsError: ProblemType("bare-visitors", 422, "Two cookies cannot be merged with each other"),
    InvalidDefinitionError: ProblemType("invalid-definition", 422, "The definition cannot be used"),
    UnknownReadyMadeError: ProblemType("ready-made-not-found", 404, "There is no such ready definition"),
    DraftNotFoundError: ProblemType("draft-not-found", 404, "There is no such draft"),
    SignatureNotFoundError: ProblemType("signature-not-found", 404, "There is no such signature"),
    VersionNotFoundError: ProblemType("version-not-found", 404, "There is no such version"),
    JobNotFoundError: ProblemType("job-not-found", 404, "There is no such simulation or re-evaluation"),
    DraftChangedError: ProblemType("draft-changed", 409, "The draft has another content"),
    DraftPublishedError: ProblemType("draft-published", 409, "The draft became a version"),
    StaleDraftError: ProblemType("draft-stale", 409, "Another version came into force since the draft was made"),
    SamePersonError: ProblemType("same-person", 409, "One person cannot sign for both teams"),
    TeamSignedError: ProblemType("team-signed", 409, "Somebody else has signed for this team"),
    SignaturesMissingError: ProblemType("signatures-missing", 409, "The draft is not signed by both teams"),
    VersionPendingError: ProblemType("version-pending", 409, "Another version is about to come into force"),
    AlreadyInForceError: ProblemType("already-in-force", 409, "The version is in force"),
    NotInForceYetError: ProblemType("not-in-force-yet", 409, "The version is not in force yet"),
    TooLateToCancelError: ProblemType("too-late-to-cancel", 409, "The version cannot be called off any more"),
    VersionCancelledError: ProblemType("version-cancelled", 409, "The version was called off"),
    RefusedDeliveryError: ProblemType("delivery-refused", 401, "The delivery is not proven"),
    WriteKeyMissingError: ProblemType("write-key-missing", 401, "The request names no source"),
    SourceNotFoundError: ProblemType("source-not-found", 404, "There is no such source"),
    PartNotFoundError: ProblemType("part-not-found", 404, "There is no such part in quarantine"),
    SourcesBusyError: ProblemType("source-changed", 409, "The source was changed meanwhile"),
    UnknownKindError: ProblemType("unknown-kind", 422, "There is no such kind of source"),
    SecretNeededError: ProblemType("secret-needed", 422, "The kind of source needs a secret"),
    NoSecretError: ProblemType("no-secret", 422, "The kind of source has no secret"),
    InvalidSettingsError: ProblemType("invalid-settings", 422, "The settings are not what the kind takes"),
    StillUnreadableError: ProblemType("still-unreadable", 422, "The part cannot be read"),
    OutsideError: UNAVAILABLE,
    ThrottledError: ProblemType("too-many-requests", 429, "There are too many requests"),
    FunnelBusyError: UNAVAILABLE,
    KeysBusyError: UNAVAILABLE,
    ReportSettingsBusyError: UNAVAILABLE,
    DaysReversedError: INVALID,
    TooManyPeriodsError: ProblemType("too-many-periods", 422, "The report would be too long"),
    TooBusyError: UNAVAILABLE,
    OutOfTimeError: UNAVAILABLE,
    WrongCredentialError: ProblemType("wrong-credential", 401, "The route takes another kind of credential"),
    CsrfError: ProblemType("csrf", 403, "The request may have come from another site's page"),
    SignInRefusedError: ProblemType("sign-in-refused", 401, "Nobody can sign in with this"),
    SignInNotBegunError: ProblemType("sign-in-not-begun", 400, "The browser has begun no such sign-in"),
    NoIssuerError: ProblemType("no-issuer", 404, "There is no issuer to sign in with"),
    IssuerUnreachableError: UNAVAILABLE,
    LifecycleError: INVALID,
}


#: What a sender is told whose delivery is refused: which part of its proof, and nothing that would help to forge one.
_REFUSALS = {
    "missing": "The request lacks the signature or the credentials by which this source is verified.",
    "mismatch": "The signature or the credentials do not fit. Compare the secret at both sides.",
    "stale": "The signature is too old, or from the future. Check the sender's clock.",
    "replayed": "The signature was used before, for something else.",
    "foreign": "The request is from another account, organisation or topic than this source is for.",
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
    if isinstance(error, InvalidDefinitionError):
        return _listing(kind, list(_definition_errors(error)))
    if isinstance(error, RefusedDeliveryError):
        return Problem(kind, _REFUSALS[error.reason])
    return Problem(kind, str(error), _members_of(error), _headers_of(error))


def _headers_of(error: Exception) -> Mapping[str, str]:
    """What the status asks for in a header."""
    match error:
        case UnauthenticatedError() | WrongCredentialError() | SignInRefusedError():
            # RFC 9110, section 11.6.1: a 401 names the scheme that would do.
            return {"WWW-Authenticate": "Bearer"}
        case ThrottledError():
            return {"Retry-After": str(error.retry_after)}
        case InsufficientScopeError():
            # RFC 6750, section 3.1.
            return {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{" ".join(error.needed)}"'}
    return {}


def _members_of(error: Exception) -> Mapping[str, Any]:
    """What a client can act on without reading the words."""
    members: Mapping[str, Any] = {}
    match error:
        case ProspectAbsorbedError():
            members = {"survivor": error.survivor}
        case QualificationMissingError():
            members = {"errors": [found._asdict() for found in _qualification_errors(error)]}
        case DraftChangedError():
            members = {"content_hash": error.content_hash}
        case SignaturesMissingError():
            members = {"missing": list(error.teams)}
        case InsufficientScopeError():
            members = {"needed": list(error.needed), "scopes": list(error.held)}
        case InvalidSettingsError():
            members = {"errors": [{"field": f"/settings{where}", "reason": what} for where, what in error.problems]}
        case ScopesNotHeldError():
            members = {"not_held": list(error.scopes)}
    return members


def _definition_errors(error: InvalidDefinitionError) -> Iterator[FieldError]:
    for found in error.problems:
        yield FieldError(f"/definition{found.where}", found.reason, found.expected)


def _qualification_errors(error: QualificationMissingError) -> Iterator[FieldError]:
    for key, label in error.missing:
        yield FieldError(pointer(("qualification", key)), "is not answered, or not met", f"an answer to: {label}")


def _is_passing(error: Exception) -> bool:
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code") in _PASSING
    return isinstance(error, HTTPClientError | NoConnectionError)


def invalid(error: InvalidRequestError) -> Problem:
    """The problem of a request, or of one entry of a batch, that is not acceptable."""
    return _listing(INVALID, error.errors)


def _listing(kind: ProblemType, errors: Sequence[FieldError]) -> Problem:
    """A problem of many things that are wrong: the first ones, and how many more there are."""
    listed = errors[:MAX_LISTED_ERRORS]
    more = len(errors) - len(listed)
    detail = " ".join([_sentence(listed[0]), *([f"{len(errors)} problems in all."] if len(listed) > 1 else [])])
    members: dict[str, Any] = {"errors": [listed_error._asdict() for listed_error in listed]}
    return Problem(kind, detail, {**members, "omitted": more} if more else members)


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
