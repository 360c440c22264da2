"""A draft tried on prospects that came in by HTTP: what it says of each is what publishing then does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from lifecycle.services import job_worker
from lifecycle.services.calendars import Calendars
from lifecycle.services.credentials import create_api_key
from lifecycle.services.job_steps import Step
from lifecycle.services.job_worker import JobWorker, Pace
from lifecycle.services.jobs import Jobs
from lifecycle.store.dynamo import DynamoStore
from lifecycle.store.funnel_records import DraftRecord
from lifecycle.store.funnels import FunnelStore
from lifecycle.store.job_records import FoundMove, SegmentRecord
from lifecycle.store.jobs import JobStore
from lifecycle.store.queue import JobQueue
from local import simulate
from local.client import ProspectClient
from local.deployment import STACK_NAME
from local.generator import generate
from local.sending import send
from local.stack import LocalStack, StackInfo
from tests.builders import default_definition
from tests.e2e.api import Api, Json, eventually, something

PEOPLE = 90
ENDED = ("done", "failed", "cancelled")


def eager() -> Json:
    """The default funnel, in which any e-mail click makes a marketing qualified, and nobody is an evangelist."""
    definition = default_definition()
    stages = {stage["key"]: stage for stage in definition["stages"]}
    criterion = {"all": [{"known": "email"}, {"activity": {"type": "email_click"}}]}
    stages["marketing_qualified"] |= {"enter_when": criterion, "actions": ["notify_sales"]}
    del stages["evangelist"]
    stages["customer"]["replaces"] = ["evangelist"]
    return definition | {"stages": list(stages.values())}


@pytest.fixture(scope="module")
def workspace() -> str:
    return f"sim-{something()[:12]}"


@pytest.fixture(scope="module")
def key(local_stack: LocalStack, stack_info: StackInfo, workspace: str) -> str:
    return create_api_key(local_stack.client("dynamodb"), stack_info.table, workspace, "simulation", datetime.now(UTC))


@pytest.fixture(scope="module")
def client(stack_info: StackInfo, key: str) -> Iterator[ProspectClient]:
    """A workspace in which half a year has happened to some people."""
    with ProspectClient(stack_info.api_url, key) as client:
        half_year = generate(datetime.now(UTC).date(), seed=1, prospects=PEOPLE)
        assert not send(client, half_year.deliveries, lambda _kind, _count: None).rejected
        yield client


@pytest.fixture(scope="module")
def api(stack_info: StackInfo, key: str, client: ProspectClient) -> Iterator[Api]:
    """The API of that workspace."""
    api = Api(stack_info.api_url, key)
    yield api
    api.http.close()


def stages(api: Api, client: ProspectClient) -> dict[str, str]:
    """Where everybody stands, as listed."""
    keys = [stage["key"] for stage in api.ok("GET", "/funnel")["definition"]["stages"]]
    return {one["prospect_id"]: stage for stage in keys for one in client.prospects(stage)}


def ended(api: Api, path: str) -> Json:
    """Long work when it has ended."""
    return eventually(lambda: api.ok("GET", path), lambda found: found["status"] in ENDED, seconds=120)


def started(api: Api, definition: Json) -> tuple[str, str]:
    """The ids of a draft and of its simulation."""
    draft: str = api.ok("POST", "/funnel/drafts", json={"definition": definition})["draft_id"]
    return draft, api.ok("POST", f"/funnel/drafts/{draft}/simulations")["simulation_id"]


def moves_of(client: ProspectClient, simulation_id: str) -> dict[str, tuple[str, str]]:
    found = list(client.simulated_moves(simulation_id, limit=20))
    assert len({move["prospect_id"] for move in found}) == len(found)
    return {move["prospect_id"]: (move["from"], move["to"]) for move in found}


class CrashError(Exception):
    """What a test lets happen to a worker."""


class Crashing(JobStore):
    """A store whose worker crashes when it has noted some pages."""

    pages_left = 1

    def advance(self, segment: SegmentRecord, moves: Sequence[FoundMove]) -> bool:
        """Note a page, or crash before it is noted."""
        if self.pages_left == 0:
            raise CrashError
        self.pages_left -= 1
        return super().advance(segment, moves)


class Backroom:
    """The long work of a workspace as a test does it: steps that are asked for are kept, not sent."""

    def __init__(self, stack: LocalStack, table: str, workspace: str) -> None:
        dynamodb = stack.client("dynamodb")
        self._sqs = stack.client("sqs")
        self._cloudformation = stack.client("cloudformation")
        self._store = DynamoStore(dynamodb, table, workspace)
        self._calendars = Calendars(FunnelStore(dynamodb, table, workspace))
        self.records = Crashing(dynamodb, table, workspace)
        self.asked: list[Step] = []
        self.jobs = Jobs(self.records, self._calendars, self._keep)

    def _keep(self, message: Step, delay: int = 0) -> None:
        assert delay == 0
        self.asked.append(message)

    def _url(self, logical_id: str) -> str:
        told = self._cloudformation.describe_stack_resource(StackName=STACK_NAME, LogicalResourceId=logical_id)
        url: str = told["StackResourceDetail"]["PhysicalResourceId"]
        return url

    def start(self, definition: Json) -> str:
        """Start a simulation that nobody works on yet; its id."""
        now = datetime.now(UTC)
        draft = DraftRecord("made-up", 1, "made-up", definition, (), 1, "ann", now, now)
        return self.jobs.start_simulation(draft, "ann", now).job_id

    def work(self, step: Step) -> None:
        """Do a step here."""
        JobWorker(self.records, self._store, self._calendars, lambda _: [], self._keep, Pace(1_000)).work(
            step, lambda: 60.0
        )

    def send(self, steps: Sequence[Step]) -> None:
        """Ask the deployed workers for steps."""
        queue = JobQueue(self._sqs, self._url("JobQueue"))
        for step in steps:
            queue.send(step)

    def dead_letters(self) -> int:
        """How many steps were given up."""
        told = self._sqs.get_queue_attributes(
            QueueUrl=self._url("JobFailures"), AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(told["Attributes"]["ApproximateNumberOfMessages"])

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """For a while, steps that fail are delivered again after a second instead of after minutes."""
        url, name = self._url("JobQueue"), "VisibilityTimeout"
        usual = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name]
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={name: "1"})
        yield
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={name: usual})


@pytest.fixture
def backroom(local_stack: LocalStack, stack_info: StackInfo, workspace: str, client: ProspectClient) -> Backroom:
    return Backroom(local_stack, stack_info.table, workspace)


# ---- before anything is published -----------------------------------------------------------------------------------


def test_the_same_from_a_terminal(client: ProspectClient, api: Api) -> None:
    console = Console(file=StringIO(), width=160)

    went_well = simulate.run(client, eager(), console, keep=False)

    assert isinstance(console.file, StringIO)
    said = console.file.getvalue()
    assert went_well, said
    assert "would move" in said
    assert "History under the version in force, and under the draft" in said
    assert api.ok("GET", "/funnel/drafts")["drafts"] == []


def test_a_simulation_that_is_cancelled_stays_so(api: Api) -> None:
    _, simulation = started(api, eager())
    path = f"/funnel/simulations/{simulation}"

    cancelled = api.ok("DELETE", path)

    assert cancelled["status"] in ("cancelled", "done")
    assert ended(api, path)["status"] == cancelled["status"]


def test_a_simulation_whose_worker_crashed_goes_on_from_where_it_was(
    backroom: Backroom, api: Api, client: ProspectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, undisturbed = started(api, eager())
    expected = ended(api, f"/funnel/simulations/{undisturbed}")
    monkeypatch.setattr(job_worker, "PAGE", 3)
    simulation = backroom.start(eager())
    backroom.work(backroom.asked.pop())
    longest = max(backroom.records.segments(simulation), key=lambda segment: segment.total)
    with pytest.raises(CrashError):
        backroom.work(next(step for step in backroom.asked if step["segment"] == longest.number))
    assert api.ok("GET", f"/funnel/simulations/{simulation}")["progress"]["done"] == 3

    backroom.send(backroom.asked)
    found = ended(api, f"/funnel/simulations/{simulation}")

    assert found["status"] == "done"
    assert found["progress"]["done"] == found["progress"]["total"] == expected["progress"]["total"]
    for figure in ("moves", "moved", "stay", "actions"):
        assert found[figure] == expected[figure]
    assert moves_of(client, simulation) == moves_of(client, undisturbed)


def test_a_step_that_always_fails_ends_among_the_dead_letters_and_its_job_with_a_reason(
    backroom: Backroom, api: Api
) -> None:
    dead_letters = backroom.dead_letters()
    with backroom.impatient():
        simulation = backroom.start({"stages": []})
        backroom.send(backroom.asked)
        found = ended(api, f"/funnel/simulations/{simulation}")

        assert found["status"] == "failed"
        assert "failed at every attempt: IndexError" in found["failure"]
        assert eventually(backroom.dead_letters, lambda count: count > dead_letters) > dead_letters


# ---- and then it is published ---------------------------------------------------------------------------------------


def test_the_forecast_is_what_publishing_then_does_to_everybody(api: Api, client: ProspectClient) -> None:
    before = stages(api, client)
    draft, simulation = started(api, eager())
    forecast = ended(api, f"/funnel/simulations/{simulation}")
    foreseen = moves_of(client, simulation)

    assert (forecast["status"], forecast["progress"]["percent"]) == ("done", 100)
    assert forecast["progress"]["total"] == len(before) == forecast["moved"] + forecast["stay"]
    assert stages(api, client) == before
    assert all(transition["funnel_version"] == 1 for one in list(foreseen)[:5] for transition in api.transitions(one))

    for team, by in (("marketing", "Ann"), ("sales", "Sam")):
        api.ok("POST", f"/funnel/drafts/{draft}/signatures", json={"team": team, "by": by})
    version = api.ok("POST", f"/funnel/drafts/{draft}/publication")["version"]
    done = ended(api, f"/funnel/versions/{version}/reevaluation")
    after = eventually(lambda: stages(api, client), lambda found: found.keys() == before.keys())

    assert done["status"] == "done"
    assert foreseen
    assert {one: (before[one], after[one]) for one in before if before[one] != after[one]} == foreseen
    assert forecast["moves"] == counted(foreseen)
    # Whoever was evaluated by other means since, as by the stream, is not counted once more.
    assert 0 < done["moved"] <= forecast["moved"]
    assert forecast["actions"] == {"notify_sales": forecast["moves"]["engaged"]["marketing_qualified"]}
    history = {stage["stage"]: stage for stage in forecast["history"]["draft"]["stages"]}
    assert history["marketing_qualified"]["now"] >= forecast["actions"]["notify_sales"]
    assert api.ok("POST", f"/funnel/versions/{version}/reevaluation")["status"] == "done"


def counted(moves: dict[str, tuple[str, str]]) -> dict[str, dict[str, int]]:
    matrix: dict[str, dict[str, int]] = {}
    for (from_stage, to_stage), count in Counter(moves.values()).items():
        matrix.setdefault(from_stage, {})[to_stage] = count
    return matrix
