"""Definitions for tests: with every default spelled out, and with one thing changed at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from lifecycle.funnel.form.document import canonical

Json = dict[str, Any]
Path = tuple[str | int, ...]

_STAGE: Json = {
    "description": "", "owner": None, "colour": None, "beside": False, "anonymous": False, "enter_when": None,
    "from": None, "decision": None, "reopens": False, "allow_reversion": False, "requires": None, "time_limit": None,
    "statuses": [], "lead_status": None, "replaces": [], "actions": [],
}  # fmt: skip
_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
#: Fields whose values are of a closed list, by a few of each.
_ALTERNATIVES = (
    ("marketing", "sales"),
    ("open", "won", "lost"),
    ("inbound", "outbound", "internal"),
    ("accept", "disqualify"),
    ("forward_only", "by_criteria"),
    ("free_mail", "competitor", "business"),
    ("New", "MQL", "Closed-Won"),
    tuple(_WEEKDAYS),
)


def spelled_out(definition: Mapping[str, Any]) -> str:
    """A definition with every default put in and every choice of notation settled, as canonical JSON.

    Written from the description of the format, without the parser, to hold it against what the code says.
    """
    stages = [_stage(stage) for stage in definition["stages"]]
    ladder = sorted((stage for stage in stages if not stage["beside"]), key=lambda stage: int(stage["rank"]))
    beside = [stage for stage in stages if stage["beside"]]
    document = {"name": "Funnel", "description": "", "on_publication": "forward_only", **definition}
    document["stages"] = [{**stage, "rank": None} for stage in (*ladder, *beside)]
    document["qualification"] = [_question(question) for question in definition.get("qualification", [])]
    document["score"] = _score(definition.get("score", {}))
    document["recycling"] = [_recycling(rule) for rule in definition.get("recycling", [])]
    document["competitor_domains"] = sorted({one.lower() for one in definition.get("competitor_domains", [])})
    time = {"time_zone": "UTC", "weekdays": _WEEKDAYS[:5], "opens": "09:00", "closes": "17:00", "holidays": []}
    time |= definition.get("business_time", {})
    time["weekdays"], time["holidays"] = sorted(time["weekdays"]), sorted(time["holidays"])
    document["business_time"] = time
    document["retention"] = {"default": None, "activities": {}, **definition.get("retention", {})}
    return canonical(document)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _stage(data: Mapping[str, Any]) -> Json:
    stage: Json = {"rank": 0, "label": data["key"], "reported": not data.get("anonymous", False), **_STAGE, **data}
    for name in ("from", "replaces"):
        stage[name] = _listed(stage[name])
    if stage["enter_when"] is not None:
        stage["enter_when"] = _criterion(stage["enter_when"])
    if stage["requires"] is not None:
        requires = stage["requires"]
        always = _listed(requires.get("always", []))
        stage["requires"] = {"at_least": len(requires["of"]), **requires, "always": always}
    stage["statuses"] = [
        {"label": one["key"], "description": "", **one, "when": _criterion(one["when"]) if "when" in one else None}
        for one in stage["statuses"]
    ]
    return stage


def _question(data: Mapping[str, Any]) -> Json:
    met_when = _criterion(data["met_when"]) if "met_when" in data else None
    return {"label": data["key"], "question": "", **data, "met_when": met_when}


def _score(data: Mapping[str, Any]) -> Json:
    return {
        "weights": {},
        "other": 1,
        "half_life": None,
        **data,
        "rules": [{**rule, "activity": _activity(rule["activity"])} for rule in data.get("rules", [])],
        "fit": data.get("fit", []),
    }


def _recycling(data: Mapping[str, Any]) -> Json:
    return {"to": data["to"], "reason": _listed(data.get("reason")), "from": _listed(data.get("from"))}


def _criterion(data: Mapping[str, Any]) -> Json:
    ((kind, content),) = data.items()
    match kind:
        case "all" | "any":
            return {kind: [_criterion(part) for part in content]}
        case "not":
            return {kind: _criterion(content)}
        case "at_least":
            return {kind: {**content, "of": [_criterion(part) for part in content["of"]]}}
        case "stage":
            return {kind: {**content, "in": _listed(content["in"])}}
        case "activity":
            return {kind: _activity(content)}
    return dict(data)


def _activity(data: Mapping[str, Any]) -> Json:
    properties = {
        name: test if isinstance(test, dict) else {"equals": test} for name, test in data.get("properties", {}).items()
    }
    return {"type": None, "direction": None, "count": 1, "within": None, **data, "properties": properties}


def edits(definition: Mapping[str, Any]) -> Iterator[tuple[Path, Json]]:
    """The definition with one thing changed, in every place: left out, put elsewhere, or given another value.

    Some of them are no definitions any more.
    """
    for path, value in _walk(definition, ()):
        for replacement in _others(value):
            yield path, _with(definition, path, replacement)
        if path:
            yield path, _without(definition, path)


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    yield path, value
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield from _walk(part, (*path, name))


def _others(value: Any) -> Iterator[Any]:
    match value:
        case bool():
            yield not value
            yield 1
        case str():
            yield value + "x"
            yield re.sub("[1-9]", lambda digit: str(int(digit[0]) % 9 + 1), value)
            yield from (other for options in _ALTERNATIVES if value in options for other in options)
        case list():
            yield value[::-1]
            yield value[1:] + value[:1]
        case int():
            yield value + 1
            yield str(value)


def _with(definition: Mapping[str, Any], path: Path, value: Any) -> Json:
    changed = deepcopy(dict(definition))
    at: Any = changed
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = deepcopy(value)
    return changed


def _without(definition: Mapping[str, Any], path: Path) -> Json:
    changed = deepcopy(dict(definition))
    at: Any = changed
    for name in path[:-1]:
        at = at[name]
    del at[path[-1]]
    return changed
