"""How many prospects a second one core simulates, and how much memory that takes.

    python -m tests.bench.simulation [--prospects N] [--events N]

The worker is the real one, and so are the store, the SDK and the form of the items; only the network is not: a hook in
the SDK answers every request with the bytes that the service would send. Who is read does not exist before and is gone
afterwards, so that nothing but the worker's own memory can grow. Time is processor time of this process, less what
making the answers took.
"""

# ruff: noqa: T201 - it is a program for a terminal

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.forecast import forecast
from lifecycle.engine.plan import Plan
from lifecycle.events import Activity, Event, Identity
from lifecycle.funnel.parsing import default_funnel, parse_funnel
from lifecycle.funnel.ready_made import ready_made
from lifecycle.services.job_worker import CHUNK, JobWorker, Pace
from lifecycle.services.lifecycle import Lifecycle
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.items import from_attributes, item_event
from lifecycle.store.job_records import FoundMove, JobRecord, SegmentRecord
from lifecycle.store.protocol import JobRecords
from lifecycle.store.schema import EVENT_PREFIX, STATE
from tests.bench.fold import MIX
from tests.builders import DEFAULT, activity, id_of
from tests.fakes.fixed_calendar import FixedCalendar
from tests.fakes.memory_store import MemoryStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE, WORKSPACE = "bench", "acme"
DRAFT = ready_made("b2b_ladder")
AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
#: So many different lives there are; everybody leads one of them under an id of their own.
LIVES = 400
SAMPLE = 1_000
MILLION = 1_000_000


# ---- prospects that are made when they are asked for ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Life:
    """What the table holds of one prospect, as bytes of the service's answers in which the id is yet to be put."""

    id: bytes
    state: bytes
    log: bytes


def a_life(number: int, events: int) -> Life:
    """A prospect that some things happened to within half a year, recorded by the use cases themselves."""
    random = Random(number)
    who = Identity("email", f"{number}@example.com")
    weights = [weight for weight, _, _ in MIX]
    minutes = sorted(random.uniform(0, 180 * 24 * 60) for _ in range(events))
    happened: list[Activity] = [
        activity(f"{random.getrandbits(64):016x}", minute, type_, who, **properties)
        for minute, (_, type_, properties) in zip(minutes, random.choices(MIX, weights, k=events), strict=True)
    ]
    store = MemoryStore(WORKSPACE)
    Lifecycle(store, FixedCalendar(DEFAULT)).record_activities(happened)
    images = store.images()
    entries = [item for sk, item in images if sk != STATE]
    return Life(
        id=id_of(who).encode(),
        state=json.dumps(next(item for sk, item in images if sk == STATE)).encode(),
        log=json.dumps({"Items": entries, "Count": len(entries), "ScannedCount": len(entries)}).encode(),
    )


def prospect(number: int) -> str:
    """The id of a prospect that is made up."""
    return f"p{number:026d}"


class Service:
    """Answers the requests of a client in the place of the network.

    Attributes:
        seconds: processor time that making the answers took.
    """

    def __init__(self, events: int) -> None:
        self._lives = [a_life(number, events) for number in range(LIVES)]
        self.seconds = 0.0

    def client(self) -> DynamoDBClient:
        """A client that asks this service."""
        client = boto3.client(
            "dynamodb",
            region_name="eu-central-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",
            config=Config(retries={"mode": "standard"}),
        )
        client.meta.events.register("before-send.dynamodb", cast("Any", self._answer))
        return client

    def _answer(self, request: AWSRequest, **_: Any) -> AWSResponse:
        began = time.process_time()
        asked = json.loads(cast("bytes", request.body))
        body = self._states(asked) if "RequestItems" in asked else self._log(asked)
        answer = AWSResponse(cast("str", request.url), 200, HTTPHeaders(), _Raw(body))
        self.seconds += time.process_time() - began
        return answer

    def _states(self, asked: dict[str, Any]) -> bytes:
        ids = [key["pk"]["S"].rpartition("#")[2] for key in asked["RequestItems"][TABLE]["Keys"]]
        states = b",".join(life.state.replace(life.id, id_.encode()) for id_ in ids for life in [self._life(id_)])
        return b'{"Responses":{"' + TABLE.encode() + b'":[' + states + b']},"UnprocessedKeys":{}}'

    def _log(self, asked: dict[str, Any]) -> bytes:
        id_ = asked["ExpressionAttributeValues"][":pk"]["S"].rpartition("#")[2]
        life = self._life(id_)
        return life.log.replace(life.id, id_.encode())

    def _life(self, id_: str) -> Life:
        return self._lives[int(id_[1:]) % LIVES]


