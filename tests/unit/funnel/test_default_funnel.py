"""The default funnel, row by row of its table: stages, scores, directions, lead statuses."""

from __future__ import annotations

import pytest

from lifecycle.events import DEFAULT_DIRECTIONS, Activity, Event
from lifecycle.funnel.parsing import default_funnel
from tests.builders import (
    COOKIE,
    activity,
    deal,
    decision,
    demo_form,
    email_sent,
    folded,
    hard_bounce,
    referral,
    set_stage,
    stage_of,
    status_of,
    visit,
)

FUNNEL = default_funnel()


def test_the_ladder_has_eight_stages_in_order_and_two_beside_it() -> None:
    assert [stage.key for stage in FUNNEL.stages if not stage.beside] == [
        "anonymous", "suspect", "engaged", "marketing_qualified",
        "sales_qualified", "opportunity", "customer", "evangelist",
    ]  # fmt: skip
    assert [stage.key for stage in FUNNEL.stages if stage.beside] == ["disqualified", "other"]


@pytest.mark.parametrize(
    ("stage", "sentence"),
    [
        ("anonymous", "no email is known and no deal is linked"),
        ("suspect", "an email is known"),
        ("engaged", "an email is known and one inbound activity"),
        (
            "marketing_qualified",
            (
                "an email is known and (one form_submission whose form is one of contact, demo, trial or one"
                " content_download whose content is one of buying_guide, video, playbook, case_study"
                " or a score of 50)"
            ),
        ),
        ("sales_qualified", "an email is known and a decision to accept"),
        ("opportunity", "a linked deal is open"),
        ("customer", "a linked deal is won"),
        (
            "evangelist",
            (
                "an email is known and (one referral or one review whose rating is at least 4 or one nps_response"
                " whose score is at least 9) and no linked deal is open"
            ),
        ),
        ("disqualified", "one email_bounce whose bounce is hard and the prospect is below opportunity"),
        ("other", None),
    ],
)
def test_each_stage_can_be_read_aloud(stage: str, sentence: str | None) -> None:
    criterion = FUNNEL.stage(stage).enter_when

    assert (criterion.sentence if criterion else None) == sentence


def test_only_opportunity_and_customer_reopen() -> None:
    assert [stage.key for stage in FUNNEL.stages if stage.reopens] == ["opportunity", "customer"]


def test_only_anonymous_is_for_prospects_without_an_email() -> None:
    assert [stage.key for stage in FUNNEL.stages if stage.anonymous] == ["anonymous"]


def test_no_stage_allows_reversion() -> None:
    assert not [stage.key for stage in FUNNEL.stages if stage.allow_reversion]


def test_only_disqualified_is_entered_by_a_decision_of_its_own() -> None:
    assert {stage.key: stage.decision for stage in FUNNEL.stages if stage.decision} == {"disqualified": "disqualify"}


def test_it_is_version_1() -> None:
    assert FUNNEL.version == 1


EARNED: list[tuple[str, list[Event]]] = [
    ("anonymous", [visit("v", 0, COOKIE)]),
    ("suspect", [email_sent("e", 0)]),
    ("engaged", [visit("v", 0)]),
    ("marketing_qualified", [demo_form("d", 0)]),
    ("sales_qualified", [visit("v", 0), decision("yes", 1, "accept")]),
    ("opportunity", [visit("v", 0), deal("d", 1, "open")]),
    ("customer", [visit("v", 0), deal("d", 1, "won")]),
    ("evangelist", [referral("r", 0)]),
    ("disqualified", [hard_bounce("b", 0)]),
    ("disqualified", [visit("v", 0), decision("no", 1, "disqualify", reason="spam")]),
    ("other", [visit("v", 0), set_stage("o", 1, "other")]),
]


@pytest.mark.parametrize(("stage", "log"), EARNED)
def test_each_stage_is_reached_as_the_table_says(stage: str, log: list[Event]) -> None:
    assert stage_of(*log) == stage


@pytest.mark.parametrize(
    "log",
    [
        [demo_form("d", 0, COOKIE)],
        [activity("d", 0, "content_download", COOKIE, content="video")],
        [activity(f"w{i}", i, "webinar_attendance", COOKIE) for i in range(4)],
        [visit("v", 0, COOKIE), decision("yes", 1, "accept")],
        [referral("r", 0, COOKIE)],
    ],
    ids=["form", "content", "score", "accept", "referral"],
)
def test_marketing_qualified_and_above_need_a_known_email(log: list[Event]) -> None:
    assert stage_of(*log) == "anonymous"


