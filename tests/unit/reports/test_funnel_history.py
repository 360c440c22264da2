"""The history of a funnel: numbers held against a recomputation that looks at every pair of stays."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lifecycle.funnel.definition import Funnel
from lifecycle.funnel.parsing import parse_funnel
from lifecycle.reports.durations import ACCURACY
from lifecycle.reports.funnel_history import Conversion, HistoryTally, Passage
from tests.builders import T0, at

AS_OF = at(10_000)


def funnel_of(*stages: dict[str, Any]) -> Funnel:
    return parse_funnel({"stages": list(stages)}, version=1)


FUNNEL = funnel_of(
    {"key": "visitor", "anonymous": True},
    {"key": "lead"},
    {"key": "hidden", "reported": False},
    {"key": "hot"},
    {"key": "won"},
    {"key": "lost", "beside": True},
)
LADDER = ("lead", "hot", "won")
REPORTED = (*LADDER, "lost")


def stays(*stays: tuple[str, float]) -> list[Passage]:
    """Stays one after the other: (stage, from which minute); the last goes on."""
    starts = [at(minute) for _, minute in stays]
    ends: list[datetime | None] = [*starts[1:], None]
    return [(stage, start, end) for (stage, _), start, end in zip(stays, starts, ends, strict=True)]


@st.composite
def ways(draw: st.DrawFn) -> list[Passage]:
    stages = draw(st.lists(st.sampled_from([stage.key for stage in FUNNEL.stages]), min_size=1, max_size=6))
    minutes = sorted(draw(st.lists(st.integers(0, 9_000), min_size=len(stages), max_size=len(stages))))
    return stays(*zip(stages, minutes, strict=True))


people = st.lists(ways(), max_size=8)


def tally(ways: Iterable[Sequence[Passage]]) -> HistoryTally:
    made = HistoryTally(FUNNEL)
    for way in ways:
        made.take(way, AS_OF)
    return made


def test_one_way_is_told() -> None:
    report = tally([stays(("visitor", 0), ("lead", 60), ("hot", 120), ("won", 300))]).report()
    lead, hot, won, lost = report.stages

    assert [stage.stage for stage in report.stages] == list(REPORTED)
    assert (lead.entered, lead.now, lead.went_on) == (1, 0, 1)
    assert (won.entered, won.now, won.went_on) == (1, 1, 0)
    assert (lost.entered, lost.time) == (0, None)
    assert hot.time is not None
    assert abs(hot.time.median - timedelta(hours=3)) <= ACCURACY * timedelta(hours=3)
    assert report.conversions == (
        Conversion("lead", "hot", 1, 1),
        Conversion("lead", "won", 1, 1),
        Conversion("hot", "won", 1, 1),
    )


def test_a_skipped_stage_counts_as_reached_and_not_as_entered() -> None:
    report = tally([stays(("lead", 0), ("won", 60))]).report()

    assert report.conversions[0] == Conversion("lead", "hot", 1, 1)
    assert report.stages[1].entered == 0


def test_a_stay_beside_the_ladder_goes_on_where_it_comes_back() -> None:
    report = tally([stays(("lead", 0), ("lost", 60), ("lead", 90)), stays(("lead", 0), ("lost", 60))]).report()
    lost = report.stages[3]

    assert (lost.entered, lost.now, lost.went_on) == (2, 1, 1)


def test_a_stay_that_goes_on_is_counted_up_to_the_moment_of_the_report() -> None:
    made = HistoryTally(FUNNEL)
    made.take([("lead", T0, None)], T0 + timedelta(days=10))
    (lead, *_) = made.report().stages

    assert lead.time is not None
    assert abs(lead.time.median - timedelta(days=10)) <= ACCURACY * timedelta(days=10)


def test_a_rate_of_nobody_is_none() -> None:
    assert [conversion.rate for conversion in tally([]).report().conversions] == [None, None, None]
    assert Conversion("lead", "won", 8, 2).rate == 0.25


def test_a_funnel_that_reports_nothing_has_an_empty_history() -> None:
    made = HistoryTally(funnel_of({"key": "visitor", "anonymous": True}))
    made.take([("visitor", T0, None)], AS_OF)
    report = made.report()

    assert (report.stages, report.conversions, made.dump()) == ((), (), {})


@given(people)
def test_the_numbers_agree_with_a_recomputation_by_brute_force(ways: list[list[Passage]]) -> None:
    report = tally(ways).report()

    for stage in report.stages:
        inside = [way for way in ways if any(passage[0] == stage.stage for passage in way)]
        assert stage.entered == len(inside)
        assert stage.now == sum(way[-1][0] == stage.stage for way in ways)
        above = LADDER if stage.beside else LADDER[LADDER.index(stage.stage) + 1 :]
        assert stage.went_on == sum(reaches(way, stage.stage, above) for way in inside)
        lengths = sorted((end or AS_OF) - start for way in ways for key, start, end in way if key == stage.stage)
        assert (stage.time is None) == (not lengths)
        if stage.time:
            true = lengths[(len(lengths) - 1) // 2]
            assert abs(stage.time.median - true) <= ACCURACY * true + timedelta(seconds=1)
    for conversion in report.conversions:
        targets = LADDER[LADDER.index(conversion.to_stage) :]
        assert conversion.reached == sum(reaches(way, conversion.from_stage, targets) for way in ways)
        assert conversion.entered == sum(any(stay[0] == conversion.from_stage for stay in way) for way in ways)


def reaches(way: Sequence[Passage], stage: str, targets: Sequence[str]) -> bool:
    """Whether some stay in one of the targets comes after some stay in the stage."""
    return any(
        way[one][0] == stage and way[two][0] in targets for one in range(len(way)) for two in range(one + 1, len(way))
    )


@given(people, people, people)
def test_parts_add_up_to_the_whole_in_any_order(
    one: list[list[Passage]], two: list[list[Passage]], three: list[list[Passage]]
) -> None:
    whole = tally([*one, *two, *three]).dump()
    a, b, c = tally(one).dump(), tally(two).dump(), tally(three).dump()

    assert merged(a, b, c) == merged(c, b, a) == merged(merged(a, b), c) == merged(a, merged(b, c)) == whole


def merged(*parts: dict[str, Any]) -> dict[str, Any]:
    made = HistoryTally(FUNNEL)
    for part in parts:
        made.merge(json.loads(json.dumps(part)))
    return made.dump()
