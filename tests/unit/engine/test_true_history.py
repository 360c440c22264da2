"""The history as it truly was, whatever was withdrawn since."""

from __future__ import annotations

from itertools import pairwise

import pytest

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import fold
from lifecycle.engine.forecast import passages_of
from lifecycle.engine.plan import Plan
from tests.random_logs import random_withdrawals


@pytest.mark.parametrize("seed", [*range(300), 1872, 2234, 2835, 3178, 3217])
def test_the_true_moves_are_a_chain_that_ends_where_the_prospect_stands(seed: int) -> None:
    case = random_withdrawals(seed)
    calendar = Calendar([(start, Plan(funnel)) for start, funnel in case.terms])

    folded = fold(case.log, calendar, case.until)

    moves = folded.true_moves()
    assert all(one.to_stage == other.from_stage for one, other in pairwise(moves))
    if folded.machine.first is not None:
        assert passages_of(folded)[-1].stage == folded.machine.at.stage.key
