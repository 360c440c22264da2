"""From what the use cases of outside systems result in to the documents that the API answers with."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from lifecycle.contract import source_answers as answers
from lifecycle.contract.json_numbers import json_value
from lifecycle.contract.times import format_time
from lifecycle.events import Activity, Contact, DealUpdate, Identity
from lifecycle.services.connections import SourceView
from lifecycle.sources.said import ErasureRequest, LinkUpdate, Said, SubscriptionOffer, Unreadable
from lifecycle.sources.source import Source, Tally
from lifecycle.store.source_records import QuarantinedPart, Waiting


def encode_kinds(sources: Iterable[Source]) -> answers.SourceKindsAnswer:
    """The outside systems that can be connected."""
    return {
        "kinds": [
            {
                "kind": source.kind,
                "title": source.title,
                "connecting": source.connecting,
                "secret": source.secret,
                "settings": dict(source.settings),
            }
            for source in sources
        ]
    }


def encode_source(view: SourceView, url: str) -> answers.ConnectedSourceAnswer:
    """A connected system.

    Arguments:
        view: the source.
        url: where it is to send.
    """
    record = view.record
    return {
        "source_id": record.source_id,
        "kind": record.kind,
        "label": record.label,
        "url": url,
        "settings": json_value(record.settings),
        "version": record.version,
        "created_at": format_time(record.created_at),
        "created_by": record.created_by,
        "last_received_at": _time(record.last_received_at),
        "last_refused_at": _time(record.last_refused_at),
        "quarantined": view.quarantined,
    }


def encode_rotation(until: datetime) -> answers.RotationAnswer:
    """A secret was replaced."""
    return {"previous_valid_until": format_time(until)}


def encode_quarantine(parts: Iterable[QuarantinedPart], cursor: str | None) -> answers.QuarantineAnswer:
    """A page of the quarantine."""
    return {
        "parts": [
            {
                "part_id": part.part_id,
                "received_at": format_time(part.received_at),
                "why": part.why,
                "content_type": part.content_type,
                "part": _readable(part.body),
            }
            for part in parts
        ],
        "next_cursor": cursor,
    }


def encode_replay(tally: Tally) -> answers.ReplayAnswer:
    """A part was read again."""
    return {"accepted": tally.accepted, "duplicates": tally.duplicates}


def encode_waiting(entries: Iterable[Waiting], cursor: str | None) -> answers.UnresolvedAnswer:
    """A page of what waits."""
    return {
        "waiting": [
            {"what": one.what, "name": one.name, "since": format_time(one.since), "source_id": one.source_id}
            for one in entries
        ],
        "next_cursor": cursor,
    }


def encode_preview(said: Sequence[Said]) -> answers.PreviewAnswer:
    """What a payload would become."""
    return {"said": [_said(one) for one in said]}


def _said(one: Said) -> answers.SaidAnswer:
    match one:
        case Activity():
            return {"becomes": "activity", "content": _activity(one)}
        case DealUpdate():
            return {"becomes": "deal", "content": _deal(one)}
        case LinkUpdate():
            return {"becomes": "link", "content": _link(one)}
        case ErasureRequest():
            return {"becomes": "erasure", "content": {"id": one.id, "identity": _identity(one.identity)}}
        case SubscriptionOffer():
            return {"becomes": "confirmation", "content": {"url": one.url}}
        case Unreadable():
            return {"becomes": "quarantine", "content": {"why": one.why, "part": _part(one.part)}}


def _activity(activity: Activity) -> dict[str, Any]:
    return {
        "id": activity.id,
        "type": activity.type,
        "direction": activity.direction,
        "occurred_at": format_time(activity.occurred_at),
        "identities": [_identity(identity) for identity in activity.identities],
        "automated": activity.automated,
        "properties": json_value(activity.properties),
        "traits": json_value(activity.traits),
    }


def _deal(update: DealUpdate) -> dict[str, Any]:
    said = {
        "status": update.status,
        "name": update.name,
        "amount": None if update.amount is None else json_value(update.amount),
        "currency": update.currency,
        "pipeline": update.pipeline,
        "lost_reason": update.lost_reason,
        "contacts": None if update.contacts is None else _contacts(update.contacts),
        "joined": _contacts(update.joined) or None,
        "left": _contacts(update.left) or None,
        "deleted": update.deleted or None,
    }
    return {
        "id": update.id,
        "deal_id": update.deal_id,
        "occurred_at": format_time(update.occurred_at),
        **{name: value for name, value in said.items() if value is not None},
    }


def _link(update: LinkUpdate) -> dict[str, Any]:
    return {
        "id": update.id,
        "link_id": update.link_id,
        "occurred_at": format_time(update.occurred_at),
        "deal_id": update.deal_id,
        "contact": None if update.contact is None else _identity(update.contact),
        "role": update.role,
        "deleted": update.deleted,
    }


def _contacts(contacts: Iterable[Contact]) -> list[dict[str, Any]]:
    return [
        {"identities": [_identity(identity) for identity in contact.identities], "role": contact.role}
        for contact in contacts
    ]


def _identity(identity: Identity) -> str:
    return f"{identity.kind}:{identity.value}"


def _part(part: Any) -> Any:
    return _readable(part) if isinstance(part, bytes) else json_value(part)


def _readable(body: bytes) -> Any:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return "base64:" + b64encode(body).decode()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
