"""Deals: each has a log of its own, which reaches its contacts whatever the order of arrival (rules 5 and 9)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal

import pytest

from lifecycle.events import Contact, DealUpdate, Identity
from lifecycle.services.errors import ProspectNotFoundError
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.results import DealOutcome, DealView
from tests.builders import (
    ANN,
    BOB,
    DEFAULT,
    WORKSPACE,
    at,
    changed_default,
    deal_update,
    email_sent,
    id_of,
    merge,
    referral,
    visit,
)
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_store import MemoryStore

CRM = Identity("crm:salesforce", "003")


def stage(lifecycle: Lifecycle, identity: Identity = ANN) -> str:
    """Where a prospect stands."""
    return lifecycle.find_prospect(identity).stage


def after(*updates: DealUpdate, first: Sequence[Identity] = (ANN,)) -> Lifecycle:
    """The use cases after some emails were sent and some deal updates arrived."""
    lifecycle = Lifecycle(MemoryStore(WORKSPACE), FixedCalendar(DEFAULT))
    for number, identity in enumerate(first):
        lifecycle.record_activity(email_sent(f"sent{number}", 0, identity))
    for update in updates:
        lifecycle.update_deal(update)
    return lifecycle


def places(outcome: DealOutcome) -> dict[str, tuple[str, str | None]]:
    """Of each prospect where it stands and where it came from by this update."""
    return {
        one.prospect_id: (one.stage, one.transition.from_stage if one.transition else None) for one in outcome.prospects
    }


# ---- order of arrival ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
def test_contacts_may_arrive_before_the_status_and_the_status_before_the_contacts(order: tuple[int, ...]) -> None:
    updates = [deal_update("contacts", 1, None, (ANN,)), deal_update("status", 2, "won")]

    assert stage(after(*(updates[place] for place in order))) == "customer"


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
def test_contacts_may_be_named_before_and_after_the_status_was_entered(order: tuple[int, ...]) -> None:
    updates = [deal_update("status", 1, "open"), deal_update("contacts", 2, None, (ANN,))]
    lifecycle = after(*(updates[place] for place in order))

    assert stage(lifecycle) == "opportunity"
    assert lifecycle.find_prospect(ANN).since == at(2)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_updates_apply_in_order_of_occurrence_whatever_the_order_of_arrival(order: tuple[int, ...]) -> None:
    updates = [
        deal_update("open", 1, "open", (ANN,), amount=1),
        deal_update("lost", 2, "lost", reason="price"),
        deal_update("again", 3, "open", amount=3),
        deal_update("bob too", 4, None, (ANN, BOB)),
    ]
    lifecycle = after(*(updates[place] for place in order))

    for who in (ANN, BOB):
        (deal,) = lifecycle.find_prospect(who).deals
        assert (deal.status, deal.since, deal.amount, deal.lost_reason) == ("open", at(3), Decimal(3), None)
        assert stage(lifecycle, who) == "opportunity"


def test_a_contact_set_of_an_earlier_time_does_not_undo_a_later_one() -> None:
    lifecycle = after(
        deal_update("open", 1, "open"),
        deal_update("only bob", 5, None, (BOB,)),
        deal_update("only ann", 3, None, (ANN,)),
        first=(ANN, BOB),
    )

    assert (stage(lifecycle, ANN), stage(lifecycle, BOB)) == ("suspect", "opportunity")


def test_the_same_update_twice_is_one_update() -> None:
    lifecycle = after(deal_update("open", 1, "open", (ANN,)))
    before = lifecycle.find_prospect(ANN)

    outcome = lifecycle.update_deal(deal_update("open", 1, "open", (ANN,)))

    assert places(outcome) == {id_of(ANN): ("opportunity", None)}
    assert lifecycle.find_prospect(ANN) == before


# ---- what a deal does ----------------------------------------------------------------------------------------------


def test_an_update_answers_with_every_contact_in_order_of_their_ids() -> None:
    lifecycle = after(first=(ANN, BOB))

    outcome = lifecycle.update_deal(deal_update("open", 1, "open", (BOB, ANN)))

    assert outcome.deal_id == "D1"
    assert [one.prospect_id for one in outcome.prospects] == sorted([id_of(ANN), id_of(BOB)])
    assert places(outcome) == {id_of(ANN): ("opportunity", "suspect"), id_of(BOB): ("opportunity", "suspect")}


def test_an_update_without_contacts_moves_all_contacts_of_the_deal() -> None:
    lifecycle = after(deal_update("open", 1, "open", (ANN, BOB)))

    outcome = lifecycle.update_deal(deal_update("won", 2, "won"))

    assert places(outcome) == {id_of(ANN): ("customer", "opportunity"), id_of(BOB): ("customer", "opportunity")}


def test_an_update_of_a_deal_without_contacts_concerns_nobody() -> None:
    assert after().update_deal(deal_update("open", 1, "open")).prospects == ()


def test_several_deals_of_a_prospect_count_together() -> None:
    lifecycle = after(
        deal_update("one", 1, "open", (ANN,), deal_id="D1"),
        deal_update("two", 2, "lost", (ANN,), deal_id="D2", reason="price"),
    )
    assert lifecycle.find_prospect(ANN).lead_status == "Opportunity"

    lifecycle.update_deal(deal_update("three", 3, "lost", deal_id="D1", reason="timing"))

    view = lifecycle.find_prospect(ANN)
    assert (view.stage, view.lead_status, view.lost_reason) == ("opportunity", "Closed-Lost", "timing")
    assert [deal.deal_id for deal in view.deals] == ["D1", "D2"]


def test_the_same_update_id_may_occur_in_two_deals() -> None:
    lifecycle = after(
        deal_update("same", 1, "open", (ANN,), deal_id="D1"), deal_update("same", 1, "won", (ANN,), deal_id="D2")
    )

    assert stage(lifecycle) == "customer"


def test_a_contact_may_be_new_to_the_workspace() -> None:
    lifecycle = after(deal_update("open", 1, "open", (CRM,)), first=())

    assert stage(lifecycle, CRM) == "opportunity"


def test_a_contact_named_by_email_and_crm_id_is_one_prospect() -> None:
    lifecycle = after(deal_update("open", 1, "open", (Contact((ANN, CRM), "buyer"),)))

    assert lifecycle.find_prospect(CRM).prospect_id == lifecycle.find_prospect(ANN).prospect_id
    assert lifecycle.find_prospect(CRM).deals[0].roles == ("buyer",)


def test_a_deal_shows_what_was_last_said_of_it() -> None:
    lifecycle = after(
        deal_update("open", 1, "open", (Contact((ANN,), "buyer"),), amount=100),
        deal_update("amount", 2, None, amount=250),
    )

    assert lifecycle.find_prospect(ANN).deals == (
        DealView(
            deal_id="D1", status="open", since=at(1), roles=("buyer",), name=None, amount=Decimal(250),
            currency=None, lost_reason=None, pipeline=None,
        ),
    )  # fmt: skip


def test_a_deal_reopened_after_its_loss_is_an_opportunity_again() -> None:
    lifecycle = after(
        deal_update("open", 1, "open", (ANN,)), deal_update("lost", 2, "lost"), deal_update("again", 3, "open")
    )

    view = lifecycle.find_prospect(ANN)
    assert (view.stage, view.lead_status, view.deals[0].since) == ("opportunity", "Opportunity", at(3))


def test_a_deal_won_and_then_lost_leaves_a_customer_closed_lost() -> None:
    lifecycle = after(deal_update("won", 1, "won", (ANN,)), deal_update("lost", 2, "lost", reason="refund"))

    view = lifecycle.find_prospect(ANN)
    assert (view.stage, view.lead_status, view.lost_reason) == ("customer", "Closed-Lost", "refund")


def test_an_evangelist_is_made_by_the_closing_of_the_deal() -> None:
    lifecycle = after(deal_update("open", 1, "open", (ANN,)))
    lifecycle.record_activity(referral("r", 2))
    assert stage(lifecycle) == "opportunity"

    outcome = lifecycle.update_deal(deal_update("won", 3, "won"))

    assert places(outcome) == {id_of(ANN): ("evangelist", "opportunity")}


# ---- corrections ---------------------------------------------------------------------------------------------------


def test_a_contact_missing_from_the_whole_set_is_removed() -> None:
    lifecycle = after(deal_update("open", 1, "open", (ANN, BOB)), first=(ANN, BOB))

    outcome = lifecycle.update_deal(deal_update("without ann", 2, None, (BOB,)))

    assert places(outcome) == {id_of(ANN): ("suspect", "opportunity"), id_of(BOB): ("opportunity", None)}
    assert lifecycle.find_prospect(ANN).deals == ()
    (removed,) = [one for one in outcome.prospects if one.prospect_id == id_of(ANN)]
    assert removed.transition is not None
    assert removed.transition.cause == "correction"


def test_an_empty_set_of_contacts_removes_everybody() -> None:
    lifecycle = after(deal_update("open", 1, "open", (ANN, BOB)), deal_update("nobody", 2, None, ()))

    assert (stage(lifecycle, ANN), stage(lifecycle, BOB)) == ("suspect", "suspect")
    assert lifecycle.find_prospect(BOB).deals == ()


def test_a_removed_contact_hears_no_more_of_the_deal() -> None:
    lifecycle = after(
        deal_update("open", 1, "open", (ANN, BOB)),
        deal_update("without ann", 2, None, (BOB,)),
    )

    outcome = lifecycle.update_deal(deal_update("won", 3, "won"))

    assert places(outcome) == {id_of(BOB): ("customer", "opportunity")}
    assert stage(lifecycle) == "suspect"


def test_a_removed_contact_that_is_put_back_is_where_the_deal_is() -> None:
    lifecycle = after(
        deal_update("open", 1, "open", (ANN, BOB)),
        deal_update("without ann", 2, None, (BOB,)),
        deal_update("won", 3, "won"),
        deal_update("back", 4, None, (ANN, BOB)),
    )

    assert stage(lifecycle) == "customer"
    assert lifecycle.find_prospect(ANN).since == at(4)


def test_a_deleted_deal_is_withdrawn_from_all_its_contacts() -> None:
    lifecycle = after(deal_update("won", 1, "won", (ANN, BOB)), first=(ANN, BOB))

    outcome = lifecycle.update_deal(deal_update("gone", 2, deleted=True))

    assert places(outcome) == {id_of(ANN): ("suspect", "customer"), id_of(BOB): ("suspect", "customer")}
    assert lifecycle.find_prospect(ANN).lead_status == "New"


def test_a_deletion_that_arrives_before_what_it_deletes_deletes_it_all_the_same() -> None:
    lifecycle = after(deal_update("gone", 9, deleted=True), deal_update("won", 1, "won", (ANN,)))

    assert stage(lifecycle) == "suspect"


def test_a_deal_re_created_after_its_deletion_starts_anew() -> None:
    lifecycle = after(
        deal_update("won", 1, "won", (ANN,)),
        deal_update("gone", 2, deleted=True),
        deal_update("anew", 3, "open", (BOB,)),
        first=(ANN, BOB),
    )

    assert (stage(lifecycle, ANN), stage(lifecycle, BOB)) == ("suspect", "opportunity")


def test_a_deal_re_created_without_contacts_has_none() -> None:
    lifecycle = after(
        deal_update("won", 1, "won", (ANN,)), deal_update("gone", 2, deleted=True), deal_update("anew", 3, "open")
    )

    assert stage(lifecycle) == "suspect"


def test_two_contacts_that_turned_out_to_be_one_person_are_removed_together() -> None:
    lifecycle = after(deal_update("open", 1, "open", (ANN, CRM)))
    lifecycle.decide(id_of(ANN), merge("m", 2, id_of(CRM)))

    lifecycle.update_deal(deal_update("nobody", 3, None, ()))

    assert stage(lifecycle) == "suspect"


# ---- between the deal's log and the contacts' ----------------------------------------------------------------------


def test_an_update_that_was_appended_and_not_copied_is_copied_by_the_stream(
    store: MemoryStore, lifecycle: Lifecycle
) -> None:
    update = deal_update("open", 1, "open", (ANN,))
    store.append_deal_updates([update])
    with pytest.raises(ProspectNotFoundError):
        lifecycle.find_prospect(ANN)

    lifecycle.spread_stream(update)

    assert stage(lifecycle) == "opportunity"


def test_a_contact_that_is_named_later_gets_the_whole_log_of_the_deal(lifecycle: Lifecycle) -> None:
    lifecycle.update_deal(deal_update("open", 1, "open", (BOB,)))
    lifecycle.update_deal(deal_update("lost", 2, "lost", reason="price"))

    lifecycle.update_deal(deal_update("ann too", 3, None, (ANN, BOB)))

    view = lifecycle.find_prospect(ANN)
    assert (view.stage, view.lead_status, view.lost_reason) == ("suspect", "Closed-Lost", "price")


def test_two_concurrent_updates_reach_all_contacts(store: MemoryStore, lifecycle: Lifecycle) -> None:
    store.before_commit.append(lambda: lifecycle.update_deal(deal_update("won", 2, "won")))

    lifecycle.update_deal(deal_update("open", 1, "open", (ANN, BOB)))

    assert (stage(lifecycle, ANN), stage(lifecycle, BOB)) == ("customer", "customer")


def test_a_status_concurrent_with_the_contacts_reaches_them(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 0, ANN))
    store.before_commit.append(lambda: lifecycle.update_deal(deal_update("contacts", 2, None, (ANN, BOB))))

    lifecycle.update_deal(deal_update("won", 1, "won", (ANN,)))

    assert (stage(lifecycle, ANN), stage(lifecycle, BOB)) == ("customer", "customer")


def test_which_contact_roles_count_is_the_funnels_choice() -> None:
    calendar = changed_default({"opportunity": {"enter_when": {"deal": {"status": "open", "roles": ["buyer"]}}}})
    lifecycle = Lifecycle(MemoryStore(WORKSPACE), FixedCalendar(calendar))

    lifecycle.update_deal(deal_update("open", 1, "open", (Contact((ANN,), "buyer"), Contact((BOB,), "user"))))

    assert stage(lifecycle, ANN) == "opportunity"
    assert stage(lifecycle, BOB) != "opportunity"


def test_the_order_of_a_deal_of_a_prospect_that_both_opened_and_closed_at_once_is_open_lost_won() -> None:
    lifecycle = after(
        deal_update("a-won", 1, "won", (ANN,)), deal_update("b-lost", 1, "lost"), deal_update("c-open", 1, "open")
    )

    assert stage(lifecycle) == "customer"
