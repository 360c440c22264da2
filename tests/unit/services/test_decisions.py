"""Decisions: repeated, back-dated, refused; and withdrawals."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.events import Decision
from lifecycle.services.errors import (
    EmailKnownError,
    EventNotFoundError,
    ProspectNotFoundError,
    UnknownStageError,
)
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.store.records import TransitionRecord
from tests.builders import (
    ANN,
    BOB,
    COOKIE,
    at,
    deal_update,
    decision,
    demo_form,
    email_sent,
    id_of,
    merge,
    set_stage,
    visit,
    withdrawal,
)


@pytest.fixture
def ann(lifecycle: Lifecycle) -> Lifecycle:
    """The use cases with one prospect: Ann, marketing qualified."""
    lifecycle.record_activity(visit("v", 1))
    lifecycle.record_activity(demo_form("demo", 2))
    return lifecycle


def logged(lifecycle: Lifecycle, prospect_id: str = id_of(ANN)) -> set[str]:
    """The ids of the events in a prospect's log."""
    entries = lifecycle.timeline(prospect_id, None, 1000).entries
    return {entry.id for entry in entries if not isinstance(entry, TransitionRecord)}


def test_a_decision_answers_with_the_transition_that_it_caused(ann: Lifecycle) -> None:
    outcome = ann.decide(id_of(ANN), decision("yes", 3, "accept", by="sally", reason="good fit"))

    assert (outcome.event_id, outcome.prospect_id, outcome.stage, outcome.duplicate) == (
        "yes", id_of(ANN), "sales_qualified", False,
    )  # fmt: skip
    assert outcome.transition is not None
    assert (outcome.transition.cause, outcome.transition.actor, outcome.transition.reason) == (
        "decision", "sally", "good fit",
    )  # fmt: skip


def test_a_decision_repeated_with_its_id_is_one_decision(ann: Lifecycle) -> None:
    ann.decide(id_of(ANN), decision("yes", 3, "accept"))

    again = ann.decide(id_of(ANN), decision("yes", 3, "accept"))

    assert (again.stage, again.transition, again.duplicate) == ("sales_qualified", None, True)


def test_a_decision_may_be_back_dated(ann: Lifecycle) -> None:
    outcome = ann.decide(id_of(ANN), set_stage("earlier", 1.5, "sales_qualified"))

    assert outcome.stage == "sales_qualified"
    assert ann.get_prospect(id_of(ANN)).since == at(1.5)
    timeline = ann.timeline(id_of(ANN), None, 10).entries
    transitions = [(e.from_stage, e.to_stage, e.event_id) for e in timeline if isinstance(e, TransitionRecord)]
    assert transitions == [("engaged", "sales_qualified", "earlier"), ("anonymous", "engaged", "v")]


def test_a_back_dated_decision_is_overtaken_by_what_came_after_it(ann: Lifecycle) -> None:
    outcome = ann.decide(id_of(ANN), set_stage("earlier", 1.5, "suspect"))

    assert outcome.stage == "marketing_qualified"
    assert ann.get_prospect(id_of(ANN)).cycle == 2


def test_a_decision_that_moves_nobody_is_recorded_all_the_same(ann: Lifecycle) -> None:
    outcome = ann.decide(id_of(ANN), set_stage("same", 3, "marketing_qualified"))

    assert (outcome.stage, outcome.transition) == ("marketing_qualified", None)
    assert "same" in logged(ann)


def test_a_decision_keeps_its_qualification(ann: Lifecycle) -> None:
    bant = {"budget": 10_000, "authority": True, "need": "reports", "timeline": None}

    ann.decide(id_of(ANN), decision("yes", 3, "accept", qualification=bant))

    (kept,) = [one for one in ann.timeline(id_of(ANN), None, 10).entries if isinstance(one, Decision)]
    assert kept.qualification == bant


def test_a_decision_on_an_unknown_prospect_is_refused(ann: Lifecycle) -> None:
    with pytest.raises(ProspectNotFoundError):
        ann.decide(id_of(BOB), decision("yes", 3, "accept"))


def test_a_decision_for_an_unknown_stage_is_refused_and_names_the_stages(ann: Lifecycle) -> None:
    with pytest.raises(UnknownStageError, match="marketing_qualified"):
        ann.decide(id_of(ANN), set_stage("s", 3, "mql"))

    assert "s" not in logged(ann)


