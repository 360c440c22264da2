"""The same criteria over the same events: the engine beside zen-engine, rule-engine and a library for CEL.

    python -m tests.bench.criteria [--events N]

All answer the same twelve criteria after every event, and the answers are compared. The three others judge a context:
what was counted of the events so far. ``Facts`` keeps it, which is code that a user of theirs writes, and its own cost
stands in a row of its own. Each gets the criteria as one compiled expression, measured to be its fastest way, and the
CEL library a context that is told only what changed. Two of them compile the pattern of a regular expression every
time, so the figures stand without the one criterion that has a pattern, too.

What the engine does in its time, and they do not: count, and only what its criteria ask about; tell which answers an
event may change, and when time alone changes one; find the evidence. What they do, and it does not: take any expression
over any data.
"""

# ruff: noqa: T201 - it is a program for a terminal

from __future__ import annotations

import argparse
import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from random import Random
from typing import Any, ClassVar, NamedTuple

import cel  # type: ignore[import-not-found]  # it and the next two stand in requirements/bench.in
import rule_engine  # type: ignore[import-not-found]
import zen  # type: ignore[import-not-found]

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import fold
from lifecycle.engine.machine import Machine
from lifecycle.engine.plan import Plan
from lifecycle.events import Activity, DealFact, Decision, Event
from lifecycle.funnel.parsing import parse_funnel
from tests.bench.big_funnel import busy_log

REPEATS = 3
WEEK = timedelta(days=7)
Answers = list[bool]
Work = Callable[[Sequence[Event]], list[Answers]]


class Asked(NamedTuple):
    """One criterion, as each of the four is told of it."""

    definition: dict[str, Any]
    zen: str
    rule: str
    cel: str


def _plain(definition: dict[str, Any], expression: str) -> Asked:
    """A criterion that three of them write alike but for the words for and, or, not."""
    symbols = {" and ": " && ", " or ": " || ", "not ": "!"}
    return Asked(definition, expression, expression, re.sub("|".join(symbols), lambda m: symbols[m[0]], expression))


def _activity(type_: str, **content: Any) -> dict[str, Any]:
    return {"activity": {"type": type_} | content}


_KNOWN = {"known": "email"}
CRITERIA: tuple[Asked, ...] = (
    _plain(_KNOWN, "known"),
    _plain({"all": [_KNOWN, {"activity": {"direction": "inbound"}}]}, "known and inbound >= 1"),
    _plain(_activity("website_visit", count=3), "visits >= 3"),
    _plain(_activity("website_visit", count=2, within="1 week"), "visits_in_a_week >= 2"),
    _plain(_activity("form_submission", properties={"form": {"in": ["demo", "trial"]}}), "demo_forms >= 1"),
    _plain({"score": {"at_least": 50}}, "score >= 50"),
    _plain(
        {
            "at_least": {
                "count": 2,
                "of": [_activity("email_click"), _activity("webinar_attendance"), _activity("content_download")],
            }
        },
        "(clicks >= 1 and webinars >= 1) or (clicks >= 1 and downloads >= 1) or (webinars >= 1 and downloads >= 1)",
    ),
    Asked(
        {
            "all": [
                {"attribute": {"trait": "company.size", "at_least": 50}},
                {"attribute": {"trait": "country", "in": ["DE", "FR"]}},
            ]
        },
        'size != null and size >= 50 and country in ["DE", "FR"]',
        'size != null and size >= 50 and country in ["DE", "FR"]',
        'size != null && size >= 50 && country in ["DE", "FR"]',
    ),
    Asked(
        {"attribute": {"trait": "title", "matches": "(?i)head|chief"}},
        'title != null and matches(title, "(?i)head|chief")',
        'title != null and title =~~ "(?i)head|chief"',
        'title != null && title.matches("(?i)head|chief")',
    ),
    _plain({"all": [_KNOWN, {"decision": "accept"}]}, "known and accepts >= 1"),
    _plain({"deal": {"status": "open", "amount": {"at_least": 1000}}}, "open_amount >= 1000"),
    _plain(
        {"all": [{"deal": {"status": "won"}}, {"not": _activity("email_unsubscribe")}]},
        "won_deals >= 1 and not (unsubscribes >= 1)",
    ),
)
WEIGHTS = {"website_visit": 1, "email_click": 3, "form_submission": 10}
OTHER = 1


