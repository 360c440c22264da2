"""Periods: days, ISO weeks and months of a workspace's own calendar, and the period before."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Granularity = Literal["day", "week", "month"]

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Days of a calendar, from the first to the last, both included."""

    first: date
    last: date

    @property
    def length(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def __contains__(self, day: date) -> bool:
        """Whether a day belongs to it."""
        return self.first <= day <= self.last

    @property
    def in_utc(self) -> Span:
        """The UTC days that moments of it may lie in, whatever the time zone."""
        return Span(_no_sooner(self.first), self.last + DAY)


@dataclass(frozen=True, slots=True)
class Period:
    """A day, a week or a month of a report.

    Attributes:
        span: the days of it that the report is about.
        partial: it has more days than these.
    """

    span: Span
    partial: bool


def start_of(day: date, by: Granularity) -> date:
    """The first day of the day, ISO week or month that a day belongs to."""
    if by == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if by == "week" else day


def number_of(day: date, by: Granularity) -> int:
    """The number of the day, ISO week or month that a day belongs to, each one more than that of the one before."""
    if by == "month":
        return day.year * 12 + day.month - 1
    return (day.toordinal() - 1) // 7 if by == "week" else day.toordinal()


def first_of(number: int, by: Granularity) -> date:
    """The first day of the day, ISO week or month that has a number."""
    if by == "month":
        return date(number // 12, number % 12 + 1, 1)
    return date.fromordinal(number * 7 + 1 if by == "week" else number)


def _end_of(day: date, by: Granularity) -> date:
    if by == "month":
        return day.replace(day=monthrange(day.year, day.month)[1])
    return day + timedelta(days=6 - day.weekday()) if by == "week" else day


def periods(span: Span, by: Granularity) -> list[Period]:
    """The days, weeks or months of a span, in order; the first and the last may be partial."""
    return list(_periods(span, by))


def _periods(span: Span, by: Granularity) -> Iterator[Period]:
    first = span.first
    while first <= span.last:
        end = _end_of(first, by)
        within = Span(first, min(end, span.last))
        yield Period(within, partial=start_of(first, by) < first or span.last < end)
        first = end + DAY


def before(span: Span) -> Span:
    """The period before: as many whole months where the span is whole months, else as many days.

    Raises:
        OverflowError: there were no such days.
    """
    last = span.first - DAY
    if span.first.day == 1 and _end_of(span.last, "month") == span.last:
        months = (span.last.year - span.first.year) * 12 + span.last.month - span.first.month + 1
        year, month = divmod(span.first.year * 12 + span.first.month - 1 - months, 12)
        if year < 1:
            raise OverflowError("there were no such days")
        return Span(date(year, month + 1, 1), last)
    return Span(last - timedelta(days=span.length - 1), last)


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The date that a moment has in a time zone."""
    return moment.astimezone(zone).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins in a time zone, in UTC. Where the clock is moved at midnight, the first moment of that date."""
    start = datetime.combine(day, time.min, zone).astimezone(UTC)
    # A midnight that the clock leaps over stands for a moment of the day before, or for one too late.
    while local_date(start, zone) < day:
        start += timedelta(minutes=15)
    return start


def noon(day: date, zone: ZoneInfo) -> datetime:
    """Noon of a day in a time zone, in UTC."""
    return datetime.combine(day, time(12), zone).astimezone(UTC)


def _no_sooner(day: date) -> date:
    return day if day == date.min else day - DAY
