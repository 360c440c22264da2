"""The client against a transport that plays the server."""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from local.client import ATTEMPTS, ApiProblemError, BusyError, ProspectClient
from local.request import Activity, DealRemoval, DealUpdate, Identities

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
VISIT = Activity("a-1", "website_visit", NOON, Identities(visitor="v-1"))
ACCEPTED = {"accepted": 1, "duplicates": 0, "rejected": []}

Answer = httpx.Response | httpx.TransportError


class Server:
    """Gives the answers it was given, one after the other, and keeps the requests."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, httpx.TransportError):
            raise answer
        return answer


def client(server: Callable[[httpx.Request], httpx.Response], waits: list[float] | None = None) -> ProspectClient:
    sleep = (waits if waits is not None else []).append
    return ProspectClient("http://api.test/v1/", "the-key", transport=httpx.MockTransport(server), sleep=sleep)


def test_every_request_carries_the_key_below_the_base_url() -> None:
    server = Server(httpx.Response(202, json=ACCEPTED))
    assert client(server).send_batch([VISIT]) == ACCEPTED
    (request,) = server.requests
    assert str(request.url) == "http://api.test/v1/activities/batch"
    assert request.headers["Authorization"] == "Bearer the-key"


@pytest.mark.parametrize(
    "trouble",
    [httpx.Response(429), httpx.Response(503), httpx.ConnectError("refused"), httpx.ReadTimeout("slow")],
    ids=["429", "503", "connection", "time-out"],
)
def test_it_repeats_after_passing_trouble(trouble: Answer) -> None:
    server = Server(trouble, trouble, httpx.Response(202, json=ACCEPTED))
    assert client(server).send_batch([VISIT]) == ACCEPTED
    assert len(server.requests) == 3
    assert len({request.content for request in server.requests}) == 1


def test_it_waits_as_long_as_the_server_asks() -> None:
    waits: list[float] = []
    server = Server(httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(202, json=ACCEPTED))
    client(server, waits).send_batch([VISIT])
    assert waits == [7.0]


def test_it_waits_a_random_time_that_grows_to_a_bound() -> None:
    waits: list[float] = []
    with pytest.raises(BusyError):
        client(Server(httpx.Response(503)), waits).send_batch([VISIT])
    assert len(waits) == ATTEMPTS - 1
    assert all(0 <= wait <= 8 for wait in waits)
    assert len(set(waits)) > 1


def test_it_gives_up_in_the_end_with_the_last_trouble() -> None:
    server = Server(httpx.ConnectError("refused"))
    with pytest.raises(httpx.ConnectError):
        client(server).send_batch([VISIT])
    assert len(server.requests) == ATTEMPTS


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 500, 502])
def test_other_failures_are_not_repeated_and_say_what_the_server_said(status: int) -> None:
    problem = {"title": "No", "detail": "occurred_at: is ahead of now"}
    server = Server(httpx.Response(status, json=problem))
    with pytest.raises(ApiProblemError, match=f"answered {status}: occurred_at: is ahead of now") as caught:
        client(server).put_deal(DealUpdate("d-1", NOON, "open"))
    assert caught.value.status == status
    assert len(server.requests) == 1


def test_a_failure_without_a_problem_document_is_shown_as_text() -> None:
    with pytest.raises(ApiProblemError, match="Bad Gateway"):
        client(Server(httpx.Response(502, text="Bad Gateway"))).prospect("p1")


def test_the_id_of_a_deal_is_quoted_in_the_path() -> None:
    server = Server(httpx.Response(200, json={}))
    client(server).delete_deal(DealRemoval("a/b c", NOON))
    (request,) = server.requests
    assert request.url.raw_path == b"/v1/deals/a%2Fb%20c?occurred_at=2026-03-04T12%3A00%3A00Z"


@pytest.mark.parametrize(
    ("identities", "query"),
    [
        (Identities(email="ann+1@birch.example", visitor="v"), b"email=ann%2B1%40birch.example"),
        (Identities(crm=("salesforce", "003A")), b"crm=salesforce%3A003A"),
        (Identities(visitor="v-1"), b"visitor=v-1"),
    ],
)
def test_a_prospect_is_found_by_its_strongest_identity(identities: Identities, query: bytes) -> None:
    server = Server(httpx.Response(200, json={"prospects": [{"prospect_id": "p1"}], "next_cursor": None}))
    assert client(server).find(identities) == {"prospect_id": "p1"}
    assert server.requests[0].url.query == query


def test_nobody_found_is_none() -> None:
    empty = httpx.Response(200, json={"prospects": [], "next_cursor": None})
    assert client(Server(empty)).find(Identities(email="ann@birch.example")) is None


def test_pages_are_followed_to_the_end() -> None:
    server = Server(
        httpx.Response(200, json={"prospects": [{"n": 1}, {"n": 2}], "next_cursor": "c+1"}),
        httpx.Response(200, json={"prospects": [{"n": 3}], "next_cursor": None}),
    )
    assert [prospect["n"] for prospect in client(server).prospects("suspect", limit=2)] == [1, 2, 3]
    assert [request.url.query for request in server.requests] == [
        b"stage=suspect&limit=2",
        b"stage=suspect&limit=2&cursor=c%2B1",
    ]


def test_a_report_is_asked_for_until_the_figures_of_all_its_days_are_there() -> None:
    whole = {"complete": True, "pending_days": []}
    pending = httpx.Response(200, json={"complete": False, "pending_days": ["2026-03-01"]})
    server = Server(pending, pending, httpx.Response(200, json=whole))
    assert client(server).whole_report("funnel", {"by": "month"}) == whole
    assert [request.url.path for request in server.requests] == ["/v1/reports/funnel"] * 3
    assert server.requests[0].url.query == b"by=month"
