"""What reports are broken down by, and the slices of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from lifecycle.steps import Entry, Told

Dimension = Literal["source", "campaign", "owner", "version", "cycle"]

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

#: The value of a prospect of whom nobody told one.
NOT_TOLD = "(none)"

#: Everybody: the dimension that has a single value, which is called the same.
ALL = "all"


class Slice(NamedTuple):
    """Those with one value of a dimension.

    Attributes:
        dimension: of which; ``all`` for everybody.
        value: the value; ``all`` with ``all``.
    """

    dimension: Dimension | Literal["all"] = "all"
    value: str = ALL

    def holds(self, entry: Entry) -> bool:
        """Whether a stay belongs to it: what was told by its beginning decides."""
        return (
            self.dimension == "all" or values_of(entry.cycle, entry.version, entry.told)[self.dimension] == self.value
        )


EVERYBODY = Slice()


def values_of(cycle: int, version: int, told: Told) -> Mapping[str, str]:
    """The values of a stay, from what its entry says."""
    source, campaign, owner = (value or NOT_TOLD for value in told)
    return {"source": source, "campaign": campaign, "owner": owner, "version": str(version), "cycle": str(cycle)}
