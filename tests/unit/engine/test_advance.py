"""One more event on a state that has folded all the others: when that is enough, and when the log is needed."""

from __future__ import annotations

import json

import pytest

from lifecycle.engine.fold import Advance, advance, fold
from lifecycle.engine.machine import Machine
from lifecycle.engine.snapshot import dump, load
from lifecycle.events import Event
from tests.builders import (
    ANN,
    COOKIE,
    DEFAULT,
    activity,
    deal,
    decision,
    demo_form,
    email_sent,
    folded,
    visit,
    withdrawal,
)

LOG: list[Event] = [visit("v", 1), withdrawal("w", 5, "awaited"), deal("d", 6, "won"), visit("last", 7)]


def kept(log: list[Event]) -> Machine:
    """A state as it comes from the store."""
    machine = load(json.loads(json.dumps(dump(fold(log, DEFAULT).machine))), DEFAULT)
    assert machine is not None
    return machine


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (visit("newer", 8), Advance.STILL),
        (deal("amount", 8, amount=5, linked=None), Advance.STILL),
        (deal("other", 8, "open", deal_id="D2"), Advance.STILL),
        (decision("yes", 8, "accept"), Advance.STILL),
        (activity("r", 8, "referral"), Advance.MOVED),
        (decision("no", 8, "disqualify", reason="x"), Advance.MOVED),
        (visit("older", 6.5), Advance.NEEDS_LOG),
        (visit("before all", 0), Advance.NEEDS_LOG),
        (visit("last", 7), Advance.NEEDS_LOG),
        (visit("at one instant, with a smaller id", 7), Advance.NEEDS_LOG),
        (visit("the same instant, with a larger id", 7), Advance.STILL),
        (visit("awaited", 8), Advance.NEEDS_LOG),
        (withdrawal("w2", 8, "v"), Advance.NEEDS_LOG),
        (withdrawal("w2", 8, "unknown"), Advance.NEEDS_LOG),
        (deal("removed", 8, linked=False), Advance.NEEDS_LOG),
        (deal("gone", 8, deleted=True), Advance.NEEDS_LOG),
        (deal("gone", 8, deal_id="unknown", deleted=True), Advance.STILL),
    ],
    ids=lambda value: value.id if hasattr(value, "id") else value.name,
)
def test_one_more_event(event: Event, expected: Advance) -> None:
    assert advance(kept(LOG), event, DEFAULT) is expected


def test_an_event_that_was_withdrawn_before_it_came_counts_for_nothing() -> None:
    assert kept(LOG).awaited == {"awaited"}
    assert fold([*LOG, demo_form("awaited", 8)], DEFAULT).machine.score == folded(*LOG).machine.score


def test_of_one_event_told_twice_the_telling_that_names_more_identities_stands_whichever_arrived_first() -> None:
    less, more = visit("e", 1, COOKIE), visit("e", 1, ANN, COOKIE)

    assert folded(less, more).log == folded(more, less).log == [more]


def test_one_id_at_two_times_is_two_events() -> None:
    early, late = demo_form("e", 1), demo_form("e", 5)

    assert folded(late, early).log == [early, late]


def test_a_score_takes_the_weightiest_activities_for_evidence() -> None:
    log: list[Event] = [email_sent("e", 0), *(visit(f"v{i:02d}", 1 + i) for i in range(45))]
    log.append(activity("form", 99, "form_submission", form="survey"))

    qualified = folded(*log).transitions[-1]

    assert (qualified.to_stage, qualified.event.id) == ("marketing_qualified", "form")
    assert qualified.evidence == ("e", *(f"v{i:02d}" for i in range(40)), "form")
