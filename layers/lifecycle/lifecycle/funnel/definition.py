"""A funnel: its stages in order, the scores, and how it is read from its definition (a JSON document)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from lifecycle.events import Action
from lifecycle.funnel.criteria import (
    ActivityCriterion,
    AllCriterion,
    AnyCriterion,
    BelowCriterion,
    Criterion,
    DealCriterion,
    DecisionCriterion,
    KnownCriterion,
    NotCriterion,
    PropertyCondition,
    ScoreCriterion,
)


class FunnelDefinitionError(ValueError):
    """A definition is not a funnel; ``where`` is the path of the offending part."""

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        super().__init__(f"{where}: {why}")


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a funnel. What it does hangs on what it declares, never on its key.

    ``beside`` stands beside the ladder. ``anonymous`` is the stage of prospects without an email, which no decision
    may give to a known one. ``enter_when`` is ``None`` where only a decision leads in. ``decision`` is the kind of
    decision that leads straight in. ``reopens`` takes prospects back from beside the ladder. ``allow_reversion`` lets
    a new event that satisfies the stage bring a prospect back from a higher one. ``lead_status`` is the sales view.
    """

    key: str
    label: str
    description: str
    owner: str | None
    beside: bool
    anonymous: bool
    enter_when: Criterion | None
    decision: Action | None
    reopens: bool
    allow_reversion: bool
    lead_status: str | None


@dataclass(frozen=True, slots=True)
class Recycling:
    """Where a prospect goes when all its deals are lost: ``reason`` ``None`` stands for any lost reason."""

    reason: str | None
    from_stages: tuple[str, ...]
    to_stage: str


@dataclass(frozen=True, slots=True)
class Funnel:
    """An organisation's funnel. ``stages`` holds the ladder from bottom to top, then those beside it.

    ``weights`` gives the points of an inbound activity by type, ``other_weight`` those of any other type.
    """

    version: int
    name: str
    stages: tuple[Stage, ...]
    weights: Mapping[str, int]
    other_weight: int
    recycling: tuple[Recycling, ...]

    @property
    def stage_keys(self) -> tuple[str, ...]:
        """The keys of all stages, in order."""
        return tuple(stage.key for stage in self.stages)

    def stage(self, key: str) -> Stage:
        """The stage of a key.

        Raises:
            KeyError: the funnel has no such stage.
        """
        for stage in self.stages:
            if stage.key == key:
                return stage
        raise KeyError(key)


def parse_funnel(definition: Mapping[str, Any], version: int) -> Funnel:
    """Read a funnel from its definition.

    Arguments:
        definition: the JSON document.
        version: the number under which it is in force.

    Returns:
        The funnel.

    Raises:
        FunnelDefinitionError: a part is missing, unknown or contradicts another.
    """
    stages = tuple(_stage(stage, f"stages[{i}]") for i, stage in enumerate(_list(definition, "stages", "definition")))
    keys = [stage.key for stage in stages]
    if len(set(keys)) != len(keys):
        raise FunnelDefinitionError("stages", "two stages have the same key; every key must be used once")
    ladder = tuple(stage for stage in stages if not stage.beside)
    if not ladder:
        raise FunnelDefinitionError("stages", "at least one stage must stand on the ladder")
    score = definition.get("score", {})
    return Funnel(
        version=version,
        name=str(definition.get("name", "Funnel")),
        stages=ladder + tuple(stage for stage in stages if stage.beside),
        weights=dict(score.get("weights", {})),
        other_weight=int(score.get("other", 1)),
        recycling=tuple(
            Recycling(entry.get("reason"), tuple(entry["from"]), entry["to"])
            for entry in definition.get("recycling", ())
        ),
    )


@lru_cache(maxsize=1)
def default_funnel() -> Funnel:
    """The funnel that every workspace starts with, as version 1."""
    text = files("lifecycle.funnel").joinpath("default.json").read_text(encoding="utf-8")
    return parse_funnel(json.loads(text), version=1)


_STAGE_FIELDS = {
    "key", "label", "description", "owner", "beside", "anonymous",
    "enter_when", "decision", "reopens", "allow_reversion", "lead_status",
}  # fmt: skip


def _stage(data: Mapping[str, Any], where: str) -> Stage:
    unknown = set(data) - _STAGE_FIELDS
    if unknown:
        raise FunnelDefinitionError(
            where, f"unknown field {min(unknown)!r}; known are {', '.join(sorted(_STAGE_FIELDS))}"
        )
    if not isinstance(data.get("key"), str):
        raise FunnelDefinitionError(f"{where}.key", "every stage needs a key")
    enter_when = data.get("enter_when")
    return Stage(
        key=data["key"],
        label=data.get("label", data["key"]),
        description=data.get("description", ""),
        owner=data.get("owner"),
        beside=data.get("beside", False),
        anonymous=data.get("anonymous", False),
        enter_when=None if enter_when is None else parse_criterion(enter_when, f"{where}.enter_when"),
        decision=data.get("decision"),
        reopens=data.get("reopens", False),
        allow_reversion=data.get("allow_reversion", False),
        lead_status=data.get("lead_status"),
    )


def parse_criterion(data: Mapping[str, Any], where: str) -> Criterion:  # noqa: C901, PLR0911 - one for each kind
    """Read a criterion: an object with one field that names its kind.

    Arguments:
        data: such as ``{"activity": {"type": "referral"}}``.
        where: the path of ``data``, for error messages.

    Raises:
        FunnelDefinitionError: the kind is unknown or its content is wrong.
    """
    if len(data) != 1:
        raise FunnelDefinitionError(where, "a criterion is an object with one field that names its kind")
    ((kind, content),) = data.items()
    inner = f"{where}.{kind}"
    match kind:
        case "known":
            return KnownCriterion()
        case "activity":
            return ActivityCriterion(
                type=content.get("type"),
                direction=content.get("direction"),
                where=tuple(_condition(name, test, inner) for name, test in content.get("properties", {}).items()),
                count=content.get("count", 1),
            )
        case "score":
            return ScoreCriterion(content["at_least"])
        case "deal":
            roles = content.get("roles")
            return DealCriterion(content.get("status"), None if roles is None else tuple(roles))
        case "decision":
            return DecisionCriterion(content)
        case "below":
            return BelowCriterion(content)
        case "all":
            return AllCriterion(tuple(parse_criterion(part, f"{inner}[{i}]") for i, part in enumerate(content)))
        case "any":
            return AnyCriterion(tuple(parse_criterion(part, f"{inner}[{i}]") for i, part in enumerate(content)))
        case "not":
            return NotCriterion(parse_criterion(content, inner))
    raise FunnelDefinitionError(where, f"unknown kind of criterion {kind!r}")


def _condition(name: str, test: Any, where: str) -> PropertyCondition:
    if not isinstance(test, Mapping):
        return PropertyCondition(name, "equals", test)
    match dict(test):
        case {"in": options}:
            return PropertyCondition(name, "in", tuple(options))
        case {"at_least": bound}:
            return PropertyCondition(name, "at_least", bound)
        case {"at_most": bound}:
            return PropertyCondition(name, "at_most", bound)
    raise FunnelDefinitionError(f"{where}.{name}", "a comparison is a value, or one of in, at_least, at_most")


def _list(data: Mapping[str, Any], name: str, where: str) -> list[Any]:
    value = data.get(name)
    if not isinstance(value, list):
        raise FunnelDefinitionError(f"{where}.{name}", "must be a list")
    return value
