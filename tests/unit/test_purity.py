"""The rules are pure. The import contract keeps modules out; these names come in with modules that it must let in."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import lifecycle

LAYER = Path(lifecycle.__file__).parent
FOLDERS = ("engine", "funnel", "reports", "sources")
PURE = [
    LAYER / "events.py",
    LAYER / "mail_address.py",
    *sorted(path for name in FOLDERS for path in (LAYER / name).glob("*.py")),
]
#: Methods and functions that read a clock, or hand out something new each time.
IMPURE = {"now", "utcnow", "today", "fromtimestamp", "uuid4", "getenv", "open", "print", "input"}


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(LAYER)))
def test_the_rules_read_no_clock_and_no_environment(path: Path) -> None:
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
    }

    assert not called & IMPURE
