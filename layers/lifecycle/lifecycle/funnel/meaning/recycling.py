"""Rules of recycling: they lead down or beside the ladder, and each counts somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from lifecycle.funnel.meaning.outline import Data, Outline, texts_at
from lifecycle.funnel.problem import Path, Problem, pointer


def idle_rules(outline: Outline) -> Iterator[Problem]:
    """What is wrong with the rules of recycling: where they lead, from where, and which never count."""
    taken = _Taken()
    for index, rule in enumerate(outline.document.get("recycling", ())):
        path: Path = ("recycling", index)
        wrong = [*_destination(outline, path, rule), *_origins(outline, path, rule)]
        yield from wrong
        if not wrong:
            yield from taken.overlaps(outline, path, rule)


def _destination(outline: Outline, path: Path, rule: Data) -> Iterator[Problem]:
    to, at = rule["to"], (*path, "to")
    yield from outline.unknown(at, to)
    if any(stage.get("anonymous") and stage["key"] == to for _, stage in outline.stages):
        yield Problem(pointer(at), f"names {to}, the anonymous stage", "a stage for prospects that are known")
    elif "from" not in rule and to in outline.ladder[-1:]:
        reason = f"names {to}, the highest stage, and recycling leads down"
        yield Problem(pointer(at), reason, "a lower stage, or one beside the ladder")


def _origins(outline: Outline, path: Path, rule: Data) -> Iterator[Problem]:
    to = rule["to"]
    for at, key in texts_at(rule.get("from", ()), (*path, "from")):
        yield from outline.unknown(at, key)
        if key not in outline.keys or to not in outline.keys:
            continue
        if key == to:
            yield Problem(pointer(at), f"names {key}, where the rule leads to", "stages that the rule leads away from")
        elif not outline.is_beside(to) and not _is_above(outline, key, to):
            where = "stands beside the ladder" if outline.is_beside(key) else f"is below {to}"
            yield Problem(pointer(at), f"names {key}, which {where}, and recycling leads down", f"stages above {to}")


def _is_above(outline: Outline, key: str, other: str) -> bool:
    return not outline.is_beside(key) and outline.ladder.index(key) > outline.ladder.index(other)


class _Taken:
    """Which lost reasons (``None``: any) in which stages rules of recycling take, and which rule was the first."""

    def __init__(self) -> None:
        self._first: dict[tuple[str | None, str], tuple[int, bool]] = {}

    def overlaps(self, outline: Outline, path: Path, rule: Data) -> Iterator[Problem]:
        """The problem of a rule that an earlier one leaves nothing to, or that has a pair in common with one.

        A rule without ``from`` may come after others as what counts in all other stages.
        """
        pairs, named = list(_pairs(outline, rule)), "from" in rule
        same = [pair for pair in pairs if named and self._first.get(pair, (0, False))[1]]
        rest = [pair for pair in pairs if pair not in self._first and (None, pair[1]) not in self._first]
        if same or (pairs and not rest):
            reason, key = (same or pairs)[0]
            earlier, _ = self._first.get((reason, key)) or self._first[None, key]
            taker = pointer(("recycling", earlier))
            text = "any reason" if (reason, key) not in self._first or reason is None else f"the reason {reason!r}"
            expected = "one rule for a reason and a stage, and rules for any reason after those for certain ones"
            yield Problem(pointer(path), f"counts never in {key}, where {taker} takes {text}", expected)
        for pair in pairs:
            self._first.setdefault(pair, (int(path[1]), named))


def _pairs(outline: Outline, rule: Data) -> Iterator[tuple[str | None, str]]:
    """The reasons and stages in which a rule of recycling counts."""
    to = rule["to"]
    above = [key for key in outline.ladder if outline.is_beside(to) or _is_above(outline, key, to)]
    origins = [key for _, key in texts_at(rule["from"], ())] if "from" in rule else above
    reasons: list[str | None] = [text for _, text in texts_at(rule["reason"], ())] if "reason" in rule else [None]
    yield from ((reason, key) for reason in reasons for key in origins)
