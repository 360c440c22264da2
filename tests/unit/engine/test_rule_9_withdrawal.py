"""Rule 9 of the design, sentence by sentence: withdrawn evidence counts as if it had never happened."""

from __future__ import annotations

import pytest

from lifecycle.engine.machine import Transition
from lifecycle.events import Event, Identity
from tests.builders import (
    ANN,
    COOKIE,
    activity,
    at,
    changed_default,
    deal,
    decision,
    demo_form,
    email_sent,
    folded,
    hard_bounce,
    id_of,
    move,
    referral,
    set_stage,
    stage_of,
    status_of,
    visit,
    withdrawal,
)

CRM = Identity("crm:salesforce", "003")
CRM_ID = id_of(CRM)


def standing(*events: Event) -> list[Transition]:
    """The transitions that hold: neither corrected nor corrections."""
    transitions = folded(*events).transitions
    return sorted(
        (one for one in transitions if one.corrected_by is None and one.cause != "correction"),
        key=lambda one: one.event,
    )


def marks(*events: Event) -> list[tuple[str, str, str, str, str | None, str | None]]:
    """Every transition as (from, to, event, cause, corrected by, restated by)."""
    return [(*move(one), one.cause, one.corrected_by, one.restated_by) for one in folded(*events).transitions]


# ---- an activity found to be a bot's --------------------------------------------------------------------------------


def test_rule_9_a_withdrawn_activity_counts_as_if_it_had_never_happened() -> None:
    machine = folded(email_sent("e", 0), demo_form("demo", 1), withdrawal("w", 2, "demo")).machine

    assert machine.at.stage.key == "suspect"
    assert (machine.score, machine.cycle, machine.line) == (0, 1, None)
    assert machine.tally == [0, 1, 0, 0]
    assert machine.since == email_sent("e", 0).key


def test_rule_9_the_stage_is_recomputed_to_what_the_other_evidence_earns() -> None:
    log: list[Event] = [email_sent("e", 0), visit("v", 1), demo_form("demo", 2)]

    assert stage_of(*log, withdrawal("w", 3, "demo")) == "engaged"
    assert stage_of(*log, withdrawal("w", 3, "v")) == "marketing_qualified"


def test_rule_9_the_correction_is_recorded() -> None:
    log: list[Event] = [email_sent("e", 0), demo_form("demo", 1), withdrawal("w", 2, "demo", "a scanner")]

    correction = folded(*log).transitions[-1]

    assert (correction.from_stage, correction.to_stage, correction.cause) == (
        "marketing_qualified", "suspect", "correction",
    )  # fmt: skip
    assert (correction.actor, correction.reason, correction.evidence) == ("sam", "a scanner", ("w",))
    assert correction.occurred_at == at(2)


def test_rule_9_the_corrected_transition_is_kept_and_marked() -> None:
    assert marks(email_sent("e", 0), demo_form("demo", 1), withdrawal("w", 2, "demo")) == [
        ("anonymous", "suspect", "e", "rule", None, None),
        ("suspect", "marketing_qualified", "demo", "rule", "w", None),
        ("marketing_qualified", "suspect", "w", "correction", None, None),
    ]


def test_rule_9_a_withdrawal_that_changes_no_stage_records_no_correction() -> None:
    assert marks(visit("v", 1), visit("v2", 2), withdrawal("w", 3, "v2")) == [
        ("anonymous", "engaged", "v", "rule", None, None)
    ]


def test_rule_9_a_move_that_another_event_earns_all_the_same_is_restated_at_that_event() -> None:
    assert marks(email_sent("e", 0), visit("v", 1), visit("v2", 2), withdrawal("w", 3, "v")) == [
        ("anonymous", "suspect", "e", "rule", None, None),
        ("suspect", "engaged", "v", "rule", "w", None),
        ("suspect", "engaged", "v2", "rule", None, "w"),
    ]


def test_rule_9_what_a_withdrawn_event_had_hidden_comes_to_light() -> None:
    log: list[Event] = [email_sent("e", 0), decision("no", 1, "disqualify", reason="x"), demo_form("demo", 2)]

    assert marks(*log, withdrawal("w", 3, "no")) == [
        ("anonymous", "suspect", "e", "rule", None, None),
        ("suspect", "disqualified", "no", "decision", "w", None),
        ("suspect", "marketing_qualified", "demo", "rule", None, "w"),
        ("disqualified", "marketing_qualified", "w", "correction", None, None),
    ]


def test_rule_9_a_withdrawal_may_come_before_the_event_that_it_withdraws() -> None:
    log: list[Event] = [email_sent("e", 0), withdrawal("w", 1, "demo"), demo_form("demo", 2)]

    assert stage_of(*log) == "suspect"
    assert folded(*log).machine.awaited == set()
    assert folded(*log[:2]).machine.awaited == {"demo"}


