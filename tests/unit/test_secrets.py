"""Nothing secret is compared byte by byte: how long a wrong answer takes must not tell how much of it was right.

Keys and sessions are found by the SHA-256 of what was sent. That a look-up by a hash may take longer for some hashes
tells about hashes, and nobody can choose a secret by the hash that it will have. What is left to compare (the token for
changes by cookie, the state and the nonce of a sign-in) is compared by ``hmac.compare_digest``. Signatures of tokens
are verified with public keys, where there is nothing to find out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FOLDERS = ("functions", "layers/lifecycle/lifecycle/contract", "layers/lifecycle/lifecycle/services")

#: Words in the names of what holds something secret, or what would help to guess it.
SECRET = {"token", "secret", "csrf", "state", "nonce", "verifier", "digest", "session", "cookie", "password", "key"}


def comparisons(source: str) -> Iterator[tuple[int, str]]:
    """Where a source compares two values of which one is called like a secret, neither of them a constant."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            sides = [node.left, *node.comparators]
            if not any(isinstance(side, ast.Constant) for side in sides):
                for side in sides:
                    if set(_words(side)) & SECRET:
                        yield node.lineno, ast.unparse(node)
                        break


def _words(node: ast.expr) -> list[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lower().strip("_").split("_")
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name.lower().strip("_").split("_")
    return []


def test_no_module_of_the_ways_in_compares_a_secret() -> None:
    found = [
        (str(path.relative_to(PROJECT)), *place)
        for folder in FOLDERS
        for path in sorted((PROJECT / folder).rglob("*.py"))
        for place in comparisons(path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_a_comparison_would_be_noticed() -> None:
    source = "if sent != csrf_token_of(session): raise\nfine = kind == 'session'\nbad = request.state == begun.state"

    assert [line for line, _ in comparisons(source)] == [1, 3]
