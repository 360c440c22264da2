"""Reading what the engine holds, and waiting until it holds everything."""

from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from lifecycle.funnel.parsing import default_funnel
from local import reading
from local.client import ProspectClient
from local.reading import identities, read, settle

Prospect = dict[str, Any]
NAMES = frozenset({("email", "ann@birch.example"), ("crm:salesforce", "003A")})


def prospect(stage: str, activities: int = 1, **named: list[str] | dict[str, list[str]]) -> Prospect:
    everything: Prospect = {"email": [], "visitor": [], "user": [], "crm": {}} | named
    id_ = f"p{activities}"
    return {"prospect_id": id_, "stage": stage, "identities": everything, "counts": {"activities": activities}}


def client(snapshot: Callable[[], Sequence[Prospect]]) -> ProspectClient:
    """An API that lists a snapshot by stage, and gives its members one by one."""

    def answer(request: httpx.Request) -> httpx.Response:
        everybody = snapshot()
        if request.url.path != "/prospects":
            id_ = request.url.path.rpartition("/")[2]
            return httpx.Response(200, json=next(each for each in everybody if each["prospect_id"] == id_))
        listed = [each for each in everybody if each["stage"] == request.url.params["stage"]]
        return httpx.Response(200, json={"prospects": listed, "next_cursor": None})

    return ProspectClient("http://api.test", "k", transport=httpx.MockTransport(answer))


ANN = prospect("engaged", 3, email=["ann@birch.example"], visitor=["v-1"])
BO = prospect("opportunity", 2, crm={"salesforce": ["003A"]})
STRANGER = prospect("engaged", 7, email=["zoe@other.example"])


def test_identities_are_named_as_the_requests_name_them() -> None:
    both = prospect("engaged", email=["a@b.example"], crm={"salesforce": ["1", "2"]})
    assert identities(both) == {("email", "a@b.example"), ("crm:salesforce", "1"), ("crm:salesforce", "2")}


def test_every_stage_of_the_funnel_is_read_and_strangers_are_left_out() -> None:
    found = read(client(lambda: [ANN, BO, STRANGER]), NAMES)
    assert tuple(found.stages) == default_funnel().stage_keys
    assert found.prospects == [ANN, BO]
    assert (found.count("engaged"), found.count("opportunity"), found.count("customer")) == (1, 1, 0)
    assert found.activities == 5


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "wait_exponential", lambda **_: lambda state: 0.0)


def test_settling_waits_until_all_activities_are_counted() -> None:
    counts = iter([1, 2, 3])
    seen: list[int] = []
    current = next(counts)

    def report(count: int) -> None:
        nonlocal current
        seen.append(count)
        current = next(counts, current)

    settled = settle(client(lambda: [prospect("engaged", current, email=["ann@birch.example"])]), NAMES, 3, report)
    assert seen == [1, 2, 3]
    assert settled.activities == 3


def test_settling_reads_again_where_a_second_look_finds_a_prospect_elsewhere() -> None:
    seen: list[int] = []
    moved = False

    def report(count: int) -> None:
        nonlocal moved
        seen.append(count)
        moved = True

    def snapshot() -> list[Prospect]:
        return [prospect("engaged" if moved else "suspect", 3, email=["ann@birch.example"])]

    settled = settle(client(snapshot), NAMES, 3, report)
    assert len(seen) == 2
    assert settled.count("engaged") == 1


def test_settling_gives_up_in_the_end_and_shows_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SETTLING_SECONDS", 0)
    settled = settle(client(lambda: [ANN]), NAMES, 99, lambda count: None)
    assert settled.activities == 3
