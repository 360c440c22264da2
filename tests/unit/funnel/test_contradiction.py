"""What is said to be impossible never happens: held against the reference, which knows nothing of contradictions."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from lifecycle.funnel.criteria import Criterion, leaves_of, parts_of
from lifecycle.funnel.definition import Funnel
from lifecycle.funnel.meaning.contradiction import Claim, World, claim_of
from lifecycle.funnel.meaning.impossible import refutation
from lifecycle.funnel.meaning.satisfiable import Budget, Goal
from lifecycle.funnel.parsing import parse_funnel
from tests.random_funnels import random_definition
from tests.random_logs import random_log
from tests.reference.criteria import Moment

SEEDS = range(20)
FUNNELS, MOMENTS = 5, 8


def _moments(random: Random) -> Iterator[tuple[Funnel, list[Criterion], Moment]]:
    """Funnels with their criteria, and moments: somewhere in a log, with a line before it, in whatever stage."""
    for _ in range(FUNNELS):
        funnel = parse_funnel(random_definition(random), version=1)
        criteria = [stage.enter_when for stage in funnel.stages if stage.enter_when]
        for _ in range(MOMENTS):
            log = sorted(random_log(random, 12), key=lambda event: event.key)
            seen = log[: random.randint(1, len(log))]
            line = random.choice([None, *(event.key for event in seen)])
            stage, since = random.choice(funnel.stages).key, random.choice(seen).occurred_at
            yield funnel, criteria, Moment(funnel, seen, seen[-1].occurred_at, stage, since, line)


def _with_parts(criterion: Criterion) -> Iterator[Criterion]:
    yield criterion
    for part in parts_of(criterion):
        yield from _with_parts(part)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_criterion_that_holds_somewhere_is_not_refuted(seed: int) -> None:
    for funnel, criteria, moment in _moments(Random(seed)):
        for world in (World(funnel), World(funnel, standing=frozenset([moment.stage]))):
            for criterion in (part for one in criteria for part in _with_parts(one)):
                for lasting in (False, True):
                    goal = Goal(criterion, lasting, moment.holds(criterion, whole=lasting))
                    assert refutation([goal], world, Budget()) is None, criterion.sentence


@pytest.mark.parametrize("seed", SEEDS)
def test_a_criterion_that_holds_without_another_is_not_said_to_imply_it(seed: int) -> None:
    for funnel, criteria, moment in _moments(Random(seed)):
        world = World(funnel, standing=frozenset([moment.stage]))
        goals = [Goal(one, wanted=moment.holds(one)) for one in criteria]
        assert refutation(goals, world, Budget()) is None


@pytest.mark.parametrize("seed", SEEDS)
def test_claims_that_are_all_true_do_not_clash(seed: int) -> None:
    random = Random(seed)
    for funnel, criteria, moment in _moments(random):
        world = World(funnel, standing=frozenset([moment.stage]))
        claims: list[Claim] = []
        for leaf in {leaf: None for criterion in criteria for leaf, _ in leaves_of(criterion)}:
            lasting = random.random() < 0.5
            claim = claim_of(leaf, lasting=lasting, holds=moment.holds(leaf, whole=lasting))
            assert world.clash(claims, claim) is None, claim.sentence
            claims.append(claim)