def test_rule_8_anonymous_is_refused_once_an_email_is_known(ann: Lifecycle) -> None:
    with pytest.raises(EmailKnownError):
        ann.decide(id_of(ANN), set_stage("s", 3, "anonymous"))

    assert "s" not in logged(ann)


def test_rule_8_anonymous_may_be_decided_for_a_visitor(lifecycle: Lifecycle) -> None:
    lifecycle.record_activity(visit("v", 1, COOKIE))
    lifecycle.decide(id_of(COOKIE), set_stage("out", 2, "other"))

    assert lifecycle.decide(id_of(COOKIE), set_stage("back", 3, "anonymous")).stage == "anonymous"


# ---- withdrawals ---------------------------------------------------------------------------------------------------


def test_rule_9_a_withdrawn_activity_moves_its_prospect_back(ann: Lifecycle) -> None:
    outcome = ann.decide(id_of(ANN), withdrawal("w", 3, "demo", "a scanner"))

    assert outcome.stage == "engaged"
    assert outcome.transition is not None
    assert (outcome.transition.cause, outcome.transition.reason, outcome.transition.evidence) == (
        "correction", "a scanner", ("w",),
    )  # fmt: skip


def test_rule_9_the_corrected_transition_is_kept_and_marked(ann: Lifecycle) -> None:
    ann.decide(id_of(ANN), withdrawal("w", 3, "demo"))

    transitions = [one for one in ann.timeline(id_of(ANN), None, 10).entries if isinstance(one, TransitionRecord)]

    assert [(one.to_stage, one.cause, one.corrected_by) for one in transitions] == [
        ("engaged", "correction", None),
        ("marketing_qualified", "rule", "w"),
        ("engaged", "rule", None),
    ]


def test_rule_9_a_withdrawal_finds_the_event_in_every_part_of_the_prospects_log(ann: Lifecycle) -> None:
    ann.record_activity(demo_form("of the cookie", 3, COOKIE))
    ann.record_activity(email_sent("link", 4, COOKIE, ANN))

    ann.decide(id_of(ANN), withdrawal("w1", 5, "demo"))
    outcome = ann.decide(id_of(ANN), withdrawal("w2", 6, "of the cookie"))

    assert outcome.stage == "engaged"


def test_a_withdrawal_may_be_repeated(ann: Lifecycle) -> None:
    ann.decide(id_of(ANN), withdrawal("w", 3, "demo"))

    again = ann.decide(id_of(ANN), withdrawal("w", 3, "demo"))

    assert (again.stage, again.duplicate) == ("engaged", True)


def test_a_decision_can_be_withdrawn(ann: Lifecycle) -> None:
    ann.decide(id_of(ANN), decision("no", 3, "disqualify", reason="mistaken for another"))

    assert ann.decide(id_of(ANN), withdrawal("w", 4, "no")).stage == "marketing_qualified"


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("no such event", "not in this prospect's log"),
        ("of bob", "not in this prospect's log"),
        (f"D1/open:{id_of(ANN)}", "delete the deal"),
        ("w0", "withdrawal"),
        ("m", "merge"),
    ],
)
def test_what_cannot_be_withdrawn_is_refused_and_says_what_would_be_right(
    ann: Lifecycle, target: str, why: str
) -> None:
    ann.record_activity(visit("of bob", 1, BOB))
    ann.record_activity(visit("of the cookie", 1, COOKIE))
    ann.update_deal(deal_update("open", 3, "open", (ANN,)))
    ann.decide(id_of(ANN), withdrawal("w0", 4, "v"))
    ann.decide(id_of(ANN), merge("m", 4, id_of(COOKIE)))
    before = logged(ann)

    with pytest.raises(EventNotFoundError, match=why):
        ann.decide(id_of(ANN), withdrawal("w", 5, target))

    assert logged(ann) == before


@pytest.mark.parametrize(
    "ruling", [decision("x", 3, "accept"), withdrawal("x", 3, "v")], ids=["decision", "withdrawal"]
)
def test_decisions_of_one_prospect_do_not_concern_another(ann: Lifecycle, ruling: Any) -> None:
    ann.record_activity(demo_form("of bob", 1, BOB))

    ann.decide(id_of(ANN), ruling)

    assert ann.get_prospect(id_of(BOB)).stage == "marketing_qualified"
