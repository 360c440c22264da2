"""Marks of days: of which days the reports tell something else than they did.

A day is marked before what changes it is written, so whoever dies in between leaves a mark too many, and never one too
few. Nobody who has marked a day writes later than ``LONGEST_WRITE`` after that: figures that were read later than that
after the mark have seen what it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from lifecycle.store.items import due_attributes, format_time, parse_time, to_attributes
from lifecycle.store.reads import query_items
from lifecycle.store.schema import DAY_PREFIX, day_sk, reports_pk

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: Longer than the attempts of one write take in all, and than a mark is remembered.
LONGEST_WRITE = timedelta(seconds=60)
#: For how long a process need not mark a day again: what it writes until then is in time for the mark.
REMEMBERED = timedelta(seconds=20)

#: Which days a process has marked, and when: with the client, which lives as long as the process.
_remembered: WeakKeyDictionary[DynamoDBClient, dict[tuple[str, str, date], datetime]] = WeakKeyDictionary()


class DayMark(NamedTuple):
    """A day (UTC) that was marked, and when it was last."""

    day: date
    marked_at: datetime


class DayMarks:
    """The marked days of one workspace.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        workspace: the workspace's id.
        now: tells the time.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        workspace: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._table = table
        self._workspace = workspace
        self._now = now
        self._marked = _remembered.setdefault(client, {})

    def mark(self, days: Collection[date]) -> None:
        """Mark days, before what changes them is written."""
        now = self._now()
        for day in days:
            key = (self._table, self._workspace, day)
            marked_at = self._marked.get(key)
            if marked_at is None or now - marked_at >= REMEMBERED:
                item = mark_item(self._workspace, DayMark(day, now))
                self._client.put_item(TableName=self._table, Item=to_attributes(item))
                self._marked[key] = now

    def marks(self) -> list[DayMark]:
        """The marked days in order, strongly consistent."""
        return list(self._marks())

    def _marks(self) -> Iterator[DayMark]:
        items = query_items(self._client, self._table, reports_pk(self._workspace), DAY_PREFIX, DAY_PREFIX + "~")
        return map(item_mark, items)

    def clear(self, mark: DayMark) -> bool:
        """Take a mark away, unless the day was marked again since; whether it is away."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=to_attributes({"pk": reports_pk(self._workspace), "sk": day_sk(mark.day)}),
                ConditionExpression="marked_at = :seen",
                ExpressionAttributeValues=to_attributes({":seen": format_time(mark.marked_at)}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def day_of(moment: datetime) -> date:
    """The day (UTC) of a moment."""
    return moment.astimezone(UTC).date()


def mark_item(workspace: str, mark: DayMark) -> dict[str, str]:
    """The item of a mark. It is due when figures that are read then are sure to have seen what it stands for."""
    return {
        "pk": reports_pk(workspace),
        "sk": day_sk(mark.day),
        "marked_at": format_time(mark.marked_at),
        **due_attributes(mark.marked_at + LONGEST_WRITE, workspace, "D", mark.day.isoformat()),
    }


def item_mark(item: dict[str, str]) -> DayMark:
    """The mark that an item keeps."""
    return DayMark(date.fromisoformat(item["sk"].removeprefix(DAY_PREFIX)), parse_time(item["marked_at"]))
