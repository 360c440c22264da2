"""Items and what they stand for: the one place that knows how each is spelled in the table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from math import ceil
from typing import Any, Literal

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from lifecycle.events import (
    Activity,
    Contact,
    DealFact,
    DealUpdate,
    Decision,
    Event,
    Identity,
    Key,
    Withdrawal,
)
from lifecycle.store.records import Binding, Erasure, Partition, Ruling, TransitionRecord
from lifecycle.store.schema import (
    BY_DAY,
    BY_DUE,
    BY_STAGE,
    EXPIRES_AT,
    STATE,
    day_pk,
    deal_pk,
    due_pk,
    event_sk,
    marker_sk,
    prospect_pk,
    pseudonyms_pk,
    shard_of,
    stage_pk,
    transition_sk,
)
from lifecycle.store.step_text import format_step, parse_step

Item = dict[str, Any]

#: What kind of thing is due, as the index spells it.
DueLetter = Literal["P", "E", "F", "D", "X"]

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def to_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as DynamoDB's JSON. ``None`` is left out."""
    return {name: _serialize(value) for name, value in item.items() if value is not None}


def from_attributes(attributes: Mapping[str, Any]) -> Item:
    """DynamoDB's JSON as an item."""
    return {name: _deserialize(value) for name, value in attributes.items()}


def format_time(time: datetime) -> str:
    """A time as fixed-width RFC 3339 in UTC, which sorts as the times do."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> datetime:
    """The time that ``format_time`` wrote."""
    return datetime.fromisoformat(text)


def to_seconds(time: datetime | None) -> int | None:
    """A time in seconds since 1970, the next whole one: how the table keeps when an item may go."""
    return None if time is None else ceil(time.timestamp())


def from_seconds(seconds: Any) -> datetime | None:
    """The time that ``to_seconds`` gave."""
    return None if seconds is None else datetime.fromtimestamp(int(seconds), UTC)


def _format_key(key: Key) -> str:
    return f"{format_time(key.occurred_at)} {int(key.order)} {key.id}"


def _parse_key(text: str) -> Key:
    time, order, id_ = text.split(" ", 2)
    return Key(parse_time(time), int(order), id_)


def _pairs(identities: tuple[Identity, ...]) -> list[list[str]] | None:
    return [list(identity) for identity in identities] or None


def _identities(item: Item, name: str = "identities") -> tuple[Identity, ...]:
    return tuple(Identity(kind, value) for kind, value in item.get(name, ()))


def event_item(workspace: str, home: str, event: Event, root: str, expires_at: datetime | None = None) -> Item:
    """An event of a prospect's log.

    Arguments:
        workspace: the workspace's id.
        home: the partition whose log it is in.
        event: the event.
        root: the prospect that it belonged to when it was appended: where a later evaluation looks first.
        expires_at: when it may go; ``None``: never.
    """
    item: Item = {
        "pk": prospect_pk(workspace, home),
        "sk": event_sk(event.id),
        "kind": event.kind,
        "occurred_at": format_time(event.occurred_at),
        "recorded_at": format_time(event.recorded_at),
        "root": None if root == home else root,
        EXPIRES_AT: to_seconds(expires_at),
    }
    match event:
        case Activity():
            item |= {
                "type": event.type,
                "direction": event.direction,
                "automated": event.automated or None,
                "identities": _pairs(event.identities),
                "properties": dict(event.properties) or None,
                "traits": dict(event.traits) or None,
                "source": event.source,
            }
        case DealFact():
            item |= {
                "deal_id": event.deal_id,
                "contact": event.contact,
                "linked": event.linked,
                "role": event.role,
                "identities": _pairs(event.identities),
                **_deal_attributes(event),
            }
        case Decision():
            item |= {
                "action": event.action,
                "by": event.by,
                "reason": event.reason,
                "stage": event.stage,
                "status": event.status,
                "qualification": dict(event.qualification) or None,
                "other": event.other,
            }
        case Withdrawal():
            item |= {"event_id": event.event_id, "by": event.by, "reason": event.reason}
    return item


def _deal_attributes(event: DealFact | DealUpdate) -> Item:
    return {
        "status": event.status,
        "name": event.name,
        "amount": event.amount,
        "currency": event.currency,
        "pipeline": event.pipeline,
        "lost_reason": event.lost_reason,
        "deleted": event.deleted or None,
    }


def item_event(item: Item) -> Event:
    """The event of a prospect's log that an item keeps."""
    base: dict[str, Any] = {
        "id": item["sk"].partition("#")[2],
        "occurred_at": parse_time(item["occurred_at"]),
        "recorded_at": parse_time(item["recorded_at"]),
    }
    match item["kind"]:
        case Activity.kind:
            return Activity(
                **base,
                type=item["type"],
                direction=item["direction"],
                identities=_identities(item),
                automated=item.get("automated", False),
                properties=item.get("properties", {}),
                traits=item.get("traits", {}),
                source=item.get("source"),
            )
        case DealFact.kind:
            return DealFact(
                **base,
                deal_id=item["deal_id"],
                contact=item["contact"],
                linked=item.get("linked"),
                role=item.get("role"),
                identities=_identities(item),
                **_deal_fields(item),
            )
        case Decision.kind:
            return Decision(
                **base,
                action=item["action"],
                by=item["by"],
                reason=item.get("reason"),
                stage=item.get("stage"),
                status=item.get("status"),
                qualification=item.get("qualification", {}),
                other=item.get("other"),
            )
        case Withdrawal.kind:
            return Withdrawal(**base, event_id=item["event_id"], by=item["by"], reason=item.get("reason"))
    raise ValueError(f"an event of kind {item['kind']!r} is not known")


