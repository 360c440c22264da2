"""What is different between two criteria, in words: only what came and went, where that says it all."""

from __future__ import annotations

from collections.abc import Sequence

from lifecycle.funnel.changes.matching import Match, match
from lifecycle.funnel.changes.notation import notation, same
from lifecycle.funnel.criteria import AllCriterion, AnyCriterion, AtLeastCriterion, Criterion


def entry_change(old: Criterion | None, new: Criterion | None) -> str | None:
    """What is different in the way into a stage, to follow the stage's name.

    Arguments:
        old: the criterion before; ``None`` where only a decision led in.
        new: the criterion now.

    Returns:
        Half a sentence; ``None`` if both mean the same.
    """
    if same(old, new):
        return None
    if old is None or new is None:
        now, before = in_words(new, old, none="a decision only")
        return f"now entered by {now}; before: by {before}"
    now, before = in_words(new, old, none="")
    return _difference(old, new) or f"now entered by {now}; before: by {before}"


def in_words(one: Criterion | None, other: Criterion | None, none: str) -> tuple[str, str]:
    """Two criteria in words; exactly where the words alone do not tell them apart. ``none`` is for one that is not."""
    words = [none if criterion is None else criterion.sentence for criterion in (one, other)]
    if words[0] == words[1]:
        words = [f"{text} ({notation(criterion)})" for text, criterion in zip(words, (one, other), strict=True)]
    return words[0], words[1]


def _difference(old: Criterion, new: Criterion) -> str | None:
    """What came and went among the parts; ``None`` where that does not say it all."""
    parts = _parts(old, new, AnyCriterion)
    if parts and _tells(parts):
        return _of_any(parts)
    parts = _parts(old, new, AllCriterion)
    if parts and _tells(parts):
        return _of_all(parts)
    if isinstance(old, AtLeastCriterion) and isinstance(new, AtLeastCriterion):
        return _of_at_least(old, new)
    return None


def _parts(old: Criterion, new: Criterion, kind: type[AnyCriterion | AllCriterion]) -> Match[Criterion] | None:
    """The parts of two criteria of which at least one is of a kind; the other may be its own only part."""
    if not isinstance(old, kind) and not isinstance(new, kind):
        return None
    before = old.parts if isinstance(old, kind) else (old,)
    return match(before, new.parts if isinstance(new, kind) else (new,), notation)


def _tells(parts: Match[Criterion]) -> bool:
    return bool(parts.kept) and bool(parts.added or parts.removed or parts.moved)


def _of_any(parts: Match[Criterion]) -> str:
    if len(parts.added) == len(parts.removed) == 1:
        return _joined(parts, _instead(parts, "now entered by"))
    added, removed = _lists(parts, " or ")
    return _joined(parts, added and f"also entered by {added}", removed and f"no longer entered by {removed}")


def _of_all(parts: Match[Criterion]) -> str:
    if len(parts.added) == len(parts.removed) == 1:
        inner = _difference(parts.removed[0], parts.added[0])
        if inner is None:
            return _joined(parts, _instead(parts, "now requires"))
        as_before = _listed([part for _, part in parts.kept], " and ")
        return _joined(parts, f"{inner} (together with what it takes as before: {as_before})")
    added, removed = _lists(parts, " and ")
    return _joined(parts, added and f"now also requires {added}", removed and f"no longer requires {removed}")


def _of_at_least(old: AtLeastCriterion, new: AtLeastCriterion) -> str | None:
    parts = match(old.parts, new.parts, notation)
    if not parts.kept or not (_tells(parts) or old.count != new.count):
        return None
    added, removed = _lists(parts, "; ")
    counts = f"{new.count} of {len(new.parts)} signals"
    return _joined(
        parts,
        f"now takes {counts}; before: {old.count} of {len(old.parts)}",
        added and f"now also counts as a signal: {added}",
        removed and f"no longer counts as a signal: {removed}",
    )


def _joined(parts: Match[Criterion], *phrases: str) -> str:
    """Phrases, as far as they say anything, and whether what stayed stands in another order."""
    order = "its conditions stand in another order" if parts.moved else ""
    return "; ".join(filter(None, (*phrases, order)))


def _lists(parts: Match[Criterion], joint: str) -> tuple[str, str]:
    """What came and what went, in words; exactly where the words alone do not tell them apart."""
    exact = not {part.sentence for part in parts.added}.isdisjoint(part.sentence for part in parts.removed)
    return _listed(parts.added, joint, exact=exact), _listed(parts.removed, joint, exact=exact)


def _listed(parts: Sequence[Criterion], joint: str, *, exact: bool = False) -> str:
    return joint.join(_bracketed(part) + (f" ({notation(part)})" if exact else "") for part in parts)


def _bracketed(part: Criterion) -> str:
    return f"({part.sentence})" if isinstance(part, AllCriterion | AnyCriterion) else part.sentence


def _instead(parts: Match[Criterion], verb: str) -> str:
    added, removed = _lists(parts, "")
    return f"{verb} {added} instead of {removed}"
