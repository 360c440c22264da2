"""The function behind /exports."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.contract.export_examples import EXPORT_ID
from tests.fakes.memory_exports import MemoryExports
from tests.unit.functions.conftest import Call
from tests.unit.functions.fake_lifecycle import FakeLifecycle


@pytest.fixture(autouse=True)
def _use_cases(fake: FakeLifecycle) -> None:
    """All of them are in memory."""


def test_an_export_that_is_started_runs_in_the_background(call: Call, exports: MemoryExports) -> None:
    reply = call("manage_exports", "POST", "/exports")

    assert (reply.status, reply.body["status"]) == (202, "queued")
    assert [(message["step"], message["job_id"]) for message in exports.sent] == [("plan", reply.body["export_id"])]
    assert reply.body["created_by"] == "key:laptop"


def test_while_one_is_under_way_it_is_answered_with(call: Call) -> None:
    first, second = (call("manage_exports", "POST", "/exports") for _ in range(2))

    assert first.body["export_id"] == second.body["export_id"]


def test_exports_are_listed_newest_first_and_shown_one_by_one(call: Call) -> None:
    listed = call("manage_exports", "GET", "/exports").body["exports"]
    shown = call("manage_exports", "GET", f"/exports/{EXPORT_ID}")

    assert [export["export_id"] for export in listed] == [EXPORT_ID]
    assert shown.body.items() >= listed[0].items()
    assert shown.body["progress"]["segments"] == {"done": 0, "total": 0}


def test_an_export_that_is_stopped_says_so(call: Call) -> None:
    started = call("manage_exports", "POST", "/exports").body["export_id"]

    stopped = call("manage_exports", "DELETE", f"/exports/{started}")

    assert (stopped.status, stopped.body["status"]) == (200, "cancelled")
    assert call("manage_exports", "DELETE", f"/exports/{EXPORT_ID}").body["status"] == "done"


@pytest.mark.parametrize("export_id", ["export-none", "UPPER", "a" * 65])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_is_no_export_is_not_found(call: Call, method: str, export_id: str) -> None:
    reply = call("manage_exports", method, f"/exports/{export_id}")

    assert (reply.status, reply.body["type"]) == (404, "urn:prospect-lifecycle:problem:export-not-found")


def test_nights_are_switched_on_and_off_and_the_tables_are_named(call: Call) -> None:
    off = call("manage_exports", "GET", "/exports/settings").body
    on = call("manage_exports", "PUT", "/exports/settings", body={"nightly": True}).body

    assert off == {
        "nightly": False,
        "next_at": None,
        "tables": {"events": "events_local", "transitions": "transitions_local"},
    }
    assert on["nightly"]
    assert on["next_at"]
    assert call("manage_exports", "GET", "/exports/settings").body == on
    assert call("manage_exports", "PUT", "/exports/settings", body={"nightly": False}).body == off


@pytest.mark.parametrize("body", [{}, {"nightly": "yes"}, {"nightly": True, "hour": 3}, []])
def test_settings_that_are_none_change_nothing(call: Call, exports: MemoryExports, body: Any) -> None:
    assert call("manage_exports", "PUT", "/exports/settings", body=body).status == 422
    assert exports.settings.audit == []
