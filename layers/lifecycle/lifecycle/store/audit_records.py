"""What the store keeps of who did what: entries that are written once, with the thing itself, and never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args

#: What can have been done.
Action = Literal[
    "decision.recorded",
    "draft.signed",
    "signature.withdrawn",
    "signatures.voided",
    "draft.deleted",
    "funnel.published",
    "funnel.rolled_back",
    "version.cancelled",
    "settings.changed",
    "key.issued",
    "key.withdrawn",
    "source.connected",
    "source.changed",
    "source.secret_replaced",
    "source.disconnected",
    "source.part_replayed",
    "source.part_discarded",
    "prospect.exported",
    "prospect.erased",
    "workspace.exported",
]
ACTIONS: tuple[Action, ...] = get_args(Action)
SubjectKind = Literal["prospect", "draft", "version", "settings", "key", "source", "workspace", "export"]

#: A small JSON document: how something was, or became. Never free text of the caller's.
Document = Mapping[str, Any]


class Actor(NamedTuple):
    """Who did it: ``kind`` is that of the credential, ``name`` what the credential is called."""

    kind: Literal["api_key", "token", "session", "by_hand", "system"]
    name: str


class Subject(NamedTuple):
    """What it was done to."""

    kind: SubjectKind
    id: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asks for something, and from where.

    Attributes:
        actor: whose credential it is.
        address: the IP address of the request; ``None`` for what comes by no request.
        user_agent: what the caller says that it is, shortened.
        request_id: under which the log lines of the request are found.
    """

    actor: Actor
    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None


class Difference(NamedTuple):
    """How a subject was (``None``: it was not there), and how it became (``None``: it is gone)."""

    before: Document | None
    after: Document | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was done.

    Attributes:
        entry_id: no other entry has it.
        at: when it was done.
        action: what was done.
        subject: to what.
        origin: by whom, and from where.
        by: the person whom the request names as the one who decides, if it names one.
        difference: how the subject was and became. What became of a decision's follows from the log.
        details: what else says what was asked for; never free text, and nothing personal of a prospect.
    """

    entry_id: str
    at: datetime
    action: Action
    subject: Subject
    origin: Origin
    difference: Difference
    by: str | None = None
    details: Document | None = None
