"""What is wrong with a definition, and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

#: Where something stands in a document: names of fields and places in lists, from the outermost inwards.
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a definition, or odd.

    Attributes:
        where: a JSON pointer (RFC 6901) into the definition; of something that is missing, to where it belongs.
        reason: what is wrong there, in words that go on from the place.
        expected: what would be right.
    """

    where: str
    reason: str
    expected: str


class DefinitionSyntaxError(ValueError):
    """A text cannot be read as YAML.

    Attributes:
        line, column: where, both from 1.
        reason: why, in words for the one who wrote it.
    """

    def __init__(self, reason: str, line: int, column: int) -> None:
        self.reason, self.line, self.column = reason, line, column
        super().__init__(f"line {line}, column {column}: {reason}")


def pointer(path: Sequence[str | int]) -> str:
    """The JSON pointer (RFC 6901, section 3) to a place."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def listed(words: Sequence[str]) -> str:
    """Words in a row, with ``or`` before the last: "a, b or c"."""
    *all_but_last, last = words
    return f"{', '.join(all_but_last)} or {last}" if all_but_last else last


def one_of(options: Sequence[str], found: Any) -> str:
    """What would be right where one of some words must stand, and which of them may have been meant by what does."""
    if len(options) == 1:
        return options[0]
    alike = get_close_matches(found, options, n=1) if isinstance(found, str) else []
    return f"one of {', '.join(options)}" + (f"; did you mean {alike[0]}?" if alike else "")


def in_order(document: Any, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems in the order of the document that they are about, each once; what is missing ends its object."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: _position(document, problem.where)))


def _position(document: Any, where: str) -> tuple[int, ...]:
    place: list[int] = []
    at = document
    for part in where.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(at, list):
            place.append(int(name))
            at = at[int(name)]
        elif isinstance(at, Mapping):
            names = list(at)
            place.append(names.index(name) if name in at else len(names))
            at = at.get(name)
    return tuple(place)
