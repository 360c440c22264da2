"""Rule 8 of the design, sentence by sentence: decisions, and the line that a move back or an exit draws."""

from __future__ import annotations

import pytest

from lifecycle.events import Event
from tests.builders import (
    COOKIE,
    DEFAULT,
    activity,
    at,
    changed_default,
    deal,
    decision,
    demo_form,
    email_sent,
    folded,
    hard_bounce,
    merge,
    moves_of,
    referral,
    set_stage,
    stage_of,
    visit,
)

LADDER = [stage.stage.key for stage in DEFAULT.latest.ladder]
BESIDE = [stage.stage.key for stage in DEFAULT.latest.stages if stage.rank < 0]


@pytest.mark.parametrize("stage", [*LADDER[1:], *BESIDE])
def test_rule_8_a_decision_may_set_any_stage(stage: str) -> None:
    assert stage_of(demo_form("demo", 1), set_stage("set", 2, stage)) == stage


def test_rule_8_a_decision_may_set_a_stage_backwards_with_who_and_why() -> None:
    log: list[Event] = [deal("won", 1, "won"), set_stage("set", 2, "suspect", "a test account")]

    transition = folded(*log).transitions[-1]

    assert (transition.from_stage, transition.to_stage) == ("customer", "suspect")
    assert (transition.cause, transition.actor, transition.reason) == ("decision", "sam", "a test account")
    assert (transition.evidence, transition.occurred_at, transition.criterion) == (("set",), at(2), None)


def test_rule_8_anonymous_is_refused_once_an_email_is_known() -> None:
    log: list[Event] = [demo_form("demo", 1), set_stage("set", 2, "anonymous")]

    assert moves_of(*log) == [("anonymous", "marketing_qualified", "demo")]


def test_rule_8_a_refused_decision_draws_no_line() -> None:
    log: list[Event] = [visit("v", 1), set_stage("set", 2, "anonymous")]

    assert folded(*log).machine.score == 1


def test_rule_8_anonymous_may_be_set_while_no_email_is_known() -> None:
    log: list[Event] = [visit("v", 1, COOKIE), set_stage("out", 2, "other"), set_stage("back", 3, "anonymous")]

    assert moves_of(*log)[-1] == ("other", "anonymous", "back")


def test_rule_8_a_decision_for_the_stage_that_a_prospect_is_in_moves_nobody() -> None:
    machine = folded(visit("v", 1), set_stage("set", 2, "engaged")).machine

    assert (machine.at.stage.key, machine.cycle, machine.line, machine.since) == (
        "engaged", 1, None, visit("v", 1).key,
    )  # fmt: skip


def test_rule_8_a_decision_for_an_unknown_stage_moves_nobody() -> None:
    assert stage_of(visit("v", 1), set_stage("set", 2, "no_such_stage")) == "engaged"


def test_rule_8_a_merge_decision_moves_nobody_by_itself() -> None:
    assert moves_of(visit("v", 1), merge("m", 2, "p-other")) == [("anonymous", "engaged", "v")]


def test_rule_8_a_decision_stands_at_its_moment_and_the_criteria_are_asked_again_at_the_next_event() -> None:
    log: list[Event] = [
        visit("v", 1),
        set_stage("out", 2, "other"),
        demo_form("demo", 3),
        set_stage("back", 4, "suspect"),
    ]

    assert stage_of(*log) == "suspect"
    assert moves_of(*log, visit("w", 5))[-1] == ("suspect", "marketing_qualified", "w")


# ---- the line -----------------------------------------------------------------------------------------------------

EARNERS: dict[str, tuple[list[Event], str]] = {
    "a visit": ([visit("old", 1)], "engaged"),
    "a form": ([demo_form("old", 1)], "marketing_qualified"),
    "a score": ([activity(f"old{i}", i, "webinar_attendance") for i in range(4)], "marketing_qualified"),
    "an accept": ([decision("old", 1, "accept")], "sales_qualified"),
    "an open deal": ([deal("old", 1, "open")], "opportunity"),
    "a won deal": ([deal("old", 1, "won")], "customer"),
    "a referral": ([referral("old", 1)], "evangelist"),
}


@pytest.mark.parametrize("earner", EARNERS)
def test_rule_8_what_was_earned_before_a_move_back_earns_nothing_again(earner: str) -> None:
    earned, stage = EARNERS[earner]
    back: list[Event] = [email_sent("e", 0), *earned, set_stage("back", 20, "suspect")]

    assert stage_of(*back[:-1]) == stage
    assert stage_of(*back, email_sent("next", 30), deal("unrelated", 31, None, deal_id="D9")) == "suspect"


