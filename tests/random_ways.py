"""Random ways of prospects through a funnel, as rows of days: with ties, leaps, returns, corrections and time zones."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from lifecycle.funnel.parsing import parse_funnel
from lifecycle.reports.aggregate import aggregate_day
from lifecycle.reports.windows import WINDOWS
from lifecycle.steps import DayRow, Entry, LostDeal, Step, Told
from tests.listed import columns_of

FUNNEL = parse_funnel(
    {
        "stages": [
            {"key": "visitor", "anonymous": True},
            {"key": "lead", "label": "Lead"},
            {"key": "hot", "label": "Hot"},
            {"key": "deal", "label": "Deal"},
            {"key": "won", "label": "Won"},
            {"key": "lost", "label": "Lost", "beside": True},
        ]
    },
    version=1,
)
LADDER = ("lead", "hot", "deal", "won")
STAGES = (*LADDER, "lost")

#: Half an hour off, clocks moved by half an hour, clocks moved at midnight, and both ends of the world. In 2018 all of
#: these that ever move their clocks did.
ZONES = tuple(
    map(
        ZoneInfo,
        (
            "UTC",
            "Europe/Berlin",
            "Asia/Kolkata",
            "Asia/Kathmandu",
            "Australia/Lord_Howe",
            "America/Sao_Paulo",
            "Pacific/Kiritimati",
            "Pacific/Pago_Pago",
        ),
    )
)
#: Shortly before the nights in which clocks were moved (São Paulo: 18 February and 4 November 2018).
STARTS = tuple(datetime(2018, *day, 12, tzinfo=UTC) for day in ((2, 15), (3, 22), (10, 25), (11, 1)))

_GAPS = st.one_of(
    st.just(timedelta(0)),
    st.timedeltas(timedelta(0), timedelta(hours=30)),
    st.sampled_from((*WINDOWS, 2, 3, 31)).map(lambda days: timedelta(days=days)),
    st.timedeltas(timedelta(0), timedelta(days=400)),
)
_TOLD = st.builds(
    Told,
    source=st.sampled_from((None, "ads", "fair")),
    campaign=st.sampled_from((None, "spring")),
    owner=st.sampled_from((None, "ann", "bob")),
)


@st.composite
def ways(draw: st.DrawFn, prospect_id: str = "p") -> list[DayRow]:
    """The steps of one prospect, in order, as rows."""
    at = draw(st.sampled_from(STARTS)) + draw(_GAPS)
    rows: list[DayRow] = []
    stage: str | None = None
    left: Entry | None = None
    been: set[str] = set()
    cycle, version, highest = 1, 1, -1
    reached: dict[str, Entry] = {}
    for sequence in range(draw(st.integers(1, 6))):
        to_stage = draw(st.sampled_from([one for one in STAGES if one != stage]))
        rank = LADDER.index(to_stage) if to_stage in LADDER else None
        back = stage == "lost" or (rank is not None and rank < highest)
        if back and draw(st.booleans()):
            cycle, highest, reached = cycle + 1, -1, {}
        version += draw(st.integers(0, 4)) == 0
        entry = Entry(at, cycle, version, draw(_TOLD))
        if rank is None:
            opened: tuple[str, ...] = () if to_stage in reached else (to_stage,)
        else:
            opened = LADDER[highest + 1 : rank + 1]
            highest = max(highest, rank)
        why = draw(st.sampled_from((None, "no budget", "bounced"))) if rank is None else None
        step = Step(stage, to_stage, entry, left, to_stage in been, opened, dict(reached), why)
        cause = draw(st.sampled_from(("rule", "decision"))) if stage else "known"
        rows.append(DayRow(prospect_id, sequence, at, stage or to_stage, to_stage, cause, version, cycle, False, step))
        reached.setdefault(to_stage, entry)
        been.add(to_stage)
        stage, left = to_stage, entry
        at += draw(_GAPS)
    return rows


@st.composite
def _rows_without_step(draw: st.DrawFn) -> DayRow:
    """What no longer stands, or was never in a report."""
    at = draw(st.sampled_from(STARTS)) + draw(st.timedeltas(timedelta(0), timedelta(days=40)))
    from_stage, to_stage = draw(
        st.sampled_from((("visitor", "lead"), ("lead", "hot"), ("hot", "won"), ("hot", "lost")))
    )
    version, cycle = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    return DayRow("gone", 9, at, from_stage, to_stage, "rule", version, cycle, draw(st.booleans()), None)


@st.composite
def histories(draw: st.DrawFn) -> list[DayRow]:
    """The rows of some prospects, in no order."""
    rows = [row for number in range(draw(st.integers(0, 5))) for row in draw(ways(f"p{number}"))]
    rows += draw(st.lists(_rows_without_step(), max_size=4))
    return list(draw(st.permutations(rows)))


class FakeParts:
    """The parts of days in memory, after a way through JSON; given out in reverse."""

    def __init__(self, days: dict[date, dict[str, Any]]) -> None:
        self._days = days

    def read(self, name: str, first: date, last: date) -> Iterator[tuple[date, Any]]:
        """As the protocol says."""
        for day in sorted(self._days, reverse=True):
            if first <= day <= last:
                yield day, json.loads(json.dumps(self._days[day][name]))


def parts_of(rows: Iterable[DayRow], zone: ZoneInfo, lost: Sequence[LostDeal] = ()) -> FakeParts:
    """All days of some rows and lost deals, each aggregated by itself."""
    by_day: dict[date, list[DayRow | LostDeal]] = defaultdict(list)
    for row in rows:
        by_day[row.occurred_at.astimezone(UTC).date()].append(row)
    for deal in lost:
        by_day[deal.lost_at.astimezone(UTC).date()].append(deal)
    return FakeParts({day: aggregate_day(columns_of(of_day), zone) for day, of_day in by_day.items()})
