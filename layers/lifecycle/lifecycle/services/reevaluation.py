"""A re-evaluation: after a publication every prospect is judged by the new version (design, rule 11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from lifecycle.reports.moves import MoveTally
from lifecycle.services.settle import Refreshed
from lifecycle.store.job_records import FoundMove

Refresh = Callable[[Sequence[str]], Sequence[Refreshed]]

#: How long after its version came into force it begins: by then no process remembers the calendar without it.
GRACE = timedelta(seconds=5)


class Reevaluation:
    """Brings some prospects after the other up to the version in force.

    Only what it moves itself is counted: a prospect of whom an event came in after the publication has been judged by
    the new version already.

    Arguments:
        refresh: settles prospects; again for the same ones, it does nothing.
    """

    def __init__(self, refresh: Refresh) -> None:
        self._refresh = refresh
        self.tally = MoveTally()

    def take(self, prospect_ids: Sequence[str]) -> list[FoundMove]:
        """Re-evaluate some prospects, and count all of them or none; who moved."""
        moves = []
        for moved in self._refresh(prospect_ids):
            self.tally.take(moved.from_stage, moved.to_stage)
            moves.append(FoundMove(moved.prospect_id, moved.from_stage, moved.to_stage, moved.because))
        self.tally.stayed += len(prospect_ids) - len(moves)
        return moves

    def pass_over(self) -> None:
        """Count a prospect that cannot be re-evaluated."""
        self.tally.passed_over += 1