def test_rule_9_two_withdrawals_of_one_event_are_one() -> None:
    log: list[Event] = [email_sent("e", 0), demo_form("demo", 1), withdrawal("w", 2, "demo")]

    assert marks(*log, withdrawal("w2", 3, "demo")) == marks(*log)


def test_rule_9_a_withdrawn_bounce_takes_a_prospect_back_to_the_ladder_in_the_same_cycle() -> None:
    machine = folded(visit("v", 0), hard_bounce("b", 1), withdrawal("w", 2, "b")).machine

    assert (machine.at.stage.key, machine.cycle) == ("engaged", 1)


def test_rule_9_who_is_who_is_not_withdrawn() -> None:
    log: list[Event] = [visit("v", 0, COOKIE), demo_form("demo", 1, ANN, COOKIE), withdrawal("w", 2, "demo")]

    assert stage_of(*log) == "engaged"
    assert list(folded(*log).machine.identities) == [COOKIE, ANN]


@pytest.mark.parametrize("target", ["yes", "back"])
def test_rule_9_a_decision_can_be_withdrawn(target: str) -> None:
    log: list[Event] = [visit("v", 0), decision("yes", 1, "accept"), set_stage("back", 2, "suspect")]

    assert stage_of(*log) == "suspect"
    assert stage_of(*log, withdrawal("w", 3, target)) == {"yes": "suspect", "back": "sales_qualified"}[target]


def test_rule_9_only_corrected_facts_move_somebody_back_by_themselves() -> None:
    log: list[Event] = [visit("v", 0), deal("open", 1, "open")]

    assert stage_of(*log, deal("lost", 2, "lost", linked=None)) == "opportunity"
    assert stage_of(*log, deal("gone", 2, deleted=True)) == "engaged"


def test_rule_9_a_transition_that_stands_names_no_withdrawn_evidence() -> None:
    """Three downloads and three webinars are 60 points: the third webinar reaches 50 with the first download or not."""
    downloads = [activity(f"d{i}", 1 + i, "content_download") for i in range(3)]
    webinars = [activity(f"w{i}", 10 + i, "webinar_attendance") for i in range(3)]
    log: list[Event] = [email_sent("e", 0), visit("v", 0.5), *downloads, *webinars]
    assert standing(*log)[-1].evidence == ("e", "d0", "w0", "w1", "w2")

    qualified = standing(*log, withdrawal("w", 20, "d0"))[-1]

    assert (qualified.to_stage, qualified.event.id) == ("marketing_qualified", "w2")
    assert qualified.evidence == ("e", "d1", "w0", "w1", "w2")


def test_rule_9_after_a_withdrawal_the_transitions_that_stand_are_in_the_cycle_that_they_belong_to() -> None:
    log: list[Event] = [
        visit("v", 0),
        decision("no", 1, "disqualify", reason="x"),
        set_stage("in", 2, "engaged"),
        deal("open", 3, "open"),
        deal("won", 4, "won"),
    ]
    assert [one.cycle for one in standing(*log)] == [1, 1, 2, 2, 2]

    corrected = (*log, withdrawal("w", 9, "no"))

    assert folded(*corrected).machine.cycle == 1
    assert [(one.to_stage, one.cycle) for one in standing(*corrected)] == [
        ("engaged", 1),
        ("opportunity", 1),
        ("customer", 1),
    ]


# ---- a deal deleted -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["open", "won", "lost"])
def test_rule_9_a_deleted_deal_counts_as_if_it_had_never_been(status: str) -> None:
    log: list[Event] = [
        visit("v", 0),
        deal("d", 1, "open" if status == "open" else "won" if status == "won" else "lost"),
        deal("gone", 2, deleted=True),
    ]
    machine = folded(*log).machine

    assert (machine.at.stage.key, machine.lead_status, dict(machine.deals)) == ("engaged", "New", {})


def test_rule_9_the_deletion_of_a_deal_is_recorded_as_a_correction() -> None:
    assert marks(visit("v", 0), deal("won", 1, "won"), deal("gone", 2, deleted=True)) == [
        ("anonymous", "engaged", "v", "rule", None, None),
        ("engaged", "customer", "won", "rule", "gone", None),
        ("customer", "engaged", "gone", "correction", None, None),
    ]


def test_rule_9_deleting_one_deal_leaves_another_standing() -> None:
    log: list[Event] = [deal("one", 1, "won", deal_id="D1"), deal("two", 2, "open", deal_id="D2")]

    assert stage_of(*log, deal("gone", 3, deal_id="D1", deleted=True)) == "opportunity"


