"""The rows that reports count, in the order of time: of days as the index lists them, and of single prospects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple

from lifecycle.reports.dimensions import EVERYBODY, Slice
from lifecycle.reports.numbers import inside
from lifecycle.reports.periods import Span
from lifecycle.steps import DayRow, LostDeal, Step
from lifecycle.store.day_items import KNOWN
from lifecycle.store.protocol import ReportRecords, Store
from lifecycle.store.records import TransitionRecord

#: How many rows are handed out together.
TOGETHER = 100


class Place(NamedTuple):
    """A place in what is listed of days: a day in UTC, and a position in its list (empty: before all of it)."""

    day: date
    at: str = ""

    @property
    def position(self) -> tuple[str, str]:
        """As a part of a cursor."""
        return self.day.isoformat(), self.at

    @classmethod
    def of(cls, position: Sequence[str]) -> Place:
        """The place that ``position`` told of."""
        day, at = position
        return cls(date.fromisoformat(day), at)


class ReportRows:
    """The rows of one workspace.

    Arguments:
        records: what the store keeps of reports.
        store: the workspace's prospects.
    """

    def __init__(self, records: ReportRecords, store: Store) -> None:
        self._records = records
        self._store = store

    def listed(self, days: Span, after: Place | None) -> Iterator[list[tuple[Place, DayRow | LostDeal]]]:
        """What is listed of some days in UTC, in the order of time, some of it at once.

        Arguments:
            days: which.
            after: start after this place; ``None``: at the first day.
        """
        start = after or Place(days.first)
        for record in self._records.days():
            if max(days.first, start.day) <= record.day <= days.last:
                listed = self._records.listed(record.day, start.at if record.day == start.day else "")
                while chunk := list(islice(listed, TOGETHER)):
                    yield [(Place(record.day, at), row) for at, row in chunk]

    def standing(
        self, rows: Iterable[tuple[Place, DayRow]], stage: str, moment: datetime, part: Slice = EVERYBODY
    ) -> list[tuple[Place, DayRow]]:
        """Those of some rows that begin a stay in a stage which had not ended at a moment.

        Arguments:
            rows: that are listed one after the other.
            stage: which.
            moment: what comes later has not happened yet.
            part: of whom.
        """
        entries = [
            (place, row, row.step)
            for place, row in rows
            if row.step and row.step.to_stage == stage and row.step.entry.at < moment and part.holds(row.step.entry)
        ]
        ways = self._ways(dict.fromkeys(row.prospect_id for _, row, _ in entries), moment)
        return [(place, row) for place, row, step in entries if _is_last(row, step, ways[row.prospect_id], part)]

    def _ways(self, prospect_ids: Iterable[str], moment: datetime) -> dict[str, list[DayRow]]:
        """The steps of some prospects before a moment, as the index by day lists them."""
        partitions = self._store.partitions(prospect_ids)
        ways: dict[str, list[DayRow]] = {}
        for id_ in prospect_ids:
            arrival = partitions[id_].arrival if id_ in partitions else None
            rows = [_arrived(id_, arrival)] if arrival else []
            rows += [_row(id_, record) for record in self._store.transitions(id_)]
            ways[id_] = [row for row in rows if row.step and row.step.entry.at < moment]
        return ways


def _is_last(row: DayRow, step: Step, way: Sequence[DayRow], part: Slice) -> bool:
    """Whether a row begins the stay that its prospect is in at the end of a way."""
    stay = inside(way, step.to_stage, part).get(row.prospect_id)
    # Two stays may begin at one instant; the later row then stands for the one that goes on.
    alike = [one.sequence for one in way if one.step and one.step.to_stage == step.to_stage and one.step.entry == stay]
    return stay == step.entry and row.sequence == max(alike)


def _arrived(prospect_id: str, step: Step) -> DayRow:
    return DayRow(
        prospect_id=prospect_id,
        sequence=0,
        occurred_at=step.entry.at,
        from_stage=step.to_stage,
        to_stage=step.to_stage,
        cause=KNOWN,
        funnel_version=step.entry.version,
        cycle=step.entry.cycle,
        corrected=False,
        step=step,
    )


def _row(prospect_id: str, record: TransitionRecord) -> DayRow:
    return DayRow(
        prospect_id=prospect_id,
        sequence=record.sequence,
        occurred_at=record.occurred_at,
        from_stage=record.from_stage,
        to_stage=record.to_stage,
        cause=record.cause,
        funnel_version=record.funnel_version,
        cycle=record.cycle,
        corrected=record.corrected_by is not None,
        step=record.step,
    )
