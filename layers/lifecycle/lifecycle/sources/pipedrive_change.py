"""One change in Pipedrive, read from either version of its webhooks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from lifecycle.sources.crm import SCALARS
from lifecycle.sources.reading import object_in, optional_text, text_in
from lifecycle.sources.source import UnreadablePartError
from lifecycle.sources.times import from_iso, from_millis, from_seconds

_ACTIONS = {
    "create": "create", "change": "change", "delete": "delete",
    "added": "create", "updated": "change", "deleted": "delete", "merged": "change",
}  # fmt: skip
#: What Pipedrive calls fields that a company made.
_HASH = re.compile("[0-9a-f]{40}")
#: Fields of a person that count something, point somewhere, or say when something was counted.
_NO_TRAITS = ("_count", "_id", "_ids", "_time", "_date", "_flag", "_email", "_hidden", "_char")


class Person(NamedTuple):
    """A person, as a deal or another record names one."""

    id: Any
    email: Any


@dataclass(frozen=True, slots=True)
class Change:
    """A change.

    Attributes:
        event: its id, as Pipedrive tells its events apart.
        entity: what changed: ``deal``, ``person`` and so on.
        id: of what changed.
        action: ``create``, ``change`` or ``delete``.
        occurred_at: when.
        data: the record as it is now; empty once it is deleted.
        previous: as it was before, or what of it was different.
        merged_to, merged_from: the other record, where two became one.
    """

    event: str
    entity: str
    id: Any
    action: str
    occurred_at: datetime
    data: Mapping[str, Any]
    previous: Mapping[str, Any]
    merged_to: Any
    merged_from: Any

    @property
    def email(self) -> Any:
        """The address of a person: of several the primary one, since people share the others."""
        return _primary(self.data.get("emails") or self.data.get("email")) or self.data.get("primary_email")

    @property
    def traits(self) -> dict[str, Any]:
        """What is said of a person."""
        phone = _primary(self.data.get("phones") or self.data.get("phone"))
        return dict(_traits(self.data)) | ({"phone": phone} if phone else {})


def company_of(body: Any) -> str:
    """Whose event it is; empty where it does not say."""
    meta = body.get("meta") if isinstance(body, dict) else None
    return optional_text(meta.get("company_id")) or "" if isinstance(meta, dict) else ""


def change_of(body: Any) -> Change:
    """The change that a body tells of. Raises UnreadablePartError."""
    event = object_in(body, "the event")
    meta = object_in(event.get("meta"), "meta")
    action = _ACTIONS.get(text_in(meta.get("action"), "meta.action"))
    if action is None:
        raise UnreadablePartError("meta.action is none of create, change and delete, nor of version 1's names for them")
    return _second(event, meta, action) if "entity" in meta else _first(event, meta, action)


def _second(event: Mapping[str, Any], meta: Mapping[str, Any], action: str) -> Change:
    entity, identifier = text_in(meta.get("entity"), "meta.entity"), text_in(meta.get("entity_id"), "meta.entity_id")
    uuid = text_in(meta.get("id"), "meta.id")
    return Change(
        event=":".join((company_of(event), entity, identifier, uuid)),
        entity=entity,
        id=identifier,
        action=action,
        occurred_at=_time(meta, ("timestamp",)),
        data=_record(event.get("data")),
        previous=_record(event.get("previous")),
        merged_to=meta.get("merged_to_id"),
        merged_from=meta.get("merged_from_id"),
    )


def _first(event: Mapping[str, Any], meta: Mapping[str, Any], action: str) -> Change:
    entity, identifier = text_in(meta.get("object"), "meta.object"), text_in(meta.get("id"), "meta.id")
    data, previous = _record(event.get("current")), _record(event.get("previous"))
    moment = optional_text(meta.get("timestamp_micro")) or optional_text(meta.get("timestamp")) or ""
    before = previous.get("id")
    is_merge = meta.get("action") == "merged" and before is not None and optional_text(before) != identifier
    return Change(
        event=":".join((company_of(event), entity, identifier, moment, action)),
        entity=entity,
        id=identifier,
        action=action,
        occurred_at=_time(meta, ("timestamp_micro", "timestamp")),
        data=data,
        previous={} if is_merge else previous,
        merged_to=None,
        merged_from=before if is_merge else None,
    )


def _record(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _time(meta: Mapping[str, Any], names: tuple[str, ...]) -> datetime:
    """When it happened: microseconds in version 1, with seconds beside them; ISO 8601 in version 2."""
    name = next((name for name in names if meta.get(name) is not None), names[-1])
    value = meta.get(name)
    try:
        if name == "timestamp_micro" and isinstance(value, int):
            return from_millis(Decimal(value) / 1000)
        return from_iso(value) if isinstance(value, str) else from_seconds(value)
    except UnreadablePartError as error:
        raise UnreadablePartError(f"meta.{name} {error}") from None


def person_of(record: Mapping[str, Any]) -> Person | None:
    """The person whom a record names; version 1 of old gives it as an object, with the addresses."""
    value = record.get("person_id")
    if isinstance(value, dict):
        return Person(value["value"], _primary(value.get("email"))) if value.get("value") else None
    return Person(value, None) if value else None


def _primary(listed: Any) -> Any:
    """The value marked as primary of a list, else the first one."""
    if isinstance(listed, str):
        return listed
    if not isinstance(listed, list):
        return None
    entries = [entry for entry in listed[:50] if isinstance(entry, dict) and entry.get("value")]
    entries.sort(key=lambda entry: entry.get("primary") is not True)
    return entries[0]["value"] if entries else None


def _traits(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Fields of a person; those that the company made have a hash for a name, at the top or apart."""
    own = record.get("custom_fields")
    for name, value in (*record.items(), *(own.items() if isinstance(own, dict) else ())):
        if name in ("id", "email", "phone") or name.endswith(_NO_TRAITS):
            continue
        kept = value.get("value") if isinstance(value, dict) else value
        if isinstance(kept, SCALARS):
            yield (f"custom_{name}" if _HASH.fullmatch(name) else name), kept
