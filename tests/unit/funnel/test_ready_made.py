"""The gallery: what is in it, that it shows all that a definition can say, and what its funnels do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import Folded, fold
from lifecycle.engine.plan import Plan
from lifecycle.events import Activity, DealFact, Event, Identity
from lifecycle.funnel.form.document import problems_of, schema_text
from lifecycle.funnel.meaning.check import Checked, check
from lifecycle.funnel.parsing import default_definition, parse_funnel
from lifecycle.funnel.ready_made import ready_made, ready_made_names
from tests.builders import COOKIE, activity, at, deal, decision, demo_form, email_sent, hard_bounce, referral, visit

DAY = 24 * 60
NAMES = ready_made_names()
LADDERS = {
    "default": [
        "anonymous",
        "suspect",
        "engaged",
        "marketing_qualified",
        "sales_qualified",
        "opportunity",
        "customer",
        "evangelist",
    ],
    "b2b_ladder": [
        "anonymous",
        "lead",
        "a_lead",
        "qualified_lead",
        "technical_closure",
        "trial",
        "business_negotiation",
        "customer",
    ],
    "demand_waterfall": ["anonymous", "inquiry", "aql", "sal", "sql", "won"],
    "minimal": ["anonymous", "lead", "customer"],
    "product_led": ["anonymous", "lead", "signed_up", "activated", "pql", "paying", "expanded"],
}
BESIDE = {
    "default": ["disqualified", "other"],
    "b2b_ladder": ["nurture", "disqualified"],
    "demand_waterfall": ["nurture", "disqualified"],
    "minimal": [],
    "product_led": ["churned", "disqualified"],
}


# ---- what is in it --------------------------------------------------------------------------------------------------


def test_the_default_funnel_stands_first_then_the_alphabet() -> None:
    assert NAMES == ("default", "b2b_ladder", "demand_waterfall", "minimal", "product_led")


def test_the_default_funnel_is_the_one_that_every_workspace_starts_with() -> None:
    assert ready_made("default") == default_definition()


@pytest.mark.parametrize("name", ["no_such", "", "../schema", "default.json"])
def test_another_name_is_not_found(name: str) -> None:
    with pytest.raises(KeyError):
        ready_made(name)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wrong_with_any(name: str) -> None:
    definition = ready_made(name)

    assert problems_of(definition) == ()
    assert check(definition, parse_funnel(definition, version=1)) == Checked(errors=(), warnings=())


@pytest.mark.parametrize("name", NAMES)
def test_each_has_its_ladder_and_what_stands_beside_it(name: str) -> None:
    funnel = parse_funnel(ready_made(name), version=1)

    assert [stage.key for stage in funnel.stages if not stage.beside] == LADDERS[name]
    assert [stage.key for stage in funnel.stages if stage.beside] == BESIDE[name]


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_place_for_visitors_which_reports_leave_out(name: str) -> None:
    lowest = parse_funnel(ready_made(name), version=1).stages[0]

    assert lowest.enter_when is not None
    assert lowest.enter_when.sentence == "no email is known and no deal is linked"
    assert (lowest.anonymous, lowest.reported) == (True, False)


@pytest.mark.parametrize("name", NAMES)
def test_people_can_tell_the_stages_apart_and_see_who_owns_them(name: str) -> None:
    stages = parse_funnel(ready_made(name), version=1).stages

    assert len({stage.label for stage in stages}) == len(stages)
    assert all(stage.label != stage.key for stage in stages)
    assert all(stage.owner for stage in stages if not stage.anonymous and stage.key != "other")
    if name != "minimal":
        assert all(stage.colour and stage.description for stage in stages)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("default", "minimal")])
def test_each_can_follow_the_default_funnel_for_every_stage_has_an_heir(name: str) -> None:
    stages = parse_funnel(ready_made(name), version=2).stages
    heirs = [key for stage in stages for key in (stage.key, *stage.replaces)]

    for stage in default_definition()["stages"]:
        assert heirs.count(stage["key"]) == 1


@pytest.mark.parametrize("name", [name for name in NAMES if name != "default"])
def test_the_text_tells_an_editor_where_the_schema_is_and_people_what_it_is_about(name: str) -> None:
    lines = files("lifecycle.funnel").joinpath("gallery", f"{name}.yaml").read_text("utf-8").splitlines()

    assert lines[0] == "# yaml-language-server: $schema=../schema.json"
    assert sum(line.lstrip().startswith("#") for line in lines) >= 10


# ---- it shows all that a definition can say -------------------------------------------------------------------------

#: What no ready funnel has a use for, and why.
NOT_SHOWN = {
    ("funnel", "retention"): "what is deleted, and when, nobody should get by choosing a funnel",
    ("retention", "default"): "as above",
    ("retention", "activities"): "as above",
    ("funnel", "$schema"): "for editors of JSON; in YAML a comment says it",
    ("activity_kind", "direction", "outbound"): "points are for interest, and what we do ourselves shows none",
    ("business_time", "weekdays", "saturday"): "these work from Monday to Friday",
    ("business_time", "weekdays", "sunday"): "these work from Monday to Friday",
    ("criterion", "decision", "disqualify"): "it leads straight in: the field decision of a stage says so",
    ("stage", "decision", "accept"): "straight in would be past the criteria: the criterion decision asks for more",
}


def _declared(schema: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Every field of every object of the schema, and every value of those with a closed list."""
    for owner, node in [("funnel", schema), *schema["$defs"].items()]:
        for name, field in node.get("properties", {}).items():
            yield owner, name
            options = field.get("enum", ()) or field.get("items", {}).get("enum", ())
            yield from ((owner, name, option) for option in options)


