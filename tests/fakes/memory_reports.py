"""The reports of a workspace in memory, kept as the real store keeps them, beside its prospects. For tests of use
cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from lifecycle.day_columns import DayColumns
from lifecycle.steps import DayRow, LostDeal
from lifecycle.store.audit_records import AuditEntry
from lifecycle.store.day_items import item_day_row
from lifecycle.store.day_marks import DayMark, mark_item
from lifecycle.store.day_reader import DayReader
from lifecycle.store.due import DueTimer
from lifecycle.store.items import Item, due_attributes, format_time, from_attributes, to_attributes
from lifecycle.store.report_items import (
    days_of,
    figures_item,
    figures_of,
    item_settings,
    items_days,
    part_items,
    settings_item,
)
from lifecycle.store.report_records import DayRecord, ReportSettings
from lifecycle.store.schema import (
    BY_DAY,
    DAY_PREFIX,
    FIGURES_PREFIX,
    REPORT_SETTINGS,
    SHARDS,
    day_pk,
    day_sk,
    figures_sk,
    part_pk,
    piece_sk,
    reports_pk,
)
from tests.builders import T0
from tests.fakes.memory_store import MemoryStore, due_among


class MemoryReports:
    """Items of reports, beside the prospects of a store in memory. ``audit`` is the trail of what was done.

    ``before_write`` is called before each write of figures, for tests that interleave writers. What the store of
    prospects has marked meanwhile counts as marked at the time that ``now`` tells.
    """

    def __init__(self, store: MemoryStore | None = None, now: Callable[[], datetime] = lambda: T0) -> None:
        self._store = store or MemoryStore()
        self._now = now
        self.workspace = self._store.workspace
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.audit: list[AuditEntry] = []
        self.before_write: list[Callable[[], Any]] = []
        self.listings = 0

    def mark(self, day: date, at: datetime) -> None:
        """Mark a day, as the store of prospects does."""
        self._put(mark_item(self.workspace, DayMark(day, at)))

    def due(self, moment: datetime, limit: int) -> list[DueTimer]:
        """What is due."""
        return due_among(self.items.values(), moment, limit)

    def settings(self) -> ReportSettings:
        item = self._get(REPORT_SETTINGS)
        return item_settings(item) if item else ReportSettings()

    def put_settings(self, settings: ReportSettings, audit: AuditEntry) -> bool:
        if self.settings().revision != settings.revision:
            return False
        self._put(settings_item(self.workspace, replace(settings, revision=settings.revision + 1)))
        self.audit.append(audit)
        return True

    def days(self) -> list[DayRecord]:
        self._take_marks()
        prefixes = (DAY_PREFIX, FIGURES_PREFIX)
        keys = sorted(key for key in self.items if key[0] == reports_pk(self.workspace) and key[1].startswith(prefixes))
        return items_days(from_attributes(self.items[key]) for key in keys)

    def day(self, day: date) -> DayRecord:
        self._take_marks()
        found = items_days(item for item in map(self._get, (day_sk(day), figures_sk(day))) if item)
        return found[0] if found else DayRecord(day)

    def listed(self, day: date, after: str = "") -> Iterator[tuple[str, DayRow | LostDeal]]:
        self.listings += 1
        for item in sorted(map(from_attributes, self._items(day)), key=lambda item: str(item[BY_DAY.sort_key])):
            if item[BY_DAY.sort_key] > after:
                yield item[BY_DAY.sort_key], item_day_row(item)

    def columns(self, day: date, before_page: Callable[[], object] = lambda: None) -> DayColumns:
        self.listings += 1
        before_page()
        reader = DayReader()
        reader.take(self._items(day))
        return reader.columns()

    def _items(self, day: date) -> list[dict[str, Any]]:
        wanted = [{"S": day_pk(self.workspace, day, shard)} for shard in range(SHARDS)]
        return [item for item in self._store.items.values() if item.get(BY_DAY.partition_key) in wanted]

    def read(self, name: str, first: date, last: date) -> Iterator[tuple[date, Any]]:
        pk, bounds = part_pk(self.workspace, name), (piece_sk(first, 0), piece_sk(last, 99))
        keys = sorted(key for key in self.items if key[0] == pk and bounds[0] <= key[1] <= bounds[1])
        return ((day, figures_of(pieces)) for day, pieces in days_of(self.items[key] for key in keys))

    def put_figures(self, record: DayRecord, parts: Mapping[str, Any]) -> bool:
        if self.before_write:
            self.before_write.pop()()
        if record.done_at is None:
            raise ValueError("figures come from a reading that has begun")
        stored = self._get(figures_sk(record.day))
        if stored is not None and stored["done_at"] >= format_time(record.done_at):
            return False
        for name, figures in parts.items():
            for item in part_items(self.workspace, name, record.day, record.done_at, figures):
                self._put(item)
        self._put(figures_item(self.workspace, record))
        return True

    def clear(self, record: DayRecord) -> None:
        if record.marked_at is not None and self.day(record.day).marked_at == record.marked_at:
            del self.items[reports_pk(self.workspace), day_sk(record.day)]

    def postpone(self, record: DayRecord, until: datetime) -> bool:
        if record.marked_at is None or self.day(record.day).marked_at != record.marked_at:
            return False
        item = self._get(day_sk(record.day))
        assert item
        self._put(item | due_attributes(until, self.workspace, "D", record.day.isoformat()))
        return True

    def _take_marks(self) -> None:
        for day in self._store.marked:
            self.mark(day, self._now())
        self._store.marked.clear()

    def _put(self, item: Item) -> None:
        self.items[item["pk"], item["sk"]] = to_attributes(item)

    def _get(self, sk: str) -> Item | None:
        item = self.items.get((reports_pk(self.workspace), sk))
        return from_attributes(item) if item else None
