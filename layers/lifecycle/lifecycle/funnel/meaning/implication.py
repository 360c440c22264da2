"""When one criterion holds whenever another does.

What is said here is certain for whatever may happen; where it is not, nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lifecycle.funnel.conditions import Comparison, Condition
from lifecycle.funnel.criteria import (
    ActivityCriterion,
    AmountRange,
    AttributeCriterion,
    BelowCriterion,
    Criterion,
    DealCriterion,
    KnownCriterion,
    MailDomainCriterion,
    ScoreCriterion,
    StageCriterion,
)

#: The place on the ladder of each stage, -1 beside it.
Ranks = Mapping[str, int]


def implies(one: Criterion, other: Criterion, ranks: Ranks) -> bool:
    """Whether a leaf of the criteria holds whenever another does, both asked about the same log."""
    match one, other:
        case ActivityCriterion(), ActivityCriterion():
            found = _activities(one, other)
        case DealCriterion(), DealCriterion():
            found = _deals(one, other)
        case ScoreCriterion(), ScoreCriterion():
            found = one.at_least >= other.at_least
        case AttributeCriterion(), AttributeCriterion():
            found = _conditions((one.condition,), (other.condition,))
        case ((StageCriterion() | BelowCriterion()), (StageCriterion() | BelowCriterion())):
            found = _standing(one, other, ranks)
        case _:
            found = one == other or (isinstance(one, MailDomainCriterion) and isinstance(other, KnownCriterion))
    return found


def _activities(one: ActivityCriterion, other: ActivityCriterion) -> bool:
    return (
        other.type in (None, one.type)
        and other.direction in (None, one.direction)
        and one.count >= other.count
        and (other.within is None or (one.within is not None and one.within.length <= other.within.length))
        and _conditions(one.where, other.where)
    )


def _deals(one: DealCriterion, other: DealCriterion) -> bool:
    return (
        other.status in (None, one.status)
        and _among(one.roles, other.roles)
        and _among(one.pipelines, other.pipelines)
        and (other.amount is None or (one.amount is not None and _amounts(one.amount, other.amount)))
    )


def _among(one: Sequence[str] | None, other: Sequence[str] | None) -> bool:
    return other is None or (one is not None and set(one) <= set(other))


def _amounts(one: AmountRange, other: AmountRange) -> bool:
    return (
        other.currency in (None, one.currency)
        and (other.at_least is None or (one.at_least is not None and one.at_least >= other.at_least))
        and (other.at_most is None or (one.at_most is not None and one.at_most <= other.at_most))
    )


def _standing(one: StageCriterion | BelowCriterion, other: StageCriterion | BelowCriterion, ranks: Ranks) -> bool:
    inside = stood_in(one, ranks) <= stood_in(other, ranks)
    if isinstance(other, BelowCriterion):
        return inside
    return inside and isinstance(one, StageCriterion) and one.duration.length >= other.duration.length


def stood_in(criterion: StageCriterion | BelowCriterion, ranks: Ranks) -> frozenset[str]:
    """The stages in one of which a prospect stands while the criterion holds."""
    if isinstance(criterion, StageCriterion):
        return frozenset(criterion.stages)
    return frozenset(key for key, rank in ranks.items() if 0 <= rank < ranks[criterion.stage])


def _conditions(one: Sequence[Condition], other: Sequence[Condition]) -> bool:
    tests = {condition.name: condition.tests for condition in one}
    return all(
        any(entails(given, asked) for given in tests.get(condition.name, ()))
        for condition in other
        for asked in condition.tests
    )


def entails(given: Comparison, asked: Comparison) -> bool:
    """Whether every value that passes a test passes another, too."""
    if asked.keyword == "present" and given.keyword != "present":
        return bool(asked.operand)
    match given.keyword:
        case "equals" | "in":
            values = named_values(given)
            return passing(values, asked) == values
        case "at_least":
            return asked.keyword == "at_least" and bool(given.operand >= asked.operand)
        case "at_most":
            return asked.keyword == "at_most" and bool(given.operand <= asked.operand)
    return given == asked


def exclusive(one: Comparison, other: Comparison) -> bool:
    """Whether no value passes both tests."""
    for given, asked in ((one, other), (other, one)):
        match given.keyword:
            case "present":
                asks_for_some = asked.keyword != "present" or asked.operand
                return given.operand is not asks_for_some
            case "equals" | "in":
                return not passing(named_values(given), asked)
    operands = {one.keyword: one.operand, other.keyword: other.operand}
    if operands.keys() == {"at_least", "at_most"}:
        return bool(operands["at_least"] > operands["at_most"])
    # A number is no text.
    return "matches" in operands and len(operands) == 2


#: A value as a set tells it apart: to Python, ``True`` is 1.
Value = tuple[bool, Any]


def named_values(test: Comparison) -> frozenset[Value]:
    """The values that pass ``equals`` or ``in``."""
    values = (test.operand,) if test.keyword == "equals" else test.operand
    return frozenset((isinstance(value, bool), value) for value in values)


def passing(values: frozenset[Value], test: Comparison) -> frozenset[Value]:
    """Those of some values that pass a test."""
    if test.keyword in ("equals", "in"):
        return values & named_values(test)
    passes = test.compiled()
    return frozenset(value for value in values if passes(value[1]))
