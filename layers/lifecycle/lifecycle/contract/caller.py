"""Who calls: the workspace and the key that the authorizer vouched for, and the use cases opened for them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from lifecycle.contract.bearer import bearer_token
from lifecycle.contract.refusals import UnauthenticatedError
from lifecycle.services.lifecycle import Lifecycle


class Caller(NamedTuple):
    """The caller of a request. ``api_key`` is the credential itself: never log it."""

    workspace: str
    key_name: str
    api_key: str


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
    return Caller(workspace, key_name, api_key)


def lifecycle_for(caller: Caller) -> Lifecycle:
    """The use cases, opened for the caller's workspace. Tests put a fake in its place."""
    return Lifecycle.connect(table=os.environ["TABLE_NAME"], workspace=caller.workspace)
