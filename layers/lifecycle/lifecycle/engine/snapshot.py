"""A machine as plain values to keep, and back.

It keeps what the next event needs, and no more: the evidence of a move is read from the log when a move happens. The
names are short because the usual state must fit into one write unit (1 KB).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.machine import Deal, Machine, Points
from lifecycle.events import Identity, Key

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DECIMAL = "decimal"


def dump(machine: Machine) -> dict[str, Any]:
    """Plain values (strings, integers, lists, maps) from which ``load`` makes an equal machine."""
    values: dict[str, Any] = {
        "funnel": machine.plan.funnel.version,
        "layout": machine.plan.layout,
        "at": machine.at.stage.key,
        "since": _pack_time(machine.since),
        "first": _pack_time(machine.first),
        "last": _pack(machine.last),
        "event": _pack_last_event(machine),
        "known": _pack_time(machine.known),
        "ids": [list(identity) for identity in machine.identities],
        "cycle": machine.cycle,
        "line": _pack(machine.line),
        "counts": machine.counts if any(machine.counts) else None,
        "windows": {str(index): [_pack_moment(at) for at in times] for index, times in machine.windows.items()},
        "score": _pack_points(machine.points),
        "lasting": _pack_points(machine.lasting) if machine.plan.lasting_scores else None,
        "traits": {name: _pack_value(value) for name, value in machine.traits.items()},
        "answers": {key: _pack_value(answer) for key, answer in machine.answers.items()},
        "stale": sorted(machine.stale),
        "ruled": machine.ruled,
        "status": machine.status,
        "tally": machine.tally,
        "deals": {id_: _pack_deal(deal) for id_, deal in machine.deals.items()},
        "awaits": sorted(machine.awaited),
        "pending": machine.pending,
    }
    return {name: value for name, value in values.items() if value}


def load(values: Mapping[str, Any], calendar: Calendar) -> Machine | None:
    """The machine of stored values; ``None`` if they were folded under a version that the calendar lacks or compiles to
    something else, so that the log is needed."""
    plan = calendar.plan(values["funnel"])
    if plan is None or plan.layout != values.get("layout"):
        return None
    machine = Machine(plan)
    machine.at = plan.by_key[values["at"]]
    machine.ruled, machine.status = values.get("ruled", False), values.get("status")
    machine.since, machine.first = _unpack_time(values.get("since")), _unpack_time(values.get("first"))
    machine.last, machine.known = _unpack(values.get("last")), _unpack_time(values.get("known"))
    machine.now = machine.last.occurred_at if machine.last else machine.now
    machine.last_event = _unpack_moment(values["event"]) if "event" in values else machine.now
    machine.identities = {Identity(kind, value): None for kind, value in values.get("ids", ())}
    machine.traits = {name: _unpack_value(value) for name, value in values.get("traits", {}).items()}
    machine.answers = {key: _unpack_value(answer) for key, answer in values.get("answers", {}).items()}
    machine.stale = set(values.get("stale", ()))
    machine.cycle = values["cycle"]
    machine.line = _unpack(values.get("line"))
    machine.counts = list(values.get("counts", machine.counts))
    machine.windows = {int(i): [_unpack_moment(at) for at in times] for i, times in values.get("windows", {}).items()}
    machine.points, machine.lasting = _unpack_points(values.get("score")), _unpack_points(values.get("lasting"))
    machine.tally = list(values["tally"])
    machine.deals = {id_: _unpack_deal(deal) for id_, deal in values.get("deals", {}).items()}
    machine.awaited = set(values.get("awaits", ()))
    machine.pending = values.get("pending", False)
    machine.resume()
    return machine


def version_of(values: Mapping[str, Any]) -> int:
    """The version of the funnel under which a dumped machine was folded."""
    return int(values["funnel"])


def first_and_known(values: Mapping[str, Any]) -> tuple[datetime, bool]:
    """When the first event of a dumped machine occurred, and whether an email is known."""
    first = _unpack_time(values.get("first"))
    return first.occurred_at if first else _EPOCH, "known" in values


def names_only_visitors(values: Mapping[str, Any] | None) -> bool:
    """Whether a dumped machine knows nothing of the prospect but cookies."""
    kinds = {kind for kind, _ in (values or {}).get("ids", ())}
    return kinds == {"visitor"}


def _pack_moment(moment: datetime) -> str:
    return f"{(moment - _EPOCH) // _MICROSECOND:x}"


def _pack_last_event(machine: Machine) -> str | None:
    """When the last event occurred, where that is not the last moment walked anyway."""
    if machine.last_event is None or machine.last is None or machine.last_event == machine.last.occurred_at:
        return None
    return _pack_moment(machine.last_event)


def _unpack_moment(text: str) -> datetime:
    return _EPOCH + timedelta(microseconds=int(text, 16))


def _pack_points(points: Points) -> float | list[Any] | None:
    """Points that do not fade need no time."""
    if not points.worth:
        return None
    return points.worth if points.at == _EPOCH else [points.worth, _pack_moment(points.at)]


def _unpack_points(values: float | list[Any] | None) -> Points:
    if isinstance(values, list):
        return Points(values[0], _unpack_moment(values[1]))
    return Points(values or 0)


def _pack_value(value: Any) -> Any:
    """A value of a trait or an answer as JSON; a decimal number, which JSON would make inexact, in brackets."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else {_DECIMAL: str(value)}
    if isinstance(value, Mapping):
        return {name: _pack_value(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_pack_value(part) for part in value]
    return value


def _unpack_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.keys() == {_DECIMAL}:
            return Decimal(value[_DECIMAL])
        return {name: _unpack_value(part) for name, part in value.items()}
    return [_unpack_value(part) for part in value] if isinstance(value, list) else value


def _pack_time(key: Key | None) -> str | None:
    """Of the keys that are only shown or asked for, never compared, the time is enough."""
    return None if key is None else _pack_moment(key.occurred_at)


def _unpack_time(text: str | None) -> Key | None:
    return None if text is None else Key(_unpack_moment(text), 0, "")


def _pack(key: Key | None) -> str | None:
    if key is None:
        return None
    return f"{_pack_moment(key.occurred_at)} {int(key.order)} {key.id}"


def _unpack(text: str | None) -> Key | None:
    if text is None:
        return None
    micros, order, id_ = text.split(" ", 2)
    return Key(_unpack_moment(micros), int(order), id_)


def _pack_deal(deal: Deal) -> dict[str, Any]:
    values = {
        "status": deal.status,
        "entered": _pack(deal.entered),
        "contacts": deal.contacts,
        "name": deal.name,
        "amount": None if deal.amount is None else str(deal.amount),
        "currency": deal.currency,
        "pipeline": deal.pipeline,
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
        pipeline=values.get("pipeline"),
        lost_reason=values.get("reason"),
    )
