"""Rules 1 to 4 of the design, sentence by sentence: entry, forward only, anonymous, suspect and engaged."""

from __future__ import annotations

import itertools

import pytest

from lifecycle.engine.fold import fold
from lifecycle.events import Direction, Event, Identity
from tests.builders import (
    ANN,
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
    funnel_of,
    moves_of,
    referral,
    set_stage,
    stage_of,
    visit,
    withdrawal,
)

# ---- the order of the fold ----------------------------------------------------------------------------------------


def test_the_fold_sorts_events_by_when_they_occurred() -> None:
    given_in_any_order = [
        moves_of(*arrival)
        for arrival in itertools.permutations([email_sent("sent", 1), visit("visit", 2), demo_form("demo", 3)])
    ]

    assert given_in_any_order == [
        [
            ("anonymous", "suspect", "sent"),
            ("suspect", "engaged", "visit"),
            ("engaged", "marketing_qualified", "demo"),
        ]
    ] * len(given_in_any_order)


def test_at_one_instant_activities_come_before_deals_deals_open_lost_won_then_decisions_then_withdrawals() -> None:
    events: list[Event] = [
        withdrawal("a-withdrawal", 5, "nothing"),
        decision("b-decision", 5, "accept"),
        deal("c-won", 5, "won", deal_id="D3"),
        deal("d-lost", 5, "lost", deal_id="D2"),
        deal("e-open", 5, "open", deal_id="D1"),
        visit("f-activity", 5),
    ]

    order = [event.id for event in folded(*events).log]

    assert order == ["f-activity", "e-open", "d-lost", "c-won", "b-decision", "a-withdrawal"]


def test_at_one_instant_events_of_one_kind_come_in_the_order_of_their_ids() -> None:
    assert [event.id for event in folded(visit("b", 1), visit("c", 1), visit("a", 1)).log] == ["a", "b", "c"]


def test_a_deal_opened_and_won_on_one_day_ends_won() -> None:
    opened, won = deal("z-open", 1, "open"), deal("a-won", 1, "won")

    assert stage_of(won, opened) == "customer"
    assert folded(won, opened).machine.lead_status == "Closed-Won"


def test_a_deal_deleted_at_the_instant_of_its_opening_is_deleted() -> None:
    assert stage_of(email_sent("e", 0), deal("z", 1, "open"), deal("a", 1, deleted=True)) == "suspect"


def test_the_same_event_twice_is_one_event() -> None:
    once = folded(email_sent("e", 0), visit("v", 1))
    twice = folded(email_sent("e", 0), visit("v", 1), visit("v", 1), email_sent("e", 0))

    assert (twice.transitions, twice.log, twice.machine.tally) == (once.transitions, once.log, once.machine.tally)


# ---- rule 1 -------------------------------------------------------------------------------------------------------


def test_rule_1_after_each_event_the_candidate_is_the_highest_ladder_stage_whose_criteria_hold() -> None:
    log: list[Event] = [email_sent("sent", 1), visit("visit", 2), demo_form("demo", 3), decision("yes", 4, "accept")]

    stages = [fold(log[:count], DEFAULT).machine.at.stage.key for count in range(1, 5)]

    assert stages == ["suspect", "engaged", "marketing_qualified", "sales_qualified"]


def test_rule_1_a_prospect_moves_when_the_candidate_ranks_higher_than_its_stage() -> None:
    assert moves_of(email_sent("sent", 1), visit("visit", 2)) == [
        ("anonymous", "suspect", "sent"),
        ("suspect", "engaged", "visit"),
    ]


def test_rule_1_a_prospect_stays_when_the_candidate_ranks_as_its_stage_does() -> None:
    assert moves_of(visit("first", 1), visit("second", 2)) == [("anonymous", "engaged", "first")]


def test_rule_1_a_won_deal_takes_a_suspect_straight_to_customer_in_one_transition() -> None:
    assert moves_of(email_sent("sent", 1), deal("won", 2, "won")) == [
        ("anonymous", "suspect", "sent"),
        ("suspect", "customer", "won"),
    ]


def test_rule_1_one_event_that_earns_several_stages_makes_one_transition_to_the_highest() -> None:
    assert moves_of(demo_form("demo", 1)) == [("anonymous", "marketing_qualified", "demo")]


# ---- rule 2 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "later",
    [
        visit("later", 9),
        email_sent("later", 9),
        demo_form("later", 9),
        deal("later", 9, "lost"),
        deal("later", 9, "open"),
        decision("later", 9, "accept"),
    ],
    ids=["a visit", "an email", "a form", "the deal lost", "the deal reopened", "an accept"],
)
def test_rule_2_new_facts_never_move_a_prospect_back_on_the_ladder(later: object) -> None:
    assert stage_of(demo_form("demo", 1), deal("won", 2, "won"), later) == "customer"  # type: ignore[arg-type]


def test_rule_2_a_decision_does_move_a_prospect_back() -> None:
    assert stage_of(demo_form("demo", 1), set_stage("back", 2, "suspect")) == "suspect"


def test_rule_2_a_rule_of_the_funnel_that_allows_reversion_does_move_a_prospect_back() -> None:
    calendar = changed_default({"engaged": {"allow_reversion": True}})
    log: list[Event] = [demo_form("demo", 1), visit("visit", 2)]

    assert moves_of(*log, calendar=calendar) == [
        ("anonymous", "marketing_qualified", "demo"),
        ("marketing_qualified", "engaged", "visit"),
    ]
    assert moves_of(*log) == [("anonymous", "marketing_qualified", "demo")]


