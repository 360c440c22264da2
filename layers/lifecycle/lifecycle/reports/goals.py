"""Goals: how many prospects are to enter a stage, told by the month."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from fractions import Fraction

from lifecycle.reports.periods import DAY, Span


def goal_of(span: Span, per_month: int) -> float:
    """The part of a monthly goal that falls to some days: each day has an even share of its month's. To the tenth."""
    goal = Fraction(0)
    first = span.first
    while first <= span.last:
        in_month = monthrange(first.year, first.month)[1]
        last = min(date(first.year, first.month, in_month), span.last)
        goal += Fraction(per_month * ((last - first).days + 1), in_month)
        first = last + DAY
    return round(float(goal), 1)
