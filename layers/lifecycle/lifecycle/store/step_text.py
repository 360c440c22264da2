"""Steps as text, short enough that a transition with its step is one write unit in the table, and one in its index."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from lifecycle.steps import Entry, Step, Told

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def format_step(step: Step) -> str:
    """A step as JSON: what was told by then is listed once, and named by its place."""
    told: list[Told] = [step.entry.told]

    def entry(one: Entry) -> list[int]:
        if one.told not in told:
            told.append(one.told)
        return [(one.at - _EPOCH) // _MICROSECOND, one.cycle, one.version, told.index(one.told)]

    values: dict[str, Any] = {
        "from": step.from_stage,
        "to": step.to_stage,
        "entry": entry(step.entry),
        "left": entry(step.left) if step.left else None,
        "again": int(step.again),
        "opened": step.opened,
        "reached": {stage: entry(one) for stage, one in step.reached.items()},
        "why": step.why,
    }
    values["told"] = [_shortened(one) for one in told]
    return json.dumps({name: value for name, value in values.items() if value}, separators=(",", ":"))


def parse_step(text: str) -> Step:
    """The step that ``format_step`` wrote."""
    values = json.loads(text)
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


def _shortened(told: Told) -> list[str | None]:
    names = list(told)
    while names and names[-1] is None:
        names.pop()
    return names
