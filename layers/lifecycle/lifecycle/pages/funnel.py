"""The pages of the funnel: the version in force, drafts on their way to the next one, and what they would do."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import yaml

from lifecycle.contract.caller import Caller
from lifecycle.contract.cursors import CursorMaker
from lifecycle.contract.json_numbers import json_value
from lifecycle.contract.page_routes import LIST_MOVES
from lifecycle.pages.definition import in_words
from lifecycle.pages.stages import StageLook, Stages
from lifecycle.services.funnels import FunnelDesk
from lifecycle.services.job_results import JobView
from lifecycle.services.jobs import Jobs
from lifecycle.services.scopes import SIGNING, granted
from lifecycle.services.sign_off import TEAMS, missing_teams, valid_signatures

_UNDER_WAY = ("queued", "running")

_MOVES = 50
#: How dark the cells of a matrix get.
_SHADES = 5


class Cell(NamedTuple):
    """How many would go from one stage to another; ``shade`` grows with it."""

    to_stage: str
    moved: int
    shade: int


class FunnelPages:
    """The pages of the funnel of a caller's workspace.

    Arguments:
        caller: who looks.
        desk: the funnel.
        jobs: the workspace's long work.
        now: the present.
    """

    def __init__(self, caller: Caller, desk: FunnelDesk, jobs: Jobs, now: datetime) -> None:
        self._caller = caller
        self._desk = desk
        self._jobs = jobs
        self._now = now

    def funnel(self) -> dict[str, Any]:
        """The version in force in words, all versions, and the drafts."""
        view = self._desk.in_force(self._now)
        return {
            "title": "Funnel",
            "version": view.in_force,
            "upcoming": view.next,
            "told": in_words(view.in_force.definition),
            "versions": self._desk.versions(self._now),
            "drafts": [draft for draft in self._desk.drafts() if draft.published_as is None],
            "gallery": self._desk.gallery(),
            "simulations": self._jobs.all("simulation", limit=5),
        }

    def draft(self, draft_id: str) -> dict[str, Any]:
        """A draft: what it would change, what is wrong with it, who has signed, and what comes next.

        Raises:
            DraftNotFoundError: there is no such draft.
        """
        view = self._desk.draft(draft_id, self._now)
        draft = view.draft
        signatures = {signature.team: signature for signature in valid_signatures(draft)}
        tried = [job for job in self._jobs.all("simulation") if job.subject == draft_id]
        return {
            "title": str(draft.definition.get("name") or "Draft"),
            "draft": draft,
            "judgement": view.judgement,
            "text": yaml.safe_dump(json_value(draft.definition), sort_keys=False, allow_unicode=True, width=100),
            "teams": TEAMS,
            "signatures": signatures,
            "may_sign": {team for team in TEAMS if SIGNING[team] in granted(self._caller.scopes)},
            "missing": missing_teams(valid_signatures(draft)),
            "signatures_required": self._desk.requires_signatures(),
            "person": self._caller.person,
            "simulations": tried[:5],
            "told": None if view.judgement.problems else in_words(view.judgement.definition),
        }

    def simulation(self, simulation_id: str) -> dict[str, Any]:
        """How far a simulation is, and its matrix.

        Raises:
            JobNotFoundError: there is no such simulation.
        """
        view = self._jobs.view(simulation_id, "simulation", self._now)
        stages = self._stages_of(view)
        return {
            "title": "Simulation",
            "view": view,
            "is_under_way": view.job.status in _UNDER_WAY,
            "stages": stages,
            "matrix": _matrix(view, stages),
        }

    def moves(self, simulation_id: str, between: tuple[str | None, str | None], cursor: str | None) -> dict[str, Any]:
        """Who would move.

        Arguments:
            simulation_id: of the simulation.
            between: the stage left and the stage entered; ``None``: any.
            cursor: where the page starts.

        Raises:
            JobNotFoundError: there is no such simulation.
            InvalidCursorError: the cursor is of another list.
        """
        cursors = CursorMaker(self._caller, LIST_MOVES.path, [simulation_id, *between])
        page = self._jobs.moves(simulation_id, "simulation", between, position=cursors.read(cursor), limit=_MOVES)
        view = self._jobs.view(simulation_id, "simulation", self._now)
        return {
            "title": "Who would move",
            "simulation_id": simulation_id,
            "moves": page.moves,
            "between": between,
            "stages": self._stages_of(view),
            "cursor": cursors.make(page.position),
        }

    def _stages_of(self, view: JobView) -> Stages:
        """The stages of both sides: those that would be left may be the funnel's in force alone."""
        in_force = self._desk.in_force(self._now).in_force.definition
        draft = view.job.definition or in_force
        keys = {stage["key"] for stage in draft["stages"]}
        former = [stage for stage in in_force["stages"] if stage["key"] not in keys]
        return Stages({"stages": [*draft["stages"], *former]})


def _matrix(view: JobView, stages: Stages) -> dict[str, Any]:
    """The moves as a table: a row for each stage that is left, a column for each that is entered."""
    order = {look.key: place for place, look in enumerate(stages.all())}
    rows = sorted(view.moves, key=lambda key: order.get(key, len(order)))
    entered = {to_stage for row in view.moves.values() for to_stage in row}
    columns = sorted(entered, key=lambda key: order.get(key, len(order)))
    most = max((count for row in view.moves.values() for count in row.values()), default=1)
    cells: list[tuple[StageLook, list[Cell]]] = []
    for key in rows:
        row = view.moves[key]
        cells.append((stages[key], [Cell(to, row.get(to, 0), -(-row.get(to, 0) * _SHADES // most)) for to in columns]))
    return {"columns": [stages[key] for key in columns], "rows": cells}
