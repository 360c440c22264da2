"""What a definition may mean, and probably does not: things to look at before signing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lifecycle.funnel.conditions import Comparison, Condition
from lifecycle.funnel.criteria import (
    ActivityCriterion,
    AttributeCriterion,
    BelowCriterion,
    Criterion,
    DealCriterion,
    DecisionCriterion,
    ScoreCriterion,
    StageCriterion,
)
from lifecycle.funnel.definition import Funnel, Retention, Stage
from lifecycle.funnel.durations import Duration
from lifecycle.funnel.mail_domains import is_free
from lifecycle.funnel.meaning.contradiction import Claim, World
from lifecycle.funnel.meaning.places import stage_places
from lifecycle.funnel.meaning.reach import Reach
from lifecycle.funnel.meaning.satisfiable import Budget, Goal, Search, TooManyWaysError
from lifecycle.funnel.problem import Path, Problem, pointer

#: What happens, and does not only hold.
_EVENTS = (ActivityCriterion, DealCriterion, DecisionCriterion, ScoreCriterion, StageCriterion)


def oddities(document: Mapping[str, Any], reach: Reach, budget: Budget) -> Iterator[Problem]:
    """What is odd about a definition in which nothing is wrong.

    Arguments:
        document: the definition.
        reach: from where the criteria of its funnel lead where.
        budget: what the searches may cost.
    """
    funnel = reach.funnel
    for index, data in enumerate(document["stages"]):
        stage, path = funnel.stage(data["key"]), ("stages", index)
        yield from _words(document, stage, path)
        yield from _without_effect(funnel, reach, data, stage, path)
        yield from _too_easy(funnel, reach, stage, path, budget)
    yield from _idle_decisions(document, funnel)
    yield from _unasked(document, funnel)
    yield from _short_retention(document, funnel)
    for number, domain in enumerate(document.get("competitor_domains", ())):
        if is_free(domain.lower()):
            reason = "is a free provider, with whom anybody may have an address"
            yield Problem(pointer(("competitor_domains", number)), reason, "a domain of the competitor's own")


def _words(document: Mapping[str, Any], stage: Stage, path: Path) -> Iterator[Problem]:
    """What people will not understand of a stage."""
    if not (stage.owner or stage.beside or stage.anonymous):
        yield Problem(pointer((*path, "owner")), f"is missing: nobody looks after {stage.key}", "marketing or sales")
    labels = [other.get("label", other["key"]) for other in document["stages"][: path[1]]]
    if stage.label in labels:
        namesake = document["stages"][labels.index(stage.label)]["key"]
        yield Problem(pointer((*path, "label")), f"is the label of {namesake}, too", "a label of its own")


def _without_effect(
    funnel: Funnel, reach: Reach, data: Mapping[str, Any], stage: Stage, path: Path
) -> Iterator[Problem]:
    """What a stage declares in vain."""
    if stage.enter_when is None:
        for field in ("from", "reopens", "allow_reversion"):
            if data.get(field):
                reason = f"has no effect: {stage.key} has no criterion, and decisions lead in from everywhere"
                yield Problem(pointer((*path, field)), reason, "enter_when, or nothing here")
        return
    if stage.reopens and not any(other.beside for other in funnel.stages):
        yield Problem(pointer((*path, "reopens")), "has no effect: no stage stands beside the ladder", "nothing here")
    if stage.allow_reversion and stage is funnel.ladder[-1]:
        yield Problem(pointer((*path, "allow_reversion")), "has no effect: no stage is higher", "nothing here")
    elif stage.allow_reversion and not reach.reverts(stage):
        reason = "has no effect: only a new activity takes prospects back, and the criterion asks for none"
        yield Problem(pointer((*path, "allow_reversion")), reason, "an activity in enter_when, or nothing here")


def _too_easy(funnel: Funnel, reach: Reach, stage: Stage, path: Path, budget: Budget) -> Iterator[Problem]:
    """Criteria that hold of those of whom nothing is known, or take back at once who has just left."""
    if stage.enter_when is None or stage is funnel.ladder[0]:
        return
    at, origins = pointer((*path, "enter_when")), reach.origins(stage)
    beside = frozenset(key for key in origins if funnel.stage(key).beside)
    if _holds_without(_evidence, stage.enter_when, World(funnel, origins - beside), budget):
        reason = "can hold of those of whom nothing is known, and they would move at once"
        yield Problem(at, reason, "at least one thing that must be known or have happened, in each way to meet it")
    elif _holds_without(_news, stage.enter_when, World(funnel, beside), budget):
        reason = "can hold without anything new, and takes prospects back as soon as they stand beside the ladder"
        yield Problem(
            at, reason, "an activity, a score, a deal, a decision or a time in a stage in each way to meet it"
        )


def _holds_without(kind: Callable[[Claim], bool], criterion: Criterion, world: World, budget: Budget) -> bool:
    """Whether there is a way to meet a criterion, somewhere, without a claim of a kind."""
    try:
        return bool(world.standing) and any(
            not any(map(kind, way)) for way in Search(world, budget).ways(Goal(criterion))
        )
    except TooManyWaysError:
        return False


def _evidence(claim: Claim) -> bool:
    """Whether a claim is true only of somebody of whom something is known."""
    match claim.leaf:
        case BelowCriterion():
            return False
        case ScoreCriterion(at_least):
            return claim.holds and at_least > 0
        case AttributeCriterion(Condition(tests=tests)):
            return claim.holds and Comparison("present", False) not in tests
    return claim.holds


def _news(claim: Claim) -> bool:
    """Whether a claim comes true, of somebody who has just left the ladder, only by something that happens."""
    return _evidence(claim) and not claim.lasting and isinstance(claim.leaf, _EVENTS)


def _idle_decisions(document: Mapping[str, Any], funnel: Funnel) -> Iterator[Problem]:
    """Criteria that wait for a decision which takes prospects beside the ladder, where it does not count any more."""
    exits = {stage.decision: stage.key for stage in funnel.stages if stage.beside and stage.decision}
    for key, _, root in stage_places(document):
        for place in root.walk():
            leaf = place.criterion
            if isinstance(leaf, DecisionCriterion) and exits.get(leaf.action, key) != key and not place.lasting:
                reason = (
                    f"waits for a decision that leads straight to {exits[leaf.action]}, from where on it is forgotten"
                )
                yield Problem(pointer((*place.path, "decision")), reason, "another decision, or no decision there")


def _short_retention(document: Mapping[str, Any], funnel: Funnel) -> Iterator[Problem]:
    """Activities that go earlier than a criterion looks back. It goes on counting them; a new one might not."""
    looks_back = [
        (leaf, place.path)
        for _, _, root in stage_places(document)
        for place in root.walk()
        if isinstance(leaf := place.criterion, ActivityCriterion) and leaf.within
    ]
    for path, types, kept in _kept_times(funnel.retention):
        for leaf, place in looks_back:
            counted = leaf.type in types if types is not None else leaf.type not in funnel.retention.activities
            if counted and leaf.within is not None and kept.length < leaf.within.length:
                reason = (
                    f"is shorter than the {leaf.within} that {pointer(place)} looks back: a later version that asks of "
                    "other properties could not see them of activities that are deleted"
                )
                yield Problem(pointer(path), reason, f"at least {leaf.within}, or what is needed to keep privacy")
                break


def _kept_times(retention: Retention) -> Iterator[tuple[Path, frozenset[str | None] | None, Duration]]:
    """How long activities are kept: where that stands, of which types (``None``: of all that are not named), and how
    long. A criterion of any type counts those of each."""
    for type_, duration in retention.activities.items():
        yield ("retention", "activities", type_), frozenset((type_, None)), duration
    if retention.default is not None:
        yield ("retention", "default"), None, retention.default


def _unasked(document: Mapping[str, Any], funnel: Funnel) -> Iterator[Problem]:
    """What the funnel lists and does not use, or uses and does not say."""
    asked = {key for stage in funnel.stages if stage.requires for key in stage.requires.of}
    for index, question in enumerate(funnel.qualification):
        if asked and question.key not in asked:
            reason = f"is required by no stage: {question.key}"
            yield Problem(pointer(("qualification", index)), reason, "a stage whose requires names it")
    if "score" in document and World(funnel).scores == (0, 0):
        yield Problem("/score", "gives no points for anything", "points under weights, other, rules or fit")
    limited = [stage.key for stage in funnel.stages if stage.time_limit and stage.time_limit.is_business]
    if limited and "business_time" not in document:
        reason = f"is missing: Monday to Friday from 09:00 to 17:00 UTC count for the time limit of {limited[0]}"
        yield Problem("/business_time", reason, "the working hours of those who look after the prospects")
