"""What `make simulate` sends, prints and leaves behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console, RenderableType

from local import progress, simulate
from local.client import ApiProblemError, ProspectClient
from local.session import Address
from local.simulate import read_definition, run
from local.simulation_report import histories_table, moves_table, readable

STAGE = {"label": "Lead", "beside": False, "entered": 8, "now": 6, "went_on": 2}
HISTORY = {
    "in_force": {"stages": [STAGE | {"stage": "lead", "time_in_stage": {"median": 86_400 * 3, "p75": 1, "p90": 1}}]},
    "draft": {
        "stages": [
            STAGE | {"stage": "lead", "time_in_stage": {"median": 7_200, "p75": 1, "p90": 1}},
            STAGE | {"stage": "hot", "label": "Hot [new]", "entered": 0, "time_in_stage": None},
        ]
    },
}
DONE = {
    "simulation_id": "s1",
    "status": "done",
    "progress": {"done": 9, "total": 9, "percent": 100, "segments": {"done": 2, "total": 2}},
    "moves": {"lead": {"hot": 3}},
    "moved": 3,
    "stay": 6,
    "actions": {"call": 3},
    "history": HISTORY,
    "failure": None,
}
RUNNING = DONE | {"status": "running", "progress": DONE["progress"] | {"done": 4}}  # type: ignore[operator]
MOVES = [
    {"prospect_id": f"p{number}", "from": "lead", "to": "hot", "because": "the score is at least 30 [points]"}
    for number in range(3)
]
DRAFT = {
    "draft_id": "d1",
    "changes": ["The stage 'hot' is new."],
    "warnings": [{"where": "/stages/1", "reason": "has no owner", "expected": "marketing or sales"}],
}


@dataclass
class FakeApi:
    """The funnel's part of the API, as far as the program asks for it."""

    simulations: list[dict[str, Any]] = field(default_factory=lambda: [RUNNING, DONE])
    problem: tuple[int, dict[str, Any]] | None = None
    calls: list[str] = field(default_factory=list)
    definition: Any = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        called = f"{request.method} {request.url.path}"
        self.calls.append(called)
        match called:
            case "POST /funnel/drafts":
                self.definition = json.loads(request.content)["definition"]
                return httpx.Response(*self.problem[:1], json=self.problem[1]) if self.problem else answered(DRAFT, 201)
            case "POST /funnel/drafts/d1/simulations":
                return answered({"simulation_id": "s1"}, 202)
            case "GET /funnel/simulations/s1":
                return answered(self.simulations.pop(0))
            case "GET /funnel/simulations/s1/moves":
                return answered({"moves": MOVES, "next_cursor": None})
            case "DELETE /funnel/drafts/d1" | "DELETE /funnel/simulations/s1":
                return httpx.Response(204)
        raise AssertionError(f"{called} was not expected")


def answered(body: dict[str, Any], status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body)


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def client(api: FakeApi) -> Iterator[ProspectClient]:
    with ProspectClient("http://api", "key", transport=httpx.MockTransport(api), sleep=lambda _: None) as client:
        yield client


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_LOOK_AGAIN_SECONDS", 0)


@pytest.fixture
def console() -> Console:
    return Console(file=StringIO(), width=160)


