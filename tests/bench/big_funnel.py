"""How many events a second the fold takes with a funnel of twelve stages and forty criteria, on one core.

    python -m tests.bench.big_funnel [--events N]

The criteria are of every kind, all of them in use: periods, a score with rules and a half-life, regular expressions,
deals with amounts, times in a stage. The logs have deals, decisions and traits in them.
"""

# ruff: noqa: T201 - it is a program for a terminal

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter
from random import Random
from typing import Any

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import Advance, advance, fold
from lifecycle.engine.machine import Machine
from lifecycle.engine.plan import Plan
from lifecycle.events import Activity, Event
from lifecycle.funnel.criteria import leaves_of
from lifecycle.funnel.parsing import parse_funnel
from tests.bench.fold import floor, in_memory, made_up_log, seconds, through_snapshots, whole
from tests.builders import at, deal, decision

TARGET = 40_000
#: Minutes between two events of a log: a quarter of a day, so that periods of weeks fill and empty.
PACE = 360

_KNOWN = {"known": "email"}


def _activity(type_: str | None = None, **content: Any) -> dict[str, Any]:
    return {"activity": ({"type": type_} if type_ else {}) | content}


STAGES: tuple[dict[str, Any], ...] = (
    {"key": "visitor", "anonymous": True},
    {"key": "contact", "enter_when": {"all": [_KNOWN, {"not": {"attribute": {"email": "competitor"}}}]}},
    {
        "key": "reader",
        "enter_when": {
            "all": [_KNOWN, {"any": [_activity("email_click"), _activity("website_visit", count=3, within="2 weeks")]}]
        },
    },
    {
        "key": "engaged",
        "enter_when": {
            "at_least": {
                "count": 3,
                "of": [
                    _activity(direction="inbound", count=8),
                    _activity("email_click", count=2, within="30 days"),
                    _activity("website_visit", properties={"page": {"matches": "pric|plan|demo"}}, count=4),
                    _activity("webinar_attendance"),
                    _activity("content_download", count=2),
                ],
            }
        },
    },
    {
        "key": "fitting",
        "enter_when": {
            "all": [
                {"attribute": {"trait": "company.size", "at_least": 50, "at_most": 5000}},
                {"attribute": {"trait": "country", "in": ["DE", "FR", "NL", "AT"]}},
                {"attribute": {"trait": "title", "matches": "(?i)head|chief|director|vp"}},
                {"score": {"at_least": 20}},
            ]
        },
    },
    {
        "key": "marketing_qualified",
        "enter_when": {
            "all": [
                _KNOWN,
                {
                    "any": [
                        _activity("form_submission", properties={"form": {"in": ["contact", "demo", "trial"]}}),
                        _activity("content_download", properties={"content": {"in": ["buying_guide", "case_study"]}}),
                        {"score": {"at_least": 60}},
                    ]
                },
                {"not": _activity("email_unsubscribe", within="90 days")},
                {"not": {"attribute": {"email": "free_mail"}}},
            ]
        },
    },
    {"key": "sales_accepted", "enter_when": {"all": [_KNOWN, {"decision": "accept"}]}},
    {
        "key": "sales_qualified",
        "from": ["sales_accepted"],
        "enter_when": {
            "any": [
                {"all": [{"decision": "accept"}, {"stage": {"in": "sales_accepted", "for": "14 days"}}]},
                _activity("meeting", direction="inbound", count=2, within="30 days"),
            ]
        },
    },
    {
        "key": "opportunity",
        "reopens": True,
        "enter_when": {
            "any": [
                {"deal": {"status": "open", "amount": {"at_least": 1000}}},
                {"deal": {"status": "open", "roles": ["buyer"], "pipelines": ["new"]}},
                _activity("trial_started", properties={"seats": {"at_least": 10}}),
            ]
        },
    },
    {"key": "customer", "reopens": True, "enter_when": {"deal": {"status": "won"}}},
    {
        "key": "advocate",
        "enter_when": {
            "all": [
                {"deal": {"status": "won", "amount": {"at_least": 500, "currency": "EUR"}}},
                {
                    "any": [
                        _activity("referral"),
                        _activity("review", properties={"rating": {"at_least": 4}}),
                        _activity("nps_response", properties={"score": {"at_least": 9}}),
                    ]
                },
                {"not": {"deal": {"status": "open"}}},
                {"not": _activity("spam_complaint")},
            ]
        },
    },
    {
        "key": "disqualified",
        "beside": True,
        "decision": "disqualify",
        "enter_when": {
            "all": [
                {"below": "opportunity"},
                {
                    "any": [
                        _activity("email_bounce", properties={"bounce": "hard"}),
                        _activity("spam_complaint"),
                        {
                            "all": [
                                {"stage": {"in": "contact", "for": "52 weeks"}},
                                {"not": _activity(within="52 weeks")},
                            ]
                        },
                    ]
                },
            ]
        },
    },
)
SCORE: dict[str, Any] = {
    "weights": {"website_visit": 1, "email_click": 3, "content_download": 5, "form_submission": 10},
    "half_life": "90 days",
    "rules": [
        {"activity": {"type": "website_visit", "properties": {"page": {"matches": "^/pricing"}}}, "points": 2},
        {"activity": {"type": "form_submission", "properties": {"form": "newsletter"}}, "points": 1},
    ],
    "fit": [{"attribute": {"trait": "company.size", "at_least": 200}, "points": 5}],
}
FUNNEL = parse_funnel({"stages": list(STAGES), "score": SCORE, "competitor_domains": ["rival.example"]}, version=1)
CALENDAR = Calendar.always(Plan(FUNNEL))

