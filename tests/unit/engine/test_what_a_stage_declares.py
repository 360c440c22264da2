"""What a stage may declare beside its criterion: origins, a checklist, statuses, actions; and recycling."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import fold
from lifecycle.engine.snapshot import dump, load
from lifecycle.events import Activity, Decision, Event, Identity
from tests.builders import (
    ANN,
    activity,
    at,
    changed_default,
    deal,
    decision,
    demo_form,
    email_sent,
    folded,
    funnel_of,
    hard_bounce,
    moves_of,
    set_stage,
    stage_of,
    visit,
)

KNOWN = {"known": "email"}


# ---- origins -------------------------------------------------------------------------------------------------------

LADDER = funnel_of(
    {"key": "cold"},
    {"key": "warm", "enter_when": {"activity": {"type": "website_visit"}}},
    {"key": "hot", "from": "warm", "enter_when": {"activity": {"type": "form_submission"}}},
    {"key": "out", "beside": True, "from": ["hot"], "enter_when": {"activity": {"type": "email_bounce"}}},
)


def test_criteria_lead_into_a_stage_from_its_origins_only() -> None:
    assert stage_of(demo_form("d", 1), calendar=LADDER) == "cold"
    assert stage_of(visit("v", 1), hard_bounce("b", 2), calendar=LADDER) == "warm"
    assert stage_of(visit("v", 1), demo_form("d", 2), hard_bounce("b", 3), calendar=LADDER) == "out"


def test_a_move_that_makes_another_possible_is_followed_by_it_at_the_same_event() -> None:
    assert moves_of(demo_form("d", 1), visit("v", 2), calendar=LADDER) == [("cold", "warm", "v"), ("warm", "hot", "v")]


def test_a_decision_knows_no_origins() -> None:
    assert stage_of(visit("v", 0), set_stage("s", 1, "out", "x"), calendar=LADDER) == "out"
    assert stage_of(set_stage("s", 1, "hot", "x"), calendar=LADDER) == "hot"


def test_no_stage_is_entered_twice_at_one_event() -> None:
    turning = funnel_of(
        {"key": "cold"},
        {"key": "warm", "reopens": True, "enter_when": KNOWN},
        {"key": "out", "beside": True, "enter_when": KNOWN},
    )

    assert moves_of(email_sent("e", 1), calendar=turning) == [("cold", "out", "e"), ("out", "warm", "e")]


# ---- traits and mail domains ---------------------------------------------------------------------------------------


def told(id_: str, minute: float, email: str = "ann@acme.example", automated: bool = False, **traits: Any) -> Activity:
    event = activity(id_, minute, "email_sent", Identity("email", email), automated=automated)
    event.traits = traits
    return event


FITTING = funnel_of(
    {"key": "cold"},
    {"key": "small", "enter_when": {"attribute": {"trait": "company.size", "at_most": 49}}},
    {"key": "large", "enter_when": {"attribute": {"trait": "company.size", "at_least": 50}}},
)


def test_a_trait_is_what_was_last_told_of_it() -> None:
    log: list[Event] = [
        told("a", 1, company={"size": 10}),
        told("b", 3, company={"size": 60}),
        told("c", 2, company={"size": 5}),
    ]

    transitions = folded(*log, calendar=FITTING).transitions

    assert [(move.to_stage, move.evidence) for move in transitions] == [("small", ("a",)), ("large", ("b",))]
    assert transitions[0].because == "the company.size is at most 49"


def test_a_trait_that_is_told_to_be_nothing_is_not_known() -> None:
    known = funnel_of(
        {"key": "cold"}, {"key": "warm", "enter_when": {"not": {"attribute": {"trait": "country", "present": True}}}}
    )

    assert stage_of(told("a", 1, country="DE"), calendar=known) == "cold"
    assert stage_of(told("a", 1, country="DE"), told("b", 2, country=None), calendar=known) == "warm"


def test_a_bot_tells_no_traits() -> None:
    assert stage_of(told("a", 1, automated=True, company={"size": 60}), calendar=FITTING) == "cold"


def test_points_for_traits_are_added_while_they_hold_and_taken_when_they_do_not() -> None:
    fit = [
        {"attribute": {"trait": "country", "in": ["DE", "AT"]}, "points": 30},
        {"attribute": {"email": "free_mail"}, "points": -20},
    ]
    scored = funnel_of({"key": "cold"}, {"key": "warm", "enter_when": {"score": {"at_least": 30}}}, score={"fit": fit})

    assert folded(told("a", 1, country="DE"), calendar=scored).machine.score == 30
    assert folded(told("a", 1, country="DE"), told("b", 2, country="US"), calendar=scored).machine.score == 0
    assert folded(told("a", 1, "ann@gmail.com", country="AT"), calendar=scored).machine.score == 10
    assert stage_of(told("a", 1, country="DE"), calendar=scored) == "warm"


def test_a_second_email_may_change_where_the_mail_is() -> None:
    at_company = funnel_of({"key": "cold"}, {"key": "warm", "enter_when": {"attribute": {"email": "business"}}})
    two = activity("b", 2, "email_sent", Identity("email", "ann@gmail.com"), Identity("email", "ann@acme.example"))

    assert stage_of(told("a", 1, "ann@gmail.com"), calendar=at_company) == "cold"
    assert stage_of(told("a", 1, "ann@gmail.com"), two, calendar=at_company) == "warm"


def test_the_first_scoring_rule_that_fits_gives_the_points_and_may_take_some() -> None:
    rules = [
        {"activity": {"type": "website_visit", "properties": {"page": "/pricing"}}, "points": 10},
        {"activity": {"type": "website_visit", "properties": {"page": {"matches": "^/p"}}}, "points": 5},
        {"activity": {"type": "email_unsubscribe"}, "points": -50},
    ]
    scored = funnel_of({"key": "cold"}, score={"rules": rules, "weights": {"website_visit": 2}, "other": 1})
    pages = ["/pricing", "/press", "/"]

    log: list[Event] = [activity(page, 1, "website_visit", page=page) for page in pages]

    assert folded(*log, calendar=scored).machine.score == 10 + 5 + 2
    assert folded(*log, activity("u", 2, "email_unsubscribe"), calendar=scored).machine.score == 17 - 50


# ---- the checklist -------------------------------------------------------------------------------------------------

BANT = ["budget", "authority", "need", "timeline"]
QUALIFIED = funnel_of(
    {"key": "cold"},
    {
        "key": "accepted",
        "enter_when": {"decision": "accept"},
        "requires": {"at_least": 3, "of": [*BANT, "size"], "always": "need"},
    },
    {"key": "out", "beside": True, "decision": "disqualify"},
    qualification=[
        *({"key": key} for key in BANT),
        {"key": "size", "met_when": {"attribute": {"trait": "size", "at_least": 50}}},
    ],
)


def accept(id_: str, minute: float, **answers: Any) -> Decision:
    return decision(id_, minute, "accept", qualification=answers)


def test_nobody_gets_in_without_what_the_stage_requires() -> None:
    three = {"budget": "EUR 10,000", "need": True, "timeline": "Q3"}

    assert stage_of(visit("v", 0), accept("a", 1), calendar=QUALIFIED) == "cold"
    assert stage_of(visit("v", 0), accept("a", 1, **three), calendar=QUALIFIED) == "accepted"
    assert stage_of(visit("v", 0), accept("a", 1, **three | {"need": False}), calendar=QUALIFIED) == "cold"
    assert stage_of(visit("v", 0), accept("a", 1, budget=1, authority=1, timeline=1), calendar=QUALIFIED) == "cold"


def test_answers_add_up_and_traits_answer_by_themselves() -> None:
    size = told("s", 0)
    size.traits = {"size": 70}

    folded_ = folded(size, accept("a", 1, budget=True), accept("b", 2, need=True), calendar=QUALIFIED)

    (moved,) = folded_.transitions
    assert (moved.to_stage, moved.cause, moved.event.id) == ("accepted", "decision", "b")
    assert moved.qualification == {"budget": True, "need": True}


def test_answers_stay_with_the_prospect_and_do_not_count_again_after_an_exit() -> None:
    log: list[Event] = [
        visit("v", 0),
        accept("a", 1, budget=1, need=1, timeline=1),
        decision("d", 2, "disqualify", reason="x"),
    ]
    machine = folded(*log, set_stage("back", 3, "cold"), accept("again", 4), calendar=QUALIFIED).machine

    assert machine.at.stage.key == "cold"
    assert machine.answers == {"budget": 1, "need": 1, "timeline": 1}
    assert machine.met_questions() == set()
    kept = load(dump(machine), QUALIFIED)
    assert kept is not None
    assert (kept.answers, kept.stale) == (machine.answers, machine.stale)


# ---- statuses within a stage, actions ------------------------------------------------------------------------------

STATUSES = [
    {"key": "untouched"},
    {"key": "in_progress", "when": {"activity": {"direction": "outbound"}}},
    {"key": "replied", "when": {"activity": {"type": "email_reply"}}},
]


def status(*events: Event, calendar: Calendar) -> str | None:
    return folded(*events, calendar=calendar).machine.sub_status()


def test_the_last_status_that_holds_is_the_status_and_the_first_where_none_does() -> None:
    calendar = changed_default({"suspect": {"statuses": STATUSES}, "engaged": {"statuses": STATUSES}})
    known = activity("k", 0, "crm_sync", direction="internal")

    assert status(known, calendar=calendar) == "untouched"
    assert status(known, email_sent("e", 1), calendar=calendar) == "in_progress"
    assert status(known, activity("r", 1, "email_reply"), email_sent("e", 2), calendar=calendar) == "replied"


def test_a_person_may_set_the_status_until_the_stage_is_left() -> None:
    calendar = changed_default({"suspect": {"statuses": STATUSES}})
    ruled = Decision(
        id="s", occurred_at=at(1), recorded_at=at(1), action="set_stage", by="sam", stage="suspect", status="replied"
    )

    assert status(email_sent("e", 0), ruled, email_sent("f", 2), calendar=calendar) == "replied"
    assert status(email_sent("e", 0), ruled, visit("v", 2), calendar=calendar) is None


def test_entering_names_the_actions_that_the_stage_declares() -> None:
    calendar = changed_default({"engaged": {"actions": ["welcome", "tell_sales"]}})

    assert folded(visit("v", 1), calendar=calendar).transitions[-1].actions == ("welcome", "tell_sales")
    assert folded(email_sent("e", 1), calendar=calendar).transitions[-1].actions == ()


# ---- recycling -----------------------------------------------------------------------------------------------------

RECYCLING = changed_default(
    recycling=(
        {"reason": ["no budget", "bad timing"], "to": "marketing_qualified"},
        {"reason": "competitor", "from": "opportunity", "to": "other"},
    )
)


@pytest.mark.parametrize(
    ("reason", "stage"),
    [
        ("no budget", "marketing_qualified"),
        ("bad timing", "marketing_qualified"),
        ("competitor", "other"),
        ("other", "opportunity"),
    ],
)
def test_a_lost_deal_leads_where_the_funnel_says_for_its_reason(reason: str, stage: str) -> None:
    assert (
        stage_of(email_sent("e", 0), deal("o", 1, "open"), deal("l", 2, "lost", reason=reason), calendar=RECYCLING)
        == stage
    )


def test_a_recycled_prospect_begins_a_new_cycle_with_nothing_earned() -> None:
    log: list[Event] = [demo_form("d", 0), deal("o", 1, "open"), deal("l", 2, "lost", reason="no budget")]

    machine = folded(*log, calendar=RECYCLING).machine

    assert (machine.at.stage.key, machine.cycle, machine.score) == ("marketing_qualified", 2, 0)
    assert stage_of(*log, deal("again", 3, "open", deal_id="D2"), calendar=RECYCLING) == "opportunity"


def test_whoever_is_put_on_a_deal_that_is_lost_already_is_recycled_at_that_moment() -> None:
    log: list[Event] = [
        email_sent("e", 0),
        set_stage("s", 1, "sales_qualified"),
        deal("l", 2, "lost", reason="no budget", linked=None),
    ]

    assert stage_of(*log, calendar=RECYCLING) == "sales_qualified"
    assert moves_of(*log, deal("link", 3), calendar=RECYCLING)[-1] == ("sales_qualified", "marketing_qualified", "link")


def test_a_deal_that_was_lost_before_recycles_nobody_again() -> None:
    log: list[Event] = [
        demo_form("d", 0),
        deal("o", 1, "open"),
        deal("l", 2, "lost", reason="no budget"),
        set_stage("s", 3, "opportunity"),
    ]

    assert stage_of(*log, deal("amount", 4, amount=5), calendar=RECYCLING) == "opportunity"


def test_the_open_deal_that_stood_in_the_way_is_deleted_and_the_lost_one_recycles() -> None:
    log: list[Event] = [
        email_sent("e", 0), deal("o", 1, "open"), deal("o2", 1, "open", deal_id="D2"),
        deal("l", 2, "lost", reason="no budget"),
    ]  # fmt: skip

    assert stage_of(*log, calendar=RECYCLING) == "opportunity"
    assert stage_of(*log, deal("gone", 3, deal_id="D2", deleted=True), calendar=RECYCLING) == "marketing_qualified"


def test_a_number_and_a_truth_are_counted_apart() -> None:
    one, true = ({"activity": {"type": "visit", "properties": {"vip": value}}} for value in (1, True))
    calendar = funnel_of({"key": "cold"}, {"key": "one", "enter_when": one}, {"key": "true", "enter_when": true})

    assert stage_of(activity("v", 1, "visit", vip=1), calendar=calendar) == "one"
    assert stage_of(activity("v", 1, "visit", vip=True), calendar=calendar) == "true"


# ---- deals by pipeline and amount ----------------------------------------------------------------------------------


def test_which_deals_count_is_the_funnels_choice_by_pipeline_and_amount() -> None:
    criterion = {"deal": {"status": "open", "amount": {"at_least": 1000}}}
    calendar = changed_default({"opportunity": {"enter_when": criterion}})
    log: list[Event] = [email_sent("e", 0), deal("o", 1, "open", amount=500)]

    assert stage_of(*log, calendar=calendar) == "suspect"
    assert stage_of(*log, deal("more", 2, amount=1000), calendar=calendar) == "opportunity"


def test_a_renamed_customer_works_like_a_customer() -> None:
    stages: list[dict[str, Any]] = [
        {"key": "nobody", "anonymous": True, "enter_when": {"all": [{"not": KNOWN}, {"not": {"deal": {}}}]}},
        {"key": "somebody", "enter_when": KNOWN},
        {"key": "mandant", "enter_when": {"deal": {"status": "won"}}, "reopens": True},
        {"key": "weg", "beside": True, "decision": "disqualify", "lead_status": "Disqualified"},
    ]
    log: list[Event] = [email_sent("e", 0, ANN), decision("d", 1, "disqualify", reason="x"), deal("w", 2, "won")]

    folded_ = fold(log, funnel_of(*stages))

    assert [move.to_stage for move in folded_.transitions] == ["somebody", "weg", "mandant"]
    assert folded_.machine.lead_status == "Closed-Won"
