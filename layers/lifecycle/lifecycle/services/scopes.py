"""What an API key may do: the scopes there are, and which of them one brings along."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal, get_args

Scope = Literal["ingest", "read", "decide", "funnel:write", "funnel:sign:marketing", "funnel:sign:sales", "admin"]

#: All there are, in the order in which they are shown.
SCOPES: tuple[Scope, ...] = get_args(Scope)
ADMIN: Scope = "admin"
#: What each team's signature takes.
SIGNING: dict[str, Scope] = {"marketing": "funnel:sign:marketing", "sales": "funnel:sign:sales"}

#: What the administration brings along. It never signs: a signature is its team's own word, and two of them are worth
#: something only while whoever keeps the keys has to be given them as well.
_ADMINISTRATION: frozenset[str] = frozenset(SCOPES) - frozenset(SIGNING.values())


def granted(held: Iterable[str]) -> frozenset[str]:
    """All that a key with some scopes may do.

    Arguments:
        held: the scopes that it was given. One that nobody knows grants nothing.
    """
    known = frozenset(held) & frozenset(SCOPES)
    return known | _ADMINISTRATION if ADMIN in known else known


def in_order(scopes: Collection[str]) -> tuple[Scope, ...]:
    """Scopes in the order in which they are shown, each once; whatever is no scope is left out."""
    return tuple(scope for scope in SCOPES if scope in scopes)
