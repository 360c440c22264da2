"""Who did what, on the deployed template: everything that somebody answers for is done by HTTP and read back by HTTP.

Each test has a workspace of its own, for a trail is the whole workspace's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from lifecycle.services.audit_entries import hash_of
from lifecycle.services.credentials import create_api_key
from local.stack import LocalStack, StackInfo
from tests.e2e.api import Api, Json, someone, something

AT_ONCE = 8
DEFINITION: Json = {
    "stages": [
        {
            "key": "contact",
            "label": "Contact",
            "enter_when": {"known": "email"},
            "replaces": ["anonymous", "suspect", "engaged", "marketing_qualified", "sales_qualified", "opportunity"],
        },
        {
            "key": "won",
            "label": "Won",
            "enter_when": {"deal": {"status": "won"}},
            "replaces": ["customer", "evangelist", "disqualified", "other"],
        },
    ]
}


@pytest.fixture
def api(local_stack: LocalStack, stack_info: StackInfo) -> Iterator[Api]:
    """The API of a workspace that nobody else uses, opened by a key that was made by hand."""
    workspace = f"audit-{something()[:12]}"
    key = create_api_key(local_stack.client("dynamodb"), stack_info.table, workspace, "desk", datetime.now(UTC))
    api = Api(stack_info.api_url, key)
    api.http.headers["User-Agent"] = "desk/1.0"
    yield api
    api.http.close()


def told(api: Api, **query: Any) -> list[Json]:
    """The whole trail that filters let through, newest first, page by page."""
    entries: list[Json] = []
    while True:
        page = api.ok("GET", "/audit", params=query)
        entries += page["entries"]
        if page["next_cursor"] is None:
            return entries
        query["cursor"] = page["next_cursor"]


def at_once(send: Callable[[], int]) -> list[int]:
    """The statuses of the same request, sent by several at the same moment."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sorted(future.result() for future in [pool.submit(send) for _ in range(AT_ONCE)])


def test_everything_that_somebody_answers_for_is_told_of(api: Api) -> None:
    started = datetime.now(UTC)
    prospect = api.activity(type="website_visit", identities={"email": someone()})["prospect_id"]
    decided = {"id": "d-1", "action": "disqualify", "reason": "a competitor", "by": "sales:kim"}
    api.decide(prospect, **decided)
    api.ok("PUT", "/funnel/settings", json={"signatures_required": False})
    unwanted = api.ok("POST", "/funnel/drafts", json={"definition": DEFINITION})["draft_id"]
    assert api.request("DELETE", f"/funnel/drafts/{unwanted}").is_success
    draft = api.ok("POST", "/funnel/drafts", json={"definition": DEFINITION})["draft_id"]
    for team, by in (("marketing", "Ann Miller"), ("sales", "Sam Lee")):
        api.ok("POST", f"/funnel/drafts/{draft}/signatures", json={"team": team, "by": by})
    api.ok("DELETE", f"/funnel/drafts/{draft}/signatures/sales")
    published = api.ok("POST", f"/funnel/drafts/{draft}/publication", json={"by": "Ann Miller"})
    api.ok("POST", "/funnel/versions/1/rollback", json={"by": "Sam Lee", "effective_at": "2099-01-01T00:00:00Z"})
    api.ok("DELETE", "/funnel/versions/3")
    key = api.ok("POST", "/keys", json={"name": "web site", "scopes": ["ingest"]})
    assert api.request("DELETE", f"/keys/{key['key_id']}").is_success

    entries = told(api, limit=3)
    made_by_hand, *by_http = reversed(entries)
    assert [entry["action"] for entry in by_http] == [
        "decision.recorded",
        "settings.changed",
        "draft.deleted",
        "draft.signed",
        "draft.signed",
        "signature.withdrawn",
        "funnel.published",
        "funnel.rolled_back",
        "version.cancelled",
        "key.issued",
        "key.withdrawn",
    ]
    assert (made_by_hand["action"], made_by_hand["actor"]["kind"]) == ("key.issued", "by_hand")
    for entry in by_http:
        assert (entry["actor"]["kind"], entry["actor"]["name"]) == ("api_key", "desk")
        assert entry["from"]["address"]
        assert entry["from"]["user_agent"] == "desk/1.0"
        assert entry["request_id"]
        assert started <= datetime.fromisoformat(entry["at"]) <= datetime.now(UTC)
    assert len({entry["id"] for entry in entries}) == len(entries)

    decision, _, _, _, signed, _, publication, rollback, _, issued, withdrawn = by_http
    assert decision["subject"] == {"kind": "prospect", "id": prospect}
    assert decision["details"] == {"event_hash": hash_of("d-1"), "action": "disqualify"}
    assert (decision["before"]["stage"], decision["after"]) == ("engaged", {"stage": "disqualified"})
    assert (decision["actor"]["by"], signed["actor"]["by"]) == ("sales:kim", "Sam Lee")
    assert [len(signed[side]["signatures"]) for side in ("before", "after")] == [1, 2]
    assert (publication["before"]["version"], publication["after"]["version"]) == (1, 2)
    assert publication["after"]["content_hash"] == published["content_hash"]
    assert rollback["details"] == {"restores": 1}
    assert issued["after"] == withdrawn["before"] == {"name": "web site", "scopes": ["ingest"], "expires_at": None}
    for secret in (key["key"], "a competitor"):
        assert secret not in str(entries)

    assert told(api, action="draft.signed", actor="Sam Lee") == [signed]
    assert told(api, subject=prospect) == [decision]
    assert told(api, **{"from": publication["at"], "to": rollback["at"]}) == [publication]


