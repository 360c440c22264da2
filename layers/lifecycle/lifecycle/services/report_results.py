"""What the use cases of reports answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, NamedTuple, TypeVar

from lifecycle.reports.periods import Span
from lifecycle.services.report_requests import Wanted
from lifecycle.steps import LostDeal

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Answered(Generic[Kind]):
    """A report, with what it is about.

    Attributes:
        name: of the report.
        wanted: what was asked for.
        span: the whole days that it is of.
        zone: the time zone whose days they are.
        as_of: when it was made.
        pending: days (UTC) of which figures are missing, or not of all that has happened on them.
        report: the report.
        before: the days before, and the same report of them; ``None`` where it was not asked for.
    """

    name: str
    wanted: Wanted
    span: Span
    zone: str
    as_of: datetime
    pending: tuple[date, ...]
    report: Kind
    before: tuple[Span, Kind] | None = None


@dataclass(frozen=True, slots=True)
class CountedProspect:
    """A prospect that a number counts.

    Attributes:
        prospect_id: its id; ``None`` for one that was erased, and that of the survivor for one that was merged.
        email: its first one.
        stage_now: where it stands now.
        at: when that was that is counted.
        from_stage, to_stage: where it went from and to; ``from_stage`` is ``None`` where it came into the reports.
        sequence: of the transition; ``None`` where it came in without one.
    """

    prospect_id: str | None
    email: str | None
    stage_now: str | None
    at: datetime
    from_stage: str | None
    to_stage: str
    sequence: int | None

    @property
    def is_erased(self) -> bool:
        """Whether nothing is known any more of who it was."""
        return self.prospect_id is None


class CountedPage(NamedTuple):
    """Some of those that a number counts, and where the next page starts; ``None`` where there is none."""

    prospects: tuple[CountedProspect, ...]
    deals: tuple[LostDeal, ...]
    position: tuple[str, ...] | None
