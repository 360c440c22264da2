"""What the dashboard is narrowed down to, and links that keep to it: every filter is in the address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from lifecycle.contract.report_parameters import read_wanted
from lifecycle.pages.render import query
from lifecycle.reports.dimensions import DIMENSIONS
from lifecycle.reports.periods import Span
from lifecycle.services.report_requests import Wanted

COUNTED = "/pages/reports/counted"
#: The fields of the dashboard's filters.
FIELDS = ("from", "to", "by", "compare", "only", "value", "break_down", "measure", "conversion")

#: What of the dashboard's own fields a report is asked for as it is.
_OF_REPORTS = ("from", "to", "by", "compare")
#: Numbers that are of now and of everybody.
_OF_NOW = ("beyond_limit", "beyond_p90")


class Filters(NamedTuple):
    """The fields of the dashboard, as they stand in its address.

    Attributes:
        given: by name; ``only`` and ``value`` are a dimension and the value that everything is narrowed down to.
    """

    given: Mapping[str, str]

    @property
    def wanted(self) -> Wanted:
        """The report that they ask for. Raises InvalidRequestError where a field is not acceptable."""
        asked = {name: self.given[name] for name in _OF_REPORTS if self.given.get(name)}
        asked.setdefault("by", "week")
        return read_wanted({**asked, **self.slice, **self._conversion})

    @property
    def saved(self) -> Wanted:
        """The same as it is saved: broken down as well, where that is said. Raises as ``wanted``."""
        dimension = self.given.get("break_down")
        if dimension not in DIMENSIONS or self.slice:
            return self.wanted
        return self.wanted._replace(break_down=dimension)

    @property
    def slice(self) -> dict[str, str]:
        """The one slice, as the parameters of reports name it."""
        only, value = self.given.get("only"), self.given.get("value")
        return {only: value} if only in DIMENSIONS and value else {}

    @property
    def _conversion(self) -> dict[str, str]:
        basis = self.given.get("conversion") or "period"
        return {} if basis == "period" else {"basis": "cohort", "within": basis}

    def changed(self, **changes: str | None) -> str:
        """The query string with some fields changed."""
        return query({**self.given, **changes})


def filters_of(query: Mapping[str, str]) -> Filters:
    """The filters of a query string; a field that it does not name is empty."""
    return Filters({name: query.get(name, "") for name in FIELDS})


class Counting(NamedTuple):
    """Links to the very prospects behind the numbers of a report.

    Attributes:
        base: what paths are appended to.
        span: of the whole report.
        filters: that it was made with.
    """

    base: str
    span: Span
    filters: Filters

    def pattern(self, number: str) -> str:
        """The same for any stage and days, with ``STAGE``, ``FROM`` and ``TO`` in their place.

        Arguments:
            number: which number.
        """
        asked = {"number": number, "stage": "STAGE", "from": "FROM", "to": "TO", **self.filters.slice}
        return f"{self.base}{COUNTED}?{query(asked)}"

    def link(self, number: str, stage: str | None, span: Span | None = None, **more: Any) -> str:
        """Where the prospects are listed that a number counts.

        Arguments:
            number: which number.
            stage: of which stage.
            span: of which days; by default the report's.
            more: further parameters of the list.
        """
        days = span or self.span
        of_then = {} if number in _OF_NOW else {"from": _day(days.first), "to": _day(days.last), **self.filters.slice}
        return f"{self.base}{COUNTED}?{query({'number': number, 'stage': stage, **of_then, **more})}"


def _day(day: date) -> str:
    return day.isoformat()
