"""Conditions on named values: the properties of an activity, the traits of a prospect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

#: How many patterns are kept compiled: evidence is looked for with the very searches that counted.
_PATTERNS = 256
#: How many texts are remembered for each pattern.
_REMEMBERED = 512

Keyword = Literal["equals", "in", "at_least", "at_most", "matches", "present"]

_Holds = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of a value. ``in`` has a tuple as operand, ``present`` a bool, ``matches`` an RE2 pattern."""

    keyword: Keyword
    operand: Any

    @property
    def words(self) -> str:
        """The comparison in words, to follow a name."""
        match self.keyword:
            case "in":
                return f"is one of {', '.join(map(str, self.operand))}"
            case "present":
                return "is known" if self.operand else "is not known"
            case "matches":
                return f"matches {self.operand}"
        return {"equals": "is", "at_least": "is at least", "at_most": "is at most"}[self.keyword] + f" {self.operand}"

    def compiled(self) -> _Holds:
        """The comparison as a function of a value.

        A value that is absent (``None``) or of another type does not hold. ``matches`` looks anywhere in a text, by
        RE2, whose time grows with the length of the text and no faster (https://github.com/google/re2/wiki/WhyRE2).
        """
        operand = self.operand
        match self.keyword:
            case "present":
                return lambda value: (value is not None) is operand
            case "equals":
                return lambda value: _equal(value, operand)
            case "in":
                return lambda value: any(_equal(value, option) for option in operand)
            case "at_least":
                return lambda value: _is_number(value) and bool(value >= operand)
            case "at_most":
                return lambda value: _is_number(value) and bool(value <= operand)
        search = _search(operand)
        return lambda value: isinstance(value, str) and search(value)


@dataclass(frozen=True, slots=True)
class Condition:
    """Comparisons of one value, all of which must hold. ``name`` may be a path with dots, as in ``company.size``."""

    name: str
    tests: tuple[Comparison, ...]

    @property
    def sentence(self) -> str:
        """The condition in words."""
        return f"{self.name} " + " and ".join(test.words for test in self.tests)

    def compiled(self) -> Callable[[Mapping[str, Any]], bool]:
        """The condition as a function of the values by name."""
        name, find = self.name, finder(self.name)
        if len(self.tests) > 1:
            parts = [test.compiled() for test in self.tests]
            return lambda values: all(holds(find(values)) for holds in parts)
        only = self.tests[0].compiled()
        if "." in name:
            return lambda values: only(find(values))
        return lambda values: only(values.get(name))


def finder(name: str) -> Callable[[Mapping[str, Any]], Any]:
    """A function that finds a value by its name or, where no value has the whole name, by its path; else ``None``."""
    steps = name.split(".")

    def find(values: Mapping[str, Any]) -> Any:
        if name in values or len(steps) == 1:
            return values.get(name)
        found: Any = values
        for step in steps:
            if not isinstance(found, Mapping):
                return None
            found = found.get(step)
        return found

    return find


def _equal(value: Any, operand: Any) -> bool:
    return isinstance(value, bool) is isinstance(operand, bool) and bool(value == operand)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


@lru_cache(maxsize=_PATTERNS)
def _search(pattern: str) -> Callable[[str], bool]:
    import re2  # half a megabyte of machine code, for the funnels that have a pattern

    compiled = re2.compile(pattern)

    # The same pages and campaigns come again and again, and the way into the library costs more than the search.
    @lru_cache(maxsize=_REMEMBERED)
    def search(text: str) -> bool:
        return compiled.search(text) is not None

    return search
