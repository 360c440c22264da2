"""Who was erased is nowhere in the deployed table, whatever is sent again and whatever the stream still brings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from lifecycle.services.credentials import create_api_key
from lifecycle.services.scopes import SCOPES
from local.stack import LocalStack, StackInfo
from tests.e2e.api import Api, eventually
from tests.e2e.test_access import DEFINITION
from tests.erased_person import Json, Life, counted_moves, erasure_is_proven, scanned

#: In which the stream has brought what was written before.
MOMENT = 4


@pytest.fixture
def workspace() -> str:
    """A workspace in which nothing else happens."""
    return f"erasing-{uuid4().hex[:8]}"


@pytest.fixture
def own_api(local_stack: LocalStack, stack_info: StackInfo, workspace: str) -> Iterator[Api]:
    """The API of that workspace."""
    dynamodb = local_stack.client("dynamodb")
    key = create_api_key(dynamodb, stack_info.table, workspace, "test", datetime.now(UTC), scopes=SCOPES)
    api = Api(stack_info.api_url, key)
    yield api
    api.http.close()


def test_a_scan_of_the_deployed_table_finds_nothing_of_who_was_erased(
    local_stack: LocalStack, stack_info: StackInfo, own_api: Api, workspace: str
) -> None:
    dynamodb = local_stack.client("dynamodb")

    def send(method: str, path: str, body: Any) -> tuple[int, Any]:
        answer = own_api.request(method, path, json=body)
        return answer.status_code, answer.json()

    def scan_when_the_stream_is_through() -> list[Json]:
        time.sleep(MOMENT)
        return scanned(dynamodb, stack_info.table)

    life = Life(send)
    prospect_id = life.live()
    _simulate(own_api)

    erasure_is_proven(
        life,
        prospect_id,
        scan_when_the_stream_is_through,
        lambda: counted_moves(dynamodb, stack_info.table, workspace),
    )


def _simulate(api: Api) -> None:
    """Have a simulation find moves, so that there are some to search."""
    draft = api.ok("POST", "/funnel/drafts", json={"definition": DEFINITION})["draft_id"]
    started = api.ok("POST", f"/funnel/drafts/{draft}/simulations")["simulation_id"]
    path = f"/funnel/simulations/{started}"
    done = eventually(lambda: api.ok("GET", path), lambda found: found["status"] == "done")
    assert done["status"] == "done"
    assert api.ok("GET", f"{path}/moves")["moves"]


def test_a_long_log_is_erased_in_one_request(own_api: Api) -> None:
    email = f"{uuid4().hex}@person.example"
    visit = {"type": "website_visit", "occurred_at": "2026-03-01T09:00:00Z", "identities": {"email": email}}
    for turn in range(4):
        batch = [visit | {"id": f"{turn}-{number}"} for number in range(500)]
        assert own_api.ok("POST", "/activities/batch", json=batch)["accepted"] == 500
    found = own_api.find(email=email)
    assert found is not None

    erased = own_api.ok("DELETE", f"/prospects/{found['prospect_id']}")

    # What the stream reports only now of the batches, its evaluation deletes by itself.
    assert erased["complete"]
    assert 0 < erased["removed"]["events"] <= 2000
    assert own_api.find(email=email) is None
