"""Rules 12 and 13 of the design, sentence by sentence: cycles, and what a transition carries."""

from __future__ import annotations

import pytest

from lifecycle.events import Event
from tests.builders import (
    ANN,
    COOKIE,
    activity,
    at,
    changed_default,
    deal,
    decision,
    demo_form,
    email_sent,
    folded,
    set_stage,
    visit,
    withdrawal,
)


def cycle_of(*events: Event) -> int:
    """The cycle that a log leads to."""
    return folded(*events).machine.cycle


def test_rule_12_the_first_pass_is_cycle_1() -> None:
    log: list[Event] = [visit("v", 0), demo_form("d", 1), deal("won", 2, "won")]

    assert [one.cycle for one in folded(*log).transitions] == [1, 1, 1]


@pytest.mark.parametrize("beside", ["disqualified", "other"])
def test_rule_12_an_exit_belongs_to_the_cycle_that_it_ends(beside: str) -> None:
    assert cycle_of(visit("v", 0), set_stage("out", 1, beside)) == 1


@pytest.mark.parametrize("beside", ["disqualified", "other"])
def test_rule_12_each_return_from_disqualified_and_other_starts_a_new_cycle(beside: str) -> None:
    out: list[Event] = [visit("v", 0), set_stage("out", 1, beside)]

    assert cycle_of(*out, deal("open", 2, "open")) == 2
    assert cycle_of(*out, set_stage("in", 2, "engaged")) == 2
    assert cycle_of(*out, set_stage("in", 2, "engaged"), set_stage("out2", 3, beside), deal("won", 4, "won")) == 3


def test_rule_12_each_move_back_starts_a_new_cycle() -> None:
    log: list[Event] = [
        demo_form("d", 0),
        set_stage("b1", 1, "suspect"),
        demo_form("d2", 2),
        set_stage("b2", 3, "engaged"),
    ]

    assert [(one.to_stage, one.cycle) for one in folded(*log).transitions] == [
        ("marketing_qualified", 1),
        ("suspect", 2),
        ("marketing_qualified", 2),
        ("engaged", 3),
    ]


def test_rule_12_a_move_back_by_a_rule_of_the_funnel_starts_a_new_cycle_too() -> None:
    reverting = changed_default({"engaged": {"allow_reversion": True}})
    recycling = changed_default(recycling=({"from": ["opportunity"], "to": "engaged"},))

    assert folded(demo_form("d", 0), visit("v", 1), calendar=reverting).machine.cycle == 2
    assert folded(deal("o", 0, "open"), deal("l", 1, "lost"), calendar=recycling).machine.cycle == 2


def test_rule_12_a_move_forward_by_decision_starts_no_cycle() -> None:
    assert cycle_of(visit("v", 0), set_stage("up", 1, "sales_qualified")) == 1


def test_rule_12_a_move_between_the_side_stages_starts_no_cycle() -> None:
    assert cycle_of(visit("v", 0), set_stage("a", 1, "other"), set_stage("b", 2, "disqualified")) == 1


def test_rule_12_a_correction_takes_back_the_cycles_of_what_it_withdraws() -> None:
    log: list[Event] = [visit("v", 0), set_stage("out", 1, "other"), set_stage("in", 2, "engaged")]

    assert cycle_of(*log) == 2
    assert cycle_of(*log, withdrawal("w", 3, "out")) == 1


# ---- rule 13 --------------------------------------------------------------------------------------------------------


def test_rule_13_a_transition_carries_from_to_when_why_on_what_and_in_which_cycle() -> None:
    (transition,) = folded(visit("v", 3, COOKIE), email_sent("e", 5, ANN, COOKIE)).transitions

    assert transition.from_stage == "anonymous"
    assert transition.to_stage == "engaged"
    assert transition.occurred_at == at(5)
    assert transition.cause == "rule"
    assert transition.funnel_version == 1
    assert transition.because == "an email is known and one inbound activity"
    assert transition.evidence == ("v", "e")
    assert (transition.actor, transition.reason) == (None, None)
    assert transition.cycle == 1
    assert (transition.corrected_by, transition.restated_by) == (None, None)


def test_rule_13_a_transition_by_decision_carries_its_actor_and_reason() -> None:
    transition = folded(visit("v", 0), decision("no", 1, "disqualify", reason="spam", by="sally")).transitions[-1]

    assert (transition.cause, transition.actor, transition.reason) == ("decision", "sally", "spam")
    assert transition.because == "a decision to disqualify"
    assert transition.evidence == ("no",)


def test_rule_13_a_transition_carries_the_version_of_its_funnel() -> None:
    assert folded(visit("v", 0), calendar=changed_default()).transitions[0].funnel_version == 7


def test_rule_13_the_evidence_of_a_score_is_the_fewest_activities_that_reach_it() -> None:
    log: list[Event] = [visit(f"v{i}", i) for i in range(20)]
    forms: list[Event] = [activity(f"f{i}", 30 + i, "form_submission", form="survey") for i in range(5)]

    qualified = folded(email_sent("e", -1), *log, *forms).transitions[-1]

    assert (qualified.to_stage, qualified.event.id) == ("marketing_qualified", "f2")
    assert set(qualified.evidence) == {"e", "f0", "f1", "f2", *(f"v{i}" for i in range(20))}


def test_rule_13_of_several_reasons_the_evidence_is_the_first_that_the_criterion_names() -> None:
    log: list[Event] = [visit("v", 0), demo_form("demo", 1), demo_form("demo2", 2)]

    assert folded(*log).transitions[-1].evidence == ("v", "demo")


def test_rule_13_only_an_accept_that_moves_is_a_transition_by_decision() -> None:
    log: list[Event] = [visit("v", 0), decision("yes", 1, "accept", by="sally")]

    transition = folded(*log).transitions[-1]

    assert (transition.to_stage, transition.cause, transition.actor) == ("sales_qualified", "decision", "sally")
