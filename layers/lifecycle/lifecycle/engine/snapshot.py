"""A machine as plain values to keep, and back.

It keeps what the next event needs, and no more: the evidence of a move is read from the log when a move happens. The
names are short because the usual state must fit into one write unit (1 KB).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from lifecycle.engine.machine import Deal, Machine
from lifecycle.engine.plan import Plan
from lifecycle.events import Identity, Key

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def dump(machine: Machine) -> dict[str, Any]:
    """Plain values (strings, integers, lists, maps) from which ``load`` makes an equal machine."""
    values: dict[str, Any] = {
        "funnel": machine.plan.funnel.version,
        "at": machine.at.stage.key,
        "since": _pack_time(machine.since),
        "first": _pack_time(machine.first),
        "last": _pack(machine.last),
        "known": _pack_time(machine.known),
        "ids": [list(identity) for identity in machine.identities],
        "cycle": machine.cycle,
        "line": _pack(machine.line),
        "counts": machine.counts,
        "score": machine.score,
        "tally": machine.tally,
        "deals": {id_: _pack_deal(deal) for id_, deal in machine.deals.items()},
        "awaits": sorted(machine.awaited),
        "pending": machine.pending,
    }
    return {name: value for name, value in values.items() if value}


def load(values: Mapping[str, Any], plan: Plan) -> Machine | None:
    """The machine of stored values; ``None`` if they were folded under another funnel, so that the log is needed."""
    if values.get("funnel") != plan.funnel.version or values["at"] not in plan.by_key:
        return None
    machine = Machine(plan)
    machine.at = plan.by_key[values["at"]]
    machine.since, machine.first = _unpack_time(values.get("since")), _unpack_time(values.get("first"))
    machine.last, machine.known = _unpack(values.get("last")), _unpack_time(values.get("known"))
    machine.identities = {Identity(kind, value): None for kind, value in values.get("ids", ())}
    machine.cycle = values["cycle"]
    machine.line = _unpack(values.get("line"))
    machine.counts = list(values.get("counts", machine.counts))
    machine.score = values.get("score", 0)
    machine.goal = machine.next_goal()
    machine.tally = list(values["tally"])
    machine.deals = {id_: _unpack_deal(deal) for id_, deal in values.get("deals", {}).items()}
    machine.awaited = set(values.get("awaits", ()))
    machine.pending = values.get("pending", False)
    return machine


def first_and_known(values: Mapping[str, Any]) -> tuple[datetime, bool]:
    """When the first event of a dumped machine occurred, and whether an email is known."""
    first = _unpack_time(values.get("first"))
    return first.occurred_at if first else _EPOCH, "known" in values


def names_only_visitors(values: Mapping[str, Any] | None) -> bool:
    """Whether a dumped machine knows nothing of the prospect but cookies."""
    kinds = {kind for kind, _ in (values or {}).get("ids", ())}
    return kinds == {"visitor"}


def _pack_time(key: Key | None) -> str | None:
    """Of the keys that are only shown or asked for, never compared, the time is enough."""
    return None if key is None else f"{(key.occurred_at - _EPOCH) // _MICROSECOND:x}"


def _unpack_time(text: str | None) -> Key | None:
    return None if text is None else Key(_EPOCH + timedelta(microseconds=int(text, 16)), 0, "")


def _pack(key: Key | None) -> str | None:
    if key is None:
        return None
    return f"{(key.occurred_at - _EPOCH) // _MICROSECOND:x} {int(key.order)} {key.id}"


def _unpack(text: str | None) -> Key | None:
    if text is None:
        return None
    micros, order, id_ = text.split(" ", 2)
    return Key(_EPOCH + timedelta(microseconds=int(micros, 16)), int(order), id_)


def _pack_deal(deal: Deal) -> dict[str, Any]:
    values = {
        "status": deal.status,
        "entered": _pack(deal.entered),
        "contacts": deal.contacts,
        "name": deal.name,
        "amount": None if deal.amount is None else str(deal.amount),
        "currency": deal.currency,
        "reason": deal.lost_reason,
    }
    return {name: value for name, value in values.items() if value}


def _unpack_deal(values: Mapping[str, Any]) -> Deal:
    return Deal(
        status=values.get("status"),
        entered=_unpack(values.get("entered")),
        contacts=dict(values.get("contacts", {})),
        name=values.get("name"),
        amount=Decimal(values["amount"]) if "amount" in values else None,
        currency=values.get("currency"),
        lost_reason=values.get("reason"),
    )
