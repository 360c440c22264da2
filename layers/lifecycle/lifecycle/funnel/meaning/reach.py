"""Whether criteria lead into the stages that have them: from where, and past which others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from lifecycle.funnel.criteria import ActivityCriterion, leaves_of
from lifecycle.funnel.definition import Funnel, Stage
from lifecycle.funnel.meaning.contradiction import Clash, World
from lifecycle.funnel.meaning.impossible import in_words, refutation
from lifecycle.funnel.meaning.outline import texts_at
from lifecycle.funnel.meaning.places import Place, stage_places
from lifecycle.funnel.meaning.satisfiable import Budget, Goal
from lifecycle.funnel.problem import Path, Problem, listed, pointer


class Reach:
    """Where criteria lead in a funnel whose criteria can all hold by themselves.

    Attributes:
        funnel: which.

    Arguments:
        document: the definition.
        funnel: what was parsed from it.
        budget: what the searches may cost.
    """

    def __init__(self, document: Mapping[str, Any], funnel: Funnel, budget: Budget) -> None:
        self._document = document
        self.funnel = funnel
        self._budget = budget
        self._world = World(funnel)
        self._clashes: dict[str, Sequence[Clash]] = {}
        self._paths: dict[str, Path] = {
            stage["key"]: ("stages", index) for index, stage in enumerate(document["stages"])
        }

    def problems(self) -> Iterator[Problem]:
        """Criteria that lead nobody into their stage, and criteria of statuses that never set in."""
        for stage in self.funnel.stages[1:]:
            if stage.enter_when is None:
                continue
            if self._holds_in(stage, self.origins(stage) & self._entered):
                yield from self._passed_by(stage)
            else:
                yield self._unreachable(stage)
        for key, field, place in stage_places(self._document):
            if field == "when":
                yield from self._status(key, place)

    def idle_origins(self) -> Iterator[Problem]:
        """Entries of ``from`` that have no effect, of stages whose other entries have."""
        for stage in self.funnel.stages:
            entries = list(texts_at(self._data(stage).get("from", ()), (*self._paths[stage.key], "from")))
            idle = [(path, key) for path, key in entries if self._bar(stage, key)]
            if stage.enter_when and len(idle) < len(entries):
                for path, key in idle:
                    reason = f"has no effect: {key} {self._bar(stage, key)}"
                    yield Problem(pointer(path), reason, "stages from which criteria can lead here")

    # ---- from where -------------------------------------------------------------------------------------------------

    def origins(self, stage: Stage) -> frozenset[str]:
        """The stages from which the rules of the ladder let criteria lead to one, and its ``from`` does, too."""
        named = {other.key for other in self.funnel.stages} if stage.origins is None else set(stage.origins)
        return frozenset(key for key in named if not self._bar(stage, key))

    def _bar(self, stage: Stage, origin: str) -> str | None:
        """Why no criterion leads from one stage to another, to follow the name of the first."""
        ranks = self._world.ranks
        if stage.beside:
            return "stands beside the ladder, too" if ranks[origin] < 0 else None
        if ranks[origin] < 0:
            return None if stage.reopens else f"stands beside the ladder, and {stage.key} has no reopens"
        if ranks[origin] > ranks[stage.key]:
            return None if self.reverts(stage) else f"is higher, and nothing leads back to {stage.key}"
        return None if ranks[origin] < ranks[stage.key] else "is the stage itself"

    def reverts(self, stage: Stage) -> bool:
        """Whether new events take prospects back to a stage: activities that are evidence for it."""
        leaves = leaves_of(stage.enter_when) if stage.enter_when else ()
        return stage.allow_reversion and any(
            isinstance(leaf, ActivityCriterion) for leaf, lasting in leaves if not lasting
        )

    @cached_property
    def _entered(self) -> frozenset[str]:
        """The stages that prospects come to: where all begin, by decision, by recycling, and by criteria from those."""
        given = {self.funnel.ladder[0].key}
        given |= {stage.key for stage in self.funnel.stages if stage.enter_when is None or stage.decision}
        given |= {rule.to_stage for rule in self.funnel.recycling}
        while True:
            more = {
                stage.key
                for stage in self.funnel.stages
                if stage.key not in given and self._holds_in(stage, self.origins(stage) & given)
            }
            if not more:
                return frozenset(given)
            given |= more

    def _holds_in(self, stage: Stage, standing: frozenset[str]) -> bool:
        """Whether a stage's criterion can hold for those who stand somewhere."""
        if stage.enter_when is None or not standing:
            return False
        clashes = refutation([Goal(stage.enter_when)], replace(self._world, standing=standing), self._budget)
        self._clashes[stage.key] = clashes or ()
        return clashes is None

    # ---- problems ---------------------------------------------------------------------------------------------------

    def _unreachable(self, stage: Stage) -> Problem:
        path, origins = self._paths[stage.key], self.origins(stage) & self._entered
        if origins:
            names = listed([other.key for other in self.funnel.stages if other.key in origins])
            clashes = in_words(self._clashes[stage.key])
            reason = f"never leads to {stage.key}, where prospects come from {names}: {clashes}"
            return Problem(pointer((*path, "enter_when")), reason, "a criterion that can hold there")
        # Without ``from``, prospects may come at least from where all begin.
        bars = [f"{key} {self._bar(stage, key) or 'is never entered itself'}" for key in stage.origins or ()]
        reason = f"lets nobody into {stage.key}: {'; '.join(bars)}"
        return Problem(pointer((*path, "from")), reason, "stages from which criteria can lead here")

    def _passed_by(self, stage: Stage) -> Iterator[Problem]:
        """The problem of a stage whose criterion never holds without that of one which goes first."""
        criterion = stage.enter_when
        if criterion is None or self.reverts(stage):
            return
        if stage.decision or any(rule.to_stage == stage.key for rule in self.funnel.recycling):
            return
        world = replace(self._world, standing=self.origins(stage))
        for other in self._first(stage):
            assert other.enter_when is not None  # noqa: S101 - only those with one go first
            if refutation([Goal(criterion), Goal(other.enter_when, wanted=False)], world, self._budget) is not None:
                reason = f"never leads to {stage.key}: whenever it holds, so does that of {other.key}, which goes first"
                expected = f"a criterion that can hold while that of {other.key} does not"
                yield Problem(pointer((*self._paths[stage.key], "enter_when")), reason, expected)
                return

    def _first(self, stage: Stage) -> Sequence[Stage]:
        """The stages that go before one wherever prospects come to it from: exits, then the higher ones."""
        stages, origins = self.funnel.stages, self.origins(stage)
        higher = stages[stages.index(stage) + 1 :]
        before = [other for other in stages if other.beside and other not in higher] if stage.beside else higher
        return [
            other
            for other in before
            if other is not stage and other.enter_when and not other.requires and origins <= self.origins(other)
        ]

    def _status(self, key: str, place: Place) -> Iterator[Problem]:
        world = replace(self._world, standing=frozenset([key]))
        clashes = refutation([Goal(place.criterion)], world, self._budget)
        if clashes is not None:
            reason = f"can never hold of those who are in {key}: {in_words(clashes)}"
            yield Problem(pointer(place.path), reason, "a criterion that can hold there")

    def _data(self, stage: Stage) -> Mapping[str, Any]:
        data: Mapping[str, Any] = self._document["stages"][self._paths[stage.key][1]]
        return data
