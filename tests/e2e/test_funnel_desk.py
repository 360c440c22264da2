"""The funnel as a document, through HTTP: drafted, refused, tried, signed by two, published, brought back.

Each test has a workspace of its own, for a funnel is the whole workspace's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from lifecycle.services.credentials import create_api_key
from local.stack import LocalStack, StackInfo
from tests.e2e.api import Api, Json, eventually, someone, something

YAML = """\
name: Three steps
stages:
  - key: contact
    label: Contact
    owner: marketing
    enter_when: {known: email}
    replaces: [anonymous, suspect, engaged, marketing_qualified]
  - key: in_talks
    label: In talks
    owner: sales
    # A meeting is what counts, whoever asked for it.
    enter_when: {all: [{known: email}, {activity: {type: meeting}}]}
    replaces: [sales_qualified, opportunity]
    actions: [notify_owner]
  - key: won
    label: Won
    owner: sales
    enter_when: {all: [{known: email}, {deal: {status: won}}]}
    replaces: [customer, evangelist, disqualified, other]
"""
MARKETING, SALES = {"team": "marketing", "by": "Ann Miller"}, {"team": "sales", "by": "Sam Lee"}


@pytest.fixture
def api(local_stack: LocalStack, stack_info: StackInfo) -> Iterator[Api]:
    """The API of a workspace that nobody else uses."""
    workspace = f"desk-{something()[:12]}"
    key = create_api_key(local_stack.client("dynamodb"), stack_info.table, workspace, "desk", datetime.now(UTC))
    api = Api(stack_info.api_url, key)
    yield api
    api.http.close()


def draft(api: Api, text: str = YAML) -> Json:
    """Make a draft of YAML."""
    return api.ok("POST", "/funnel/drafts", content=text, headers={"Content-Type": "application/yaml"})


def publish(api: Api, text: str = YAML, **body: str) -> Json:
    """Make a draft, let both sign it, and publish it."""
    path = f"/funnel/drafts/{draft(api, text)['draft_id']}"
    for word in (MARKETING, SALES):
        api.ok("POST", f"{path}/signatures", json=word)
    return api.ok("POST", f"{path}/publication", json=body)


def problem(answer: httpx.Response) -> tuple[int, str]:
    """The status and the kind of a problem."""
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def test_the_whole_loop(api: Api) -> None:
    email = someone()
    api.activity(type="meeting", occurred_at="2026-03-01T08:00:00Z", identities={"email": email})
    prospect = api.find(email=email)
    assert prospect is not None
    assert prospect["stage"] == "engaged"
    assert api.ok("GET", "/funnel")["version"] == 1

    made = draft(api)
    path = f"/funnel/drafts/{made['draft_id']}"
    assert made["changes"]
    assert problem(api.request("POST", f"{path}/publication")) == (409, "signatures-missing")

    api.ok("POST", f"{path}/signatures", json=MARKETING | {"content_hash": made["content_hash"]})
    same = SALES | {"by": " ANN miller "}
    assert problem(api.request("POST", f"{path}/signatures", json=same)) == (409, "same-person")
    signed = api.ok("POST", f"{path}/signatures", json=SALES)
    assert [one["team"] for one in signed["signatures"]] == ["marketing", "sales"]

    published = api.request("POST", f"{path}/publication", json={"by": "Ann Miller"})
    assert published.status_code == 201
    assert published.json()["version"] == 2
    # Whoever comes next is judged by it, whichever worker answers.
    newcomers = [api.activity(type="website_visit", identities={"email": someone()})["stage"] for _ in range(4)]
    assert newcomers == ["contact"] * 4
    assert api.request("POST", f"{path}/publication").status_code == 200

    in_force = api.ok("GET", "/funnel")
    assert (in_force["version"], in_force["definition"]["name"], len(in_force["signatures"])) == (2, "Three steps", 2)

    done = eventually(
        lambda: api.ok("GET", "/funnel/versions/2/reevaluation"), lambda job: bool(job["status"] == "done")
    )
    assert (done["status"], done["progress"]["percent"]) == ("done", 100)
    assert done["moves"] == {"engaged": {"in_talks": 1}}
    state = api.state(prospect["prospect_id"])
    assert (state["stage"], state["funnel_version"]) == ("in_talks", 2)
    move = api.transitions(prospect["prospect_id"])[-1]
    assert (move["cause"], move["funnel_version"], move["actions"]) == ("funnel_published", 2, ["notify_owner"])


def test_a_definition_is_refused_with_every_place(api: Api) -> None:
    definition = {"stages": [{"key": "Contact"}, {"key": "won", "enter_when": {"deals": {}}}], "color": "red"}

    answer = api.request("POST", "/funnel/drafts", json={"definition": definition})

    assert problem(answer) == (422, "invalid-definition")
    fields = [error["field"] for error in answer.json()["errors"]]
    assert fields == ["/definition/stages/0/key", "/definition/stages/1/enter_when/deals", "/definition/color"]
    assert problem(
        api.request("POST", "/funnel/drafts", content="a: [", headers={"Content-Type": "application/yaml"})
    ) == (400, "malformed-body")
    assert api.ok("GET", "/funnel/drafts") == {"drafts": []}


def test_stages_in_which_prospects_stand_do_not_just_go(api: Api) -> None:
    api.activity(type="website_visit", identities={"email": someone()})
    text = YAML.replace("engaged, ", "")

    def refused() -> httpx.Response:
        return api.request("POST", "/funnel/drafts", content=text, headers={"Content-Type": "application/yaml"})

    # The index by stage follows the table within moments.
    answer = eventually(refused, lambda answer: answer.status_code == 422, seconds=10)

    assert problem(answer) == (422, "invalid-definition")
    assert "'engaged'" in answer.json()["detail"]
    assert "1 prospect" in answer.json()["detail"]


def test_a_draft_is_tried_before_it_is_published_and_nobody_moves(api: Api) -> None:
    emails = [someone() for _ in range(5)]
    for email in emails:
        api.activity(type="meeting", occurred_at="2026-03-01T08:00:00Z", identities={"email": email})
    path = f"/funnel/drafts/{draft(api)['draft_id']}"

    started = api.request("POST", f"{path}/simulations")

    assert started.status_code == 202
    simulation = f"/funnel/simulations/{started.json()['simulation_id']}"
    done = eventually(lambda: api.ok("GET", simulation), lambda job: bool(job["status"] == "done"))
    assert (done["status"], done["moves"], done["stay"]) == ("done", {"engaged": {"in_talks": 5}}, 0)
    assert done["actions"] == {"notify_owner": 5}
    assert done["history"]["draft"]["stages"][0]["stage"] == "contact"
    page = api.ok("GET", f"{simulation}/moves", params={"from": "engaged", "limit": 3})
    rest = api.ok("GET", f"{simulation}/moves", params={"from": "engaged", "cursor": page["next_cursor"]})
    listed = {move["prospect_id"] for move in [*page["moves"], *rest["moves"]]}
    assert (len(page["moves"]), len(listed)) == (3, 5)
    assert all(move["because"] for move in page["moves"])
    for email in emails:
        state = api.find(email=email)
        assert state is not None
        assert (state["stage"], state["funnel_version"]) == ("engaged", 1)


def test_an_earlier_version_comes_back(api: Api) -> None:
    publish(api)

    back = api.request("POST", "/funnel/versions/1/rollback", json={"by": "Sam Lee", "reason": "too early"})

    assert (back.status_code, back.json()["version"]) == (201, 3)
    assert api.activity(type="website_visit", identities={"email": someone()})["stage"] == "engaged"
    versions = api.ok("GET", "/funnel/versions")["versions"]
    assert [(entry["version"], entry["restores"], entry["in_force"]) for entry in versions] == [
        (3, 1, True),
        (2, None, False),
        (1, None, False),
    ]
    assert api.ok("GET", "/funnel/versions/3")["changes"]
    assert problem(api.request("POST", "/funnel/versions/3/rollback")) == (409, "already-in-force")


def test_a_version_is_scheduled_and_called_off(api: Api) -> None:
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    scheduled = publish(api, effective_at=later)
    assert scheduled["reevaluation_id"] is None
    assert api.ok("GET", "/funnel")["next"]["version"] == 2
    assert api.activity(type="website_visit", identities={"email": someone()})["stage"] == "engaged"
    assert problem(api.request("POST", "/funnel/versions/1/rollback")) == (409, "already-in-force")
    other = draft(api, YAML.replace("Three steps", "Another"))
    for word in (MARKETING, SALES):
        api.ok("POST", f"/funnel/drafts/{other['draft_id']}/signatures", json=word)
    assert problem(api.request("POST", f"/funnel/drafts/{other['draft_id']}/publication")) == (409, "version-pending")

    called_off = api.ok("DELETE", "/funnel/versions/2")

    assert called_off["cancelled_at"] is not None
    assert api.ok("GET", "/funnel")["next"] is None


def test_what_only_time_moves_is_moved_by_the_timer_and_dated_truly(api: Api) -> None:
    email = someone()
    came = datetime.now(UTC) - timedelta(hours=1) + timedelta(seconds=40)
    api.activity(type="website_visit", occurred_at=came.isoformat(), identities={"email": email})
    definition = api.ok("GET", "/funnel")["definition"]
    asleep = {"key": "asleep", "beside": True, "enter_when": {"stage": {"in": "engaged", "for": "1 hour"}}}
    definition["stages"].append(asleep)
    api.ok("PUT", "/funnel/settings", json={"signatures_required": False})
    made = api.ok("POST", "/funnel/drafts", json={"definition": definition})
    api.ok("POST", f"/funnel/drafts/{made['draft_id']}/publication")

    # A list shows who was moved in the table, which no request does here: a single prospect would be told as of now.
    listed = eventually(lambda: api.ok("GET", "/prospects", params={"stage": "asleep"})["prospects"], bool, 240)

    (prospect,) = listed
    assert prospect["identities"]["email"] == [email]
    move = api.transitions(prospect["prospect_id"])[-1]
    assert datetime.fromisoformat(move["occurred_at"]) == came + timedelta(hours=1)
    assert (move["cause"], move["criterion"]) == ("rule", "1 hour in engaged")


def test_a_change_voids_what_was_signed_and_needs_what_was_seen(api: Api) -> None:
    made = draft(api)
    path = f"/funnel/drafts/{made['draft_id']}"
    api.ok("POST", f"{path}/signatures", json=MARKETING)
    definition = api.ok("GET", path)["definition"] | {"name": "Changed"}

    changed = api.ok("PUT", path, json={"definition": definition, "content_hash": made["content_hash"]})

    assert changed["content_hash"] != made["content_hash"]
    assert api.ok("GET", path)["signatures"] == []
    late = api.request("PUT", path, json={"definition": definition, "content_hash": made["content_hash"]})
    assert problem(late) == (409, "draft-changed")
    assert api.request("DELETE", path).status_code == 204
    assert problem(api.request("GET", path)) == (404, "draft-not-found")


def test_a_workspace_may_do_without_signatures_and_no_other_workspace_sees_its_funnel(
    api: Api, stack_info: StackInfo
) -> None:
    assert api.ok("PUT", "/funnel/settings", json={"signatures_required": False}) == {"signatures_required": False}
    made = draft(api)

    api.ok("POST", f"/funnel/drafts/{made['draft_id']}/publication")

    other = Api(stack_info.api_url, stack_info.api_key)
    assert api.ok("GET", "/funnel")["version"] == 2
    assert other.ok("GET", "/funnel")["version"] == 1
    assert problem(other.request("GET", f"/funnel/drafts/{made['draft_id']}")) == (404, "draft-not-found")
    other.http.close()


def test_the_schema_is_there_for_every_editor(stack_info: StackInfo) -> None:
    answer = httpx.get(f"{stack_info.api_url}/funnel/schema.json", timeout=60)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/schema+json")
    assert answer.json()["properties"]["stages"]
    assert httpx.get(f"{stack_info.api_url}/funnel", timeout=60).status_code == 401


def test_every_ready_definition_can_be_a_draft(api: Api) -> None:
    for entry in api.ok("GET", "/funnel/gallery")["definitions"]:
        definition = api.ok("GET", f"/funnel/gallery/{entry['name']}")["definition"]
        made = api.ok("POST", "/funnel/drafts", json={"definition": definition})
        assert (made["changes"] == []) is (entry["name"] == "default")
