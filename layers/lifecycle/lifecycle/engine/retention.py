"""When an activity may go, and when its trace has to be made by.

Between the two lies the lead: as long as the making of traces may stand still before anything is lost. The service
that deletes asks nobody.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zlib import crc32

from lifecycle.events import Activity
from lifecycle.funnel.definition import Retention

#: So long an activity is kept at least after it was recorded, however long ago it occurred.
GRACE = timedelta(days=1)
_LONGEST_LEAD = timedelta(days=30)
#: The part of its time that an activity waits for its end as a trace already.
_LEAD = 0.25


def expires_at(activity: Activity, retention: Retention) -> datetime | None:
    """When an activity may go, to the whole second; ``None``: never."""
    kept = retention.of(activity.type)
    if kept is None:
        return None
    return whole_second(max(activity.occurred_at + kept.length, activity.recorded_at + GRACE))


def condense_at(activity: Activity, retention: Retention) -> datetime | None:
    """When the trace of an activity is to be made; ``None``: never."""
    kept = retention.of(activity.type)
    return None if kept is None else whole_second(activity.occurred_at + kept.length - lead(kept.length))


def lead(kept: timedelta) -> timedelta:
    """How long before the end of its time the trace of an activity is to be made."""
    return min(_LONGEST_LEAD, kept * _LEAD)


def policy_of(retention: Retention) -> str | None:
    """A short name of a policy, ``None`` for the one that keeps everything for ever."""
    if retention.default is None and not retention.activities:
        return None
    return f"{crc32(repr((retention.default, sorted(retention.activities.items()))).encode()):08x}"


def whole_second(time: datetime) -> datetime:
    """A time, or the next one that is a whole second."""
    return time if not time.microsecond else time.replace(microsecond=0) + timedelta(seconds=1)
