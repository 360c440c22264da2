"""Stages as people see them: their labels and colours, by the funnel in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

#: For stages whose definition names no colour, in their order: far apart for most eyes (Okabe and Ito, 2008).
_PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7a7a00", "#6b7280")


def colour_of(place: int) -> str:
    """The colour of a stage that names none, by its place in the funnel."""
    return _PALETTE[place % len(_PALETTE)]


class StageLook(NamedTuple):
    """What a page shows of a stage."""

    key: str
    label: str
    colour: str
    beside: bool = False
    anonymous: bool = False
    statuses: tuple[tuple[str, str], ...] = ()


class Stages:
    """The stages of a definition, in its order. One that it does not have is called by its key."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self._looks = {
            stage["key"]: StageLook(
                stage["key"],
                str(stage.get("label", stage["key"])),
                str(stage.get("colour") or colour_of(index)),
                bool(stage.get("beside")),
                bool(stage.get("anonymous")),
                tuple((status["key"], str(status.get("label", status["key"]))) for status in stage.get("statuses", ())),
            )
            for index, stage in enumerate(definition["stages"])
        }

    def __getitem__(self, key: str) -> StageLook:
        return self._looks.get(key) or StageLook(key, key, _PALETTE[-1])

    def all(self) -> tuple[StageLook, ...]:
        """All of them."""
        return tuple(self._looks.values())

    @property
    def known(self) -> tuple[StageLook, ...]:
        """Those that a prospect whose email is known can stand in."""
        return tuple(look for look in self._looks.values() if not look.anonymous)
