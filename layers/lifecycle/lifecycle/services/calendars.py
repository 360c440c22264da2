"""Which versions of a workspace's funnel are in force when, remembered by the process for a moment.

An event is judged by the version in force at its time, so every process must know a version before it comes into
force. It does: nobody trusts what it remembers for longer than ``REMEMBERED``, and nothing is published with less than
``PUBLICATION_LEAD`` to go. The second between the two is for clocks that differ and for the way to the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol

from lifecycle.engine.calendar import Calendar
from lifecycle.engine.plan import Plan
from lifecycle.funnel.parsing import default_funnel, parse_funnel
from lifecycle.store.funnel_records import FunnelHead
from lifecycle.store.protocol import FunnelRecords

REMEMBERED = timedelta(seconds=2)
PUBLICATION_LEAD = timedelta(seconds=3)

_DEFAULT_VERSION = 1


class CalendarSource(Protocol):
    """Where the use cases get the calendar of their workspace."""

    def calendar(self, now: datetime) -> Calendar: ...
    def refresh(self, now: datetime) -> Calendar: ...


@lru_cache(maxsize=1)
def default_plan() -> Plan:
    """The funnel that every workspace starts with, compiled once per process."""
    return Plan(default_funnel())


@dataclass(slots=True)
class Memory:
    """What a process remembers of one workspace's funnel. A published version never changes, so its plan is kept."""

    read_at: datetime | None = None
    head: FunnelHead | None = None
    calendar: Calendar | None = None
    plans: dict[int, Plan] = field(default_factory=dict)


@lru_cache(maxsize=1_000)
def remembered(table: str, workspace: str) -> Memory:  # noqa: ARG001 - they are what it is remembered by
    """What this process remembers of a workspace's funnel, for as long as it lives."""
    return Memory()


class Calendars:
    """The calendar of one workspace.

    Arguments:
        records: what the store keeps of the funnel.
        memory: what the process remembers of it.
    """

    def __init__(self, records: FunnelRecords, memory: Memory | None = None) -> None:
        self._records = records
        self._memory = memory if memory is not None else Memory()

    def calendar(self, now: datetime) -> Calendar:
        """The calendar, read anew where it is not known from a moment ago.

        Arguments:
            now: the present.

        Raises:
            LookupError: the table lacks a version that it says to be in force.
        """
        memory = self._memory
        is_recent = memory.read_at is not None and memory.read_at <= now < memory.read_at + REMEMBERED
        return memory.calendar if memory.calendar is not None and is_recent else self.refresh(now)

    def refresh(self, now: datetime) -> Calendar:
        """The calendar, read anew."""
        memory = self._memory
        head = self._records.head()
        if memory.calendar is None or memory.head is None or memory.head.terms != head.terms:
            plans = {term.version: self._plan(term.version, memory.plans) for term in head.terms}
            memory.calendar = Calendar([(term.effective_at, plans[term.version]) for term in head.terms])
            memory.plans = plans
        memory.head, memory.read_at = head, now
        return memory.calendar

    def _plan(self, version: int, known: Mapping[int, Plan]) -> Plan:
        if version in known:
            return known[version]
        if version == _DEFAULT_VERSION:
            return default_plan()
        record = self._records.version(version)
        if record is None:
            raise LookupError(f"version {version} of the funnel is in force, but it is not in the table")
        return Plan(parse_funnel(record.definition, version))
