"""Who calls: the workspace, the key and its scopes that the authorizer vouched for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lifecycle.contract.bearer import bearer_token
from lifecycle.contract.refusals import InsufficientScopeError, UnauthenticatedError
from lifecycle.services.scopes import Scope, granted, in_order


class Caller(NamedTuple):
    """The caller of a request. ``api_key`` is the credential itself: never log it. ``scopes`` are those that it has.

    ``key_id`` names the key in its workspace's list, if it is there. ``requests_per_second`` is what it may make, if
    that was said of it.
    """

    workspace: str
    key_name: str
    api_key: str
    scopes: tuple[Scope, ...]
    key_id: str | None = None
    requests_per_second: int | None = None


def read_caller(event: Mapping[str, Any]) -> Caller:
    """The caller of a request that the authorizer let through.

    Arguments:
        event: what API Gateway hands to the function; ``requestContext.authorizer`` is the authorizer's context.

    Raises:
        UnauthenticatedError: the context is missing, as on a route that was deployed without its authorizer. A request
            without a workspace must end here, for everything below trusts it.
    """
    context = event["requestContext"].get("authorizer") or {}
    workspace, key_name = context.get("workspace"), context.get("key_name")
    api_key = bearer_token(event)
    if not (workspace and key_name and api_key):
        raise UnauthenticatedError
    # Without scopes, as from an authorizer of an earlier version, a key may do nothing.
    scopes = in_order(str(context.get("scopes") or "").split(","))
    rate = context.get("requests_per_second")
    return Caller(workspace, key_name, api_key, scopes, context.get("key_id") or None, int(rate) if rate else None)


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