def plan_of(criteria: Sequence[Asked]) -> Plan:
    """A funnel with a stage for each of the criteria, above one where everybody starts."""
    stages = [{"key": f"stage_{number}", "enter_when": one.definition} for number, one in enumerate(criteria)]
    score = {"weights": WEIGHTS, "other": OTHER}
    return Plan(parse_funnel({"stages": [{"key": "start"}, *stages], "score": score}, version=1))


class Facts:
    """What the others are asked about: counted by hand, event by event, for just these criteria."""

    COUNTED: ClassVar = {
        "website_visit": "visits",
        "email_click": "clicks",
        "webinar_attendance": "webinars",
        "content_download": "downloads",
        "email_unsubscribe": "unsubscribes",
    }

    def __init__(self) -> None:
        numbers = ("inbound", "demo_forms", "visits_in_a_week", "score", "accepts", "open_amount", "won_deals")
        self.values: dict[str, Any] = {"known": False, "size": None, "country": None, "title": None}
        self.values |= dict.fromkeys((*numbers, *self.COUNTED.values()), 0)
        self._visits: deque[datetime] = deque()
        self._deals: dict[str, dict[str, Any]] = {}

    def take(self, event: Event) -> dict[str, Any]:
        """Take in an event; what changed."""
        changed: dict[str, Any] = {}
        while self._visits and event.occurred_at - self._visits[0] >= WEEK:
            self._visits.popleft()
            changed["visits_in_a_week"] = len(self._visits)
        if isinstance(event, Activity):
            self._activity(event, changed)
        elif isinstance(event, DealFact):
            self._deal(event, changed)
        elif isinstance(event, Decision) and event.action == "accept":
            changed["accepts"] = self.values["accepts"] + 1
        self.values |= changed
        return changed

    def _activity(self, event: Activity, changed: dict[str, Any]) -> None:
        values = self.values
        if not values["known"] and any(identity.kind == "email" for identity in event.identities):
            changed["known"] = True
        if (name := self.COUNTED.get(event.type)) is not None:
            changed[name] = values[name] + 1
        if event.type == "website_visit":
            self._visits.append(event.occurred_at)
            changed["visits_in_a_week"] = len(self._visits)
        elif event.type == "form_submission" and event.properties.get("form") in ("demo", "trial"):
            changed["demo_forms"] = values["demo_forms"] + 1
        if event.direction == "inbound":
            changed["inbound"] = values["inbound"] + 1
            changed["score"] = values["score"] + WEIGHTS.get(event.type, OTHER)
        if event.traits:
            for name in ("country", "title"):
                if name in event.traits:
                    changed[name] = event.traits[name]
            if "company" in event.traits:
                changed["size"] = event.traits["company"].get("size")

    def _deal(self, event: DealFact, changed: dict[str, Any]) -> None:
        deal = self._deals.setdefault(event.deal_id, {"status": None, "amount": 0, "linked": False})
        deal["status"] = event.status or deal["status"]
        deal["amount"] = deal["amount"] if event.amount is None else float(event.amount)
        deal["linked"] = deal["linked"] if event.linked is None else event.linked
        linked = [deal for deal in self._deals.values() if deal["linked"]]
        changed["open_amount"] = max((deal["amount"] for deal in linked if deal["status"] == "open"), default=0)
        changed["won_deals"] = sum(deal["status"] == "won" for deal in linked)


# ---- the four, each as a function from a log to the answers after every event -------------------------------------


def by_the_engine(plan: Plan) -> Work:
    """All criteria asked after every event, whether or not it can have changed an answer."""
    tests = [stage.meets for stage in plan.stages[1:]]

    def answers(log: Sequence[Event]) -> list[Answers]:
        machine, found = Machine(plan), []
        for event in log:
            machine.step(event)
            found.append([test(machine) for test in tests])
        return found

    return answers