@pytest.mark.parametrize("earner", EARNERS)
def test_rule_8_what_comes_after_a_move_back_earns_again(earner: str) -> None:
    earned, stage = EARNERS[earner]

    assert stage_of(email_sent("e", -9), visit("v", -8), set_stage("back", -5, "suspect"), *earned) == stage


def test_rule_8_an_exit_to_a_side_stage_draws_a_line_too() -> None:
    log: list[Event] = [demo_form("old", 1), set_stage("out", 2, "other"), set_stage("in", 3, "suspect")]

    assert stage_of(*log, email_sent("next", 4)) == "suspect"
    assert stage_of(*log, demo_form("new", 4)) == "marketing_qualified"


def test_rule_8_what_happened_beside_the_ladder_after_the_exit_is_after_the_line() -> None:
    log: list[Event] = [set_stage("out", 2, "other"), demo_form("demo", 3), set_stage("in", 4, "suspect")]

    assert stage_of(email_sent("e", 1), *log, email_sent("next", 5)) == "marketing_qualified"


def test_rule_8_a_move_forward_by_decision_draws_no_line() -> None:
    log: list[Event] = [visit("v", 1), set_stage("up", 2, "sales_qualified")]

    assert folded(*log).machine.line is None
    assert folded(*log).machine.score == 1


def test_rule_8_a_bounce_from_before_the_line_does_not_disqualify_again() -> None:
    log: list[Event] = [email_sent("e", 0), hard_bounce("bounce", 1), set_stage("in", 2, "suspect", "new address")]

    assert stage_of(*log, visit("v", 3)) == "engaged"
    assert stage_of(*log, visit("v", 3), hard_bounce("again", 4)) == "disqualified"


def test_rule_8_an_email_stays_known_across_the_line() -> None:
    log: list[Event] = [demo_form("demo", 1), set_stage("back", 2, "suspect"), visit("v", 3)]

    assert stage_of(*log) == "engaged"


def test_rule_8_the_score_starts_anew_at_the_line() -> None:
    log: list[Event] = [
        *(activity(f"w{i}", i, "webinar_attendance") for i in range(3)),
        set_stage("back", 9, "suspect"),
    ]

    assert folded(*log).machine.score == 0
    assert stage_of(*log, activity("w9", 10, "webinar_attendance")) == "engaged"


def test_rule_8_a_transition_after_the_line_names_no_evidence_from_before_it() -> None:
    log: list[Event] = [
        *(activity(f"old{i}", i, "webinar_attendance") for i in range(3)),
        set_stage("back", 9, "suspect"),
        *(activity(f"new{i}", 10 + i, "webinar_attendance") for i in range(4)),
    ]

    assert folded(*log).transitions[-1].evidence == (log[0].id, "new0", "new1", "new2", "new3")


def test_rule_8_a_changed_amount_is_no_new_evidence() -> None:
    log: list[Event] = [deal("open", 1, "open", amount=1), decision("no", 2, "disqualify", reason="spam")]

    assert stage_of(*log, deal("amount", 3, "open", amount=2)) == "disqualified"
    assert stage_of(*log, deal("amount", 3, None, amount=2, linked=None)) == "disqualified"


def test_rule_8_a_deals_evidence_dates_from_the_moment_it_entered_its_status() -> None:
    log: list[Event] = [deal("open", 1, "open"), decision("no", 2, "disqualify", reason="spam")]

    assert stage_of(*log, deal("won", 3, "won")) == "customer"
    reopened: list[Event] = [deal("lost", 3, "lost"), deal("again", 4, "open")]
    assert moves_of(*log, *reopened)[-1] == ("disqualified", "opportunity", "again")


def test_rule_8_a_link_after_the_line_to_a_deal_that_was_opened_before_it_is_no_new_evidence() -> None:
    log: list[Event] = [
        visit("v", 0),
        deal("open", 1, "open", linked=None),
        decision("no", 2, "disqualify", reason="spam"),
    ]

    assert stage_of(*log, deal("link", 3, None)) == "disqualified"


def test_rule_8_no_deal_is_open_asks_about_the_present_and_knows_no_line() -> None:
    log: list[Event] = [email_sent("e", 0), deal("open", 1, "open"), set_stage("back", 2, "suspect"), referral("r", 3)]

    assert stage_of(*log) == "engaged"
    assert moves_of(*log, deal("lost", 4, "lost", linked=None))[-1] == ("engaged", "evangelist", "lost")


def test_rule_8_no_deal_is_linked_asks_about_the_present_too() -> None:
    stages = {"anonymous": {"allow_reversion": True}}
    calendar = changed_default(stages)
    log: list[Event] = [deal("open", 1, "open"), set_stage("out", 2, "other"), set_stage("in", 3, "suspect")]

    assert stage_of(*log, visit("v", 4, COOKIE), calendar=calendar) == "suspect"
