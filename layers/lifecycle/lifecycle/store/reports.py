"""The store of one workspace's reports in DynamoDB: the rows of a day as the index lists them, and the figures of days.

The figures of a day are replaced as a whole, by those of a later reading only. So whoever aggregates a day again
repeats it and adds nothing, and of two at once the one that read later wins, in whatever order they end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from heapq import merge
from typing import TYPE_CHECKING, Any

from lifecycle.day_columns import DayColumns
from lifecycle.steps import DayRow, LostDeal
from lifecycle.store.audit import audit_put
from lifecycle.store.audit_records import AuditEntry
from lifecycle.store.day_items import item_day_row
from lifecycle.store.day_marks import DayMark, DayMarks
from lifecycle.store.items import Item, due_attributes, format_time, from_attributes, to_attributes
from lifecycle.store.reads import get_item, get_items, query_items
from lifecycle.store.report_items import (
    TornError,
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
    checked_workspace,
    day_pk,
    day_sk,
    figures_sk,
    part_pk,
    piece_sk,
    reports_pk,
)
from lifecycle.store.transactions import NOT_THERE, TRANSACTION_LIMIT, put, transact

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

#: The item is as it was read: integers, never clocks.
SAME_REVISION = "revision = :read"
#: The figures that are there come from an earlier reading. Only then are they replaced.
EARLIER = "attribute_not_exists(done_at) OR done_at < :began"
#: Bytes of one transaction; the service takes 4 MB.
_MOST_BYTES = 3_000_000
#: How often to read figures that another writer is just replacing.
_ATTEMPTS = 3


class ReportStore:
    """The reports of one workspace. It cannot be asked without a workspace, and reaches no other.

    Arguments:
        client: a DynamoDB client.
        table: the table's name.
        workspace: the workspace's id.

    Raises:
        ValueError: that is no workspace.
    """

    def __init__(self, client: DynamoDBClient, table: str, workspace: str) -> None:
        self._client = client
        self._table = table
        self.workspace = checked_workspace(workspace)

    # ---- settings ---------------------------------------------------------------------------------------------------

    def settings(self) -> ReportSettings:
        """The settings, strongly consistent; those of the beginning where nobody has set any."""
        item = get_item(self._client, self._table, reports_pk(self.workspace), REPORT_SETTINGS)
        return item_settings(item) if item else ReportSettings()

    def put_settings(self, settings: ReportSettings, audit: AuditEntry) -> bool:
        """Write settings as their next revision, together with the entry of the audit trail that tells of it.

        Arguments:
            settings: as they become, their ``revision`` the one that was read.
            audit: the entry.

        Returns:
            Whether they were written; ``False`` if another writer changed them since they were read.
        """
        item = settings_item(self.workspace, replace(settings, revision=settings.revision + 1))
        write = (
            put(self._table, item, SAME_REVISION, read=settings.revision)
            if settings.revision
            else put(self._table, item, NOT_THERE)
        )
        return transact(self._client, [write, audit_put(self._table, self.workspace, audit)])

    # ---- days -------------------------------------------------------------------------------------------------------

    def days(self) -> list[DayRecord]:
        """All days that are marked or have figures, in order, strongly consistent."""
        # Marks and what is known of figures stand side by side.
        items = query_items(self._client, self._table, reports_pk(self.workspace), DAY_PREFIX, FIGURES_PREFIX + "~")
        return items_days(items)

    def day(self, day: date) -> DayRecord:
        """What is known of a day, strongly consistent."""
        keys = [{"pk": reports_pk(self.workspace), "sk": sk} for sk in (day_sk(day), figures_sk(day))]
        found = items_days(get_items(self._client, self._table, keys))
        return found[0] if found else DayRecord(day)

    def listed(self, day: date, after: str = "") -> Iterator[tuple[str, DayRow | LostDeal]]:
        """What the index lists of a day, in the order of time, read page by page from every shard at once.

        Arguments:
            day: in UTC.
            after: start after this position (empty: at the start), one that an earlier answer named.

        Returns:
            (position, what it is) of each. An index follows its table within moments.
        """
        found = merge(*(self._shard(day, shard, after) for shard in range(SHARDS)), key=lambda item: item[0])
        return ((position, item_day_row(item)) for position, item in found)

    def columns(self, day: date, before_page: Callable[[], object] = lambda: None) -> DayColumns:
        """What the index lists of a day, in columns.

        Arguments:
            day: in UTC.
            before_page: called before each page is taken in; what it raises ends the reading.
        """
        # It brings NumPy along: only functions that make figures come here, and only they have it.
        from lifecycle.store.day_reader import DayReader

        reader = DayReader()
        for shard in range(SHARDS):
            for page in self._pages(day, shard, ""):
                before_page()
                reader.take(page)
        return reader.columns()

    def _shard(self, day: date, shard: int, after: str) -> Iterator[tuple[str, Item]]:
        for page in self._pages(day, shard, after):
            for item in map(from_attributes, page):
                yield item[BY_DAY.sort_key], item

    def _pages(self, day: date, shard: int, after: str) -> Iterator[Sequence[Mapping[str, Any]]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=BY_DAY.name,
            KeyConditionExpression=f"{BY_DAY.partition_key} = :pk AND {BY_DAY.sort_key} > :after",
            # No position begins with a blank.
            ExpressionAttributeValues=to_attributes(
                {":pk": day_pk(self.workspace, day, shard), ":after": after or " "}
            ),
        )
        for page in pages:
            yield page["Items"]

    # ---- figures ----------------------------------------------------------------------------------------------------

    def read(self, name: str, first: date, last: date) -> Iterator[tuple[date, Any]]:
        """One part of the figures of each day, in order, strongly consistent.

        Arguments:
            name: of the part.
            first, last: days, both included; those without figures are left out.
        """
        for day, pieces in days_of(self._pieces(name, first, last)):
            yield day, self._figures(name, day, pieces)

    def _figures(self, name: str, day: date, pieces: Sequence[Mapping[str, Any]]) -> Any:
        for _ in range(_ATTEMPTS):
            try:
                return figures_of(pieces)
            except TornError:
                pieces = list(self._pieces(name, day, day))
        return figures_of(pieces)

    def _pieces(self, name: str, first: date, last: date) -> Iterator[Mapping[str, Any]]:
        if first > last:
            return
        bounds = {":pk": part_pk(self.workspace, name)}
        bounds |= {":first": piece_sk(first, 0), ":last": piece_sk(last, 99)}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=to_attributes(bounds),
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]

    def put_figures(self, record: DayRecord, parts: Mapping[str, Any]) -> bool:
        """Replace the figures of a day as a whole.

        Most days fit into one transaction. Of one that does not, the day itself comes last: as long as that is not
        written, the day counts as it did.

        Arguments:
            record: as the day becomes; when the reading began, by whose dates, and what it took.
            parts: plain JSON values, all parts that there are.

        Returns:
            Whether they were replaced; ``False`` if there are figures of a later reading, or others were in the way.

        Raises:
            ValueError: the day has no time at which the reading began.
        """
        began = record.done_at
        if began is None:
            raise ValueError("figures come from a reading that has begun")
        items = [
            *(
                item
                for name, figures in parts.items()
                for item in part_items(self.workspace, name, record.day, began, figures)
            ),
            figures_item(self.workspace, record),
        ]
        writes = [put(self._table, item, EARLIER, began=format_time(began)) for item in items]
        return all(transact(self._client, group) for group in _groups(writes))

    # ---- marks ------------------------------------------------------------------------------------------------------

    def clear(self, record: DayRecord) -> None:
        """Take the mark of a day away, unless the day was marked again since.

        Arguments:
            record: the day, as it was read before its rows were.
        """
        if record.marked_at is not None:
            DayMarks(self._client, self._table, self.workspace).clear(DayMark(record.day, record.marked_at))

    def postpone(self, record: DayRecord, until: datetime) -> bool:
        """List a marked day as due later, for somebody sees to it, unless it was marked again since.

        Returns:
            Whether it was put off; ``False`` for one that is not marked, too.
        """
        if record.marked_at is None:
            return False
        due = due_attributes(until, self.workspace, "D", record.day.isoformat())
        values = {f":{name}": value for name, value in due.items()} | {":marked": format_time(record.marked_at)}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_attributes({"pk": reports_pk(self.workspace), "sk": day_sk(record.day)}),
                UpdateExpression=f"SET {', '.join(f'{name} = :{name}' for name in due)}",
                ConditionExpression="marked_at = :marked",
                ExpressionAttributeValues=to_attributes(values),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _groups(writes: Sequence[TransactWriteItemTypeDef]) -> Iterator[list[TransactWriteItemTypeDef]]:
    """Writes in their order, in groups that one transaction takes."""
    group: list[TransactWriteItemTypeDef] = []
    size = 0
    for write in writes:
        figures: Any = write["Put"]["Item"].get("figures", {"B": b""})
        more = len(figures["B"])
        if group and (len(group) == TRANSACTION_LIMIT or size + more > _MOST_BYTES):
            yield group
            group, size = [], 0
        group.append(write)
        size += more
    if group:
        yield group
