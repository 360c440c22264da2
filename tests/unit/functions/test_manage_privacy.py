"""The export of a prospect and its erasure, behind their routes."""

from __future__ import annotations

import pytest

from lifecycle.services import errors
from tests.unit.functions.conftest import Call
from tests.unit.functions.fake_lifecycle import ANNS_ID, FakeLifecycle

PROSPECT = f"/prospects/{ANNS_ID}"
EXPORT = f"{PROSPECT}/export"


def test_an_export_shows_the_state_the_partitions_and_every_entry(call: Call) -> None:
    reply = call("manage_privacy", "GET", EXPORT)

    assert reply.status == 200
    assert reply.body["prospect"]["prospect_id"] == ANNS_ID
    assert reply.body["partitions"] == [ANNS_ID]
    assert [entry["kind"] for entry in reply.body["entries"]] == [*["event"] * 4, "transition", "deal_mention"]
    assert reply.body["next_cursor"] is None


def test_an_exported_event_has_every_identity_that_it_names(call: Call) -> None:
    activity, fact, *_ = call("manage_privacy", "GET", EXPORT).body["entries"]

    assert activity["identities"] == [
        {"kind": "email", "value": "ann@example.com"},
        {"kind": "crm:hubspot", "value": "151"},
    ]
    assert fact["identities"] == [{"kind": "email", "value": "ann@example.com"}]
    assert (activity["event"]["kind"], fact["event"]["kind"]) == ("activity", "deal")


def test_only_the_first_page_of_an_export_has_the_state(call: Call, fake: FakeLifecycle) -> None:
    fake.pages = 2

    first = call("manage_privacy", "GET", EXPORT).body
    second = call("manage_privacy", "GET", EXPORT, query={"cursor": [first["next_cursor"]], "limit": ["7"]}).body

    assert (second["prospect"], second["partitions"], second["next_cursor"]) == (None, [], None)
    assert fake.calls == [("export", ANNS_ID, None, 50), ("export", ANNS_ID, ("1", "engaged"), 7)]


@pytest.mark.parametrize("limit", ["0", "51", "many"])
def test_a_page_of_an_export_is_never_larger_than_an_answer_may_be(call: Call, limit: str) -> None:
    reply = call("manage_privacy", "GET", EXPORT, query={"limit": [limit]})

    assert (reply.status, reply.fields) == (422, ["?limit"])
    assert reply.body["errors"][0]["expected"] == "a whole number from 1 to 50"


def test_an_erasure_tells_what_it_removed(call: Call, fake: FakeLifecycle) -> None:
    reply = call("manage_privacy", "DELETE", PROSPECT)

    assert reply.status == 200
    assert reply.body == {
        "prospect_id": ANNS_ID,
        "erased_at": "2026-06-01T12:00:00Z",
        "removed": {"events": 4, "identities": 2, "deal_entries": 1, "transitions_kept": 1},
        "complete": True,
    }
    assert fake.calls == [("erase", ANNS_ID)]


def test_an_erasure_that_has_more_to_delete_is_accepted(call: Call, fake: FakeLifecycle) -> None:
    fake.pages = 2

    reply = call("manage_privacy", "DELETE", PROSPECT)

    assert (reply.status, reply.body["complete"]) == (202, False)


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (errors.ProspectNotFoundError("id"), 404, "prospect-not-found"),
        (errors.ProspectAbsorbedError(ANNS_ID, "p-other"), 409, "prospect-absorbed"),
        (errors.ProspectErasedError(), 410, "prospect-erased"),
        (errors.TooBusyError(), 503, "unavailable"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", EXPORT), ("DELETE", PROSPECT)])
def test_what_cannot_be_exported_or_erased_says_why(
    call: Call, fake: FakeLifecycle, method: str, path: str, error: Exception, status: int, slug: str
) -> None:
    fake.fails_with = error

    reply = call("manage_privacy", method, path)

    assert (reply.status, reply.body["type"]) == (status, f"urn:prospect-lifecycle:problem:{slug}")


def test_an_id_that_nobody_can_have_is_nobodys(call: Call) -> None:
    assert call("manage_privacy", "DELETE", "/prospects/ann").status == 404
