"""How many events of outside systems a second are translated, on one core: from raw bytes to what the log will hold.

    python -m tests.bench.translation [--seconds N] [KIND ...]

The delivery with the most events that a sender has is translated again and again (where it never sends more than one,
all its samples are, in turn); of systems that send whole records, the largest one as well. Beside every figure stands a
floor that is measured in the same run: ``json.loads`` of the same bytes (XML: the standard library's parser), or of as
many bytes where the body is a form or packed. Proofs are left out: they cost a hash of the body, or what a vendor's
signature costs.
"""

# ruff: noqa: T201 - it is a program for a terminal

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from xml.etree import ElementTree

from lifecycle.sources.delivery import Delivery
from lifecycle.sources.table import SOURCES, source_of
from tests.bench.large_payloads import LARGE
from tests.senders.sender import Sender, delivery

TARGET = 20_000
REPEATS = 5
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://api.example.com/webhooks/s1"


def translated(kind: str, sender: Sender, request: Delivery) -> int:
    """Translate a delivery. Returns how many things it says."""
    return sum(1 for _ in source_of(kind).translate(request, sender.settings))


def measured(kind: str, sender: Sender) -> list[Delivery]:
    """The deliveries that are translated for the figure."""
    requests = [delivery(sender, sample, URL, NOW) for sample in sender.samples.values()]
    counts = [translated(kind, sender, request) for request in requests]
    most = max(counts)
    return [request for request, count in zip(requests, counts, strict=True) if count == most][
        : None if most == 1 else 1
    ]


def parsing(requests: Sequence[Delivery]) -> Callable[[], object]:
    """What reads the same bytes as JSON, and does nothing else."""
    if all(request.body.startswith(b"<?xml") for request in requests):
        return lambda: [ElementTree.fromstring(request.body) for request in requests]  # noqa: S314 - our own
    bodies = []
    for request in requests:
        try:
            json.loads(request.body)
            bodies.append(request.body)
        except ValueError:
            bodies.append(json.dumps({"text": "x" * len(request.body)}).encode())
    return lambda: [json.loads(body) for body in bodies]


def seconds(work: Callable[[], object], rounds: int) -> float:
    """The shortest time of some runs, in processor time of this process."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        for _ in range(rounds):
            work()
        times.append(time.process_time() - start)
    return min(times) / rounds


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.4, help="about how long one run of a source takes")
    parser.add_argument("kinds", nargs="*", default=sorted(SOURCES), metavar="KIND")
    chosen = parser.parse_args()
    print(f"{'':28}{'events':>6}{'bytes each':>12}{'events/s':>12}{'floor/s':>12}{'times the floor':>18}")
    work_of = {kind: import_module(f"tests.senders.{kind}").SENDER for kind in chosen.kinds}
    rows = [(kind, "", sender, measured(kind, sender)) for kind, sender in work_of.items()]
    rows += [
        (kind, ", large", sender, [delivery(sender, LARGE[kind], URL, NOW)])
        for kind, sender in work_of.items()
        if kind in LARGE
    ]
    for kind, what, sender, requests in rows:
        events = sum(translated(kind, sender, request) for request in requests)
        size = sum(len(request.body) for request in requests) / events

        def work(kind: str = kind, sender: Sender = sender, requests: Sequence[Delivery] = requests) -> None:
            for request in requests:
                translated(kind, sender, request)

        rounds = max(1, int(chosen.seconds / seconds(work, 1)))
        taken, lowest = seconds(work, rounds), seconds(parsing(requests), rounds)
        mark = f"   below the target of {TARGET:,}" if events / taken < TARGET else ""
        rates = f"{events / taken:12,.0f}{events / lowest:12,.0f}{taken / lowest:18.1f}"
        print(f"{kind + what:28}{events:6}{size:12,.0f}{rates}{mark}")


if __name__ == "__main__":
    main()
