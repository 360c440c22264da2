"""Rule 11: an event is judged by the version in force at its time; a publication judges everybody anew."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.fold import Advance, advance, catch_up, fold
from lifecycle.engine.plan import Plan
from lifecycle.engine.snapshot import dump, load
from lifecycle.events import Event
from lifecycle.funnel.parsing import parse_funnel
from tests.builders import (
    ANN,
    COOKIE,
    DEFAULT,
    at,
    decision,
    demo_form,
    email_sent,
    hard_bounce,
    referral,
    set_stage,
    visit,
    withdrawal,
)

COLD, KNOWN = {"key": "cold"}, {"known": "email"}


def visits(count: int) -> dict[str, Any]:
    return {"activity": {"type": "website_visit", "count": count}}


def plan(version: int, *stages: dict[str, Any], **more: Any) -> Plan:
    return Plan(parse_funnel({"stages": list(stages), **more}, version))


def calendar_of(first: Plan, *later: tuple[float, Plan]) -> Calendar:
    return Calendar([(None, first), *((at(minute), planned) for minute, planned in later)])


def moves(log: list[Event], calendar: Calendar, until: float) -> list[tuple[str, str, float, str, int]]:
    """The transitions as (from, to, minute, cause, version)."""
    return [
        (
            move.from_stage, move.to_stage, (move.occurred_at - at(0)).total_seconds() / 60,
            move.cause, move.funnel_version,
        )
        for move in fold(log, calendar, at(until)).transitions
    ]  # fmt: skip


STRICT = plan(1, COLD, {"key": "warm", "enter_when": visits(3)})
LENIENT = plan(2, COLD, {"key": "warm", "enter_when": visits(2)})


def test_an_event_is_judged_by_the_version_in_force_at_its_time() -> None:
    log: list[Event] = [visit("v1", 1), visit("v2", 2), visit("v3", 3)]

    assert moves(log, calendar_of(STRICT, (2, LENIENT)), 9) == [("cold", "warm", 2, "rule", 2)]
    assert moves(log, calendar_of(STRICT, (2.5, LENIENT)), 9) == [("cold", "warm", 2.5, "funnel_published", 2)]
    assert moves(log, calendar_of(STRICT, (5, LENIENT)), 9) == [("cold", "warm", 3, "rule", 1)]


def test_a_publication_counts_at_its_moment_and_not_before() -> None:
    log: list[Event] = [visit("v1", 1), visit("v2", 2)]
    calendar = calendar_of(STRICT, (5, LENIENT))

    assert moves(log, calendar, 4.9) == []
    assert moves(log, calendar, 5) == [("cold", "warm", 5, "funnel_published", 2)]
    (moved,) = fold(log, calendar, at(5)).transitions
    assert (moved.because, moved.evidence) == ("2 website_visit", ("v1", "v2"))


def test_nobody_moves_back_by_a_publication() -> None:
    log: list[Event] = [visit("v1", 1), visit("v2", 2)]

    assert moves(log, calendar_of(LENIENT, (5, plan(3, *_stages(STRICT)))), 9) == [("cold", "warm", 2, "rule", 2)]


def _stages(of: Plan) -> list[dict[str, Any]]:
    return [COLD, {"key": "warm", "enter_when": visits(3 if of is STRICT else 2)}]


def test_a_version_may_say_that_who_does_not_meet_it_goes_back() -> None:
    strict = plan(3, *_stages(STRICT), on_publication="by_criteria")
    log: list[Event] = [visit("v1", 1), visit("v2", 2)]

    folded = fold(log, calendar_of(LENIENT, (5, strict)), at(9))

    assert folded.machine.at.stage.key == "cold"
    assert folded.machine.cycle == 2
    assert folded.transitions[-1].because == "what warm asks for does not hold any more"
    # It draws no line: the two visits count on, and the third is enough.
    assert fold([*log, visit("v3", 6)], calendar_of(LENIENT, (5, strict))).machine.at.stage.key == "warm"


def test_who_was_put_where_they_are_by_a_person_is_not_taken_back() -> None:
    strict = plan(3, *_stages(STRICT), on_publication="by_criteria")
    log: list[Event] = [visit("v1", 1), set_stage("up", 2, "warm", "met at the fair")]

    assert fold(log, calendar_of(LENIENT, (5, strict)), at(9)).machine.at.stage.key == "warm"


def test_somebody_first_seen_after_a_publication_knows_only_the_new_version() -> None:
    assert moves([visit("v1", 6), visit("v2", 7)], calendar_of(STRICT, (5, LENIENT)), 9) == [
        ("cold", "warm", 7, "rule", 2)
    ]


# ---- stages that come and go ---------------------------------------------------------------------------------------

THREE = plan(1, COLD, {"key": "warm", "enter_when": visits(1)}, {"key": "hot", "enter_when": visits(2)})


def test_a_stage_of_another_label_is_the_same_stage() -> None:
    renamed = plan(2, COLD, {"key": "warm", "label": "Interested", "enter_when": visits(1)})

    assert moves([visit("v", 1)], calendar_of(THREE, (5, renamed)), 9) == [("cold", "warm", 1, "rule", 1)]


def test_the_prospects_of_a_stage_that_is_replaced_go_where_the_version_says() -> None:
    client = plan(
        2, COLD, {"key": "warm", "enter_when": visits(9)}, {"key": "client", "enter_when": visits(9), "replaces": "hot"}
    )

    assert moves([visit("v1", 1), visit("v2", 2)], calendar_of(THREE, (5, client)), 9)[-1] == (
        "hot", "client", 5, "funnel_published", 2,
    )  # fmt: skip


def test_whoever_only_goes_along_with_a_replaced_stage_sets_off_no_actions() -> None:
    more = {"actions": ["greet"], "enter_when": visits(2)}
    client = plan(
        2, COLD, {"key": "lukewarm", "replaces": "warm", **more}, {"key": "client", "replaces": "hot", **more}
    )

    one, two = (fold(log, calendar_of(THREE, (5, client)), at(9)).transitions[-1] for log in _one_and_two_visits())

    assert (one.to_stage, one.actions) == ("lukewarm", ())
    assert (two.to_stage, two.actions) == ("client", ())


def _one_and_two_visits() -> tuple[list[Event], list[Event]]:
    return [visit("v1", 1)], [visit("v1", 1), visit("v2", 2)]


def test_a_rollback_takes_them_back_to_the_stage_that_had_been_replaced() -> None:
    client = plan(2, COLD, {"key": "client", "enter_when": visits(2), "replaces": ["hot", "warm"]})
    back = plan(3, COLD, {"key": "warm", "enter_when": visits(1)}, {"key": "hot", "enter_when": visits(2)})
    log: list[Event] = [visit("v1", 1), visit("v2", 2)]

    assert [move[:2] for move in moves(log, calendar_of(THREE, (5, client), (6, back)), 9)][-2:] == [
        ("hot", "client"), ("client", "hot"),
    ]  # fmt: skip


def test_the_prospects_of_a_stage_that_is_gone_go_to_the_nearest_lower_one() -> None:
    without = plan(2, COLD, {"key": "warm", "enter_when": visits(1)})

    assert moves([visit("v1", 1), visit("v2", 2)], calendar_of(THREE, (5, without)), 9)[-1] == (
        "hot", "warm", 5, "funnel_published", 2,
    )  # fmt: skip


def test_from_beside_the_ladder_where_the_stage_is_gone_everybody_starts_again() -> None:
    beside = {"key": "out", "beside": True, "enter_when": {"activity": {"type": "email_bounce"}}}
    first = plan(1, COLD, {"key": "warm", "enter_when": visits(1)}, beside)
    second = plan(2, COLD, {"key": "warm", "enter_when": visits(1)})
    log: list[Event] = [visit("v", 1), hard_bounce("b", 2)]

    # The line stands: the visit from before the exit earns nothing again.
    assert moves(log, calendar_of(first, (5, second)), 9)[-1] == ("out", "cold", 5, "funnel_published", 2)


# ---- publications are part of the log's order ----------------------------------------------------------------------

LATE: list[Event] = [
    visit("v1", 1), visit("v2", 3, COOKIE), email_sent("e", 4, ANN, COOKIE), visit("v3", 6), decision("a", 7, "accept"),
]  # fmt: skip
CHANGING = calendar_of(
    DEFAULT.latest,
    (2, plan(2, COLD, {"key": "warm", "enter_when": visits(2)}, {"key": "sales_qualified", "enter_when": KNOWN})),
    (5, plan(3, COLD, {"key": "won", "enter_when": {"decision": "accept"}, "replaces": "sales_qualified"})),
)


def test_any_order_of_arrival_comes_to_the_same_across_publications() -> None:
    outcomes = {
        (dump_of(log), tuple(moves(list(log), CHANGING, 9))) for log in permutations([*LATE, LATE[0]], len(LATE) + 1)
    }

    assert len(outcomes) == 1


def dump_of(log: tuple[Event, ...]) -> str:
    return repr(dump(fold(log, CHANGING, at(9)).machine))


@pytest.mark.parametrize("minute", [0, 2, 4, 5, 6.5, 8])
def test_a_state_in_store_meets_a_publication_only_with_its_log(minute: float) -> None:
    past = [event for event in LATE if event.occurred_at <= at(minute)]
    kept = fold(past or LATE[:1], CHANGING, at(minute)).machine
    published = any(minute < moment <= 8 for moment in (2, 5))

    assert (advance(kept, visit("next", 8.5), CHANGING) is Advance.NEEDS_LOG) is published


def test_a_late_event_from_before_a_publication_needs_the_log() -> None:
    kept = fold([visit("v1", 1)], CHANGING, at(9)).machine

    assert advance(kept, visit("late", 4), CHANGING) is Advance.NEEDS_LOG


def test_time_passes_over_a_publication_only_with_the_log() -> None:
    kept = fold([visit("v1", 1)], CHANGING, at(1.5)).machine

    assert catch_up(kept, at(1.9), CHANGING) is Advance.STILL
    assert catch_up(kept, at(2), CHANGING) is Advance.NEEDS_LOG


def test_a_snapshot_keeps_the_version_that_it_was_folded_under() -> None:
    kept = dump(fold([visit("v1", 1)], CHANGING, at(3)).machine)

    loaded = load(kept, CHANGING)
    assert loaded is not None
    assert loaded.plan.funnel.version == 2
    assert load(kept, DEFAULT) is None


def test_a_withdrawal_after_a_publication_corrects_the_move_that_the_publication_made() -> None:
    log: list[Event] = [visit("v1", 1), visit("v2", 2), withdrawal("w", 7, "v2")]

    folded = fold(log, calendar_of(STRICT, (5, LENIENT)), at(9))

    assert folded.machine.at.stage.key == "cold"
    assert [(move.cause, move.corrected_by) for move in folded.transitions] == [
        ("funnel_published", "w"), ("correction", None),
    ]  # fmt: skip


def test_a_withdrawal_dated_before_everything_is_judged_by_the_version_of_its_time() -> None:
    log: list[Event] = [withdrawal("w", 0, "v1"), visit("v1", 1), visit("v2", 2), visit("v3", 3)]

    folded = fold(log, calendar_of(STRICT, (5, LENIENT)), at(9))

    assert [(move.cause, move.funnel_version) for move in folded.transitions] == [("funnel_published", 2)]


def test_the_line_stands_across_publications() -> None:
    log: list[Event] = [demo_form("d", 1), set_stage("back", 2, "engaged", "a student")]
    same = plan(2, *_default_stages())

    assert fold(log, calendar_of(DEFAULT.latest, (5, same)), at(9)).machine.at.stage.key == "engaged"


def _default_stages() -> list[dict[str, Any]]:
    from tests.builders import default_definition

    return list(default_definition()["stages"])


def test_the_explanation_of_a_stage_is_of_the_version_that_led_there() -> None:
    folded = fold([referral("r", 1)], calendar_of(DEFAULT.latest, (5, plan(2, *_default_stages()))), at(9))

    report = folded.entry_report()

    assert report is not None
    assert report.met
    assert "r" in report.evidence
