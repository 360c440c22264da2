"""When a time limit ends that counts only the hours in which the organisation works."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from lifecycle.funnel.definition import BusinessTime
from lifecycle.funnel.durations import Duration

_DAY = timedelta(days=1)


def end_of(limit: Duration, start: datetime, business: BusinessTime) -> datetime:
    """When a time limit ends.

    Arguments:
        limit: how long. A business day is as long as the hours of one working day, so that two business days from
            Friday at 15:00 end on Tuesday at 15:00.
        start: when it begins, aware.
        business: the organisation's working time.

    Returns:
        The end, in UTC. The clock stands still outside working hours, and a start outside of them is moved to the next
        opening.
    """
    if not limit.is_business:
        return start + limit.length
    day_length = _length_of_a_day(business)
    left = limit.amount * (day_length if limit.unit == "business day" else timedelta(hours=1))
    zone = ZoneInfo(business.time_zone)
    day = start.astimezone(zone).date()
    while True:
        if _is_working_day(day, business):
            opens = max(datetime.combine(day, business.opens, zone).astimezone(UTC), start)
            closes = datetime.combine(day, business.closes, zone).astimezone(UTC)
            if opens + left <= closes:
                return opens + left
            left -= max(closes - opens, timedelta())
        day += _DAY


def _length_of_a_day(business: BusinessTime) -> timedelta:
    midnight = date.min
    return datetime.combine(midnight, business.closes) - datetime.combine(midnight, business.opens)


def _is_working_day(day: date, business: BusinessTime) -> bool:
    return day.weekday() in business.weekdays and day not in business.holidays
