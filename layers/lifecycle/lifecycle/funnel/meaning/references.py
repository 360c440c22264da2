"""What a definition names must be there, and what it says once must not be said in another way elsewhere.

These rules need no more than the document; ``contradiction`` and ``reach`` judge what its criteria come to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from lifecycle.funnel.criteria import AtLeastCriterion, BelowCriterion, DealCriterion, StageCriterion
from lifecycle.funnel.meaning.outline import Data, Outline, texts_at
from lifecycle.funnel.meaning.places import Place, other_places, stage_places
from lifecycle.funnel.meaning.recycling import idle_rules
from lifecycle.funnel.problem import Path, Problem, one_of, pointer


def broken_references(document: Data) -> Iterator[Problem]:
    """What is wrong with a definition, as far as that shows without asking what its criteria come to.

    Arguments:
        document: one that ``document.problems_of`` found nothing wrong with.
    """
    outline = Outline(document)
    yield from _repeated_keys(outline)
    yield from _ladder(outline)
    for path, stage in outline.stages:
        yield from _stage(outline, path, stage)
    for _, _, root in stage_places(document):
        for place in root.walk():
            yield from _criterion(outline, place)
    yield from _patterns(document)
    yield from idle_rules(outline)
    yield from _business_time(document.get("business_time", {}))


# ----------------------------------------------------------------------------------------------------------------------
# Stages
# ----------------------------------------------------------------------------------------------------------------------


def _repeated_keys(outline: Outline) -> Iterator[Problem]:
    yield from _repeated(outline.stages, "is the key of an earlier stage", "a key that no other stage has")
    questions = [(("qualification", i), one) for i, one in enumerate(outline.document.get("qualification", ()))]
    yield from _repeated(questions, "is the key of an earlier question", "a key that no other question has")
    for path, stage in outline.stages:
        statuses = [((*path, "statuses", i), one) for i, one in enumerate(stage.get("statuses", ()))]
        yield from _repeated(statuses, "is the key of an earlier status of the stage", "a key for each status")
    straight: dict[str, str] = {}
    for path, stage in outline.stages:
        if "decision" in stage and straight.setdefault(stage["decision"], stage["key"]) != stage["key"]:
            reason = f"leads straight to {straight[stage['decision']]} already"
            yield Problem(pointer((*path, "decision")), reason, "a kind of decision that leads to one stage")


def _repeated(entries: Sequence[tuple[Path, Data]], reason: str, expected: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for path, entry in entries:
        if entry["key"] in seen:
            yield Problem(pointer((*path, "key")), f"{reason}, too: {entry['key']}", expected)
        seen.add(entry["key"])


def _ladder(outline: Outline) -> Iterator[Problem]:
    if not outline.ladder:
        yield Problem("/stages", "has no stage on the ladder", "at least one stage that is not beside the ladder")
    on_ladder = [(path, stage) for path, stage in outline.stages if not stage.get("beside")]
    ranked = [stage["key"] for _, stage in on_ladder if "rank" in stage]
    for path, stage in on_ladder:
        if ranked and "rank" not in stage:
            reason = f"is missing, and {ranked[0]} has one"
            yield Problem(pointer((*path, "rank")), reason, "a rank for every stage on the ladder, or for none")
    ranks: dict[int, str] = {}
    for path, stage in on_ladder:
        if "rank" in stage and ranks.setdefault(stage["rank"], stage["key"]) != stage["key"]:
            reason = f"is the rank of {ranks[stage['rank']]}, too"
            yield Problem(pointer((*path, "rank")), reason, "a rank that no other stage has")


def _stage(outline: Outline, path: Path, stage: Data) -> Iterator[Problem]:
    if stage.get("beside"):
        yield from _beside(path, stage)
    elif stage.get("anonymous") and outline.ladder[0] != stage["key"]:
        reason = f"is true for {stage['key']}, and the ladder begins with {outline.ladder[0]}"
        yield Problem(pointer((*path, "anonymous")), reason, "true for no stage but the first on the ladder")
    for at, key in texts_at(stage.get("from", ()), (*path, "from")):
        yield from outline.unknown(at, key)
        if key == stage["key"]:
            yield Problem(pointer(at), "names the stage itself", "stages from which prospects come here")
    yield from _replaces(outline, path, stage)
    if "requires" in stage:
        yield from _requirement(outline, (*path, "requires"), stage["requires"])


def _beside(path: Path, stage: Data) -> Iterator[Problem]:
    """What no stage beside the ladder has."""
    if "rank" in stage:
        reason = "stands on a stage beside the ladder"
        yield Problem(pointer((*path, "rank")), reason, "no rank, or a stage on the ladder")
    for field, expected in (
        ("anonymous", "true for no stage but the first on the ladder"),
        ("reopens", "true for the stages on the ladder that take prospects back"),
        ("allow_reversion", "true for the stages on the ladder that take prospects back from higher ones"),
    ):
        if stage.get(field):
            yield Problem(pointer((*path, field)), "is true for a stage beside the ladder", expected)


def _replaces(outline: Outline, path: Path, stage: Data) -> Iterator[Problem]:
    earlier = {
        key
        for other, before in outline.stages
        if other < path
        for _, key in texts_at(before.get("replaces", ()), other)
    }
    for at, key in texts_at(stage.get("replaces", ()), (*path, "replaces")):
        if key in outline.keys:
            reason, expected = f"names {key}, which is a stage of this funnel", "stages that it has not any more"
            yield Problem(pointer(at), reason, expected)
        elif key in earlier:
            reason, expected = f"names {key}, which an earlier stage replaces, too", "one stage that takes its place"
            yield Problem(pointer(at), reason, expected)


def _requirement(outline: Outline, path: Path, requires: Data) -> Iterator[Problem]:
    for at, key in [
        *texts_at(requires["of"], (*path, "of")),
        *texts_at(requires.get("always", ()), (*path, "always")),
    ]:
        if key not in outline.questions:
            expected = one_of(outline.questions, key) if outline.questions else "a question of qualification"
            yield Problem(pointer(at), f"names {key}, which is no question of the checklist", expected)
        elif key not in requires["of"]:
            reason = f"names {key}, which is none of the questions under of"
            yield Problem(pointer(at), reason, one_of(requires["of"], key))
    if requires.get("at_least", 0) > len(requires["of"]):
        reason = f"asks for {requires['at_least']} of {len(requires['of'])} questions"
        yield Problem(pointer((*path, "at_least")), reason, f"at most {len(requires['of'])}")


# ----------------------------------------------------------------------------------------------------------------------
# Criteria
# ----------------------------------------------------------------------------------------------------------------------


def _criterion(outline: Outline, place: Place) -> Iterator[Problem]:
    match place.criterion:
        case BelowCriterion(key):
            yield from _below(outline, (*place.path, "below"), key)
        case StageCriterion(stages):
            for key in stages:
                yield from outline.unknown((*place.path, "stage", "in"), key)
        case AtLeastCriterion(count, parts) if count > len(parts):
            reason = f"asks for {count} of {_number(len(parts), 'part')}"
            yield Problem(pointer((*place.path, "at_least", "count")), reason, f"at most {len(parts)}")
        case DealCriterion(amount=amount) if amount and amount.at_least is not None and amount.at_most is not None:
            if amount.at_least > amount.at_most:
                reason = f"asks for at least {amount.at_least} and at most {amount.at_most}"
                yield Problem(pointer((*place.path, "deal", "amount")), reason, "at_least that is not above at_most")


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _below(outline: Outline, path: Path, key: str) -> Iterator[Problem]:
    yield from outline.unknown(path, key)
    if key in outline.keys and outline.is_beside(key):
        yield Problem(
            pointer(path), f"names {key}, which stands beside the ladder", one_of(outline.ladder or outline.keys, key)
        )
    elif key in outline.ladder[:1]:
        expected = one_of(outline.ladder[1:], "") if outline.ladder[1:] else "a criterion that can hold"
        yield Problem(pointer(path), f"names {key}, the first stage, below which nobody stands", expected)


def _patterns(document: Data) -> Iterator[Problem]:
    """Regular expressions that cannot be read, wherever they stand."""
    roots = [*(place for _, _, place in stage_places(document)), *other_places(document)]
    for place in (place for root in roots for place in root.walk()):
        for path, pattern in _patterns_of(document, place):
            error = _pattern_error(pattern)
            if error is not None:
                reason = f"is no regular expression that RE2 can read: {error}"
                yield Problem(
                    pointer(path), reason, "an expression of RE2, which knows no backreferences or lookarounds"
                )


def _patterns_of(document: Data, place: Place) -> Iterator[tuple[Path, str]]:
    content: Any = document
    for part in place.path:
        content = content[part]
    if "attribute" in content and "matches" in content["attribute"]:
        yield (*place.path, "attribute", "matches"), content["attribute"]["matches"]
    for name, comparison in content.get("activity", {}).get("properties", {}).items():
        if isinstance(comparison, Mapping) and "matches" in comparison:
            yield (*place.path, "activity", "properties", name, "matches"), comparison["matches"]


def _pattern_error(pattern: str) -> str | None:
    import re2  # see conditions

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        (text, *_) = error.args or ("",)
        return text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    return None


# ----------------------------------------------------------------------------------------------------------------------
# Time
# ----------------------------------------------------------------------------------------------------------------------


def _business_time(data: Data) -> Iterator[Problem]:
    opens, closes = data.get("opens", "09:00"), data.get("closes", "17:00")
    if opens >= closes:
        field = "closes" if "closes" in data else "opens"
        reason = f"makes the day end at {closes}, and it begins at {opens}"
        yield Problem(f"/business_time/{field}", reason, "a day that ends after it begins, before midnight")
    if "time_zone" in data and not _is_time_zone(data["time_zone"]):
        reason = "is no time zone of the IANA database"
        yield Problem("/business_time/time_zone", reason, "a name such as Europe/Berlin, America/New_York or UTC")


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
