"""The demo's second version of the funnel: what it says, and that it is signed by both before it is published."""

import json
from io import StringIO
from typing import Any

import httpx
import pytest
from rich.console import Console

from lifecycle.funnel.form.document import normalise, problems_of
from lifecycle.funnel.meaning.check import check
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.funnel.ready_made import ready_made
from local.client import ProspectClient
from local.second_version import bring_into_force, with_webinars

DEFAULT = dict(ready_made("default"))


class FunnelDesk:
    """The funnel's part of the API, which publishes what both have signed."""

    def __init__(self, version: int = 1) -> None:
        self.version = version
        self.definition: Any = DEFAULT
        self.signed: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        self.looks = ["running", "done"]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, request.url.path))
        body = json.loads(request.content or b"{}")
        match request.method, request.url.path:
            case "GET", "/funnel":
                return httpx.Response(200, json={"version": self.version, "definition": self.definition})
            case "POST", "/funnel/drafts":
                self.draft = body["definition"]
                return httpx.Response(201, json={"draft_id": "d1", "content_hash": "h1"})
            case "POST", "/funnel/drafts/d1/signatures":
                assert body["content_hash"] == "h1"
                self.signed[body["team"]] = body["by"]
                return httpx.Response(201, json={})
            case "POST", "/funnel/drafts/d1/publication":
                assert set(self.signed) == {"marketing", "sales"}
                assert len(set(self.signed.values())) == 2, "one person cannot sign for both"
                self.version, self.definition = self.version + 1, self.draft
                return httpx.Response(201, json={"version": self.version})
            case "GET", "/funnel/versions/2/reevaluation":
                progress = {"done": 1, "total": 2}
                return httpx.Response(200, json={"status": self.looks.pop(0), "progress": progress})
        return httpx.Response(404, json={})


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.progress._LOOK_AGAIN_SECONDS", 0.0)


def bring(desk: FunnelDesk) -> bool:
    with ProspectClient("http://api.test", "k", transport=httpx.MockTransport(desk)) as client:
        return bring_into_force(client, Console(file=StringIO()))


def test_it_is_signed_by_both_owners_published_and_waited_for() -> None:
    desk = FunnelDesk()
    assert bring(desk)
    assert desk.version == 2
    assert desk.definition == with_webinars(DEFAULT)
    assert desk.looks == []


def test_a_re_evaluation_that_failed_is_told() -> None:
    desk = FunnelDesk()
    desk.looks = ["failed"]
    assert not bring(desk)


def test_nothing_is_done_where_another_version_is_in_force_already() -> None:
    desk = FunnelDesk(version=2)
    assert bring(desk)
    assert desk.asked == [("GET", "/funnel")]


def test_it_is_a_funnel_that_can_be_used_and_another_one_than_the_first() -> None:
    second = with_webinars(DEFAULT)
    assert problems_of(second) == ()
    normal = normalise(second)
    assert not check(normal, parse_funnel(normal, version=0)).errors
    assert second != DEFAULT == dict(ready_made("default"))
