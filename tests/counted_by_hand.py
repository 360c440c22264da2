"""The funnel's numbers by brute force: every log is folded from the beginning, and every move counted in plain Python.

Neither the steps of reports nor their figures of days have a part in these numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import fold, in_order
from lifecycle.events import Event, Key
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
    """Count all prospects of a workspace. Its funnel has a stage of the anonymous, which nobody known is in."""
    hand = Hand()
    for root in _prospects(store, calendar):
        around = Neighbourhood(store)
        around.load([root])
        events = in_order(around.whole_log(root)[0])
        arrived = _known(events, calendar)
        if arrived is not None:
            _count_one(hand, events, arrived, calendar, zone, now)
    return hand


def _count_one(
    hand: Hand, events: list[Event], arrived: Key, calendar: Calendar, zone: ZoneInfo, now: datetime
) -> None:
    """Count the moves of one prospect from when it was known; what it did not move by then it came in with."""
    moves = fold(events, calendar, now).true_moves()
    stage = calendar.at(events[0].occurred_at).ladder[0].stage.key
    before: str | None = None

    def enter(to_stage: str, moment: datetime) -> None:
        nonlocal before
        day = moment.astimezone(zone).date()
        hand.entered[day, to_stage] += 1
        hand.flows[before, to_stage] += 1
        if before is not None:
            hand.left[day, before] += 1
        before = to_stage

    for move in moves:
        if move.event > arrived and before is None:
            enter(stage, arrived.occurred_at)
        if move.event >= arrived:
            enter(move.to_stage, move.occurred_at)
        stage = move.to_stage
    if before is None:
        enter(stage, arrived.occurred_at)


def _known(events: list[Event], calendar: Calendar) -> Key | None:
    """When a prospect is first known: an email, or a deal."""
    for number, event in enumerate(events, 1):
        machine = fold(events[:number], calendar, event.occurred_at).machine
        if machine.known is not None or any(deal.counts for deal in machine.deals.values()):
            return event.key
    return None


def _prospects(store: Store, calendar: Calendar) -> Iterator[str]:
    stages = dict.fromkeys(key for plan in calendar.plans for key in plan.funnel.stage_keys)
    for stage in stages:
        yield from (id_ for _, id_ in store.in_stage(stage, "", "0", "~"))


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
