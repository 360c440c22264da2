"""Two versions of a list, held against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """What two lists have in common: pairs of old and new, what came, what went, each in its own order.

    ``moved``: what is in both stands in another order.
    """

    kept: Sequence[tuple[T, T]]
    added: Sequence[T]
    removed: Sequence[T]
    moved: bool


def match(old: Sequence[T], new: Sequence[T], key: Callable[[T], str]) -> Match[T]:
    """Hold two lists against each other by a key.

    Of entries that share a key the first belongs to the first, the second to the second, and so on.
    """
    before, now = _numbered(old, key), _numbered(new, key)
    in_both = [name for name in now if name in before]
    return Match(
        kept=[(before[name], now[name]) for name in in_both],
        added=[now[name] for name in now if name not in before],
        removed=[before[name] for name in before if name not in now],
        moved=in_both != [name for name in before if name in now],
    )


def fewest_moves(old: Sequence[str], new: Sequence[str]) -> frozenset[str]:
    """Of what is in both lists the fewest that have to be moved to make one order of the other."""
    places = {name: place for place, name in enumerate(old)}
    names = [name for name in new if name in places]
    # The longest row of names that stand in the same order in both: for each name the best one that ends with it.
    rows: dict[str, tuple[str, ...]] = {}
    for name in names:
        earlier = [row for other, row in rows.items() if places[other] < places[name]]
        rows[name] = (*_longest(earlier), name)
    return frozenset(names).difference(_longest(rows.values()))


def _longest(rows: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The longest of some rows, the first one of several; an empty one where there is none."""
    return max(rows, key=len, default=())


def _numbered(entries: Iterable[T], key: Callable[[T], str]) -> dict[tuple[str, int], T]:
    seen: Counter[str] = Counter()
    numbered: dict[tuple[str, int], T] = {}
    for entry in entries:
        name = key(entry)
        numbered[name, seen[name]] = entry
        seen[name] += 1
    return numbered