def test_rule_9_the_deletion_of_an_unknown_deal_changes_nothing() -> None:
    assert stage_of(visit("v", 0), deal("gone", 1, deleted=True)) == "engaged"


def test_rule_9_a_deal_re_created_after_its_deletion_counts_from_then_on() -> None:
    log: list[Event] = [visit("v", 0), deal("won", 1, "won"), deal("gone", 2, deleted=True), deal("anew", 3, "open")]

    assert stage_of(*log) == "opportunity"
    assert standing(*log)[-1].event.id == "anew"


def test_rule_9_a_late_entry_from_before_the_deletion_stays_withdrawn() -> None:
    log: list[Event] = [visit("v", 0), deal("open", 1, "open"), deal("gone", 3, deleted=True)]

    assert stage_of(*log, deal("late", 2, "won")) == "engaged"


def test_rule_9_a_deleted_open_deal_no_longer_keeps_anybody_from_being_an_evangelist() -> None:
    log: list[Event] = [email_sent("e", 0), deal("open", 1, "open"), referral("r", 2), deal("gone", 3, deleted=True)]

    assert stage_of(*log) == "evangelist"
    assert [move(one) for one in standing(*log)] == [("anonymous", "suspect", "e"), ("suspect", "evangelist", "r")]


def test_rule_9_with_its_only_deal_deleted_a_prospect_without_an_email_is_anonymous_again() -> None:
    log: list[Event] = [
        visit("v", 0, CRM),
        deal("open", 1, "open", contact=CRM_ID, identities=(CRM,)),
        deal("gone", 2, contact=CRM_ID, deleted=True),
    ]

    assert stage_of(*log) == "anonymous"


def test_rule_9_a_bounce_that_an_open_deal_had_kept_from_counting_counts_once_the_deal_is_deleted() -> None:
    log: list[Event] = [email_sent("e", 0), deal("open", 1, "open"), hard_bounce("b", 2), deal("gone", 3, deleted=True)]

    assert stage_of(*log) == "disqualified"


# ---- a contact role removed -----------------------------------------------------------------------------------------


def test_rule_9_a_removed_contact_counts_as_if_never_on_the_deal() -> None:
    log: list[Event] = [visit("v", 0), deal("open", 1, "open"), deal("removed", 2, linked=False)]

    assert marks(*log) == [
        ("anonymous", "engaged", "v", "rule", None, None),
        ("engaged", "opportunity", "open", "rule", "removed", None),
        ("opportunity", "engaged", "removed", "correction", None, None),
    ]
    assert status_of(*log) == "New"


def test_rule_9_a_contact_that_is_put_back_counts_from_then_on() -> None:
    log: list[Event] = [visit("v", 0), deal("open", 1, "open"), deal("removed", 2, linked=False), deal("back", 3)]

    assert stage_of(*log) == "opportunity"
    assert [move(one) for one in standing(*log)][-1] == ("engaged", "opportunity", "back")


def test_rule_9_a_status_that_came_with_the_removed_contact_still_tells_of_the_deal() -> None:
    log: list[Event] = [visit("v", 0), deal("won", 1, "won"), deal("removed", 2, linked=False), deal("back", 3)]

    assert stage_of(*log) == "customer"


def test_rule_9_of_two_contacts_of_one_person_the_other_keeps_the_link() -> None:
    log: list[Event] = [
        visit("v", 0),
        deal("open:1", 1, "open"),
        deal("open:2", 1, "open", contact=CRM_ID, identities=(CRM,)),
        deal("removed", 2, linked=False),
    ]

    assert stage_of(*log) == "opportunity"


def test_rule_9_with_both_contacts_of_one_person_removed_in_one_update_the_link_never_was() -> None:
    log: list[Event] = [
        visit("v", 0),
        deal("open:1", 1, "open"),
        deal("open:2", 1, "open", contact=CRM_ID, identities=(CRM,)),
        deal("removed:1", 2, linked=False),
        deal("removed:2", 2, linked=False, contact=CRM_ID),
    ]

    assert stage_of(*log) == "engaged"


def test_rule_9_with_both_contacts_of_one_person_removed_one_after_the_other_the_link_never_was() -> None:
    log: list[Event] = [
        visit("v", 0),
        deal("open:1", 1, "open"),
        deal("open:2", 1, "open", contact=CRM_ID, identities=(CRM,)),
        deal("removed:1", 2, linked=False),
        deal("removed:2", 3, linked=False, contact=CRM_ID),
    ]

    assert stage_of(*log) == "engaged"


