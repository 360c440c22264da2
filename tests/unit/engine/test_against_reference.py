"""The engine against the reference: the same moves and the same stage for every log and every funnel.

Each case is a seed, which the message of a failure names: ``random_case(seed)`` is the log and the versions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta

import pytest

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import fold
from lifecycle.engine.machine import Transition
from lifecycle.engine.plan import Plan
from tests.random_logs import Case, random_case, random_withdrawals
from tests.reference.walk import Move, never_withdrawn, walk

CASES = 10_000
PORTIONS = 20
PORTION = CASES // PORTIONS
#: The engine keeps a score that fades as one rounded number, so it may cross its threshold this much later.
ROUNDING = timedelta(milliseconds=1)

#: Kinds of criteria on which moves must have hung, and rules that must have moved somebody, in every portion.
KINDS = (
    "known", "activity", "activity within", "score", "attribute", "maildomain", "deal", "decision", "stage", "below",
    "not activity", "not activity within", "not score", "not attribute", "not deal", "not decision",
)  # fmt: skip
RULES = ("time", "publication", "mapping", "fall back", "recycling", "reopening", "reversion", "checklist")


def calendar_of(case: Case) -> Calendar:
    """The versions of a case, compiled."""
    return Calendar([(start, Plan(funnel)) for start, funnel in case.terms])


def moves_of(transitions: Iterable[Transition]) -> list[Move]:
    """What of the engine's transitions the reference tells, too."""
    return [
        Move(one.from_stage, one.to_stage, one.occurred_at, one.cause, one.cycle, one.funnel_version)
        for one in transitions
    ]


def standing(transitions: Iterable[Transition]) -> list[Move]:
    """The history as it truly was, in order but for the moves of one moment: see ``Transition.corrected_by``."""
    return by_time(moves_of(one for one in transitions if one.corrected_by is None and one.cause != "correction"))


def by_time(moves: Iterable[Move]) -> list[Move]:
    """Moves in the order of their times, and those of one moment in any one order."""
    return sorted(moves, key=lambda move: (move.occurred_at, move))


def rounded(moves: Sequence[Move], expected: Sequence[Move]) -> list[Move]:
    """Moves with the expected times, where theirs are as good as those."""
    return [
        move._replace(occurred_at=other.occurred_at) if abs(move.occurred_at - other.occurred_at) <= ROUNDING else move
        for move, other in zip(moves, expected, strict=False)
    ] + list(moves[len(expected) :])


def missing(names: Iterable[str], seen: Counter[str]) -> list[str]:
    """The names that were not seen at all."""
    return [name for name in names if not seen[name]]


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_the_engine_and_the_reference_agree_on_every_move(portion: int) -> None:
    kinds: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    for seed in range(portion * PORTION, (portion + 1) * PORTION):
        case = random_case(seed)
        expected = walk(case.log, case.terms, case.until)

        folded = fold(case.log, calendar_of(case), case.until)

        assert rounded(moves_of(folded.transitions), expected.moves) == expected.moves, f"seed {seed}"
        assert (folded.machine.at.stage.key, folded.machine.cycle) == (expected.stage, expected.cycle), f"seed {seed}"
        kinds.update(expected.kinds)
        rules.update(expected.rules)

    assert not missing(KINDS, kinds), kinds
    assert not missing(RULES, rules), rules


@pytest.mark.parametrize("portion", range(4))
def test_a_log_with_withdrawals_comes_to_what_the_reference_says_of_it_without_what_was_withdrawn(portion: int) -> None:
    corrected = 0
    for seed in range(portion * PORTION, (portion + 1) * PORTION):
        case = random_withdrawals(seed)
        expected = walk(never_withdrawn(case.log), case.terms, case.until)

        folded = fold(case.log, calendar_of(case), case.until)

        assert (folded.machine.at.stage.key, folded.machine.cycle) == (expected.stage, expected.cycle), f"seed {seed}"
        expected_moves = by_time(expected.moves)
        assert rounded(standing(folded.transitions), expected_moves) == expected_moves, f"seed {seed}"
        corrected += any(transition.cause == "correction" for transition in folded.transitions)

    assert corrected > 20


@pytest.mark.parametrize("seed", [1698, 2248, 3441, 6585])
def test_deals_that_are_deleted_more_than_once_have_the_criteria_asked_at_each_deletion(seed: int) -> None:
    case = random_withdrawals(seed, "2")
    expected = walk(never_withdrawn(case.log), case.terms, case.until)

    folded = fold(case.log, calendar_of(case), case.until)

    assert (folded.machine.at.stage.key, folded.machine.cycle) == (expected.stage, expected.cycle)
    assert rounded(standing(folded.transitions), by_time(expected.moves)) == by_time(expected.moves)
