"""What the fold promises for every log: one result for a set of events, whatever way they come in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import Advance, Folded, advance, fold, in_order
from lifecycle.engine.machine import Machine, Transition
from lifecycle.engine.snapshot import dump, load
from lifecycle.events import Activity, DealFact, Event, Identity, Withdrawal
from tests.builders import (
    ANN,
    COOKIE,
    DEFAULT,
    T0,
    activity,
    changed_default,
    deal,
    decision,
    email_sent,
    set_stage,
    withdrawal,
)

#: The default funnel, with everything that it does not use: reversion, recycling, roles, counts.
ALL_RULES = changed_default(
    {
        "engaged": {"allow_reversion": True},
        "sales_qualified": {
            "enter_when": {
                "all": [
                    {"known": "email"},
                    {"any": [{"decision": "accept"}, {"activity": {"type": "website_visit", "count": 4}}]},
                ]
            }
        },
        "customer": {"enter_when": {"deal": {"status": "won", "roles": ["buyer"]}}},
    },
    recycling=(
        {"reason": "timing", "from": ["opportunity"], "to": "marketing_qualified"},
        {"from": ["opportunity", "customer"], "to": "disqualified"},
    ),
)

MINUTES = st.integers(0, 9)
TYPES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("website_visit", {}),
    ("email_open", {}),
    ("form_submission", {"form": "demo"}),
    ("form_submission", {"form": "survey"}),
    ("webinar_attendance", {}),
    ("email_bounce", {"bounce": "hard"}),
    ("referral", {}),
    ("nps_response", {"score": 9}),
)


@st.composite
def activities(
    draw: st.DrawFn, identities: tuple[tuple[Identity, ...], ...] = ((ANN,), (COOKIE,), (ANN, COOKIE))
) -> Activity:
    """An activity with an id that tells nothing of its place."""
    type_, properties = draw(st.sampled_from(TYPES))
    named = draw(st.sampled_from(identities))
    return activity(
        _id(draw),
        draw(MINUTES),
        type_,
        *named,
        automated=draw(st.integers(0, 5)) == 0,
        **properties,
    )


@st.composite
def deals(draw: st.DrawFn, deal_ids: tuple[str, ...] = ("D1", "D2")) -> DealFact:
    """Whatever can be said of deals, by two contacts that are this person."""
    contact = draw(st.sampled_from(("p-one", "p-two")))
    return deal(
        _id(draw),
        draw(MINUTES),
        draw(st.sampled_from((None, "open", "won", "lost"))),
        deal_id=draw(st.sampled_from(deal_ids)),
        linked=draw(st.sampled_from((True, True, None, False))),
        contact=contact,
        role=draw(st.sampled_from((None, "buyer"))),
        amount=draw(st.sampled_from((None, 1, 2))),
        reason=draw(st.sampled_from((None, "timing"))),
        deleted=draw(st.integers(0, 7)) == 0,
    )


@st.composite
def decisions(draw: st.DrawFn) -> Event:
    """An accept, a disqualification, or a decision for a stage."""
    stage = draw(st.sampled_from((None, None, "anonymous", "suspect", "engaged", "customer", "disqualified", "other")))
    if stage:
        return set_stage(_id(draw), draw(MINUTES), stage)
    return decision(_id(draw), draw(MINUTES), draw(st.sampled_from(("accept", "disqualify"))), reason="x")


def _id(draw: st.DrawFn) -> str:
    return f"{draw(st.sampled_from('abcdefgh'))}-{draw(st.integers(0, 10**6))}"


@st.composite
def logs(draw: st.DrawFn, most: int = 12) -> list[Event]:
    """A log with withdrawals, some of them of events that come later or never, and each id once."""
    base = draw(st.lists(st.one_of(activities(), activities(), deals(), decisions()), min_size=1, max_size=most))
    targets = st.sampled_from([*(event.id for event in base), "never"])
    withdrawn = draw(st.lists(st.tuples(st.integers(0, 9) | st.integers(0, 2), targets), max_size=3))
    # Some of the withdrawals name each other, or themselves.
    withdrawn += draw(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["w0", "w1", "w2", "w3"])), max_size=2))
    events = [*base, *(withdrawal(f"w{i}", minute, target) for i, (minute, target) in enumerate(withdrawn))]
    return list({event.id: event for event in events}.values())


PLANS = st.sampled_from((DEFAULT, ALL_RULES))


def outcome(folded: Folded) -> tuple[object, list[Transition]]:
    """All that a log comes to: its state as it is kept, and its transitions."""
    return json.loads(json.dumps(dump(folded.machine))), folded.transitions


# ---- any permutation, repetition and split ------------------------------------------------------------------------


@given(logs(), PLANS, st.randoms(use_true_random=False))
def test_any_order_of_arrival_and_any_repeats_fold_alike(log: list[Event], calendar: Calendar, random: Random) -> None:
    arrived = [*log, *log[: len(log) // 2]]
    random.shuffle(arrived)

    assert outcome(fold(arrived, calendar)) == outcome(fold(log, calendar))


@dataclass
class Incremental:
    """A prospect that is kept as a snapshot and takes its events as they arrive, the way that the services do."""

    calendar: Calendar
    log: list[Event]
    kept: str = ""
    refolds: int = 0

    def take(self, batch: Sequence[Event]) -> None:
        """Take some more events, in the order of the fold; fold the log where that is not enough."""
        fresh = [event for event in in_order(batch) if event not in self.log]
        self.log += fresh
        machine = load(json.loads(self.kept), self.calendar) if self.kept else None
        if machine is None or any(advance(machine, event, self.calendar) is not Advance.STILL for event in fresh):
            self.refolds += 1
            machine = fold(self.log, self.calendar).machine
        self.kept = json.dumps(dump(machine))


@given(logs(), PLANS, st.randoms(use_true_random=False), st.lists(st.integers(1, 4), min_size=1, max_size=16))
def test_any_permutation_repetition_and_split_through_the_incremental_path_equals_folding_the_whole_log(
    log: list[Event], calendar: Calendar, random: Random, sizes: list[int]
) -> None:
    arrived = [*log, *log[: len(log) // 2]]
    random.shuffle(arrived)
    prospect = Incremental(calendar, [])

    while arrived:
        size = sizes[len(arrived) % len(sizes)]
        prospect.take(arrived[:size])
        del arrived[:size]

        assert json.loads(prospect.kept) == outcome(fold(prospect.log, calendar))[0]


@given(logs(), PLANS)
def test_events_in_order_that_move_nobody_need_no_log(log: list[Event], calendar: Calendar) -> None:
    prospect = Incremental(calendar, [])
    still = 0
    for event in in_order(log):
        before = fold(prospect.log, calendar).transitions if prospect.log else []
        refolds = prospect.refolds
        prospect.take([event])
        if isinstance(event, Activity) and before and fold(prospect.log, calendar).transitions == before:
            still += 1
            awaited = event.id in {one.event_id for one in prospect.log if isinstance(one, Withdrawal)}
            assert prospect.refolds == refolds or awaited


@given(logs(), PLANS)
def test_a_snapshot_is_the_machine(log: list[Event], calendar: Calendar) -> None:
    machine = fold(log, calendar).machine

    again = load(json.loads(json.dumps(dump(machine))), calendar)

    assert again is not None
    assert dump(again) == dump(machine)
    assert (again.lead_status, again.goal) == (machine.lead_status, machine.goal)
    assert [stage.holds(again) for stage in calendar.latest.stages] == [
        stage.holds(machine) for stage in calendar.latest.stages
    ]


@given(logs())
def test_a_snapshot_of_another_funnel_is_not_taken(log: list[Event]) -> None:
    assert load(dump(fold(log, DEFAULT).machine), ALL_RULES) is None


@given(logs(), logs(), PLANS)
def test_a_merged_log_is_the_union_of_both(one: list[Event], other: list[Event], calendar: Calendar) -> None:
    renamed = [event for event in other if event.id not in {mine.id for mine in one}]

    assert outcome(fold([*one, *renamed], calendar)) == outcome(fold([*renamed, *one], calendar))


# ---- withdrawal equals absence ------------------------------------------------------------------------------------
# A withdrawn activity still tells who is who (that is undone by an unmerge). So these logs have an event at the very
# beginning that names the visitor, and the email is named by activities that nobody withdraws; whatever else is
# withdrawn must then be as if it had never been in the log.

BEGINNING = activity("beginning", -3, "email_open", COOKIE)


@st.composite
def withdrawable(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """Events that stay, and events that are withdrawn."""
    naming = draw(st.lists(activities(identities=((ANN, COOKIE),)), max_size=2))
    others = draw(
        st.lists(st.one_of(activities(identities=((COOKIE,),)), deals(), decisions()), min_size=1, max_size=10)
    )
    others = list({event.id: event for event in others}.values())
    chosen = draw(st.lists(st.booleans(), min_size=len(others), max_size=len(others)))
    withdrawn: list[Event] = [
        event for event, goes in zip(others, chosen, strict=True) if goes and not isinstance(event, DealFact)
    ]
    taken = {event.id for event in withdrawn}
    stay = [BEGINNING, *naming, *(event for event in others if event.id not in taken)]
    return list({event.id: event for event in stay if event.id not in taken}.values()), withdrawn


def standing(folded: Folded) -> list[tuple[object, ...]]:
    """The transitions that hold, in order: neither corrected nor corrections."""
    moves = [one for one in folded.transitions if one.corrected_by is None and one.cause != "correction"]
    return [
        (one.event, one.from_stage, one.to_stage, one.cause, one.because, one.actor, one.reason)
        for one in sorted(moves, key=lambda one: one.event)
    ]


def grounds(folded: Folded) -> list[tuple[object, ...]]:
    """On what, and in which cycle, the transitions stand that hold."""
    moves = [one for one in folded.transitions if one.corrected_by is None and one.cause != "correction"]
    return [(one.event, one.evidence, one.cycle) for one in sorted(moves, key=lambda one: one.event)]


def state(folded: Folded) -> dict[str, object]:
    """The state but for the last event, which is the withdrawal where there is one."""
    values = dump(folded.machine)
    return {name: value for name, value in values.items() if name not in {"last", "awaits"}}


def with_withdrawals(stay: list[Event], withdrawn: list[Event], minute: float) -> list[Event]:
    """The log in which some events happened and were withdrawn."""
    return [*stay, *withdrawn, *(withdrawal(f"zz-{event.id}", minute, event.id) for event in withdrawn)]


@given(withdrawable(), PLANS, st.integers(-2, 11))
def test_a_withdrawn_event_leaves_the_state_as_if_it_had_never_happened(
    logs: tuple[list[Event], list[Event]], calendar: Calendar, minute: int
) -> None:
    stay, withdrawn = logs

    corrected = fold(with_withdrawals(stay, withdrawn, minute), calendar)

    assert state(corrected) == state(fold(stay, calendar))


@given(withdrawable(), PLANS, st.integers(-2, 11))
def test_the_transitions_that_stand_after_a_withdrawal_are_those_of_a_log_without_the_event(
    logs: tuple[list[Event], list[Event]], calendar: Calendar, minute: int
) -> None:
    stay, withdrawn = logs

    assert standing(fold(with_withdrawals(stay, withdrawn, minute), calendar)) == standing(fold(stay, calendar))


@given(withdrawable(), PLANS, st.integers(-2, 11))
def test_the_transitions_that_stand_after_a_withdrawal_stand_on_the_evidence_and_in_the_cycle_of_a_log_without_it(
    logs: tuple[list[Event], list[Event]], calendar: Calendar, minute: int
) -> None:
    stay, withdrawn = logs

    assert grounds(fold(with_withdrawals(stay, withdrawn, minute), calendar)) == grounds(fold(stay, calendar))


@given(withdrawable(), st.lists(deals(("D1",)), min_size=1, max_size=6), PLANS)
def test_a_deleted_deal_leaves_the_state_as_if_it_had_never_been(
    logs: tuple[list[Event], list[Event]], of_the_deal: list[DealFact], calendar: Calendar
) -> None:
    stay = [event for event in logs[0] if not isinstance(event, DealFact) or event.deal_id != "D1"]
    deletion = deal("zz", 10, deleted=True)

    deleted, without = fold([*stay, *of_the_deal, deletion], calendar), fold([*stay, deletion], calendar)

    assert state(deleted) == state(without)
    assert standing(deleted) == standing(without)


@given(withdrawable(), st.lists(deals(("D1",)), min_size=1, max_size=6), PLANS)
def test_a_removed_contact_leaves_the_state_as_if_it_had_never_been_on_the_deal(
    logs: tuple[list[Event], list[Event]], of_the_deal: list[DealFact], calendar: Calendar
) -> None:
    stay = [event for event in logs[0] if not isinstance(event, DealFact) or event.deal_id != "D1"]
    facts = [fact for fact in of_the_deal if not fact.deleted]
    never = [replace(fact, linked=None) for fact in facts]
    removals = [deal(f"zz{i}", 10, linked=False, contact=contact) for i, contact in enumerate(("p-one", "p-two"))]

    removed, without = fold([*stay, *facts, *removals], calendar), fold([*stay, *never, *removals], calendar)

    assert state(removed) == state(without)
    assert standing(removed) == standing(without)


@given(logs(), PLANS)
def test_what_is_marked_as_corrected_was_corrected_by_something_that_withdraws(
    log: list[Event], calendar: Calendar
) -> None:
    withdrawing = {
        event.id
        for event in log
        if isinstance(event, Withdrawal) or (isinstance(event, DealFact) and (event.deleted or event.linked is False))
    }

    for transition in fold(log, calendar).transitions:
        assert transition.corrected_by is None or transition.corrected_by in withdrawing
        assert transition.restated_by is None or transition.restated_by in withdrawing


# ---- counters and evidence agree ----------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(logs(most=8), PLANS)
def test_the_machines_verdict_equals_the_evidence_logs_verdict_at_every_step(
    log: list[Event], calendar: Calendar
) -> None:
    events = in_order(log)
    for count in range(1, len(events) + 1):
        folded = fold(events[:count], calendar)
        evidence, machine = folded.evidence_log(), folded.machine
        for stage in calendar.latest.stages:
            criterion = stage.stage.enter_when
            if criterion is not None:
                report = evidence.report(criterion, machine.line)
                assert report.met == stage.holds(machine), (stage.stage.key, report)
                assert set(report.evidence) <= {event.id for event in log}
                assert report.met or not report.evidence


@given(logs(), PLANS)
def test_transitions_are_a_chain_that_ends_at_the_stage(log: list[Event], calendar: Calendar) -> None:
    folded = fold(log, calendar)
    at = calendar.latest.ladder[0].stage.key
    for transition in folded.transitions:
        if transition.restated_by is None:
            assert transition.from_stage == at
            at = transition.to_stage

    assert at == folded.machine.at.stage.key
    assert all(transition.occurred_at >= T0 for transition in folded.transitions)


@given(logs(), PLANS)
def test_every_transition_names_its_evidence(log: list[Event], calendar: Calendar) -> None:
    ids = {event.id for event in log}

    for transition in fold(log, calendar).transitions:
        assert transition.evidence
        assert set(transition.evidence) <= ids


def test_a_machine_that_folded_nothing_stands_at_the_bottom() -> None:
    assert Machine(DEFAULT.latest).at.stage.key == "anonymous"
    assert fold([], DEFAULT).transitions == []
    assert fold([email_sent("e", 0), email_sent("e", 0)], DEFAULT).log == [email_sent("e", 0)]
