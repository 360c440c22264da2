"""What one activity asks of DynamoDB: requests, write units, read units, index writes.

    python -m tests.bench.requests [--endpoint URL --table NAME] [--retention "900 days"]

Runs against the local stack (``make up``), or against any DynamoDB that is named; only ever in a workspace of its own.
Requests are counted on the wire, and write units, those of the indexes among them, are what the service reports
(ReturnConsumedCapacity). Read units are computed from the items, by the sizes that the service documents, because the
emulator does not count them so.
"""

# ruff: noqa: T201 - it is a program for a terminal

from __future__ import annotations

import argparse
import json
import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.plan import Plan
from lifecycle.events import Identity
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.services.stream import evaluate_stream
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.schema import STATE
from local.emulator import client as emulator_client
from tests.builders import DEFAULT, activity, deal_update, default_definition
from tests.fakes.fixed_calendar import FixedCalendar

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STACK = Path(__file__).resolve().parents[2] / ".local" / "stack.json"
READ_UNIT = 4096
_READS = {"GetItem", "BatchGetItem", "Query"}

Item = Mapping[str, Any]


# ---- sizes, as documented in "DynamoDB item sizes and formats" ----------------------------------------------------


def size_of(item: Item) -> int:
    """The size of an item in bytes, from its DynamoDB JSON."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Mapping[str, Any]) -> int:
    kind: str
    content: Any
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        digits = content.lstrip("-").replace(".", "").strip("0") or "0"
        return math.ceil(len(digits) / 2) + 1 + int(content.startswith("-"))
    if kind == "L":
        return 3 + sum(1 + _size(one) for one in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _size(one) for name, one in content.items())
    return 1


def read_units(size: int) -> int:
    """Strongly consistent read units of a size: rounded up, and what is not there costs one."""
    return max(1, math.ceil(size / READ_UNIT))


# ---- counting -----------------------------------------------------------------------------------------------------


@dataclass
class Counter:
    """What a client asked for. It hooks into the client, so that the code that is measured is the code that runs."""

    reads: int = 0
    writes: int = 0
    read_units: int = 0
    write_units: float = 0
    index_units: float = 0
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def watch(self, client: DynamoDBClient) -> None:
        """Count what a client asks for from now on."""
        client.meta.events.register("provide-client-params.dynamodb", self._before)
        client.meta.events.register("after-call.dynamodb", self._after)

    def reset(self) -> None:
        """Start from zero."""
        self.reads = self.writes = self.read_units = 0
        self.write_units = self.index_units = 0.0

    def _before(self, params: Any, **_: Any) -> Any:
        self.asked.append(params)
        return {**params, "ReturnConsumedCapacity": "INDEXES"}

    def _after(self, parsed: Mapping[str, Any], model: Any, **_: Any) -> None:
        params = self.asked.pop()
        if model.name in _READS:
            self.reads += 1
            self.read_units += _read_units(params, parsed)
        else:
            self.writes += 1
            capacity = parsed.get("ConsumedCapacity", ())
            for consumed in [capacity] if isinstance(capacity, Mapping) else capacity:
                self.write_units += consumed["CapacityUnits"]
                indexes = consumed.get("GlobalSecondaryIndexes", {})
                self.index_units += sum(index["CapacityUnits"] for index in indexes.values())


def _read_units(params: Mapping[str, Any], parsed: Mapping[str, Any]) -> int:
    if "Items" in parsed:
        return read_units(sum(map(size_of, parsed["Items"])))
    if "Responses" in parsed:
        found = [item for items in parsed["Responses"].values() for item in items]
        asked = sum(len(table["Keys"]) for table in params["RequestItems"].values())
        return sum(read_units(size_of(item)) for item in found) + asked - len(found)
    return read_units(size_of(parsed.get("Item", {})))


# ---- what is measured ---------------------------------------------------------------------------------------------


class Bench:
    """Runs steps in a workspace of its own and prints what each took."""

    def __init__(self, client: DynamoDBClient, table: str, calendar: Calendar = DEFAULT) -> None:
        self._client = client
        self._table = table
        self.workspace = f"bench-{secrets.token_hex(4)}"
        self.counter = Counter()
        self.lifecycle = Lifecycle(DynamoStore(client, table, self.workspace), FixedCalendar(calendar))
        self._number = 0

    def id(self) -> str:
        """An id of the usual length."""
        return secrets.token_hex(16)

    def items(self) -> dict[tuple[str, str], Item]:
        """Every item of the workspace."""
        pages = self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
        found = {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}
        return {key: item for key, item in found.items() if key[0].startswith(f"W#{self.workspace}#")}

    def measure(self, name: str, work: Callable[[], object]) -> None:
        """Print what some work takes."""
        took = self.counter
        took.reset()
        work()
        print(
            f"{name:50}{took.reads:8}{took.read_units:8}{took.writes:8}{took.write_units:8.0f}{took.index_units:8.0f}"
        )


EMAIL = Identity("email", "maximiliane.mustermann@example-company.com")
VISITOR = Identity("visitor", "3f2c9a54-6c0b-4b53-8d1c-2b9f4d6c7e11")
STRANGER = Identity("visitor", "9b1d7a02-11aa-4f0e-9a56-77c1f0c5d2ee")
PAGE: dict[str, Any] = {
    "url": "https://www.example.com/pricing",
    "title": "Pricing",
    "referrer": "https://www.google.com/",
}


def run(bench: Bench) -> None:
    """Measure every kind of activity."""
    lifecycle, minute = bench.lifecycle, iter(range(1, 10_000))

    def record(type_: str, *identities: Identity, **properties: Any) -> Callable[[], object]:
        return lambda: lifecycle.record_activity(
            activity(bench.id(), next(minute), type_, *identities, **(properties or PAGE))
        )

    print(f"{'':50}{'':8}{'read':>8}{'':8}{'write':>8}{'of them':>8}")
    print(f"{'':50}{'reads':>8}{'units':>8}{'writes':>8}{'units':>8}{'index':>8}")
    bench.measure("first contact: a visitor", record("website_visit", STRANGER))
    bench.measure("moves nobody: an anonymous visitor", record("website_visit", STRANGER))
    bench.measure("first contact: an email and a visitor", record("website_visit", EMAIL, VISITOR))
    bench.measure("moves nobody: a known email", record("website_visit", EMAIL))
    bench.measure("moves nobody: a known email and its visitor", record("website_visit", EMAIL, VISITOR))
    bench.measure("moves nobody: a known visitor by its cookie", record("website_visit", VISITOR))
    for _ in range(30):
        record("website_visit", EMAIL)()
    bench.measure("moves nobody: a known email, 30 visits later", record("website_visit", EMAIL))
    bench.measure("moves somebody: a form of a known email", record("form_submission", EMAIL, form="demo"))
    bench.measure("moves somebody: a visitor becomes known", record("form_submission", STRANGER, OTHER, form="demo"))

    last = activity(bench.id(), next(minute), "website_visit", EMAIL, **PAGE)
    lifecycle.record_activity(last)
    bench.measure("the same activity again", lambda: lifecycle.record_activity(last))
    image = next(item for (_, sk), item in bench.items().items() if sk == f"E#{last.id}")
    records = [{"dynamodb": {"SequenceNumber": "1", "NewImage": image}}]
    bench.measure("the stream's re-check", lambda: evaluate_stream("", records, lambda _: lifecycle))

    update = deal_update(bench.id(), next(minute), "open", (EMAIL,), amount=12_000)
    bench.measure("a deal opened with one contact", lambda: lifecycle.update_deal(update))
    won = deal_update(bench.id(), next(minute), "won")
    bench.measure("the deal won", lambda: lifecycle.update_deal(won))
    bench.measure("moves nobody: a known email with a deal", record("website_visit", EMAIL))


OTHER = Identity("email", "erika.mustermann@example-company.com")


def print_sizes(bench: Bench) -> None:
    """Print how large the usual items are: a state has to fit into one write unit."""
    kinds: dict[str, list[int]] = {}
    for (_, sk), item in bench.items().items():
        kind = "a prospect" if sk == STATE and "summary" in item else "a pointer" if sk == STATE else sk[:2]
        kinds.setdefault({"E#": "an event", "T#": "a transition"}.get(kind, kind), []).append(size_of(item))
    print()
    for kind, sizes in sorted(kinds.items()):
        print(f"{kind:20}{len(sizes):4} items, {min(sizes):5} to {max(sizes):5} bytes")
    largest = max((item for item in bench.items().values() if "summary" in item), key=size_of)
    value = TypeDeserializer().deserialize
    print("\nthe largest prospect, attribute by attribute:")
    for name, content in sorted(largest.items(), key=lambda one: -_size(one[1])):
        print(f"  {len(name) + _size(content):5}  {name:10} {value(content)!s:.100}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", help="of the DynamoDB; by default that of the local stack")
    parser.add_argument("--table", help="its table; by default that of the local stack")
    parser.add_argument("--retention", help="how long activities are kept; by default for ever")
    arguments = parser.parse_args()
    if not (arguments.endpoint and arguments.table) and not STACK.exists():
        parser.error("no local stack runs: start it with `make up`, or name --endpoint and --table")
    stack = {} if arguments.endpoint and arguments.table else json.loads(STACK.read_text(encoding="utf-8"))
    client: DynamoDBClient = emulator_client(arguments.endpoint or stack["endpoint_url"], "dynamodb")
    kept = {"retention": {"default": arguments.retention}} if arguments.retention else {}
    calendar = Calendar.always(Plan(parse_funnel(default_definition() | kept, version=1)))
    bench = Bench(client, arguments.table or stack["table"], calendar)
    bench.counter.watch(client)
    run(bench)
    print_sizes(bench)


if __name__ == "__main__":
    main()
