"""JMESPath (https://jmespath.org) for expressions that a workspace writes: exact numbers, and a bounded cost.

A short expression can double what it has again and again, so that evaluating it is charged by steps. A plain path such
as ``data.person.email`` and a comparison such as ``kind == 'order'``, which is what most expressions are, need no
library.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.parser import ParsedResult
from jmespath.visitor import Options, TreeInterpreter

from lifecycle.sources.source import UnreadablePartError

MAX_EXPRESSION = 500

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_COMPARISON = re.compile(rf"({_PATH.pattern}) (==|!=) '([^'\\]*)'")
#: Characters of a text that are charged like an entry of a list.
_CHARACTERS_A_STEP = 64


class Budget:
    """The steps that the expressions of one delivery may take together."""

    __slots__ = ("left",)

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Take some steps. Raises UnreadablePartError where there are not so many left."""
        self.left -= steps
        if self.left < 0:
            raise UnreadablePartError("the expressions take too many steps on it")


Expression = Callable[[Any, Budget], Any]


@lru_cache(maxsize=1024)
def compiled(text: str) -> Expression:
    """An expression, ready to be evaluated.

    Returns:
        (value, budget) to the result, which raises UnreadablePartError where the value does not fit the expression.

    Raises:
        ValueError: it is no expression. The message says why.
    """
    if len(text) > MAX_EXPRESSION:
        raise ValueError(f"has more than {MAX_EXPRESSION} characters")
    if _PATH.fullmatch(text):
        return _walk(text.split("."))
    if match := _COMPARISON.fullmatch(text):
        return _compare(_walk(match[1].split(".")), match[3], match[2] == "==")
    try:
        parsed: ParsedResult = jmespath.compile(text)
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except JMESPathError as error:
        at = getattr(error, "lex_position", None)
        raise ValueError("is not JMESPath" + (f" from character {at + 1} on" if isinstance(at, int) else "")) from None
    return lambda value, budget: _evaluate(parsed, value, budget)


def _walk(names: list[str]) -> Expression:
    def walk(value: Any, _budget: Budget) -> Any:
        for name in names:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    return walk


def _compare(walk: Expression, text: str, equal: bool) -> Expression:
    return lambda value, budget: (walk(value, budget) == text) is equal


def _evaluate(parsed: ParsedResult, value: Any, budget: Budget) -> Any:
    try:
        return _Counting(budget).visit(parsed.parsed, value)
    except UnreadablePartError:
        raise
    except (JMESPathError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError):
        # What the library raises of itself, and what comes through its functions from values that they are not for.
        raise UnreadablePartError("it does not fit the expression") from None


class _Exact(Functions):  # type: ignore[misc] # the library has no types
    """The functions, for numbers with a fraction that are ``Decimal``."""

    def _get_allowed_pytypes(self, types: Any) -> Any:
        allowed, within = super()._get_allowed_pytypes(types)
        return _with_decimal(allowed), [_with_decimal(one) for one in within]

    def _convert_to_jmespath_type(self, pyobject: str) -> Any:
        return "number" if pyobject == "Decimal" else super()._convert_to_jmespath_type(pyobject)

    @signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_to_number(self, arg: Any) -> Any:
        if isinstance(arg, bool) or not isinstance(arg, int | float | Decimal | str):
            return None
        if not isinstance(arg, str):
            return arg
        try:
            number = Decimal(arg.strip()[:64])
        except InvalidOperation:
            return None
        return number if number.is_finite() else None

    @signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_type(self, arg: Any) -> Any:
        return "number" if isinstance(arg, Decimal) else super()._func_type(arg)


def _with_decimal(names: Any) -> list[str]:
    return [*names, "Decimal"] if "float" in names else list(names)


_OPTIONS = Options(custom_functions=_Exact())


class _Counting(TreeInterpreter):  # type: ignore[misc] # the library has no types
    """The library's interpreter, charging each step by what it makes."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(_OPTIONS)
        self._budget = budget

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        result = _VISITS[node["type"]](self, node, *args, **kwargs)
        made = result.__class__
        if made is list or made is dict:
            self._budget.spend(1 + len(result))
        elif made is str:
            self._budget.spend(1 + len(result) // _CHARACTERS_A_STEP)
        else:
            self._budget.spend(1)
        return result

    def visit_flatten(self, node: Any, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        if isinstance(base, list):
            self._budget.spend(sum(len(inner) for inner in base if isinstance(inner, list)))
        return super().visit_flatten({**node, "children": [{"type": "literal", "value": base, "children": []}]}, value)

    def visit_multi_select_list(self, node: Any, value: Any) -> Any:
        return self._whole(super().visit_multi_select_list(node, value))

    def visit_multi_select_dict(self, node: Any, value: Any) -> Any:
        return self._whole(super().visit_multi_select_dict(node, value))

    def _whole(self, made: Any) -> Any:
        """What names the same value several times, charged as if each were another one: written out, it is."""
        within = [made]
        while within:
            value = within.pop()
            if isinstance(value, list | dict):
                self._budget.spend(1 + len(value))
                within.extend(value.values() if isinstance(value, dict) else value)
        return made


#: How each type of node is visited: the library would look it up again for every expression.
_VISITS: dict[str, Callable[..., Any]] = {
    name.removeprefix("visit_"): getattr(_Counting, name) for name in dir(_Counting) if name.startswith("visit_")
}