def _used(schema: Mapping[str, Any], owner: str, node: Mapping[str, Any], value: Any) -> Iterator[tuple[str, ...]]:
    """What of it a document uses."""
    if "$ref" in node:
        owner = node["$ref"].rpartition("/")[2]
        node = schema["$defs"][owner]
        yield from _used(schema, owner, node, value)
    elif isinstance(value, Mapping):
        known = node.get("properties", {})
        for name, part in value.items():
            if name in known:
                yield owner, name
                if isinstance(part, str):
                    yield owner, name, part
                if isinstance(part, list | tuple):
                    yield from ((owner, name, one) for one in part if isinstance(one, str))
                yield from _used(schema, owner, known[name], part)
            else:
                yield from _used(schema, owner, node.get("additionalProperties", {}), part)
    elif isinstance(value, list):
        for part in value:
            yield from _used(schema, owner, node.get("items", {}), part)


def test_every_field_and_every_kind_of_criterion_is_used_somewhere() -> None:
    schema = json.loads(schema_text())
    used = {one for name in NAMES for one in _used(schema, "funnel", schema, ready_made(name))}

    assert set(_declared(schema)) - used == set(NOT_SHOWN)


# ---- what its funnels do --------------------------------------------------------------------------------------------


def told(name: str, *log: Event, days: float | None = None) -> Folded:
    """A log under a ready funnel, as of so many days after it began."""
    until = None if days is None else at(0) + timedelta(days=days)
    return fold(log, Calendar.always(Plan(parse_funnel(ready_made(name), version=1))), until)


def stage_of(name: str, *log: Event, days: float | None = None) -> str:
    return told(name, *log, days=days).machine.at.stage.key


def status_of(name: str, *log: Event, days: float | None = None) -> str | None:
    machine = told(name, *log, days=days).machine
    if days is not None:
        machine.now = at(0) + timedelta(days=days)
    return machine.sub_status()


def path_of(name: str, *log: Event, days: float | None = None) -> list[str]:
    return [move.to_stage for move in told(name, *log, days=days).transitions]


def used(number: int, day: float, feature: str = "report") -> list[Event]:
    return [activity(f"u{day}-{index}", day * DAY + index, "feature_used", feature=feature) for index in range(number)]


def knowing(day: float, *identities: Identity, **traits: Any) -> Activity:
    """A form of no special kind that tells something of a person."""
    form = activity(f"t{day}", day * DAY, "form_submission", *identities, form="newsletter")
    form.traits = traits
    return form


def large_deal(id_: str, minute: float) -> DealFact:
    """An open deal that is large enough for a negotiation, whatever its pipeline."""
    return replace(deal(id_, minute, "open", amount=120_000), currency="EUR")


BANT = {"budget": "confirmed", "authority": "decides alone", "need": "too many sheets", "timeline": "this quarter"}


@pytest.mark.parametrize(
    ("log", "days", "status"),
    [
        ([activity("i", 0, "list_import", direction="internal")], None, "cold"),
        ([email_sent("e", 0)], None, "in_progress"),
        ([email_sent("e", 0)], 29, "in_progress"),
        ([email_sent("e", 0)], 30, "unresponsive"),
        ([activity("i", 0, "list_import", direction="internal")], 30, "cold"),
    ],
)
def test_default_a_suspect_is_cold_until_somebody_writes_and_unresponsive_after_a_month(
    log: list[Event], days: float | None, status: str
) -> None:
    assert stage_of("default", *log, days=days) == "suspect"
    assert status_of("default", *log, days=days) == status


def test_default_no_stage_asks_for_the_checklist() -> None:
    assert stage_of("default", visit("v", 0), decision("yes", 1, "accept")) == "sales_qualified"


def test_minimal_knows_visitors_leads_and_customers() -> None:
    assert stage_of("minimal", visit("v", 0, COOKIE)) == "anonymous"
    assert path_of("minimal", visit("v", 0), deal("o", 1, "open"), deal("w", 2, "won")) == ["lead", "customer"]


# ---- the demand waterfall -------------------------------------------------------------------------------------------


def test_waterfall_a_prospect_falls_from_step_to_step() -> None:
    log: list[Event] = [
        email_sent("e", 0),
        demo_form("d", 1),
        decision("yes", 2, "accept", qualification={"need": "yes", "budget": "yes"}),
        deal("o", 3, "open"),
        deal("w", 4, "won"),
    ]

    assert path_of("demand_waterfall", *log) == ["inquiry", "aql", "sal", "sql", "won"]


@pytest.mark.parametrize("answers", [{}, {"need": "yes"}, {"budget": "yes", "authority": "yes", "timeline": "yes"}])
def test_waterfall_to_accept_takes_two_answers_and_the_need(answers: Mapping[str, str]) -> None:
    assert stage_of("demand_waterfall", demo_form("d", 0), decision("yes", 1, "accept", qualification=answers)) == "aql"


def test_waterfall_old_interest_is_worth_half_after_thirty_days() -> None:
    webinars = [activity(f"w{day}", day * DAY, "webinar_attendance") for day in (0, 1, 2)]
    spread = [activity(f"w{day}", day * DAY, "webinar_attendance") for day in (0, 30, 60)]

    assert stage_of("demand_waterfall", *webinars, demo_form("d", 3 * DAY)) == "aql"
    assert 57 < told("demand_waterfall", *webinars).machine.score_at(at(2 * DAY)) < 60
    assert told("demand_waterfall", *spread).machine.score_at(at(60 * DAY)) == 20 + 10 + 5
    assert stage_of("demand_waterfall", *spread) == "inquiry"


def test_waterfall_a_look_at_the_prices_is_worth_more_and_one_at_the_jobs_nothing() -> None:
    pages = [
        activity(f"p{index}", index, "website_visit", url=url) for index, url in enumerate(("/pricing", "/jobs", "/"))
    ]

    scanned = activity("b", 3, "badge_scan", direction="internal")

    assert round(told("demand_waterfall", *pages).machine.score_at(at(2)), 2) == 6
    assert round(told("demand_waterfall", *pages, scanned).machine.score_at(at(3)), 2) == 21


def test_waterfall_who_is_left_alone_for_thirty_days_is_nurtured_and_comes_back_by_new_interest() -> None:
    log: list[Event] = [demo_form("d", 0), demo_form("d2", 40 * DAY)]

    assert stage_of("demand_waterfall", log[0], days=29) == "aql"
    assert stage_of("demand_waterfall", log[0], days=30) == "nurture"
    assert path_of("demand_waterfall", *log) == ["aql", "nurture", "aql"]
    assert told("demand_waterfall", *log).machine.cycle == 2


