"""What the store keeps of a workspace's reports: their settings, and how fresh the figures of each day are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from lifecycle.store.day_marks import LONGEST_WRITE


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """What reports are made by.

    Attributes:
        time_zone: whose midnights part the days, by its name in the IANA database.
        goals: how many are to enter a stage in a month, by its key.
        revision: how often they were written; a write replaces the revision that was read.
    """

    time_zone: str = "UTC"
    goals: Mapping[str, int] = field(default_factory=dict)
    revision: int = 0


@dataclass(frozen=True, slots=True)
class DayRecord:
    """How fresh the figures of a day (UTC) are.

    Attributes:
        day: which.
        marked_at: when a transition of the day was last about to change; ``None``: none that is known of.
        done_at: when the reading began that the figures come from; ``None``: there are none yet.
        zone: the time zone whose dates the figures are by.
        cost: how many seconds it took to make them.
    """

    day: date
    marked_at: datetime | None = None
    done_at: datetime | None = None
    zone: str | None = None
    cost: float = 0.0

    def is_clean(self, zone: str) -> bool:
        """Whether the figures, by the dates of a time zone, are of all that happened on the day."""
        if self.done_at is None or self.zone != zone:
            return False
        return self.marked_at is None or self.done_at > self.marked_at + LONGEST_WRITE
