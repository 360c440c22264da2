"""The parts of a day: their names, what they hold, and how reports get at them.

family              tables and the columns of what they count
``flows``           ``moves`` (day, from, to, cause, again, first, opened), ``left`` (day, stage),
                    ``exits`` (day, stage, why), ``reached`` (day, stage, higher stage),
                    ``corrected`` (day, from, to) where it is known by the dimension,
                    and in ``flows:all`` the list ``lost`` of (day, reason, currency, deals, amount)
``stays``           keyed, of (day, stage): ``entered`` and ``ended`` by the day of entry,
                    ``lengths`` by ``bin_of_seconds``
``cohorts_by_...``  keyed, ``cohorts`` of ((stage, higher stage), place among ``WINDOWS``), by the ``number_of`` the
                    cohort's day, week or month

There is a part of each family for each dimension, and one for everybody: ``flows:all``, ``flows:source`` and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Protocol, get_args

from lifecycle.reports.dimensions import ALL, DIMENSIONS
from lifecycle.reports.periods import Granularity

GRANULARITIES: tuple[Granularity, ...] = get_args(Granularity)

#: A transition that no longer stands has no stay, of which alone source, campaign and owner are known.
CORRECTED_KNOWN_BY = frozenset((ALL, "version", "cycle"))

#: Before all days.
BEGINNING = date.min


def part_name(family: str, dimension: str) -> str:
    """The name of a part."""
    return f"{family}:{dimension}"


FAMILIES = ("flows", "stays", *(f"cohorts_by_{granularity}" for granularity in GRANULARITIES))

#: The names of all parts that a day has.
PART_NAMES = tuple(part_name(family, dimension) for dimension in (ALL, *DIMENSIONS) for family in FAMILIES)


class Parts(Protocol):
    """Where the parts of days are kept."""

    def read(self, name: str, first: date, last: date) -> Iterator[tuple[date, Any]]:
        """The parts of a name.

        Arguments:
            name: one of ``PART_NAMES``.
            first, last: of which UTC days, both included; ``BEGINNING`` for all there are up to the last.

        Returns:
            The UTC day and the part, as ``aggregate_day`` gave it or after a way through JSON, in any order.
        """
        ...
