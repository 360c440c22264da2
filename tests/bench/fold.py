"""How many events a second the fold takes with the default funnel, on one core.

    python -m tests.bench.fold [--events N]

Every figure stands beside a floor that is measured in the same run: sorting the same events by their keys and walking
them, doing nothing. The ratio to it says more than the figure, which is the machine's as much as the fold's.
"""

# ruff: noqa: T201 - it is a program for a terminal

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from operator import attrgetter
from random import Random
from typing import Any

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import Advance, advance, fold
from lifecycle.engine.machine import Machine
from lifecycle.engine.snapshot import dump, load
from lifecycle.events import Event
from tests.builders import ANN, COOKIE, DEFAULT, activity

#: Types and properties of what prospects do, by how often they do it.
MIX: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (50, "website_visit", {"page": "/pricing"}),
    (18, "email_sent", {"campaign": "spring"}),
    (14, "email_open", {"campaign": "spring"}),
    (8, "email_click", {"campaign": "spring", "link": "/demo"}),
    (4, "content_download", {"content": "wallpaper"}),
    (3, "webinar_attendance", {}),
    (2, "form_submission", {"form": "newsletter"}),
    (1, "form_submission", {"form": "demo"}),
)
REPEATS = 5
TARGET = 100_000


def made_up_log(events: int, random: Random) -> list[Event]:
    """A log in which a visitor becomes known after a while, and then goes on."""
    weights = [weight for weight, _, _ in MIX]
    log: list[Event] = []
    for number, (_, type_, properties) in enumerate(random.choices(MIX, weights, k=events)):
        named = (COOKIE,) if number < events // 5 else (ANN, COOKIE) if number % 3 else (ANN,)
        log.append(activity(f"{random.getrandbits(64):016x}", number * 7, type_, *named, **properties))
    return log


def whole(logs: Sequence[list[Event]], calendar: Calendar = DEFAULT) -> None:
    """Fold each log."""
    for log in logs:
        fold(log, calendar)


def in_memory(logs: Sequence[list[Event]], calendar: Calendar = DEFAULT) -> None:
    """Let a machine take each event of a log in order, after the first move folding it again as the services do."""
    for log in logs:
        machine = Machine(calendar.latest)
        for taken, event in enumerate(log, start=1):
            if advance(machine, event, calendar) is not Advance.STILL:
                machine = fold(log[:taken], calendar).machine


def through_snapshots(logs: Sequence[list[Event]], calendar: Calendar = DEFAULT) -> None:
    """The same, with the machine kept as JSON between any two events."""
    for log in logs:
        kept = json.dumps(dump(Machine(calendar.latest)))
        for taken, event in enumerate(log, start=1):
            machine = load(json.loads(kept), calendar)
            if machine is None or advance(machine, event, calendar) is not Advance.STILL:
                machine = fold(log[:taken], calendar).machine
            kept = json.dumps(dump(machine))


def floor(logs: Sequence[list[Event]]) -> None:
    """Sort the same events and walk them, doing nothing."""
    for log in logs:
        for _ in sorted(log, key=attrgetter("key")):
            pass


def seconds(work: Callable[[Sequence[list[Event]]], None], logs: Sequence[list[Event]]) -> float:
    """The median time of some runs, in processor time of this process."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        work(logs)
        times.append(time.process_time() - start)
    return statistics.median(times)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=60_000, help="how many events each figure takes")
    events: int = parser.parse_args().events
    random = Random(7)
    shapes = {"logs of 20": 20, "logs of 200": 200, "one log": events}
    paths: dict[str, Callable[[Sequence[list[Event]]], None]] = {
        "whole log": whole,
        "incremental": in_memory,
        "the same, state written each time": through_snapshots,
    }
    print(f"{'':36}{'':14}{'events/s':>12}{'floor/s':>14}{'times the floor':>18}")
    for shape, size in shapes.items():
        logs = [made_up_log(size, random) for _ in range(events // size)]
        for log in logs:
            random.shuffle(log)
        lowest = seconds(floor, logs)
        for path, work in paths.items():
            arranged = logs if work is whole else [sorted(log, key=attrgetter("key")) for log in logs]
            taken = seconds(work, arranged)
            rate = events / taken
            # The last path is for information: it measures the state's JSON more than the fold.
            mark = f"   below the target of {TARGET:,}" if rate < TARGET and work is not through_snapshots else ""
            print(f"{path:36}{shape:14}{rate:12,.0f}{events / lowest:14,.0f}{taken / lowest:18.1f}{mark}")


if __name__ == "__main__":
    main()
