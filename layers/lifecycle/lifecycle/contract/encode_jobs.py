"""From long work to the documents that the API answers with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast

from lifecycle.contract import job_answers as answers
from lifecycle.contract.times import format_time
from lifecycle.reports.funnel_history import Conversion, FunnelHistory, StageHistory, TimeInStage
from lifecycle.services.job_results import JobView, MovesPage, Progress
from lifecycle.store.job_records import JobRecord


def encode_started(job: JobRecord) -> answers.StartedSimulationAnswer:
    """A simulation that was started."""
    return {"simulation_id": job.job_id}


def encode_simulations(jobs: Iterable[JobRecord]) -> answers.SimulationsAnswer:
    """The simulations, without their figures."""
    return {"simulations": [_entry(job) for job in jobs]}


def _entry(job: JobRecord) -> answers.SimulationEntry:
    return {
        "simulation_id": job.job_id,
        "draft_id": job.subject,
        "status": job.status,
        "content_hash": job.content_hash,
        "as_of": format_time(job.as_of),
        "created_at": format_time(job.created_at),
        "created_by": job.created_by,
        "finished_at": _time_or_none(job.finished_at),
        "failure": job.failure,
    }


def encode_simulation(view: JobView) -> answers.SimulationAnswer:
    """A simulation: how far it is, and what it found."""
    histories = view.histories
    answer = {
        "simulation_id": view.job.job_id,
        "draft_id": view.job.subject,
        **_figures(view),
        "actions": dict(view.actions),
        "history": histories and {"draft": _history(histories.draft), "in_force": _history(histories.in_force)},
    }
    return cast("answers.SimulationAnswer", answer)


def encode_reevaluation(view: JobView) -> answers.ReevaluationAnswer:
    """A re-evaluation: how far it is, and whom it moved."""
    answer = {"reevaluation_id": view.job.job_id, "version": int(view.job.subject), **_figures(view)}
    return cast("answers.ReevaluationAnswer", answer)


def encode_moves(page: MovesPage, next_cursor: str | None) -> answers.MovesAnswer:
    """A page of prospects that would move."""
    return {
        "moves": [
            {
                "prospect_id": move.prospect_id,
                "from": move.from_stage,
                "to": move.to_stage,
                "because": move.because,
            }
            for move in page.moves
        ],
        "next_cursor": next_cursor,
    }


def _figures(view: JobView) -> dict[str, Any]:
    """What simulations and re-evaluations have in common."""
    job = view.job
    return {
        "status": job.status,
        "progress": encode_progress(view.progress),
        "moves": {from_stage: dict(row) for from_stage, row in view.moves.items()},
        "moved": view.moved,
        "stay": view.stayed,
        "content_hash": job.content_hash,
        "as_of": format_time(job.as_of),
        "created_at": format_time(job.created_at),
        "created_by": job.created_by,
        "finished_at": _time_or_none(job.finished_at),
        "failure": job.failure,
    }


def encode_progress(progress: Progress) -> answers.ProgressAnswer:
    """How far long work is."""
    return {
        "done": progress.done,
        "total": progress.total,
        "percent": progress.percent,
        "segments": {"done": progress.segments_done, "total": progress.segments_total},
    }


def _history(history: FunnelHistory) -> answers.HistoryAnswer:
    return {
        "stages": [_stage(stage) for stage in history.stages],
        "conversion": [_conversion(conversion) for conversion in history.conversions],
    }


def _stage(stage: StageHistory) -> answers.StageHistoryAnswer:
    return {
        "stage": stage.stage,
        "label": stage.label,
        "beside": stage.beside,
        "entered": stage.entered,
        "now": stage.now,
        "went_on": stage.went_on,
        "time_in_stage": None if stage.time is None else _time_in_stage(stage.time),
    }


def _time_in_stage(time: TimeInStage) -> answers.TimeInStageAnswer:
    return {"median": _seconds(time.median), "p75": _seconds(time.p75), "p90": _seconds(time.p90)}


def _seconds(length: timedelta) -> int:
    return length // timedelta(seconds=1)


def _conversion(conversion: Conversion) -> answers.ConversionAnswer:
    rate = conversion.rate
    return {
        "from": conversion.from_stage,
        "to": conversion.to_stage,
        "entered": conversion.entered,
        "reached": conversion.reached,
        "rate": None if rate is None else round(rate, 4),
    }


def _time_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
