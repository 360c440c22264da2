"""The functions of reports over HTTP: which parameters they take, and as what they answer."""

from __future__ import annotations

from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest

from functions.read_reports import app
from lifecycle.contract.report_parameters import read_format
from lifecycle.contract.report_routes import PARQUET
from tests.builders import visit
from tests.fakes.reporting import Reporting
from tests.unit.functions.conftest import Call, FakeContext, request
from tests.unit.functions.fake_lifecycle import NOON, FakeLifecycle

REPORTS = ("funnel", "flows", "conversion", "velocity", "lost-reasons")
COUNTED = {"number": "entered", "stage": "engaged"}


def query(**parameters: str) -> dict[str, list[str]]:
    return {name.rstrip("_"): [value] for name, value in parameters.items()}


def test_a_report_is_of_the_last_thirty_days_unless_it_says_which(call: Call) -> None:
    body = call("read_reports", "GET", "/reports/funnel").body

    assert (body["from"], body["to"]) == ((NOON.date() - timedelta(days=29)).isoformat(), NOON.date().isoformat())
    assert (body["by"], body["slice"], body["complete"], len(body["periods"])) == ("day", None, True, 30)


def test_a_report_says_what_it_is_of(call: Call) -> None:
    asked = query(from_="2026-05-01", to="2026-05-31T22:00:00Z", by="month", source="google", compare="previous")
    body = call("read_reports", "GET", "/reports/funnel", query=asked).body

    assert (body["from"], body["to"], body["by"]) == ("2026-05-01", "2026-05-31", "month")
    assert body["slice"] == {"dimension": "source", "value": "google"}
    assert (body["previous"]["from"], body["previous"]["to"]) == ("2026-04-01", "2026-04-30")
    assert "stock" in body["definitions"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"from": "May"}, "?from"),
        ({"to": "2026-02-30"}, "?to"),
        ({"to": "3000-01-01"}, "?to"),
        ({"from": "1969-12-31"}, "?from"),
        ({"by": "year"}, "?by"),
        ({"source": "a", "owner": "b"}, "?owner"),
        ({"source": "a", "break_down": "owner"}, "?break_down"),
        ({"break_down": "colour"}, "?break_down"),
        ({"compare": "next"}, "?compare"),
        ({"version": "0"}, "?version"),
        ({"cycle": "x"}, "?cycle"),
        ({"format": "xlsx"}, "?format"),
        ({"basis": "cohort"}, "?basis"),
        ({"colour": "red"}, "?colour"),
    ],
)
def test_what_is_wrong_is_named(call: Call, wanted: dict[str, str], field: str) -> None:
    reply = call("read_reports", "GET", "/reports/funnel", query=query(**wanted))

    assert (reply.status, reply.fields) == (422, [field])


def test_a_time_for_conversion_goes_with_cohorts_alone(call: Call) -> None:
    for wanted, status in (
        ({"within": "30"}, 422),
        ({"within": "ever"}, 200),
        ({"basis": "cohort", "within": "31"}, 422),
    ):
        assert call("read_reports", "GET", "/reports/conversion", query=query(**wanted)).status == status
    body = call("read_reports", "GET", "/reports/conversion", query=query(basis="cohort", within="30")).body
    assert (body["basis"], body["within"]) == ("cohort", 30)


@pytest.mark.parametrize("wanted", [{"from": "2026-05-02", "to": "2026-05-01"}, {"from": "1990-01-01"}])
def test_days_that_make_no_report_are_refused(call: Call, wanted: dict[str, str]) -> None:
    assert call("read_reports", "GET", "/reports/funnel", query=query(**wanted)).status == 422


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        ({}, ["?number"]),
        ({"number": "entered"}, ["?stage"]),
        ({"number": "flow", "stage": "engaged"}, ["?from_stage"]),
        ({"number": "exits", "stage": "disqualified"}, ["?reason"]),
        ({**COUNTED, "reason": "x"}, ["?reason"]),
        ({**COUNTED, "number": "beyond_limit", "from": "2026-05-01"}, ["?from"]),
        ({"number": "lost", "stage": "engaged", "source": "x"}, ["?stage", "?source"]),
        ({**COUNTED, "from_stage": "suspect"}, ["?from_stage"]),
    ],
)
def test_a_list_wants_what_its_number_is_counted_by(call: Call, wanted: dict[str, str], fields: list[str]) -> None:
    reply = call("read_reports", "GET", "/reports/prospects", query=query(**wanted))

    assert (reply.status, reply.fields) == (422, fields)


