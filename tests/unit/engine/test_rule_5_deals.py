"""Rule 5 of the design, sentence by sentence: opportunity, customer, several deals, all lost."""

from __future__ import annotations

import itertools

import pytest

from lifecycle.events import DealStatus, Event
from tests.builders import (
    DEFAULT,
    at,
    changed_default,
    deal,
    demo_form,
    email_sent,
    folded,
    moves_of,
    referral,
    stage_of,
    status_of,
    visit,
)


def test_rule_5_opportunity_is_linked_to_an_open_deal() -> None:
    assert stage_of(email_sent("e", 1), deal("d", 2, "open")) == "opportunity"


def test_rule_5_customer_is_linked_to_a_won_deal() -> None:
    assert stage_of(email_sent("e", 1), deal("d", 2, "won")) == "customer"


def test_rule_5_a_deal_that_the_prospect_is_not_linked_to_earns_nothing() -> None:
    log: list[Event] = [email_sent("e", 1), deal("d", 2, "won", linked=None)]

    assert stage_of(*log) == "suspect"
    assert status_of(*log) == "New"


def test_rule_5_a_link_to_a_deal_of_unknown_status_earns_nothing() -> None:
    assert stage_of(email_sent("e", 1), deal("d", 2, None)) == "suspect"


def test_rule_5_contacts_may_come_before_the_status_and_the_move_is_dated_at_the_status() -> None:
    assert moves_of(deal("contacts", 1, None), deal("status", 2, "open", linked=None)) == [
        ("anonymous", "opportunity", "status")
    ]


def test_rule_5_the_status_may_come_before_the_contacts_and_the_move_is_dated_at_the_link() -> None:
    assert moves_of(deal("status", 1, "open", linked=None), deal("contacts", 2, None)) == [
        ("anonymous", "opportunity", "contacts")
    ]


ORDERS: list[tuple[tuple[DealStatus, ...], str]] = [
    (("won", "open", "lost"), "Closed-Won"),
    (("won", "lost"), "Closed-Won"),
    (("won", "open"), "Closed-Won"),
    (("open", "lost"), "Opportunity"),
    (("lost",), "Closed-Lost"),
]


@pytest.mark.parametrize(("statuses", "expected"), ORDERS)
def test_rule_5_with_several_deals_any_won_beats_any_open_beats_all_lost(
    statuses: tuple[DealStatus, ...], expected: str
) -> None:
    deals = [deal(f"d-{status}", 1, status, deal_id=status) for status in statuses]

    assert {status_of(email_sent("e", 0), *arrival) for arrival in itertools.permutations(deals)} == {expected}


def test_rule_5_a_second_deal_that_is_won_makes_a_customer_while_the_first_is_open() -> None:
    log: list[Event] = [deal("one", 1, "open", deal_id="D1"), deal("two", 2, "won", deal_id="D2")]

    assert moves_of(*log) == [("anonymous", "opportunity", "one"), ("opportunity", "customer", "two")]


def test_rule_5_a_customer_with_a_new_open_deal_stays_a_customer() -> None:
    log: list[Event] = [deal("one", 1, "won", deal_id="D1"), deal("two", 2, "open", deal_id="D2")]

    assert stage_of(*log) == "customer"
    assert status_of(*log) == "Closed-Won"


def test_rule_5_when_all_deals_are_lost_the_stage_stays() -> None:
    log: list[Event] = [deal("open", 1, "open"), deal("lost", 2, "lost", linked=None, reason="price")]

    assert stage_of(*log) == "opportunity"


def test_rule_5_when_all_deals_are_lost_the_lead_status_becomes_closed_lost_with_the_reason() -> None:
    machine = folded(deal("open", 1, "open"), deal("lost", 2, "lost", linked=None, reason="price")).machine

    assert machine.lead_status == "Closed-Lost"
    assert machine.lost_reason == "price"


def test_rule_5_of_several_lost_deals_the_reason_is_that_of_the_one_lost_last() -> None:
    log: list[Event] = [
        deal("one", 5, "lost", deal_id="D1", reason="timing"),
        deal("two", 3, "lost", deal_id="D2", reason="price"),
    ]

    assert folded(*log).machine.lost_reason == "timing"


def test_rule_5_while_another_deal_is_open_there_is_no_lost_reason() -> None:
    log: list[Event] = [deal("one", 1, "lost", deal_id="D1", reason="price"), deal("two", 2, "open", deal_id="D2")]

    assert folded(*log).machine.lost_reason is None


def test_rule_5_a_reopened_deal_is_open_again_and_forgets_why_it_was_lost() -> None:
    log: list[Event] = [
        deal("open", 1, "open"),
        deal("lost", 2, "lost", linked=None, reason="price"),
        deal("again", 3, "open", linked=None),
    ]
    machine = folded(*log).machine

    assert (machine.at.stage.key, machine.lead_status, machine.lost_reason) == ("opportunity", "Opportunity", None)


