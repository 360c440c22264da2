"""What is to be said of a definition before anybody is moved by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from lifecycle.funnel.changes.sentences import changes
from lifecycle.funnel.form.document import Problem, normalise, problems_of
from lifecycle.funnel.meaning.check import check
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.services.funnel_results import Judgement
from lifecycle.store.schema import SHARDS


class ProspectCounts(Protocol):
    """Counts the prospects of a stage; ``store.protocol.JobRecords`` does."""

    def count(self, stage: str, shard: int) -> int: ...


class Judge:
    """Holds definitions against the schema, against sense, and against where the prospects stand.

    Arguments:
        prospects: of the workspace.
    """

    def __init__(self, prospects: ProspectCounts) -> None:
        self._prospects = prospects

    def judge(self, definition: Any, in_force: Mapping[str, Any]) -> Judgement:
        """Judge a definition.

        Arguments:
            definition: any JSON value, as somebody wrote it.
            in_force: the definition that it would replace.

        Returns:
            What is to be said of it. Where its form is wrong, nothing beyond that: what a document means that is no
            definition cannot be told.
        """
        malformed = problems_of(definition)
        if malformed:
            return Judgement(definition, malformed, warnings=(), changes=())
        normal = normalise(definition)
        checked = check(normal, parse_funnel(normal, version=0))
        problems = (*checked.errors, *self._abandoned(normal, in_force))
        return Judgement(normal, problems, checked.warnings, changes(in_force, normal))

    def _abandoned(self, definition: Mapping[str, Any], in_force: Mapping[str, Any]) -> Iterator[Problem]:
        """A problem for each stage that is gone without a successor, and that prospects stand in."""
        for key, count in self.stranded(definition, in_force):
            yield Problem(
                "/stages",
                f"has no stage {key!r} any more, in which {_prospects(count)} stand{'s' if count == 1 else ''}",
                f'the stage {key!r}, or "replaces": "{key}" on the stage where they go',
            )

    def stranded(self, definition: Mapping[str, Any], in_force: Mapping[str, Any]) -> list[tuple[str, int]]:
        """The stages that a definition lacks and replaces by none, with the prospects in them; empty ones left out."""
        kept = {stage["key"] for stage in definition["stages"]}
        replaced = {key for stage in definition["stages"] for key in _texts(stage.get("replaces", ()))}
        gone = [stage["key"] for stage in in_force["stages"] if stage["key"] not in kept | replaced]
        counts = [(key, sum(self._prospects.count(key, shard) for shard in range(SHARDS))) for key in gone]
        return [(key, count) for key, count in counts if count]


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _prospects(count: int) -> str:
    return "1 prospect" if count == 1 else f"{count} prospects"