def by_zen(expression: Any) -> Work:
    """zen-engine, which takes the whole context every time."""

    def answers(log: Sequence[Event]) -> list[Answers]:
        facts, found = Facts(), []
        for event in log:
            facts.take(event)
            found.append(expression.evaluate(facts.values))
        return found

    return answers


def by_rule_engine(rule: Any) -> Work:
    """rule-engine, which looks names up in the context."""

    def answers(log: Sequence[Event]) -> list[Answers]:
        facts, found = Facts(), []
        for event in log:
            facts.take(event)
            found.append(list(rule.evaluate(facts.values)))
        return found

    return answers


def by_cel(program: Any) -> Work:
    """common-expression-language, whose context is told what changed."""

    def answers(log: Sequence[Event]) -> list[Answers]:
        facts, found = Facts(), []
        context = cel.Context(variables=facts.values)
        for event in log:
            context.update(facts.take(event))
            found.append(program.execute(context))
        return found

    return answers


def facts_alone(log: Sequence[Event]) -> list[Answers]:
    """What the three others need before they are asked anything."""
    facts = Facts()
    for event in log:
        facts.take(event)
    return []


def contestants(criteria: Sequence[Asked]) -> dict[str, Work]:
    """Who answers the criteria, each compiled once; the engine first."""
    joined = {kind: "[" + ", ".join(getattr(one, kind) for one in criteria) + "]" for kind in ("zen", "rule", "cel")}
    by_item = rule_engine.Context(resolver=rule_engine.resolve_item)
    return {
        "this engine": by_the_engine(plan_of(criteria)),
        "zen-engine": by_zen(zen.compile_expression(joined["zen"])),
        "rule-engine": by_rule_engine(rule_engine.Rule(joined["rule"], context=by_item)),
        "common-expression-language": by_cel(cel.compile(joined["cel"])),
    }


def differences(criteria: Sequence[Asked], logs: Sequence[list[Event]]) -> list[str]:
    """Who answers anything otherwise than the engine does, and what."""
    ours, *others = contestants(criteria).items()
    return [
        f"{name} after {event.id}: {answers} and not {expected}"
        for name, work in others
        for log in logs
        for event, answers, expected in zip(log, work(log), ours[1](log), strict=True)
        if answers != expected
    ]


def rate(work: Work, logs: Sequence[list[Event]]) -> float:
    """Events a second, in the best of some runs, by the processor time of this process."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        for log in logs:
            work(log)
        times.append(time.process_time() - start)
    return sum(map(len, logs)) / min(times)


def rates(criteria: Sequence[Asked], logs: Sequence[list[Event]]) -> dict[str, float]:
    """Events a second of everybody; of the context that the others need; and of the engine's true work.

    That is the stage and its transitions with their evidence, for which it asks only where an answer may have changed.
    """
    calendar = Calendar.always(plan_of(criteria))

    def the_fold(log: Sequence[Event]) -> list[Answers]:
        fold(log, calendar)
        return []

    rows = {**contestants(criteria), "the others' context alone": facts_alone, "this engine, folding": the_fold}
    return {name: rate(work, logs) for name, work in rows.items()}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000, help="how many events each figure takes")
    events: int = parser.parse_args().events
    random = Random(7)
    logs = [sorted(busy_log(100, random), key=attrgetter("key")) for _ in range(events // 100)]
    plain = [one for one in CRITERIA if "matches" not in one.zen]
    if wrong := differences(CRITERIA, logs[:50]):
        raise SystemExit("\n".join(wrong[:10]))
    every, without = rates(CRITERIA, logs), rates(plain, logs)
    print(f"{len(CRITERIA)} criteria after each of {sum(map(len, logs)):,} events, the same answers from all")
    print(f"{'':30}{'events/s':>12}{'the engine is':>16}{'without pattern':>20}{'the engine is':>16}")
    for name in every:
        print(
            f"{name:30}{every[name]:12,.0f}{every['this engine'] / every[name]:15.1f}x"
            f"{without[name]:20,.0f}{without['this engine'] / without[name]:15.1f}x"
        )


if __name__ == "__main__":
    main()