def test_rule_2_reversion_needs_an_event_that_is_itself_evidence_for_the_lower_stage() -> None:
    calendar = changed_default({"engaged": {"allow_reversion": True}})

    assert stage_of(demo_form("demo", 1), email_sent("sent", 2), calendar=calendar) == "marketing_qualified"


def test_rule_2_what_was_earned_before_a_reversion_earns_nothing_again() -> None:
    calendar = changed_default({"engaged": {"allow_reversion": True}})
    back: list[Event] = [demo_form("demo", 1), visit("visit", 2)]

    assert stage_of(*back, email_sent("sent", 3), calendar=calendar) == "engaged"
    assert stage_of(*back, demo_form("again", 3), calendar=calendar) == "marketing_qualified"


# ---- rule 3 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "identity",
    [COOKIE, Identity("user", "u-1"), Identity("crm:salesforce", "003")],
    ids=lambda identity: identity.kind,
)
def test_rule_3_anonymous_is_every_prospect_without_an_email_and_without_a_deal(identity: Identity) -> None:
    log: list[Event] = [visit("v", 1, identity), demo_form("demo", 2, identity), referral("r", 3, identity)]

    assert moves_of(*log) == []
    assert stage_of(*log) == "anonymous"
    assert folded(*log).machine.lead_status is None


def test_rule_3_a_prospect_with_a_deal_is_not_anonymous_even_without_an_email() -> None:
    crm = Identity("crm:salesforce", "003")

    assert stage_of(visit("v", 1, crm), deal("open", 2, "open", identities=(crm,))) == "opportunity"


def test_rule_3_on_becoming_known_a_prospect_goes_to_the_stage_its_evidence_earns_in_one_transition() -> None:
    log: list[Event] = [visit("v", 1, COOKIE), demo_form("demo", 2, COOKIE), email_sent("sign-up", 30, ANN, COOKIE)]

    assert moves_of(*log) == [("anonymous", "marketing_qualified", "sign-up")]


def test_rule_3_becoming_known_is_dated_at_the_moment_of_becoming_known() -> None:
    log: list[Event] = [visit("v", 1, COOKIE), email_sent("sign-up", 30, ANN, COOKIE)]

    (transition,) = folded(*log).transitions

    assert transition.occurred_at == at(30)
    assert folded(*log).machine.since == log[-1].key


def test_rule_3_the_evidence_of_becoming_known_is_the_remembered_activity_and_the_email() -> None:
    log: list[Event] = [visit("v", 1, COOKIE), visit("w", 2, COOKIE), email_sent("sign-up", 30, ANN, COOKIE)]

    assert folded(*log).transitions[0].evidence == ("v", "sign-up")


def test_rule_3_a_visitor_without_any_inbound_activity_becomes_a_suspect() -> None:
    log: list[Event] = [activity("open", 1, "email_open", COOKIE), email_sent("sign-up", 2, ANN, COOKIE)]

    assert moves_of(*log) == [("anonymous", "suspect", "sign-up")]


# ---- rule 4 -------------------------------------------------------------------------------------------------------


def test_rule_4_suspect_is_an_email_and_no_inbound_activity() -> None:
    assert stage_of(email_sent("sent", 1)) == "suspect"


def test_rule_4_engaged_is_an_email_and_at_least_one_inbound_activity() -> None:
    assert stage_of(email_sent("sent", 1), visit("visit", 2)) == "engaged"


@pytest.mark.parametrize("direction", ["outbound", "internal"])
def test_rule_4_what_is_not_inbound_does_not_engage(direction: Direction) -> None:
    assert stage_of(activity("call", 1, "phone_call", direction=direction)) == "suspect"


def test_rule_4_an_email_open_alone_is_not_inbound() -> None:
    assert stage_of(email_sent("sent", 1), activity("open", 2, "email_open")) == "suspect"


def test_rule_4_an_email_click_is_inbound() -> None:
    assert stage_of(email_sent("sent", 1), activity("click", 2, "email_click")) == "engaged"


def test_rule_4_an_activity_of_unknown_type_is_kept_and_inbound_unless_it_says_otherwise() -> None:
    assert stage_of(activity("new", 1, "podcast_listened")) == "engaged"
    assert stage_of(activity("new", 1, "podcast_listened", direction="internal")) == "suspect"


@pytest.mark.parametrize("type_", ["website_visit", "form_submission", "referral", "email_bounce"])
def test_rule_4_an_activity_marked_automated_never_counts(type_: str) -> None:
    scanned = activity("scan", 2, type_, automated=True, form="demo", bounce="hard")
    machine = folded(email_sent("sent", 1), scanned).machine

    assert machine.at.stage.key == "suspect"
    assert machine.score == 0
    assert machine.tally == [0, 1, 0, 1]


def test_rule_4_an_automated_activity_still_tells_who_somebody_is() -> None:
    assert moves_of(visit("v", 1, COOKIE), activity("scan", 2, "email_click", ANN, COOKIE, automated=True)) == [
        ("anonymous", "engaged", "scan")
    ]


# ---- what a funnel may say otherwise ------------------------------------------------------------------------------


def test_a_funnel_may_ask_for_several_activities() -> None:
    calendar = funnel_of(
        {"key": "cold"},
        {"key": "warm", "enter_when": {"activity": {"type": "website_visit", "count": 3}}},
    )
    visits = [visit(f"v{i}", i) for i in range(4)]

    assert moves_of(*visits[:2], calendar=calendar) == []
    assert moves_of(*visits, calendar=calendar) == [("cold", "warm", "v2")]
    assert folded(*visits, calendar=calendar).transitions[0].evidence == ("v0", "v1", "v2")
