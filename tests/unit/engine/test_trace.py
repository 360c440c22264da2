"""A trace keeps all that a fold can ask about an activity, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import fold
from lifecycle.engine.plan import Plan
from lifecycle.engine.trace import trace_of
from lifecycle.events import Activity, Event
from lifecycle.funnel.parsing import parse_funnel
from tests.builders import ANN, activity
from tests.random_logs import Case, random_case, random_withdrawals
from tests.unit.engine.test_publication_properties import Kept, calendar_of, outcome

PORTIONS = pytest.mark.parametrize("portion", range(2))
PORTION = 150


def cases(portion: int) -> Iterator[tuple[Case, Random]]:
    """The cases of a portion, every third with withdrawals, each with a chance of its own."""
    for seed in range(portion * PORTION, (portion + 1) * PORTION):
        yield random_withdrawals(seed) if seed % 3 == 0 else random_case(seed), Random(f"condensing of {seed}")


def condensed(log: Sequence[Event], calendar: Calendar, random: Random, share: float) -> list[Event]:
    """A log in which traces stand for some of its activities, whichever."""
    return [
        trace_of(event, calendar.plans) if isinstance(event, Activity) and random.random() < share else event
        for event in log
    ]


# ---- it keeps all that a fold can ask about -------------------------------------------------------------------------


@PORTIONS
@pytest.mark.parametrize("share", [1.0, 0.5], ids=["all condensed", "some condensed"])
def test_a_log_with_traces_folds_as_the_log_itself(portion: int, share: float) -> None:
    changed = 0
    for case, random in cases(portion):
        calendar = calendar_of(case)

        log = condensed(case.log, calendar, random, share)

        changed += any(
            isinstance(one, Activity) and (one.properties, one.traits) != (other.properties, other.traits)  # type: ignore[union-attr]
            for one, other in zip(case.log, log, strict=True)
        )
        whole = fold(case.log, calendar, case.until)
        assert outcome(fold(log, calendar, case.until)) == outcome(whole), f"seed {case.seed}"
        assert fold(log, calendar, case.until).entry_report() == whole.entry_report(), f"seed {case.seed}"
    assert changed > PORTION / 2, "the traces hardly left anything out"


@PORTIONS
def test_a_log_that_is_condensed_behind_its_state_goes_on_as_the_log_itself(portion: int) -> None:
    for case, random in cases(portion):
        calendar, prospect, plain = calendar_of(case), Kept([]), Kept([])

        for event in dict.fromkeys(event.id for event in case.log):
            taken = next(one for one in case.log if one.id == event)
            if not any(one.id == event for one in prospect.log):
                prospect.take(taken, calendar)
                plain.take(taken, calendar)
            if random.random() < 0.3:
                prospect.log = condensed(prospect.log, calendar, random, 0.5)

        assert prospect.state == plain.state, f"seed {case.seed}"


# ---- and nothing else -----------------------------------------------------------------------------------------------


def plan(enter_when: dict[str, Any], **more: Any) -> Plan:
    """A funnel of two stages, the upper of which is entered so."""
    return Plan(parse_funnel({"stages": [{"key": "low"}, {"key": "high", "enter_when": enter_when}], **more}, 1))


VISIT = replace(
    activity("v", 1, "website_visit", ANN, page={"path": "/pricing", "query": "q=1"}, agent="Mozilla", form="demo"),
    traits={"company": {"size": 60}, "country": "DE", "name": "Ann"},
    source="snowplow",
)


def test_what_no_criterion_and_no_report_reads_is_gone() -> None:
    trace = trace_of(VISIT, [plan({"activity": {"type": "website_visit"}})])

    assert (trace.properties, trace.traits, trace.source, trace.condensed) == ({}, {}, "snowplow", True)
    assert (trace.key, trace.type, trace.direction, trace.identities) == (
        VISIT.key, VISIT.type, VISIT.direction, VISIT.identities,
    )  # fmt: skip


def test_of_a_path_only_the_value_at_its_end_is_kept() -> None:
    trace = trace_of(VISIT, [plan({"activity": {"properties": {"page.path": "/pricing"}}})])

    assert trace.properties == {"page": {"path": "/pricing"}}


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_versions_that_read_more_and_less_of_a_value_each_finds_what_it_reads(order: int) -> None:
    plans = [plan({"activity": {"properties": {"page.path": "/"}}}), plan({"activity": {"properties": {"page": "/"}}})]

    assert trace_of(VISIT, plans[::order]).properties == {"page": {"path": "/pricing", "query": "q=1"}}


def test_a_property_is_kept_of_those_types_only_of_which_it_is_read() -> None:
    reads_forms = plan({"activity": {"type": "form_submission", "properties": {"form": "demo"}}})

    assert trace_of(VISIT, [reads_forms]).properties == {}
    assert trace_of(replace(VISIT, type="form_submission"), [reads_forms]).properties == {"form": "demo"}


def test_what_the_score_and_the_checklist_read_is_kept_too() -> None:
    scored = plan(
        {"known": "email"},
        score={"rules": [{"activity": {"properties": {"agent": {"matches": "M"}}}, "points": 1}]},
        qualification=[{"key": "size", "met_when": {"attribute": {"trait": "company.size", "at_least": 50}}}],
    )

    trace = trace_of(VISIT, [scored])

    assert (trace.properties, trace.traits) == ({"agent": "Mozilla"}, {"company": {"size": 60}})


def test_of_what_a_bot_did_nothing_is_kept_but_that_it_happened() -> None:
    trace = trace_of(replace(VISIT, automated=True), [plan({"activity": {"properties": {"form": "demo"}}})])

    assert (trace.properties, trace.traits, trace.automated) == ({}, {}, True)
