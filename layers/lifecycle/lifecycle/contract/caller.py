"""Who calls: the workspace, the actor and the scopes that the authorizer vouched for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, get_args

from lifecycle.contract.bearer import bearer_token
from lifecycle.contract.cookies import SESSION, read_cookie
from lifecycle.contract.refusals import InsufficientScopeError, UnauthenticatedError
from lifecycle.contract.times import format_time, parse_time
from lifecycle.services.admission import Admission, CredentialKind
from lifecycle.services.scopes import Scope, granted, in_order
from lifecycle.store.audit_records import Actor, Origin

#: Characters of what a caller says that it is.
_MAX_USER_AGENT = 256


class Caller(NamedTuple):
    """The caller of a request.

    Attributes:
        workspace: whose data it opens.
        actor: the author of what it does: ``key:<name>``, a person's email, or ``user:<id>``.
        secret: nobody else knows it, so that it signs the caller's cursors: never log it.
        scopes: those that it has.
        kind: what it was recognised by.
        valid_until: from when on it is refused; ``None``: never.
        address, user_agent: where it comes from, as API Gateway saw it.
        request_id: of the request.
        key_id: names the key in its workspace's list; ``None`` where it is none, or not listed.
        requests_per_second: what it may make, if that was said of it.
    """

    workspace: str
    actor: str
    secret: str
    scopes: tuple[Scope, ...]
    kind: CredentialKind = "key"
    valid_until: datetime | None = None
    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    key_id: str | None = None
    requests_per_second: int | None = None

    @property
    def person(self) -> str | None:
        """Who has signed in; ``None`` where a key speaks, whose holder nobody knows."""
        return None if self.actor.startswith("key:") else self.actor

    @property
    def origin(self) -> Origin:
        """What the audit trail says of it."""
        if self.kind == "key":
            actor = Actor("api_key", self.actor.removeprefix("key:"))
        else:
            actor = Actor(self.kind, self.actor)
        return Origin(actor, self.address, self.user_agent, self.request_id)


def write_context(admission: Admission, paging_secret: str | None = None) -> dict[str, str]:
    """What the authorizer tells the functions, for ``read_caller``.

    Arguments:
        admission: who was let in.
        paging_secret: what signs the cursors, where it is not the credential itself.
    """
    context = {
        "workspace": admission.workspace,
        "actor": admission.actor,
        "scopes": ",".join(admission.scopes),
        "credential": admission.kind,
    }
    if admission.valid_until is not None:
        context["valid_until"] = format_time(admission.valid_until)
    if paging_secret is not None:
        context["paging_secret"] = paging_secret
    if admission.key_id is not None:
        context["key_id"] = admission.key_id
    if admission.requests_per_second is not None:
        context["requests_per_second"] = str(admission.requests_per_second)
    return context


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
    workspace, actor, kind = context.get("workspace"), _actor(context), context.get("credential", "key")
    secret = _secret(event, context, kind)
    if not (workspace and actor and secret and kind in get_args(CredentialKind)):
        raise UnauthenticatedError
    valid_until, rate = context.get("valid_until"), context.get("requests_per_second")
    source = request.get("identity") or {}
    return Caller(
        workspace,
        actor,
        secret,
        # Without scopes, as from an authorizer of an earlier version, a key may do nothing.
        in_order(str(context.get("scopes") or "").split(",")),
        kind=kind,
        valid_until=parse_time(valid_until) if valid_until else None,
        address=source.get("sourceIp"),
        user_agent=(source.get("userAgent") or "")[:_MAX_USER_AGENT] or None,
        request_id=request.get("requestId"),
        key_id=context.get("key_id") or None,
        requests_per_second=int(rate) if rate else None,
    )


def _actor(context: Mapping[str, Any]) -> str | None:
    """The author. An authorizer of an earlier version, which knew keys alone, said their names; API Gateway remembers
    that for five minutes after an upgrade."""
    name = context.get("key_name")
    return context.get("actor") or (f"key:{name}" if name else None)


def _secret(event: Mapping[str, Any], context: Mapping[str, Any], kind: str) -> str | None:
    if kind == "session":
        return read_cookie(event, SESSION)
    return bearer_token(event) if kind == "key" else context.get("paging_secret")


def require_current(caller: Caller, now: datetime) -> None:
    """Refuse a caller whose credential has ended since the authorizer saw it, for API Gateway remembers for a while.

    Raises:
        UnauthenticatedError: it has.
    """
    if caller.valid_until is not None and caller.valid_until <= now:
        raise UnauthenticatedError


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
