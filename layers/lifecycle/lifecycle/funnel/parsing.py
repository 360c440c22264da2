"""From a definition (a JSON document that the schema lets through) to a funnel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from lifecycle.funnel.conditions import Comparison, Condition, Keyword
from lifecycle.funnel.criteria import (
    ActivityCriterion,
    AllCriterion,
    AmountRange,
    AnyCriterion,
    AtLeastCriterion,
    AttributeCriterion,
    BelowCriterion,
    Criterion,
    DealCriterion,
    DecisionCriterion,
    KnownCriterion,
    MailDomainCriterion,
    NotCriterion,
    ScoreCriterion,
    StageCriterion,
)
from lifecycle.funnel.definition import (
    BusinessTime,
    Funnel,
    Question,
    Recycling,
    Requirement,
    Retention,
    Scoring,
    Stage,
    SubStatus,
)
from lifecycle.funnel.durations import Duration, parse_duration

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_OFFICE = {"time_zone": "UTC", "weekdays": WEEKDAYS[:5], "opens": "09:00", "closes": "17:00", "holidays": ()}


def parse_funnel(definition: Mapping[str, Any], version: int) -> Funnel:
    """Read a funnel from its definition.

    Arguments:
        definition: a JSON document that ``document.problems_of`` found nothing wrong with.
        version: the number under which it is in force.

    Returns:
        The funnel, its ladder in the order of the ranks where it gives any.
    """
    stages = [_stage(stage) for stage in definition["stages"]]
    ranks = {stage["key"]: stage.get("rank", 0) for stage in definition["stages"]}
    ladder = sorted((stage for stage in stages if not stage.beside), key=lambda stage: ranks[stage.key])
    score = definition.get("score", {})
    return Funnel(
        version=version,
        name=definition.get("name", "Funnel"),
        description=definition.get("description", ""),
        stages=(*ladder, *(stage for stage in stages if stage.beside)),
        scoring=_scoring(score),
        qualification=tuple(_question(question) for question in definition.get("qualification", ())),
        recycling=tuple(_recycling(entry) for entry in definition.get("recycling", ())),
        competitor_domains=frozenset(domain.lower() for domain in definition.get("competitor_domains", ())),
        business_time=_business_time(_OFFICE | definition.get("business_time", {})),
        on_publication=definition.get("on_publication", "forward_only"),
        retention=_retention(definition.get("retention", {})),
    )


@lru_cache(maxsize=1)
def default_definition() -> Mapping[str, Any]:
    """The definition of the funnel that every workspace starts with."""
    text = files("lifecycle.funnel").joinpath("gallery", "default.json").read_text(encoding="utf-8")
    return cast("Mapping[str, Any]", json.loads(text, parse_float=Decimal))


@lru_cache(maxsize=1)
def default_funnel() -> Funnel:
    """The funnel that every workspace starts with, as version 1."""
    return parse_funnel(default_definition(), version=1)


def parse_criterion(data: Mapping[str, Any]) -> Criterion:  # noqa: PLR0911 - one for each kind
    """Read a criterion: an object with one field that names its kind, as ``{"activity": {"type": "referral"}}``."""
    ((kind, content),) = data.items()
    match kind:
        case "known":
            return KnownCriterion()
        case "activity":
            return _activity(content)
        case "score":
            return ScoreCriterion(content["at_least"])
        case "attribute":
            return _attribute(content)
        case "deal":
            return _deal(content)
        case "decision":
            return DecisionCriterion(content)
        case "stage":
            return StageCriterion(_texts(content["in"]), parse_duration(content["for"]))
        case "below":
            return BelowCriterion(content)
    return _compound(kind, content)


def _compound(kind: str, content: Any) -> Criterion:
    match kind:
        case "all":
            return AllCriterion(_criteria(content))
        case "any":
            return AnyCriterion(_criteria(content))
        case "at_least":
            return AtLeastCriterion(content["count"], _criteria(content["of"]))
        case "not":
            return NotCriterion(parse_criterion(content))
    raise ValueError(f"{kind!r} is not a kind of criterion")


def _criteria(parts: Sequence[Mapping[str, Any]]) -> tuple[Criterion, ...]:
    return tuple(parse_criterion(part) for part in parts)


def _optional(data: Mapping[str, Any], name: str) -> Criterion | None:
    return parse_criterion(data[name]) if name in data else None


def _duration(data: Mapping[str, Any], name: str) -> Duration | None:
    return parse_duration(data[name]) if name in data else None


def _texts(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _maybe_texts(data: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    return _texts(data[name]) if name in data else None


def _activity(content: Mapping[str, Any]) -> ActivityCriterion:
    return ActivityCriterion(
        type=content.get("type"),
        direction=content.get("direction"),
        where=tuple(_condition(name, tests) for name, tests in content.get("properties", {}).items()),
        count=content.get("count", 1),
        within=_duration(content, "within"),
    )


def _attribute(content: Mapping[str, Any]) -> AttributeCriterion | MailDomainCriterion:
    if "email" in content:
        return MailDomainCriterion(content["email"])
    return AttributeCriterion(_condition(content["trait"], {k: v for k, v in content.items() if k != "trait"}))


def _condition(name: str, tests: Any) -> Condition:
    if not isinstance(tests, Mapping):
        return Condition(name, (Comparison("equals", tests),))
    return Condition(name, tuple(_test(cast("Keyword", keyword), operand) for keyword, operand in tests.items()))


def _test(keyword: Keyword, operand: Any) -> Comparison:
    return Comparison(keyword, tuple(operand) if keyword == "in" else operand)


def _deal(content: Mapping[str, Any]) -> DealCriterion:
    amount = content.get("amount")
    return DealCriterion(
        status=content.get("status"),
        roles=_maybe_texts(content, "roles"),
        pipelines=_maybe_texts(content, "pipelines"),
        amount=None if amount is None else AmountRange(
            _decimal(amount.get("at_least")), _decimal(amount.get("at_most")), amount.get("currency")
        ),
    )  # fmt: skip


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _stage(data: Mapping[str, Any]) -> Stage:
    anonymous = data.get("anonymous", False)
    requires = data.get("requires")
    return Stage(
        key=data["key"],
        label=data.get("label", data["key"]),
        description=data.get("description", ""),
        owner=data.get("owner"),
        colour=data.get("colour"),
        beside=data.get("beside", False),
        anonymous=anonymous,
        reported=data.get("reported", not anonymous),
        enter_when=_optional(data, "enter_when"),
        origins=_maybe_texts(data, "from"),
        decision=data.get("decision"),
        reopens=data.get("reopens", False),
        allow_reversion=data.get("allow_reversion", False),
        requires=None if requires is None else _requirement(requires),
        time_limit=_duration(data, "time_limit"),
        statuses=tuple(_sub_status(status) for status in data.get("statuses", ())),
        lead_status=data.get("lead_status"),
        replaces=_texts(data.get("replaces", ())),
        actions=_texts(data.get("actions", ())),
    )


def _requirement(data: Mapping[str, Any]) -> Requirement:
    return Requirement(data.get("at_least", len(data["of"])), tuple(data["of"]), _texts(data.get("always", ())))


def _sub_status(data: Mapping[str, Any]) -> SubStatus:
    return SubStatus(
        data["key"], data.get("label", data["key"]), data.get("description", ""), _optional(data, "when")
    )  # fmt: skip


def _question(data: Mapping[str, Any]) -> Question:
    met_when = _optional(data, "met_when")
    return Question(
        key=data["key"],
        label=data.get("label", data["key"]),
        question=data.get("question", ""),
        met_when=met_when if isinstance(met_when, AttributeCriterion | MailDomainCriterion) else None,
    )


def _scoring(data: Mapping[str, Any]) -> Scoring:
    return Scoring(
        weights=dict(data.get("weights", {})),
        other=data.get("other", 1),
        rules=tuple((_activity(rule["activity"]), rule["points"]) for rule in data.get("rules", ())),
        half_life=_duration(data, "half_life"),
        fit=tuple((_attribute(rule["attribute"]), rule["points"]) for rule in data.get("fit", ())),
    )


def _recycling(data: Mapping[str, Any]) -> Recycling:
    return Recycling(_maybe_texts(data, "reason"), _maybe_texts(data, "from"), data["to"])


def _retention(data: Mapping[str, Any]) -> Retention:
    types = {type_: parse_duration(text) for type_, text in data.get("activities", {}).items()}
    return Retention(_duration(data, "default"), types)


def _business_time(data: Mapping[str, Any]) -> BusinessTime:
    return BusinessTime(
        time_zone=data["time_zone"],
        weekdays=frozenset(WEEKDAYS.index(day) for day in data["weekdays"]),
        opens=time.fromisoformat(data["opens"]),
        closes=time.fromisoformat(data["closes"]),
        holidays=frozenset(date.fromisoformat(day) for day in data["holidays"]),
    )
