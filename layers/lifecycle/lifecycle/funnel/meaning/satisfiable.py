"""Whether there is a way to satisfy criteria: a search over the ways, each of which is a set of claims.

The number of ways may double with each part, so the search is bounded: where it would take too long, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from lifecycle.funnel.criteria import AllCriterion, AnyCriterion, AtLeastCriterion, Criterion, NotCriterion
from lifecycle.funnel.meaning.contradiction import Claim, Clash, World, claim_of

#: What one search may cost, and all searches over one definition together: a step is one claim held against another.
MAX_STEPS = 50_000
MAX_STEPS_IN_ALL = 200_000
#: Ways that one search looks at.
MAX_WAYS = 2_000


class Goal(NamedTuple):
    """A criterion that is to hold, or not to; ``lasting``: as one under ``not`` is asked, about the whole log."""

    criterion: Criterion
    lasting: bool = False
    wanted: bool = True


class TooManyWaysError(Exception):
    """A search was given up."""


@dataclass(slots=True)
class Budget:
    """The steps that may be taken yet."""

    steps: int = MAX_STEPS_IN_ALL

    def spend(self, steps: int) -> None:
        """Take some steps.

        Raises:
            TooManyWaysError: so many are not left.
        """
        self.steps -= steps
        if self.steps < 0:
            raise TooManyWaysError


class _Way(NamedTuple):
    """A way in the making: what is still to be satisfied, what of that leaves a choice, and what is claimed so far."""

    goals: tuple[Goal, ...]
    choices: tuple[Goal, ...] = ()
    claims: tuple[Claim, ...] = ()


class Search:
    """A search for ways to satisfy criteria.

    Attributes:
        clashes: what the ways failed by that were looked at, in order.
    """

    def __init__(self, world: World, budget: Budget) -> None:
        self.clashes: list[Clash] = []
        self._world = world
        self._budget = budget

    def ways(self, *goals: Goal) -> Iterator[tuple[Claim, ...]]:
        """The ways to satisfy some goals at once, found as they are asked for.

        Raises:
            TooManyWaysError: there are too many to look at.
        """
        waiting = [_Way(goals)]
        seen, own = 0, Budget(MAX_STEPS)
        while waiting:
            seen += 1
            if seen > MAX_WAYS:
                raise TooManyWaysError
            way = self._settled(waiting.pop(), own)
            if way is None:
                continue
            if way.choices:
                waiting += reversed(_branches(way))
            else:
                yield way.claims

    def _settled(self, way: _Way, own: Budget) -> _Way | None:
        """The way with everything claimed that leaves no choice; ``None`` where that clashes."""
        goals, choices, claims = list(way.goals), list(way.choices), list(way.claims)
        while goals:
            goal = goals.pop()
            parts = _all_of(goal)
            if parts is not None:
                goals += reversed(parts)
            elif isinstance(goal.criterion, AllCriterion | AnyCriterion | AtLeastCriterion):
                choices.append(goal)
            else:
                claim = claim_of(goal.criterion, lasting=goal.lasting, holds=goal.wanted)
                for budget in (own, self._budget):
                    budget.spend((1 + len(claims)) * claim.size)
                clash = self._world.clash(claims, claim)
                if clash:
                    self.clashes.append(clash)
                    return None
                claims.append(claim)
        return _Way((), tuple(choices), tuple(claims))


def _all_of(goal: Goal) -> list[Goal] | None:
    """The goals that a goal comes to, where all of them must be met; ``None`` where there is a choice, or no parts."""
    criterion, lasting, wanted = goal
    match criterion:
        case NotCriterion(part):
            return [Goal(part, True, not wanted)]
        case AllCriterion(parts):
            needed = len(parts) if wanted else 1
        case AnyCriterion(parts):
            needed = 1 if wanted else len(parts)
        case AtLeastCriterion(count, parts):
            needed = count if wanted else len(parts) - count + 1
        case _:
            return None
    return [Goal(part, lasting, wanted) for part in parts] if needed == len(parts) else None


def _branches(way: _Way) -> list[_Way]:
    """The ways that a way splits into by its first choice."""
    (criterion, lasting, wanted), *others = way.choices
    rest = tuple(others)
    if isinstance(criterion, AtLeastCriterion):
        first, *later = criterion.parts
        needed = criterion.count if wanted else len(criterion.parts) - criterion.count + 1
        taken = Goal(first, lasting, wanted)
        with_first = (taken, *_some_of(needed - 1, tuple(later), lasting=lasting, wanted=wanted))
        without = _some_of(needed, tuple(later), lasting=lasting, wanted=wanted)
        return [_Way(with_first, rest, way.claims), _Way(without, rest, way.claims)]
    assert isinstance(criterion, AllCriterion | AnyCriterion)  # noqa: S101 - nothing else leaves a choice
    return [_Way((Goal(part, lasting, wanted),), rest, way.claims) for part in criterion.parts]


def _some_of(needed: int, parts: tuple[Criterion, ...], *, lasting: bool, wanted: bool) -> tuple[Goal, ...]:
    """The goal that so many of some parts are as wanted."""
    if needed == 0:
        return ()
    count = needed if wanted else len(parts) - needed + 1
    return (Goal(AtLeastCriterion(count, parts), lasting, wanted),)
