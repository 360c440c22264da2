"""The read side: states, lists, timelines and explanations."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lifecycle.engine.evidence import CriterionReport
from lifecycle.events import Identity
from lifecycle.services.errors import ProspectNotFoundError, UnknownStageError
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.results import Explanation, ProspectPage
from lifecycle.store.records import TransitionRecord
from tests.builders import (
    ANN,
    BOB,
    COOKIE,
    DEFAULT,
    activity,
    at,
    changed_default,
    deal_update,
    decision,
    demo_form,
    email_sent,
    hard_bounce,
    id_of,
    set_stage,
    visit,
)
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_store import MemoryStore


def person(number: int) -> Identity:
    """One of many."""
    return Identity("email", f"person{number:03d}@example.com")


# ---- one prospect --------------------------------------------------------------------------------------------------


def test_the_state_of_a_prospect(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 1, COOKIE))
    lifecycle.record_activity(email_sent("e", 2, ANN, COOKIE))
    lifecycle.record_activity(activity("o", 3, "email_open"))
    lifecycle.record_activity(activity("bot", 4, "email_click", automated=True))
    lifecycle.update_deal(deal_update("d", 5, "open", (ANN,), amount=100))

    view = lifecycle.find_prospect(ANN)

    assert view.prospect_id == id_of(ANN)
    assert (view.stage, view.since, view.lead_status, view.lost_reason) == ("opportunity", at(5), "Opportunity", None)
    assert (view.score, view.cycle, view.funnel_version) == (1, 1, 1)
    assert view.identities == (COOKIE, ANN)
    assert [(deal.deal_id, deal.status, deal.amount) for deal in view.deals] == [("D1", "open", Decimal(100))]
    assert view.counts == {"activities": 4, "inbound": 1, "outbound": 1, "internal": 1, "automated": 1}
    assert (view.first_seen, view.last_event) == (at(1), at(5))


def test_a_prospect_is_found_by_each_of_its_identities(lifecycle: Lifecycle) -> None:
    crm = Identity("crm:salesforce", "003")
    lifecycle.record_activity(visit("v", 1, ANN, COOKIE, crm))

    assert {lifecycle.find_prospect(one).prospect_id for one in (ANN, COOKIE, crm)} == {id_of(ANN)}
    assert lifecycle.get_prospect(id_of(crm)) == lifecycle.find_prospect(ANN)


def test_what_nobody_has_is_not_found(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 1))

    with pytest.raises(ProspectNotFoundError, match="identity"):
        lifecycle.find_prospect(BOB)
    for ask in (lifecycle.get_prospect, lifecycle.explain, lambda id_: lifecycle.timeline(id_, None, 1)):
        with pytest.raises(ProspectNotFoundError, match="id"):
            ask(id_of(BOB))


def test_a_state_that_was_folded_under_another_funnel_is_folded_anew(store: MemoryStore, lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 1))
    stricter = changed_default({"engaged": {"enter_when": {"score": {"at_least": 2}}}})

    view = Lifecycle(store, FixedCalendar(stricter)).find_prospect(ANN)

    assert (view.stage, view.funnel_version) == ("suspect", 7)


# ---- the timeline --------------------------------------------------------------------------------------------------


@pytest.fixture
def busy(lifecycle: Lifecycle) -> Lifecycle:
    """The use cases with a prospect to whom much happened, some of it at one instant."""
    lifecycle.record_activity(visit("v1", 1, COOKIE))
    lifecycle.record_activity(visit("v2", 1, COOKIE))
    lifecycle.record_activity(email_sent("e", 2, ANN, COOKIE))
    lifecycle.record_activity(demo_form("d", 2, ANN))
    lifecycle.update_deal(deal_update("open", 3, "open", (ANN,)))
    lifecycle.update_deal(deal_update("won", 3, "won"))
    lifecycle.decide(id_of(ANN), set_stage("back", 4, "engaged"))
    return lifecycle


def names(entries: tuple[object, ...]) -> list[str]:
    """Events by their ids, transitions by where they lead."""
    return [f"> {e.to_stage}" if isinstance(e, TransitionRecord) else getattr(e, "id", "?") for e in entries]


def test_the_timeline_has_events_and_transitions_newest_first(busy: Lifecycle) -> None:
    contact = id_of(ANN)

    assert names(busy.timeline(contact, None, 100).entries) == [
        "> engaged", "back", "> customer", "> opportunity", f"D1/won:{contact}", f"D1/open:{contact}",
        "> marketing_qualified", "e", "d", "v2", "v1",
    ]  # fmt: skip


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_the_timeline_comes_in_pages_without_gap_or_repeat(busy: Lifecycle, limit: int) -> None:
    whole = busy.timeline(id_of(ANN), None, 1000)
    pages = []
    position: tuple[str, ...] | None = None
    while True:
        page = busy.timeline(id_of(ANN), position, limit)
        pages.append(page.entries)
        if (position := page.position) is None:
            break

    assert whole.position is None
    assert [entry for page in pages for entry in page] == list(whole.entries)
    assert all(len(page) == limit for page in pages[:-1])
    assert pages[-1]


def test_the_timeline_of_an_absorbed_prospect_is_the_survivors(busy: Lifecycle) -> None:
    assert busy.timeline(id_of(COOKIE), None, 3).prospect_id == id_of(ANN)


# ---- lists ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def crowd(lifecycle: Lifecycle) -> Lifecycle:
    """The use cases with 25 engaged, 10 suspects, 5 opportunities and 3 visitors."""
    for number in range(25):
        lifecycle.record_activity(visit(f"v{number}", 100 - number, person(number)))
    for number in range(25, 35):
        lifecycle.record_activity(email_sent(f"e{number}", number, person(number)))
    contacts = tuple(person(number) for number in range(5))
    lifecycle.update_deal(deal_update("open", 200, "open", contacts))
    for number in range(3):
        lifecycle.record_activity(visit(f"a{number}", number, Identity("visitor", f"cookie{number}")))
    return lifecycle


def listed(
    lifecycle: Lifecycle,
    limit: int,
    stage: str | None = None,
    lead_status: str | None = None,
    since: tuple[float | None, float | None] = (None, None),
) -> list[tuple[str, float]]:
    """All pages of a list: the stage of each prospect and the minute of its entry."""
    found: list[tuple[str, float]] = []
    position: tuple[str, ...] | None = None
    first, last = (None if minute is None else at(minute) for minute in since)
    while True:
        page: ProspectPage = lifecycle.list_prospects(stage, lead_status, first, last, position, limit)
        assert len(page.prospects) <= limit
        found += [(view.stage, (view.since - at(0)).total_seconds() / 60) for view in page.prospects]
        if (position := page.position) is None:
            return found


@pytest.mark.parametrize("limit", [1, 7, 20, 100])
def test_a_stage_is_listed_in_the_order_of_entry_page_by_page(crowd: Lifecycle, limit: int) -> None:
    assert listed(crowd, limit, "engaged") == [("engaged", 76 + number) for number in range(20)]


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_without_a_stage_all_but_anonymous_prospects_are_listed_stage_by_stage(crowd: Lifecycle, limit: int) -> None:
    assert listed(crowd, limit) == [
        *(("suspect", number) for number in range(25, 35)),
        *(("engaged", 76 + number) for number in range(20)),
        *[("opportunity", 200)] * 5,
    ]


def test_rule_3_anonymous_can_be_used_in_filters(crowd: Lifecycle) -> None:
    assert listed(crowd, 100, "anonymous") == [("anonymous", 0), ("anonymous", 1), ("anonymous", 2)]


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_list_can_be_filtered_by_lead_status(crowd: Lifecycle, limit: int) -> None:
    assert listed(crowd, limit, lead_status="Opportunity") == [("opportunity", 200)] * 5
    assert len(listed(crowd, limit, lead_status="New")) == 30
    assert listed(crowd, limit, "engaged", lead_status="Opportunity") == []


def test_a_list_can_be_filtered_by_the_time_of_entry_from_inclusive_to_exclusive(crowd: Lifecycle) -> None:
    assert listed(crowd, 2, "suspect", since=(27, 30)) == [("suspect", 27), ("suspect", 28), ("suspect", 29)]
    assert listed(crowd, 2, "suspect", since=(33, None)) == [("suspect", 33), ("suspect", 34)]
    assert listed(crowd, 2, "suspect", since=(None, 26)) == [("suspect", 25)]


def test_a_list_of_an_unknown_stage_is_refused(crowd: Lifecycle) -> None:
    with pytest.raises(UnknownStageError):
        crowd.list_prospects("mql", None, None, None, None, 10)


def test_a_prospect_that_moves_between_two_pages_is_not_listed_where_it_is_no_longer(crowd: Lifecycle) -> None:
    first = crowd.list_prospects("suspect", None, None, None, None, 5)
    crowd.record_activity(visit("moved", 300, person(32)))

    rest = crowd.list_prospects("suspect", None, None, None, first.position, 100)

    assert [view.since for view in rest.prospects] == [at(minute) for minute in (30, 31, 33, 34)]


# ---- explanations --------------------------------------------------------------------------------------------------


def report(explanation: Explanation, stage: str) -> CriterionReport:
    """What an explanation says of a stage ahead."""
    (found,) = [one.criterion for one in explanation.next if one.stage == stage]
    assert found is not None
    return found


def test_an_explanation_tells_why_a_prospect_is_where_it_is(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(email_sent("e", 1))
    lifecycle.record_activity(visit("v", 2))

    explanation = lifecycle.explain(id_of(ANN))

    assert (explanation.stage, explanation.since, explanation.cycle) == ("engaged", at(2), 1)
    assert explanation.because is not None
    assert (explanation.because.event_id, explanation.because.evidence) == ("v", ("e", "v"))
    assert explanation.criterion == CriterionReport(
        "an email is known and one inbound activity",
        met=True,
        evidence=("e", "v"),
        parts=(
            CriterionReport("an email is known", met=True, evidence=("e",), parts=()),
            CriterionReport("one inbound activity", met=True, evidence=("v",), parts=()),
        ),
    )


def test_an_explanation_tells_what_the_next_stages_still_ask_for(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 1))

    explanation = lifecycle.explain(id_of(ANN))

    assert [one.stage for one in explanation.next] == [
        "marketing_qualified", "sales_qualified", "opportunity", "customer", "evangelist",
    ]  # fmt: skip
    qualified = report(explanation, "marketing_qualified")
    assert not qualified.met
    known, reasons = qualified.parts
    assert (known.met, known.evidence) == (True, ("v",))
    assert [(part.sentence, part.met) for part in reasons.parts] == [
        ("one form_submission whose form is one of contact, demo, trial", False),
        ("one content_download whose content is one of buying_guide, video, playbook, case_study", False),
        ("a score of 50 (it is 1)", False),
    ]


def test_an_explanation_of_a_prospect_that_never_moved_has_no_reason(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 1, COOKIE))

    explanation = lifecycle.explain(id_of(COOKIE))

    assert (explanation.stage, explanation.because, explanation.criterion) == ("anonymous", None, None)
    assert [one.stage for one in explanation.next][:2] == ["suspect", "engaged"]
    assert report(explanation, "engaged").parts[1].met


def test_an_explanation_of_a_decision_names_who_and_why(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 1))
    lifecycle.decide(id_of(ANN), decision("no", 2, "disqualify", by="sally", reason="spam"))

    explanation = lifecycle.explain(id_of(ANN))

    assert explanation.because is not None
    assert (explanation.because.actor, explanation.because.reason) == ("sally", "spam")
    assert explanation.criterion is None
    assert [one.stage for one in explanation.next] == ["opportunity", "customer"]


def test_an_explanation_counts_only_what_is_newer_than_the_line(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(demo_form("d", 1))
    lifecycle.decide(id_of(ANN), set_stage("back", 2, "engaged"))

    qualified = report(lifecycle.explain(id_of(ANN)), "marketing_qualified")

    assert not qualified.met
    assert qualified.parts[1].parts[2].sentence == "a score of 50 (it is 0)"


def test_the_criterion_of_a_disqualification_by_a_bounce_is_shown_as_met(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(email_sent("e", 1))
    lifecycle.record_activity(hard_bounce("b", 2))

    explanation = lifecycle.explain(id_of(ANN))

    assert explanation.because is not None
    assert explanation.because.evidence == ("b",)
    assert explanation.criterion is not None
    assert (explanation.criterion.met, explanation.criterion.evidence) == (True, ("b",))


def test_the_criterion_of_an_opportunity_whose_deal_was_lost_is_shown_with_its_evidence(lifecycle: Lifecycle) -> None:
    lifecycle.update_deal(deal_update("open", 1, "open", (ANN,)))
    lifecycle.update_deal(deal_update("lost", 2, "lost"))

    explanation = lifecycle.explain(id_of(ANN))

    assert explanation.because is not None
    assert explanation.because.evidence == (f"D1/open:{id_of(ANN)}",)
    assert explanation.criterion is not None
    assert (explanation.criterion.met, explanation.criterion.evidence) == (True, (f"D1/open:{id_of(ANN)}",))


def test_the_top_of_the_ladder_has_nothing_ahead(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(activity("r", 1, "referral"))

    assert lifecycle.explain(id_of(ANN)).next == ()
    assert DEFAULT.latest.ladder[-1].stage.key == "evangelist"
