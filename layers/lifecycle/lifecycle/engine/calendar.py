"""Which version of the funnel is in force when (design, rule 11)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from lifecycle.engine.plan import Plan


class Term(NamedTuple):
    """From when on a plan is in force, until the next term."""

    effective_at: datetime
    plan: Plan


class Calendar:
    """The versions of a workspace's funnel in the order in which they are in force.

    Arguments:
        terms: (from when on, plan) in ascending order of time; ``None``, which only the first may give, stands for the
            beginning of time.
    """

    def __init__(self, terms: Sequence[tuple[datetime | None, Plan]]) -> None:
        (_, self._first), *rest = terms
        self._later = [Term(effective_at, plan) for effective_at, plan in rest if effective_at is not None]
        self._starts = [term.effective_at for term in self._later]
        self._after: dict[int, Term | None] = dict(
            zip([plan.funnel.version for _, plan in terms], [*self._later, None], strict=True)
        )

    @classmethod
    def always(cls, plan: Plan) -> Calendar:
        """One version for all times."""
        return cls([(None, plan)])

    def followed_by(self, plan: Plan, effective_at: datetime) -> Calendar:
        """This calendar, with another version from a moment on, in place of those that would come later."""
        kept = [term for term in self._later if term.effective_at < effective_at]
        return Calendar([(None, self._first), *kept, (effective_at, plan)])

    def at(self, moment: datetime) -> Plan:
        """The plan in force at a moment."""
        place = bisect_right(self._starts, moment)
        return self._later[place - 1].plan if place else self._first

    def after(self, version: int) -> Term | None:
        """What follows a version; ``None`` for the last.

        Raises:
            KeyError: the calendar has no such version.
        """
        return self._after[version]

    @property
    def plans(self) -> tuple[Plan, ...]:
        """All plans, in order."""
        return (self._first, *(term.plan for term in self._later))

    @property
    def latest(self) -> Plan:
        """The last plan, which may not be in force yet."""
        return self.plans[-1]

    def plan(self, version: int) -> Plan | None:
        """The plan of a version; ``None`` if the calendar lacks it."""
        return next((plan for plan in self.plans if plan.funnel.version == version), None)
