"""Reports of the deployed stack: right from the first answer on, and after whatever corrects the past."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from lifecycle.services.credentials import create_api_key
from lifecycle.services.scopes import SCOPES
from lifecycle.store.dynamo import DynamoStore
from local.stack import LocalStack, StackInfo
from tests.builders import DEFAULT
from tests.counted_by_hand import Hand, behind, count, differences, unlisted, unreconciled
from tests.e2e.api import Api, eventually

#: When the story begins; all of it is past.
BEGIN = datetime.now(UTC).replace(hour=20, minute=30, second=0, microsecond=0) - timedelta(days=40)
PEOPLE = 6


class Office:
    """The reports of a workspace in which nothing else happens."""

    def __init__(self, api: Api, store: DynamoStore) -> None:
        self.api = api
        self._store = store
        self.zone = "UTC"
        self.days = {"from": (BEGIN.date() - timedelta(days=2)).isoformat(), "to": datetime.now(UTC).date().isoformat()}

    def ask(self, path: str, **parameters: Any) -> Any:
        """A report, or who is behind a number."""
        return self.api.ok("GET", path, params=parameters)

    def funnel(self, **parameters: Any) -> Any:
        """The funnel, from before the story until today."""
        return self.ask("/reports/funnel", **self.days, **parameters)

    def by_hand(self) -> Hand:
        """The same, counted from all logs."""
        return count(self._store, DEFAULT, ZoneInfo(self.zone), datetime.now(UTC))

    def assert_right(self) -> Any:
        """Hold the report against all logs, and its numbers against the lists behind them; the report."""
        report = eventually(self.funnel, lambda found: bool(found["complete"]), 120)
        assert differences(report, self.by_hand()) == []
        assert unreconciled(report) == []
        assert unlisted(report, self.ask, **self.days) == []
        flows = {(flow["from"], flow["to"]): flow["count"] for flow in self.ask("/reports/flows", **self.days)["flows"]}
        assert {flow: number for flow, number in flows.items() if number} == dict(self.by_hand().flows)
        return report

    def visit(self, name: str, day: float, type_: str = "website_visit", **more: Any) -> str:
        """An activity of somebody; the prospect's id."""
        occurred_at = BEGIN + timedelta(days=day)
        body = {
            "id": f"{name}-{type_}-{day}",
            "type": type_,
            "occurred_at": occurred_at.isoformat(),
            "identities": {"email": f"{name}@reported.example"},
            **more,
        }
        return str(self.api.activity(**body)["prospect_id"])


@pytest.fixture
def office(local_stack: LocalStack, stack_info: StackInfo) -> Iterator[Office]:
    dynamodb = local_stack.client("dynamodb")
    workspace = f"reporting-{uuid4().hex[:8]}"
    key = create_api_key(dynamodb, stack_info.table, workspace, "test", datetime.now(UTC), scopes=SCOPES)
    api = Api(stack_info.api_url, key)
    yield Office(api, DynamoStore(dynamodb, stack_info.table, workspace))
    api.http.close()


def figures(report: Any, stage: str) -> Any:
    """The figures of a stage over the whole time."""
    return next(of for of in report["stages"] if of["stage"] == stage)


def test_reports_agree_with_all_logs_whatever_corrects_the_past(office: Office) -> None:
    ids = []
    for number in range(PEOPLE):
        name = f"person-{number}"
        source = {"utm_source": "google" if number % 2 else "fair"}
        office.visit(name, number * 3, "email_sent", properties=source)
        office.visit(name, number * 3 + 1.2)
        ids.append(office.visit(name, number * 3 + 2, "form_submission", properties={"form": "demo"}))
    deal = {"status": "won", "occurred_at": (BEGIN + timedelta(days=9)).isoformat()}
    office.api.deal("D-1", **deal, contacts=[{"email": "person-0@reported.example"}])
    office.api.decide(
        ids[1], action="disqualify", reason="a competitor", occurred_at=(BEGIN + timedelta(days=8)).isoformat()
    )
    report = office.assert_right()
    assert figures(report, "marketing_qualified")["entered"] == PEOPLE

    # A late event: she had visited before, in the night before the mail.
    office.visit("person-2", 5.9)
    office.assert_right()

    # A withdrawal: the form was a machine's.
    office.api.decide(ids[3], action="withdraw", event_id="person-3-form_submission-11", reason="a scanner")
    report = office.assert_right()
    assert figures(report, "marketing_qualified")["corrected"] == 1
    assert figures(report, "marketing_qualified")["entered"] == PEOPLE - 1

    # A merge: two are one.
    office.api.decide(ids[4], action="merge", prospect_id=ids[5])
    report = office.assert_right()
    assert sum(of["stock"] for of in report["stages"]) == PEOPLE - 1

    # A re-entry: back, and in again.
    back = (BEGIN + timedelta(days=30)).isoformat()
    office.api.decide(ids[2], action="set_stage", stage="suspect", reason="call next year", occurred_at=back)
    office.visit("person-2", 31, "form_submission", properties={"form": "demo"})
    report = office.assert_right()
    assert figures(report, "marketing_qualified")["entered_again"] == 1

    # Slices add up, each by itself and all together.
    broken_down = office.funnel(break_down="source")
    assert {value["value"] for value in broken_down["break_down"]} >= {"fair", "google"}
    for stage in {of["stage"] for of in report["stages"]}:
        parts = [of for value in broken_down["break_down"] for of in value["stages"] if of["stage"] == stage]
        for counted in ("stock", "entered", "left"):
            assert sum(of[counted] for of in parts) == figures(report, stage)[counted]

    # Erased: the numbers stay, and who it was does not.
    before = office.funnel()["stages"]
    assert office.api.request("DELETE", f"/prospects/{ids[0]}").is_success
    assert office.funnel()["stages"] == before
    assert unlisted(office.funnel(), office.ask, **office.days) == []
    (won,) = behind(office.ask, number="stock", stage="customer")["prospects"]
    assert (won["erased"], won["prospect_id"], won["email"]) == (True, None, None)


