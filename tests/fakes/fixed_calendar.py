"""A workspace whose funnel never changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lifecycle.engine.calendar import Calendar


@dataclass(frozen=True)
class FixedCalendar:
    """Answers with the same calendar always."""

    fixed: Calendar

    def calendar(self, now: datetime) -> Calendar:
        """The calendar."""
        return self.fixed

    def refresh(self, now: datetime) -> Calendar:
        """The calendar."""
        return self.fixed