def test_only_the_administration_reads_the_trail(api: Api, stack_info: StackInfo) -> None:
    given = api.ok("POST", "/keys", json={"name": "sales", "scopes": ["read", "decide", "funnel:write"]})
    other = Api(stack_info.api_url, given["key"])
    answer = other.request("GET", "/audit")
    other.http.close()

    assert (answer.status_code, answer.json()["needed"]) == (403, ["admin"])


def test_of_the_same_decision_sent_at_once_one_is_told(api: Api) -> None:
    prospect = api.activity(type="website_visit", identities={"email": someone()})["prospect_id"]
    body = {"id": "d-1", "action": "disqualify", "reason": "spam", "by": "sales:kim"}
    statuses = at_once(lambda: api.request("POST", f"/prospects/{prospect}/decisions", json=body).status_code)

    assert statuses == [*[200] * (AT_ONCE - 1), 201]
    (entry,) = told(api, action="decision.recorded")
    assert (entry["before"]["stage"], entry["after"]["stage"]) == ("engaged", "disqualified")


def test_of_the_same_withdrawal_sent_at_once_one_is_told(api: Api) -> None:
    key_id = api.ok("POST", "/keys", json={"name": "lost", "scopes": ["read"]})["key_id"]
    statuses = at_once(lambda: api.request("DELETE", f"/keys/{key_id}").status_code)

    assert statuses == [204, *[404] * (AT_ONCE - 1)]
    assert len(told(api, action="key.withdrawn")) == 1


def test_of_the_same_signature_and_publication_sent_at_once_one_each_is_told(api: Api) -> None:
    path = f"/funnel/drafts/{api.ok('POST', '/funnel/drafts', json={'definition': DEFINITION})['draft_id']}"
    for team, by in (("marketing", "Ann Miller"), ("sales", "Sam Lee")):
        word = {"team": team, "by": by}
        at_once(lambda word=word: api.request("POST", f"{path}/signatures", json=word).status_code)  # type: ignore[misc]
    at_once(lambda: api.request("POST", f"{path}/publication", json={"by": "Ann Miller"}).status_code)

    assert [entry["action"] for entry in told(api)] == [
        "funnel.published",
        "draft.signed",
        "draft.signed",
        "key.issued",
    ]
