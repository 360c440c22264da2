"""What falls due without an event: prospects that the passing of time may move, versions that came into force, erasures
that were cut short, days whose figures are to be made anew."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Protocol

from lifecycle.services.failures import failure
from lifecycle.services.jobs import Jobs
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.report_days import ReportDays
from lifecycle.services.settle import Refreshed
from lifecycle.store.client import dynamodb_client
from lifecycle.store.due import DueTimer, due_until
from lifecycle.store.funnel_records import VersionRecord
from lifecycle.store.funnels import FunnelStore
from lifecycle.store.job_records import JobRecord
from lifecycle.store.workspace_clients import workspace_client

_LOGGER = logging.getLogger(__name__)

#: How many timers one look finds, and how many prospects are evaluated at a time.
MOST = 1_000
_TOGETHER = 25
#: With less time left than this, another batch might not end.
_ENOUGH_SECONDS = 15.0


class Prospects(Protocol):
    """What timers need of the use cases of a workspace."""

    def refresh(self, prospect_ids: Sequence[str]) -> list[Refreshed]: ...
    def finish_erasure(self, prospect_id: str, has_time: Callable[[], bool]) -> None: ...


class Versions(Protocol):
    """What timers need of the funnel of a workspace."""

    def version(self, version: int) -> VersionRecord | None: ...
    def clear_due(self, version: int) -> bool: ...


class Reevaluations(Protocol):
    """What timers need of the long work of a workspace."""

    def start_reevaluation(self, record: VersionRecord, now: datetime) -> JobRecord: ...


class Days(Protocol):
    """What timers need of the reports of a workspace."""

    def ask_for(self, day: date, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Workplaces:
    """How to reach what is due, and the use cases of each workspace that it is for."""

    due: Callable[[datetime, int], list[DueTimer]]
    prospects: Callable[[str], Prospects]
    versions: Callable[[str], Versions]
    reevaluations: Callable[[str], Reevaluations]
    days: Callable[[str], Days]

    @classmethod
    def connect(cls, table: str) -> Workplaces:
        """Those of a table."""
        client = dynamodb_client()
        return cls(
            due=lambda moment, limit: due_until(client, table, moment, limit),
            prospects=lambda workspace: Lifecycle.connect(table, workspace),
            versions=lambda workspace: FunnelStore(workspace_client(workspace), table, workspace),
            reevaluations=lambda workspace: Jobs.connect(table, workspace),
            days=lambda workspace: ReportDays.connect(table, workspace),
        )


@dataclass(slots=True)
class TimersRun:
    """What a look at the timers did: how many were due, how many prospects moved, how many timers failed."""

    due: int = 0
    moved: int = 0
    failed: int = 0


def run_timers(workplaces: Workplaces, now: datetime, remaining: Callable[[], float]) -> TimersRun:
    """See to everything that is due. Doing it twice is doing it once.

    Arguments:
        workplaces: where.
        now: the present.
        remaining: how many seconds are left; what is not reached in them is due at the next look.

    Returns:
        What was done. A timer that failed holds up no other, and is due again at the next look.
    """
    timers = workplaces.due(now, MOST)
    run = TimersRun(due=len(timers))
    for workspace in dict.fromkeys(timer.workspace for timer in timers):
        mine = [timer for timer in timers if timer.workspace == workspace]
        for timer in mine:
            if timer.kind == "funnel":
                run.failed += not _come_into_force(workplaces, workspace, int(timer.id), now)
            elif timer.kind == "erasure" and remaining() > _ENOUGH_SECONDS:
                run.failed += not _finish(workplaces, timer, lambda: remaining() > _ENOUGH_SECONDS)
        prospects = iter([timer.id for timer in mine if timer.kind == "prospect"])
        while remaining() > _ENOUGH_SECONDS and (batch := list(islice(prospects, _TOGETHER))):
            for moved in _refresh(workplaces, workspace, batch):
                if moved is None:
                    run.failed += 1
                else:
                    run.moved += len(moved)
        # Last: nobody waits for them.
        for timer in mine:
            if timer.kind == "day" and remaining() > _ENOUGH_SECONDS:
                run.failed += not _ask_for(workplaces, timer, now)
    return run


def _refresh(workplaces: Workplaces, workspace: str, batch: Sequence[str]) -> Iterator[list[Refreshed] | None]:
    """Evaluate all at once; if that fails, one by one, so that one bad log holds up no other (``None``: it failed)."""
    try:
        yield workplaces.prospects(workspace).refresh(batch)
    except Exception as error:
        if len(batch) == 1:
            told = {"workspace": workspace, **failure(error)}
            _LOGGER.error("a prospect whose time had come could not be evaluated", extra=told)  # noqa: TRY400
            yield None
            return
        for prospect_id in batch:
            yield from _refresh(workplaces, workspace, [prospect_id])


def _finish(workplaces: Workplaces, timer: DueTimer, has_time: Callable[[], bool]) -> bool:
    """Go on with an erasure; whether that went well. What there is no time for is due again at the next look."""
    try:
        workplaces.prospects(timer.workspace).finish_erasure(timer.id, has_time)
    except Exception as error:
        _LOGGER.error("an erasure could not be gone on with", extra=failure(error))  # noqa: TRY400 - not the message
        return False
    return True


def _ask_for(workplaces: Workplaces, timer: DueTimer, now: datetime) -> bool:
    """Have the figures of a day made anew in the background; whether it could be asked for."""
    try:
        workplaces.days(timer.workspace).ask_for(date.fromisoformat(timer.id), now)
    except Exception as error:
        told = {"workspace": timer.workspace, "day": timer.id, **failure(error)}
        _LOGGER.error("the figures of a day could not be asked for", extra=told)  # noqa: TRY400 - not the message
        return False
    return True


def _come_into_force(workplaces: Workplaces, workspace: str, version: int, now: datetime) -> bool:
    """Start to re-evaluate everybody by a version that came into force; whether that went well."""
    try:
        versions = workplaces.versions(workspace)
        record = versions.version(version)
        if record is not None and record.cancelled_at is None:
            workplaces.reevaluations(workspace).start_reevaluation(record, now)
        versions.clear_due(version)
    except Exception as error:
        told = {"workspace": workspace, "version": version, **failure(error)}
        _LOGGER.error("the re-evaluation by a version could not be started", extra=told)  # noqa: TRY400
        return False
    return True
