"""The hook of a source: what it is asked for a record that was named by its id alone, and what its answer says.

The answer has the shape of the project's own contract (design, section 5), as ``sources.own_shape`` reads it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from lifecycle.events import Activity, DealUpdate, Identity
from lifecycle.sources import own_shape, reading
from lifecycle.sources.said import LinkUpdate, Said
from lifecycle.sources.source import UnreadablePartError
from lifecycle.sources.times import from_iso

_FIELDS: Mapping[str, frozenset[str]] = {
    "contact": frozenset({"identities", "traits", "occurred_at"}),
    "deal": frozenset({"deal", "occurred_at"}),
    "link": frozenset({"deal", "occurred_at"}),
}


class Missing(NamedTuple):
    """A record that is missing.

    Attributes:
        kind: of the source that named it.
        what: it is.
        system: whose it is, as the source's settings call it.
        id: that system's own.
    """

    kind: str
    what: Literal["contact", "deal", "link"]
    system: str
    id: str

    @classmethod
    def named(cls, kind: str, what: Literal["contact", "deal", "link"], name: str) -> Missing:
        """The record that waits under a name: ``crm:<system>:<id>`` of a contact, ``<system>:<id>`` of others."""
        system, _, id_ = name.removeprefix("crm:" if what == "contact" else "").partition(":")
        return cls(kind, what, system, id_)

    @property
    def question(self) -> bytes:
        """What the hook is asked, as JSON."""
        asked = {"kind": self.kind, "system": self.system, "object_type": self.what, "id": self.id}
        return json.dumps(asked, separators=(",", ":")).encode()


def hook_of(settings: Mapping[str, Any]) -> str | None:
    """The address of the hook that settings name; ``None`` where they name none."""
    hook = settings.get("enrichment")
    return None if hook is None else str(hook["url"])


def has_hook(settings: Mapping[str, Any]) -> bool:
    """Whether settings name a hook."""
    return "enrichment" in settings


def said_by(answer: bytes, missing: Missing, received_at: datetime) -> Iterator[Said]:
    """What the hook's answer says.

    Its events are named after the record and what is said of it, so that the same answer again is the same event.

    Arguments:
        answer: JSON.
        missing: what was asked for.
        received_at: the present; the record counts as of then, unless it names a time of its own.

    Raises:
        UnreadablePartError: it is not right.
    """
    record = reading.object_in(reading.json_of(answer), "the answer")
    allowed = _FIELDS[missing.what]
    if not record.keys() <= allowed:
        raise UnreadablePartError(f"the answer has other fields than {', '.join(sorted(allowed))}")
    digest = hashlib.sha256(json.dumps(record, sort_keys=True, default=str).encode()).hexdigest()[:32]
    event = reading.event_id("enrichment", missing.system, missing.what, missing.id, digest)
    occurred_at = _time(record.get("occurred_at")) or received_at
    if missing.what == "contact":
        yield _contact(record, missing, event, occurred_at, received_at)
        return
    update = _deal(record, missing, event, occurred_at, received_at)
    yield update if missing.what == "deal" else _link(update, missing)


def _time(value: Any) -> datetime | None:
    try:
        return None if value is None else from_iso(value)
    except UnreadablePartError as error:
        raise UnreadablePartError(f"occurred_at {error}") from None


def _contact(
    record: Mapping[str, Any], missing: Missing, event: str, occurred_at: datetime, received_at: datetime
) -> Activity:
    asked_for = Identity(f"crm:{missing.system}", missing.id)
    named = own_shape.identities(record["identities"]) if record.get("identities") is not None else ()
    # Two ids of one CRM are two people: taking the answer for both would make one of them.
    if any(identity.kind == asked_for.kind and identity != asked_for for identity in named):
        raise UnreadablePartError(f"identities.crm.{missing.system} is not the id that was asked for")
    traits = reading.object_in(record["traits"], "traits") if record.get("traits") is not None else {}
    return reading.activity(
        event,
        "crm_contact_fetched",
        occurred_at,
        received_at,
        (asked_for, *named),
        source=missing.kind,
        direction="internal",
        traits=traits,
    )


def _deal(
    record: Mapping[str, Any], missing: Missing, event: str, occurred_at: datetime, received_at: datetime
) -> DealUpdate:
    fields = dict(reading.object_in(record.get("deal"), "deal"))
    if missing.what == "deal" and fields.setdefault("deal_id", f"{missing.system}:{missing.id}") != (
        f"{missing.system}:{missing.id}"
    ):
        raise UnreadablePartError("deal.deal_id is not the deal that was asked for")
    return own_shape.deal(fields, event, occurred_at, received_at)


def _link(update: DealUpdate, missing: Missing) -> LinkUpdate:
    if update.contacts is None or len(update.contacts) != 1:
        raise UnreadablePartError("deal.contacts does not name the one contact whom the link puts on the deal")
    (contact,) = update.contacts
    # The id rather than the address: what is known of it so far is joined by it, and its own record tells the address.
    ids = [identity for identity in contact.identities if identity.kind == f"crm:{missing.system}"]
    return LinkUpdate(
        id=update.id,
        occurred_at=update.occurred_at,
        recorded_at=update.recorded_at,
        link_id=f"{missing.system}:{missing.id}",
        deal_id=update.deal_id,
        contact=(ids or contact.identities)[0],
        role=contact.role,
    )
