"""Rules 6 and 7 of the design, sentence by sentence: the organisation's own process, and beside the ladder."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lifecycle.events import Activity, Event
from tests.builders import (
    COOKIE,
    activity,
    changed_default,
    deal,
    decision,
    demo_form,
    email_sent,
    folded,
    hard_bounce,
    moves_of,
    referral,
    set_stage,
    stage_of,
    visit,
)

# ---- rule 6: marketing qualified ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["contact", "demo", "trial"])
def test_rule_6_a_key_conversion_form_makes_marketing_qualified(form: str) -> None:
    assert stage_of(activity("f", 1, "form_submission", form=form)) == "marketing_qualified"


@pytest.mark.parametrize("form", ["newsletter", "Demo", None, 1, ["demo"]])
def test_rule_6_any_other_form_engages_only(form: object) -> None:
    assert stage_of(activity("f", 1, "form_submission", form=form)) == "engaged"


@pytest.mark.parametrize("content", ["buying_guide", "video", "playbook", "case_study"])
def test_rule_6_high_value_gated_content_makes_marketing_qualified(content: str) -> None:
    assert stage_of(activity("c", 1, "content_download", content=content)) == "marketing_qualified"


def test_rule_6_any_other_content_engages_only() -> None:
    assert stage_of(activity("c", 1, "content_download", content="wallpaper")) == "engaged"


def test_rule_6_a_score_at_the_threshold_makes_marketing_qualified() -> None:
    webinars = [activity(f"w{i}", i, "webinar_attendance") for i in range(3)]
    visits = [visit(f"v{i}", 10 + i) for i in range(5)]

    assert stage_of(*webinars, *visits[:4]) == "engaged"
    assert moves_of(*webinars, *visits)[-1] == ("engaged", "marketing_qualified", "v4")


# ---- rule 6: sales qualified --------------------------------------------------------------------------------------


def test_rule_6_sales_qualified_is_a_salespersons_accept_decision() -> None:
    log: list[Event] = [email_sent("e", 1), decision("yes", 2, "accept", by="sally", reason="good fit")]

    accepted = folded(*log).transitions[-1]

    assert (accepted.to_stage, accepted.cause, accepted.actor, accepted.reason) == (
        "sales_qualified", "decision", "sally", "good fit",
    )  # fmt: skip


def test_rule_6_an_accept_of_a_prospect_that_is_further_already_moves_nobody() -> None:
    assert moves_of(deal("d", 1, "open"), decision("yes", 2, "accept")) == [("anonymous", "opportunity", "d")]


def test_rule_6_an_accepted_prospect_whose_email_is_not_known_is_sales_qualified_once_it_is() -> None:
    log: list[Event] = [visit("v", 1, COOKIE), decision("yes", 2, "accept")]

    assert stage_of(*log) == "anonymous"
    assert moves_of(*log, email_sent("e", 3)) == [("anonymous", "sales_qualified", "e")]


# ---- rule 6: evangelist -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("praise", "stage"),
    [
        (activity("p", 1, "referral"), "evangelist"),
        (activity("p", 1, "review", rating=4), "evangelist"),
        (activity("p", 1, "review", rating=Decimal("4.5")), "evangelist"),
        (activity("p", 1, "review", rating=3.9), "engaged"),
        (activity("p", 1, "review", rating="5"), "engaged"),
        (activity("p", 1, "review", rating=True), "engaged"),
        (activity("p", 1, "review"), "engaged"),
        (activity("p", 1, "nps_response", score=9), "evangelist"),
        (activity("p", 1, "nps_response", score=10), "evangelist"),
        (activity("p", 1, "nps_response", score=8), "engaged"),
    ],
    ids=lambda value: f"{value.type} {dict(value.properties)}" if isinstance(value, Activity) else str(value),
)
def test_rule_6_evangelist_is_a_referral_a_review_of_4_or_more_or_an_nps_answer_of_9_or_10(
    praise: Activity, stage: str
) -> None:
    assert stage_of(praise) == stage


def test_rule_6_a_customer_who_refers_somebody_is_an_evangelist() -> None:
    assert moves_of(email_sent("e", 0), deal("won", 1, "won"), referral("r", 2))[-1] == ("customer", "evangelist", "r")


def test_rule_6_nobody_becomes_an_evangelist_while_a_deal_is_open() -> None:
    log: list[Event] = [email_sent("e", 0), deal("open", 1, "open"), referral("r", 2)]

    assert stage_of(*log) == "opportunity"


@pytest.mark.parametrize("closing", ["won", "lost"])
def test_rule_6_a_referral_during_an_open_deal_makes_an_evangelist_once_the_deal_is_closed(closing: str) -> None:
    log: list[Event] = [email_sent("e", 0), deal("open", 1, "open"), referral("r", 2)]
    closed = deal("closed", 3, "won" if closing == "won" else "lost", linked=None)

    assert moves_of(*log, closed)[-1] == ("opportunity", "evangelist", "closed")


def test_rule_6_an_evangelist_with_a_new_open_deal_stays_one() -> None:
    machine = folded(email_sent("e", 0), referral("r", 1), deal("open", 2, "open")).machine

    assert (machine.at.stage.key, machine.lead_status) == ("evangelist", "Opportunity")


# ---- rule 6: disqualified and other -------------------------------------------------------------------------------


def test_rule_6_disqualified_is_a_decision_with_a_reason() -> None:
    log: list[Event] = [email_sent("e", 1), decision("no", 2, "disqualify", by="sally", reason="competitor")]

    transition = folded(*log).transitions[-1]

    assert (transition.to_stage, transition.cause, transition.actor, transition.reason, transition.evidence) == (
        "disqualified", "decision", "sally", "competitor", ("no",),
    )  # fmt: skip


@pytest.mark.parametrize(
    "before",
    [[email_sent("e", 0)], [visit("e", 0)], [demo_form("e", 0)], [email_sent("e", 0), decision("y", 1, "accept")]],
    ids=["suspect", "engaged", "marketing_qualified", "sales_qualified"],
)
def test_rule_6_a_hard_bounce_while_below_opportunity_disqualifies(before: list[Event]) -> None:
    bounced = folded(*before, hard_bounce("bounce", 5)).transitions[-1]

    assert (bounced.to_stage, bounced.cause, bounced.evidence) == ("disqualified", "rule", ("bounce",))


def test_rule_6_a_hard_bounce_of_an_unknown_address_disqualifies_at_once() -> None:
    assert moves_of(hard_bounce("bounce", 1)) == [("anonymous", "disqualified", "bounce")]


@pytest.mark.parametrize(
    "before",
    [[deal("d", 0, "open")], [deal("d", 0, "won")], [referral("d", 0)]],
    ids=["opportunity", "customer", "evangelist"],
)
def test_rule_6_a_hard_bounce_at_opportunity_or_above_moves_nobody(before: list[Event]) -> None:
    assert stage_of(*before, hard_bounce("bounce", 5)) == stage_of(*before)


def test_rule_6_a_soft_bounce_moves_nobody() -> None:
    assert stage_of(email_sent("e", 0), activity("b", 1, "email_bounce", bounce="soft")) == "suspect"


def test_rule_6_other_is_by_decision_only() -> None:
    log: list[Event] = [visit("v", 1), demo_form("f", 2), set_stage("partner", 3, "other", "a partner")]

    assert moves_of(*log)[-1] == ("marketing_qualified", "other", "partner")
    assert [stage.stage.key for stage in folded(*log).machine.plan.stages if not stage.stage.enter_when] == ["other"]


# ---- rule 7 -------------------------------------------------------------------------------------------------------

EXITS = {
    "disqualified": decision("exit", 5, "disqualify", reason="no budget"),
    "other": set_stage("exit", 5, "other", "a partner"),
}


@pytest.mark.parametrize("beside", EXITS)
@pytest.mark.parametrize(
    "later", [visit("later", 9), demo_form("later", 9), referral("later", 9)], ids=["visit", "form", "referral"]
)
def test_rule_7_from_disqualified_and_other_activities_take_nobody_back(beside: str, later: Event) -> None:
    assert stage_of(visit("v", 1), EXITS[beside], later) == beside


@pytest.mark.parametrize("beside", EXITS)
def test_rule_7_from_disqualified_and_other_an_accept_takes_nobody_back(beside: str) -> None:
    assert stage_of(visit("v", 1), EXITS[beside], decision("later", 9, "accept")) == beside


@pytest.mark.parametrize("beside", EXITS)
@pytest.mark.parametrize(("status", "stage"), [("open", "opportunity"), ("won", "customer")])
def test_rule_7_a_stage_that_reopens_takes_a_prospect_back(beside: str, status: str, stage: str) -> None:
    newer = deal("newer", 9, "open" if status == "open" else "won")

    assert moves_of(visit("v", 1), EXITS[beside], newer)[-1] == (beside, stage, "newer")


@pytest.mark.parametrize("beside", EXITS)
def test_rule_7_by_default_opportunity_and_customer_reopen(beside: str) -> None:
    plan = folded(visit("v", 1), EXITS[beside]).machine.plan

    assert {stage.stage.key for stage in plan.reopening} == {"opportunity", "customer"}


@pytest.mark.parametrize("beside", EXITS)
def test_rule_7_evidence_from_before_the_exit_does_not_reopen(beside: str) -> None:
    log: list[Event] = [visit("v", 1), deal("open", 2, "open"), EXITS[beside]]

    assert stage_of(*log, visit("later", 9), deal("amount", 10, None, amount=5)) == beside


def test_rule_7_a_reopening_deal_leaves_evidence_newer_than_the_exit() -> None:
    log: list[Event] = [
        deal("old", 1, "open", deal_id="D1"),
        EXITS["disqualified"],
        deal("new", 9, "open", deal_id="D2"),
    ]

    assert folded(*log).transitions[-1].evidence == ("new",)


def test_rule_7_a_funnel_may_mark_another_stage_as_reopening() -> None:
    calendar = changed_default({"marketing_qualified": {"reopens": True}})
    log: list[Event] = [visit("v", 1), EXITS["disqualified"], visit("w", 6), demo_form("demo", 9)]

    assert moves_of(*log, calendar=calendar)[-1] == ("disqualified", "marketing_qualified", "demo")
    assert stage_of(*log) == "disqualified"


def test_rule_7_a_bounce_while_other_moves_nobody() -> None:
    assert stage_of(visit("v", 1), EXITS["other"], hard_bounce("bounce", 9)) == "other"


def test_rule_7_a_decision_takes_a_prospect_from_one_side_stage_to_the_other() -> None:
    assert moves_of(visit("v", 1), EXITS["disqualified"], set_stage("moved", 9, "other"))[-1] == (
        "disqualified",
        "other",
        "moved",
    )