def test_other_midnights_part_the_days_anew(office: Office) -> None:
    for number in range(3):
        office.visit(f"zoned-{number}", number)
    assert office.assert_right()["time_zone"] == "UTC"

    office.zone = "Asia/Kolkata"
    goals = {"engaged": {"entered_per_month": 31}}
    office.api.ok("PUT", "/reports/settings", json={"time_zone": office.zone, "goals": goals})
    eventually(office.funnel, lambda report: bool(report["complete"]))

    report = office.assert_right()
    assert report["time_zone"] == office.zone
    # Half past eight in the evening, UTC, is the next day in India.
    days = {period["start"] for period in report["periods"] for of in period["stages"] if of["entered"]}
    assert min(days) == (BEGIN.date() + timedelta(days=1)).isoformat()
    assert figures(report, "engaged")["goal"] > 0


def test_every_report_comes_in_every_form(office: Office) -> None:
    hostile = "=cmd|' /C calc'!A0"
    office.visit("formed", 1, properties={"utm_source": hostile})
    office.api.deal(
        "D-2",
        status="lost",
        occurred_at=(BEGIN + timedelta(days=2)).isoformat(),
        lost_reason=hostile,
        amount=100,
        currency="EUR",
        contacts=[{"email": "formed@reported.example"}],
    )
    for name in ("funnel", "flows", "conversion", "velocity", "viscosity", "lost-reasons"):
        path = f"/reports/{name}"
        days = {} if name == "viscosity" else office.days
        assert office.ask(path, **days)["report"] == name
        as_csv = office.api.request("GET", path, params={**days, "format": "csv"})
        assert as_csv.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert len(as_csv.text.splitlines()) > 1
        assert "\n=cmd" not in as_csv.text
        assert ",=cmd" not in as_csv.text
        accepted = {"Accept": "application/vnd.apache.parquet"}
        as_parquet = office.api.request("GET", path, params=days, headers=accepted)
        assert as_parquet.headers["Content-Type"] == "application/vnd.apache.parquet"
        assert as_parquet.content[:4] == as_parquet.content[-4:] == b"PAR1"

    (deals,) = office.ask("/reports/lost-reasons", **office.days)["deals"]
    assert deals == {"reason": hostile, "count": 1, "amounts": [{"currency": "EUR", "amount": 100}]}
    (lost,) = behind(office.ask, number="lost", reason=hostile, **office.days)["deals"]
    assert lost["deal_id"] == "D-2"


def test_a_day_that_was_marked_becomes_clean_by_itself(office: Office, local_stack: LocalStack) -> None:
    """A minute after the last change it is due; the next minute's look has it aggregated once and for all."""
    office.visit("marked", 1)

    def marks() -> list[date]:
        return [record.day for record in _records(office, local_stack) if record.marked_at is not None]

    assert marks() == [BEGIN.date() + timedelta(days=1)]
    assert eventually(marks, lambda left: not left, seconds=240) == []
    assert office.assert_right()["complete"]


def _records(office: Office, local_stack: LocalStack) -> Any:
    from lifecycle.store.reports import ReportStore

    table = local_stack.info().table
    return ReportStore(local_stack.client("dynamodb"), table, office._store.workspace).days()
