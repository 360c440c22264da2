"""The stages and questions of a definition by name, as the rules about references need them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lifecycle.funnel.problem import Path, Problem, one_of, pointer

#: An object of a document.
Data = Mapping[str, Any]


class Outline:
    """The stages and questions of a definition, by name.

    Attributes:
        document: the definition.
        stages: each with its place in the document.
        keys: the keys of all stages.
        ladder: the keys of those on the ladder, from bottom to top.
        questions: the keys of the questions of the checklist.
    """

    def __init__(self, document: Data) -> None:
        self.document = document
        self.stages: list[tuple[Path, Data]] = [
            (("stages", index), stage) for index, stage in enumerate(document["stages"])
        ]
        self.keys = list(dict.fromkeys(stage["key"] for _, stage in self.stages))
        on_ladder = [stage for _, stage in self.stages if not stage.get("beside")]
        self.ladder = [stage["key"] for stage in sorted(on_ladder, key=lambda stage: stage.get("rank", 0))]
        self.questions = [question["key"] for question in document.get("qualification", ())]

    def is_beside(self, key: str) -> bool:
        """Whether a stage stands beside the ladder."""
        return key not in self.ladder

    def unknown(self, path: Path, key: str) -> Iterator[Problem]:
        """The problem of a name that is not the key of a stage."""
        if key not in self.keys:
            yield Problem(pointer(path), f"names {key}, which is no stage of this funnel", one_of(self.keys, key))


def texts_at(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """The texts of a field that holds one or a list of them, each with its place."""
    if isinstance(value, str):
        yield path, value
    else:
        yield from (((*path, index), text) for index, text in enumerate(value))
