"""Same set of events through HTTP, any order of arrival, any repeats, any concurrency: same state, same transitions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest

from tests.e2e.api import Api, Json, eventually, something

Send = Callable[[], object]


def people(api: Api, world: str) -> list[Send]:
    """What happens to three people of a made-up world, in the order in which it happened."""

    def at(day: int, hour: int = 10) -> str:
        return f"2026-02-{day:02}T{hour:02}:00:00Z"

    def activity(id_: str, type_: str, day: int, identities: Json, **rest: Any) -> Send:
        body = {"id": f"{world}-{id_}", "type": type_, "occurred_at": at(day), "identities": identities, **rest}
        return lambda: api.activity(**body)

    def deal(name: str, day: int, **body: Any) -> Send:
        return lambda: api.deal(f"{world}-{name}", occurred_at=at(day, 12), **body)

    ann, bob, eve = (f"{name}.{world}@acme.example" for name in ("ann", "bob", "eve"))
    cookie, tablet, lead, user = (f"{name}-{world}" for name in ("cookie", "tablet", "lead", "user"))
    return [
        activity("a1", "website_visit", 1, {"visitor": cookie}),
        activity("a2", "content_download", 2, {"visitor": cookie}, properties={"content": "video"}),
        activity("a3", "email_sent", 3, {"email": ann, "visitor": cookie}),
        activity("a4", "website_visit", 4, {"visitor": cookie}),
        activity("a5", "email_sent", 5, {"email": bob, "visitor": cookie}),
        activity("a6", "form_submission", 6, {"visitor": cookie}, properties={"form": "demo"}),
        activity("a7", "website_visit", 6, {"email": ann, "visitor": tablet}),
        activity("a8", "webinar_attendance", 7, {"visitor": tablet, "user": user}),
        activity("a9", "email_sent", 8, {"email": ann, "user": user}),
        activity("a10", "email_click", 8, {"email": eve}, properties={"automated": True}),
        deal("d1", 9, status="open", contacts=[{"email": ann, "role": "buyer"}, {"crm": {"sf": lead}}]),
        activity("a11", "website_visit", 10, {"email": eve, "crm": {"sf": lead}}),
        deal("d1", 11, status="lost", lost_reason="price"),
        deal("d2", 12, status="open", contacts=[{"email": eve}, {"email": bob}]),
        deal("d2", 13, contacts=[{"email": eve}]),
        deal("d2", 14, status="won"),
        activity("a12", "nps_response", 15, {"email": eve}, properties={"score": 9}),
        activity("a13", "email_bounce", 16, {"email": ann}, properties={"bounce": "hard"}),
    ]


def outcome(api: Api, world: str) -> list[Any]:
    """Where the people of a world stand and how they came there, without what tells one world from another."""
    stood: list[Any] = []
    for name in ("ann", "bob", "eve"):
        state = api.find(email=f"{name}.{world}@acme.example")
        if state is None:
            stood.append(None)
            continue
        moves = api.transitions(state["prospect_id"])
        keys = ("from", "to", "occurred_at", "cause", "cycle", "criterion")
        told = [{key: move[key] for key in keys} | {"corrected": bool(move["corrected_by"])} for move in moves]
        kept = {key: state[key] for key in ("stage", "since", "lead_status", "lost_reason", "score", "cycle", "counts")}
        stood.append((kept, sum(map(len, state["identities"].values())), told))
    return stood


@pytest.fixture(scope="module")
def in_order(api: Api) -> list[Any]:
    world = something()
    for send in people(api, world):
        send()
    result = outcome(api, world)
    assert [kept["stage"] for kept, _, _ in result] == ["opportunity", "marketing_qualified", "evangelist"]
    return result


def shuffled(sends: Sequence[Send], seed: int) -> list[Send]:
    random = Random(seed)
    arrival = [*sends, *random.sample(list(sends), 5)]
    random.shuffle(arrival)
    return arrival


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_arrival_and_any_repeats(api: Api, in_order: list[Any], seed: int) -> None:
    world = something()

    for send in shuffled(people(api, world), seed):
        send()

    assert outcome(api, world) == in_order


@pytest.mark.parametrize("seed", range(3))
def test_any_concurrency(api: Api, in_order: list[Any], seed: int) -> None:
    world = something()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda send: send(), shuffled(people(api, world), seed)))

    assert eventually(lambda: outcome(api, world), lambda found: found == in_order) == in_order


def test_two_requests_that_link_the_same_pair_at_once(api: Api) -> None:
    world = something()
    first, second, user = f"a.{world}@acme.example", f"b.{world}@acme.example", f"user-{world}"
    for email in (first, second):
        api.activity(type="website_visit", occurred_at="2026-02-01T10:00:00Z", identities={"email": email})

    def link(email: str) -> Json:
        return api.activity(
            type="website_visit", occurred_at="2026-02-02T10:00:00Z", identities={"email": email, "user": user}
        )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(link, (first, second)))

    states = eventually(
        lambda: [api.find(email=email) for email in (first, second)],
        lambda found: found[0] == found[1] and found[0] is not None and found[0]["counts"]["activities"] == 4,
    )
    assert states[0] == states[1]
    assert states[0] is not None
    assert states[0]["counts"]["activities"] == 4
    assert sorted(states[0]["identities"]["email"]) == sorted([first, second])


def test_nothing_is_lost_when_many_write_about_one_prospect(api: Api) -> None:
    email = f"{something()}@acme.example"

    def visit(number: int) -> Json:
        return api.activity(
            id=f"{email}-{number}", type="website_visit", occurred_at=f"2026-02-01T10:{number:02}:00Z",
            identities={"email": email},
        )  # fmt: skip

    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(visit, range(40)))

    state = eventually(lambda: api.state(sent[0]["prospect_id"]), lambda found: found["counts"]["activities"] == 40)
    assert (state["counts"]["activities"], state["score"]) == (40, 40)
    assert [move["to"] for move in api.transitions(state["prospect_id"])] == ["engaged"]
