"""Sending to a server of a few lines: what is counted, what is retried, what stops everything."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock

import httpx
import pytest

from local import sending
from local.client import ApiProblemError, ProspectClient
from local.request import Activity, Contact, DealRemoval, DealUpdate, Decision, Delivery, Identities, Request
from local.sending import BATCH, Kind, Tally, send, sizes

START = datetime(2026, 3, 4, 12, tzinfo=UTC)
ANN = Identities(email="ann@birch.example")


class Api:
    """Keeps activities by id and knows the prospects that they name, as the real API does."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.activities: set[str] = set()
        self.decisions: set[str] = set()
        self.emails: set[str] = set()
        self.lookups = 0
        self.hidden_lookups = 0
        self.refuse: Callable[[httpx.Request], httpx.Response | None] = lambda request: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            return self.refuse(request) or self.answer(request)

    def answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content or b"{}")
        path = request.url.path
        if path == "/activities/batch":
            ids = [activity["id"] for activity in body["activities"]]
            new = set(ids) - self.activities
            self.activities |= new
            self.emails |= {each["identities"].get("email", "") for each in body["activities"]}
            return httpx.Response(202, json={"accepted": len(new), "duplicates": len(ids) - len(new), "rejected": []})
        if path.startswith("/deals/"):
            moved = [{"prospect_id": "p1", "stage": "opportunity", "transition": {"to": "opportunity"}}]
            return httpx.Response(200, json={"deal_id": path[7:], "prospects": moved if body.get("contacts") else []})
        if request.method == "POST":
            duplicate = body["id"] in self.decisions
            self.decisions.add(body["id"])
            return httpx.Response(200, json={"duplicate": duplicate, "transition": {"to": "sales_qualified"}})
        self.lookups += 1
        visible = request.url.params["email"] in self.emails and self.lookups > self.hidden_lookups
        return httpx.Response(200, json={"prospects": [{"prospect_id": "p1"}] if visible else [], "next_cursor": None})


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def client(api: Api) -> ProspectClient:
    return ProspectClient("http://api.test", "k", transport=httpx.MockTransport(api), sleep=lambda seconds: None)


def visits(count: int) -> list[Activity]:
    return [Activity(f"a-{number}", "website_visit", START + timedelta(seconds=number), ANN) for number in range(count)]


def arriving(*requests: Request) -> list[Delivery]:
    return [Delivery(request, START + timedelta(seconds=place)) for place, request in enumerate(requests)]


def quietly(kind: Kind, count: int) -> None:
    pass


def test_everything_is_sent_and_counted(api: Api, client: ProspectClient) -> None:
    deal = DealUpdate("d-1", START, "open", contacts=(Contact(ANN, "user"),))
    accept = Decision("r-1", START, ANN, "accept", "sam")
    deliveries = arriving(*visits(BATCH + 5), deal, DealRemoval("d-1", START), accept)
    tally = send(client, deliveries, quietly)
    assert tally == Tally(accepted=BATCH + 5, deals=2, decisions=1, moves=2)
    assert sizes(deliveries) == {"activities": BATCH + 5, "deals": 2, "decisions": 1}


def test_a_second_time_everything_is_a_duplicate(client: ProspectClient) -> None:
    deliveries = arriving(*visits(10), Decision("r-1", START, ANN, "accept", "sam"))
    send(client, deliveries, quietly)
    tally = send(client, deliveries, quietly)
    assert tally == Tally(accepted=0, duplicates=10, decisions=1, known_decisions=1)


def test_progress_adds_up_to_what_there_was(client: ProspectClient) -> None:
    done: dict[Kind, int] = {"activities": 0, "deals": 0, "decisions": 0}

    def report(kind: Kind, count: int) -> None:
        done[kind] += count

    deliveries = arriving(*visits(2 * BATCH + 1), DealUpdate("d-1", START, "open"))
    send(client, deliveries, report)
    assert done == sizes(deliveries)


def test_a_decision_waits_until_its_prospect_can_be_seen(api: Api, client: ProspectClient) -> None:
    api.hidden_lookups = 3
    tally = send(client, arriving(*visits(1), Decision("r-1", START, ANN, "accept", "sam")), quietly)
    assert tally.decisions == 1
    assert api.lookups == 4


