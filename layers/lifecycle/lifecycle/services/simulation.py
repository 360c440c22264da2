"""A simulation: what publishing a draft would do to the workspace's prospects. It writes nothing to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.forecast import Forecast, forecast
from lifecycle.engine.plan import Plan
from lifecycle.funnel.definition import Funnel
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.reports.funnel_history import HistoryTally
from lifecycle.reports.moves import MoveTally
from lifecycle.services.job_work import Taken
from lifecycle.services.neighbourhood import Neighbourhood
from lifecycle.store.job_records import FoundMove, JobRecord
from lifecycle.store.protocol import Store

#: Reasons are listed by the thousand: one that goes on and on is cut.
LONGEST_REASON = 1000


def draft_funnel(job: JobRecord, calendar: Calendar) -> Funnel:
    """The funnel that a simulation tries, under a version number that no other has."""
    number = max(plan.funnel.version for plan in calendar.plans) + 1
    return parse_funnel(job.definition or {}, number)


class SimulationTally:
    """What a simulation found of some prospects. Tallies add up.

    Arguments:
        draft: the funnel that is tried.
        in_force: the one that it is held against.
    """

    def __init__(self, draft: Funnel, in_force: Funnel) -> None:
        self.moves = MoveTally()
        self.draft = HistoryTally(draft)
        self.in_force = HistoryTally(in_force)

    def take(self, found: Forecast, as_of: datetime) -> None:
        """Count what was found of one prospect."""
        self.moves.take(found.from_stage, found.to_stage, found.actions)
        self.draft.take(found.under_draft, as_of)
        self.in_force.take(found.under_current, as_of)

    def dump(self) -> dict[str, Any]:
        """Plain JSON values, which ``merge`` takes."""
        return self.moves.dump() | {"draft": self.draft.dump(), "in_force": self.in_force.dump()}

    def merge(self, values: Mapping[str, Any]) -> None:
        """Add what ``dump`` gave of others."""
        self.moves.merge(values)
        self.draft.merge(values.get("draft", {}))
        self.in_force.merge(values.get("in_force", {}))


class Simulation:
    """Tells of some prospects after the other what a draft would do to them.

    Arguments:
        store: the workspace's store, which is only read.
        calendar: which version of the funnel is in force when.
        draft: the plan that is tried.
        as_of: the moment of the publication that is tried, and of the histories.
    """

    def __init__(self, store: Store, calendar: Calendar, draft: Plan, as_of: datetime) -> None:
        self._store = store
        self._calendar = calendar
        self._draft = draft
        self._as_of = as_of
        self.tally = SimulationTally(draft.funnel, calendar.at(as_of).funnel)

    def take(self, prospect_ids: Sequence[str]) -> Taken:
        """Try the draft on some prospects, on all of them or on none."""
        moves = []
        for prospect_id, found in list(self._forecasts(prospect_ids)):
            self.tally.take(found, self._as_of)
            if found.from_stage != found.to_stage:
                moves.append(FoundMove(prospect_id, found.from_stage, found.to_stage, _short(found.because)))
        return Taken(moves, len(prospect_ids))

    def pass_over(self) -> None:
        """Count a prospect that it cannot be tried on."""
        self.tally.moves.passed_over += 1

    def _forecasts(self, prospect_ids: Sequence[str]) -> Iterator[tuple[str, Forecast]]:
        around = Neighbourhood(self._store)
        around.load(prospect_ids)
        around.load(member for prospect_id in prospect_ids for member in around[prospect_id].members)
        for prospect_id in prospect_ids:
            # Listed, and merged into another or parted from all its events since.
            if around[prospect_id].is_pointer or around[prospect_id].summary is None:
                continue
            found = forecast(around.whole_log(prospect_id)[0], self._calendar, self._draft, self._as_of)
            if found is not None:
                yield prospect_id, found


def _short(reason: str) -> str:
    return reason if len(reason) <= LONGEST_REASON else reason[: LONGEST_REASON - 1] + "…"
