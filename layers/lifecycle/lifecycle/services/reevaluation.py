"""A re-evaluation: after a publication every prospect is judged by the new version (design, rule 11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from lifecycle.events import Order
from lifecycle.reports.moves import MoveTally
from lifecycle.services.job_work import Taken
from lifecycle.services.settle import Refreshed
from lifecycle.store.job_records import FoundMove

Refresh = Callable[[Sequence[str]], Sequence[Refreshed]]

#: How long after its version came into force it begins: by then no process remembers the calendar without it.
GRACE = timedelta(seconds=5)


class Reevaluation:
    """Brings some prospects after the other up to the version in force.

    Only what it moves itself is counted as a move: a prospect of whom an event came in after the publication has been
    judged by the new version already.

    Whom it moves is listed in another stage from then on, where it meets it again if that stage is still to come. So
    whom the publication has taken to where it stands is not counted there.

    Arguments:
        refresh: settles prospects; again for the same ones, it does nothing.
        published_at: when the version came into force.
    """

    def __init__(self, refresh: Refresh, published_at: datetime) -> None:
        self._refresh = refresh
        self._published_at = published_at
        self.tally = MoveTally()

    def take(self, prospect_ids: Sequence[str]) -> Taken:
        """Re-evaluate some prospects, and count all of them or none."""
        moves = []
        counted = 0
        for one in self._refresh(prospect_ids):
            if one.moved:
                moves.append(FoundMove(one.prospect_id, one.from_stage, one.to_stage, one.because))
            elif self._was_moved_before(one):
                continue
            self.tally.take(one.from_stage, one.to_stage)
            counted += 1
        return Taken(moves, counted)

    def _was_moved_before(self, one: Refreshed) -> bool:
        since = one.since
        return since is not None and since.order == Order.PUBLICATION and since.occurred_at == self._published_at

    def pass_over(self) -> None:
        """Count a prospect that cannot be re-evaluated."""
        self.tally.passed_over += 1
