"""Reading a funnel from its definition, and reading it aloud."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from lifecycle.funnel.conditions import Comparison, Condition
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
    leaves_of,
)
from lifecycle.funnel.durations import Duration
from lifecycle.funnel.parsing import parse_criterion, parse_funnel
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
                "review",
                None,
                (Condition("rating", (Comparison("at_least", 4),)), Condition("site", (Comparison("equals", "G2"),))),
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
        (
            {"deal": {"status": "open", "pipelines": ["new"], "amount": {"at_least": 1000, "currency": "EUR"}}},
            DealCriterion("open", None, ("new",), AmountRange(Decimal(1000), None, "EUR")),
            "a linked deal is open in the pipeline new of at least 1000 EUR",
        ),
        (
            {"activity": {"type": "login", "count": 3, "within": "2 weeks"}},
            ActivityCriterion("login", None, (), 3, Duration(2, "week")),
            "3 login within 2 weeks",
        ),
        (
            {
                "activity": {
                    "type": "visit",
                    "properties": {"page": {"matches": "^/pricing"}, "bot": {"present": False}},
                }
            },
            ActivityCriterion(
                "visit",
                None,
                (
                    Condition("page", (Comparison("matches", "^/pricing"),)),
                    Condition("bot", (Comparison("present", False),)),
                ),
            ),
            "one visit whose page matches ^/pricing and bot is not known",
        ),
        (
            {"attribute": {"trait": "company.size", "at_least": 50, "at_most": 500}},
            AttributeCriterion(Condition("company.size", (Comparison("at_least", 50), Comparison("at_most", 500)))),
            "the company.size is at least 50 and is at most 500",
        ),
        (
            {"attribute": {"trait": "country", "in": ["DE", "AT"]}},
            AttributeCriterion(Condition("country", (Comparison("in", ("DE", "AT")),))),
            "the country is one of DE, AT",
        ),
        ({"attribute": {"email": "free_mail"}}, MailDomainCriterion("free_mail"), "the email is at a free provider"),
        ({"attribute": {"email": "competitor"}}, MailDomainCriterion("competitor"), "the email is at a competitor"),
        ({"attribute": {"email": "business"}}, MailDomainCriterion("business"), "the email is at a company"),
        (
            {"stage": {"in": ["suspect", "engaged"], "for": "30 days"}},
            StageCriterion(("suspect", "engaged"), Duration(30, "day")),
            "30 days in suspect or engaged",
        ),
        (
            {"at_least": {"count": 2, "of": [VISIT, {"known": "email"}, {"score": {"at_least": 5}}]}},
            AtLeastCriterion(2, (ActivityCriterion("website_visit", None, ()), KnownCriterion(), ScoreCriterion(5))),
            "at least 2 of (one website_visit; an email is known; a score of 5)",
        ),
        ({"not": VISIT}, NotCriterion(ActivityCriterion("website_visit", None, ())), "no website_visit"),
        (
            {"not": {"deal": {"status": "open", "roles": ["buyer"]}}},
            NotCriterion(DealCriterion("open", ("buyer",))),
            "no linked deal is open with the role buyer",
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
    parsed = parse_criterion(definition)

    assert parsed == criterion
    assert parsed.sentence == sentence


def test_stages_beside_the_ladder_come_after_it_wherever_they_are_defined() -> None:
    funnel = parse_funnel({"stages": [{"key": "out", "beside": True}, {"key": "low"}, {"key": "high"}]}, version=1)

    assert funnel.stage_keys == ("low", "high", "out")


def test_a_stage_is_named_by_its_key_where_it_has_no_label() -> None:
    (stage,) = parse_funnel({"stages": [{"key": "low"}]}, version=1).stages

    assert (stage.label, stage.description, stage.enter_when) == ("low", "", None)


def test_an_unknown_stage_is_not_found() -> None:
    with pytest.raises(KeyError):
        parse_funnel(default_definition(), version=1).stage("no_such_stage")


def test_the_leaves_of_a_criterion_come_in_the_order_of_its_sentence() -> None:
    criterion = parse_criterion({"all": [{"any": [VISIT, {"known": "email"}]}, {"not": {"deal": {}}}]})

    assert [(leaf.sentence, negated) for leaf, negated in leaves_of(criterion)] == [
        ("one website_visit", False),
        ("an email is known", False),
        ("a deal is linked", True),
    ]


def test_the_ladder_is_in_the_order_of_its_ranks_where_it_gives_any() -> None:
    stages = [{"key": "high", "rank": 30}, {"key": "out", "beside": True}, {"key": "low", "rank": 2}]

    assert parse_funnel({"stages": stages}, version=1).stage_keys == ("low", "high", "out")


def test_a_stage_is_reported_unless_it_is_the_anonymous_one_or_says_otherwise() -> None:
    stages = [{"key": "nobody", "anonymous": True}, {"key": "seen"}, {"key": "hidden", "reported": False}]

    funnel = parse_funnel({"stages": stages}, version=1)

    assert [stage.reported for stage in funnel.stages] == [False, True, False]


def test_a_requirement_asks_for_every_question_unless_it_says_how_many() -> None:
    stages = [{"key": "a", "requires": {"of": ["need", "budget"]}}]

    requirement = parse_funnel({"stages": stages}, version=1).stages[0].requires

    assert requirement is not None
    assert (requirement.at_least, requirement.always) == (2, ())
    assert requirement.sentence == "2 of need, budget"
