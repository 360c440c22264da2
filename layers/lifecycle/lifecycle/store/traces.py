"""The log of a partition as it is kept: which items hold it, and how traces are packed into few of them.

Traces are only ever added: an item that holds some is never written again, so no writer can lose another's. Where a
trace is made anew, because a later version of the funnel asks for more, the last one counts. The one exception is an
erasure, which takes traces out of the items that are there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from lifecycle.events import Activity, Event, Identity, Key
from lifecycle.store.items import Item, from_seconds, item_event, item_transition
from lifecycle.store.json_text import to_json
from lifecycle.store.records import KeptLog, NewTraces, TransitionRecord
from lifecycle.store.schema import EVENT_PREFIX, EXPIRES_AT, TRACES_PREFIX, TRANSITION_PREFIX, prospect_pk, traces_sk

#: An item holds at most so many bytes of traces, unless it is one alone (the service's limit for an item is 400 KB).
CHUNK_BYTES = 64 * 1024

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def kept_log(items: Iterable[Item]) -> KeptLog:
    """Read the log of a partition.

    Arguments:
        items: of the partition, in the order of their sort keys; those that are not of a log are passed over.
    """
    full: list[Event] = []
    transitions: list[TransitionRecord] = []
    traces: dict[Key, Activity] = {}
    expiries: dict[str, datetime | None] = {}
    chunks = 0
    for item in items:
        if item["sk"].startswith(EVENT_PREFIX):
            event = item_event(item)
            full.append(event)
            if isinstance(event, Activity):
                expiries[event.id] = from_seconds(item.get(EXPIRES_AT))
        elif item["sk"].startswith(TRACES_PREFIX):
            chunks = int(item["sk"].split("#")[1]) + 1
            traces |= {trace.key: trace for trace in _unpacked(item["traces"])}
        elif item["sk"].startswith(TRANSITION_PREFIX):
            transitions.append(item_transition(item))
    there = {event.key for event in full} if traces else frozenset[Key]()
    gone = [trace for key, trace in traces.items() if key not in there]
    return KeptLog([*full, *gone], transitions, traces, expiries, chunks)


def traces_items(workspace: str, new: NewTraces) -> Iterator[Item]:
    """The items that keep some traces, each far below the limit of an item."""
    pk = prospect_pk(workspace, new.home)
    for chunk, texts in enumerate(_portions(map(_packed, new.traces)), start=new.chunk):
        yield {"pk": pk, "sk": traces_sk(chunk, new.prospect_id), "traces": f"[{','.join(texts)}]"}


def _portions(texts: Iterable[str]) -> Iterator[list[str]]:
    portion: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode())
        if portion and size + length > CHUNK_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(text)
        size += length
    if portion:
        yield portion


def without(item: Item, change: Callable[[Activity], Activity | None]) -> Item | None:
    """An item with traces as an erasure leaves it; ``None`` where it finds nothing to erase.

    The item stays even if nothing is left in it: the next one is numbered behind it.

    Arguments:
        item: with traces.
        change: gives a trace as it is to be, or ``None`` for one that is to go.
    """
    traces = list(_unpacked(item["traces"]))
    left = [changed for changed in map(change, traces) if changed is not None]
    return None if left == traces else {**item, "traces": f"[{','.join(map(_packed, left))}]"}


def _packed(trace: Activity) -> str:
    """A trace as JSON without names: most of them would be longer than what they name."""
    values: list[Any] = [
        trace.id,
        _microseconds(trace.occurred_at),
        _microseconds(trace.recorded_at),
        trace.type,
        trace.direction,
        int(trace.automated),
        trace.identities,
    ]
    if trace.properties or trace.traits or trace.source:
        values += [trace.properties, trace.traits, trace.source]
    return to_json(values)


def _unpacked(text: str) -> Iterator[Activity]:
    # Numbers as the table gives those of an activity in full: the engine tells 60 from 60.0 by how they are written.
    for values in json.loads(text, parse_float=Decimal, parse_int=Decimal):
        id_, occurred, recorded, type_, direction, automated, identities, *read = values
        properties, traits, source = (*read, None)[:3] if read else ({}, {}, None)
        yield Activity(
            id=id_,
            occurred_at=_EPOCH + int(occurred) * _MICROSECOND,
            recorded_at=_EPOCH + int(recorded) * _MICROSECOND,
            type=type_,
            direction=direction,
            identities=tuple(Identity(kind, value) for kind, value in identities),
            automated=bool(automated),
            properties=properties,
            traits=traits,
            source=source,
            condensed=True,
        )


def _microseconds(time: datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND
