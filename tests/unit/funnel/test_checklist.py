"""What answers a question, and what a stage still misses."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.funnel.checklist import is_met, missing
from lifecycle.funnel.definition import Requirement

BANT = ("budget", "authority", "need", "timeline")


@pytest.mark.parametrize("answer", [True, "EUR 50,000", 0, 12, ["a"], {"note": "x"}, {"met": True, "note": ""}])
def test_an_answer_meets_its_question(answer: Any) -> None:
    assert is_met(answer)


@pytest.mark.parametrize("answer", [None, False, "", "  ", {"met": False, "note": "later"}, {"met": None}])
def test_no_answer_and_a_negative_one_do_not(answer: Any) -> None:
    assert not is_met(answer)


@pytest.mark.parametrize(
    ("met", "left"),
    [
        ({"budget", "authority", "need"}, ()),
        ({"budget", "authority", "need", "timeline"}, ()),
        ({"budget", "authority", "timeline"}, ("need",)),
        ({"budget", "authority", "timeline", "unasked"}, ("need",)),
        ({"need", "budget"}, ("authority", "timeline")),
        (set(), ("need", "budget", "authority", "timeline")),
    ],
)
def test_three_of_four_with_need_among_them(met: set[str], left: tuple[str, ...]) -> None:
    requirement = Requirement(3, BANT, ("need",))

    assert missing(requirement, met) == left
    assert requirement.sentence == "3 of budget, authority, need, timeline, need among them"