def _deal_fields(item: Item) -> dict[str, Any]:
    names = ("status", "name", "amount", "currency", "pipeline", "lost_reason")
    return {name: item.get(name) for name in names} | {"deleted": item.get("deleted", False)}


def deal_update_item(workspace: str, update: DealUpdate) -> Item:
    """An entry of a deal's log."""
    return {
        "pk": deal_pk(workspace, update.deal_id),
        "sk": event_sk(update.id),
        "kind": update.kind,
        "occurred_at": format_time(update.occurred_at),
        "recorded_at": format_time(update.recorded_at),
        "deal_id": update.deal_id,
        "contacts": None if update.contacts is None else _contact_attributes(update.contacts),
        "joined": _contact_attributes(update.joined) or None,
        "left": _contact_attributes(update.left) or None,
        **_deal_attributes(update),
    }


def _contact_attributes(contacts: tuple[Contact, ...]) -> list[Item]:
    return [{"identities": _pairs(contact.identities), "role": contact.role} for contact in contacts]


def item_deal_update(item: Item) -> DealUpdate:
    """The entry of a deal's log that an item keeps."""
    return DealUpdate(
        id=item["sk"].partition("#")[2],
        occurred_at=parse_time(item["occurred_at"]),
        recorded_at=parse_time(item["recorded_at"]),
        deal_id=item["deal_id"],
        contacts=_contacts(item["contacts"]) if "contacts" in item else None,
        joined=_contacts(item.get("joined", ())),
        left=_contacts(item.get("left", ())),
        **_deal_fields(item),
    )


def _contacts(attributes: Iterable[Item]) -> tuple[Contact, ...]:
    return tuple(Contact(_identities(contact), contact.get("role")) for contact in attributes)


def partition_item(workspace: str, partition: Partition) -> Item:
    """The state of a prospect, or the pointer to the prospect that an identity belongs to."""
    rulings = {other: [_format_key(ruling.key), ruling.apart] for other, ruling in partition.rulings.items()}
    bindings = [[start and _format_key(start), owner] for start, owner in partition.bindings]
    item: Item = {
        "pk": prospect_pk(workspace, partition.prospect_id),
        "sk": STATE,
        "version": partition.version,
        "parent": partition.parent,
        "bindings": _compact(bindings),
        "summary": _compact(partition.summary),
        "members": _compact(partition.members),
        "rulings": _compact(rulings),
        "recent": "".join(partition.recent) or None,
        "condense_at": to_seconds(partition.condense_at),
        "retention": partition.retention,
        "erased_at": None if partition.erased_at is None else format_time(partition.erased_at),
        "marked": partition.marked or None,
        "in_reports": partition.in_reports or None,
        "erasure": None if partition.erasure is None else _compact(partition.erasure._asdict()),
    }
    if partition.stage is not None and partition.since is not None:
        item[BY_STAGE.partition_key] = stage_pk(workspace, partition.stage, shard_of(partition.prospect_id))
        item[BY_STAGE.sort_key] = f"{format_time(partition.since)}#{partition.prospect_id}"
    if partition.arrival is not None:
        item["step"] = format_step(partition.arrival)
        item |= listed_by_day(workspace, partition.prospect_id, partition.arrival.entry.at)
    if partition.due is not None:
        kind: DueLetter = "E" if partition.is_being_erased else "P"
        item |= due_attributes(partition.due, workspace, kind, partition.prospect_id)
    return item


def due_attributes(at: datetime, workspace: str, kind: DueLetter, id_: str) -> Item:
    """What lists an item by the time at which something is due.

    Arguments:
        at: the time.
        workspace: the workspace's id.
        kind: ``P`` for a prospect, ``E`` for one whose erasure has more to do, ``F`` for a version of the funnel,
            ``D`` for a day that reports tell of, ``X`` for the nightly export.
        id_: the prospect's id, the version, the day, or the workspace.
    """
    return {
        BY_DUE.partition_key: due_pk(shard_of(id_)),
        BY_DUE.sort_key: f"{format_time(at)}#{workspace}#{kind}#{id_}",
    }


