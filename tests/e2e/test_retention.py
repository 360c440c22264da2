"""Activities go when the funnel says so, and whatever was worked out from them stays, in the deployed stack.

No test waits for the service to delete: it does so within days of the time that an item names. The tests delete in its
place, exactly what it would.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lifecycle.services.credentials import create_api_key
from lifecycle.store.schema import EXPIRES_AT, TRACES_PREFIX
from local.stack import LocalStack, StackInfo
from tests.e2e.api import Api, Json, eventually, someone, something

ITEMS = "begins_with(pk, :workspace)"


class Place:
    """A workspace that nobody else uses, seen through the API and from behind."""

    def __init__(self, local_stack: LocalStack, stack_info: StackInfo) -> None:
        self.now = datetime.now(UTC)
        self._dynamodb = local_stack.client("dynamodb")
        self._table = stack_info.table
        self._workspace = f"kept-{something()[:12]}"
        key = create_api_key(self._dynamodb, self._table, self._workspace, "privacy", self.now)
        self.api = Api(stack_info.api_url, key)

    def items(self) -> list[dict[str, Any]]:
        """Every item of the workspace's prospects."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression=ITEMS,
            ExpressionAttributeValues={":workspace": {"S": f"W#{self._workspace}#P#"}},
            ConsistentRead=True,
        )
        return [item for page in pages for item in page["Items"]]

    def in_full(self) -> set[str]:
        """The ids of the events that are there in full."""
        return {item["sk"]["S"].removeprefix("E#") for item in self.items() if item["sk"]["S"].startswith("E#")}

    def traces(self) -> str:
        """All traces, as the table keeps them."""
        return "".join(item["traces"]["S"] for item in self.items() if item["sk"]["S"].startswith(TRACES_PREFIX))

    def delete_what_may_go(self, moment: datetime) -> set[str]:
        """Delete what may go by a moment, in place of the service; the ids of the events."""
        seconds = moment.timestamp()
        gone = [item for item in self.items() if EXPIRES_AT in item and int(item[EXPIRES_AT]["N"]) <= seconds]
        for item in gone:
            self._dynamodb.delete_item(TableName=self._table, Key={name: item[name] for name in ("pk", "sk")})
        return {item["sk"]["S"].removeprefix("E#") for item in gone}

    def publish(self, **retention: Any) -> None:
        """Bring a policy into force, beside what the funnel says already, and have it applied to everybody."""
        definition = self.api.ok("GET", "/funnel")["definition"] | {"retention": retention}
        path = f"/funnel/drafts/{self.api.ok('POST', '/funnel/drafts', json={'definition': definition})['draft_id']}"
        for word in ({"team": "marketing", "by": "Ann Miller"}, {"team": "sales", "by": "Sam Lee"}):
            self.api.ok("POST", f"{path}/signatures", json=word)
        version = self.api.ok("POST", f"{path}/publication", json={})["version"]
        job = eventually(
            lambda: self.api.ok("GET", f"/funnel/versions/{version}/reevaluation"),
            lambda job: bool(job["status"] == "done"),
        )
        assert (job["status"], job["progress"]["percent"]) == ("done", 100)

    def happened(self, id_: str, ago: timedelta, type_: str, identities: Json, **properties: Any) -> Json:
        """Record what happened some time ago."""
        at = (self.now - ago).isoformat()
        return self.api.activity(
            id=id_, type=type_, occurred_at=at, identities=identities, properties=properties, source="web"
        )

    def told(self, prospect: str) -> tuple[Json, Json, list[Json]]:
        """What is told of a prospect: the state, the explanation, the transitions."""
        explanation = self.api.ok("GET", f"/prospects/{prospect}/explanation")
        return self.api.state(prospect), explanation, self.api.transitions(prospect)


@pytest.fixture
def place(local_stack: LocalStack, stack_info: StackInfo) -> Iterator[Place]:
    """A workspace of the test's own."""
    place = Place(local_stack, stack_info)
    yield place
    place.api.http.close()


def test_a_policy_that_comes_into_force_deletes_what_is_old_and_changes_nobody(place: Place) -> None:
    email, cookie = {"email": someone()}, {"visitor": something()}
    days = timedelta(days=1)
    place.happened("first", 300 * days, "website_visit", cookie, agent="Mozilla/5.0", page="/")
    place.happened("known", 290 * days, "email_click", email | cookie, link="https://acme.example/secret")
    place.happened("visit", 200 * days, "website_visit", email, agent="Mozilla/5.0")
    place.happened("form", 100 * days, "form_submission", email, form="demo", message="call me")
    sent = place.happened("recent", 1 * days, "website_visit", email, agent="Mozilla/5.0")
    prospect = sent["prospect_id"]

    place.publish(default="90 days")
    before = place.told(prospect)
    gone = place.delete_what_may_go(place.now + 2 * days)

    assert gone == {"first", "known", "visit", "form"}
    assert place.in_full() == {"recent"}
    assert place.told(prospect) == before
    assert before[0]["stage"] == "marketing_qualified"
    kept = place.traces()
    assert "demo" in kept
    assert not [word for word in ("Mozilla", "secret", "call me") if word in kept]
    activities = {entry["event_id"]: entry for entry in place.api.timeline(prospect) if entry["kind"] == "activity"}
    assert {id_: entry["condensed"] for id_, entry in activities.items()} == {
        "first": True, "known": True, "visit": True, "form": True, "recent": False,
    }  # fmt: skip
    assert activities["form"]["properties"] == {"form": "demo"}

    # What comes in late finds the others in their places, and what is only a trace can still be withdrawn.
    place.happened("late", 400 * days, "email_click", email)
    state = place.api.state(prospect)
    assert state["counts"]["activities"] == 6
    assert state["first_seen"] == (place.now - 400 * days).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    place.api.decide(prospect, action="withdraw", event_id="form", reason="a test of ours")
    state, _, moves = place.told(prospect)
    assert state["stage"] == "engaged"
    assert moves[-1]["cause"] == "correction"
    assert place.api.activity(
        id="form", type="form_submission", occurred_at=(place.now - 100 * days).isoformat(), identities=email
    )["stage"] == "engaged"  # fmt: skip


def test_timers_make_traces_before_activities_may_go(place: Place) -> None:
    place.publish(activities={"website_visit": "1 hour"})
    email = {"email": someone()}
    hours = timedelta(hours=1)
    place.happened("old", 2 * hours, "website_visit", email)
    place.happened("open", 2 * hours, "email_open", email)
    sent = place.happened("new", 0 * hours, "website_visit", email)
    before = place.told(sent["prospect_id"])

    made = eventually(place.traces, bool, seconds=150)

    assert '"old"' in made
    assert '"new"' not in made
    ends = {item["sk"]["S"]: int(item[EXPIRES_AT]["N"]) for item in place.items() if EXPIRES_AT in item}
    assert ends.keys() == {"E#old", "E#new"}
    assert min(ends.values()) > (place.now + timedelta(hours=23)).timestamp()
    assert place.told(sent["prospect_id"]) == before
