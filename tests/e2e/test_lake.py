"""The lake of the deployed stack: what an export holds, what Athena answers, and that it forgets who was erased."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from lifecycle.services.credentials import create_api_key
from lifecycle.services.scopes import SCOPES
from local.deployment import STACK_NAME
from local.stack import LocalStack, StackInfo
from tests.e2e.api import Api, eventually
from tests.erased_person import Json, Life
from tests.lake import Athena, files_of, held_in, of_workspace, questions


class Lakeside(NamedTuple):
    """A workspace in which a life was lived, and its lake."""

    workspace: str
    api: Api
    life: Life
    prospect_id: str
    athena: Athena
    s3: Any
    bucket: str

    def export(self) -> Json:
        """Export, and wait until that is done."""
        started = self.api.ok("POST", "/exports")["export_id"]
        path = f"/exports/{started}"
        done = eventually(lambda: self.api.ok("GET", path), lambda found: found["status"] not in ("queued", "running"))
        assert done["status"] == "done", done
        return done

    def rows(self, sql: str) -> list[tuple[str | None, ...]]:
        """The answer to a question about this workspace."""
        return self.athena.ask(of_workspace(sql, self.workspace))


@pytest.fixture(scope="module")
def lakeside(local_stack: LocalStack, stack_info: StackInfo) -> Iterator[Lakeside]:
    workspace = f"lake-{uuid4().hex[:8]}"
    key = create_api_key(
        local_stack.client("dynamodb"), stack_info.table, workspace, "test", datetime.now(UTC), scopes=SCOPES
    )
    api = Api(stack_info.api_url, key)

    def send(method: str, path: str, body: Any) -> tuple[int, Any]:
        answer = api.request(method, path, json=body)
        return answer.status_code, answer.json()

    life = Life(send)
    prospect_id = life.live()
    (stack,) = local_stack.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    athena = Athena(local_stack.client("athena"), outputs["LakeDatabase"], outputs["LakeWorkGroup"])
    yield Lakeside(
        workspace,
        api,
        life,
        prospect_id,
        athena,
        local_stack.client("s3"),
        outputs["LakeBucketName"],
    )
    api.http.close()


def prospects_of(api: Api) -> list[str]:
    """The ids of all prospects, anonymous ones included."""
    listed = [*api.ok("GET", "/prospects?limit=200")["prospects"]]
    listed += api.ok("GET", "/prospects?stage=anonymous&limit=200")["prospects"]
    return [found["prospect_id"] for found in listed]


def test_athena_counts_what_the_api_tells(lakeside: Lakeside) -> None:
    done = lakeside.export()

    told = {prospect_id: lakeside.api.timeline(prospect_id) for prospect_id in prospects_of(lakeside.api)}
    entries = [(prospect_id, entry) for prospect_id, timeline in told.items() for entry in timeline]
    events = Counter((prospect_id, entry["kind"]) for prospect_id, entry in entries if entry["kind"] != "transition")
    moves = Counter(
        (prospect_id, entry["from"], entry["to"]) for prospect_id, entry in entries if entry["kind"] == "transition"
    )

    counted = lakeside.rows("SELECT prospect_id, kind, count(*) FROM events_acme GROUP BY prospect_id, kind")
    assert {(id_, kind): int(count or 0) for id_, kind, count in counted} == events
    counted = lakeside.rows(
        "SELECT prospect_id, from_stage, to_stage, count(*) FROM transitions_acme "
        "GROUP BY prospect_id, from_stage, to_stage"
    )
    assert {(id_, from_, to): int(count or 0) for id_, from_, to, count in counted} == moves
    assert (done["events"], done["transitions"]) == (events.total(), moves.total())
    assert done["progress"]["percent"] == 100


def test_a_month_is_a_partition(lakeside: Lakeside) -> None:
    lakeside.export()

    months = lakeside.rows(
        "SELECT month, min(occurred_at), max(occurred_at) FROM events_acme WHERE month = '2026-03' GROUP BY month"
    )

    assert [(month, str(first)[:7], str(last)[:7]) for month, first, last in months] == [("2026-03",) * 3]


@pytest.mark.parametrize("question", questions())
def test_the_questions_of_the_document_are_answered(lakeside: Lakeside, question: str) -> None:
    lakeside.export()

    # Of this little life nothing was lost.
    assert lakeside.rows(questions()[question]) or "lost" in question


def test_another_export_takes_the_place_of_the_one_before(lakeside: Lakeside) -> None:
    first, second = lakeside.export(), lakeside.export()

    exports = {key.split("/")[1] for key in files_of(lakeside.s3, lakeside.bucket, f"workspace={lakeside.workspace}/")}
    assert exports == {second["export_id"]}
    ((counted,),) = lakeside.rows("SELECT count(*) FROM events_acme")
    assert int(counted or 0) == second["events"] == first["events"]


def test_who_was_erased_is_gone_with_the_next_export_but_for_the_moves_that_are_nobodys(lakeside: Lakeside) -> None:
    lakeside.export()
    prefix = f"workspace={lakeside.workspace}/"

    def traces() -> list[Json]:
        held = held_in(lakeside.s3, lakeside.bucket, prefix)
        words = (lakeside.life.word, lakeside.prospect_id)
        return [it for it in held if any(word in json.dumps(it, default=str) for word in words)]

    assert traces(), "the search finds nothing even where there is something"
    count = "SELECT count(*) FROM transitions_acme"
    ((before,),) = lakeside.rows(count)

    erased = lakeside.api.ok("DELETE", f"/prospects/{lakeside.prospect_id}")
    assert erased["complete"]
    lakeside.export()

    assert traces() == []
    ((after,),) = lakeside.rows(count)
    assert after == before
    nobodys = lakeside.rows("SELECT prospect_id, reason, criterion FROM transitions_acme WHERE pseudonymous")
    assert nobodys
    assert set(nobodys) == {(None, None, None)}
