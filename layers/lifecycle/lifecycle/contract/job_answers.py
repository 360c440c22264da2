"""The documents that the API answers with about long work: simulations and re-evaluations. ``encode_jobs`` makes
them."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

JobStatus = Literal["queued", "running", "done", "cancelled", "failed"]


class SegmentsAnswer(TypedDict):
    """How many parts of the work are done; they run side by side."""

    done: int
    total: int


class ProgressAnswer(TypedDict):
    """How far long work is."""

    done: int
    """Prospects that are dealt with."""
    total: int | None
    """Prospects that there are; null until they are counted."""
    percent: int
    segments: SegmentsAnswer


class TimeInStageAnswer(TypedDict):
    """How long stays in a stage are, in seconds: half of them no longer than the median, and so on."""

    median: int
    p75: int
    p90: int


class StageHistoryAnswer(TypedDict):
    """What happened in one stage."""

    stage: str
    label: str
    beside: bool
    """It stands beside the ladder."""
    entered: int
    """Prospects who ever were in it."""
    now: int
    """Prospects who are."""
    went_on: int
    """Of those who entered, prospects who were in a higher stage later; beside the ladder, in any stage on it."""
    time_in_stage: TimeInStageAnswer | None


#: Written as a call, for ``from`` is a keyword. Of ``entered`` prospects in the stage ``from``, ``reached`` came to the
#: stage ``to``, or to one above it, later; ``rate`` is their part, null where nobody entered.
ConversionAnswer = TypedDict(
    "ConversionAnswer", {"from": str, "to": str, "entered": int, "reached": int, "rate": float | None}
)


class HistoryAnswer(TypedDict):
    """What history looks like under one funnel."""

    stages: list[StageHistoryAnswer]
    conversion: list[ConversionAnswer]
    """From each stage of the ladder to the next, and to the last."""


class HistoriesAnswer(TypedDict):
    """What history would have looked like under the draft, and under the version in force, side by side."""

    draft: HistoryAnswer
    in_force: HistoryAnswer


class _Job(TypedDict):
    status: JobStatus
    progress: ProgressAnswer
    moves: dict[str, dict[str, int]]
    """How many move, by the stage that they leave and the stage that they enter."""
    moved: int
    stay: int
    """How many do not move."""
    content_hash: str
    """Of the definition."""
    as_of: str
    """The moment that it speaks of: of a simulation the publication that is tried, of a re-evaluation the real one."""
    created_at: str
    created_by: str
    finished_at: str | None
    failure: str | None
    """What went wrong: all of it, where it failed, or some prospects had to be passed over."""


class SimulationAnswer(_Job):
    """A draft, tried on all prospects. Until it is done, the figures are of those who are dealt with."""

    simulation_id: str
    draft_id: str
    actions: dict[str, int]
    """How often the moves would set off each action."""
    history: HistoriesAnswer | None


class SimulationEntry(TypedDict):
    """A simulation, without its figures."""

    simulation_id: str
    draft_id: str
    status: JobStatus
    content_hash: str
    as_of: str
    created_at: str
    created_by: str
    finished_at: str | None
    failure: str | None


class SimulationsAnswer(TypedDict):
    """The simulations, newest first."""

    simulations: list[SimulationEntry]


class StartedSimulationAnswer(TypedDict):
    """A simulation that was started."""

    simulation_id: str


#: Written as a call, for ``from`` is a keyword. ``because`` is the criterion that holds, as a sentence.
MoveAnswer = TypedDict("MoveAnswer", {"prospect_id": str, "from": str, "to": str, "because": str})


class MovesAnswer(TypedDict):
    """A page of prospects that would move."""

    moves: list[MoveAnswer]
    next_cursor: str | None
    """Where the next page starts; null at the end."""


class ReevaluationAnswer(_Job):
    """All prospects, evaluated anew by a version. Who moved before it came to them is not among its moves."""

    reevaluation_id: str
    version: int
