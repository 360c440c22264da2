"""A stand-in for the outside systems of a workspace: a list in memory, without any rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from lifecycle.contract.source_examples import PART_ID, SOURCE_ID
from lifecycle.services.connections import SourceView, WaitingPage, Wanted
from lifecycle.services.errors import PartNotFoundError, SourceNotFoundError
from lifecycle.services.receiving import Workplace
from lifecycle.sources.source import Tally
from lifecycle.store.source_records import QuarantinedPart, SourceRecord, Waiting
from tests.unit.functions.fake_lifecycle import NOON

PART = QuarantinedPart(PART_ID, NOON, "it names nobody", b'{"messageId": "m-2"}', "application/json", "track")


class FakeConnections:
    """The sources of one workspace. ``fails_with`` is raised by whatever changes them."""

    def __init__(self) -> None:
        self.records = {SOURCE_ID: SourceRecord(SOURCE_ID, "segment", "website", {}, NOON, "key:laptop")}
        self.parts = {PART_ID: PART}
        self.calls: list[tuple[Any, ...]] = []
        self.fails_with: Exception | None = None

    def connect(self, wanted: Wanted, by: str, now: datetime) -> SourceRecord:
        self._called("connect", wanted, by)
        return SourceRecord(SOURCE_ID, wanted.kind, wanted.label, wanted.settings, now, by)

    def all(self) -> list[SourceView]:
        return [SourceView(record, len(self.parts)) for record in self.records.values()]

    def view(self, record: SourceRecord) -> SourceView:
        return SourceView(record, len(self.parts))

    def get(self, source_id: str) -> SourceRecord:
        if source_id not in self.records:
            raise SourceNotFoundError
        return self.records[source_id]

    def change(
        self, source_id: str, label: str, settings: Mapping[str, Any], _now: datetime, hook_secret: str | None
    ) -> SourceRecord:
        record = self.get(source_id)
        self._called("change", source_id, label, settings, *([hook_secret] if hook_secret else []))
        return replace(record, label=label, settings=settings, version=2)

    def rotate(self, source_id: str, secret: str, keep_for: timedelta, now: datetime) -> datetime:
        self.get(source_id)
        self._called("rotate", source_id, secret)
        return now + keep_for

    def disconnect(self, source_id: str, _now: datetime) -> None:
        self.get(source_id)
        self._called("disconnect", source_id)

    def quarantined(self, source_id: str, after: str, limit: int) -> list[QuarantinedPart]:
        self.get(source_id)
        return [part for part in self.parts.values() if part.part_id > after][:limit]

    def replay(self, source_id: str, part_id: str, fixed: bytes | None, workplace: Workplace, now: datetime) -> Tally:
        self._part(source_id, part_id)
        self._called("replay", part_id, fixed)
        return Tally(1, 0, 0)

    def discard(self, source_id: str, part_id: str, _now: datetime) -> None:
        self._part(source_id, part_id)
        self._called("discard", part_id)

    def waiting(self, after: str, limit: int) -> WaitingPage:
        return WaitingPage((Waiting("contact", "crm:hubspot:151", NOON, SOURCE_ID),), None)

    def _part(self, source_id: str, part_id: str) -> None:
        self.get(source_id)
        if part_id not in self.parts:
            raise PartNotFoundError

    def _called(self, *call: Any) -> None:
        if self.fails_with is not None:
            raise self.fails_with
        self.calls.append(call)
