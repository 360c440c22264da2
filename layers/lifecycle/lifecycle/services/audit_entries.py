"""What the audit trail says of each thing that is done: who, from where, and how it was before and after."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import uuid4

from lifecycle.events import Decision, Withdrawal
from lifecycle.store.audit_records import Action, Actor, AuditEntry, Difference, Document, Origin, Subject
from lifecycle.store.items import format_time

if TYPE_CHECKING:  # the authorizer, which knows keys alone, need not import the rest
    from lifecycle.engine.machine import Machine
    from lifecycle.services.funnel_results import VersionView
    from lifecycle.store.api_keys import ApiKeyRecord
    from lifecycle.store.funnel_records import DraftRecord, Signature, VersionRecord
    from lifecycle.store.report_records import ReportSettings
    from lifecycle.store.source_records import SourceRecord

#: What the system does by itself, on schedule or from the stream.
SYSTEM = Origin(Actor("system", "prospect-lifecycle"))
#: What is done with the AWS account's own credentials, past the API.
BY_HAND = Origin(Actor("by_hand", "by hand"))


def entry(
    origin: Origin,
    action: Action,
    subject: Subject,
    at: datetime,
    difference: Difference,
    by: str | None = None,
    details: Document | None = None,
) -> AuditEntry:
    """An entry of the audit trail.

    Write it in the transaction of what it tells of (``store.audit.audit_put``). ``services.audit.AuditTrail.record``
    is for what changes nothing in the table.

    Arguments:
        origin: who does it, and from where; a handler has it of its caller.
        action: what is done.
        subject: to what.
        at: the present.
        difference: how the subject was, and how it becomes: small documents of text, whole numbers, ``bool`` and
            ``None``, without secrets, free text or anything personal of a prospect. An erasure leaves them.
        by: who does it as the request has it; left out where that only repeats the credential.
        details: what else was asked for, likewise a document.

    Returns:
        The entry, with an id of its own.
    """
    return AuditEntry(
        entry_id=uuid4().hex,
        at=at,
        action=action,
        subject=subject,
        origin=origin,
        difference=difference,
        by=None if by == author(origin.actor) else by,
        details=details,
    )


def author(actor: Actor) -> str:
    """What an actor is called where a request does not say who decides."""
    return f"key:{actor.name}" if actor.kind == "api_key" else actor.name


# ----------------------------------------------------------------------------------------------------------------------
# Decisions
# ----------------------------------------------------------------------------------------------------------------------


def hash_of(event_id: str) -> str:
    """What an entry names a decision's event by: 128 bits of its id's SHA-256. The id itself is its sender's choice: it
    may say who somebody is, and would outlast an erasure."""
    return sha256(event_id.encode()).hexdigest()[:32]


def ruling_recorded(origin: Origin, prospect_id: str, ruling: Decision | Withdrawal, standing: Machine) -> AuditEntry:
    """A decision or a withdrawal. Its ``after`` follows from the log, and is read from there (``services.audit``).

    Of what the ruling says only that is kept which is neither free text nor about the person: reason and answers stand
    in the log, and go with an erasure.

    Arguments:
        origin: who decides, and from where.
        prospect_id: on whom.
        ruling: what is decided.
        standing: where the prospect stands right before.
    """
    details: dict[str, str | None] = {"event_hash": hash_of(ruling.id), "action": "withdraw"}
    if isinstance(ruling, Decision):
        details |= {"action": ruling.action, "stage": ruling.stage, "status": ruling.status}
        details |= {"other_prospect_id": ruling.other}
    return entry(
        origin,
        "decision.recorded",
        Subject("prospect", prospect_id),
        ruling.recorded_at,
        Difference({"stage": standing.at.stage.key, "status": standing.sub_status()}, None),
        by=ruling.by,
        details={name: value for name, value in details.items() if value is not None},
    )


# ----------------------------------------------------------------------------------------------------------------------
# The funnel
# ----------------------------------------------------------------------------------------------------------------------


def signatures_changed(
    origin: Origin, action: Action, before: DraftRecord, after: DraftRecord | None, now: datetime, by: str | None = None
) -> AuditEntry:
    """A draft was signed, a signature was taken back, or all were lost with the content that they were for.

    Arguments:
        origin: who does it, and from where.
        action: which of these.
        before, after: the draft; ``None`` where it is deleted.
        now: the present.
        by: who signs.
    """
    return entry(
        origin,
        action,
        Subject("draft", before.draft_id),
        now,
        Difference(_draft_document(before), None if after is None else _draft_document(after)),
        by=by,
    )


def version_published(origin: Origin, record: VersionRecord, in_force: VersionView) -> AuditEntry:
    """A version was published, at once or for later, of a draft or of an earlier version.

    Arguments:
        origin: who publishes, and from where.
        record: the version.
        in_force: the version that is in force while it is published.
    """
    return entry(
        origin,
        "funnel.published" if record.restores is None else "funnel.rolled_back",
        Subject("version", str(record.version)),
        record.published_at,
        Difference(
            {"version": in_force.version, "content_hash": in_force.content_hash},
            _version_document(record),
        ),
        by=record.published_by,
        details={"draft_id": record.draft_id} if record.restores is None else {"restores": record.restores},
    )


def version_cancelled(origin: Origin, record: VersionRecord, now: datetime) -> AuditEntry:
    """A scheduled version was called off."""
    subject = Subject("version", str(record.version))
    return entry(origin, "version.cancelled", subject, now, Difference(_version_document(record), None))


def requirement_changed(origin: Origin, required: bool, now: datetime) -> AuditEntry:
    """Publishing takes signatures from now on, or takes none any more."""
    return entry(
        origin,
        "settings.changed",
        Subject("settings", "funnel"),
        now,
        Difference({"signatures_required": not required}, {"signatures_required": required}),
    )


def report_settings_changed(origin: Origin, before: ReportSettings, after: ReportSettings, now: datetime) -> AuditEntry:
    """Reports part their days elsewhere from now on, or have other goals."""
    documents = ({"time_zone": one.time_zone, "goals": dict(one.goals)} for one in (before, after))
    return entry(origin, "settings.changed", Subject("settings", "reports"), now, Difference(*documents))


def _draft_document(draft: DraftRecord) -> Document:
    return {"content_hash": draft.content_hash, "signatures": _signatures(draft.signatures)}


def _signatures(signatures: Iterable[Signature]) -> list[Document]:
    return [{"team": team, "by": by, "content_hash": content_hash} for team, by, _, content_hash in signatures]


def _version_document(record: VersionRecord) -> Document:
    return {
        "version": record.version,
        "content_hash": record.content_hash,
        "effective_at": format_time(record.effective_at),
        "signatures": _signatures(record.signatures),
    }


# ----------------------------------------------------------------------------------------------------------------------
# API keys
# ----------------------------------------------------------------------------------------------------------------------


def key_issued(origin: Origin, record: ApiKeyRecord) -> AuditEntry:
    """An API key was given out."""
    return entry(origin, "key.issued", _key(record), record.created_at, Difference(None, _key_document(record)))


def key_withdrawn(origin: Origin, record: ApiKeyRecord, now: datetime) -> AuditEntry:
    """An API key was taken back."""
    return entry(origin, "key.withdrawn", _key(record), now, Difference(_key_document(record), None))


def prospect_erased(origin: Origin, prospect_id: str, stage: str | None, counts: Document, now: datetime) -> AuditEntry:
    """A person was erased. The id is all that names them; what ``counts`` tells is how much there was."""
    subject = Subject("prospect", prospect_id)
    return entry(origin, "prospect.erased", subject, now, Difference({"stage": stage}, None), details=counts)


def prospect_exported(origin: Origin, prospect_id: str, now: datetime) -> AuditEntry:
    """All that is held on a person was read."""
    return entry(origin, "prospect.exported", Subject("prospect", prospect_id), now, Difference(None, None))


# ----------------------------------------------------------------------------------------------------------------------
# Outside systems
# ----------------------------------------------------------------------------------------------------------------------


def source_connected(origin: Origin, record: SourceRecord) -> AuditEntry:
    """An outside system was connected."""
    after = _source_document(record)
    return entry(origin, "source.connected", _source(record), record.created_at, Difference(None, after))


def source_changed(origin: Origin, before: SourceRecord, after: SourceRecord, now: datetime) -> AuditEntry:
    """An outside system got another label or other settings."""
    difference = Difference(_source_document(before), _source_document(after))
    return entry(origin, "source.changed", _source(before), now, difference)


def secret_replaced(origin: Origin, record: SourceRecord, until: datetime, now: datetime) -> AuditEntry:
    """The secret of an outside system was replaced; neither is told."""
    return entry(
        origin,
        "source.secret_replaced",
        _source(record),
        now,
        Difference(None, None),
        details={"previous_valid_until": format_time(until)},
    )


def source_disconnected(origin: Origin, record: SourceRecord, now: datetime) -> AuditEntry:
    """An outside system was disconnected."""
    return entry(origin, "source.disconnected", _source(record), now, Difference(_source_document(record), None))


def part_ruled_on(origin: Origin, action: Action, record: SourceRecord, part_id: str, now: datetime) -> AuditEntry:
    """A part of what an outside system sent left the quarantine: replayed, as it came or mended, or discarded."""
    return entry(origin, action, _source(record), now, Difference(None, None), details={"part_id": part_id})


def _source(record: SourceRecord) -> Subject:
    """The source by a hash, for its id is all that it takes to send to the address of many kinds."""
    return Subject("source", hash_of(record.source_id))


def _source_document(record: SourceRecord) -> Document:
    """How a source is known; its settings, which may quote anything, by a hash."""
    settings = json.dumps(record.settings, sort_keys=True, default=str)
    return {"kind": record.kind, "label": record.label, "settings_hash": hash_of(settings), "version": record.version}


def _key(record: ApiKeyRecord) -> Subject:
    return Subject("key", str(record.key_id))


def _key_document(record: ApiKeyRecord) -> Document:
    """What a key may do, and never the key or its hash."""
    return {
        "name": record.name,
        "scopes": list(record.scopes or ()),
        "expires_at": record.expires_at and format_time(record.expires_at),
    }