def item_partition(item: Item) -> Partition:
    """The partition that an item keeps."""
    _, _, _, prospect_id = item["pk"].split("#", 3)
    rulings = json.loads(item.get("rulings", "{}"))
    bindings = json.loads(item.get("bindings", "[]"))
    stage, since = None, None
    if BY_STAGE.partition_key in item:
        stage = item[BY_STAGE.partition_key].split("#")[3]
        since = parse_time(item[BY_STAGE.sort_key].partition("#")[0])
    due = parse_time(item[BY_DUE.sort_key].partition("#")[0]) if BY_DUE.sort_key in item else None
    recent = item.get("recent", "")
    return Partition(
        prospect_id=prospect_id,
        version=int(item["version"]),
        parent=item.get("parent"),
        bindings=tuple(Binding(_parse_key(start) if start else None, owner) for start, owner in bindings),
        summary=json.loads(item["summary"]) if "summary" in item else None,
        stage=stage,
        since=since,
        in_reports=item.get("in_reports", False),
        due=due,
        condense_at=from_seconds(item.get("condense_at")),
        retention=item.get("retention"),
        members=json.loads(item.get("members", "{}")),
        rulings={other: Ruling(_parse_key(key), apart) for other, (key, apart) in rulings.items()},
        recent=tuple(recent[i : i + MARK_LENGTH] for i in range(0, len(recent), MARK_LENGTH)),
        erased_at=parse_time(item["erased_at"]) if "erased_at" in item else None,
        marked=item.get("marked", False),
        erasure=_erasure(json.loads(item["erasure"])) if "erasure" in item else None,
        arrival=parse_step(item["step"]) if "step" in item else None,
    )


def _erasure(values: Mapping[str, Any]) -> Erasure:
    return Erasure(tuple(values["own"]), tuple(values["shared"]), tuple(values["apart"]), values["removed"])


def marker_item(workspace: str, home: str, event_id: str, until: datetime) -> Item:
    """What stands in the place of an event that was erased, so that the event is recognised if it comes again.

    Arguments:
        workspace: the workspace's id.
        home: the partition whose log had the event.
        event_id: the event's.
        until: until when to recognise it.
    """
    return {
        "pk": prospect_pk(workspace, home),
        "sk": marker_sk(event_id),
        EXPIRES_AT: int(until.timestamp()),
    }


#: The characters of one mark in ``Partition.recent``.
MARK_LENGTH = 6


def _compact(value: Any) -> str | None:
    """JSON without spaces: a list or map of DynamoDB's own would cost a byte more for every element."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) if value else None


def transition_item(workspace: str, prospect_id: str, record: TransitionRecord) -> Item:
    """A transition of a prospect."""
    return {
        "pk": prospect_pk(workspace, prospect_id),
        "sk": transition_sk(record.sequence),
        "from_stage": record.from_stage,
        "to_stage": record.to_stage,
        "occurred_at": format_time(record.occurred_at),
        "recorded_at": format_time(record.recorded_at),
        "cause": record.cause,
        "funnel_version": record.funnel_version,
        "criterion": record.criterion,
        "evidence": list(record.evidence),
        "actor": record.actor,
        "reason": record.reason,
        "cycle": record.cycle,
        "event_id": record.event_id,
        "corrected_by": record.corrected_by,
        "restated_by": record.restated_by,
        "qualification": dict(record.qualification) or None,
        "actions": list(record.actions) or None,
        "pseudonymous": record.pseudonymous or None,
        "step": None if record.step is None else format_step(record.step),
        **listed_by_day(workspace, prospect_id, record.occurred_at, record.sequence),
    }


def listed_by_day(workspace: str, id_: str, at: datetime, sequence: int = 0) -> Item:
    """What lists an item by the day (UTC) on which something happened.

    Arguments:
        workspace: the workspace's id.
        id_: of the prospect or deal with which it did.
        at: when.
        sequence: of the transition that it is.
    """
    return {
        BY_DAY.partition_key: day_pk(workspace, at.astimezone(UTC).date(), shard_of(id_)),
        BY_DAY.sort_key: f"{format_time(at)}#{id_}#{sequence:06d}",
    }


def pseudonym_item(workspace: str, prospect_id: str) -> Item:
    """A name under which the transitions of somebody erased are kept, in the list of these."""
    return {"pk": pseudonyms_pk(workspace), "sk": prospect_id}


def item_transition(item: Item) -> TransitionRecord:
    """The transition that an item keeps."""
    return TransitionRecord(
        sequence=int(item["sk"].partition("#")[2]),
        from_stage=item["from_stage"],
        to_stage=item["to_stage"],
        occurred_at=parse_time(item["occurred_at"]),
        recorded_at=parse_time(item["recorded_at"]),
        cause=item["cause"],
        funnel_version=int(item["funnel_version"]),
        criterion=item["criterion"],
        evidence=tuple(item["evidence"]),
        actor=item.get("actor"),
        reason=item.get("reason"),
        cycle=int(item["cycle"]),
        event_id=item["event_id"],
        corrected_by=item.get("corrected_by"),
        restated_by=item.get("restated_by"),
        qualification=item.get("qualification", {}),
        actions=tuple(item.get("actions", ())),
        pseudonymous=item.get("pseudonymous", False),
        step=parse_step(item["step"]) if "step" in item else None,
    )