TRAITS: tuple[dict[str, Any], ...] = (
    {"company": {"size": 120, "sector": "steel"}},
    {"country": "DE"},
    {"title": "Head of Sales"},
    {"title": "clerk", "country": "US"},
)


def criteria() -> int:
    """How many criteria the funnel asks, those that are built of others not counted."""
    return sum(1 for stage in FUNNEL.stages if stage.enter_when for _ in leaves_of(stage.enter_when))


def busy_log(events: int, random: Random) -> list[Event]:
    """A log of activities, of which some tell traits, with an accept and perhaps a deal in its last third."""
    log: list[Event] = []
    for number, event in enumerate(made_up_log(events, random)):
        moment = at(number * PACE)
        told = random.choice(TRAITS) if random.random() < 0.1 else {}
        if isinstance(event, Activity):
            log.append(replace(event, occurred_at=moment, recorded_at=moment, traits=told))
        if number == events * 2 // 3:
            log.append(decision(f"accept-{number}", number * PACE + 60, "accept"))
        elif number == events * 3 // 4 and random.random() < 0.5:
            log.append(deal(f"open-{number}", number * PACE + 60, "open", amount=2000))
            log.append(deal(f"won-{number}", number * PACE + 90, "won", linked=None))
    return log


def moving_nobody(logs: Sequence[list[Event]]) -> float:
    """Events a second of those that move nobody: what ``in_memory`` does without the folds after moves."""
    taken, spent = 0, 0.0
    for log in logs:
        machine, position = Machine(CALENDAR.latest), 0
        while position < len(log):
            start, first = time.process_time(), position
            while position < len(log) and advance(machine, log[position], CALENDAR) is Advance.STILL:
                position += 1
            spent, taken = spent + time.process_time() - start, taken + position - first
            position += 1
            machine = fold(log[:position], CALENDAR).machine
    return taken / spent


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=40_000, help="how many events each figure takes")
    events: int = parser.parse_args().events
    random = Random(7)
    paths = {
        "whole log": whole,
        "incremental": in_memory,
        "the same, state written each time": through_snapshots,
    }
    print(f"a funnel of {len(FUNNEL.stages)} stages and {criteria()} criteria")
    print(f"{'':36}{'':14}{'events/s':>12}{'floor/s':>14}{'times the floor':>18}{'moves/log':>12}")
    for shape, size in {"logs of 20": 20, "logs of 200": 200, "logs of 1,000": 1_000}.items():
        logs = [busy_log(size, random) for _ in range(events // size)]
        count = sum(map(len, logs))
        moves = sum(len(fold(log, CALENDAR).transitions) for log in logs) / len(logs)
        shuffled = [random.sample(log, len(log)) for log in logs]
        lowest = seconds(floor, shuffled)
        for path, work in paths.items():
            arranged = shuffled if work is whole else [sorted(log, key=attrgetter("key")) for log in logs]
            taken = seconds(partial(work, calendar=CALENDAR), arranged)
            rate = count / taken
            # The last path is for information: it measures the state's JSON more than the fold.
            mark = f"   below the target of {TARGET:,}" if rate < TARGET and work is not through_snapshots else ""
            figures = f"{rate:12,.0f}{count / lowest:14,.0f}{taken / lowest:18.1f}{moves:12.1f}{mark}"
            print(f"{path:36}{shape:14}{figures}")
        in_order = [sorted(log, key=attrgetter("key")) for log in logs]
        print(f"{'one more event that moves nobody':36}{shape:14}{moving_nobody(in_order):12,.0f}")


if __name__ == "__main__":
    main()
