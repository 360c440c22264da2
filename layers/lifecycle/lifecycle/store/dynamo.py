"""The store of one workspace in DynamoDB: appends to logs, and changes of state that happen whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from lifecycle.events import DealUpdate, Event
from lifecycle.store.items import (
    Item,
    deal_update_item,
    event_item,
    from_attributes,
    item_deal_update,
    item_event,
    item_partition,
    item_transition,
    partition_item,
    to_attributes,
    transition_item,
)
from lifecycle.store.protocol import Appended
from lifecycle.store.records import Change, Partition, TransitionRecord
from lifecycle.store.schema import (
    BY_STAGE,
    EVENT_PREFIX,
    SHARDS,
    STATE,
    TRANSITION_PREFIX,
    deal_pk,
    event_sk,
    prospect_pk,
    stage_pk,
    transition_sk,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

T = TypeVar("T")

#: Limits of the service (AWS, "Quotas in Amazon DynamoDB"): items of one BatchGetItem and of one transaction.
BATCH_GET_LIMIT = 100
TRANSACTION_LIMIT = 100

#: The item is not there yet: the same id twice is one event.
NOT_THERE = "attribute_not_exists(pk)"
#: The partition is as it was read: integers, never clocks.
SAME_VERSION = "version = :read"

#: Reasons of a cancelled transaction after which the same transaction may succeed.
_PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


class DynamoStore:
    """What one workspace keeps. It cannot be asked without a workspace, and reaches no other.

    Arguments:
        client: a DynamoDB client.
        table: the table's name.
        workspace: the workspace's id.
    """

    def __init__(self, client: DynamoDBClient, table: str, workspace: str) -> None:
        self._client = client
        self._table = table
        self.workspace = workspace

    # ---- reading ----------------------------------------------------------------------------------------------------

    def partitions(self, prospect_ids: Iterable[str]) -> dict[str, Partition]:
        """The partitions of some ids, strongly consistent; those not there yet are left out."""
        keys = [{"pk": prospect_pk(self.workspace, id_), "sk": STATE} for id_ in dict.fromkeys(prospect_ids)]
        found = (item_partition(item) for item in self._get(keys))
        return {partition.prospect_id: partition for partition in found}

    def log(self, prospect_id: str) -> tuple[list[Event], list[TransitionRecord]]:
        """The events in the log of one partition, and its transitions in order; strongly consistent."""
        events, transitions = [], []
        for item in self._query(prospect_pk(self.workspace, prospect_id), EVENT_PREFIX, TRANSITION_PREFIX + "~"):
            if item["sk"].startswith(EVENT_PREFIX):
                events.append(item_event(item))
            elif item["sk"].startswith(TRANSITION_PREFIX):
                transitions.append(item_transition(item))
        return events, transitions

    def transitions(self, prospect_id: str) -> list[TransitionRecord]:
        """The transitions of a prospect, in order."""
        pk = prospect_pk(self.workspace, prospect_id)
        return [item_transition(item) for item in self._query(pk, TRANSITION_PREFIX, TRANSITION_PREFIX + "~")]

    def events(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Event]:
        """The events of some (partition, event id); those not there are left out."""
        wanted = [
            {"pk": prospect_pk(self.workspace, home), "sk": event_sk(event_id)}
            for home, event_id in dict.fromkeys(keys)
        ]
        found = ((item["pk"].split("#", 3)[3], item_event(item)) for item in self._get(wanted))
        return {(home, event.id): event for home, event in found}

    def deal_log(self, deal_id: str) -> list[DealUpdate]:
        """The log of a deal, in no order; strongly consistent."""
        pk = deal_pk(self.workspace, deal_id)
        return [item_deal_update(item) for item in self._query(pk, EVENT_PREFIX, EVENT_PREFIX + "\U0010ffff")]

    def in_stage(self, stage: str, after: str, first: str, last: str) -> Iterator[tuple[str, str]]:
        """The prospects of a stage in the order of their entry, read page by page from every shard at once.

        Arguments:
            stage: the stage's key.
            after: start after this position (empty: at the start), one that an earlier answer named.
            first, last: bounds of the entry time as ``format_time`` writes it (inclusive, exclusive).

        Returns:
            (position, prospect id) of each. An index follows its table within moments, so a prospect may be missing
            or still be listed just after it moved.
        """
        return merge(*(self._shard(stage, shard, after, first, last) for shard in range(SHARDS)))

    def _shard(self, stage: str, shard: int, after: str, first: str, last: str) -> Iterator[tuple[str, str]]:
        start: dict[str, Any] = {}
        while True:
            page = self._client.query(
                TableName=self._table,
                IndexName=BY_STAGE.name,
                KeyConditionExpression=f"{BY_STAGE.partition_key} = :pk AND {BY_STAGE.sort_key} BETWEEN :from AND :to",
                ExpressionAttributeValues=to_attributes(
                    {":pk": stage_pk(self.workspace, stage, shard), ":from": max(first, after), ":to": last}
                ),
                Limit=BATCH_GET_LIMIT,
                **start,
            )
            for item in map(from_attributes, page["Items"]):
                position = item[BY_STAGE.sort_key]
                if position > after:
                    yield position, position.rpartition("#")[2]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _get(self, keys: Sequence[Mapping[str, str]]) -> Iterator[Item]:
        if len(keys) == 1:
            answer = self._client.get_item(TableName=self._table, Key=to_attributes(keys[0]), ConsistentRead=True)
            if "Item" in answer:
                yield from_attributes(answer["Item"])
            return
        for chunk in _chunks(keys, BATCH_GET_LIMIT):
            request: Any = {self._table: {"Keys": [to_attributes(key) for key in chunk], "ConsistentRead": True}}
            while request:
                page = self._client.batch_get_item(RequestItems=request)
                yield from map(from_attributes, page["Responses"].get(self._table, ()))
                request = page.get("UnprocessedKeys")

    def _query(self, pk: str, first: str, last: str) -> Iterator[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=to_attributes({":pk": pk, ":first": first, ":last": last}),
            ConsistentRead=True,
        )
        for page in pages:
            yield from map(from_attributes, page["Items"])

    # ---- appending to logs ------------------------------------------------------------------------------------------

    def append(self, appended: Sequence[Appended]) -> list[bool]:
        """Append events to logs of prospects. Once this returns, the logs hold them.

        Returns:
            For each whether it is new; ``False`` for an id that its log held already, or that came before in the list.
        """
        return self._put_absent([event_item(self.workspace, *entry) for entry in appended])

    def append_deal_update(self, update: DealUpdate) -> bool:
        """Append to the log of a deal; whether it is new."""
        return self._put_absent([deal_update_item(self.workspace, update)])[0]

    def _put_absent(self, items: Sequence[Item]) -> list[bool]:
        if len(items) == 1:
            return [self._put_one(items[0])]
        news = [False] * len(items)
        places: dict[tuple[str, str], int] = {}
        for place, item in enumerate(items):
            places.setdefault((item["pk"], item["sk"]), place)
        for chunk in _chunks(list(places.values()), TRANSACTION_LIMIT):
            for place in self._put_chunk(items, chunk):
                news[place] = True
        return news

    def _put_one(self, item: Item) -> bool:
        try:
            self._client.put_item(TableName=self._table, Item=to_attributes(item), ConditionExpression=NOT_THERE)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _put_chunk(self, items: Sequence[Item], places: Sequence[int]) -> Sequence[int]:
        """Put what is absent in one transaction; the places of what was new.

        A transaction because one request then carries a hundred conditional puts, where BatchWriteItem knows no
        conditions. What is there already cancels it, and is left out of the next try.
        """
        while places:
            puts: list[TransactWriteItemTypeDef] = [
                {
                    "Put": {
                        "TableName": self._table,
                        "Item": to_attributes(items[place]),
                        "ConditionExpression": NOT_THERE,
                    }
                }
                for place in places
            ]
            try:
                self._client.transact_write_items(TransactItems=puts)
            except self._client.exceptions.TransactionCanceledException as cancelled:
                codes = [reason.get("Code") for reason in cancelled.response["CancellationReasons"]]
                left = [place for place, code in zip(places, codes, strict=True) if code != "ConditionalCheckFailed"]
                if len(left) == len(places) and not _PASSING.intersection(codes):
                    raise
                places = left
            else:
                return places
        return ()

    # ---- changing state ---------------------------------------------------------------------------------------------

    def commit(self, changes: Sequence[Change]) -> list[bool]:
        """Make each change whole or not at all.

        Returns:
            For each whether it was made; ``False`` if another writer changed one of its partitions since it was read.
        """
        if len(changes) == 1:
            return [self._commit_one(changes[0])]
        done: list[bool] = []
        for group in _packed(changes):
            if len(group) > 1 and self._commit_all([write for change in group for write in self._writes(change)]):
                done += [True] * len(group)
            else:
                done += [self._commit_one(change) for change in group]
        return done

    def _commit_one(self, change: Change) -> bool:
        writes = self._writes(change)
        if len(writes) == 1 and "Put" in writes[0]:
            try:
                self._client.put_item(**writes[0]["Put"])
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
            return True
        # More than one transaction holds: transitions first, which the next evaluation would mend, the partitions last.
        head, tail = writes[:-TRANSACTION_LIMIT], writes[-TRANSACTION_LIMIT:]
        return all(self._commit_all(chunk) for chunk in [*_chunks(head, TRANSACTION_LIMIT), tail])

    def _commit_all(self, writes: Sequence[TransactWriteItemTypeDef]) -> bool:
        try:
            self._client.transact_write_items(TransactItems=list(writes))
        except self._client.exceptions.TransactionCanceledException as cancelled:
            codes = {reason.get("Code") for reason in cancelled.response["CancellationReasons"]}
            if codes <= {"None", "ConditionalCheckFailed", *_PASSING}:
                return False
            raise
        return True

    def _writes(self, change: Change) -> list[TransactWriteItemTypeDef]:
        writes: list[TransactWriteItemTypeDef] = []
        for prospect_id, sequences in change.erased.items():
            pk = prospect_pk(self.workspace, prospect_id)
            for sequence in sequences:
                key = to_attributes({"pk": pk, "sk": transition_sk(sequence)})
                writes.append({"Delete": {"TableName": self._table, "Key": key}})
        for prospect_id, records in change.written.items():
            for record in records:
                item = to_attributes(transition_item(self.workspace, prospect_id, record))
                writes.append({"Put": {"TableName": self._table, "Item": item}})
        writes += [self._partition_put(partition) for partition in change.partitions]
        return writes

    def _partition_put(self, partition: Partition) -> TransactWriteItemTypeDef:
        """A put of the next version of a partition, on the condition that the version that was read still stands."""
        item = partition_item(self.workspace, partition) | {"version": partition.version + 1}
        if partition.version == 0:
            return {
                "Put": {"TableName": self._table, "Item": to_attributes(item), "ConditionExpression": NOT_THERE},
            }
        return {
            "Put": {
                "TableName": self._table,
                "Item": to_attributes(item),
                "ConditionExpression": SAME_VERSION,
                "ExpressionAttributeValues": to_attributes({":read": partition.version}),
            }
        }


def _size(change: Change) -> int:
    written = sum(map(len, change.written.values())) + sum(map(len, change.erased.values()))
    return len(change.partitions) + written


def _packed(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Changes in groups, each of which fits into one transaction where its members do."""
    group: list[Change] = []
    for change in changes:
        if group and sum(map(_size, group)) + _size(change) > TRANSACTION_LIMIT:
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _chunks(values: Sequence[T], size: int) -> Iterator[list[T]]:
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk
