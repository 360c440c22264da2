"""Viscosity: where prospects are stuck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lifecycle.funnel.business_time import end_of
from lifecycle.funnel.definition import BusinessTime, Funnel
from lifecycle.funnel.durations import Duration
from lifecycle.reports.asked import ReportedStage, reported_stages

_MICROSECOND = timedelta(microseconds=1)
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StuckFigures:
    """Who is stuck in a stage.

    Attributes:
        inside: how many are in it.
        limit: how long somebody should stay at most, as the funnel says it; ``None`` where it does not.
        beyond_limit: how many have been in it longer; ``None`` without a limit.
        p90: the time in which nine of ten of those who left of late had; ``None`` where nobody left.
        beyond_p90: how many have been in it longer; ``None`` where nobody left.
    """

    stage: str
    inside: int
    limit: str | None
    beyond_limit: int | None
    p90: timedelta | None
    beyond_p90: int | None


@dataclass(frozen=True, slots=True)
class ViscosityReport:
    """Who is stuck, stage by stage."""

    stages: tuple[ReportedStage, ...]
    figures: tuple[StuckFigures, ...]


def viscosity_report(
    funnel: Funnel, inside: Mapping[str, Sequence[datetime]], usual: Mapping[str, timedelta], as_of: datetime
) -> ViscosityReport:
    """Count who is stuck.

    Arguments:
        funnel: in force.
        inside: for each stage, since when the prospects are in it that reports know.
        usual: for stages, the time in which nine of ten leave it (``usual_limits``).
        as_of: the moment of the report.
    """
    stages = reported_stages(funnel, (stage for stage, since in inside.items() if since))
    limits = {stage.key: stage.time_limit for stage in funnel.stages if stage.time_limit}
    figures = []
    for stage in stages:
        since, limit, p90 = inside.get(stage.stage, ()), limits.get(stage.stage), usual.get(stage.stage)
        figures.append(
            StuckFigures(
                stage=stage.stage,
                inside=len(since),
                limit=str(limit) if limit else None,
                beyond_limit=_before(since, overdue_before(limit, funnel.business_time, as_of)) if limit else None,
                p90=p90,
                beyond_p90=None if p90 is None else _before(since, as_of - p90),
            )
        )
    return ViscosityReport(stages, tuple(figures))


def _before(since: Sequence[datetime], moment: datetime) -> int:
    return sum(one < moment for one in since)


def overdue_before(limit: Duration, business: BusinessTime, as_of: datetime) -> datetime:
    """Since before when somebody is in a stage whose time limit has run out: it ended before ``as_of``.

    Whoever entered earlier than another is never overdue later, so the moment is found by halving.

    Arguments:
        limit: of the stage.
        business: when the organisation works.
        as_of: the moment of the report.
    """
    if not limit.is_business:
        return as_of - limit.length
    late, back = as_of, timedelta(days=1)
    early = as_of - back
    while end_of(limit, early, business) >= as_of:
        late, back = early, back * 2
        if early - _BEGINNING <= back:
            return _BEGINNING
        early -= back
    while late - early > _MICROSECOND:
        middle = early + (late - early) // 2
        if end_of(limit, middle, business) < as_of:
            early = middle
        else:
            late = middle
    return late
