"""Conditions on the properties of activities and on the traits of prospects."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest

from lifecycle.funnel.conditions import Comparison, Condition, Keyword


def holds(name: str, values: dict[str, Any], *tests: tuple[Keyword, Any]) -> bool:
    return Condition(name, tuple(Comparison(keyword, operand) for keyword, operand in tests)).compiled()(values)


@pytest.mark.parametrize(
    ("keyword", "operand", "value", "expected"),
    [
        ("equals", "hard", "hard", True),
        ("equals", "hard", "Hard", False),
        ("equals", 1, Decimal(1), True),
        ("equals", Decimal("0.1"), Decimal("0.1"), True),
        ("equals", 1, True, False),
        ("equals", True, True, True),
        ("equals", True, 1, False),
        ("in", ("a", "b"), "b", True),
        ("in", ("a", 2), 2, True),
        ("in", (1, 0), True, False),
        ("in", ("a", "b"), ["a"], False),
        ("in", ("a", "b"), {"a": 1}, False),
        ("at_least", 4, 4, True),
        ("at_least", 4, Decimal("3.99"), False),
        ("at_least", 4, "5", False),
        ("at_least", 1, True, False),
        ("at_most", 4, 4.0, True),
        ("at_most", 4, 5, False),
        ("at_most", 4, None, False),
        ("matches", "^/pricing", "/pricing/team", True),
        ("matches", "pricing", "/pricing", True),
        ("matches", "^/pricing", "/blog/pricing", False),
        ("matches", "1", 1, False),
        ("present", True, "", True),
        ("present", True, None, False),
        ("present", False, None, True),
        ("present", False, 0, False),
    ],
)
def test_a_condition_compares_values_of_its_own_type_only(
    keyword: Keyword, operand: Any, value: Any, expected: bool
) -> None:
    assert holds("p", {"p": value}, (keyword, operand)) is expected


@pytest.mark.parametrize("keyword", ["equals", "in", "at_least", "at_most", "matches"])
def test_no_comparison_holds_of_what_is_absent(keyword: Keyword) -> None:
    operand: Any = {"in": ("a",), "matches": "a"}.get(keyword, 1)

    assert not holds("p", {}, (keyword, operand))


def test_all_comparisons_of_a_condition_must_hold() -> None:
    between: tuple[tuple[Keyword, Any], ...] = (("at_least", 50), ("at_most", 500))

    assert [holds("size", {"size": size}, *between) for size in (49, 50, 500, 501)] == [False, True, True, False]


def test_a_name_may_be_a_path_and_a_value_of_the_whole_name_comes_first() -> None:
    nested = {"company": {"size": 5}}

    assert holds("company.size", nested, ("equals", 5))
    assert holds("company.size", nested | {"company.size": 7}, ("equals", 7))
    assert not holds("company.size", {"company": "ACME"}, ("equals", 5))
    assert not holds("company.size.more", nested, ("present", True))


def test_a_pattern_that_backtracking_engines_never_end_with_is_over_at_once() -> None:
    started = time.perf_counter()

    assert not holds("p", {"p": "a" * 50_000 + "!"}, ("matches", "^(a+)+$"))
    assert not holds("p", {"p": "a" * 50_000 + "!"}, ("matches", "^(([a-z])+.)+[A-Z]([a-z])+$"))

    # Not a measurement: Python's own engine would need longer than the universe is old.
    assert time.perf_counter() - started < 30