class _Raw:
    """A body, as the SDK reads it from a connection."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


# ---- the job --------------------------------------------------------------------------------------------------------


@dataclass
class Records:
    """A job of one segment, which lists as many prospects as it is told."""

    prospects_total: int
    milestones: tuple[int, ...]
    moves_found: int = 0
    tallies_bytes: int = 0
    peaks: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._job = JobRecord("bench", "simulation", "running", 1, "", "", AS_OF, "", AS_OF, DRAFT, segments=1)
        self._segment = SegmentRecord("bench", 0, "any", 0, total=self.prospects_total)

    def job(self, _: str) -> JobRecord:
        """The job."""
        return self._job

    def segment(self, _: str, __: int) -> SegmentRecord:
        """Its segment."""
        return self._segment

    def segments(self, _: str) -> list[SegmentRecord]:
        """The same."""
        return [self._segment]

    def update(self, job: JobRecord) -> bool:
        """Note that it is done."""
        self._job = job
        return True

    def prospects(self, _: str, __: int, after: str, limit: int) -> list[tuple[str, str]]:
        """The next ones."""
        start = int(after or 0)
        return [(str(one + 1), prospect(one)) for one in range(start, min(start + limit, self.prospects_total))]

    def advance(self, segment: SegmentRecord, moves: Sequence[FoundMove]) -> bool:
        """Note a page as it is kept."""
        self.tallies_bytes = len(json.dumps(segment.tallies, separators=(",", ":")))
        json.dumps([list(move) for move in moves])
        self.moves_found += len(moves)
        self._segment = replace(segment, revision=segment.revision + 1)
        for milestone in self.milestones:
            if self._segment.done >= milestone and milestone not in self.peaks:
                self.peaks[milestone] = peak_megabytes()
                print(f"  {milestone:>9,} prospects: {self.peaks[milestone]:6.1f} MB", flush=True)
        return True


def peak_megabytes() -> float:
    """The most memory that this process has had so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def simulate(client: DynamoDBClient, records: Records) -> None:
    """Let the worker do the whole job."""
    worker = JobWorker(
        records=cast("JobRecords", records),
        store=DynamoStore(client, TABLE, WORKSPACE),
        calendars=FixedCalendar(DEFAULT),
        refresh=lambda _: [],
        send=lambda _, delay=0: None,
        pace=Pace(per_second=float("inf")),
        now=lambda: AS_OF,
    )
    worker.work({"workspace": WORKSPACE, "job_id": "bench", "step": "segment", "segment": 0}, lambda: 60.0)


# ---- what takes the time --------------------------------------------------------------------------------------------


def shares(client: DynamoDBClient, service: Service) -> dict[str, float]:
    """Seconds per prospect of each part of the work, measured apart on some of them."""
    store, took = DynamoStore(client, TABLE, WORKSPACE), dict.fromkeys(("SDK", "items", "folds"), 0.0)
    calendar, draft = Calendar.always(Plan(default_funnel())), Plan(parse_funnel(DRAFT, 2))
    for start in range(0, SAMPLE, CHUNK):
        ids = [prospect(number) for number in range(start, start + CHUNK)]
        before, began = service.seconds, time.process_time()
        store.partitions(ids)
        pages = [_query(client, id_) for id_ in ids]
        took["SDK"] += time.process_time() - began - (service.seconds - before)
        began = time.process_time()
        logs = [_events(page) for page in pages]
        took["items"] += time.process_time() - began
        began = time.process_time()
        for log in logs:
            forecast(log, calendar, draft, AS_OF)
        took["folds"] += time.process_time() - began
    return {part: seconds / SAMPLE for part, seconds in took.items()}


def _events(page: list[dict[str, Any]]) -> list[Event]:
    return [item_event(item) for item in map(from_attributes, page) if item["sk"].startswith(EVENT_PREFIX)]


def _query(client: DynamoDBClient, id_: str) -> list[dict[str, Any]]:
    page = client.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"W#{WORKSPACE}#P#{id_}"}},
        ConsistentRead=True,
    )
    return cast("list[dict[str, Any]]", page["Items"])


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prospects", type=int, default=100_000, help="how many (default %(default)s)")
    parser.add_argument("--events", type=int, default=20, help="how many each has (default %(default)s)")
    options = parser.parse_args()
    service = Service(options.events)
    client = service.client()
    records = Records(options.prospects, tuple(options.prospects * part // 10 for part in (1, 5, 10)))
    print(f"\nSimulating a draft on {options.prospects:,} prospects of {options.events} events, on one core.")
    print("The most memory that the process has had:")
    simulate(client, Records(SAMPLE, ()))  # what is loaded and compiled once
    service.seconds, began, wall = 0.0, time.process_time(), time.monotonic()
    simulate(client, records)
    taken, wall = time.process_time() - began - service.seconds, time.monotonic() - wall
    rate = options.prospects / taken
    print(f"\n{rate:,.0f} prospects/s per core, {rate * options.events:,.0f} events/s")
    each = shares(client, service)
    rest = max(0.0, 1 / rate - sum(each.values()))
    for part, seconds in (each | {"the rest": rest}).items():
        print(f"  {part:10}{seconds * 1e3:8.3f} ms per prospect{seconds * rate:8.0%}")
    print(f"{records.moves_found:,} would move; the tallies of a segment take {records.tallies_bytes:,} bytes")
    print(f"extrapolated to {MILLION:,} prospects: {timedelta(seconds=round(MILLION / rate))} on one core")
    print(f"(this run took {timedelta(seconds=round(wall))} by the clock)")


if __name__ == "__main__":
    main()
