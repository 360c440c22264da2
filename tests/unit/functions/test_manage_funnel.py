"""Everything under /funnel: what requests may say, and which status, problem and document each outcome is."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from functions.manage_funnel import app
from lifecycle.contract.funnel_examples import DRAFT_ID, SIMULATION_ID
from lifecycle.contract.funnel_routes import FUNNEL_ROUTES
from lifecycle.contract.openapi import document
from lifecycle.funnel.form.document import content_hash
from lifecycle.funnel.parsing import default_definition
from lifecycle.services import errors
from tests.fakes.reception import ANN, SAM, Reception, funnel, without_stage
from tests.unit.functions.conftest import Call, Reply, authorized
from tests.unit.functions.fake_jobs import FakeJobs
from tests.unit.functions.fake_lifecycle import NOON

YAML = """\
# What both of us mean.
name: Three steps
stages:
  - {key: contact, enter_when: {known: email}, replaces: [anonymous, suspect, in_talks]}
  - {key: won, enter_when: {deal: {status: won}}}
"""
DRAFT = f"/funnel/drafts/{DRAFT_ID}"
SIMULATION = f"/funnel/simulations/{SIMULATION_ID}"

Ask = Callable[..., Reply]


@pytest.fixture
def ask(call: Call) -> Ask:
    """Sends a request to the function; whatever it answers is held against the OpenAPI document."""

    def send(method: str, path: str, body: Any = None, **parts: Any) -> Reply:
        reply = call("manage_funnel", method, path, body=body, **parts)
        if reply.status != 204:
            _validator(_model_of(method, path, reply.status)).validate(reply.body)
        return reply

    return send


def _model_of(method: str, path: str, status: int) -> str:
    """The type of an answer; one that its route does not tell of fails the test."""
    if status >= 400:
        return "ProblemAnswer"
    pattern = next(route for route in FUNNEL_ROUTES if route.method == method and _matches(route.path, path))
    return next(answer.model or "" for answer in pattern.answers if answer.status == status)


def _matches(template: str, path: str) -> bool:
    return re.fullmatch(re.sub("{[a-z_]+}", "[^/]+", template), path) is not None


@cache
def _validator(model: str) -> OAS31Validator:
    schemas = json.loads(json.dumps(document()["components"]))
    return OAS31Validator({"$ref": f"#/components/schemas/{model}", "components": schemas})


def yaml(text: str, content_type: str = "application/yaml") -> dict[str, Any]:
    """The parts of a request with a body of YAML."""
    return {"body": text, "headers": {"authorization": "Bearer plc_a-key", "Content-Type": content_type}}


# ----------------------------------------------------------------------------------------------------------------------
# What is in force
# ----------------------------------------------------------------------------------------------------------------------


def test_the_funnel_in_force_is_shown_with_its_signatures(ask: Ask, reception: Reception) -> None:
    reply = ask("GET", "/funnel")

    assert reply.status == 200
    assert (reply.body["version"], reply.body["content_hash"]) == (2, content_hash(funnel()))
    assert reply.body["definition"] == funnel()
    assert reply.body["effective_at"] == "2026-01-01T00:00:03Z"
    assert [(one["team"], one["by"]) for one in reply.body["signatures"]] == [("marketing", ANN), ("sales", SAM)]
    assert reply.body["next"] is None


def test_the_version_to_come_is_named(ask: Ask) -> None:
    ask("POST", f"{DRAFT}/publication", {"effective_at": "2026-07-01T02:00:00+02:00"})

    assert ask("GET", "/funnel").body["next"] == {"version": 3, "effective_at": "2026-07-01T00:00:00Z"}


def test_the_default_is_version_1(call: Call, reception: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "desk_for", lambda _: Reception().desk)

    body = call("manage_funnel", "GET", "/funnel").body

    assert (body["version"], body["signatures"], body["effective_at"], body["published_by"]) == (1, [], None, None)
    assert body["content_hash"] == content_hash(default_definition())


def test_a_number_that_is_not_whole_is_one_in_the_answer_too(ask: Ask, reception: Reception) -> None:
    recent = {"activity": {"type": "review", "properties": {"rating": {"at_least": 4.5}}}}
    definition = funnel()
    definition["stages"][1]["enter_when"] = {"all": [{"known": "email"}, recent]}
    draft_id = ask("POST", "/funnel/drafts", {"definition": definition}).body["draft_id"]

    assert ask("GET", f"/funnel/drafts/{draft_id}").body["definition"] == definition


def test_the_gallery_is_listed_and_shown(ask: Ask) -> None:
    listed = ask("GET", "/funnel/gallery").body["definitions"]

    assert listed[0]["name"] == "default"
    assert listed[0]["stages"][0] == "Anonymous"
    for entry in listed:
        shown = ask("GET", f"/funnel/gallery/{entry['name']}").body
        assert shown["definition"]["name"] == entry["title"]
    assert ask("GET", "/funnel/gallery/nothing").status == 404


def test_settings_are_shown_and_changed(ask: Ask, reception: Reception) -> None:
    assert ask("GET", "/funnel/settings").body == {"signatures_required": True}
    assert ask("PUT", "/funnel/settings", {"signatures_required": False}).body == {"signatures_required": False}
    assert not reception.desk.requires_signatures()
    assert ask("PUT", "/funnel/settings", {"signatures_required": "no"}).fields == ["/signatures_required"]
    assert ask("PUT", "/funnel/settings", {}).fields == ["/signatures_required"]


# ----------------------------------------------------------------------------------------------------------------------
# Drafts
# ----------------------------------------------------------------------------------------------------------------------


def test_a_draft_is_made_of_an_object(ask: Ask, reception: Reception) -> None:
    reply = ask("POST", "/funnel/drafts", {"definition": funnel(name="Ours")})

    assert reply.status == 201
    assert reply.body["content_hash"] == content_hash(funnel(name="Ours"))
    assert reply.body["warnings"][0]["where"] == "/stages/0/owner"
    assert all(warning.keys() == {"where", "reason", "expected"} for warning in reply.body["warnings"])
    assert any("Ours" in change for change in reply.body["changes"])
    assert reception.desk.draft(reply.body["draft_id"], NOON).draft.created_by == "key:laptop"


@pytest.mark.parametrize(
    "parts",
    [
        {"body": {"definition": YAML}},
        yaml(YAML),
        yaml(YAML, "text/yaml; charset=utf-8"),
        yaml(YAML, "Application/X-YAML"),
        yaml("definition:\n" + "".join(f"  {line}\n" for line in YAML.splitlines())),
        {**yaml(base64.b64encode(YAML.encode()).decode()), "isBase64Encoded": True},
    ],
    ids=["a text in JSON", "a body", "another type", "an old type", "an object with a definition", "Base64"],
)
def test_a_draft_is_made_of_yaml(ask: Ask, reception: Reception, parts: dict[str, Any]) -> None:
    reply = ask("POST", "/funnel/drafts", **parts)

    assert reply.status == 201, reply.body
    kept = reception.desk.draft(reply.body["draft_id"], NOON).draft.definition
    assert [stage["key"] for stage in kept["stages"]] == ["contact", "won"]


def test_yaml_that_is_broken_is_refused_with_its_line(ask: Ask) -> None:
    broken = "stages:\n  - key: contact\n   - key: won\n"

    as_body, as_text = (
        ask("POST", "/funnel/drafts", **yaml(broken)),
        ask("POST", "/funnel/drafts", {"definition": broken}),
    )

    assert (as_body.status, as_body.body["type"].rpartition(":")[2]) == (400, "malformed-body")
    assert "line 3" in as_body.body["detail"]
    assert (as_text.status, as_text.fields) == (422, ["/definition"])
    assert "line 3" in as_text.body["errors"][0]["reason"]


def test_yaml_that_does_not_say_that_it_is_is_told_how_to(ask: Ask) -> None:
    assert "Content-Type: application/yaml" in ask("POST", "/funnel/drafts", YAML).body["detail"]


def test_every_problem_of_a_definition_is_named_with_its_place(ask: Ask) -> None:
    reply = ask(
        "POST", "/funnel/drafts", {"definition": {"stages": [{"key": "Contact", "beside": 1}], "colour": "red"}}
    )

    assert (reply.status, reply.body["type"].rpartition(":")[2]) == (422, "invalid-definition")
    assert reply.fields == ["/definition/stages/0/key", "/definition/stages/0/beside", "/definition/colour"]
    assert all(error["reason"] and error["expected"] for error in reply.body["errors"])
    assert "3 problems in all." in reply.body["detail"]


def test_more_problems_than_anybody_reads_are_counted(ask: Ask) -> None:
    reply = ask("POST", "/funnel/drafts", {"definition": {"stages": [{"key": f"NO{n}"} for n in range(30)]}})

    assert (len(reply.body["errors"]), reply.body["omitted"]) == (20, 10)


def test_stages_that_would_leave_prospects_behind_are_named(ask: Ask, reception: Reception) -> None:
    reception.standing = {"in_talks": 12}

    reply = ask("POST", "/funnel/drafts", {"definition": without_stage("in_talks")})

    assert reply.fields == ["/definition/stages"]
    assert "12 prospects" in reply.body["detail"]


BAD_DRAFTS: list[tuple[str, Any, int, list[str] | None]] = [
    ("no body", None, 400, None),
    ("no JSON", "stages: []", 400, None),
    ("no definition", {}, 422, ["/definition"]),
    ("null", {"definition": None}, 422, ["/definition"]),
    ("a list", {"definition": []}, 422, ["/definition"]),
    ("YAML of a list", {"definition": "- a"}, 422, ["/definition"]),
    ("YAML of nothing", {"definition": "# nothing"}, 422, ["/definition"]),
    ("a stray field", {"definition": funnel(), "name": "Mine"}, 422, ["/name"]),
    ("a field twice", '{"definition": {"stages": [], "stages": []}}', 422, ["/definition/stages"]),
    ("a number that is none", '{"definition": {"stages": [NaN]}}', 422, ["/definition/stages/0"]),
    ("half a character", '{"definition": {"name": "\\ud800"}}', 422, ["/definition/name"]),
    ("nested beyond reason", '{"definition": ' + '{"a":' * 500 + "1" + "}" * 501, 422, None),
    ("larger than is kept", {"definition": funnel(description="x" * 103_000)}, 422, ["/definition"]),
    ("larger than is read", {"definition": funnel(description="x" * 400_000)}, 413, None),
]


@pytest.mark.parametrize(
    ("body", "status", "fields"), [bad[1:] for bad in BAD_DRAFTS], ids=[bad[0] for bad in BAD_DRAFTS]
)
def test_a_bad_draft_is_refused(
    ask: Ask, reception: Reception, body: Any, status: int, fields: list[str] | None
) -> None:
    reply = ask("POST", "/funnel/drafts", body)

    assert reply.status == status, reply.body
    assert fields is None or reply.fields == fields
    assert len(reception.desk.drafts()) == 2


def test_a_draft_is_shown_with_all_that_is_to_be_said_of_it(ask: Ask) -> None:
    body = ask("GET", DRAFT).body

    assert (body["draft_id"], body["name"], body["based_on"], body["published_as"]) == (DRAFT_ID, "To be", 2, None)
    assert (body["problems"], body["definition"]) == ([], funnel(name="To be"))
    assert any("To be" in change for change in body["changes"])
    assert [one["team"] for one in body["signatures"]] == ["marketing", "sales"]


def test_drafts_are_listed_without_their_definitions(ask: Ask) -> None:
    listed = ask("GET", "/funnel/drafts").body["drafts"]

    assert [entry["name"] for entry in listed] == ["To be", "Three steps"]
    assert all("definition" not in entry for entry in listed)


def test_a_changed_draft_has_another_hash_and_no_signatures(ask: Ask) -> None:
    seen = ask("GET", DRAFT).body["content_hash"]

    reply = ask("PUT", DRAFT, {"definition": funnel(name="Changed"), "content_hash": seen})

    assert reply.status == 200
    assert reply.body["content_hash"] == content_hash(funnel(name="Changed")) != seen
    assert ask("GET", DRAFT).body["signatures"] == []


def test_a_change_of_what_was_not_seen_is_answered_with_what_is_there(ask: Ask) -> None:
    reply = ask("PUT", DRAFT, {"definition": funnel(), "content_hash": "sha256:another"})

    assert (reply.status, reply.body["type"].rpartition(":")[2]) == (409, "draft-changed")
    assert reply.body["content_hash"] == content_hash(funnel(name="To be"))


def test_a_deleted_draft_leaves_nothing_to_say(ask: Ask) -> None:
    reply = ask("DELETE", DRAFT)

    assert (reply.status, reply.body) == (204, "")
    assert ask("GET", DRAFT).status == 404


@pytest.mark.parametrize("draft_id", ["0", "A" * 32, "%2e", "a" * 65, "a.b"])
def test_an_impossible_draft_is_not_found(ask: Ask, draft_id: str) -> None:
    for method, path, body in [
        ("GET", "", None),
        ("PUT", "", {"definition": funnel()}),
        ("DELETE", "", None),
        ("POST", "/signatures", {"team": "sales", "by": SAM}),
        ("POST", "/publication", None),
        ("POST", "/simulations", None),
    ]:
        reply = ask(method, f"/funnel/drafts/{draft_id}{path}", body)
        assert (reply.status, reply.body["type"].rpartition(":")[2]) == (404, "draft-not-found")


# ----------------------------------------------------------------------------------------------------------------------
# Signatures and publication
# ----------------------------------------------------------------------------------------------------------------------


def test_signing_again_changes_nothing_and_signing_anew_is_new(ask: Ask) -> None:
    again = ask("POST", f"{DRAFT}/signatures", {"team": "sales", "by": SAM.upper()})
    taken = ask("DELETE", f"{DRAFT}/signatures/sales")
    anew = ask("POST", f"{DRAFT}/signatures", {"team": "sales", "by": "Kim"})

    assert (again.status, len(again.body["signatures"])) == (200, 2)
    assert (taken.status, [one["team"] for one in taken.body["signatures"]]) == (200, ["marketing"])
    assert (anew.status, [one["by"] for one in anew.body["signatures"]]) == (201, [ANN, "Kim"])
    assert anew.body["signatures"][1]["signed_at"] == "2026-06-01T12:00:00Z"
    assert anew.body["content_hash"] == anew.body["signatures"][1]["content_hash"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"team": "legal", "by": "Kim"}, ["/team"]),
        ({"team": "sales"}, ["/by"]),
        ({"team": "sales", "by": " "}, ["/by"]),
        ({"team": "sales", "by": "Kim", "content_hash": 1}, ["/content_hash"]),
        ({}, ["/team"]),
    ],
)
def test_a_bad_signature_is_refused(ask: Ask, body: Any, fields: list[str]) -> None:
    reply = ask("POST", f"{DRAFT}/signatures", body)
    assert (reply.status, reply.fields) == (422, fields)


def test_whoever_has_signed_in_signs_by_their_own_name_alone(ask: Ask) -> None:
    ask("DELETE", f"{DRAFT}/signatures/sales")
    context = {
        "requestId": "r",
        "authorizer": authorized(actor="sam@acme.example", credential="token", paging_secret="s"),
    }

    other = ask("POST", f"{DRAFT}/signatures", {"team": "sales", "by": "Kim"}, requestContext=context)
    own = ask("POST", f"{DRAFT}/signatures", {"team": "sales"}, requestContext=context)

    assert (other.status, other.fields) == (422, ["/by"])
    assert own.body["signatures"][1]["by"] == "sam@acme.example"


def test_a_team_that_has_not_signed_has_nothing_to_take_back(ask: Ask) -> None:
    ask("DELETE", f"{DRAFT}/signatures/sales")

    for team in ("sales", "legal", "Sales"):
        assert ask("DELETE", f"{DRAFT}/signatures/{team}").status == 404


@pytest.mark.parametrize("body", [None, "", " ", {}, {"by": ANN}])
def test_a_publication_needs_no_body(ask: Ask, reception: Reception, body: Any) -> None:
    reply = ask("POST", f"{DRAFT}/publication", body)

    assert reply.status == 201, reply.body
    assert reply.body == {
        "version": 3,
        "content_hash": content_hash(funnel(name="To be")),
        "effective_at": "2026-06-01T12:00:03Z",
        "reevaluation_id": "reevaluation-3",
        "warnings": [],
    }
    by = reception.desk.version(3, NOON).version.published_by
    assert by == (ANN if body == {"by": ANN} else "key:laptop")


def test_publishing_twice_is_answered_with_200(ask: Ask) -> None:
    first, again = ask("POST", f"{DRAFT}/publication"), ask("POST", f"{DRAFT}/publication")

    assert (first.status, again.status) == (201, 200)
    assert first.body == again.body


def test_without_a_signature_the_missing_team_is_named(ask: Ask) -> None:
    ask("DELETE", f"{DRAFT}/signatures/marketing")

    reply = ask("POST", f"{DRAFT}/publication")

    assert (reply.status, reply.body["type"].rpartition(":")[2]) == (409, "signatures-missing")
    assert reply.body["missing"] == ["marketing"]
    assert "marketing must sign" in reply.body["detail"]


@pytest.mark.parametrize(
    "moment",
    ["2026-06-01T12:00:00Z", "2026-06-01T11:59:59Z", "1970-01-01T00:00:00Z", "2026-06-01T13:00:00", "tomorrow", 5],
)
def test_a_time_that_has_passed_or_is_none_is_refused(ask: Ask, moment: Any) -> None:
    for path in (f"{DRAFT}/publication", "/funnel/versions/1/rollback"):
        reply = ask("POST", path, {"effective_at": moment})
        assert (reply.status, reply.fields) == (422, ["/effective_at"])


# ----------------------------------------------------------------------------------------------------------------------
# Versions
# ----------------------------------------------------------------------------------------------------------------------


def test_versions_are_listed_newest_first_without_their_definitions(ask: Ask) -> None:
    versions = ask("GET", "/funnel/versions").body["versions"]

    assert [(entry["version"], entry["in_force"], entry["name"]) for entry in versions] == [
        (2, True, "Three steps"),
        (1, False, "Default funnel"),
    ]
    assert all("definition" not in entry for entry in versions)


def test_a_version_is_shown_with_what_it_changed(ask: Ask) -> None:
    body = ask("GET", "/funnel/versions/2").body

    assert body["definition"] == funnel()
    assert body["changes"]


@pytest.mark.parametrize("version", ["0", "3", "-1", "two", "02", "1.0", "9" * 20])
def test_a_version_that_is_not_there_is_not_found(ask: Ask, version: str) -> None:
    for method, path in [("GET", ""), ("DELETE", ""), ("POST", "/rollback"), ("POST", "/reevaluation")]:
        reply = ask(method, f"/funnel/versions/{version}{path}")
        assert (reply.status, reply.body["type"].rpartition(":")[2]) == (404, "version-not-found")


def test_going_back_says_who_and_why(ask: Ask) -> None:
    reply = ask("POST", "/funnel/versions/1/rollback", {"by": SAM, "reason": "too many false alarms"})

    assert (reply.status, reply.body["version"]) == (201, 3)
    newest = ask("GET", "/funnel/versions").body["versions"][0]
    assert (newest["restores"], newest["published_by"], newest["reason"]) == (1, SAM, "too many false alarms")
    assert ask("POST", "/funnel/versions/1/rollback").status == 200


def test_a_scheduled_version_is_called_off(ask: Ask) -> None:
    ask("POST", "/funnel/versions/1/rollback", {"effective_at": "2026-07-01T00:00:00Z"})

    reply = ask("DELETE", "/funnel/versions/3")

    assert (reply.status, reply.body["cancelled_at"]) == (200, "2026-06-01T12:00:00Z")
    assert ask("GET", "/funnel").body["next"] is None


PROBLEMS: list[tuple[Exception, int, str]] = [
    (errors.DraftPublishedError(3), 409, "draft-published"),
    (errors.StaleDraftError(1, 2), 409, "draft-stale"),
    (errors.SamePersonError("sales"), 409, "same-person"),
    (errors.TeamSignedError("sales"), 409, "team-signed"),
    (errors.VersionPendingError(3, NOON), 409, "version-pending"),
    (errors.AlreadyInForceError(2), 409, "already-in-force"),
    (errors.NotInForceYetError(2, NOON), 409, "not-in-force-yet"),
    (errors.TooLateToCancelError(2), 409, "too-late-to-cancel"),
    (errors.VersionCancelledError(2), 409, "version-cancelled"),
    (errors.FunnelBusyError(), 503, "unavailable"),
]


@pytest.mark.parametrize(("error", "status", "slug"), PROBLEMS, ids=[problem[2] for problem in PROBLEMS])
def test_each_error_of_the_use_cases_is_a_problem_of_its_own(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, slug: str
) -> None:
    def failing(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(app, "desk_for", lambda _: SimpleNamespace(publish=failing))
    reply = ask("POST", f"{DRAFT}/publication")

    assert reply.status == reply.body["status"] == status
    assert reply.body["type"] == f"urn:prospect-lifecycle:problem:{slug}"
    assert reply.body["detail"] == str(error)


# ----------------------------------------------------------------------------------------------------------------------
# Long work
# ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [None, {}, {"by": ANN}])
def test_a_simulation_is_started(ask: Ask, reception: Reception, body: Any) -> None:
    reply = ask("POST", f"{DRAFT}/simulations", body)

    assert (reply.status, reply.body) == (202, {"simulation_id": "simulation-1"})
    assert [draft.draft_id for draft in reception.simulated] == [DRAFT_ID]


def test_a_simulation_tells_how_far_it_is_and_what_it_found(ask: Ask) -> None:
    body = ask("GET", SIMULATION).body

    assert (body["simulation_id"], body["draft_id"], body["status"]) == (SIMULATION_ID, DRAFT_ID, "running")
    assert body["progress"] == {"done": 30, "total": 120, "percent": 25, "segments": {"done": 1, "total": 8}}
    assert (body["moves"], body["moved"], body["stay"]) == ({"contact": {"in_talks": 3}}, 3, 27)
    assert body["actions"] == {"notify_owner": 3}
    contact, won = body["history"]["draft"]["stages"]
    assert contact["time_in_stage"] == {"median": 3600, "p75": 7200, "p90": 10800}
    assert won["time_in_stage"] is None
    assert [entry["rate"] for entry in body["history"]["in_force"]["conversion"]] == [0.3333, None]


def test_simulations_are_listed(ask: Ask) -> None:
    assert [entry["simulation_id"] for entry in ask("GET", "/funnel/simulations").body["simulations"]] == [
        SIMULATION_ID
    ]


def test_a_simulation_can_be_stopped(ask: Ask) -> None:
    assert ask("DELETE", SIMULATION).body["status"] == "cancelled"


def test_the_prospects_that_would_move_are_listed_page_by_page(ask: Ask, jobs: FakeJobs) -> None:
    jobs.pages = 2
    query = {"from": ["contact"], "to": ["in_talks"], "limit": ["1"]}

    first = ask("GET", f"{SIMULATION}/moves", query=query)
    second = ask("GET", f"{SIMULATION}/moves", query={**query, "cursor": [first.body["next_cursor"]]})

    assert first.body["moves"][0].keys() == {"prospect_id", "from", "to", "because"}
    assert second.body["next_cursor"] is None
    assert jobs.calls == [(("contact", "in_talks"), None, 1), (("contact", "in_talks"), ("1",), 1)]
    other = {"from": ["contact"], "cursor": [first.body["next_cursor"]]}
    assert ask("GET", f"{SIMULATION}/moves", query=other).status == 400


def test_a_list_of_moves_takes_no_stage_that_cannot_be(ask: Ask) -> None:
    assert ask("GET", f"{SIMULATION}/moves", query={"from": ["A"]}).fields == ["?from"]
    assert ask("GET", f"{SIMULATION}/moves", query={"stage": ["a"]}).fields == ["?stage"]


@pytest.mark.parametrize("simulation_id", ["simulation-0", "reevaluation-2", "A", "%00"])
def test_a_simulation_that_is_not_there_is_not_found(ask: Ask, simulation_id: str) -> None:
    for method, path in [("GET", ""), ("GET", "/moves"), ("DELETE", "")]:
        reply = ask(method, f"/funnel/simulations/{simulation_id}{path}")
        assert (reply.status, reply.body["type"].rpartition(":")[2]) == (404, "job-not-found")


def test_the_evaluation_of_everybody_tells_how_far_it_is(ask: Ask, reception: Reception) -> None:
    shown, asked = (ask(method, "/funnel/versions/2/reevaluation") for method in ("GET", "POST"))

    assert (shown.status, shown.body["version"], shown.body["reevaluation_id"]) == (200, 2, "reevaluation-2")
    assert shown.body["progress"]["percent"] == 25
    assert (asked.status, asked.body) == (202, shown.body)
    assert reception.reevaluated == [(2, NOON)]
    assert ask("GET", "/funnel/versions/3/reevaluation").status == 404


# ----------------------------------------------------------------------------------------------------------------------
# For all of them
# ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/funnel",
        "/funnel/gallery",
        "/funnel/gallery/default",
        "/funnel/settings",
        "/funnel/drafts",
        DRAFT,
        "/funnel/versions",
        "/funnel/versions/2",
        "/funnel/versions/2/reevaluation",
        "/funnel/simulations",
        SIMULATION,
        f"{SIMULATION}/moves",
    ],
)
def test_a_parameter_that_would_be_lost_is_refused(ask: Ask, path: str) -> None:
    assert ask("GET", path, query={"page": ["2"]}).fields == ["?page"]


def test_nothing_of_a_signature_or_a_definition_is_logged(ask: Ask, log_lines: list[dict[str, Any]]) -> None:
    ask("POST", f"{DRAFT}/signatures", {"team": "sales", "by": "kim@us.example"})
    ask("POST", "/funnel/drafts", {"definition": {"stages": "kim@us.example"}})

    assert [line["status"] for line in log_lines] == [409, 422]
    assert "kim" not in str(log_lines)


def test_the_waiting_of_a_publication_leaves_time_for_the_answer(ask: Ask, reception: Reception) -> None:
    ask("POST", f"{DRAFT}/publication")
    assert timedelta(seconds=sum(reception.waited)) < timedelta(seconds=10)
