"""The page of the settings of reports: what is typed is what the API would take, and what is wrong stands beside it."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.contract.report_models import MAX_GOAL
from lifecycle.pages.report_settings import ReportSettingsPage, time_zones
from lifecycle.store.report_records import ReportSettings
from tests.fakes.reception import Reception
from tests.fakes.reporting import Reporting
from tests.unit.functions.conftest import Call, Reply
from tests.unit.functions.fake_lifecycle import NOON, FakeLifecycle
from tests.unit.functions.test_show_pages import BASE, NAMES, Elements, route_of, visit

PAGE, FORM = route_of("GET", "/pages/reports/settings"), route_of("PUT", "/pages/reports/settings")
#: Fields of the form. The funnel of these tests has the stages contact, in_talks and won.
ZONE, TALKS, WON, FORMER = "time_zone", "goal.in_talks", "goal.won", "goal.in_trial"


def typed(call: Call, **fields: str) -> Reply:
    """The form, as htmx sends it."""
    return visit(call, FORM, form=fields, more_headers={"hx-request": "true"})


def fields_of(page: str) -> dict[str, dict[str, str]]:
    """The fields of the form by their names."""
    return {field["name"]: field for field in Elements(page).tags("input") if field["name"] != "q"}


def settings_of(reporting: Reporting) -> tuple[str, dict[str, int]]:
    settings = reporting.settings.settings()
    return settings.time_zone, dict(settings.goals)


def test_the_page_shows_the_settings_and_a_field_for_each_stage_that_is_counted(
    call: Call, fake: FakeLifecycle, reporting: Reporting
) -> None:
    typed(call, **{ZONE: "Europe/Berlin", TALKS: "50"})
    fields = fields_of(visit(call, PAGE).body)

    assert (fields[ZONE]["value"], fields[TALKS]["value"], fields[WON]["value"]) == ("Europe/Berlin", "50", "")
    assert fields.keys() == {ZONE, "goal.contact", TALKS, WON}


def test_the_anonymous_are_in_no_report_and_so_have_no_goal(reporting: Reporting) -> None:
    shown = ReportSettingsPage(Reception().desk, reporting.settings, NOON).shown()

    keys = [goal.look.key for goal in shown["goals"]]
    assert keys[0] == "suspect"
    assert "disqualified" in keys


@pytest.mark.parametrize(
    ("zone", "notice"),
    [("UTC", "settings_changed"), ("America/New_York", "time_zone_changed")],
)
def test_settings_are_changed_and_told(
    call: Call, fake: FakeLifecycle, reporting: Reporting, zone: str, notice: str
) -> None:
    reply = typed(call, **{ZONE: zone, TALKS: " 50 ", WON: ""})

    assert (reply.status, reply.headers["Location"]) == (303, f"{BASE}/pages/reports/settings?notice={notice}")
    assert settings_of(reporting) == (zone, {"in_talks": 50})


def test_a_goal_that_is_emptied_is_none(call: Call, fake: FakeLifecycle, reporting: Reporting) -> None:
    typed(call, **{ZONE: "UTC", TALKS: "50", WON: "0"})
    typed(call, **{ZONE: "UTC", TALKS: "", WON: "0"})

    assert settings_of(reporting) == ("UTC", {"won": 0})


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({ZONE: "Europe/Atlantis"}, "This is not a time zone; expected: a name of the IANA database"),
        ({ZONE: ""}, "This is not a time zone"),
        ({TALKS: "-5"}, f"This is not such a number; expected: a whole number from 0 to {MAX_GOAL}"),
        ({TALKS: "fifty"}, "This is not such a number"),
        ({TALKS: "1.5"}, "This is not such a number"),
        ({TALKS: "\u0665"}, "This is not such a number"),
        ({TALKS: str(MAX_GOAL + 1)}, "This is not such a number"),
        ({TALKS: "9" * 5_000}, "This has 5000 characters"),
        ({FORMER: "5"}, "This is not a stage of the funnel; expected: one of contact"),
        ({"goal.In trial": "5"}, "expected"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_which_keeps_what_was_typed(
    call: Call, fake: FakeLifecycle, reporting: Reporting, changed: dict[str, str], reason: str
) -> None:
    reply = typed(call, **{ZONE: "Europe/Paris", WON: "8", **changed})

    ((name, text),) = changed.items()
    fields = fields_of(reply.body)
    assert reply.status == 422
    assert {field for field in fields if "aria-invalid" in fields[field]} == {name}
    assert fields[name]["value"] == text
    assert fields[WON]["value"] == "8"
    described = [one for one in Elements(reply.body).tags("span") if one.get("id") == fields[name]["aria-describedby"]]
    assert len(described) == 1
    assert reason in Elements(reply.body).text
    assert settings_of(reporting) == ("UTC", {})


def test_the_refused_form_takes_the_place_of_the_page(call: Call, fake: FakeLifecycle) -> None:
    reply = typed(call, **{ZONE: "Europe/Atlantis", TALKS: "-1"})

    told = {name: reply.headers[name] for name in ("HX-Retarget", "HX-Reselect", "HX-Reswap")}
    assert told == {"HX-Retarget": "#main", "HX-Reselect": "#main", "HX-Reswap": "outerHTML"}
    assert "2 fields are not right" in Elements(reply.body).text


def test_what_no_field_is_for_is_told_above_them(call: Call, fake: FakeLifecycle, reporting: Reporting) -> None:
    page = Elements(typed(call, **{ZONE: "UTC", "colour": "red"}).body)

    assert "/colour is not a field here" in page.text
    assert settings_of(reporting) == ("UTC", {})


def test_a_stage_of_former_days_keeps_its_goal_until_somebody_empties_it(
    call: Call, fake: FakeLifecycle, reporting: Reporting
) -> None:
    reporting.settings.change(ReportSettings("UTC", {"in_trial": 7}), reporting.now)
    page = visit(call, PAGE).body

    assert fields_of(page)[FORMER]["value"] == "7"
    assert "not a stage of the funnel in force" in page
    assert typed(call, **{ZONE: "UTC", FORMER: "9"}).status == 303
    assert settings_of(reporting) == ("UTC", {"in_trial": 9})
    assert typed(call, **{ZONE: "UTC", FORMER: ""}).status == 303
    assert settings_of(reporting) == ("UTC", {})


def test_who_may_not_change_them_sees_them(call: Call, fake: FakeLifecycle, reporting: Reporting) -> None:
    typed(call, **{ZONE: "Asia/Tokyo", TALKS: "50"})
    page = Elements(visit(call, PAGE, scopes=("read",)).body)

    assert not [form for form in page.tags("form") if "hx-put" in form]
    assert "Asia/Tokyo" in page.text
    assert "50 a month" in page.text


@pytest.mark.parametrize("name", NAMES)
def test_what_is_typed_never_becomes_markup(call: Call, fake: FakeLifecycle, name: str) -> None:
    plain = Elements(typed(call, **{ZONE: "-", TALKS: "-", "goal.-": "-"}).body)
    fields: dict[str, Any] = {ZONE: name, TALKS: name, f"goal.{name}": name}
    page = typed(call, **fields).body

    assert fields_of(page)[ZONE]["value"] == name
    assert fields_of(page)[f"goal.{name}"]["value"] == name
    assert {tag for tag, _ in Elements(page).found} == {tag for tag, _ in plain.found}


def test_the_dashboard_leads_to_the_settings(call: Call, fake: FakeLifecycle) -> None:
    dashboard = Elements(visit(call, route_of("GET", "/")).body)

    assert f"{BASE}/pages/reports/settings" in {link["href"] for link in dashboard.tags("a")}


def test_every_time_zone_that_is_offered_is_taken(call: Call, fake: FakeLifecycle, reporting: Reporting) -> None:
    offered = time_zones()

    assert {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"} < set(offered)
    for zone in (*offered[::25], offered[-1]):
        assert typed(call, **{ZONE: zone}).status == 303
        assert settings_of(reporting)[0] == zone
