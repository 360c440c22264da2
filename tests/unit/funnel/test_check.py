"""What a definition means: each rule with definitions that break it and with ones that come close."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

import lifecycle.funnel
from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import fold
from lifecycle.engine.plan import Plan
from lifecycle.funnel.form.document import Problem, normalise, problems_of, read_yaml
from lifecycle.funnel.meaning.check import Checked, check
from lifecycle.funnel.parsing import parse_funnel
from tests.random_funnels import Definition, random_definition
from tests.random_logs import STEP, random_log

GALLERY = sorted((Path(lifecycle.funnel.__file__).parent / "gallery").glob("*.*"))

VISIT = {"activity": {"type": "website_visit"}}
FORM = {"activity": {"type": "form_submission"}}
KNOWN = {"known": "email"}


def _stages(**changes: Any) -> list[dict[str, Any]]:
    """A ladder of four with a stage beside it, nothing wrong or odd about it; with other or no fields for some."""
    good: dict[str, dict[str, Any]] = {
        "visitor": {"anonymous": True},
        "lead": {"owner": "marketing", "enter_when": KNOWN},
        "ready": {"owner": "marketing", "enter_when": {"all": [KNOWN, FORM]}},
        "customer": {"owner": "sales", "enter_when": {"deal": {"status": "won"}}},
        "out": {"beside": True, "decision": "disqualify"},
    }
    fields = {key: {**stage, **changes.get(key, {})} for key, stage in good.items()}
    fields |= {key: stage for key, stage in changes.items() if key not in good}
    return [
        {"key": key, **{name: value for name, value in stage.items() if value is not None}}
        for key, stage in fields.items()
    ]


def _checked(definition: dict[str, Any]) -> Checked:
    assert problems_of(definition) == ()
    return check(definition, parse_funnel(definition, version=1))


def _errors(**changes: Any) -> list[tuple[str, str]]:
    """The errors of the good funnel with other stages; names in upper case are fields beside the stages."""
    stages = {key: value for key, value in changes.items() if key.islower()}
    fields = {key.lower(): value for key, value in changes.items() if not key.islower()}
    found = _checked({"stages": _stages(**stages), **fields}).errors
    return [(problem.where, problem.reason) for problem in found]


def _warnings(**changes: Any) -> list[tuple[str, str]]:
    stages = {key: value for key, value in changes.items() if key.islower()}
    fields = {key.lower(): value for key, value in changes.items() if not key.islower()}
    found = _checked({"stages": _stages(**stages), **fields})
    assert found.errors == ()
    return [(problem.where, problem.reason) for problem in found.warnings]


def _of_criterion(criterion: Any, **fields: Any) -> list[tuple[str, str]]:
    """The errors of the stage ``ready`` with another criterion, their places within it."""
    where = "/stages/2/enter_when"
    return [(place.removeprefix(where), reason) for place, reason in _errors(ready={"enter_when": criterion}, **fields)]


def test_nothing_is_wrong_or_odd_about_a_good_funnel() -> None:
    assert _checked({"stages": _stages()}) == Checked((), ())


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.name)
def test_nothing_is_wrong_with_the_definitions_of_the_gallery(path: Path) -> None:
    definition = read_yaml(path.read_text(encoding="utf-8"))

    assert _checked(definition).errors == ()
    assert Plan(parse_funnel(definition, version=1)).by_key


# ----------------------------------------------------------------------------------------------------------------------
# Keys and the ladder
# ----------------------------------------------------------------------------------------------------------------------


def test_each_stage_has_a_key_of_its_own() -> None:
    stages = [*_stages(), {"key": "lead"}]

    (problem,) = _checked({"stages": stages}).errors

    assert problem == Problem(
        "/stages/5/key", "is the key of an earlier stage, too: lead", "a key that no other stage has"
    )


def test_each_question_and_each_status_of_a_stage_has_a_key_of_its_own() -> None:
    assert _errors(QUALIFICATION=[{"key": "need"}, {"key": "need"}]) == [
        ("/qualification/1/key", "is the key of an earlier question, too: need")
    ]
    assert _errors(lead={"statuses": [{"key": "cold"}, {"key": "warm"}, {"key": "cold"}]}) == [
        ("/stages/1/statuses/2/key", "is the key of an earlier status of the stage, too: cold")
    ]
    assert not _errors(lead={"statuses": [{"key": "cold"}]}, ready={"statuses": [{"key": "cold"}]})


def test_there_is_a_ladder() -> None:
    (problem,) = _checked({"stages": [{"key": "out", "beside": True}]}).errors

    assert (problem.where, problem.reason) == ("/stages", "has no stage on the ladder")


def test_no_two_stages_have_the_same_rank() -> None:
    ranked = {"visitor": {"rank": 1}, "lead": {"rank": 2}, "ready": {"rank": 2}, "customer": {"rank": 3}}

    assert _errors(**ranked) == [("/stages/2/rank", "is the rank of lead, too")]


def test_every_stage_on_the_ladder_has_a_rank_or_none_has() -> None:
    assert _errors(lead={"rank": 2}, customer={"rank": 3}) == [
        ("/stages/0/rank", "is missing, and lead has one"),
        ("/stages/2/rank", "is missing, and lead has one"),
    ]
    assert not _errors(visitor={"rank": 1}, lead={"rank": 2}, ready={"rank": 3}, customer={"rank": 40})


def test_no_stage_beside_the_ladder_has_a_rank_or_takes_anybody_back() -> None:
    assert _errors(out={"rank": 1, "reopens": True, "allow_reversion": True}) == [
        ("/stages/4/rank", "stands on a stage beside the ladder"),
        ("/stages/4/reopens", "is true for a stage beside the ladder"),
        ("/stages/4/allow_reversion", "is true for a stage beside the ladder"),
    ]
    assert not _errors(out={"reopens": False, "allow_reversion": False})


def test_only_the_first_stage_on_the_ladder_is_anonymous() -> None:
    assert _errors(lead={"anonymous": True}) == [
        ("/stages/1/anonymous", "is true for lead, and the ladder begins with visitor")
    ]
    assert _errors(out={"anonymous": True}) == [("/stages/4/anonymous", "is true for a stage beside the ladder")]
    # The ladder is in the order of the ranks, wherever the stages stand in the document.
    ranks = {"visitor": {"rank": 2}, "lead": {"rank": 1}, "ready": {"rank": 3}, "customer": {"rank": 4}}
    assert _errors(**ranks) == [("/stages/0/anonymous", "is true for visitor, and the ladder begins with lead")]


def test_a_kind_of_decision_leads_to_one_stage() -> None:
    assert _errors(lead={"decision": "disqualify"}) == [("/stages/4/decision", "leads straight to lead already")]
    assert not _errors(ready={"decision": "accept"})


# ----------------------------------------------------------------------------------------------------------------------
# References
# ----------------------------------------------------------------------------------------------------------------------


def test_stages_that_are_named_are_there() -> None:
    assert _errors(ready={"from": ["lead", "led"]}) == [
        ("/stages/2/from/1", "names led, which is no stage of this funnel")
    ]
    assert _of_criterion({"below": "costumer"}) == [("/below", "names costumer, which is no stage of this funnel")]
    assert _of_criterion({"stage": {"in": ["lead", "gone"], "for": "1 day"}}) == [
        ("/stage/in", "names gone, which is no stage of this funnel")
    ]
    assert _errors(RECYCLING=[{"from": "won", "to": "led"}]) == [
        ("/recycling/0/from", "names won, which is no stage of this funnel"),
        ("/recycling/0/to", "names led, which is no stage of this funnel"),
    ]


def test_what_was_probably_meant_is_said() -> None:
    (problem,) = _checked({"stages": _stages(ready={"from": "led"})}).errors

    assert problem.expected == "one of visitor, lead, ready, customer, out; did you mean lead?"


def test_nobody_stands_below_a_stage_beside_the_ladder_or_below_the_first() -> None:
    assert _of_criterion({"below": "out"}) == [("/below", "names out, which stands beside the ladder")]
    assert _of_criterion({"below": "visitor"}) == [
        ("/below", "names visitor, the first stage, below which nobody stands")
    ]
    assert not _of_criterion({"all": [KNOWN, FORM, {"below": "customer"}]})


def test_a_stage_is_not_entered_from_itself() -> None:
    assert _errors(ready={"from": "ready"}) == [("/stages/2/from", "names the stage itself")]


def test_a_stage_replaces_what_the_funnel_has_not_any_more() -> None:
    assert _errors(ready={"replaces": ["gone", "lead"]}) == [
        ("/stages/2/replaces/1", "names lead, which is a stage of this funnel")
    ]
    assert _errors(lead={"replaces": "gone"}, ready={"replaces": "gone"}) == [
        ("/stages/2/replaces", "names gone, which an earlier stage replaces, too")
    ]
    assert not _errors(lead={"replaces": "gone"}, ready={"replaces": ["lost", "left"]})


def test_a_stage_requires_questions_of_the_checklist() -> None:
    checklist = [{"key": "budget"}, {"key": "need"}]

    assert _errors(ready={"requires": {"of": ["budget"]}}) == [
        ("/stages/2/requires/of/0", "names budget, which is no question of the checklist")
    ]
    assert _errors(ready={"requires": {"of": ["need", "budgets"]}}, QUALIFICATION=checklist) == [
        ("/stages/2/requires/of/1", "names budgets, which is no question of the checklist")
    ]
    assert _errors(ready={"requires": {"of": ["need"], "always": ["budget"]}}, QUALIFICATION=checklist) == [
        ("/stages/2/requires/always/0", "names budget, which is none of the questions under of")
    ]
    assert _errors(ready={"requires": {"of": ["need", "budget"], "at_least": 3}}, QUALIFICATION=checklist) == [
        ("/stages/2/requires/at_least", "asks for 3 of 2 questions")
    ]
    requires = {"of": ["need", "budget"], "at_least": 2, "always": "need"}
    assert not _errors(ready={"requires": requires}, QUALIFICATION=checklist)


def test_at_least_asks_for_no_more_parts_than_there_are() -> None:
    assert _of_criterion({"at_least": {"count": 3, "of": [KNOWN, FORM]}}) == [
        ("/at_least/count", "asks for 3 of 2 parts")
    ]
    assert not _of_criterion({"at_least": {"count": 2, "of": [KNOWN, FORM]}})


def test_the_range_of_an_amount_is_not_upside_down() -> None:
    assert _of_criterion({"deal": {"amount": {"at_least": 10, "at_most": 5}}}) == [
        ("/deal/amount", "asks for at least 10 and at most 5")
    ]
    assert not _of_criterion({"deal": {"amount": {"at_least": 5, "at_most": 5}}})


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(", "missing )"),
        ("[a-z", "missing ]"),
        ("(?=x)", "invalid perl operator"),
        (r"(a)\1", "invalid escape sequence"),
    ],
)
def test_patterns_are_such_that_re2_can_read(pattern: str, words: str, capfd: pytest.CaptureFixture[str]) -> None:
    of_property = {"activity": {"properties": {"page/path": {"matches": pattern}}}}
    of_trait = {"attribute": {"trait": "title", "matches": pattern}}

    ((place, reason),) = _of_criterion({"all": [KNOWN, {"not": of_property}]})
    assert place == "/all/1/not/activity/properties/page~1path/matches"
    assert reason.startswith(f"is no regular expression that RE2 can read: {words}")
    places = [
        place
        for place, _ in _errors(SCORE={"fit": [{**of_trait, "points": 1}], "rules": [{**of_property, "points": 1}]})
    ]
    assert places == [
        "/score/fit/0/attribute/matches",
        "/score/rules/0/activity/properties/page~1path/matches",
    ]
    assert [place for place, _ in _errors(QUALIFICATION=[{"key": "need", "met_when": of_trait}])] == [
        "/qualification/0/met_when/attribute/matches"
    ]
    # The library would write to the log by itself.
    assert capfd.readouterr() == ("", "")


def test_business_time_is_in_a_time_zone_and_a_day_ends_after_it_begins() -> None:
    for name in ("Europe/Berlim", "Europe", "../etc/passwd", "/etc/localtime"):
        assert _errors(BUSINESS_TIME={"time_zone": name}) == [
            ("/business_time/time_zone", "is no time zone of the IANA database")
        ]
    assert _errors(BUSINESS_TIME={"opens": "18:00"}) == [
        ("/business_time/opens", "makes the day end at 17:00, and it begins at 18:00")
    ]
    assert _errors(BUSINESS_TIME={"opens": "08:00", "closes": "08:00"}) == [
        ("/business_time/closes", "makes the day end at 08:00, and it begins at 08:00")
    ]
    assert not _errors(BUSINESS_TIME={"time_zone": "Europe/Berlin", "opens": "08:00", "closes": "23:59"})


# ----------------------------------------------------------------------------------------------------------------------
# Recycling
# ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "place", "reason"),
    [
        ({"to": "visitor"}, "to", "names visitor, the anonymous stage"),
        ({"to": "customer"}, "to", "names customer, the highest stage, and recycling leads down"),
        ({"from": "lead", "to": "ready"}, "from", "names lead, which is below ready, and recycling leads down"),
        ({"from": ["ready"], "to": "ready"}, "from/0", "names ready, where the rule leads to"),
        ({"from": "out", "to": "lead"}, "from", "names out, which stands beside the ladder, and recycling leads down"),
    ],
)
def test_recycling_leads_down_or_beside_the_ladder(rule: dict[str, Any], place: str, reason: str) -> None:
    assert _errors(RECYCLING=[rule]) == [(f"/recycling/0/{place}", reason)]


def test_recycling_may_lead_to_any_lower_stage_and_to_those_beside_the_ladder() -> None:
    assert not _errors(RECYCLING=[{"reason": "price", "from": ["customer"], "to": "lead"}, {"to": "out"}])


def test_there_is_one_rule_of_recycling_for_a_reason_and_a_stage() -> None:
    def idle(*rules: dict[str, Any]) -> list[tuple[str, str]]:
        return _errors(RECYCLING=[{"to": "lead", **rule} for rule in rules])

    assert idle(
        {"reason": ["price", "timing"], "from": "ready"}, {"reason": "timing", "from": ["customer", "ready"]}
    ) == [("/recycling/1", "counts never in ready, where /recycling/0 takes the reason 'timing'")]
    assert idle({}, {"reason": "price"}) == [
        ("/recycling/1", "counts never in ready, where /recycling/0 takes any reason")
    ]
    assert idle({"from": "ready"}, {"from": "ready"}) == [
        ("/recycling/1", "counts never in ready, where /recycling/0 takes any reason")
    ]
    assert not idle({"reason": "price"}, {})
    assert not idle({"from": "ready"}, {"from": "customer"})
    # A rule without stages may come last, as what counts in all others.
    assert not idle({"reason": "price", "from": "customer"}, {"reason": "price"})


# ----------------------------------------------------------------------------------------------------------------------
# Criteria that can never hold
# ----------------------------------------------------------------------------------------------------------------------


def _trait(**comparisons: Any) -> dict[str, Any]:
    return {"attribute": {"trait": "size", **{name.rstrip("_"): value for name, value in comparisons.items()}}}


@pytest.mark.parametrize(
    "parts",
    [
        [KNOWN, {"not": KNOWN}],
        [VISIT, {"not": VISIT}],
        [{"activity": {"type": "call", "count": 3}}, {"not": {"activity": {"type": "call", "count": 2}}}],
        [{"activity": {"type": "call", "direction": "inbound"}}, {"not": {"activity": {"direction": "inbound"}}}],
        [{"activity": {"type": "call", "within": "2 days"}}, {"not": {"activity": {"within": "1 week"}}}],
        [
            {"activity": {"type": "call", "properties": {"a": 1, "b": 2}}},
            {"not": {"activity": {"type": "call", "properties": {"a": {"in": [1, 2]}}}}},
        ],
        [{"deal": {"status": "won", "roles": ["buyer"]}}, {"not": {"deal": {"status": "won"}}}],
        [{"deal": {"amount": {"at_least": 10, "currency": "EUR"}}}, {"not": {"deal": {"amount": {"at_least": 5}}}}],
        [{"decision": "accept"}, {"not": {"decision": "accept"}}],
        [{"score": {"at_least": 50}}, {"not": {"score": {"at_least": 40}}}],
        [_trait(equals="a"), _trait(equals="b")],
        [_trait(equals="a"), {"not": _trait(equals="a")}],
        [_trait(equals=1), _trait(equals=True)],
        [_trait(in_=["a", "b"]), _trait(in_=["c", "d"])],
        [_trait(in_=["a", "b"]), {"not": _trait(equals="a")}, {"not": _trait(equals="b")}],
        [_trait(at_least=10), _trait(at_most=9)],
        [_trait(equals=5), _trait(at_least=6)],
        [_trait(at_least=10), {"not": _trait(at_least=5)}],
        [_trait(at_least=10), {"not": _trait(present=True)}],
        [_trait(at_least=10), _trait(matches="x")],
        [_trait(equals="abc"), _trait(matches="^x")],
        [_trait(present=False), _trait(equals="a")],
        [{"not": _trait(present=True)}, {"not": _trait(present=False)}],
        [{"attribute": {"email": "business"}}, {"not": KNOWN}],
        [{"attribute": {"email": "business"}}, {"attribute": {"email": "free_mail"}}],
        [{"stage": {"in": "lead", "for": "1 day"}}, {"stage": {"in": ["visitor", "out"], "for": "1 day"}}],
        [{"stage": {"in": "lead", "for": "3 days"}}, {"not": {"stage": {"in": ["lead", "out"], "for": "1 day"}}}],
        [{"stage": {"in": "customer", "for": "1 day"}}, {"below": "ready"}],
        [{"stage": {"in": "lead", "for": "1 day"}}, {"not": {"below": "ready"}}],
        [{"below": "lead"}, {"not": {"below": "ready"}}],
    ],
    ids=str,
)
def test_parts_that_exclude_each_other_cannot_all_hold(parts: list[Any]) -> None:
    ((place, reason),) = _of_criterion({"all": parts})

    assert place == ""
    assert reason.startswith('can never hold: "')
    assert reason.endswith(" exclude each other")


@pytest.mark.parametrize(
    "parts",
    [
        [VISIT, {"not": FORM}],
        [{"activity": {"type": "call", "count": 2}}, {"not": {"activity": {"type": "call", "count": 3}}}],
        [{"activity": {"type": "call"}}, {"not": {"activity": {"type": "call", "within": "1 week"}}}],
        [
            {"activity": {"type": "call", "within": "1 week"}},
            {"not": {"activity": {"type": "call", "within": "1 day"}}},
        ],
        [{"activity": {"properties": {"a": 1}}}, {"not": {"activity": {"properties": {"a": 2}}}}],
        [{"activity": {"properties": {"a": 1}}}, {"activity": {"properties": {"a": 2}}}],
        [{"activity": {"properties": {"a": 1}}}, {"not": {"activity": {"properties": {"a": 1, "b": 1}}}}],
        [{"deal": {"status": "lost"}}, {"not": {"deal": {"status": "open"}}}],
        [{"deal": {"status": "open"}}, {"not": {"deal": {"status": "open", "roles": ["buyer"]}}}],
        [{"deal": {"amount": {"at_least": 5}}}, {"not": {"deal": {"amount": {"at_least": 5, "currency": "EUR"}}}}],
        [{"decision": "accept"}, {"not": {"decision": "disqualify"}}],
        [{"score": {"at_least": 40}}, {"not": {"score": {"at_least": 50}}}],
        [_trait(in_=["a", "b"]), _trait(in_=["b", "c"])],
        [_trait(in_=["a", "b"]), {"not": _trait(equals="a")}],
        [_trait(at_least=5), _trait(at_most=5)],
        [_trait(equals=5), _trait(at_least=5)],
        [_trait(at_least=5), {"not": _trait(at_least=10)}],
        [_trait(matches="a"), {"not": _trait(matches="b")}],
        [_trait(present=False), {"not": _trait(equals="a")}, KNOWN],
        [_trait(equals="a"), {"attribute": {"trait": "country", "equals": "b"}}],
        [{"attribute": {"email": "business"}}, {"not": {"attribute": {"email": "free_mail"}}}],
        [{"stage": {"in": ["visitor", "lead"], "for": "1 day"}}, {"below": "lead"}],
        [{"stage": {"in": "lead", "for": "1 day"}}, {"not": {"stage": {"in": "lead", "for": "1 week"}}}],
    ],
    ids=str,
)
def test_parts_that_only_seem_to_exclude_each_other_are_let_through(parts: list[Any]) -> None:
    assert not _of_criterion({"all": parts})


def test_the_smallest_part_that_can_never_hold_is_named() -> None:
    wrong = {"all": [FORM, {"not": FORM}]}

    ((place, _),) = _of_criterion({"any": [KNOWN, {"all": [VISIT, {"any": [wrong, FORM]}]}]})

    assert place == "/any/1/all/1/any/0"


def test_a_contradiction_is_found_through_all_ways_to_meet_a_criterion() -> None:
    wrong = {
        "all": [{"any": [VISIT, FORM]}, {"not": VISIT}, {"at_least": {"count": 1, "of": [KNOWN, FORM]}}, {"not": FORM}]
    }

    ((place, reason),) = _of_criterion(wrong)

    assert place == ""
    assert reason.startswith("can never hold: for one thing ")
    assert reason.endswith(", and the other ways fail, too")
    assert not _of_criterion({"all": [{"any": [VISIT, FORM]}, {"not": VISIT}]})


def test_at_least_some_of_the_parts_hold_together() -> None:
    parts = [_trait(equals="a"), _trait(equals="b"), _trait(equals="c"), KNOWN]

    assert not _of_criterion({"at_least": {"count": 2, "of": parts}})
    assert [place for place, _ in _of_criterion({"at_least": {"count": 3, "of": parts}})] == [""]


def test_what_always_holds_never_holds_under_not() -> None:
    assert [place for place, _ in _of_criterion({"all": [FORM, {"not": {"any": [KNOWN, {"not": KNOWN}]}}]})] == [
        "/all/1"
    ]
    # Nobody has less than nothing, unless points are taken away.
    below_zero = {"all": [FORM, {"not": {"score": {"at_least": 0}}}]}
    assert [place for place, _ in _of_criterion(below_zero)] == ["/all/1"]
    assert not _of_criterion(below_zero, SCORE={"weights": {"unsubscribe": -5}})


def test_points_that_are_taken_away_may_make_the_whole_log_worth_less_than_a_part_of_it() -> None:
    recovered = {"all": [{"score": {"at_least": 50}}, {"not": {"score": {"at_least": 40}}}]}

    assert _of_criterion(recovered, SCORE={"weights": {"call": 5}})
    assert not _of_criterion(recovered, SCORE={"weights": {"call": 5, "unsubscribe": -5}})


def test_comparisons_of_one_value_do_not_exclude_each_other() -> None:
    assert _of_criterion(_trait(at_least=5, at_most=4)) == [
        ("/attribute", 'can never hold: "is at least 5" and "is at most 4" exclude each other')
    ]
    ((place, reason),) = _of_criterion({"activity": {"properties": {"rating": {"equals": "x", "at_least": 4}}}})
    assert place == "/activity/properties/rating"
    assert reason.startswith("can never hold")
    assert not _of_criterion(_trait(at_least=4, at_most=5, present=True))
    assert [
        place for place, _ in _errors(QUALIFICATION=[{"key": "need", "met_when": _trait(equals=1, present=False)}])
    ] == ["/qualification/0/met_when/attribute"]


def test_a_score_can_be_reached() -> None:
    asks = {"score": {"at_least": 30}}
    fit = [{**_trait(at_least=100), "points": 20}, {**_trait(at_least=10), "points": 5}]

    assert not _of_criterion(asks)
    assert not _of_criterion(asks, SCORE={"other": 0, "rules": [{"activity": {}, "points": 1}]})
    assert _of_criterion(asks, SCORE={"other": 0, "weights": {"call": 0}, "fit": fit}) == [
        (
            "/score/at_least",
            "asks for a score of 30, and no more than 25 can be reached: no activity earns points",
        )
    ]


def test_a_competitor_is_named_before_anybody_can_be_at_one() -> None:
    competitor = {"attribute": {"email": "competitor"}}

    assert _of_criterion(competitor) == [
        ("/attribute/email", "asks for a competitor, and the funnel names none")
    ]  # fmt: skip
    assert not _of_criterion(competitor, COMPETITOR_DOMAINS=["rival.example"])
    both = {"all": [competitor, {"attribute": {"email": "free_mail"}}]}
    assert _of_criterion(both, COMPETITOR_DOMAINS=["rival.example"])
    assert not _of_criterion(both, COMPETITOR_DOMAINS=["gmail.com"])


def test_criteria_with_very_many_ways_to_meet_them_are_let_through_in_time() -> None:
    choices = [
        {"any": [{"attribute": {"trait": f"t{n}", "equals": value}} for value in ("a", "b", "c")]} for n in range(60)
    ]
    # The contradiction hides behind 3 to the power of 60 ways.
    hidden = {"all": [*choices, {"at_least": {"count": 1, "of": [{"all": [KNOWN, {"not": FORM}]}, FORM]}}, VISIT]}
    definition = {"stages": _stages(ready={"enter_when": hidden})}

    began = time.perf_counter()
    assert _checked(definition).errors == ()
    assert time.perf_counter() - began < 10


# ----------------------------------------------------------------------------------------------------------------------
# Stages that criteria never lead to
# ----------------------------------------------------------------------------------------------------------------------


def test_a_criterion_can_hold_where_prospects_come_from() -> None:
    in_customer = {"all": [FORM, {"stage": {"in": "customer", "for": "1 day"}}]}

    ((place, reason),) = _errors(ready={"enter_when": in_customer})
    assert place == "/stages/2/enter_when"
    assert reason.startswith("never leads to ready, where prospects come from visitor or lead: ")
    assert not _errors(ready={"enter_when": in_customer, "allow_reversion": True})
    # A side stage takes prospects from the whole ladder.
    assert not _errors(out={"enter_when": in_customer})


def test_a_criterion_does_not_ask_for_a_stay_in_its_own_stage() -> None:
    own = {"stage": {"in": "ready", "for": "1 day"}}

    assert [place for place, _ in _errors(ready={"enter_when": own})] == ["/stages/2/enter_when"]
    assert [place for place, _ in _errors(out={"enter_when": {"stage": {"in": "out", "for": "1 day"}}})] == [
        "/stages/4/enter_when"
    ]


def test_a_stay_beside_the_ladder_leads_back_only_to_stages_that_reopen() -> None:
    rested = {"stage": {"in": "out", "for": "90 days"}}

    assert [place for place, _ in _errors(ready={"enter_when": rested})] == ["/stages/2/enter_when"]
    assert not _errors(ready={"enter_when": rested, "reopens": True})


def test_from_names_stages_that_prospects_can_come_from() -> None:
    assert _errors(ready={"from": "customer"}) == [
        ("/stages/2/from", "lets nobody into ready: customer is higher, and nothing leads back to ready")
    ]
    assert not _errors(ready={"from": "customer", "allow_reversion": True})
    assert _errors(ready={"from": ["out"]}) == [
        ("/stages/2/from", "lets nobody into ready: out stands beside the ladder, and ready has no reopens")
    ]
    assert not _errors(ready={"from": ["out"], "reopens": True})
    assert _errors(out={"enter_when": FORM, "from": "parked", "decision": None}, parked={"beside": True}) == [
        ("/stages/4/from", "lets nobody into out: parked stands beside the ladder, too")
    ]


def test_from_names_stages_that_are_entered_themselves() -> None:
    unreachable = {"enter_when": {"stage": {"in": "customer", "for": "1 day"}}}

    found = _errors(lead=unreachable, ready={"from": "lead"})

    assert [place for place, _ in found] == ["/stages/1/enter_when", "/stages/2/from"]
    assert found[1][1] == "lets nobody into ready: lead is never entered itself"
    # Decisions and recycling lead to it all the same, and so to the next.
    for fields in (
        {"lead": {**unreachable, "decision": "accept"}},
        {"lead": unreachable, "RECYCLING": [{"to": "lead"}]},
    ):
        assert [place for place, _ in _errors(ready={"from": "lead"}, **fields)] == ["/stages/1/enter_when"]


def test_a_stage_is_not_always_passed_by() -> None:
    assert _errors(lead={"enter_when": {"all": [KNOWN, FORM, VISIT]}}) == [
        (
            "/stages/1/enter_when",
            "never leads to lead: whenever it holds, so does that of ready, which goes first",
        )
    ]
    assert _errors(
        lead={"enter_when": {"activity": {"type": "call", "count": 3}}}, ready={"enter_when": {"activity": {}}}
    )
    assert _errors(lead={"enter_when": FORM}, out={"enter_when": {"activity": {}}, "decision": None})
    # The same criterion with an origin, a checklist or a way back is another matter.
    same = {"enter_when": {"all": [KNOWN, FORM]}}
    assert _errors(lead=same)
    assert not _errors(lead=same, ready={"from": "lead"})
    assert not _errors(lead=same, ready={"requires": {"of": ["need"]}}, QUALIFICATION=[{"key": "need"}])
    assert not _errors(lead={**same, "allow_reversion": True})
    assert not _errors(lead={**same, "reopens": True})
    assert _errors(lead={**same, "reopens": True}, ready={"reopens": True})
    assert not _errors(lead=same, RECYCLING=[{"to": "lead"}])


def test_of_two_stages_beside_the_ladder_the_first_is_not_always_taken() -> None:
    first = {"enter_when": {"activity": {"type": "email_bounce"}}}
    second = {"beside": True, "enter_when": {"activity": {"type": "email_bounce", "properties": {"bounce": "hard"}}}}

    assert _errors(out=first, bounced=second) == [
        ("/stages/5/enter_when", "never leads to bounced: whenever it holds, so does that of out, which goes first")
    ]
    assert not _errors(out={"enter_when": second["enter_when"]}, bounced={**second, **first})


def test_a_stage_by_decision_only_is_in_order() -> None:
    assert not _errors(ready={"enter_when": None}, other={"beside": True})


def test_a_status_can_set_in_within_its_stage() -> None:
    def statuses(when: Any) -> dict[str, Any]:
        return {"statuses": [{"key": "new"}, {"key": "old", "when": when}]}

    ((place, reason),) = _errors(lead=statuses({"stage": {"in": "ready", "for": "1 day"}}))
    assert place == "/stages/1/statuses/1/when"
    assert reason.startswith("can never hold of those who are in lead")
    assert _errors(lead=statuses({"below": "lead"}))
    assert not _errors(lead=statuses({"stage": {"in": "lead", "for": "1 day"}}))


@pytest.mark.parametrize("seed", range(60))
def test_nobody_ever_enters_a_stage_that_is_said_to_be_out_of_reach(seed: int) -> None:
    random = Random(seed)
    definition = normalise(_without_wrong_references(random_definition(random)))
    funnel = parse_funnel(definition, version=1)
    errors = check(definition, funnel).errors
    wrong = {place for error in errors if (place := error.where).endswith(("enter_when", "from"))}
    out_of_reach = {definition["stages"][int(place.split("/")[2])]["key"] for place in wrong if place.count("/") == 3}
    calendar = Calendar.always(Plan(funnel))
    for _ in range(3 if out_of_reach else 0):
        log = random_log(random, 20)
        folded = fold(log, calendar, max(event.occurred_at for event in log) + random.choice((0, 5, 40)) * STEP)
        for move in folded.transitions:
            # A decision or recycling may lead there all the same.
            criterion = funnel.stage(move.to_stage).enter_when
            assert move.to_stage not in out_of_reach or move.criterion is None or move.criterion != criterion


def _without_wrong_references(definition: Definition) -> Definition:
    for stage in definition["stages"]:
        stage.pop("from", None)
    return {**definition, "recycling": []}


# ----------------------------------------------------------------------------------------------------------------------
# What to look at before signing
# ----------------------------------------------------------------------------------------------------------------------


def test_somebody_looks_after_each_stage_on_the_ladder() -> None:
    assert _warnings(lead={"owner": None}) == [("/stages/1/owner", "is missing: nobody looks after lead")]


def test_labels_tell_stages_apart() -> None:
    assert _warnings(lead={"label": "Lead"}, ready={"label": "Lead"}) == [
        ("/stages/2/label", "is the label of lead, too")
    ]


def test_fields_that_have_no_effect_are_named() -> None:
    by_decision = {"enter_when": None, "reopens": True, "allow_reversion": True, "from": "lead"}

    assert [place for place, _ in _warnings(ready=by_decision)] == [
        "/stages/2/reopens",
        "/stages/2/allow_reversion",
        "/stages/2/from",
    ]
    assert _warnings(customer={"enter_when": FORM, "allow_reversion": True}, ready={"enter_when": None}) == [
        ("/stages/3/allow_reversion", "has no effect: no stage is higher")
    ]
    assert _warnings(lead={"allow_reversion": True}) == [
        (
            "/stages/1/allow_reversion",
            "has no effect: only a new activity takes prospects back, and the criterion asks for none",
        )
    ]
    assert not _warnings(ready={"allow_reversion": True})
    assert _warnings(ready={"from": ["lead", "customer", "out"]}) == [
        ("/stages/2/from/1", "has no effect: customer is higher, and nothing leads back to ready"),
        ("/stages/2/from/2", "has no effect: out stands beside the ladder, and ready has no reopens"),
    ]


def test_reopening_takes_a_stage_beside_the_ladder() -> None:
    stages = [stage for stage in _stages(ready={"reopens": True}) if stage["key"] != "out"]

    assert [warning.where for warning in _checked({"stages": stages}).warnings] == ["/stages/2/reopens"]


def test_a_stage_that_reopens_waits_for_something_new() -> None:
    assert _warnings(lead={"reopens": True}) == [
        (
            "/stages/1/enter_when",
            "can hold without anything new, and takes prospects back as soon as they stand beside the ladder",
        )
    ]
    assert not _warnings(ready={"reopens": True}, customer={"reopens": True})
    assert not _warnings(
        lead={"enter_when": {"all": [KNOWN, {"stage": {"in": ["visitor", "out"], "for": "9 weeks"}}]}, "reopens": True}
    )


def test_nobody_of_whom_nothing_is_known_moves_at_once() -> None:
    reason = "can hold of those of whom nothing is known, and they would move at once"

    assert _warnings(ready={"enter_when": {"not": VISIT}}) == [("/stages/2/enter_when", reason)]
    assert _warnings(out={"enter_when": {"any": [{"all": [KNOWN, VISIT]}, _trait(present=False)]}}) == [
        ("/stages/4/enter_when", reason)
    ]
    assert not _warnings(ready={"enter_when": {"all": [KNOWN, {"not": VISIT}, FORM]}})


def test_a_decision_that_leads_beside_the_ladder_is_no_evidence_for_another_stage() -> None:
    assert _warnings(parked={"beside": True, "enter_when": {"decision": "disqualify"}}) == [
        (
            "/stages/5/enter_when/decision",
            "waits for a decision that leads straight to out, from where on it is forgotten",
        )
    ]
    assert not _warnings(parked={"beside": True, "enter_when": {"decision": "accept"}})


def test_questions_are_asked_for() -> None:
    checklist = [{"key": "budget"}, {"key": "need"}]

    assert _warnings(ready={"requires": {"of": ["need"]}}, QUALIFICATION=checklist) == [
        ("/qualification/0", "is required by no stage: budget")
    ]
    # A checklist that no stage requires is there to be filled in.
    assert not _warnings(QUALIFICATION=checklist)


def test_a_score_gives_points() -> None:
    assert _warnings(SCORE={"weights": {"call": 0}, "other": 0}) == [("/score", "gives no points for anything")]


def test_business_time_is_told_where_it_counts() -> None:
    assert _warnings(lead={"time_limit": "4 business hours"}) == [
        (
            "/business_time",
            "is missing: Monday to Friday from 09:00 to 17:00 UTC count for the time limit of lead",
        )
    ]
    assert not _warnings(lead={"time_limit": "4 business hours"}, BUSINESS_TIME={"time_zone": "UTC"})


LOOKS_BACK = {"activity": {"type": "website_visit", "count": 3, "within": "30 days"}}
OF_ANY_TYPE = {"activity": {"count": 3, "within": "30 days"}}


@pytest.mark.parametrize(
    ("criterion", "retention", "where"),
    [
        (LOOKS_BACK, {"activities": {"website_visit": "29 days"}}, "/retention/activities/website_visit"),
        (OF_ANY_TYPE, {"activities": {"email_open": "1 week"}}, "/retention/activities/email_open"),
        (LOOKS_BACK, {"default": "1 hour"}, "/retention/default"),
        (OF_ANY_TYPE, {"default": "1 hour", "activities": {"email_open": "5 weeks"}}, "/retention/default"),
    ],
)
def test_activities_are_kept_as_long_as_criteria_look_back(
    criterion: Mapping[str, Any], retention: Mapping[str, Any], where: str
) -> None:
    assert _warnings(ready={"enter_when": criterion}, RETENTION=retention) == [
        (
            where,
            (
                "is shorter than the 30 days that /stages/2/enter_when looks back: a later version that asks of other"
                " properties could not see them of activities that are deleted"
            ),
        )
    ]


@pytest.mark.parametrize(
    "retention",
    [
        {"activities": {"website_visit": "30 days"}},
        {"activities": {"email_open": "1 day"}},
        {"default": "1 day", "activities": {"website_visit": "60 days"}},
        {"default": "5 weeks"},
    ],
)
def test_what_no_criterion_looks_back_at_may_go_earlier(retention: Mapping[str, Any]) -> None:
    assert not _warnings(ready={"enter_when": LOOKS_BACK}, RETENTION=retention)


def test_a_free_provider_is_no_competitor() -> None:
    assert _warnings(COMPETITOR_DOMAINS=["rival.example", "GMAIL.com"]) == [
        ("/competitor_domains/1", "is a free provider, with whom anybody may have an address")
    ]


# ----------------------------------------------------------------------------------------------------------------------
# The whole
# ----------------------------------------------------------------------------------------------------------------------


def test_problems_come_in_the_order_of_the_document_whatever_the_ranks() -> None:
    stages = _stages(
        visitor={"rank": 1}, lead={"rank": 3, "enter_when": {"all": [KNOWN, {"not": KNOWN}]}},
        ready={"rank": 2, "enter_when": {"all": [FORM, {"not": FORM}]}}, customer={"rank": 4},
    )  # fmt: skip

    found = _checked({"stages": stages}).errors

    assert [problem.where for problem in found] == ["/stages/1/enter_when", "/stages/2/enter_when"]


def test_sentences_in_problems_are_no_longer_than_people_read() -> None:
    long = {"attribute": {"trait": "size", "in": ["x" * 256] * 100}}

    ((_, reason),) = _of_criterion({"all": [long, {"not": long}]})

    assert len(reason) < 700
