"""How long a simulation takes on the local stack, asked for and watched through the API.

    python -m tests.bench.simulation_over_http [--prospects N] [--events N]

It needs `make up`, and makes a workspace of its own. What it measures is the emulator more than the worker: table,
queue and functions share the cores of one machine. ``tests.bench.simulation`` measures the worker alone.
"""

# ruff: noqa: T201 - it is a program for a terminal

from __future__ import annotations

import argparse
import json
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from lifecycle.events import Activity, Identity, prospect_id
from lifecycle.funnel.ready_made import ready_made
from lifecycle.services.credentials import create_api_key
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.protocol import Appended
from local.client import ProspectClient
from local.emulator import client as emulator_client
from tests.bench.fold import MIX
from tests.builders import DEFAULT, activity
from tests.fakes.fixed_calendar import FixedCalendar

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from local.request import Json

STACK = Path(__file__).resolve().parents[2] / ".local" / "stack.json"
BATCH = 500


def happened(prospects: int, events: int) -> Iterator[Activity]:
    """What happened to so many people within half a year."""
    random = Random(11)
    weights = [weight for weight, _, _ in MIX]
    for number in range(prospects):
        who = Identity("email", f"{number}@example.com")
        for _, type_, properties in random.choices(MIX, weights, k=events):
            yield activity(secrets.token_hex(8), random.uniform(0, 180 * 24 * 60), type_, who, **properties)


class Workspace:
    """A workspace of the local stack that nobody else uses."""

    def __init__(self, stack: Json) -> None:
        self._client: DynamoDBClient = emulator_client(stack["endpoint_url"], "dynamodb")
        self._table: str = stack["table"]
        self.name = f"bench-{secrets.token_hex(4)}"
        self._store = DynamoStore(self._client, self._table, self.name)
        key = create_api_key(self._client, self._table, self.name, "bench", datetime.now(UTC))
        self.api = ProspectClient(stack["api_url"], key)

    def fill(self, prospects: int, events: int) -> None:
        """Let things happen to people."""
        lifecycle = Lifecycle(self._store, FixedCalendar(DEFAULT))
        batch: list[Activity] = []
        for one in happened(prospects, events):
            batch.append(one)
            if len(batch) == BATCH:
                lifecycle.record_activities(batch)
                batch.clear()
        if batch:
            lifecycle.record_activities(batch)

    def wait_for_the_stream(self) -> None:
        """Wait until the stream has reached this moment: the emulator hands out one thing at a time."""
        canary = Identity("email", "canary@example.com")
        home = prospect_id(self.name, canary)
        self._store.append([Appended(home, activity(secrets.token_hex(8), 0, "website_visit", canary), home)])
        while home not in self._store.partitions([home]):
            time.sleep(0.5)

    def simulate(self) -> tuple[Json, float]:
        """A simulation of a ready definition when it has ended, and the seconds that it took."""
        draft = self.api.create_draft(dict(ready_made("b2b_ladder")))["draft_id"]
        began = time.monotonic()
        simulation_id = self.api.start_simulation(draft)
        while (simulation := self.api.simulation(simulation_id))["status"] in ("queued", "running"):
            time.sleep(0.25)
        return simulation, time.monotonic() - began


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prospects", type=int, default=2_000, help="how many (default %(default)s)")
    parser.add_argument("--events", type=int, default=20, help="how many each has (default %(default)s)")
    options = parser.parse_args()
    if not STACK.exists():
        parser.error("no local stack runs: start it with `make up`")
    workspace = Workspace(json.loads(STACK.read_text(encoding="utf-8")))
    print(f"\nSimulating a draft through the API of the local stack: {options.prospects:,} prospects, filled in first")
    workspace.fill(options.prospects, options.events)
    workspace.wait_for_the_stream()
    simulation, seconds = workspace.simulate()
    done = simulation["progress"]["done"]
    print(f"{simulation['status']}: {done:,} prospects in {seconds:.1f} s, {done / seconds:,.0f}/s; ", end="")
    print(f"{simulation['moved']:,} would move, {simulation['stay']:,} would stay")


if __name__ == "__main__":
    main()
