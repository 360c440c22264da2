"""The roles of people, and what each may do. An issuer's token names roles; an API key names scopes by itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, get_args

from lifecycle.services.scopes import ADMIN, Scope, in_order

Role = Literal["analyst", "marketing", "sales", "admin"]

ROLES: tuple[Role, ...] = get_args(Role)

#: What each role may do. Several add up. The administration alone signs for nobody (``services.scopes``).
SCOPES_OF: Mapping[str, tuple[Scope, ...]] = {
    "analyst": ("read",),
    "marketing": ("read", "decide", "funnel:write", "funnel:sign:marketing"),
    "sales": ("read", "decide", "funnel:write", "funnel:sign:sales"),
    "admin": (ADMIN,),
}


def scopes_of(roles: Collection[str]) -> tuple[Scope, ...]:
    """All that somebody with some roles may do; a role that nobody knows adds nothing."""
    return in_order({scope for role in roles for scope in SCOPES_OF.get(role, ())})
