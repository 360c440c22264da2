"""Criteria that can never hold, each named at the smallest part that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isinf

from lifecycle.funnel.conditions import Comparison
from lifecycle.funnel.criteria import ActivityCriterion, AttributeCriterion, MailDomainCriterion, ScoreCriterion
from lifecycle.funnel.meaning.contradiction import Clash, World, claim_of, excluded
from lifecycle.funnel.meaning.places import Place
from lifecycle.funnel.meaning.satisfiable import Budget, Goal, Search, TooManyWaysError
from lifecycle.funnel.problem import Path, Problem, pointer

_MAX_WORDS = 240


def impossible_parts(place: Place, world: World, budget: Budget) -> Iterator[Problem]:
    """The smallest parts of a criterion that can never hold.

    Arguments:
        place: the criterion.
        world: the funnel that it is of.
        budget: what the searches may cost.
    """
    found = [problem for part in place.parts for problem in impossible_parts(part, world, budget)]
    if found:
        yield from found
    elif place.parts:
        clashes = refutation([Goal(place.criterion, place.lasting)], world, budget)
        if clashes is not None:
            yield Problem(pointer(place.path), f"can never hold: {in_words(clashes)}", "parts that can hold together")
    else:
        yield from _impossible_leaf(place, world)


def refutation(goals: Sequence[Goal], world: World, budget: Budget) -> Sequence[Clash] | None:
    """Why there is no way to meet some goals; ``None`` where there is one, or where it takes too long to tell."""
    search = Search(world, budget)
    try:
        if next(search.ways(*goals), None) is not None:
            return None
    except TooManyWaysError:
        return None
    return search.clashes


def in_words(clashes: Sequence[Clash]) -> str:
    """Why every way to satisfy a criterion fails: by the first of the clashes, where there are several."""
    text = " and ".join(f'"{shortened(claim.sentence)}"' for claim in clashes[0])
    text += " exclude each other" if len(clashes[0]) > 1 else " never holds"
    return text if len(set(clashes)) == 1 else f"for one thing {text}, and the other ways fail, too"


def shortened(text: str) -> str:
    """A sentence that is not longer than people read."""
    return text if len(text) <= _MAX_WORDS else text[:_MAX_WORDS].rstrip() + "..."


def _impossible_leaf(place: Place, world: World) -> Iterator[Problem]:
    if not world.is_impossible(claim_of(place.criterion, lasting=place.lasting, holds=True)):
        return
    match place.criterion:
        case ScoreCriterion(at_least):
            yield _score(place, at_least, world)
        case MailDomainCriterion():
            reason = "asks for a competitor, and the funnel names none"
            yield Problem(pointer((*place.path, "attribute", "email")), reason, "domains under competitor_domains")
        case AttributeCriterion(condition):
            yield _exclusive((*place.path, "attribute"), condition.tests)
        case ActivityCriterion(where=where):
            for condition in where:
                if excluded(condition.tests):
                    yield _exclusive((*place.path, "activity", "properties", condition.name), condition.tests)


def _score(place: Place, at_least: int, world: World) -> Problem:
    _, highest = world.scores
    assert not isinf(highest)  # noqa: S101 - such a score can be reached
    reason = f"asks for a score of {at_least}, and no more than {highest} can be reached: no activity earns points"
    expected = "points for activities under score, or a threshold that fit points reach"
    return Problem(pointer((*place.path, "score", "at_least")), reason, expected)


def _exclusive(path: Path, tests: Sequence[Comparison]) -> Problem:
    one, other = excluded(tests) or (tests[0], tests[0])
    reason = f'can never hold: "{shortened(one.words)}" and "{shortened(other.words)}" exclude each other'
    return Problem(pointer(path), reason, "comparisons that one value can meet")
