"""Items of a workspace's funnel: how its head, versions and drafts are spelled in the table.

Definitions are text: a map of DynamoDB's own would cost more bytes, and round what numbers a definition gives.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from lifecycle.store.funnel_records import DraftRecord, FunnelHead, Signature, Term, VersionRecord
from lifecycle.store.items import Item, due_attributes, format_time, parse_time
from lifecycle.store.json_text import from_json, to_json
from lifecycle.store.schema import CURRENT, draft_sk, funnel_pk, version_sk


def head_item(workspace: str, head: FunnelHead) -> Item:
    """The record that tells which version is in force when: small, since every worker reads it every few seconds."""
    return {
        "pk": funnel_pk(workspace),
        "sk": CURRENT,
        "revision": head.revision,
        "terms": to_json([[version, _time_text(effective_at)] for version, effective_at in head.terms]),
        "last_version": head.last_version,
        "signatures_required": head.signatures_required,
    }


def item_head(item: Item) -> FunnelHead:
    """The head that an item keeps."""
    return FunnelHead(
        revision=int(item["revision"]),
        terms=tuple(Term(version, _text_time(effective_at)) for version, effective_at in json.loads(item["terms"])),
        last_version=int(item["last_version"]),
        signatures_required=item["signatures_required"],
    )


def version_item(workspace: str, record: VersionRecord) -> Item:
    """A version of the funnel, listed as due when it comes into force: everybody is then to be judged by it."""
    item = {
        "pk": funnel_pk(workspace),
        "sk": version_sk(record.version),
        "content_hash": record.content_hash,
        "definition": to_json(record.definition),
        "signatures": _signatures_text(record.signatures),
        "effective_at": format_time(record.effective_at),
        "published_at": format_time(record.published_at),
        "published_by": record.published_by,
        "reason": record.reason,
        "draft_id": record.draft_id,
        "restores": record.restores,
        "cancelled_at": _time_text(record.cancelled_at),
    }
    if record.cancelled_at is None:
        item |= due_attributes(record.effective_at, workspace, "F", str(record.version))
    return item


def item_version(item: Item) -> VersionRecord:
    """The version that an item keeps."""
    return VersionRecord(
        version=int(item["sk"].partition("#")[2]),
        content_hash=item["content_hash"],
        definition=from_json(item["definition"]),
        signatures=_text_signatures(item["signatures"]),
        effective_at=parse_time(item["effective_at"]),
        published_at=parse_time(item["published_at"]),
        published_by=item["published_by"],
        reason=item.get("reason"),
        draft_id=item.get("draft_id"),
        restores=_integer(item.get("restores")),
        cancelled_at=_text_time(item.get("cancelled_at")),
    )


def draft_item(workspace: str, draft: DraftRecord) -> Item:
    """A draft of the funnel."""
    return {
        "pk": funnel_pk(workspace),
        "sk": draft_sk(draft.draft_id),
        "revision": draft.revision,
        "content_hash": draft.content_hash,
        "definition": to_json(draft.definition),
        "signatures": _signatures_text(draft.signatures),
        "based_on": draft.based_on,
        "created_by": draft.created_by,
        "created_at": format_time(draft.created_at),
        "updated_at": format_time(draft.updated_at),
        "published_as": draft.published_as,
    }


def item_draft(item: Item) -> DraftRecord:
    """The draft that an item keeps."""
    return DraftRecord(
        draft_id=item["sk"].partition("#")[2],
        revision=int(item["revision"]),
        content_hash=item["content_hash"],
        definition=from_json(item["definition"]),
        signatures=_text_signatures(item["signatures"]),
        based_on=int(item["based_on"]),
        created_by=item["created_by"],
        created_at=parse_time(item["created_at"]),
        updated_at=parse_time(item["updated_at"]),
        published_as=_integer(item.get("published_as")),
    )


def _signatures_text(signatures: tuple[Signature, ...]) -> str:
    return to_json([[team, by, format_time(signed_at), hash_] for team, by, signed_at, hash_ in signatures])


def _text_signatures(text: str) -> tuple[Signature, ...]:
    signatures = json.loads(text)
    return tuple(Signature(team, by, parse_time(signed_at), hash_) for team, by, signed_at, hash_ in signatures)


def _time_text(time: datetime | None) -> str | None:
    return None if time is None else format_time(time)


def _text_time(text: str | None) -> datetime | None:
    return None if text is None else parse_time(text)


def _integer(value: Any) -> int | None:
    return None if value is None else int(value)
