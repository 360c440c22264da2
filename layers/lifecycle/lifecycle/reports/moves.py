"""How many moved from where to where, and what that sets off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any


class MoveTally:
    """Moves by stage left and stage entered, prospects who stayed, and actions set off.

    Attributes:
        stayed: how many did not move.
        passed_over: of how many it cannot be told.
        actions: how often each action was set off.
    """

    def __init__(self) -> None:
        self._moves: Counter[tuple[str, str]] = Counter()
        self.stayed = 0
        self.passed_over = 0
        self.actions: Counter[str] = Counter()

    def take(self, from_stage: str, to_stage: str, actions: Iterable[str] = ()) -> None:
        """Count where a prospect stood and where it stands now."""
        self.actions.update(actions)
        if from_stage == to_stage:
            self.stayed += 1
        else:
            self._moves[from_stage, to_stage] += 1

    @property
    def moved(self) -> int:
        """How many moved."""
        return self._moves.total()

    @property
    def matrix(self) -> dict[str, dict[str, int]]:
        """How many moved, by the stage they left and the stage they entered."""
        rows: dict[str, dict[str, int]] = {}
        for (from_stage, to_stage), count in sorted(self._moves.items()):
            rows.setdefault(from_stage, {})[to_stage] = count
        return rows

    def dump(self) -> dict[str, Any]:
        """Plain JSON values, which ``merge`` takes."""
        return {
            "moves": self.matrix,
            "stayed": self.stayed,
            "passed_over": self.passed_over,
            "actions": dict(sorted(self.actions.items())),
        }

    def merge(self, values: Mapping[str, Any]) -> None:
        """Add what ``dump`` gave of others."""
        for from_stage, row in values.get("moves", {}).items():
            for to_stage, count in row.items():
                self._moves[from_stage, to_stage] += int(count)
        self.stayed += int(values.get("stayed", 0))
        self.passed_over += int(values.get("passed_over", 0))
        self.actions.update({name: int(count) for name, count in values.get("actions", {}).items()})
