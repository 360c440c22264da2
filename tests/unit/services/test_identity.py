"""Rule 10 of the design, sentence by sentence: who is who, merging, and parting again."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.events import Event, Identity
from lifecycle.services.errors import (
    NotMergedError,
    ProspectAbsorbedError,
    ProspectNotFoundError,
    SelfMergeError,
)
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.results import ProspectView
from lifecycle.store.records import TransitionRecord
from tests.builders import (
    ANN,
    BOB,
    COOKIE,
    activity,
    at,
    deal_update,
    demo_form,
    email_sent,
    id_of,
    merge,
    set_stage,
    unmerge,
    visit,
)
from tests.fakes.memory_store import MemoryStore

USER = Identity("user", "u-1")
CRM = Identity("crm:salesforce", "003")


def events_of(lifecycle: Lifecycle, identity: Identity) -> list[str]:
    """The ids of the events in the log of a prospect, oldest first."""
    entries = lifecycle.timeline(id_of(identity), None, 1000).entries
    return [entry.id for entry in reversed(entries) if not isinstance(entry, TransitionRecord)]


def moves_of(lifecycle: Lifecycle, identity: Identity) -> list[tuple[str, str, str]]:
    """The transitions of a prospect, oldest first."""
    entries = lifecycle.timeline(id_of(identity), None, 1000).entries
    return [(e.from_stage, e.to_stage, e.event_id) for e in reversed(entries) if isinstance(e, TransitionRecord)]


def prospects(lifecycle: Lifecycle, *identities: Identity) -> int:
    """How many prospects some identities belong to."""
    return len({lifecycle.find_prospect(identity).prospect_id for identity in identities})


# ---- a visitor and its email ---------------------------------------------------------------------------------------


def test_rule_10_a_visitor_joins_the_email_it_is_first_seen_with(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v1", 1, COOKIE))
    lifecycle.record_activity(demo_form("v2", 2, COOKIE))

    outcome = lifecycle.record_activity(email_sent("sign-up", 30, ANN, COOKIE))

    assert outcome.prospect_id == id_of(ANN)
    assert outcome.transition is not None
    assert (outcome.transition.from_stage, outcome.stage) == ("anonymous", "marketing_qualified")
    assert outcome.transition.occurred_at == at(30)
    assert events_of(lifecycle, ANN) == ["v1", "v2", "sign-up"]


def test_rule_10_a_visitor_that_became_known_is_the_email_from_then_on(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(email_sent("sign-up", 1, ANN, COOKIE))

    outcome = lifecycle.record_activity(visit("v", 2, COOKIE))

    assert (outcome.prospect_id, outcome.stage) == (id_of(ANN), "engaged")
    assert lifecycle.find_prospect(COOKIE).prospect_id == id_of(ANN)


def test_rule_10_what_a_known_visitor_did_before_its_email_was_known_belongs_to_the_email_however_late_it_arrives(
    lifecycle: Lifecycle,
) -> None:
    lifecycle.record_activity(email_sent("sign-up", 10, ANN, COOKIE))

    outcome = lifecycle.record_activity(visit("late", 1, COOKIE))

    assert (outcome.prospect_id, outcome.stage) == (id_of(ANN), "engaged")
    assert lifecycle.get_prospect(id_of(ANN)).first_seen == at(1)
    assert moves_of(lifecycle, ANN) == [("anonymous", "engaged", "sign-up")]


def test_rule_10_a_visitor_seen_later_with_another_email_merges_nobody(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("a1", 1, ANN, COOKIE))
    lifecycle.record_activity(visit("b1", 5, BOB, COOKIE))

    assert prospects(lifecycle, ANN, BOB) == 2


def test_rule_10_that_event_and_the_visitors_events_after_it_go_to_the_email_last_named(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("a1", 1, ANN, COOKIE))
    lifecycle.record_activity(visit("v2", 2, COOKIE))
    lifecycle.record_activity(visit("b5", 5, BOB, COOKIE))
    lifecycle.record_activity(visit("v6", 6, COOKIE))
    lifecycle.record_activity(visit("a7", 7, ANN, COOKIE))
    lifecycle.record_activity(visit("v8", 8, COOKIE))

    assert events_of(lifecycle, ANN) == ["a1", "v2", "a7", "v8"]
    assert events_of(lifecycle, BOB) == ["b5", "v6"]
    assert lifecycle.find_prospect(COOKIE).prospect_id == id_of(ANN)


def test_rule_10_a_late_event_of_a_shared_visitor_goes_to_the_email_of_its_own_time(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(email_sent("a1", 1, ANN, COOKIE))
    lifecycle.record_activity(email_sent("b5", 5, BOB, COOKIE))

    late = lifecycle.record_activity(demo_form("v3", 3, COOKIE))

    assert late.prospect_id == id_of(ANN)
    assert lifecycle.find_prospect(ANN).stage == "marketing_qualified"
    assert lifecycle.find_prospect(BOB).stage == "suspect"


def test_rule_10_a_late_naming_takes_the_visitors_events_after_it_along(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(email_sent("a1", 1, ANN, COOKIE))
    lifecycle.record_activity(demo_form("v6", 6, COOKIE))
    assert lifecycle.find_prospect(ANN).stage == "marketing_qualified"

    lifecycle.record_activity(email_sent("b5", 5, BOB, COOKIE))

    assert (lifecycle.find_prospect(ANN).stage, lifecycle.find_prospect(BOB).stage) == (
        "suspect",
        "marketing_qualified",
    )
    assert moves_of(lifecycle, ANN) == [("anonymous", "suspect", "a1")]


def test_rule_10_two_visitors_of_one_email_are_one_prospect(lifecycle: Lifecycle) -> None:
    phone = Identity("visitor", "phone")
    lifecycle.record_activity(visit("v", 1, COOKIE))
    lifecycle.record_activity(visit("p", 2, phone))

    lifecycle.record_activity(email_sent("a", 3, ANN, COOKIE, phone))

    assert events_of(lifecycle, ANN) == ["v", "p", "a"]


# ---- strong identities ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strong", [USER, CRM], ids=["user", "crm"])
def test_rule_10_strong_identities_join_two_emails_into_one_prospect(lifecycle: Lifecycle, strong: Identity) -> None:
    lifecycle.record_activity(visit("a", 1, ANN, strong))
    lifecycle.record_activity(email_sent("b", 2, BOB))
    assert prospects(lifecycle, ANN, BOB) == 2

    lifecycle.record_activity(demo_form("b2", 3, BOB, strong))

    assert prospects(lifecycle, ANN, BOB, strong) == 1
    assert events_of(lifecycle, BOB) == ["a", "b", "b2"]
    assert lifecycle.find_prospect(BOB).stage == "marketing_qualified"


def test_rule_10_a_crm_id_first_and_the_email_later_are_one_prospect(lifecycle: Lifecycle) -> None:
    lifecycle.update_deal(deal_update("open", 1, "open", (CRM,)))
    assert lifecycle.find_prospect(CRM).stage == "opportunity"
    lifecycle.record_activity(visit("web", 2, ANN))

    lifecycle.record_activity(email_sent("sync", 3, ANN, CRM))

    assert prospects(lifecycle, ANN, CRM) == 1
    view = lifecycle.find_prospect(ANN)
    assert (view.stage, view.lead_status) == ("opportunity", "Opportunity")
    assert events_of(lifecycle, CRM) == [f"D1/open:{id_of(CRM)}", "web", "sync"]


def test_rule_10_known_beats_anonymous(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("old", 1, USER))
    lifecycle.record_activity(visit("new", 5, ANN))

    lifecycle.record_activity(visit("both", 6, ANN, USER))

    assert lifecycle.find_prospect(USER).prospect_id == id_of(ANN)


@pytest.mark.parametrize(("ann", "bob", "survivor"), [(1, 2, ANN), (2, 1, BOB)], ids=["ann", "bob"])
def test_rule_10_else_the_older_survives(lifecycle: Lifecycle, ann: int, bob: int, survivor: Identity) -> None:
    lifecycle.record_activity(visit("a", ann, ANN))
    lifecycle.record_activity(visit("b", bob, BOB))

    lifecycle.record_activity(visit("a2", 5, ANN, USER))
    lifecycle.record_activity(visit("b2", 6, BOB, USER))

    assert lifecycle.find_prospect(USER).prospect_id == id_of(survivor)


def test_rule_10_the_old_id_answers_with_the_surviving_one(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("a", 1, ANN))
    lifecycle.record_activity(visit("b", 2, BOB))
    lifecycle.decide(id_of(ANN), merge("m", 3, id_of(BOB)))

    assert lifecycle.get_prospect(id_of(BOB)) == lifecycle.get_prospect(id_of(ANN))
    assert lifecycle.timeline(id_of(BOB), None, 10) == lifecycle.timeline(id_of(ANN), None, 10)
    assert lifecycle.explain(id_of(BOB)) == lifecycle.explain(id_of(ANN))
    assert lifecycle.record_activity(visit("b2", 4, BOB)).prospect_id == id_of(ANN)


def test_rule_10_an_absorbed_prospect_takes_no_decision_and_names_the_survivor(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("a", 1, ANN))
    lifecycle.record_activity(visit("b", 2, BOB))
    lifecycle.decide(id_of(ANN), merge("m", 3, id_of(BOB)))

    with pytest.raises(ProspectAbsorbedError) as refused:
        lifecycle.decide(id_of(BOB), set_stage("s", 4, "customer"))

    assert refused.value.survivor == id_of(ANN)
    assert "s" not in events_of(lifecycle, ANN)


# ---- concurrency ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [0, 1], ids=["one before the other", "the other way round"])
def test_two_concurrent_requests_that_link_the_same_pair_make_one_prospect(
    store: MemoryStore, lifecycle: Lifecycle, first: int
) -> None:
    lifecycle.record_activity(visit("a", 1, ANN))
    lifecycle.record_activity(visit("b", 2, BOB))
    links = [visit("a-user", 3, ANN, USER), visit("b-user", 4, BOB, USER)]

    store.before_commit.append(lambda: lifecycle.record_activity(links[1 - first]))
    lifecycle.record_activity(links[first])

    assert prospects(lifecycle, ANN, BOB, USER) == 1
    assert events_of(lifecycle, USER) == ["a", "b", "a-user", "b-user"]


def test_two_concurrent_first_events_of_one_prospect_are_both_kept(store: MemoryStore, lifecycle: Lifecycle) -> None:
    store.before_commit.append(lambda: lifecycle.record_activity(visit("second", 2)))

    outcome = lifecycle.record_activity(visit("first", 1))

    assert outcome.stage == "engaged"
    assert lifecycle.find_prospect(ANN).counts["activities"] == 2


def test_two_concurrent_merges_in_a_ring_make_one_prospect(store: MemoryStore, lifecycle: Lifecycle) -> None:
    for minute, who in enumerate([ANN, BOB, USER]):
        lifecycle.record_activity(visit(f"v{minute}", minute, who))

    store.before_commit.append(lambda: lifecycle.decide(id_of(BOB), merge("m2", 6, id_of(USER))))
    lifecycle.decide(id_of(ANN), merge("m1", 5, id_of(BOB)))

    assert prospects(lifecycle, ANN, BOB, USER) == 1


# ---- merging and parting by decision -------------------------------------------------------------------------------


@pytest.fixture
def two(lifecycle: Lifecycle) -> Lifecycle:
    """Ann, engaged, and the younger Bob, marketing qualified."""
    lifecycle.record_activity(visit("a", 1, ANN))
    lifecycle.record_activity(demo_form("b", 2, BOB))
    return lifecycle


def test_rule_10_an_explicit_merge_decision_joins_two_emails(two: Lifecycle) -> None:
    outcome = two.decide(id_of(ANN), merge("m", 3, id_of(BOB)))

    assert (outcome.prospect_id, outcome.stage) == (id_of(ANN), "marketing_qualified")
    assert set(two.find_prospect(BOB).identities) == {ANN, BOB}


def test_rule_10_the_log_is_the_union_of_both_logs_and_the_fold_decides(two: Lifecycle) -> None:
    two.decide(id_of(ANN), merge("m", 3, id_of(BOB)))

    assert events_of(two, ANN) == ["a", "b", "m"]
    assert moves_of(two, ANN) == [("anonymous", "engaged", "a"), ("engaged", "marketing_qualified", "b")]


def test_rule_10_a_merge_decision_on_the_younger_one_merges_into_the_older_all_the_same(two: Lifecycle) -> None:
    outcome = two.decide(id_of(BOB), merge("m", 3, id_of(ANN)))

    assert outcome.prospect_id == id_of(ANN)


def test_rule_10_a_merge_fires_no_old_actions(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("a", 1, ANN))
    lifecycle.record_activity(visit("b", 2, BOB))

    outcome = lifecycle.decide(id_of(ANN), merge("m", 3, id_of(BOB)))

    assert outcome.transition is None
    assert moves_of(lifecycle, ANN) == [("anonymous", "engaged", "a")]


def test_rule_10_a_merge_keeps_the_moment_at_which_old_moves_were_recorded(two: Lifecycle) -> None:
    before = two.explain(id_of(BOB)).because
    assert before is not None

    two.decide(id_of(ANN), merge("m", 3, id_of(BOB)))
    two.decide(id_of(ANN), unmerge("u", 4, id_of(BOB)))

    again = two.explain(id_of(BOB)).because
    assert again is not None
    assert (again.event_id, again.cause, again.evidence) == (before.event_id, before.cause, before.evidence)


def test_rule_10_a_merge_can_be_undone(two: Lifecycle) -> None:
    before = two.find_prospect(BOB), two.find_prospect(ANN)
    two.decide(id_of(ANN), merge("m", 3, id_of(BOB)))

    two.decide(id_of(ANN), unmerge("u", 4, id_of(BOB)))

    assert two.find_prospect(BOB) == before[0]
    assert _but_for_the_last_event(two.find_prospect(ANN)) == _but_for_the_last_event(before[1])
    assert events_of(two, ANN) == ["a", "m", "u"]
    assert events_of(two, BOB) == ["b"]


def test_rule_10_what_strong_identities_joined_can_be_undone_too(two: Lifecycle) -> None:
    two.record_activity(visit("a-user", 3, ANN, USER))
    two.record_activity(visit("b-user", 4, BOB, USER))
    assert prospects(two, ANN, BOB) == 1

    two.decide(id_of(ANN), unmerge("u", 5, id_of(BOB)))

    assert prospects(two, ANN, BOB) == 2
    assert events_of(two, BOB) == ["b", "b-user"]


def test_a_repeat_of_the_old_link_after_an_unmerge_joins_nobody(two: Lifecycle) -> None:
    links = [visit("a-user", 3, ANN, USER), visit("b-user", 4, BOB, USER)]
    for link in links:
        two.record_activity(link)
    two.decide(id_of(ANN), unmerge("u", 5, id_of(BOB)))

    assert [two.record_activity(link).duplicate for link in links] == [True, True]
    assert prospects(two, ANN, BOB) == 2


def test_a_new_link_after_an_unmerge_joins_nobody(two: Lifecycle) -> None:
    two.record_activity(visit("a-user", 3, ANN, USER))
    two.record_activity(visit("b-user", 4, BOB, USER))
    two.decide(id_of(ANN), unmerge("u", 5, id_of(BOB)))

    two.record_activity(visit("b-user-again", 6, BOB, USER))

    assert prospects(two, ANN, BOB) == 2


def test_the_last_ruling_by_time_stands_whatever_the_order_of_arrival(two: Lifecycle) -> None:
    two.decide(id_of(ANN), merge("m", 3, id_of(BOB)))
    two.decide(id_of(ANN), unmerge("u", 10, id_of(BOB)))

    two.decide(id_of(ANN), merge("older", 9, id_of(BOB)))
    assert prospects(two, ANN, BOB) == 2

    two.decide(id_of(ANN), merge("newer", 11, id_of(BOB)))
    assert prospects(two, ANN, BOB) == 1


def test_after_an_unmerge_a_visitor_goes_with_the_email_that_it_was_named_with(two: Lifecycle) -> None:
    two.decide(id_of(ANN), merge("m", 3, id_of(BOB)))
    two.record_activity(visit("b-cookie", 4, BOB, COOKIE))
    two.record_activity(visit("v", 5, COOKIE))

    two.decide(id_of(ANN), unmerge("u", 6, id_of(BOB)))

    assert events_of(two, BOB) == ["b", "b-cookie", "v"]
    assert two.record_activity(visit("v2", 7, COOKIE)).prospect_id == id_of(BOB)


def test_a_visitor_can_be_parted_from_its_email(two: Lifecycle) -> None:
    two.record_activity(visit("v", 3, COOKIE))
    two.record_activity(visit("b-cookie", 4, BOB, COOKIE))
    assert two.find_prospect(COOKIE).prospect_id == id_of(BOB)

    two.decide(id_of(BOB), unmerge("u", 5, id_of(COOKIE)))

    assert events_of(two, COOKIE) == ["v"]
    assert two.find_prospect(COOKIE).stage == "anonymous"
    two.record_activity(visit("again", 6, BOB, COOKIE))
    assert two.find_prospect(COOKIE).prospect_id == id_of(COOKIE)


def test_merges_in_a_chain_are_parted_where_they_were_joined(two: Lifecycle) -> None:
    two.record_activity(visit("u", 2.5, USER))
    two.decide(id_of(BOB), merge("m1", 3, id_of(USER)))
    two.decide(id_of(ANN), merge("m2", 4, id_of(BOB)))
    assert prospects(two, ANN, BOB, USER) == 1

    two.decide(id_of(ANN), unmerge("u1", 5, id_of(BOB)))

    assert prospects(two, BOB, USER) == 1
    assert prospects(two, ANN, BOB) == 2


def test_a_merge_decision_may_be_repeated_although_its_prospect_was_absorbed_by_it(two: Lifecycle) -> None:
    first = two.decide(id_of(BOB), merge("m", 3, id_of(ANN)))

    again = two.decide(id_of(BOB), merge("m", 3, id_of(ANN)))

    assert (first.duplicate, again.duplicate) == (False, True)
    assert again.prospect_id == first.prospect_id == id_of(ANN)


def test_an_unmerge_decision_may_be_repeated(two: Lifecycle) -> None:
    two.decide(id_of(ANN), merge("m", 3, id_of(BOB)))
    two.decide(id_of(ANN), unmerge("u", 4, id_of(BOB)))

    assert two.decide(id_of(ANN), unmerge("u", 4, id_of(BOB))).duplicate


REFUSED: list[tuple[Event, type[Exception]]] = [
    (merge("m", 3, id_of(ANN)), SelfMergeError),
    (merge("m", 3, id_of(Identity("email", "nobody@example.com"))), ProspectNotFoundError),
    (unmerge("m", 3, id_of(BOB)), NotMergedError),
    (unmerge("m", 3, id_of(ANN)), SelfMergeError),
]


@pytest.mark.parametrize(("ruling", "error"), REFUSED)
def test_a_merge_or_unmerge_that_cannot_be_meant_is_refused_and_not_recorded(
    two: Lifecycle, ruling: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        two.decide(id_of(ANN), ruling)

    assert events_of(two, ANN) == ["a"]


def test_one_event_that_names_everything_makes_one_prospect(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(activity("all", 1, "form_submission", ANN, COOKIE, USER, CRM))

    assert prospects(lifecycle, ANN, COOKIE, USER, CRM) == 1
    assert set(lifecycle.find_prospect(CRM).identities) == {ANN, COOKIE, USER, CRM}


@pytest.mark.parametrize("between", [0, 30], ids=["remembered", "forgotten"])
@pytest.mark.parametrize(
    "again",
    [visit("e", 1, COOKIE), visit("e", 5, COOKIE), visit("e", 5, BOB, USER)],
    ids=["as told", "later", "joining"],
)
def test_an_id_in_two_partitions_of_one_prospect_comes_to_the_same_at_once_and_folded_anew(
    lifecycle: Lifecycle, again: Any, between: int
) -> None:
    lifecycle.record_activity(email_sent("link", 0, ANN, COOKIE, USER))
    lifecycle.record_activity(visit("e", 1, ANN))
    for number in range(between):  # The state remembers which events it folded last, and forgets older ones.
        lifecycle.record_activity(activity(f"open{number}", 2 + number / 100, "email_open"))
    lifecycle.record_activity(again)
    at_once = lifecycle.find_prospect(ANN)

    lifecycle.record_activity(email_sent("late", 0.5, ANN))

    anew = lifecycle.find_prospect(ANN)
    assert (at_once.counts["inbound"], at_once.score, at_once.since) == (anew.counts["inbound"], anew.score, anew.since)


def _but_for_the_last_event(view: ProspectView) -> tuple[object, ...]:
    return view.stage, view.since, view.lead_status, view.score, view.cycle, view.identities, view.counts


def test_a_batch_that_joins_two_emails_and_has_an_event_of_one_ones_visitor_leaves_no_transitions_behind(
    store: MemoryStore, lifecycle: Lifecycle
) -> None:
    lifecycle.record_activities([visit("a", 0, ANN, USER), visit("b", 0, BOB, COOKIE)])

    lifecycle.record_activities([visit("v", 1, COOKIE), visit("b-user", 2, BOB, USER)])

    survivor = lifecycle.find_prospect(BOB).prospect_id
    (absorbed,) = {id_of(ANN), id_of(BOB)} - {survivor}
    assert events_of(lifecycle, BOB) == ["a", "b", "v", "b-user"]
    assert store.transitions(absorbed) == []
