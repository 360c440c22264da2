"""What is said of a route of the API.

Models are named by their names, so that a function that reads no body does not import them.
"""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple

from lifecycle.contract.limits import DEFAULT_PAGE, MAX_OUTSIDE_ID, MAX_PAGE
from lifecycle.services.scopes import SCOPES, SIGNING, Scope

Method = Literal["GET", "POST", "PUT", "DELETE", "OPTIONS"]

#: The scope of the team that the body or the path names. Any team's lets a request in; the function then holds it
#: against the team that it is about (``caller.require_scope``), for only there that is known.
TEAM_SCOPE: Literal["funnel:sign:{team}"] = "funnel:sign:{team}"

#: For whoever may do anything at all.
ANY_SCOPE: Literal["any"] = "any"

JSON = "application/json"
#: The registered type (RFC 9512, section 2.1), and those that were in use before there was one.
YAML_TYPES = ("application/yaml", "text/yaml", "application/x-yaml", "text/x-yaml")


class Parameter(NamedTuple):
    """A parameter of the query string; ``schema`` is its JSON Schema."""

    name: str
    description: str
    schema: dict[str, Any]


class Answer(NamedTuple):
    """A good answer: its status, what it means, the name of its type in one of the modules of answers (``None``: it is
    no JSON of ours), its content type (``None``: nothing is sent), and the content types that may be asked for instead.
    """

    status: int
    meaning: str
    model: str | None
    content_type: str | None = JSON
    or_as: tuple[str, ...] = ()


class Route(NamedTuple):
    """One method of one path.

    ``path`` is written as API Gateway and OpenAPI do; ``function`` is the folder under ``functions/`` that answers;
    ``scope`` is what the caller needs for it, and ``public`` routes need no caller. ``credential`` is what opens it: a
    key or a token as a bearer, or a browser's session, which opens nothing else and takes more care with changes.
    ``request`` names the body's type in one of the modules of models; a body may be left out where ``may_be_empty``,
    and be YAML where ``takes_yaml``. ``problems`` are the statuses of the problem documents that belong to the route,
    beyond those that any route may answer with. ``page`` routes are for people: who has no session is led to where one
    signs in, and what is wrong is told in words (``pages.frame``).
    """

    method: Method
    path: str
    function: str
    summary: str
    answers: tuple[Answer, ...]
    request: str | None = None
    may_be_empty: bool = False
    takes_yaml: bool = False
    query: tuple[Parameter, ...] = ()
    problems: tuple[int, ...] = ()
    scope: Scope | Literal["funnel:sign:{team}", "any"] | None = None
    public: bool = False
    credential: Literal["bearer", "session"] = "bearer"
    page: bool = False
    description: str = ""

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes of which any lets a request in; none lets nobody in, unless the route is public."""
        if self.scope == TEAM_SCOPE:
            return tuple(SIGNING.values())
        if self.scope == ANY_SCOPE:
            return SCOPES
        return () if self.scope is None else (self.scope,)

    @property
    def rule(self) -> str:
        """The path as Powertools writes it."""
        return rule_of(self.path)

    @property
    def query_names(self) -> tuple[str, ...]:
        """The names of the parameters of its query string."""
        return tuple(parameter.name for parameter in self.query)


def rule_of(path: str) -> str:
    """A path of the contract as Powertools writes it."""
    return re.sub(r"{(\w+)}", r"<\1>", path)


TEXT = {"type": "string", "minLength": 1, "maxLength": MAX_OUTSIDE_ID}
TIME = {"type": "string", "format": "date-time"}
STAGE = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}
PAGING = (
    Parameter(
        "limit",
        "Entries of one page.",
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE},
    ),
    Parameter("cursor", "`next_cursor` of the page before, with the same filters.", {"type": "string"}),
)