@pytest.mark.parametrize("later", [1, 1.5], ids=["put on at once", "one after the other"])
def test_rule_9_contacts_of_one_person_that_one_update_removes_correct_each_move_once(later: float) -> None:
    log: list[Event] = [
        visit("v", 0),
        deal("open:1", 1, "open"),
        deal("open:2", later, "open", contact=CRM_ID, identities=(CRM,)),
        deal("removed:~1", 2, linked=False),
        deal("removed:~2", 2, linked=False, contact=CRM_ID),
    ]

    assert marks(*log) == [
        ("anonymous", "engaged", "v", "rule", None, None),
        ("engaged", "opportunity", "open:1", "rule", "removed:~1", None),
        ("opportunity", "engaged", "removed:~1", "correction", None, None),
    ]


def test_rule_9_what_comes_with_the_removal_of_all_contacts_of_one_person_moves_nobody() -> None:
    """The one who was never on the deal is taken off it first: the other one is off it by then, too."""
    log: list[Event] = [
        visit("v", 0),
        deal("told", 1, linked=True, contact=CRM_ID, identities=(CRM,)),
        deal("won:~1", 2, "won", linked=False),
        deal("won:~2", 2, "won", linked=False, contact=CRM_ID),
    ]

    assert [move(one) for one in folded(*log).transitions] == [("anonymous", "engaged", "v")]


def test_rule_9_a_move_that_another_contact_earns_from_the_same_moment_on_is_restated_at_it() -> None:
    log: list[Event] = [
        visit("v", 0),
        deal("open:1", 1, "open"),
        deal("open:2", 1, "open", contact=CRM_ID, identities=(CRM,)),
        deal("removed:1", 2, linked=False),
    ]

    assert marks(*log)[1:] == [
        ("engaged", "opportunity", "open:1", "rule", "removed:1", None),
        ("engaged", "opportunity", "open:2", "rule", None, "removed:1"),
    ]
    assert marks(*log, deal("removed:2", 3, linked=False, contact=CRM_ID))[1:] == [
        ("engaged", "opportunity", "open:1", "rule", "removed:1", None),
        ("engaged", "opportunity", "open:2", "rule", "removed:2", "removed:1"),
        ("opportunity", "engaged", "removed:2", "correction", None, None),
    ]


def test_rule_9_a_move_that_was_true_later_than_believed_is_corrected_and_told_anew() -> None:
    log: list[Event] = [
        visit("v", 0),
        deal("open:1", 1, "open"),
        deal("open:2", 1.5, "open", contact=CRM_ID, identities=(CRM,)),
        deal("removed", 2, linked=False),
    ]

    assert marks(*log)[1:] == [
        ("engaged", "opportunity", "open:1", "rule", "removed", None),
        ("engaged", "opportunity", "open:2", "rule", None, "removed"),
    ]


def test_rule_9_of_two_contacts_of_one_person_the_removed_ones_role_counts_no_longer() -> None:
    """The buyer's link is withdrawn; that of the other contact, whose role does not count, stays."""
    calendar = changed_default({"opportunity": {"enter_when": {"deal": {"status": "open", "roles": ["buyer"]}}}})
    log: list[Event] = [
        visit("v", 0),
        deal("open:1", 1, "open", role="buyer"),
        deal("open:2", 1, "open", contact=CRM_ID, identities=(CRM,), role="user"),
        deal("removed", 2, linked=False),
    ]

    assert stage_of(*log, calendar=calendar) == "engaged"


# ---- a withdrawal that was a mistake --------------------------------------------------------------------------------


@pytest.mark.parametrize("minute", [0.5, 2, 3])
def test_rule_9_a_withdrawal_that_is_itself_withdrawn_withdraws_nothing(minute: float) -> None:
    log: list[Event] = [email_sent("e", 0), demo_form("demo", 1), withdrawal("w", 2, "demo")]

    assert stage_of(*log) == "suspect"
    assert stage_of(*log, withdrawal("back", minute, "w", "it was Ann")) == "marketing_qualified"


def test_rule_9_what_counts_again_is_recorded() -> None:
    log: list[Event] = [email_sent("e", 0), demo_form("demo", 1), withdrawal("w", 2, "demo")]

    assert marks(*log, withdrawal("back", 3, "w")) == [
        ("anonymous", "suspect", "e", "rule", None, None),
        ("suspect", "marketing_qualified", "demo", "rule", "w", None),
        ("marketing_qualified", "suspect", "w", "correction", None, None),
        ("suspect", "marketing_qualified", "demo", "rule", None, "back"),
        ("suspect", "marketing_qualified", "back", "correction", None, None),
    ]


def test_rule_9_what_counts_again_can_be_withdrawn_again() -> None:
    log: list[Event] = [email_sent("e", 0), demo_form("demo", 1), withdrawal("w", 2, "demo"), withdrawal("b", 3, "w")]

    assert stage_of(*log, withdrawal("w2", 4, "demo")) == "suspect"
