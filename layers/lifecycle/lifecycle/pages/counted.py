"""The page of the very prospects, or deals, behind a number of the dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lifecycle.contract.caller import Caller
from lifecycle.contract.cursors import CursorMaker
from lifecycle.contract.page_routes import LIST_COUNTED
from lifecycle.contract.report_parameters import read_counted
from lifecycle.pages.stages import Stages
from lifecycle.reports.dimensions import DIMENSIONS, NOT_TOLD
from lifecycle.services.report_prospects import CountedProspects
from lifecycle.services.report_requests import Counted

_ROWS = 50
_HEADINGS: Mapping[str, str] = {
    "entered": "Entered {stage}",
    "left": "Left {stage}",
    "entered_again": "Entered {stage} again",
    "skipped": "Skipped {stage}",
    "corrected": "Entries into {stage} that no longer stand",
    "stock": "In {stage}",
    "flow": "From {from_stage} to {stage}",
    "exits": "Went to {stage}",
    "reached": "Reached {stage}, coming from {from_stage}",
    "beyond_limit": "In {stage} beyond its time limit",
    "beyond_p90": "In {stage} for longer than usual",
    "lost": "Lost deals",
}


def counted_page(
    counted: CountedProspects, stages: Stages, caller: Caller, query: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """A page of those that a number counts.

    Arguments:
        counted: of the workspace.
        stages: of the funnel in force.
        caller: who looks.
        query: which number, and where the page starts.
        now: the present.

    Raises:
        InvalidRequestError, DaysReversedError, UnknownStageError: there is no such number.
        InvalidCursorError: the cursor is of another list.
    """
    wanted = read_counted(query)
    asked = {name: value for name, value in query.items() if name != "cursor"}
    cursors = CursorMaker(caller, LIST_COUNTED.path, [query.get(name) for name in LIST_COUNTED.query_names[:-1]])
    page = counted.page(wanted, cursors.read(query.get("cursor")), _ROWS, now)
    heading = _heading(wanted, stages)
    return {
        "title": heading,
        "heading": heading,
        "told": _told(asked),
        "page": page,
        "stages": stages,
        "asked": asked,
        "cursor": cursors.make(page.position),
    }


def _heading(wanted: Counted, stages: Stages) -> str:
    return _HEADINGS[wanted.number].format(
        stage=stages[wanted.stage].label if wanted.stage else "",
        from_stage=stages[wanted.from_stage].label if wanted.from_stage else "nowhere (became known)",
    )


def _told(asked: Mapping[str, str]) -> str:
    """What the list is narrowed down to, in words."""
    parts = []
    if asked.get("from") and asked.get("to"):
        parts.append(f"{asked['from']} to {asked['to']}")
    parts += [f"{name} {asked[name]}" for name in DIMENSIONS if name in asked]
    if asked.get("reason"):
        parts.append("no reason told" if asked["reason"] == NOT_TOLD else f"because of {asked['reason']}")
    return ", ".join(parts) or "now"
