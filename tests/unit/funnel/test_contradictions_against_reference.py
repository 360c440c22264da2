"""What ``check`` calls impossible never happens: a definition that somebody could mean is not refused.

Random definitions are judged, and what is found impossible in them is asked of random logs by the reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from lifecycle.events import Event
from lifecycle.funnel.criteria import Criterion
from lifecycle.funnel.definition import Funnel
from lifecycle.funnel.form.document import problems_of
from lifecycle.funnel.meaning.check import check
from lifecycle.funnel.parsing import parse_criterion, parse_funnel
from lifecycle.funnel.problem import Problem
from tests.random_funnels import Definition, random_definition
from tests.random_logs import random_log
from tests.reference.walk import walk

PORTIONS = 4
DEFINITIONS = 250
LOGS = 6


def judged(portion: int) -> Iterator[tuple[int, Definition, Funnel, tuple[Problem, ...]]]:
    """Random definitions with what is wrong with them."""
    for seed in range(portion * DEFINITIONS, (portion + 1) * DEFINITIONS):
        definition = random_definition(Random(f"judged {seed}"))
        funnel = parse_funnel(definition, version=1)
        yield seed, definition, funnel, check(definition, funnel).errors


def logs_for(seed: int) -> list[list[Event]]:
    """Some logs."""
    random = Random(f"logs for {seed}")
    return [sorted(random_log(random, 14), key=lambda event: event.key) for _ in range(LOGS)]


def part_at(definition: Definition, where: str) -> tuple[Criterion, bool]:
    """The criterion at a place of a definition, and whether it stands under a ``not``."""
    steps = where.removeprefix("/").split("/")
    found: Any = definition
    for step in steps:
        found = found[int(step)] if isinstance(found, list) else found[step]
    return parse_criterion(found), "not" in steps


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_every_random_definition_is_well_formed(portion: int) -> None:
    for seed, definition, _, _ in judged(portion):
        assert problems_of(definition) == (), f"seed {seed}"


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_a_criterion_that_is_said_never_to_hold_never_holds(portion: int) -> None:
    asked = 0
    for seed, definition, funnel, errors in judged(portion):
        for where in [error.where for error in errors if "can never hold" in error.reason]:
            criterion, negated = part_at(definition, where)
            for log in logs_for(seed):
                for count in range(1, len(log) + 1):
                    moment = walk(log[:count], [(None, funnel)]).moment
                    assert not moment.holds(criterion, whole=negated), f"seed {seed}, {where}, {log[:count]}"
                    asked += 1

    assert asked


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_a_stage_that_is_said_never_to_be_entered_is_never_entered(portion: int) -> None:
    asked = 0
    for seed, definition, funnel, errors in judged(portion):
        idle = {
            definition["stages"][int(error.where.split("/")[2])]["key"]
            for error in errors
            if "never leads to" in error.reason or "lets nobody into" in error.reason
        }
        for log in logs_for(seed) if idle else ():
            entered = walk(log, [(None, funnel)]).entered
            assert not idle.intersection(entered), f"seed {seed}: {idle} and {entered}"
            asked += 1

    assert asked
