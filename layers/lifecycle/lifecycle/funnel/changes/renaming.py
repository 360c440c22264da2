"""Stages that only got another key from one definition to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]


def renamed_stages(old: Json, new: Json) -> Mapping[str, str]:
    """By its old key the new one of each stage that only got another key.

    Such a stage replaces one that is gone and that no other replaces; or, as in a rollback, the one that is gone had
    replaced it.
    """
    before, now = _stages(old), _stages(new)
    gone, come = before.keys() - now.keys(), now.keys() - before.keys()
    replaced = [(former, key) for key, stage in now.items() for former in _keys_of(stage) if former in gone]
    restored = [(former, key) for former in gone for key in _keys_of(before[former]) if key in come]
    pairs = _exclusive(replaced or restored)
    return {former: key for former, key in pairs.items() if key in come}


def with_new_keys(document: Json, renamed: Mapping[str, str]) -> Json:
    """A definition with its stages under other keys, wherever it names them.

    Arguments:
        document: a definition that the schema lets through.
        renamed: by the old key the new one. Labels stay; a stage without any is labelled by its old key.
    """
    if not renamed:
        return document
    return {
        **document,
        "stages": [_stage(stage, renamed) for stage in document["stages"]],
        "recycling": [_rekeyed(rule, ("from", "to"), renamed) for rule in document.get("recycling", ())],
    }


def _stages(document: Json) -> Mapping[str, Json]:
    return {stage["key"]: stage for stage in document["stages"]}


def _keys_of(stage: Json) -> Sequence[str]:
    replaces = stage.get("replaces", ())
    return (replaces,) if isinstance(replaces, str) else replaces


def _exclusive(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """The pairs of which neither side stands in another one."""
    listed = set(pairs)
    ones, others = Counter(one for one, _ in listed), Counter(other for _, other in listed)
    return {one: other for one, other in listed if ones[one] == others[other] == 1}


def _stage(stage: Json, renamed: Mapping[str, str]) -> Json:
    changed = {"label": stage["key"]} | _rekeyed(stage, ("key", "from"), renamed)
    if "enter_when" in stage:
        changed["enter_when"] = _criterion(stage["enter_when"], renamed)
    if "statuses" in stage:
        changed["statuses"] = [_status(status, renamed) for status in stage["statuses"]]
    return changed


def _status(status: Json, renamed: Mapping[str, str]) -> Json:
    return {**status, "when": _criterion(status["when"], renamed)} if "when" in status else status


def _criterion(criterion: Json, renamed: Mapping[str, str]) -> Json:
    ((kind, content),) = criterion.items()
    match kind:
        case "below":
            return _rekeyed(criterion, ("below",), renamed)
        case "stage":
            return {kind: _rekeyed(content, ("in",), renamed)}
        case "not":
            return {kind: _criterion(content, renamed)}
        case "all" | "any":
            return {kind: [_criterion(part, renamed) for part in content]}
        case "at_least":
            return {kind: {**content, "of": [_criterion(part, renamed) for part in content["of"]]}}
    return criterion


def _rekeyed(data: Json, fields: Sequence[str], renamed: Mapping[str, str]) -> dict[str, Any]:
    return {name: _new_keys(value, renamed) if name in fields else value for name, value in data.items()}


def _new_keys(keys: str | Sequence[str], renamed: Mapping[str, str]) -> str | Sequence[str]:
    return renamed.get(keys, keys) if isinstance(keys, str) else [renamed.get(key, key) for key in keys]
