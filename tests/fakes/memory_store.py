"""A store in memory that keeps items as the real one does, with the same conditions. For tests of the use cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from lifecycle.events import Activity, DealUpdate, Event
from lifecycle.steps import DayRow, LostDeal
from lifecycle.store.audit_records import AuditEntry
from lifecycle.store.day_items import deal_state_item, item_day_row, item_lost_deal
from lifecycle.store.day_marks import day_of
from lifecycle.store.due import DueTimer, due_before, timer_of
from lifecycle.store.items import (
    deal_update_item,
    event_item,
    from_attributes,
    item_deal_update,
    item_event,
    item_partition,
    item_transition,
    marker_item,
    parse_time,
    partition_item,
    pseudonym_item,
    to_attributes,
    to_seconds,
    transition_item,
)
from lifecycle.store.protocol import Appended
from lifecycle.store.records import Change, KeptLog, Partition, TransitionRecord
from lifecycle.store.schema import (
    BY_DAY,
    BY_DUE,
    BY_STAGE,
    EVENT_PREFIX,
    EXPIRES_AT,
    SHARDS,
    STATE,
    TRACES_PREFIX,
    TRANSITION_PREFIX,
    day_pk,
    deal_pk,
    event_sk,
    marker_sk,
    prospect_pk,
    pseudonyms_pk,
    stage_pk,
    transition_sk,
)
from lifecycle.store.traces import kept_log, traces_items, without


class MemoryStore:
    """The items of one workspace. ``before_commit`` is called before each commit, for tests that interleave writers.
    ``audit`` is the trail of what was decided, ``marked`` the days of which reports tell else."""

    def __init__(self, workspace: str = "acme") -> None:
        self.workspace = workspace
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.before_commit: list[Callable[[], Any]] = []
        self.audit: list[AuditEntry] = []
        self.marked: set[date] = set()
        self.reads = 0
        self.writes = 0

    def partitions(self, prospect_ids: Iterable[str]) -> dict[str, Partition]:
        self.reads += 1
        found = (self.items.get((prospect_pk(self.workspace, id_), STATE)) for id_ in prospect_ids)
        partitions = [item_partition(from_attributes(item)) for item in found if item]
        return {partition.prospect_id: partition for partition in partitions}

    def log(self, prospect_id: str) -> tuple[list[Event], list[TransitionRecord]]:
        kept = self.kept(prospect_id)
        return kept.events, kept.transitions

    def kept(self, prospect_id: str) -> KeptLog:
        return kept_log(self._range(prospect_pk(self.workspace, prospect_id), ""))

    def transitions(self, prospect_id: str) -> list[TransitionRecord]:
        pk = prospect_pk(self.workspace, prospect_id)
        return [item_transition(item) for item in self._range(pk, TRANSITION_PREFIX)]

    def pseudonyms(self, after: str) -> Iterator[str]:
        return iter(sorted(sk for pk, sk in self.items if pk == pseudonyms_pk(self.workspace) and sk > after))

    def events(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Event]:
        found = {(home, id_): self.items.get((prospect_pk(self.workspace, home), event_sk(id_))) for home, id_ in keys}
        return {key: item_event(from_attributes(item)) for key, item in found.items() if item}

    def deal_log(self, deal_id: str) -> list[DealUpdate]:
        return [item_deal_update(item) for item in self._range(deal_pk(self.workspace, deal_id), EVENT_PREFIX)]

    def erased(self, keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        self.reads += 1
        return {key for key in keys if (prospect_pk(self.workspace, key[0]), marker_sk(key[1])) in self.items}

    def in_stage(self, stage: str, after: str, first: str, last: str) -> Iterator[tuple[str, str]]:
        listed = (entry for shard in range(SHARDS) for entry in self.in_shard(stage, shard))
        return iter(sorted(entry for entry in listed if entry[0] > after and first <= entry[0] <= last))

    def since(self, stage: str, first: datetime, before: datetime) -> list[datetime]:
        wanted = [{"S": stage_pk(self.workspace, stage, shard)} for shard in range(SHARDS)]
        listed = [
            parse_time(item[BY_STAGE.sort_key]["S"].partition("#")[0])
            for item in self.items.values()
            if item.get(BY_STAGE.partition_key) in wanted and "in_reports" in item
        ]
        return [one for one in listed if first <= one < before]

    def in_shard(self, stage: str, shard: int) -> list[tuple[str, str]]:
        """(position, prospect id) of the prospects of a stage in one shard, in the order of their entry."""
        wanted = {"S": stage_pk(self.workspace, stage, shard)}
        items = (item for item in self.items.values() if item.get(BY_STAGE.partition_key) == wanted)
        positions = sorted(item[BY_STAGE.sort_key]["S"] for item in items)
        return [(position, position.rpartition("#")[2]) for position in positions]

    def due_until(self, moment: datetime, limit: int) -> list[DueTimer]:
        """The prospects that are due at a moment or have been before, as ``store.due.due_until`` lists them."""
        return due_among(self.items.values(), moment, limit)

    def images(self) -> list[tuple[str, dict[str, Any]]]:
        """Every item as (sort key, DynamoDB's JSON), as a stream would report it."""
        return [(sk, item) for (_, sk), item in self.items.items()]

    def append(self, appended: Sequence[Appended]) -> list[bool]:
        return [self._put_absent(event_item(self.workspace, *entry)) for entry in appended]

    def append_ruling(self, appended: Appended, audit: AuditEntry) -> bool:
        if not self._put_absent(event_item(self.workspace, *appended)):
            return False
        self.audit.append(audit)
        return True

    def record(self, audit: AuditEntry) -> None:
        self.audit.append(audit)

    def append_deal_updates(self, updates: Sequence[DealUpdate]) -> list[bool]:
        return [self._put_absent(deal_update_item(self.workspace, update)) for update in updates]

    def set_expiries(self, prospect_id: str, expiries: Mapping[str, datetime | None]) -> None:
        for event_id, expires_at in expiries.items():
            key = (prospect_pk(self.workspace, prospect_id), event_sk(event_id))
            if key in self.items:
                self._put(from_attributes(self.items[key]) | {EXPIRES_AT: to_seconds(expires_at)})

    def expire(self, moment: datetime) -> None:
        """Delete what may go by a moment, as the service does in its own time."""
        gone = [
            key
            for key, item in self.items.items()
            if EXPIRES_AT in item and int(item[EXPIRES_AT]["N"]) <= moment.timestamp()
        ]
        for key in gone:
            del self.items[key]

    def commit(self, changes: Sequence[Change]) -> list[bool]:
        if self.before_commit:
            self.before_commit.pop()()
        return [self._commit(change) for change in changes]

    def _commit(self, change: Change) -> bool:
        self.marked |= change.days
        items = [item for new in change.traces for item in traces_items(self.workspace, new)]
        if not all(map(self._is_as_read, change.partitions)):
            return False
        if any((item["pk"], item["sk"]) in self.items for item in items):
            return False
        for item in items:
            self._put(item)
        for prospect_id, sequences in change.erased.items():
            for sequence in sequences:
                self.items.pop((prospect_pk(self.workspace, prospect_id), transition_sk(sequence)), None)
        for prospect_id, records in change.written.items():
            for record in records:
                self._put(transition_item(self.workspace, prospect_id, record))
                if record.pseudonymous:
                    self._put(pseudonym_item(self.workspace, prospect_id))
        self.audit += [] if change.audit is None else [change.audit]
        for partition in change.partitions:
            self._put(partition_item(self.workspace, partition) | {"version": partition.version + 1})
        return True

    def _is_as_read(self, partition: Partition) -> bool:
        stored = self.items.get((prospect_pk(self.workspace, partition.prospect_id), STATE))
        return partition.version == (int(from_attributes(stored)["version"]) if stored else 0)

    def note_loss(self, deal_id: str, updates: int, lost: LostDeal | None) -> None:
        stored = self.items.get((deal_pk(self.workspace, deal_id), STATE))
        before = from_attributes(stored) if stored else None
        if before is None or int(before["updates"]) < updates:
            losses = (lost, item_lost_deal(before) if before else None)
            self.marked |= {day_of(loss.lost_at) for loss in losses if loss is not None}
            self._put(deal_state_item(self.workspace, deal_id, updates, lost))

    def day_rows(self, day: date) -> list[DayRow | LostDeal]:
        """What the index lists of a day."""
        wanted = [{"S": day_pk(self.workspace, day, shard)} for shard in range(SHARDS)]
        items = [item for item in self.items.values() if item.get(BY_DAY.partition_key) in wanted]
        return [item_day_row(from_attributes(item)) for item in items]

    def bury(self, keys: Sequence[tuple[str, str]], until: datetime) -> None:
        for home, id_ in keys:
            self._put(marker_item(self.workspace, home, id_, until))
            self.items.pop((prospect_pk(self.workspace, home), event_sk(id_)), None)

    def change_traces(self, prospect_id: str, change: Callable[[Activity], Activity | None]) -> None:
        for item in list(self._range(prospect_pk(self.workspace, prospect_id), TRACES_PREFIX)):
            changed = without(item, change)
            if changed is not None:
                self._put(changed)

    def rewrite_event(self, entry: Appended) -> None:
        self._rewrite(event_item(self.workspace, *entry))

    def rewrite_deal_update(self, update: DealUpdate) -> None:
        self._rewrite(deal_update_item(self.workspace, update))

    def _rewrite(self, item: dict[str, Any]) -> None:
        if (item["pk"], item["sk"]) in self.items:
            self._put(item)

    def _put_absent(self, item: dict[str, Any]) -> bool:
        if (item["pk"], item["sk"]) in self.items:
            return False
        self._put(item)
        return True

    def _put(self, item: dict[str, Any]) -> None:
        self.writes += 1
        self.items[item["pk"], item["sk"]] = to_attributes(item)

    def _range(self, pk: str, prefix: str) -> list[dict[str, Any]]:
        found = sorted(key for key in self.items if key[0] == pk and key[1].startswith(prefix))
        return [from_attributes(self.items[key]) for key in found]


def due_among(items: Iterable[Mapping[str, Any]], moment: datetime, limit: int) -> list[DueTimer]:
    """What is due at a moment or has been before among items in DynamoDB's JSON, longest first."""
    positions = sorted(item[BY_DUE.sort_key]["S"] for item in items if BY_DUE.sort_key in item)
    return [timer_of(position) for position in positions if position < due_before(moment)][:limit]