def test_a_decision_about_nobody_is_reported(api: Api, client: ProspectClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "PATIENCE_SECONDS", 0)
    tally = send(client, arriving(Decision("r-1", START, ANN, "accept", "sam")), quietly)
    assert tally.decisions == 0
    assert tally.rejected == ["decision r-1: no prospect has {'email': 'ann@birch.example'}"]


def test_a_refused_entry_of_a_batch_is_reported_by_its_id(api: Api, client: ProspectClient) -> None:
    entry = {"index": 1, "problem": {"detail": "type: is not snake_case"}}
    api.refuse = lambda request: httpx.Response(202, json={"accepted": 1, "duplicates": 0, "rejected": [entry]})
    tally = send(client, arriving(*visits(2)), quietly)
    assert tally.accepted == 1
    assert tally.rejected == ["activity a-1: type: is not snake_case"]


def test_a_refused_deal_is_reported_and_the_rest_goes_on(api: Api, client: ProspectClient) -> None:
    problem = httpx.Response(422, json={"detail": "status: is not known"})
    api.refuse = lambda request: problem if request.url.path == "/deals/d-1" else None
    tally = send(client, arriving(DealUpdate("d-1", START), DealUpdate("d-2", START)), quietly)
    assert tally.deals == 1
    assert tally.rejected == ["PUT /deals/d-1 was answered 422: status: is not known"]


@pytest.mark.parametrize("status", [401, 403, 500])
def test_what_concerns_every_request_stops_everything(api: Api, client: ProspectClient, status: int) -> None:
    seen = 0

    def refuse(request: httpx.Request) -> httpx.Response:
        nonlocal seen
        seen += 1
        time.sleep(0.01)  # answers take a while; none at all, and all may be in before the first is looked at
        return httpx.Response(status, json={"detail": "no"})

    api.refuse = refuse
    with pytest.raises(ApiProblemError, match=f"answered {status}"):
        send(client, arriving(*(DealUpdate(f"d-{number}", START) for number in range(500))), quietly)
    assert seen < 500


def test_a_withdrawal_waits_until_what_it_withdraws_is_in_the_log(api: Api, client: ProspectClient) -> None:
    early = httpx.Response(422, json={"type": "/problems/event-not-found", "detail": "event_id: is not in this log"})
    refusals = [early, early]
    api.refuse = lambda request: refusals.pop() if refusals and b"withdraw" in request.content else None
    api.emails.add("ann@birch.example")
    tally = send(client, arriving(Decision("r-1", START, ANN, "withdraw", "sam", event_id="a-0")), quietly)
    assert tally.decisions == 1
    assert refusals == []


def test_a_withdrawal_of_what_never_comes_is_reported(
    api: Api, client: ProspectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "PATIENCE_SECONDS", 0)
    problem = httpx.Response(422, json={"type": "/problems/event-not-found", "detail": "event_id: is not in this log"})
    api.refuse = lambda request: problem if b"withdraw" in request.content else None
    api.emails.add("ann@birch.example")
    tally = send(client, arriving(Decision("r-1", START, ANN, "withdraw", "sam", event_id="a-0")), quietly)
    assert tally.decisions == 0
    assert "event_id: is not in this log" in tally.rejected[0]


class Twins(Api):
    """Knows two prospects by their emails, until one was merged into the other."""

    def __init__(self) -> None:
        super().__init__()
        self.ids = {"ann@birch.example": "p1", "ann@postbox.example": "p2"}
        self.merges: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.merges.append(json.loads(request.content)["prospect_id"])
            self.ids = dict.fromkeys(self.ids, "p1")
            return httpx.Response(200, json={"duplicate": False, "transition": None})
        found = {"prospect_id": self.ids[request.url.params["email"]]}
        return httpx.Response(200, json={"prospects": [found], "next_cursor": None})


def test_a_merge_names_the_other_by_its_id_and_is_not_sent_again() -> None:
    twins = Twins()
    client = ProspectClient("http://api.test", "k", transport=httpx.MockTransport(twins), sleep=lambda seconds: None)
    merge = Decision("r-1", START, ANN, "merge", "sam", other=Identities(email="ann@postbox.example"))
    assert send(client, arriving(merge), quietly) == Tally(decisions=1)
    assert send(client, arriving(merge), quietly) == Tally(decisions=1, known_decisions=1)
    assert twins.merges == ["p2"]