def test_waterfall_new_interest_takes_nobody_back_whom_sales_has_ruled_out() -> None:
    log: list[Event] = [demo_form("d", 0), decision("no", 1, "disqualify", reason="student"), demo_form("d2", 2)]

    assert stage_of("demand_waterfall", *log) == "disqualified"


@pytest.mark.parametrize(
    ("reason", "stage"),
    [("supplier", "disqualified"), ("no decision", "sal"), ("no budget", "nurture"), (None, "nurture")],
)
def test_waterfall_a_lost_deal_goes_where_its_reason_says(reason: str | None, stage: str) -> None:
    log: list[Event] = [visit("v", 0), deal("o", 1, "open"), deal("l", 2, "lost", reason=reason)]

    assert stage_of("demand_waterfall", *log) == stage


# ---- product-led ----------------------------------------------------------------------------------------------------


def subscription(what: str, day: float) -> Activity:
    return activity(f"s{day}", day * DAY, f"subscription_{what}")


def test_product_led_from_sign_up_to_a_second_subscription() -> None:
    log: list[Event] = [
        visit("v", 0),
        activity("s", DAY, "signup"),
        *used(1, 2, "first_project"),
        *used(2, 3),
        *used(17, 5),
        activity("i", 6 * DAY, "integration_connected"),
        subscription("started", 7),
        subscription("upgraded", 30),
        subscription("cancelled", 90),
        subscription("started", 200),
    ]

    assert path_of("product_led", *log) == [
        "lead", "signed_up", "activated", "pql", "paying", "expanded", "churned", "paying",
    ]  # fmt: skip
    assert told("product_led", *log).machine.cycle == 2


def test_product_led_use_counts_within_its_time() -> None:
    start = [activity("s", 0, "signup"), *used(1, 0, "first_project")]

    assert stage_of("product_led", *start, *used(2, 6)) == "activated"
    assert stage_of("product_led", *start, *used(1, 6), *used(1, 8)) == "signed_up"


def test_product_led_signals_of_a_private_address_are_no_pql_unless_the_company_is_known() -> None:
    private = Identity("email", "ann@gmail.com")
    signals: list[Event] = [
        activity("i", 0, "integration_connected", private),
        activity("t", 1, "teammate_invited", private),
        activity("t2", 2, "teammate_invited", private),
    ]

    assert stage_of("product_led", *signals) == "lead"
    assert stage_of("product_led", *signals, knowing(1, private, employees=10)) == "pql"


def test_product_led_an_upgrade_without_a_subscription_expands_nobody() -> None:
    assert stage_of("product_led", activity("s", 0, "signup"), subscription("upgraded", 1)) == "signed_up"


def test_product_led_only_who_pays_can_churn() -> None:
    assert stage_of("product_led", activity("s", 0, "signup"), subscription("cancelled", 1)) == "signed_up"


# ---- the B2B ladder -------------------------------------------------------------------------------------------------


def test_b2b_from_a_lead_to_a_key_account() -> None:
    log: list[Event] = [
        knowing(0, employees=400, job_title="Head of Operations"),
        decision("yes", 1 * DAY, "accept", qualification=BANT),
        activity("r", 2 * DAY, "technical_review", result={"verdict": "passed"}),
        activity("t", 3 * DAY, "trial_started"),
        large_deal("o", 4 * DAY),
        deal("w", 5 * DAY, "won"),
    ]

    assert path_of("b2b_ladder", *log) == [
        "a_lead", "qualified_lead", "technical_closure", "trial", "business_negotiation", "customer",
    ]  # fmt: skip
    assert status_of("b2b_ladder", *log) == "key_account"