@pytest.mark.parametrize(("status", "stage"), [("open", "opportunity"), ("won", "customer")])
def test_deals_need_no_known_email(status: str, stage: str) -> None:
    assert stage_of(visit("v", 0, COOKIE), deal("d", 1, "open" if status == "open" else "won")) == stage


# ---- the score ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "points"),
    [
        ("website_visit", 1),
        ("email_click", 3),
        ("content_download", 5),
        ("form_submission", 10),
        ("webinar_attendance", 15),
        ("anything_else", 1),
        ("referral", 1),
    ],
)
def test_an_inbound_activity_scores_by_its_type(type_: str, points: int) -> None:
    assert folded(activity("a", 0, type_)).machine.score == points


@pytest.mark.parametrize("type_", ["website_visit", "webinar_attendance", "anything_else"])
@pytest.mark.parametrize("direction", ["outbound", "internal"])
def test_only_inbound_activities_score(type_: str, direction: str) -> None:
    assert (
        folded(activity("a", 0, type_, direction="outbound" if direction == "outbound" else "internal")).machine.score
        == 0
    )


@pytest.mark.parametrize(
    "type_", ["email_sent", "email_delivered", "email_open", "email_bounce", "email_unsubscribe", "spam_complaint"]
)
def test_what_is_not_inbound_unless_the_caller_says_so(type_: str) -> None:
    assert DEFAULT_DIRECTIONS[type_] != "inbound"
    assert folded(activity("a", 0, type_)).machine.score == 0
    assert folded(activity("a", 0, type_, direction="inbound")).machine.score == 1


def test_nothing_else_has_a_direction_of_its_own() -> None:
    assert len(DEFAULT_DIRECTIONS) == 6


@pytest.mark.parametrize(("visits", "stage"), [(49, "engaged"), (50, "marketing_qualified")])
def test_marketing_qualified_takes_a_score_of_50(visits: int, stage: str) -> None:
    assert stage_of(*(visit(f"v{i}", i) for i in range(visits))) == stage


# ---- the lead status ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("log", "status"),
    [
        ([visit("v", 0, COOKIE)], None),
        ([email_sent("e", 0)], "New"),
        ([visit("v", 0)], "New"),
        ([demo_form("d", 0)], "MQL"),
        ([visit("v", 0), decision("yes", 1, "accept")], "SQL"),
        ([deal("d", 0, "open")], "Opportunity"),
        ([deal("d", 0, "won")], "Closed-Won"),
        ([visit("v", 0), set_stage("o", 1, "other")], None),
        ([hard_bounce("b", 0)], "Disqualified"),
    ],
    ids=["anonymous", "suspect", "engaged", "mql", "sql", "opportunity", "customer", "other", "disqualified"],
)
def test_each_stage_has_its_lead_status(log: list[Event], status: str | None) -> None:
    assert status_of(*log) == status


ALL_STAGES = [log for _, log in EARNED]


@pytest.mark.parametrize("log", ALL_STAGES, ids=[stage for stage, _ in EARNED])
def test_any_stage_with_a_won_deal_is_closed_won(log: list[Event]) -> None:
    before = [deal("won", -9, "won", deal_id="D7"), deal("open", -8, "open", deal_id="D8")]

    assert status_of(*before, *log) == "Closed-Won"


@pytest.mark.parametrize(
    "log", [log for stage, log in EARNED if stage != "customer"], ids=[s for s, _ in EARNED if s != "customer"]
)
def test_else_any_stage_with_an_open_deal_is_opportunity(log: list[Event]) -> None:
    before = [deal("lost", -9, "lost", deal_id="D7"), deal("open", -8, "open", deal_id="D8")]

    assert status_of(*before, *log) == "Opportunity"


@pytest.mark.parametrize(
    "stage", ["suspect", "engaged", "marketing_qualified", "sales_qualified", "evangelist", "other"]
)
def test_else_any_stage_with_lost_deals_only_is_closed_lost(stage: str) -> None:
    assert status_of(email_sent("e", 0), set_stage("s", 1, stage), deal("lost", 2, "lost")) == "Closed-Lost"


def test_a_disqualified_prospect_with_lost_deals_only_is_disqualified() -> None:
    log: list[Event] = [visit("v", 0), deal("lost", 1, "lost"), decision("no", 2, "disqualify", reason="spam")]

    assert status_of(*log) == "Disqualified"


def test_a_disqualified_prospect_with_an_open_deal_is_not_disqualified_to_sales() -> None:
    log: list[Event] = [deal("open", 1, "open"), decision("no", 2, "disqualify", reason="spam")]

    assert stage_of(*log) == "disqualified"
    assert status_of(*log) == "Opportunity"


def test_builders_give_activities_the_direction_of_their_type() -> None:
    given: Activity = email_sent("e", 0)

    assert given.direction == "outbound"
