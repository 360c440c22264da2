"""POST /prospects/{prospect_id}/decisions."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.events import Decision, Withdrawal
from lifecycle.services import errors
from tests.unit.functions.conftest import Call, Reply
from tests.unit.functions.fake_lifecycle import ANNS_ID, NOON, FakeLifecycle

PATH = f"/prospects/{ANNS_ID}/decisions"
OTHER = "p" + "a" * 26


def decide(call: Call, body: Any, path: str = PATH) -> Reply:
    return call("decide_stage", "POST", path, body=body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"action": "accept", "qualification": {"budget": True}},
            {"action": "accept", "qualification": {"budget": True}, "by": "key:laptop"},
        ),
        (
            {"action": "disqualify", "reason": "spam", "by": "kim"},
            {"action": "disqualify", "reason": "spam", "by": "kim"},
        ),
        ({"action": "set_stage", "stage": "engaged", "reason": "x"}, {"action": "set_stage", "stage": "engaged"}),
        (
            {
                "action": "set_stage",
                "stage": "suspect",
                "status": "unresponsive",
                "reason": "x",
                "qualification": {"need": "replacement"},
            },
            {"stage": "suspect", "status": "unresponsive", "qualification": {"need": "replacement"}},
        ),
        ({"action": "merge", "prospect_id": OTHER}, {"action": "merge", "other": OTHER}),
        ({"action": "unmerge", "prospect_id": OTHER}, {"action": "unmerge", "other": OTHER}),
    ],
)
def test_each_action_becomes_a_decision(
    call: Call, fake: FakeLifecycle, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    reply = decide(call, {**body, "id": "d-1", "occurred_at": "2026-05-01T00:00:00Z"})

    assert reply.status == 201
    assert reply.body["event_id"] == "d-1"
    (decision,) = fake.log
    assert isinstance(decision, Decision)
    assert {name: getattr(decision, name) for name in expected} == expected
    assert decision.occurred_at.isoformat() == "2026-05-01T00:00:00+00:00"
    assert fake.calls == [("decide", ANNS_ID)]


def test_withdraw_becomes_a_withdrawal(call: Call, fake: FakeLifecycle) -> None:
    assert decide(call, {"action": "withdraw", "event_id": "form-2041", "reason": "a test"}).status == 201

    (withdrawal,) = fake.log
    assert isinstance(withdrawal, Withdrawal)
    assert (withdrawal.event_id, withdrawal.reason, withdrawal.by) == ("form-2041", "a test", "key:laptop")
    assert withdrawal.id
    assert withdrawal.occurred_at == NOON


def test_the_same_id_again_is_answered_with_200_and_duplicate(call: Call) -> None:
    decide(call, {"action": "accept", "id": "d-1"})
    reply = decide(call, {"action": "accept", "id": "d-1"})

    assert (reply.status, reply.body["duplicate"]) == (200, True)


BAD_DECISIONS: list[tuple[str, Any, str]] = [
    ("no action", {"reason": "x"}, "/action"),
    ("an unknown action", {"action": "promote"}, "/action"),
    ("an action that is a number", {"action": 1}, "/action"),
    ("no object", [], ""),
    ("disqualify without a reason", {"action": "disqualify"}, "/reason"),
    ("disqualify with an empty reason", {"action": "disqualify", "reason": " "}, "/reason"),
    ("set_stage without a stage", {"action": "set_stage", "reason": "x"}, "/stage"),
    ("set_stage without a reason", {"action": "set_stage", "stage": "engaged"}, "/reason"),
    ("set_stage with a strange stage", {"action": "set_stage", "stage": "MQL!", "reason": "x"}, "/stage"),
    (
        "set_stage with a strange status",
        {"action": "set_stage", "stage": "suspect", "status": "In progress", "reason": "x"},
        "/status",
    ),
    ("a status without its stage", {"action": "accept", "status": "cold"}, "/status"),
    ("withdraw without an event", {"action": "withdraw"}, "/event_id"),
    ("merge without the other", {"action": "merge"}, "/prospect_id"),
    ("merge with no prospect", {"action": "merge", "prospect_id": "ann"}, "/prospect_id"),
    ("a stage that would be lost", {"action": "accept", "stage": "customer"}, "/stage"),
    ("an event that would be lost", {"action": "disqualify", "reason": "x", "event_id": "1"}, "/event_id"),
    ("a time ahead", {"action": "accept", "occurred_at": "2026-06-02T00:00:00Z"}, "/occurred_at"),
]


@pytest.mark.parametrize(("body", "field"), [bad[1:] for bad in BAD_DECISIONS], ids=[bad[0] for bad in BAD_DECISIONS])
def test_a_bad_decision_is_refused(call: Call, fake: FakeLifecycle, body: Any, field: str) -> None:
    reply = decide(call, body)

    assert reply.status == 422
    assert reply.fields == [field]
    assert fake.log == []


@pytest.mark.parametrize("path_id", ["ann", "p" + "A" * 26, "p" + "1" * 26, "%00"])
def test_an_impossible_prospect_is_not_found(call: Call, fake: FakeLifecycle, path_id: str) -> None:
    reply = decide(call, {"action": "accept"}, f"/prospects/{path_id}/decisions")

    assert reply.status == 404
    assert reply.body["type"].endswith(":prospect-not-found")
    assert fake.log == []


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (errors.ProspectNotFoundError("id"), 404, "prospect-not-found"),
        (errors.ProspectAbsorbedError(ANNS_ID, OTHER), 409, "prospect-absorbed"),
        (errors.EmailKnownError("anonymous"), 409, "email-known"),
        (errors.NotMergedError(OTHER), 409, "not-merged"),
        (errors.UnknownStageError("gold", ("engaged",)), 422, "unknown-stage"),
        (errors.UnknownSubStatusError("warm", "suspect", ("cold",)), 422, "unknown-status"),
        (errors.QualificationMissingError("Sales", (("need", "Need"),), "1 of need"), 422, "qualification-missing"),
        (errors.EventNotFoundError("e-1", "is not there."), 422, "event-not-found"),
        (errors.SelfMergeError(), 422, "self-merge"),
        (errors.TooBusyError(), 503, "unavailable"),
    ],
)
def test_each_error_of_the_use_cases_is_a_problem_of_its_own(
    call: Call, fake: FakeLifecycle, error: Exception, status: int, slug: str
) -> None:
    fake.fails_with = error
    reply = decide(call, {"action": "accept"})

    assert reply.status == reply.body["status"] == status
    assert reply.body["type"] == f"urn:prospect-lifecycle:problem:{slug}"
    assert reply.body["detail"] == str(error)


def test_a_decision_on_an_absorbed_prospect_names_the_survivor(call: Call, fake: FakeLifecycle) -> None:
    fake.fails_with = errors.ProspectAbsorbedError(ANNS_ID, OTHER)
    assert decide(call, {"action": "accept"}).body["survivor"] == OTHER


def test_missing_qualification_is_named_question_by_question(call: Call, fake: FakeLifecycle) -> None:
    missing = (("budget", "Budget"), ("need", "Need"))
    fake.fails_with = errors.QualificationMissingError("Sales qualified", missing, "3 of budget, authority, need")

    reply = decide(call, {"action": "accept", "qualification": {"authority": True}})

    assert reply.fields == ["/qualification/budget", "/qualification/need"]
    assert all(error["reason"] and error["expected"] for error in reply.body["errors"])
    assert "Sales qualified requires 3 of budget, authority, need" in reply.body["detail"]
