"""Reading a funnel from its definition: what is understood, and what is refused, with the place."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

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
    leaves_of,
)
from lifecycle.funnel.definition import FunnelDefinitionError, parse_criterion, parse_funnel
from tests.builders import default_definition

VISIT = {"activity": {"type": "website_visit"}}


@pytest.mark.parametrize(
    ("definition", "criterion", "sentence"),
    [
        ({"known": "email"}, KnownCriterion(), "an email is known"),
        (VISIT, ActivityCriterion("website_visit", None, ()), "one website_visit"),
        ({"activity": {}}, ActivityCriterion(None, None, ()), "one activity"),
        (
            {"activity": {"direction": "inbound", "count": 3}},
            ActivityCriterion(None, "inbound", (), 3),
            "3 inbound activity",
        ),
        (
            {"activity": {"type": "review", "properties": {"rating": {"at_least": 4}, "site": "G2"}}},
            ActivityCriterion(
                "review", None, (PropertyCondition("rating", "at_least", 4), PropertyCondition("site", "equals", "G2"))
            ),
            "one review whose rating is at least 4 and site is G2",
        ),
        ({"score": {"at_least": 50}}, ScoreCriterion(50), "a score of 50"),
        ({"deal": {}}, DealCriterion(None), "a deal is linked"),
        (
            {"deal": {"status": "won", "roles": ["buyer", "user"]}},
            DealCriterion("won", ("buyer", "user")),
            "a linked deal is won with the role buyer or user",
        ),
        ({"decision": "accept"}, DecisionCriterion("accept"), "a decision to accept"),
        ({"below": "customer"}, BelowCriterion("customer"), "the prospect is below customer"),
        ({"not": {"known": "email"}}, NotCriterion(KnownCriterion()), "no email is known"),
        ({"not": {"deal": {}}}, NotCriterion(DealCriterion(None)), "no deal is linked"),
        ({"not": {"score": {"at_least": 5}}}, NotCriterion(ScoreCriterion(5)), "not (a score of 5)"),
        (
            {"all": [{"known": "email"}, {"any": [VISIT, {"score": {"at_least": 5}}]}]},
            AllCriterion(
                (KnownCriterion(), AnyCriterion((ActivityCriterion("website_visit", None, ()), ScoreCriterion(5))))
            ),
            "an email is known and (one website_visit or a score of 5)",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_kind_of_criterion_is_read_and_can_be_read_aloud(
    definition: Mapping[str, Any], criterion: Criterion, sentence: str
) -> None:
    parsed = parse_criterion(definition, "here")

    assert parsed == criterion
    assert parsed.sentence == sentence


@pytest.mark.parametrize(
    ("definition", "where"),
    [
        ({"unheard_of": 1}, "here"),
        ({}, "here"),
        ({"known": "email", "score": {"at_least": 1}}, "here"),
        ({"all": [{"known": "email"}, {"unheard_of": 1}]}, "here.all[1]"),
        ({"not": {"any": [{"unheard_of": 1}]}}, "here.not.any[0]"),
        ({"activity": {"properties": {"rating": {"more_than": 4}}}}, "here.activity.rating"),
    ],
)
def test_what_is_no_criterion_is_refused_with_its_place(definition: Mapping[str, Any], where: str) -> None:
    with pytest.raises(FunnelDefinitionError) as refused:
        parse_criterion(definition, "here")

    assert refused.value.where == where


@pytest.mark.parametrize(
    ("definition", "where"),
    [
        ({}, "definition.stages"),
        ({"stages": "all"}, "definition.stages"),
        ({"stages": []}, "stages"),
        ({"stages": [{"key": "a", "beside": True}]}, "stages"),
        ({"stages": [{"key": "a"}, {"key": "a"}]}, "stages"),
        ({"stages": [{"label": "A"}]}, "stages[0].key"),
        ({"stages": [{"key": "a"}, {"key": "b", "entre_when": {}}]}, "stages[1]"),
        ({"stages": [{"key": "a", "enter_when": {"unheard_of": 1}}]}, "stages[0].enter_when"),
    ],
)
def test_what_is_no_funnel_is_refused_with_its_place(definition: Mapping[str, Any], where: str) -> None:
    with pytest.raises(FunnelDefinitionError) as refused:
        parse_funnel(definition, version=1)

    assert refused.value.where == where
    assert str(refused.value).startswith(where)


def test_stages_beside_the_ladder_come_after_it_wherever_they_are_defined() -> None:
    funnel = parse_funnel({"stages": [{"key": "out", "beside": True}, {"key": "low"}, {"key": "high"}]}, version=1)

    assert funnel.stage_keys == ("low", "high", "out")


def test_a_stage_is_named_by_its_key_where_it_has_no_label() -> None:
    (stage,) = parse_funnel({"stages": [{"key": "low"}]}, version=1).stages

    assert (stage.label, stage.description, stage.enter_when) == ("low", "", None)


def test_an_unknown_stage_is_not_found() -> None:
    with pytest.raises(KeyError):
        parse_funnel(default_definition(), version=1).stage("no_such_stage")


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        (PropertyCondition("p", "equals", "hard"), "hard", True),
        (PropertyCondition("p", "equals", "hard"), "Hard", False),
        (PropertyCondition("p", "equals", 1), Decimal(1), True),
        (PropertyCondition("p", "equals", 1), True, False),
        (PropertyCondition("p", "equals", True), True, True),
        (PropertyCondition("p", "equals", True), 1, False),
        (PropertyCondition("p", "in", ("a", "b")), "b", True),
        (PropertyCondition("p", "in", ("a", "b")), ["a"], False),
        (PropertyCondition("p", "in", ("a", "b")), {"a": 1}, False),
        (PropertyCondition("p", "at_least", 4), 4, True),
        (PropertyCondition("p", "at_least", 4), Decimal("3.99"), False),
        (PropertyCondition("p", "at_least", 4), "5", False),
        (PropertyCondition("p", "at_least", 1), True, False),
        (PropertyCondition("p", "at_most", 4), 4.0, True),
        (PropertyCondition("p", "at_most", 4), 5, False),
        (PropertyCondition("p", "at_most", 4), None, False),
    ],
    ids=str,
)
def test_a_condition_compares_values_of_its_own_type_only(
    condition: PropertyCondition, value: object, holds: bool
) -> None:
    assert condition.holds({"p": value}) is holds


@pytest.mark.parametrize("comparison", ["equals", "in", "at_least", "at_most"])
def test_a_condition_does_not_hold_of_a_property_that_is_absent(comparison: Any) -> None:
    operand = ("a",) if comparison == "in" else 1

    assert not PropertyCondition("p", comparison, operand).holds({})


def test_the_leaves_of_a_criterion_come_in_the_order_of_its_sentence() -> None:
    criterion = parse_criterion({"all": [{"any": [VISIT, {"known": "email"}]}, {"not": {"deal": {}}}]}, "here")

    assert [leaf.sentence for leaf in leaves_of(criterion)] == [
        "one website_visit",
        "an email is known",
        "a deal is linked",
    ]