def test_a_list_goes_on_where_its_page_ended_and_with_no_other_filters(call: Call, reporting: Reporting) -> None:
    recorded = visit("v", 150 * 24 * 60)
    reporting.lifecycle.record_activity(recorded)
    first = call("read_reports", "GET", "/reports/prospects", query=query(**COUNTED, limit="1")).body
    assert [one["email"] for one in first["prospects"]] == ["ann@example.com"]
    cursor = first["next_cursor"]

    rest = call("read_reports", "GET", "/reports/prospects", query=query(**COUNTED, limit="1", cursor=cursor)).body
    assert (rest["prospects"], rest["next_cursor"]) == ([], None)
    other = query(**{**COUNTED, "stage": "suspect"}, limit="1", cursor=cursor)
    assert call("read_reports", "GET", "/reports/prospects", query=other).status == 400


@pytest.mark.parametrize("name", [*REPORTS, "viscosity"])
def test_a_report_as_csv_is_a_file(call: Call, name: str) -> None:
    reply = call("read_reports", "GET", f"/reports/{name}", query=query(format="csv"))

    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert reply.headers["Content-Disposition"].startswith(f'attachment; filename="{name}-')
    assert reply.headers["Report-Complete"] == "true"
    assert reply.body.splitlines()


def test_a_report_as_parquet_is_bytes(fake: FakeLifecycle, context: FakeContext) -> None:
    event = request("GET", "/reports/funnel", query=query(format="parquet"))

    response = app.handler(event, context)  # type: ignore[arg-type]

    assert response["isBase64Encoded"] is True
    assert b64decode(response["body"])[:4] == b"PAR1"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "json"),
        ("*/*", "json"),
        ("text/html,application/xhtml+xml", "json"),
        ("text/csv", "csv"),
        (f"text/csv;q=0.5, {PARQUET}", "parquet"),
        ("application/json;q=0.1, text/csv;q=0", "json"),
        ("text/csv;q=much", "json"),
    ],
)
def test_the_header_accept_says_as_what(accept: str | None, form: str) -> None:
    headers: dict[str, Any] = {} if accept is None else {"accept": accept}

    assert read_format({"headers": headers}, {}) == form
    assert read_format({"headers": headers}, {"format": "csv"}) == "csv"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"time_zone": "Mars/Olympus"}, ["/time_zone"]),
        ({"time_zone": "../../etc/passwd"}, ["/time_zone"]),
        ({"goals": {"engaged": {"entered_per_month": -1}}}, ["/goals/engaged/entered_per_month"]),
        ({"goals": {"engaged": {"entered_per_month": 1.5}}}, ["/goals/engaged/entered_per_month"]),
        ({"goals": {"engaged": {}}}, ["/goals/engaged/entered_per_month"]),
        ({"colour": "red"}, ["/colour"]),
    ],
)
def test_settings_that_cannot_be_are_refused(call: Call, body: Any, fields: list[str]) -> None:
    reply = call("manage_reports", "PUT", "/reports/settings", body=body)

    assert (reply.status, reply.fields) == (422, fields)


def test_settings_are_shown_as_they_were_set(call: Call) -> None:
    wanted = {"time_zone": "Europe/Berlin", "goals": {"engaged": {"entered_per_month": 30}}}

    assert call("manage_reports", "PUT", "/reports/settings", body=wanted).body == wanted
    assert call("manage_reports", "GET", "/reports/settings").body == wanted
    assert call("read_reports", "GET", "/reports/funnel").body["time_zone"] == "Europe/Berlin"
    assert call("manage_reports", "PUT", "/reports/settings", body={}).body == {"time_zone": "UTC", "goals": {}}
