"""The documents that the API answers with about who did what, and how they are made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from lifecycle.contract.times import format_time
from lifecycle.store.audit_records import Actor, AuditEntry, Document, Origin, Subject


class ActorAnswer(TypedDict):
    """Who did it."""

    kind: str
    """Of the credential: `api_key`; `by_hand` with those of the AWS account, past the API; `system`: nobody."""
    name: str
    """What the credential is called."""
    by: str | None
    """The person whom the request named, if it did."""


class SourceAnswer(TypedDict):
    """Where a request came from."""

    address: str | None
    """Its IP address; null for what came by no request."""
    user_agent: str | None
    """What the caller said that it is, in at most 256 characters."""


class SubjectAnswer(TypedDict):
    """What it was done to."""

    kind: str
    """What that is: `prospect`, `draft`, `version`, `settings`, `key`."""
    id: str
    """Its id; of a version the number."""


#: One thing that was done. Written as a call, for ``from`` is a keyword. ``action`` is what was done; ``request_id``
#: is that of the log lines; ``before`` and ``after`` say how the subject was and became, null where it was not there or
#: is gone: the stage of a prospect (of a decision, ``after`` is where the move that it caused led), the content and
#: signatures of a draft or version, the scopes of a key; ``details`` say what else was asked for.
AuditEntryAnswer = TypedDict(
    "AuditEntryAnswer",
    {
        "id": str,
        "at": str,
        "action": str,
        "actor": ActorAnswer,
        "from": SourceAnswer,
        "subject": SubjectAnswer,
        "before": dict[str, Any] | None,
        "after": dict[str, Any] | None,
        "details": dict[str, Any] | None,
        "request_id": str | None,
    },
)


class AuditAnswer(TypedDict):
    """A page of who did what, newest first."""

    entries: list[AuditEntryAnswer]
    next_cursor: str | None
    """Where the next page starts; null: this is the last one."""


def encode_audit(entries: Iterable[AuditEntry], next_cursor: str | None) -> AuditAnswer:
    """A page of the audit trail."""
    return {"entries": [_entry(entry) for entry in entries], "next_cursor": next_cursor}


def _entry(entry: AuditEntry) -> AuditEntryAnswer:
    return {
        "id": entry.entry_id,
        "at": format_time(entry.at),
        "action": entry.action,
        "actor": _actor(entry.origin.actor, entry.by),
        "from": _source(entry.origin),
        "subject": _subject(entry.subject),
        "before": _document(entry.difference.before),
        "after": _document(entry.difference.after),
        "details": _document(entry.details),
        "request_id": entry.origin.request_id,
    }


def _actor(actor: Actor, by: str | None) -> ActorAnswer:
    return {"kind": actor.kind, "name": actor.name, "by": by}


def _source(origin: Origin) -> SourceAnswer:
    return {"address": origin.address, "user_agent": origin.user_agent}


def _subject(subject: Subject) -> SubjectAnswer:
    return {"kind": subject.kind, "id": subject.id}


def _document(document: Document | None) -> dict[str, Any] | None:
    return None if document is None else dict(document)
