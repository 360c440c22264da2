"""Who calls: the workspace, the key and its scopes that the authorizer vouched for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lifecycle.contract.bearer import bearer_token
from lifecycle.contract.refusals import InsufficientScopeError, UnauthenticatedError
from lifecycle.services.scopes import Scope, granted, in_order
from lifecycle.store.audit_records import Actor, Origin

#: Characters of what a caller says that it is.
_MAX_USER_AGENT = 256


class Caller(NamedTuple):
    """The caller of a request. ``api_key`` is the credential itself: never log it. ``scopes`` are those that it has.

    ``address`` and ``user_agent`` say where it comes from, as API Gateway saw it. ``key_id`` names the key in its
    workspace's list, if it is there. ``requests_per_second`` is what it may make, if that was said of it.
    """

    workspace: str
    key_name: str
    api_key: str
    scopes: tuple[Scope, ...]
    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    key_id: str | None = None
    requests_per_second: int | None = None

    @property
    def origin(self) -> Origin:
        """What the audit trail says of it."""
        return Origin(Actor("api_key", self.key_name), self.address, self.user_agent, self.request_id)


def read_caller(event: Mapping[str, Any]) -> Caller:
    """The caller of a request that the authorizer let through.

    Arguments:
        event: what API Gateway hands to the function; ``requestContext.authorizer`` is the authorizer's context.

    Raises:
        UnauthenticatedError: the context is missing, as on a route that was deployed without its authorizer. A request
            without a workspace must end here, for everything below trusts it.
    """
    request = event["requestContext"]
    context = request.get("authorizer") or {}
    workspace, key_name = context.get("workspace"), context.get("key_name")
    api_key = bearer_token(event)
    if not (workspace and key_name and api_key):
        raise UnauthenticatedError
    # Without scopes, as from an authorizer of an earlier version, a key may do nothing.
    scopes = in_order(str(context.get("scopes") or "").split(","))
    source = request.get("identity") or {}
    user_agent = source.get("userAgent")
    rate = context.get("requests_per_second")
    return Caller(
        workspace,
        key_name,
        api_key,
        scopes,
        address=source.get("sourceIp"),
        user_agent=None if user_agent is None else user_agent[:_MAX_USER_AGENT],
        request_id=request.get("requestId"),
        key_id=context.get("key_id") or None,
        requests_per_second=int(rate) if rate else None,
    )


def require_scope(caller: Caller, needed: Sequence[Scope]) -> None:
    """Hold a caller's scopes against what it asks for.

    Arguments:
        caller: of the request.
        needed: any of these will do; none at all lets nobody through.

    Raises:
        InsufficientScopeError: the caller has none of them.
    """
    if granted(caller.scopes).isdisjoint(needed):
        raise InsufficientScopeError(needed, caller.scopes)
