"""What is asked of reports."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NamedTuple

from lifecycle.reports.conversion_figures import Basis
from lifecycle.reports.dimensions import EVERYBODY, Dimension, Slice
from lifecycle.reports.periods import Granularity

Number = Literal[
    "entered",
    "left",
    "entered_again",
    "skipped",
    "corrected",
    "flow",
    "exits",
    "reached",
    "stock",
    "beyond_limit",
    "beyond_p90",
    "lost",
]


class WantedDays(NamedTuple):
    """Which days: the first and the last, or a time that lies in the first and one before which the last one ends.
    ``None``: as is usual."""

    first: date | datetime | None = None
    last: date | datetime | None = None


class Wanted(NamedTuple):
    """Which report.

    Attributes:
        days: over which days.
        by: in periods of what length.
        part: of whom.
        break_down: for each value of which dimension as well.
        compare: with the period before.
        basis: of conversions.
        within: in how many days a member of a cohort counts as converted; ``None``: ever.
    """

    days: WantedDays = WantedDays()
    by: Granularity = "day"
    part: Slice = EVERYBODY
    break_down: Dimension | None = None
    compare: bool = False
    basis: Basis = "period"
    within: int | None = None


class Counted(NamedTuple):
    """Whom a number of a report counts.

    Attributes:
        number: which number.
        stage: of which stage; of ``flow`` and ``reached`` the one that they came to.
        from_stage: where those came from; ``None``: into the reports.
        reason: of exits and lost deals; ``None``: any.
        days, part, basis, within: as of the report.
    """

    number: Number
    stage: str | None = None
    from_stage: str | None = None
    reason: str | None = None
    days: WantedDays = WantedDays()
    part: Slice = EVERYBODY
    basis: Basis = "period"
    within: int | None = None
