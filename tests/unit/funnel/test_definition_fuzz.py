"""Whatever somebody sends for a definition: clear words for what is wrong, never a crash, and nothing slips through."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lifecycle.engine.plan import Plan
from lifecycle.funnel.form.document import (
    DefinitionSyntaxError,
    Problem,
    canonical,
    content_hash,
    normalise,
    problems_of,
    read_yaml,
    schema_text,
)
from lifecycle.funnel.meaning.check import check
from lifecycle.funnel.parsing import parse_funnel
from tests.malformed_definitions import at_odds, broken, broken_text, deep, random_document, wide

SEEDS = 20
#: Of each way to get a definition wrong, how many for each seed; not every attempt ends in something wrong.
CASES = {broken: 180, at_odds: 40, random_document: 180, broken_text: 150, deep: 10, wide: 2}
#: Malformed ones that each seed must come to, for 10,000 in all.
LEAST = 500


@lru_cache(maxsize=1)
def _independent() -> Draft202012Validator:
    """The schema as anybody else would use it."""
    return Draft202012Validator(json.loads(schema_text()))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_ten_thousand_malformed_definitions_are_refused_with_words_and_places(seed: int) -> None:
    found = Counter(_judged(document) for document in _documents(Random(seed)))

    assert found["refused by form"] + found["refused by meaning"] + found["unreadable"] >= LEAST
    # What is left is good: the mutations do not all break something.
    assert found.keys() == {"refused by form", "refused by meaning", "unreadable", "accepted"}
    assert SEEDS * LEAST >= 10_000


def _documents(random: Random) -> Iterator[Any]:
    for make, count in CASES.items():
        for _ in range(count):
            made = make(random)
            yield _read(made) if isinstance(made, str) else made


def _read(text: str) -> Any:
    try:
        return read_yaml(text)
    except DefinitionSyntaxError as error:
        found = error
    assert 1 <= found.line <= len(text.splitlines()) + 1
    assert found.column >= 1
    assert found.reason
    return found


def _judged(document: Any) -> str:
    if isinstance(document, DefinitionSyntaxError):
        return "unreadable"
    problems = problems_of(document)
    _assert_clear(document, problems)
    if problems:
        return "refused by form"
    normal = normalise(document)
    # Read back from JSON, so that nothing of how this project treats numbers is in it.
    assert _independent().is_valid(json.loads(canonical(document)))
    assert content_hash(normal) == content_hash(document)
    funnel = parse_funnel(normal, version=2)
    checked = check(normal, funnel)
    _assert_clear(normal, (*checked.errors, *checked.warnings))
    if checked.errors:
        return "refused by meaning"
    assert Plan(funnel).by_key.keys() == {stage["key"] for stage in normal["stages"]}
    return "accepted"


def _assert_clear(document: Any, problems: tuple[Problem, ...]) -> None:
    assert len(set(problems)) == len(problems)
    for problem in problems:
        assert problem.reason.strip()
        assert problem.expected.strip()
        assert "\n" not in problem.reason
        assert _leads_somewhere(document, problem.where), problem


def _leads_somewhere(document: Any, where: str) -> bool:
    """Whether a pointer names a place of the document, or something that is missing in an object of it."""
    assert where == "" or where.startswith("/")
    steps = [step.replace("~1", "/").replace("~0", "~") for step in where.split("/")[1:]]
    at = document
    for number, step in enumerate(steps):
        if isinstance(at, dict):
            if step not in at:
                return number == len(steps) - 1
            at = at[step]
        elif isinstance(at, list) and step.isdecimal() and int(step) < len(at):
            at = at[int(step)]
        else:
            return False
    return True
