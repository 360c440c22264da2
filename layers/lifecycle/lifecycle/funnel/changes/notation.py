"""One text for one meaning: parts of a funnel written exactly, to compare them and to tell apart what reads alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, time
from decimal import Context, Decimal
from typing import Any

from lifecycle.funnel.conditions import Condition
from lifecycle.funnel.criteria import ActivityCriterion


def notation(value: Any) -> str:
    """A value of a funnel, exactly.

    Arguments:
        value: anything that a ``Funnel`` is built of.

    Returns:
        A text that two values share if and only if they mean the same. The order in which a definition names the
        properties of an activity means nothing, nor does ``4.0`` in place of ``4``; a text differs from a number.
    """
    if value is None or isinstance(value, str | int | float | Decimal | date | time):
        return _scalar(value)
    if isinstance(value, frozenset):
        return _row(sorted(map(notation, value)))
    if isinstance(value, list | tuple):
        return _row([notation(one) for one in value])
    if isinstance(value, Mapping):
        return _row([f"{_quoted(name)}: {notation(value[name])}" for name in sorted(value)])
    return _record(value)


def same(one: Any, other: Any) -> bool:
    """Whether two values of a funnel mean the same."""
    return notation(one) == notation(other)


def _record(value: Any) -> str:
    parts = {field.name: notation(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, ActivityCriterion):
        parts["where"] = _row(sorted(map(notation, value.where)))
    elif isinstance(value, Condition):
        parts["tests"] = _row(sorted(map(notation, value.tests)))
    name = type(value).__name__.removesuffix("Criterion").lower()
    return f"{name}({', '.join(f'{name}: {part}' for name, part in parts.items())})"


def _row(parts: list[str]) -> str:
    return f"[{', '.join(parts)}]"


def _scalar(value: str | float | Decimal | date | time | None) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case int():
            return str(value)
        case float() | Decimal():
            return _number(Decimal(str(value)))
    return value.isoformat()


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _number(value: Decimal) -> str:
    if not value:
        return "0"
    # Only zeros at the end go: the context rounds nothing.
    exact = value.normalize(Context(prec=len(value.as_tuple().digits)))
    whole = exact.adjusted() < 40 and exact == exact.to_integral_value()
    return str(int(exact)) if whole else str(exact)
