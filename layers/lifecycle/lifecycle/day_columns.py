"""The steps of a day in columns: what many of them have alike is told once, and their times are numbers side by side.

A busy day has some hundred thousand steps and some hundred shapes of them. Figures are counted from columns, without an
object for each step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from lifecycle.steps import DayRow, LostDeal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Places(dict[Any, int]):
    """Things, each with its place in the order in which they were first asked for."""

    def __missing__(self, thing: Any) -> int:
        """Give it the next place."""
        place = self[thing] = len(self)
        return place


#: Of the beginning of a stay: its cycle, its version, and the place of what was told by then in the list that its step
#: has of that. Thousands of objects would take longer to make than all that is counted of them.
Terms = Sequence[int]
#: What was told: a source, a campaign and an owner.
Names = Sequence[str | None]


class Shape(NamedTuple):
    """What a step has alike with many others. Beginnings of stays are places among those that the step tells of, the
    first of which is that of its own.

    Attributes:
        from_stage, to_stage, again, opened, why: as of a ``Step``.
        left, reached: likewise, as places.
    """

    from_stage: str | None
    to_stage: str
    again: bool
    opened: tuple[str, ...]
    why: str | None
    left: int | None
    reached: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DayColumns:
    """All that reports count of a UTC day.

    Attributes:
        shapes: that there are.
        causes: that transitions had; ``known`` where there was none.
        terms: the lists that there are of the terms of beginnings.
        tellings: the lists that there are of what was told.
        shape_of, cause_of, terms_of, telling_of: of each step, the place of its own among these.
        times: of the beginnings, in microseconds since 1970, those of one step after those of another.
        corrected: the transitions that no longer stand.
        lost: the deals that were lost on it, and still are.
    """

    shapes: Sequence[Shape]
    causes: Sequence[str]
    terms: Sequence[Sequence[Terms]]
    tellings: Sequence[Sequence[Names]]
    shape_of: NDArray[np.int64]
    cause_of: NDArray[np.int64]
    terms_of: NDArray[np.int64]
    telling_of: NDArray[np.int64]
    times: NDArray[np.int64]
    corrected: Sequence[DayRow]
    lost: Sequence[LostDeal]
