"""Where the criteria of a funnel stand in its document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lifecycle.funnel.criteria import Criterion, parts_of
from lifecycle.funnel.parsing import parse_criterion
from lifecycle.funnel.problem import Path


@dataclass(frozen=True, slots=True)
class Place:
    """A criterion where it stands, with the parts that it is built of.

    Attributes:
        criterion: what stands there.
        path: where.
        parts: where its parts stand; none of a leaf.
        lasting: it stands under a ``not``, at any depth: it is asked about the whole log.
    """

    criterion: Criterion
    path: Path
    parts: tuple[Place, ...]
    lasting: bool

    def walk(self) -> Iterator[Place]:
        """This one and all below, in the order of the document."""
        yield self
        for part in self.parts:
            yield from part.walk()


def place_of(data: Mapping[str, Any], path: Path) -> Place:
    """Read a criterion and where its parts stand.

    Arguments:
        data: the criterion, as the document has it.
        path: where it stands.
    """
    return _placed(parse_criterion(data), data, path, lasting=False)


def _placed(criterion: Criterion, data: Mapping[str, Any], path: Path, *, lasting: bool) -> Place:
    ((kind, content),) = data.items()
    places = [(content, (*path, kind))] if kind == "not" else _in_list(kind, content, path)
    parts = zip(parts_of(criterion), places, strict=True)
    below = lasting or kind == "not"
    return Place(criterion, path, tuple(_placed(part, own, at, lasting=below) for part, (own, at) in parts), lasting)


def _in_list(kind: str, content: Any, path: Path) -> list[tuple[Any, Path]]:
    if kind in ("all", "any"):
        return [(part, (*path, kind, index)) for index, part in enumerate(content)]
    if kind == "at_least":
        return [(part, (*path, kind, "of", index)) for index, part in enumerate(content["of"])]
    return []


def stage_places(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Place]]:
    """The criteria of the stages, in the order of the document.

    Yields:
        The key of the stage, the field (``enter_when``, or ``when`` of one of its statuses), and the criterion.
    """
    for index, stage in enumerate(document["stages"]):
        path: Path = ("stages", index)
        if "enter_when" in stage:
            yield stage["key"], "enter_when", place_of(stage["enter_when"], (*path, "enter_when"))
        for number, status in enumerate(stage.get("statuses", ())):
            if "when" in status:
                yield stage["key"], "when", place_of(status["when"], (*path, "statuses", number, "when"))


def other_places(document: Mapping[str, Any]) -> Iterator[Place]:
    """The criteria of the checklist and of the score, in the order in which the schema names them."""
    for index, question in enumerate(document.get("qualification", ())):
        if "met_when" in question:
            yield place_of(question["met_when"], ("qualification", index, "met_when"))
    for field, kind in (("rules", "activity"), ("fit", "attribute")):
        for index, rule in enumerate(document.get("score", {}).get(field, ())):
            yield place_of({kind: rule[kind]}, ("score", field, index))