def test_rule_5_won_and_then_lost_stays_customer_with_lead_status_closed_lost() -> None:
    log: list[Event] = [deal("won", 1, "won"), deal("lost", 2, "lost", linked=None, reason="refund")]

    assert stage_of(*log) == "customer"
    assert status_of(*log) == "Closed-Lost"


# ---- recycling ----------------------------------------------------------------------------------------------------

RECYCLING = changed_default(
    recycling=(
        {"reason": "timing", "from": ["opportunity"], "to": "engaged"},
        {"from": ["opportunity", "customer"], "to": "disqualified"},
    )
)


def test_rule_5_a_funnel_may_name_a_stage_to_recycle_to_by_lost_reason() -> None:
    opened: list[Event] = [visit("v", 0), deal("open", 1, "open")]

    assert stage_of(*opened, deal("lost", 2, "lost", linked=None, reason="timing"), calendar=RECYCLING) == "engaged"
    assert stage_of(*opened, deal("lost", 2, "lost", linked=None, reason="price"), calendar=RECYCLING) == "disqualified"


def test_rule_5_recycling_waits_until_all_deals_are_lost() -> None:
    two_open: list[Event] = [deal("one", 1, "open", deal_id="D1"), deal("two", 1, "open", deal_id="D2")]
    first_lost = deal("one-lost", 2, "lost", deal_id="D1", linked=None, reason="timing")
    second_lost = deal("two-lost", 3, "lost", deal_id="D2", linked=None, reason="timing")

    assert stage_of(*two_open, first_lost, calendar=RECYCLING) == "opportunity"
    assert stage_of(*two_open, first_lost, second_lost, calendar=RECYCLING) == "engaged"


def test_rule_5_recycling_tells_its_reason_and_its_evidence() -> None:
    log: list[Event] = [visit("v", 0), deal("open", 1, "open"), deal("lost", 2, "lost", linked=None, reason="timing")]

    recycled = folded(*log, calendar=RECYCLING).transitions[-1]

    assert recycled.because == "every linked deal is lost (timing)"
    assert recycled.cause == "rule"
    assert recycled.evidence == ("lost",)
    assert recycled.occurred_at == at(2)


def test_rule_5_what_was_earned_before_recycling_earns_nothing_again() -> None:
    log: list[Event] = [
        demo_form("demo", 0),
        deal("open", 1, "open"),
        deal("lost", 2, "lost", linked=None, reason="timing"),
    ]

    assert stage_of(*log, email_sent("sent", 3), calendar=RECYCLING) == "engaged"
    assert stage_of(*log, demo_form("new", 3), calendar=RECYCLING) == "marketing_qualified"


def test_rule_5_a_recycled_prospect_with_a_reopened_deal_is_an_opportunity_again() -> None:
    log: list[Event] = [deal("open", 1, "open"), deal("lost", 2, "lost", linked=None, reason="timing")]

    assert stage_of(*log, deal("again", 3, "open", linked=None), calendar=RECYCLING) == "opportunity"


def test_rule_5_a_lost_deal_whose_amount_changes_recycles_nobody_again() -> None:
    calendar = changed_default(recycling=({"from": ["opportunity", "marketing_qualified"], "to": "engaged"},))
    recycled_and_back: list[Event] = [
        visit("v", 0),
        deal("open", 1, "open"),
        deal("lost", 2, "lost", linked=None),
        demo_form("demo", 3),
    ]

    assert stage_of(*recycled_and_back, calendar=calendar) == "marketing_qualified"
    assert stage_of(*recycled_and_back, deal("amount", 4, "lost", amount=5), calendar=calendar) == "marketing_qualified"


# ---- roles --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [None, "buyer", "gatekeeper"])
def test_rule_5_by_default_all_contact_roles_count(role: str | None) -> None:
    assert stage_of(email_sent("e", 0), deal("d", 1, "open", role=role)) == "opportunity"


@pytest.mark.parametrize(("role", "stage"), [("buyer", "opportunity"), ("gatekeeper", "suspect"), (None, "suspect")])
def test_rule_5_which_contact_roles_count_is_the_funnels_choice(role: str | None, stage: str) -> None:
    criterion = {"deal": {"status": "open", "roles": ["buyer", "user"]}}
    calendar = changed_default({"opportunity": {"enter_when": criterion}})

    assert stage_of(email_sent("e", 0), deal("d", 1, "open", role=role), calendar=calendar) == stage


def test_rule_5_a_contact_that_gets_a_role_that_counts_becomes_an_opportunity() -> None:
    calendar = changed_default({"opportunity": {"enter_when": {"deal": {"status": "open", "roles": ["buyer"]}}}})
    log: list[Event] = [email_sent("e", 0), deal("d", 1, "open", role="user"), deal("promoted", 2, role="buyer")]

    assert moves_of(*log, calendar=calendar)[-1] == ("suspect", "opportunity", "promoted")


def test_the_default_funnel_recycles_nobody() -> None:
    assert DEFAULT.latest.funnel.recycling == ()
    assert stage_of(referral("r", 0), deal("lost", 1, "lost")) == "evangelist"
