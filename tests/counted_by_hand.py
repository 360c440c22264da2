"""The funnel's numbers by brute force: every log is folded from the beginning, and every move counted in plain Python.

Of a log with withdrawals, what was withdrawn is left out beforehand: it counts as if it had never been. So neither the
steps of reports, nor their figures of days, nor the code of corrections has a part in these numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import fold
from lifecycle.events import Event, Withdrawal
from lifecycle.services.neighbourhood import Neighbourhood
from lifecycle.store.protocol import Store

#: A document of a report, by its path and its parameters.
Ask = Callable[..., Any]
#: The numbers that are counted here.
NUMBERS = ("stock", "entered", "left")


@dataclass
class Hand:
    """What was counted, by local day: entries and exits by stage, and moves."""

    entered: Counter[tuple[date, str]] = field(default_factory=Counter)
    left: Counter[tuple[date, str]] = field(default_factory=Counter)
    flows: Counter[tuple[str | None, str]] = field(default_factory=Counter)

    def figures(self, stage: str, first: date, last: date) -> tuple[int, int, int]:
        """Stock, entries and exits of a stage over some days."""
        entered, left = (
            sum(count for (day, one), count in counts.items() if one == stage and first <= day <= last)
            for counts in (self.entered, self.left)
        )
        before = sum(count for (day, one), count in self.entered.items() if one == stage and day < first)
        before -= sum(count for (day, one), count in self.left.items() if one == stage and day < first)
        return before + entered - left, entered, left


def count(store: Store, calendar: Calendar, zone: ZoneInfo, now: datetime) -> Hand:
    """Count all prospects of a workspace. Its funnel has a stage of the anonymous, from which becoming known leads."""
    hand = Hand()
    anonymous = {stage.key for plan in calendar.plans for stage in plan.funnel.stages if stage.anonymous}
    for root in _prospects(store, calendar):
        around = Neighbourhood(store)
        around.load([root])
        events = list(_standing(around.whole_log(root)[0]))
        # What is left of corrections are those by deals and their contacts, of which a log holds the last word too.
        for move in fold(events, calendar, now).true_moves():
            day = move.occurred_at.astimezone(zone).date()
            known = move.from_stage not in anonymous
            hand.entered[day, move.to_stage] += 1
            hand.left[day, move.from_stage] += known
            hand.flows[move.from_stage if known else None, move.to_stage] += 1
    return hand


def _prospects(store: Store, calendar: Calendar) -> Iterator[str]:
    stages = dict.fromkeys(key for plan in calendar.plans for key in plan.funnel.stage_keys)
    for stage in stages:
        yield from (id_ for _, id_ in store.in_stage(stage, "", "0", "~"))


def _standing(events: Iterable[Event]) -> Iterator[Event]:
    """The events that count."""
    events = list(events)
    withdrawn = {event.event_id for event in events if isinstance(event, Withdrawal)}
    return (event for event in events if not isinstance(event, Withdrawal) and event.id not in withdrawn)


def differences(report: Any, hand: Hand) -> list[Any]:
    """Where a report of the funnel says something else than was counted by hand, in the whole or in a period."""
    first, last = (date.fromisoformat(report[name]) for name in ("from", "to"))
    spans = [(first, last, report["stages"])]
    spans += [
        (*(date.fromisoformat(one[name]) for name in ("start", "end")), one["stages"]) for one in report["periods"]
    ]
    return [
        (start.isoformat(), of["stage"], told, counted)
        for start, end, stages in spans
        for of in stages
        if (told := tuple(of[name] for name in NUMBERS)) != (counted := hand.figures(of["stage"], start, end))
    ]


def unreconciled(report: Any) -> list[Any]:
    """The periods and stages whose stock is not what it was before, with who came and without who went."""
    stock = {of["stage"]: of["stock_before"] for of in report["stages"]}
    wrong = []
    for period in report["periods"]:
        for of in period["stages"]:
            before = stock[of["stage"]]
            if (of["stock_before"], of["stock"]) != (before, before + of["entered"] - of["left"]):
                wrong.append((period["start"], of))
            stock[of["stage"]] = of["stock"]
    return wrong


def unlisted(report: Any, ask: Ask, **days: str) -> list[Any]:
    """The numbers of a report of the funnel behind which not so many are listed."""
    numbers = (*NUMBERS, "entered_again", "skipped", "corrected")
    return [
        (of["stage"], number, of[number], listed)
        for of in report["stages"]
        for number in numbers
        if (listed := len(behind(ask, number=number, stage=of["stage"], **days)["prospects"])) != of[number]
    ]


def behind(ask: Ask, **wanted: Any) -> dict[str, list[Any]]:
    """All that are listed behind a number, page by page."""
    found: dict[str, list[Any]] = {"prospects": [], "deals": []}
    more: dict[str, Any] = {"limit": 3}
    while True:
        page = ask("/reports/prospects", **wanted, **more)
        for name in found:
            found[name] += page[name]
        if page["next_cursor"] is None:
            return found
        more["cursor"] = page["next_cursor"]