def printed(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def shown(what: RenderableType) -> str:
    console = Console(file=StringIO(), width=160)
    console.print(what)
    return printed(console)


# ---- what is said ---------------------------------------------------------------------------------------------------


def test_changes_moves_actions_and_histories_are_told(client: ProspectClient, console: Console) -> None:
    assert run(client, {"stages": []}, console, keep=False)
    said = printed(console)

    assert "The stage 'hot' is new." in said
    assert "/stages/1 has no owner; expected: marketing or sales" in said
    assert "3 would move and 6 would stay" in said
    assert "lead → hot" in said
    assert "the score is at least 30 [points]" in said
    assert "Actions that would be set off: call 3" in said
    assert "Hot [new]" in said


def test_every_problem_of_a_definition_is_told_with_its_place(
    api: FakeApi, client: ProspectClient, console: Console
) -> None:
    errors = [
        {"field": "/definition/stages/0/key", "reason": "is missing", "expected": "a key"},
        {"field": "/definition/score", "reason": "is a text", "expected": "an object"},
    ]
    api.problem = 422, {"detail": "no", "errors": errors, "omitted": 1_200}

    assert not run(client, "stages: []", console, keep=False)
    assert "/definition/stages/0/key is missing; expected: a key" in printed(console)
    assert "/definition/score is a text; expected: an object" in printed(console)
    assert "and 1,200 more" in printed(console)
    assert api.calls == ["POST /funnel/drafts"]


def test_any_other_problem_is_not_taken_for_one_of_the_definition(
    api: FakeApi, client: ProspectClient, console: Console
) -> None:
    api.problem = 413, {"detail": "too large"}

    with pytest.raises(ApiProblemError, match="too large"):
        run(client, "stages: []", console, keep=False)


@pytest.mark.parametrize(
    ("status", "failure", "said"), [("failed", "It broke.", "It broke."), ("cancelled", None, "ody cancelled")]
)
def test_a_simulation_that_did_not_come_to_its_end_is_no_success(
    api: FakeApi, client: ProspectClient, console: Console, status: str, failure: str | None, said: str
) -> None:
    api.simulations = [DONE | {"status": status, "failure": failure}]

    assert not run(client, "stages: []", console, keep=False)
    assert f"ended as {status}" in printed(console)
    assert said in printed(console)


def test_prospects_that_were_passed_over_are_mentioned(api: FakeApi, client: ProspectClient, console: Console) -> None:
    api.simulations = [DONE | {"failure": "1 prospect was passed over."}]

    assert run(client, "stages: []", console, keep=False)
    assert "1 prospect was passed over." in printed(console)


def test_a_funnel_that_moves_nobody_says_so_without_tables_of_moves(
    api: FakeApi, client: ProspectClient, console: Console
) -> None:
    api.simulations = [DONE | {"moved": 0, "moves": {}, "actions": {}}]

    assert run(client, "stages: []", console, keep=False)
    assert "0 would move" in printed(console)
    assert "No action would be set off." in printed(console)
    assert "GET /funnel/simulations/s1/moves" not in api.calls


def test_the_stages_of_both_funnels_stand_side_by_side() -> None:
    in_force = {
        "stages": [HISTORY["in_force"]["stages"][0] | {"stage": key, "label": key} for key in ("a", "b", "old")]
    }
    draft = {
        "stages": [HISTORY["in_force"]["stages"][0] | {"stage": key, "label": key} for key in ("new", "b", "a", "z")]
    }
    rows = [
        line.split()
        for line in shown(histories_table({"in_force": in_force, "draft": draft})).splitlines()
        if line.strip()[:3].strip() in ("a", "b", "old", "new", "z")
    ]

    figures = ["8", "6", "25.0%", "3.0", "d"]
    assert rows == [
        ["new", *figures],
        ["b", *figures],
        ["a", *figures, *figures],
        ["b", *figures],
        ["old", *figures],
        ["z", *figures],
    ]


def test_moves_that_are_not_shown_are_counted() -> None:
    assert "and 1,997 more" in shown(moves_table(MOVES, 2_000))
    assert "more" not in shown(moves_table(MOVES, 3))


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(days=12.25), "12 d"),
        (timedelta(days=2.25), "2.2 d"),
        (timedelta(hours=30), "30 h"),
        (timedelta(minutes=90), "90 min"),
        (timedelta(seconds=70), "70 s"),
        (timedelta(0), "0 s"),
    ],
)
def test_a_length_of_time_is_told_in_the_unit_that_fits(length: timedelta, said: str) -> None:
    assert readable(length) == said


# ---- what is left behind --------------------------------------------------------------------------------------------


def test_the_draft_goes_again_unless_it_is_to_be_kept(api: FakeApi, client: ProspectClient, console: Console) -> None:
    run(client, "stages: []", console, keep=False)
    assert api.calls[-1] == "DELETE /funnel/drafts/d1"

    api.simulations, api.calls = [DONE], []
    run(client, "stages: []", console, keep=True)
    assert "DELETE /funnel/drafts/d1" not in api.calls
    assert "The draft is kept: d1" in printed(console)


def test_an_interruption_cancels_the_simulation(
    api: FakeApi, client: ProspectClient, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(simulate, "simulate_visibly", interrupted)

    with pytest.raises(KeyboardInterrupt):
        run(client, "stages: []", console, keep=False)
    assert api.calls[-2:] == ["DELETE /funnel/simulations/s1", "DELETE /funnel/drafts/d1"]


# ---- what is read ---------------------------------------------------------------------------------------------------


def test_json_is_sent_as_a_document_and_anything_else_as_the_text_that_it_is(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"stages": []}')
    (tmp_path / "two.yaml").write_text("stages: []  # none\n")

    assert read_definition(tmp_path / "one.json") == {"stages": []}
    assert read_definition(tmp_path / "two.yaml") == "stages: []  # none\n"


@pytest.mark.parametrize("content", [None, b"{", b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_said_to_be_so(
    tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.json"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SystemExit):
        simulate.main([str(path)])
    assert "one.json cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "instead"),
    [
        ({"API_URL": "https://api", "API_KEY": "plc_key"}, Address("https://api", "plc_key")),
        ({"API_URL": "https://api"}, None),
        ({}, None),
    ],
)
def test_the_environment_may_name_another_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], instead: Address | None
) -> None:
    asked: list[Any] = []

    def on_local_stack(*_: Any, instead: Address | None, **__: Any) -> int:
        asked.append(instead)
        return 0

    monkeypatch.setattr(simulate, "on_local_stack", on_local_stack)
    for name in ("API_URL", "API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "one.yaml").write_text("stages: []")

    assert simulate.main([str(tmp_path / "one.yaml")]) == 0
    assert asked == [instead]
