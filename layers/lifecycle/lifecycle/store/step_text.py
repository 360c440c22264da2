"""Steps as text, short enough that a transition with its step is one write unit in the table, and one in its index.

Three lines, so that a day's steps can be read at once. The first two are the same for many steps: its shape and, after
a tab, the terms of the beginnings of stays that it tells of; and what was told by these. They are JSON, which has
neither tabs nor line breaks. The third are the times of the beginnings, sixteen hexadecimal digits each.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lifecycle.day_columns import Names, Shape, Terms
from lifecycle.steps import Entry, Step, Told

#: Of a step's text.
LINES = 3

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def format_step(step: Step) -> str:
    """A step as text: each beginning of a stay, and all that was told, is listed once and named by its place."""
    beginnings = {step.entry: 0}
    told: dict[Told, int] = {}

    def place(one: Entry) -> int:
        return beginnings.setdefault(one, len(beginnings))

    shape = Shape(
        step.from_stage,
        step.to_stage,
        step.again,
        step.opened,
        step.why,
        step.left and place(step.left),
        {stage: place(one) for stage, one in step.reached.items()},
    )
    terms = [(one.cycle, one.version, told.setdefault(one.told, len(told))) for one in beginnings]
    times = [(one.at - _EPOCH) // _MICROSECOND for one in beginnings]
    digits = struct.pack(f">{len(times)}q", *times).hex()
    return f"{_json(shape)}\t{_json(terms)}\n{_json(list(told))}\n{digits}"


def parse_step(text: str) -> Step:
    """The step that ``format_step`` wrote, or wrote when a step was one JSON object."""
    if text.startswith("{"):
        return _parse_object(json.loads(text))
    line, telling, digits = text.split("\n")
    of_shape, of_terms = apart(line)
    (shape,), (terms,), (told,) = parse_shapes([of_shape]), parse_terms([of_terms]), parse_tellings([telling])
    times = struct.unpack(f">{len(terms)}q", bytes.fromhex(digits))
    entries = [
        Entry(_EPOCH + time * _MICROSECOND, cycle, version, Told(*told[place]))
        for time, (cycle, version, place) in zip(times, terms, strict=True)
    ]
    return Step(
        from_stage=shape.from_stage,
        to_stage=shape.to_stage,
        entry=entries[0],
        left=None if shape.left is None else entries[shape.left],
        again=shape.again,
        opened=shape.opened,
        reached={stage: entries[place] for stage, place in shape.reached.items()},
        why=shape.why,
    )


def apart(line: str) -> tuple[str, str]:
    """The shape and the terms that the first line of a step tells, each as text."""
    shape, _, terms = line.partition("\t")
    return shape, terms


def parse_shapes(texts: Iterable[str]) -> list[Shape]:
    """Shapes that ``apart`` gave."""
    return [
        Shape(from_stage, to_stage, again, tuple(opened), why, left, reached)
        for from_stage, to_stage, again, opened, why, left, reached in _parsed(texts)
    ]


def parse_terms(texts: Iterable[str]) -> list[list[Terms]]:
    """Terms that ``apart`` gave."""
    return _parsed(texts)


def parse_tellings(lines: Iterable[str]) -> list[list[Names]]:
    """What was told, from the second lines of some steps."""
    return _parsed(lines)


def _parsed(texts: Iterable[str]) -> list[Any]:
    # As one text, for a day has some thousands of them.
    values: list[Any] = json.loads(f"[{','.join(texts)}]")
    return values


def _parse_object(values: Mapping[str, Any]) -> Step:
    told = [Told(*names) for names in values["told"]]

    def entry(numbers: list[int]) -> Entry:
        at, cycle, version, place = numbers
        return Entry(_EPOCH + at * _MICROSECOND, cycle, version, told[place])

    return Step(
        from_stage=values.get("from"),
        to_stage=values["to"],
        entry=entry(values["entry"]),
        left=entry(values["left"]) if "left" in values else None,
        again=bool(values.get("again")),
        opened=tuple(values.get("opened", ())),
        reached={stage: entry(numbers) for stage, numbers in values.get("reached", {}).items()},
        why=values.get("why"),
    )


def _json(values: Any) -> str:
    return json.dumps(values, separators=(",", ":"))
