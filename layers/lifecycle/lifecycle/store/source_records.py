"""What the store keeps of the outside systems that a workspace has connected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """An outside system that is connected, without its secret.

    Attributes:
        source_id: the unguessable part of its address.
        kind: its row in the table of sources.
        label: what people call it.
        settings: as its kind defines them.
        created_at, created_by: when and by whom it was connected.
        version: how often it was changed, from 1.
        last_received_at: when something true came in last, to within a minute; ``None``: never yet.
        last_refused_at: when something was refused last, to within a minute; ``None``: never yet.
    """

    source_id: str
    kind: str
    label: str
    settings: Mapping[str, Any]
    created_at: datetime
    created_by: str
    version: int = 1
    last_received_at: datetime | None = None
    last_refused_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class QuarantinedPart:
    """A part of a delivery that could not be translated, as the body of a delivery that holds it alone.

    Attributes:
        part_id: its name; parts sort by it as they came in.
        received_at: when it came.
        why: what is wrong with it.
        body: the bytes.
        content_type: what they are.
        call: what followed the source's address.
        alone: it is one part of a delivery, in JSON; otherwise it is the body of a whole one.
    """

    part_id: str
    received_at: datetime
    why: str
    body: bytes
    content_type: str
    call: str
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that an outside system named, and that counts for little until more is known of it.

    Attributes:
        what: a contact without an email, a deal without a contact, or a link without its ends.
        name: the contact's identity as ``crm:<system>:<id>``, or the deal's or link's id.
        since: when it was first named.
        source_id: who named it.
        asked_at: when the hook of its source was asked for it last; ``None``: never yet.
    """

    what: Literal["contact", "deal", "link"]
    name: str
    since: datetime
    source_id: str
    asked_at: datetime | None = None