@pytest.mark.parametrize(
    ("traits", "stage"),
    [
        ({"employees": 50, "industry": "Telecommunications"}, "a_lead"),
        ({"employees": 2001, "industry": "Telecommunications"}, "lead"),
        ({"job_title": "CTO", "account": {"tier": "strategic"}}, "a_lead"),
        ({"job_title": "Director's assistant"}, "lead"),
        ({"industry": "Printing", "employees": 80}, "lead"),
    ],
)
def test_b2b_an_a_lead_has_two_of_four_marks_of_the_ideal_account(traits: Mapping[str, Any], stage: str) -> None:
    assert stage_of("b2b_ladder", knowing(0, **traits)) == stage


def test_b2b_a_private_address_is_no_a_lead() -> None:
    private = Identity("email", "ann@gmail.com")

    assert stage_of("b2b_ladder", knowing(0, private, employees=100, industry="Telecommunications")) == "lead"


@pytest.mark.parametrize(
    ("answers", "traits", "stage"),
    [
        (("budget", "authority", "need"), {}, "qualified_lead"),
        (("budget", "authority", "timeline"), {}, "lead"),
        (("budget", "need"), {}, "lead"),
        (("budget", "need"), {"timeline": "this quarter"}, "qualified_lead"),
        (("need",), {"timeline": "this quarter", "job_title": "CEO"}, "qualified_lead"),
    ],
)
def test_b2b_three_of_four_answers_the_need_among_them(
    answers: tuple[str, ...], traits: Mapping[str, Any], stage: str
) -> None:
    accept = decision("yes", DAY, "accept", qualification={key: BANT[key] for key in answers})

    assert stage_of("b2b_ladder", knowing(0, **traits), accept) == stage


def test_b2b_a_trial_that_is_extended_is_a_trial_again_unless_it_is_a_customers() -> None:
    negotiation: list[Event] = [activity("t", 0, "trial_started"), large_deal("o", DAY)]
    extended = activity("x", 3 * DAY, "trial_extended")

    assert path_of("b2b_ladder", *negotiation, extended) == ["trial", "business_negotiation", "trial"]
    assert stage_of("b2b_ladder", *negotiation, deal("w", 2 * DAY, "won"), extended) == "customer"


@pytest.mark.parametrize("email", ["ann@competitor.example", "ann@sub.competitor.example"])
def test_b2b_a_competitor_is_ruled_out(email: str) -> None:
    assert stage_of("b2b_ladder", visit("v", 0, Identity("email", email))) == "disqualified"


def test_b2b_a_dead_address_is_ruled_out_below_the_negotiation_only() -> None:
    assert stage_of("b2b_ladder", visit("v", 0), hard_bounce("b", 1)) == "disqualified"
    assert stage_of("b2b_ladder", visit("v", 0), deal("w", 1, "won"), hard_bounce("b", 2)) == "customer"


def test_b2b_a_lead_that_nobody_qualifies_is_nurtured_and_stays_so_though_its_company_is_ideal() -> None:
    lead = knowing(0, employees=100, industry="Telecommunications")

    assert stage_of("b2b_ladder", lead, days=59) == "a_lead"
    assert stage_of("b2b_ladder", lead, visit("v", 70 * DAY)) == "nurture"


@pytest.mark.parametrize(
    ("reason", "stage"),
    [("missing feature", "technical_closure"), ("no budget", "qualified_lead"), ("chose a competitor", "nurture")],
)
def test_b2b_a_lost_deal_goes_where_its_reason_says(reason: str, stage: str) -> None:
    log: list[Event] = [visit("v", 0), large_deal("o", 1), deal("l", 2, "lost", reason=reason)]

    assert stage_of("b2b_ladder", *log) == stage


def test_b2b_an_advocate_is_no_more_than_a_lead() -> None:
    assert stage_of("b2b_ladder", referral("r", 0)) == "lead"


@pytest.mark.parametrize(("days", "status"), [(1, "active"), (8, "stalled"), (6, "active")])
def test_b2b_a_trial_is_active_or_stalled(days: float, status: str) -> None:
    log: list[Event] = [activity("t", 0, "trial_started"), *used(3, 0.5)]

    assert status_of("b2b_ladder", *log, days=days) == status
